/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, in the form that the first byte names: what is read has a form that is read again. */
#include "crypto/key.h"
#include "fuzz.h"

static void check_public(const struct mr_key *key)
{
	MR_AUTO(key) struct mr_key *again = NULL;
	struct mr_error err;

	FUZZ_CHECK(!mr_failed(mr_key_from_spki(mr_key_spki(key), &again, &err)));
	FUZZ_CHECK(mr_key_same_public(key, again));
	FUZZ_CHECK(mr_key_bits(key) == mr_key_bits(again));
}

static void check_private(const struct mr_key *key)
{
	MR_AUTO(key) struct mr_key *again = NULL;
	MR_AUTO(secret) struct mr_secret der = { NULL, 0 };
	struct mr_error err;

	FUZZ_CHECK(mr_key_is_private(key));
	FUZZ_CHECK(!mr_failed(mr_key_to_pkcs8(key, &der, &err)));
	FUZZ_CHECK(!mr_failed(mr_key_from_pkcs8(mr_secret_bytes(&der), &again, &err)));
	FUZZ_CHECK(mr_key_same_public(key, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	struct mr_error err;
	mr_result r;

	if (size == 0)
		return 0;
	struct mr_bytes input = mr_bytes_of(data + 1, size - 1);
	switch (data[0]) {
	case '8':
		r = mr_key_from_pkcs8(input, &key, &err);
		break;
	case 's':
		r = mr_key_from_sec1(input, &key, &err);
		break;
	case '1':
		r = mr_key_from_pkcs1(input, &key, &err);
		break;
	case 'p':
		r = mr_key_from_spki(input, &key, &err);
		break;
	default:
		r = mr_key_from_pem(mr_bytes_str(mr_bytes_of(data, size)), &key, &err);
		break;
	}
	FUZZ_CHECK(mr_failed(r) == (key == NULL));
	if (!key)
		return 0;
	check_public(key);
	if (data[0] != 'p')
		check_private(key);
	return 0;
}
