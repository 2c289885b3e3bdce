/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that live in a PKCS#11 token (50 §6, §11), as the flags of a command name them: the one place
 * that the rest asks for them.
 */
#ifndef MR_CLI_PKCS11_H
#define MR_CLI_PKCS11_H

#include "cli/args.h"
#include "net/tls.h"

/* The user's certificate and key by --pkcs11-cert-… and --pkcs11-key-…. Errors: those of the
 * configuration and of the token, `no certificate found for id "…" and label "…"`. */
MR_MUST_USE mr_result mr_pkcs11_identity(
	const struct mr_args *args, struct mr_tls_identity **ret, struct mr_error *err);
/* The recovery key by --pkcs11-key-…, which must be RSA. */
MR_MUST_USE mr_result mr_pkcs11_key(
	const struct mr_args *args, struct mr_key **ret, struct mr_error *err);

#endif
