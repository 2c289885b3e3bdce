/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs what must not let its time tell secrets, with the secrets uninitialized in valgrind's eyes.
 * With the argument `leak` it does what must be found: a look-up by a secret and a jump on one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "base/wipe.h"
#include "codec/base64.h"
#include "crypto/shamir.h"

enum { SIZE = 32, PARTS = 5, THRESHOLD = 3 };

static void hide(void *secret, size_t size)
{
	(void)VALGRIND_MAKE_MEM_UNDEFINED(secret, size);
}

/* Results may be looked at again: only how they came about is in question. */
static void show(void *result, size_t size)
{
	(void)VALGRIND_MAKE_MEM_DEFINED(result, size);
}

static void check(bool good, const char *what)
{
	if (!good) {
		(void)fprintf(stderr, "%s: wrong result\n", what);
		exit(1);
	}
}

static void fill(uint8_t *bytes, size_t size, uint8_t first)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(first + 37 * i);
}

/* x values are public; the secret, the coefficients and the shares' y bytes are not. */
static void share_and_combine(void)
{
	static const uint8_t xs[PARTS] = { 7, 1, 255, 128, 66 };
	uint8_t secret[SIZE], expected[SIZE], coefficients[SIZE * (THRESHOLD - 1)];
	struct mr_secret shares[PARTS];
	struct mr_bytes chosen[THRESHOLD];
	MR_AUTO(secret) struct mr_secret combined = { NULL, 0 };
	struct mr_error err;

	fill(secret, sizeof secret, 3);
	fill(coefficients, sizeof coefficients, 91);
	memcpy(expected, secret, sizeof expected);
	hide(secret, sizeof secret);
	hide(coefficients, sizeof coefficients);
	check(!mr_failed(mr_shamir_split_with(mr_bytes_of(secret, sizeof secret),
		      mr_bytes_of(xs, sizeof xs), THRESHOLD,
		      mr_bytes_of(coefficients, sizeof coefficients), shares, &err)),
		"split");
	for (size_t i = 0; i < THRESHOLD; i++)
		chosen[i] = mr_secret_bytes(&shares[i + 1]);
	check(!mr_failed(mr_shamir_combine(chosen, THRESHOLD, &combined, &err)), "combine");
	show(combined.ptr, combined.len);
	check(combined.len == SIZE && memcmp(combined.ptr, expected, SIZE) == 0, "combine");
	for (size_t i = 0; i < PARTS; i++)
		mr_secret_done(&shares[i]);
}

static void encode(void)
{
	MR_AUTO(buf) struct mr_buf hex = { .max = 256 };
	MR_AUTO(buf) struct mr_buf base64 = { .max = 256 };
	uint8_t secret[SIZE];

	fill(secret, sizeof secret, 3);
	hide(secret, sizeof secret);
	mr_hex_encode(&hex, mr_bytes_of(secret, sizeof secret));
	mr_base64_encode(&base64, mr_bytes_of(secret, sizeof secret), MR_BASE64_STANDARD);
	mr_base64_encode(&base64, mr_bytes_of(secret, sizeof secret), MR_BASE64_URL);
	show(hex.data, hex.len);
	show(base64.data, base64.len);
	check(hex.len == 64 && memcmp(hex.data, "03284d72", 8) == 0, "hex");
	check(base64.len == 88 && memcmp(base64.data, "AyhNcg", 5) == 0, "base64");
}

static void compare(void)
{
	uint8_t a[SIZE], b[SIZE];

	fill(a, sizeof a, 3);
	for (size_t i = 0; i <= SIZE; i++) {
		memcpy(b, a, sizeof b);
		if (i < SIZE)
			b[i] ^= 0x80;
		hide(a, sizeof a);
		hide(b, sizeof b);
		bool equal = mr_equal_constant_time(a, b, SIZE);
		show(&equal, sizeof equal);
		show(a, sizeof a);
		check(equal == (i == SIZE), "compare");
	}
}

static int leak(void)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t secret = 0x5A;

	hide(&secret, sizeof secret);
	return digits[secret & 15] == 'a' ? 0 : 2;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "leak") == 0)
		return leak();
	share_and_combine();
	encode();
	compare();
	return 0;
}
