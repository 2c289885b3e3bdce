/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One session with a PKCS#11 token (PKCS #11 2.40): a module that is loaded when it is needed, a token that is chosen, a user
 * that is logged in, objects that are found, keys that work inside.
 */
#ifndef MR_CLI_PKCS11_TOKEN_H
#define MR_CLI_PKCS11_TOKEN_H

#include "cli/pkcs11_config.h"
#include "crypto/key.h"

struct mr_pkcs11_token;

/* Errors: what dlopen says, `could not find PKCS#11 token`, `pkcs11: CKR_…`. */
MR_MUST_USE mr_result mr_pkcs11_token_open(
	const struct mr_pkcs11_config *config, struct mr_pkcs11_token **ret, struct mr_error *err);
void mr_pkcs11_token_close(struct mr_pkcs11_token *token);

/* CKA_ID and CKA_LABEL; ptr NULL: any. */
struct mr_pkcs11_name {
	struct mr_bytes id, label;
};

/* Appends the DER of the first certificate of this name. MR_CODE_NOT_FOUND if there is none. */
MR_MUST_USE mr_result mr_pkcs11_certificate(struct mr_pkcs11_token *token,
	const struct mr_pkcs11_name *name, struct mr_buf *out, struct mr_error *err);
/* The private key of this name, which works in the token; the token is the key's from then on, and is closed on failure, too.
 * MR_CODE_NOT_FOUND `key pair with id=<hex> and label=<hex> was not found or is empty`. */
MR_MUST_USE mr_result mr_pkcs11_private_key(struct mr_pkcs11_token *token_owned,
	const struct mr_pkcs11_name *name, struct mr_key **ret, struct mr_error *err);

MR_DEFINE_AUTO_PTR(pkcs11_token, struct mr_pkcs11_token, mr_pkcs11_token_close)

#endif
