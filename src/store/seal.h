/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed files as bytes (40 §6.1, 6.2): `sealed_data` is recovery data in clear and the encrypted state; `sealed_key`
 * protects the data key (DEK) in one of several forms. No I/O here.
 */
#ifndef MR_STORE_SEAL_H
#define MR_STORE_SEAL_H

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/digest.h"

enum mr_seal_mode { MR_SEAL_DISABLED = 0, MR_SEAL_PRODUCT_KEY = 1, MR_SEAL_UNIQUE_KEY = 2 };

enum mr_key_form {
	MR_KEY_FORM_RAW,        /* the DEK in clear (no-enclave) */
	MR_KEY_FORM_SIMULATION, /* SGX-256 layout with all-zero seal keys */
};

/* Splits sealed data without decrypting. Errors: `sealed state is missing data`, `sealed state is corrupted, embedded
 * length does not fit the data`. Views into `sealed`. */
MR_MUST_USE mr_result mr_sealed_data_split(struct mr_bytes sealed, struct mr_bytes *ret_recovery_data,
					   struct mr_bytes *ret_box, struct mr_error *err);
/* Decrypts the box part. */
MR_MUST_USE mr_result mr_sealed_data_open(struct mr_bytes sealed, struct mr_bytes dek, struct mr_secret *ret_plain,
					  struct mr_error *err);
/* Appends sealed data under a fresh nonce. */
MR_MUST_USE mr_result mr_sealed_data_make(struct mr_bytes recovery_data, struct mr_bytes plain, struct mr_bytes dek,
					  struct mr_buf *out, struct mr_error *err);

/* Opens a sealed key for the sealed data whose SHA-256 is `data_hash`; tells its form (40 §13.1). MR_CODE_CRYPTO when it
 * cannot be opened here: the Coordinator then starts in recovery state. */
MR_MUST_USE mr_result mr_sealed_key_open(struct mr_bytes sealed_key, const uint8_t data_hash[static MR_SHA256_SIZE],
					 struct mr_secret *ret_dek, enum mr_key_form *ret_form, struct mr_error *err);
/* Appends the DEK sealed in this form. */
MR_MUST_USE mr_result mr_sealed_key_make(struct mr_bytes dek, const uint8_t data_hash[static MR_SHA256_SIZE],
					 enum mr_key_form form, enum mr_seal_mode mode, struct mr_buf *out,
					 struct mr_error *err);

#endif
