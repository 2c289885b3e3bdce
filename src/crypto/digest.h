/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-2 digests and HKDF (RFC 5869). */
#ifndef MR_CRYPTO_DIGEST_H
#define MR_CRYPTO_DIGEST_H

#include "base/bytes.h"
#include "base/secret.h"

#define MR_SHA256_SIZE 32
#define MR_DIGEST_MAX 64

enum mr_hash { MR_HASH_SHA1, MR_HASH_SHA256, MR_HASH_SHA384, MR_HASH_SHA512 };

size_t mr_hash_size(enum mr_hash hash);
MR_MUST_USE mr_result mr_sha256(
	struct mr_bytes data, uint8_t out[static MR_SHA256_SIZE], struct mr_error *err);
/* Writes mr_hash_size(hash) bytes. */
MR_MUST_USE mr_result mr_digest(enum mr_hash hash, struct mr_bytes data,
	uint8_t out[static MR_DIGEST_MAX], struct mr_error *err);
/* HKDF-SHA-256, extract and expand, `size` bytes (1 to 8160). Error `hkdf: requested key length too
 * large` (10 §7.1). */
MR_MUST_USE mr_result mr_hkdf_sha256(struct mr_bytes key_material, struct mr_bytes salt,
	struct mr_bytes info, size_t size, struct mr_secret *ret, struct mr_error *err);

#endif
