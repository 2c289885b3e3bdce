/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation lists. */
#include "crypto/crl.h"
#include "fuzz.h"

/* Nobody has signed with this key. */
static const struct mr_key *stranger(void)
{
	static struct mr_key *key;
	struct mr_error err;

	if (!key)
		FUZZ_CHECK(!mr_failed(mr_key_generate(MR_KEY_EC_P256, 0, &key, &err)));
	return key;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t serial[] = { 0x12, 0x34 };
	struct mr_cert certificate = { .serial = { serial, sizeof serial } };
	MR_AUTO(crl) struct mr_crl crl = { .this_update = 0 };
	struct mr_error err;

	if (mr_failed(mr_crl_parse(mr_bytes_of(data, size), &crl, &err)))
		return 0;
	FUZZ_CHECK(crl.der.len == size);
	bool listed = mr_crl_lists(&crl, &certificate);
	FUZZ_CHECK(!listed || crl.revoked.len >= sizeof serial);
	uint64_t number = mr_crl_number(&crl);
	FUZZ_CHECK(crl.number.len <= 8 || number == UINT64_MAX);
	FUZZ_CHECK(mr_failed(mr_crl_check_signature(&crl, stranger(), &err)));
	return 0;
}
