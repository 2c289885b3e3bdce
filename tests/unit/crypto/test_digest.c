/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto_test.h"

static void test_sha(void **state)
{
	static const struct {
		enum mr_hash hash;
		size_t size;
		const char *empty, *abc;
	} rows[] = {
		{ MR_HASH_SHA1, 20, "da39a3ee5e6b4b0d3255bfef95601890afd80709",
			"a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ MR_HASH_SHA256, 32,
			"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
			"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ MR_HASH_SHA384, 48,
			"38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
			"274edebfe76f65fbd51ad2f14898b95b",
			"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
			"8086072ba1e7cc2358baeca134c825a7" },
		{ MR_HASH_SHA512, 64,
			"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
			"47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
			"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
			"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
	};
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		uint8_t out[MR_DIGEST_MAX];

		assert_int_equal(mr_hash_size(rows[i].hash), rows[i].size);
		OK(mr_digest(rows[i].hash, mr_bytes_of(NULL, 0), out, &err));
		assert_bytes_equal(mr_bytes_of(out, rows[i].size), hex(rows[i].empty));
		OK(mr_digest(rows[i].hash, text_bytes("abc"), out, &err));
		assert_bytes_equal(mr_bytes_of(out, rows[i].size), hex(rows[i].abc));
	}
}

static void test_sha256(void **state)
{
	uint8_t out[MR_SHA256_SIZE];
	struct mr_error err;

	(void)state;
	OK(mr_sha256(text_bytes("abc"), out, &err));
	assert_bytes_equal(mr_bytes_of(out, sizeof out),
		hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

static void test_unknown_hash(void **state)
{
	uint8_t out[MR_DIGEST_MAX];
	struct mr_error err;
	enum mr_hash unknown = (enum mr_hash)99;

	(void)state;
	assert_int_equal(mr_hash_size(unknown), 0);
	FAILS(mr_digest(unknown, text_bytes("abc"), out, &err), MR_CODE_CRYPTO, "computing digest");
}

/* RFC 5869, A.1 to A.3, and 30 §2.5. */
static void test_hkdf(void **state)
{
	static const char marble_salt[] = "11111111-2222-4333-8444-555555555555diskKey";
	static const char ikm_1[] = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b";
	struct {
		struct mr_bytes key, salt, info;
		const char *okm;
	} rows[] = {
		{ hex(ikm_1), hex("000102030405060708090a0b0c"), hex("f0f1f2f3f4f5f6f7f8f9"),
			"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
			"34007208d5b887185865" },
		{ { NULL, 0 }, { NULL, 0 }, { NULL, 0 },
			"b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
			"59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
			"cc30c58179ec3e87c14c01d5c1f3434f1d87" },
		{ hex(ikm_1), { NULL, 0 }, { NULL, 0 },
			"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
			"9d201395faa4b61a96c8" },
		{ { NULL, 32 }, text_bytes(marble_salt), text_bytes("backend"),
			"556458564422c38870b91b5b589383d183bbd0dccb58896f25c29bdb76df7e93" },
		{ { NULL, 32 }, text_bytes(marble_salt), text_bytes("backend"),
			"556458564422c38870b91b5b589383d1" },
		{ { NULL, 32 }, text_bytes(marble_salt), { NULL, 0 },
			"7a2367586390752af2ce31d03af50278aa6486309eed99d6294ed9697d0348a9" },
	};
	uint8_t counting[256];
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < sizeof counting; i++)
		counting[i] = (uint8_t)i;
	rows[1].key = mr_bytes_of(counting, 80);
	rows[1].salt = mr_bytes_of(counting + 0x60, 80);
	rows[1].info = mr_bytes_of(counting + 0xB0, 80);
	for (size_t i = 3; i < MR_COUNT(rows); i++)
		rows[i].key = mr_bytes_of(counting, 32);
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(secret) struct mr_secret out = { NULL, 0 };
		struct mr_bytes okm = hex(rows[i].okm);

		OK(mr_hkdf_sha256(rows[i].key, rows[i].salt, rows[i].info, okm.len, &out, &err));
		assert_bytes_equal(mr_secret_bytes(&out), okm);
	}
}

static void test_hkdf_sizes(void **state)
{
	MR_AUTO(secret) struct mr_secret longest = { NULL, 0 };
	MR_AUTO(secret) struct mr_secret empty = { NULL, 0 };
	struct mr_bytes key = text_bytes("key");
	struct mr_bytes none = { NULL, 0 };
	struct mr_error err;

	(void)state;
	OK(mr_hkdf_sha256(key, none, none, 8160, &longest, &err));
	assert_int_equal(longest.len, 8160);
	OK(mr_hkdf_sha256(key, none, none, 0, &empty, &err));
	assert_int_equal(empty.len, 0);
	FAILS(mr_hkdf_sha256(key, none, none, 8161, &empty, &err), MR_CODE_INVALID,
		"hkdf: requested key length too large");
}

static void test_random(void **state)
{
	uint8_t a[64] = { 0 };
	uint8_t b[64] = { 0 };
	struct mr_error err;

	(void)state;
	OK(mr_random(a, sizeof a, &err));
	OK(mr_random(b, sizeof b, &err));
	assert_memory_not_equal(a, b, sizeof a);
	OK(mr_random(a, 0, &err));
}

static void test_random_uuid(void **state)
{
	struct mr_uuid a;
	struct mr_uuid b;
	struct mr_error err;

	(void)state;
	OK(mr_random_uuid(&a, &err));
	OK(mr_random_uuid(&b, &err));
	assert_memory_not_equal(&a, &b, sizeof a);
	assert_int_equal(a.bytes[6] >> 4, 4);
	assert_int_equal(a.bytes[8] >> 6, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_unknown_hash),
		cmocka_unit_test(test_hkdf),
		cmocka_unit_test(test_hkdf_sizes),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_uuid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
