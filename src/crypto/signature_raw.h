/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ECDSA as attestation has it: keys as bare points, signatures as bare r and s (70 §8.3, §16.1).
 */
#ifndef MR_CRYPTO_SIGNATURE_RAW_H
#define MR_CRYPTO_SIGNATURE_RAW_H

#include "crypto/key.h"

/* The public key with the affine coordinates `x_y`, big-endian, each as long as the field. A point
 * that is not on the curve fails. */
MR_MUST_USE mr_result mr_key_from_point(
	enum mr_key_type curve, struct mr_bytes x_y, struct mr_key **ret, struct mr_error *err);
/* Verifies r and s, big-endian and of any length: MR_OK, or MR_CODE_CRYPTO. Zeros and what is not
 * below the order fail. */
MR_MUST_USE mr_result mr_key_verify_raw(const struct mr_key *key, enum mr_hash hash,
	struct mr_bytes data, struct mr_bytes r, struct mr_bytes s, struct mr_error *err);

#endif
