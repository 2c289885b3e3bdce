/* SPDX-License-Identifier: Apache-2.0 */
/* The "GCM-box" of sealed files: nonce(12) || ciphertext || tag(16), AES-GCM with a 16, 24 or 32
 * byte key (40 §1). */
#ifndef MR_CRYPTO_AEAD_H
#define MR_CRYPTO_AEAD_H

#include "base/bytes.h"
#include "base/secret.h"

#define MR_BOX_NONCE_SIZE 12
#define MR_BOX_OVERHEAD 28

/* Appends the box of `plaintext` under a fresh random nonce. */
MR_MUST_USE mr_result mr_box_seal(struct mr_bytes key, struct mr_bytes aad,
	struct mr_bytes plaintext, struct mr_buf *out, struct mr_error *err);
/* As mr_box_seal with a nonce given: for vectors and tests only. */
MR_MUST_USE mr_result mr_box_seal_with_nonce(struct mr_bytes key,
	const uint8_t nonce[static MR_BOX_NONCE_SIZE], struct mr_bytes aad,
	struct mr_bytes plaintext, struct mr_buf *out, struct mr_error *err);
/* Opens a box. Errors (MR_CODE_CRYPTO): `ciphertext is too short`, `cipher: message authentication
 * failed`, `crypto/aes: invalid key size <n>`. */
MR_MUST_USE mr_result mr_box_open(struct mr_bytes key, struct mr_bytes aad, struct mr_bytes box,
	struct mr_secret *ret, struct mr_error *err);
/* False when what the key makes of the box does not begin with this byte, so that it cannot be the
 * right key for plaintexts that do. Spares trying many keys on a large box; authenticates nothing. */
bool mr_box_may_begin(struct mr_bytes key, struct mr_bytes box, uint8_t begin);

#endif
