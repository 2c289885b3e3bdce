/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/shamir.h"
#include "crypto_test.h"

enum { MAX = MR_SHAMIR_MAX_SHARES };

static void free_all(struct mr_secret *shares, size_t count)
{
	for (size_t i = 0; i < count; i++)
		mr_secret_done(&shares[i]);
}

/* 40 §15, G. */
static void test_vector(void **state)
{
	static const char *const expected[] = { "455f502705", "67f0d0b8c8", "78d90ce1ff",
		"b00f8c5501" };
	struct mr_secret shares[4] = { { NULL, 0 } };
	struct mr_error err;

	(void)state;
	OK(mr_shamir_split_with(
		hex("deadbeef"), hex("05c8ff01"), 3, hex("117f 2280 3301 44fe"), shares, &err));
	for (size_t i = 0; i < 4; i++)
		assert_bytes_equal(mr_secret_bytes(&shares[i]), hex(expected[i]));
	free_all(shares, 4);
}

static void test_combining_the_vector(void **state)
{
	struct mr_bytes all[] = { hex("455f502705"), hex("67f0d0b8c8"), hex("78d90ce1ff"),
		hex("b00f8c5501") };
	struct mr_error err;

	(void)state;
	for (size_t left_out = 0; left_out <= 4; left_out++) {
		MR_AUTO(secret) struct mr_secret secret = { NULL, 0 };
		struct mr_bytes used[4];
		size_t count = 0;

		for (size_t i = 0; i < 4; i++)
			if (i != left_out)
				used[count++] = all[i];
		OK(mr_shamir_combine(used, count, &secret, &err));
		assert_bytes_equal(mr_secret_bytes(&secret), hex("deadbeef"));
	}
	MR_AUTO(secret) struct mr_secret wrong = { NULL, 0 };
	OK(mr_shamir_combine(all, 2, &wrong, &err));
	assert_bytes_equal(mr_secret_bytes(&wrong), hex("4bcc7bde"));
}

static void check_round_trip(unsigned parts, unsigned threshold)
{
	static struct mr_secret shares[MAX];
	MR_AUTO(secret) struct mr_secret secret = { NULL, 0 };
	struct mr_bytes last[MAX];
	struct mr_bytes dek = hex(
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	struct mr_error err;

	OK(mr_shamir_split(dek, parts, threshold, shares, &err));
	for (unsigned i = 0; i < threshold; i++)
		last[i] = mr_secret_bytes(&shares[parts - threshold + i]);
	OK(mr_shamir_combine(last, threshold, &secret, &err));
	assert_bytes_equal(mr_secret_bytes(&secret), dek);
	if (threshold > 2) {
		MR_AUTO(secret) struct mr_secret wrong = { NULL, 0 };

		OK(mr_shamir_combine(last, threshold - 1, &wrong, &err));
		assert_memory_not_equal(wrong.ptr, dek.ptr, dek.len);
	}
	bool seen[256] = { true };
	for (unsigned i = 0; i < parts; i++) {
		uint8_t x = shares[i].ptr[dek.len];

		assert_int_equal(shares[i].len, dek.len + 1);
		assert_false(seen[x]);
		seen[x] = true;
	}
	free_all(shares, parts);
}

static void test_round_trips(void **state)
{
	(void)state;
	check_round_trip(2, 2);
	check_round_trip(3, 2);
	check_round_trip(5, 3);
	check_round_trip(255, 2);
	check_round_trip(255, 255);
}

static void test_split_refusals(void **state)
{
	struct mr_secret shares[4] = { { NULL, 0 } };
	struct mr_bytes secret = hex("deadbeef");
	struct mr_bytes none = { NULL, 0 };
	struct mr_error err;

	(void)state;
	FAILS(mr_shamir_split(secret, 4, 1, shares, &err), MR_CODE_INVALID,
		"cannot split a secret 1 of 4");
	FAILS(mr_shamir_split(secret, 4, 0, shares, &err), MR_CODE_INVALID,
		"cannot split a secret 0 of 4");
	FAILS(mr_shamir_split(secret, 4, 5, shares, &err), MR_CODE_INVALID,
		"cannot split a secret 5 of 4");
	FAILS(mr_shamir_split(secret, 256, 3, shares, &err), MR_CODE_INVALID,
		"cannot split a secret 3 of 256");
	FAILS(mr_shamir_split(none, 4, 3, shares, &err), MR_CODE_INVALID,
		"cannot split a secret of 0 bytes 3 of 4");
	FAILS(mr_shamir_split(mr_bytes_of(secret.ptr, SIZE_MAX), 4, 3, shares, &err), MR_CODE_LIMIT,
		"secret too large to be split");
	FAILS(mr_shamir_split_with(secret, hex("0101"), 2, hex("11223344"), shares, &err),
		MR_CODE_INVALID, "invalid polynomials");
	FAILS(mr_shamir_split_with(secret, hex("0100"), 2, hex("11223344"), shares, &err),
		MR_CODE_INVALID, "invalid polynomials");
	FAILS(mr_shamir_split_with(secret, hex("0102"), 2, hex("112233"), shares, &err),
		MR_CODE_INVALID, "invalid polynomials");
	for (size_t i = 0; i < 4; i++)
		assert_null(shares[i].ptr);
}

static void test_combine_refusals(void **state)
{
	MR_AUTO(secret) struct mr_secret out = { NULL, 0 };
	struct mr_bytes shares[MAX + 1];
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(shares); i++)
		shares[i] = hex("1101");
	FAILS(mr_shamir_combine(shares, 0, &out, &err), MR_CODE_INVALID, "cannot combine 0 shares");
	FAILS(mr_shamir_combine(shares, 1, &out, &err), MR_CODE_INVALID, "cannot combine 1 shares");
	FAILS(mr_shamir_combine(shares, MAX + 1, &out, &err), MR_CODE_INVALID,
		"cannot combine 256 shares");
	FAILS(mr_shamir_combine(shares, 2, &out, &err), MR_CODE_INVALID, "duplicate part detected");
	shares[1] = hex("221102");
	FAILS(mr_shamir_combine(shares, 2, &out, &err), MR_CODE_INVALID,
		"shares must have one length");
	shares[1] = hex("2200");
	FAILS(mr_shamir_combine(shares, 2, &out, &err), MR_CODE_INVALID, "invalid share");
	shares[0] = shares[1] = hex("01");
	FAILS(mr_shamir_combine(shares, 2, &out, &err), MR_CODE_INVALID,
		"shares must have one length");
	assert_null(out.ptr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_combining_the_vector),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_split_refusals),
		cmocka_unit_test(test_combine_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
