/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aead.h"
#include "crypto_test.h"

static const char H[] = "b150e4ef442d9759fe4c27439e4cdc7a333191c654f066aa71354ee1d9caa391";
static const char DEK[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
static const char KEK[] = "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";
static const char ZERO[] = "0000000000000000000000000000000000000000000000000000000000000000";

/* 40 §15: A, A16, C, D, E; the last one is test case 8 of the GCM specification. */
static const struct {
	const char *key, *aad, *plaintext, *box;
} vectors[] = {
	{ DEK, "", "7b227374617465223a224d673d3d227d",
		"a0a1a2a3a4a5a6a7a8a9aaab 9d3a0f5924bf679d5847cab43a47e2a3"
		"262e4e4e6f44ec2c7f943b08d0d546d8" },
	{ "000102030405060708090a0b0c0d0e0f", "", "7b227374617465223a224d673d3d227d",
		"a0a1a2a3a4a5a6a7a8a9aaab d1a44bcf1ffd5628b05af8677b2f921d"
		"f2d97ac478f99d780ae274cb7e0fae9b" },
	{ ZERO, H, DEK,
		"b0b1b2b3b4b5b6b7b8b9babb 056014379e44e7e1356c3f98502a1371"
		"78e22057e350ca1731bfc566f926cdc1 6198d9ec8a16d4a97897502a1f5328fd" },
	{ KEK, H, DEK,
		"c0c1c2c3c4c5c6c7c8c9cacb 6a923bf2876a4dec722c54b025d0cd03"
		"915d90c308b2407a61561abae9acb72b 3340dffb39a6f510696fbba20626ae83" },
	{ "00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff", "", DEK,
		"d0d1d2d3d4d5d6d7d8d9dadb 7fa1bb5350c681c4563e21fea59d4835"
		"10356157bed4f614cd0b48ef92f7ce00 787353409c1db9db415ba76a1c04f305" },
	{ "000000000000000000000000000000000000000000000000", "",
		"00000000000000000000000000000000",
		"000000000000000000000000 98e7247c07f0fe411c267e4384b0f600"
		"2ff58d80033927ab8ef4d4587514f0fb" },
};

static void test_vectors(void **state)
{
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(vectors); i++) {
		MR_AUTO(secret) struct mr_secret opened = { NULL, 0 };
		MR_AUTO(buf) struct mr_buf out = { 0 };
		struct mr_bytes box = hex(vectors[i].box);

		mr_buf_init(&out, 1 << 10);
		OK(mr_box_seal_with_nonce(hex(vectors[i].key), box.ptr, hex(vectors[i].aad),
			hex(vectors[i].plaintext), &out, &err));
		assert_bytes_equal(mr_buf_bytes(&out), box);
		OK(mr_box_open(hex(vectors[i].key), hex(vectors[i].aad), box, &opened, &err));
		assert_bytes_equal(mr_secret_bytes(&opened), hex(vectors[i].plaintext));
	}
}

static void test_any_change_is_noticed(void **state)
{
	struct mr_bytes box = hex(vectors[3].box);
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < box.len; i++) {
		MR_AUTO(secret) struct mr_secret opened = { NULL, 0 };
		struct mr_bytes changed = hex(vectors[3].box);

		writable(changed)[i] ^= 1;
		FAILS(mr_box_open(hex(KEK), hex(H), changed, &opened, &err), MR_CODE_CRYPTO,
			"cipher: message authentication failed");
		assert_null(opened.ptr);
	}
}

static void test_refusals(void **state)
{
	static const char no_match[] = "cipher: message authentication failed";
	MR_AUTO(secret) struct mr_secret opened = { NULL, 0 };
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_bytes box = hex(vectors[3].box);
	struct mr_bytes none = { NULL, 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&out, 40);
	FAILS(mr_box_open(hex(KEK), none, box, &opened, &err), MR_CODE_CRYPTO, no_match);
	FAILS(mr_box_open(hex(DEK), hex(H), box, &opened, &err), MR_CODE_CRYPTO, no_match);
	for (size_t len = 0; len < MR_BOX_OVERHEAD; len++)
		FAILS(mr_box_open(hex(KEK), hex(H), mr_bytes_of(box.ptr, len), &opened, &err),
			MR_CODE_CRYPTO, len <= 12 ? "ciphertext is too short" : no_match);
	FAILS(mr_box_open(hex("0011"), none, box, &opened, &err), MR_CODE_CRYPTO,
		"crypto/aes: invalid key size 2");
	FAILS(mr_box_seal(none, none, none, &out, &err), MR_CODE_CRYPTO,
		"crypto/aes: invalid key size 0");
	FAILS(mr_box_seal(hex(KEK), none, hex(DEK), &out, &err), MR_CODE_LIMIT,
		"larger than the limit of 40 bytes");
	FAILS(mr_box_seal(hex(KEK), none, mr_bytes_of(box.ptr, SIZE_MAX / 4), &out, &err),
		MR_CODE_LIMIT, "data too large for AES-GCM");
	FAILS(mr_box_open(hex(KEK), mr_bytes_of(box.ptr, SIZE_MAX / 4), box, &opened, &err),
		MR_CODE_LIMIT, "data too large for AES-GCM");
	assert_null(opened.ptr);
}

static void test_the_first_byte_tells_most_wrong_keys(void **state)
{
	struct mr_bytes box = hex(vectors[0].box);
	uint8_t key[32] = { 0 };
	unsigned passed = 0;

	(void)state;
	assert_true(mr_box_may_begin(hex(DEK), box, '{'));
	assert_false(mr_box_may_begin(hex(DEK), box, '}'));
	assert_true(mr_box_may_begin(hex(vectors[1].key), hex(vectors[1].box), '{'));
	for (unsigned i = 0; i < 256; i++) {
		key[0] = (uint8_t)i;
		passed += mr_box_may_begin(mr_bytes_of(key, sizeof key), box, '{');
	}
	assert_true(passed < 16);
	/* what no key opens */
	assert_false(mr_box_may_begin(hex("0011"), box, '{'));
	assert_false(mr_box_may_begin(hex(DEK), mr_bytes_of(box.ptr, MR_BOX_OVERHEAD), '{'));
	assert_false(mr_box_may_begin(hex(DEK), mr_bytes_of(NULL, 0), '{'));
}

static void test_nonces_are_fresh(void **state)
{
	MR_AUTO(secret) struct mr_secret opened = { NULL, 0 };
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_bytes none = { NULL, 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&out, 1 << 10);
	OK(mr_box_seal(hex(KEK), hex(H), none, &out, &err));
	OK(mr_box_seal(hex(KEK), hex(H), none, &out, &err));
	assert_int_equal(out.len, 2 * MR_BOX_OVERHEAD);
	assert_memory_not_equal(out.data, out.data + MR_BOX_OVERHEAD, MR_BOX_NONCE_SIZE);
	OK(mr_box_open(hex(KEK), hex(H), mr_bytes_of(out.data, MR_BOX_OVERHEAD), &opened, &err));
	assert_int_equal(opened.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_any_change_is_noticed),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_the_first_byte_tells_most_wrong_keys),
		cmocka_unit_test(test_nonces_are_fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
