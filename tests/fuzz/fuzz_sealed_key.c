/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed keys from the disk, in any form; what opens is sealed again. */
#include "fuzz.h"
#include "store/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* of the sealed data that the seeds are bound to */
	static const uint8_t hash[MR_SHA256_SIZE] = { 0xb1, 0x50, 0xe4, 0xef, 0x44, 0x2d, 0x97,
		0x59, 0xfe, 0x4c, 0x27, 0x43, 0x9e, 0x4c, 0xdc, 0x7a, 0x33, 0x31, 0x91, 0xc6, 0x54,
		0xf0, 0x66, 0xaa, 0x71, 0x35, 0x4e, 0xe1, 0xd9, 0xca, 0xa3, 0x91 };
	MR_AUTO(opened_key) struct mr_opened_key key = { .form = MR_KEY_FORM_RAW };
	MR_AUTO(opened_key) struct mr_opened_key again = { .form = MR_KEY_FORM_RAW };
	MR_AUTO(buf) struct mr_buf sealed = { .max = MR_SEALED_KEY_MAX };
	struct mr_error err;

	mr_result r = mr_sealed_key_open(mr_bytes_of(data, size), hash, &key, &err);
	if (mr_failed(r)) {
		FUZZ_CHECK(r.code == MR_CODE_CRYPTO && key.dek.ptr == NULL);
		return 0;
	}
	FUZZ_CHECK(key.dek.len == 16 || key.dek.len == 32);
	FUZZ_CHECK(!mr_failed(mr_sealed_key_make(
		mr_secret_bytes(&key.dek), hash, key.form, MR_SEAL_PRODUCT_KEY, &sealed, &err)));
	FUZZ_CHECK(!mr_failed(mr_sealed_key_open(mr_buf_bytes(&sealed), hash, &again, &err)));
	FUZZ_CHECK(again.form == key.form && !again.outdated);
	FUZZ_CHECK(mr_bytes_eq(mr_secret_bytes(&again.dek), mr_secret_bytes(&key.dek)));
	return 0;
}
