/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures with their AlgorithmIdentifier, as in certificates, requests and revocation lists
 * (RFC 5280, RFC 4055 for RSA-PSS, RFC 5758 for ECDSA, RFC 8410 for Ed25519).
 */
#ifndef MR_CRYPTO_SIGNATURE_H
#define MR_CRYPTO_SIGNATURE_H

#include "crypto/key.h"

/* Verifies `signature` over `data` by the algorithm that a whole AlgorithmIdentifier element names
 * and that has to fit the key. RSA-PSS needs one SHA-2 hash for both uses. SHA-1 counts as broken
 * unless `allow_sha1`. Errors begin `x509: `. */
MR_MUST_USE mr_result mr_signature_check(const struct mr_key *key, struct mr_bytes algorithm,
	struct mr_bytes data, struct mr_bytes signature, bool allow_sha1, struct mr_error *err);
/* Appends the AlgorithmIdentifier of what mr_key_sign makes with this key and hash. */
void mr_signature_put_algorithm(struct mr_buf *b, const struct mr_key *key, enum mr_hash hash);

#endif
