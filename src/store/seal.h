/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed files as bytes (40 §6.1, 6.2): `sealed_data` is recovery data in clear and the encrypted
 * state; `sealed_key` protects the data key (DEK) in one of several forms. No I/O here.
 */
#ifndef MR_STORE_SEAL_H
#define MR_STORE_SEAL_H

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/digest.h"

/* Largest sealed data that are read or made: a state of MR_STATE_MAX_SIZE and its recovery data. */
#define MR_SEALED_DATA_MAX ((size_t)272 << 20)
/* Largest sealed key that is read; the forms that are known have at most 1126 bytes. */
#define MR_SEALED_KEY_MAX ((size_t)64 << 10)

/* Config.SealMode of the manifest (40 §6.3). */
enum mr_seal_mode { MR_SEAL_DISABLED = 0, MR_SEAL_PRODUCT_KEY = 1, MR_SEAL_UNIQUE_KEY = 2 };

enum mr_key_form {
	MR_KEY_FORM_RAW,        /* the DEK in clear (no-enclave) */
	MR_KEY_FORM_SIMULATION, /* SGX layout with all-zero seal keys; written as SGX-256 */
	MR_KEY_FORM_PROVIDED,   /* under a provider's seal key (seal_provider.h) */
};

/* Splits sealed data without decrypting. Errors: `sealed state is missing data`, `sealed state is
 * corrupted, embedded length does not fit the data`. Views into `sealed`. */
MR_MUST_USE mr_result mr_sealed_data_split(struct mr_bytes sealed,
	struct mr_bytes *ret_recovery_data, struct mr_bytes *ret_box, struct mr_error *err);
/* Decrypts the box part. Errors: those of the split; MR_CODE_CRYPTO `decrypting sealed data: …`,
 * also `encryption key not set` for an empty DEK. */
MR_MUST_USE mr_result mr_sealed_data_open(struct mr_bytes sealed, struct mr_bytes dek,
	struct mr_secret *ret_plain, struct mr_error *err);
/* False when this DEK cannot be the one: the plaintext would not begin as a state's JSON does.
 * Quick, however large the box is; true proves nothing. */
bool mr_sealed_data_may_open(struct mr_bytes sealed, struct mr_bytes dek);
/* Appends sealed data under a fresh nonce. Errors: `encrypting data: …`. */
MR_MUST_USE mr_result mr_sealed_data_make(struct mr_bytes recovery_data, struct mr_bytes plain,
	struct mr_bytes dek, struct mr_buf *out, struct mr_error *err);

struct mr_opened_key {
	struct mr_secret dek; /* 16 or 32 bytes */
	enum mr_key_form form;
	bool bound;    /* opens beside the sealed data with this hash alone */
	bool outdated; /* not bound although its form can be: written by releases up to 1.6 */
};

/* Opens a sealed key for the sealed data whose SHA-256 is `data_hash`; tells its form (40 §13.1).
 * MR_CODE_CRYPTO when it cannot be opened here: the Coordinator then starts in recovery state. Not
 * for what a provider sealed. */
MR_MUST_USE mr_result mr_sealed_key_open(struct mr_bytes sealed_key,
	const uint8_t data_hash[static MR_SHA256_SIZE], struct mr_opened_key *ret,
	struct mr_error *err);
void mr_opened_key_done(struct mr_opened_key *key);
/* Appends the DEK (16 or 32 bytes) sealed in this form, which is not a provider's. */
MR_MUST_USE mr_result mr_sealed_key_make(struct mr_bytes dek,
	const uint8_t data_hash[static MR_SHA256_SIZE], enum mr_key_form form,
	enum mr_seal_mode mode, struct mr_buf *out, struct mr_error *err);

MR_DEFINE_AUTO(opened_key, struct mr_opened_key, mr_opened_key_done)

#endif
