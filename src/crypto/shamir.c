/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/shamir.h"

#include "crypto/random.h"

static uint8_t gf_mul(uint8_t a, uint8_t b)
{
	unsigned product = 0;
	unsigned factor = a;

	/* Masks instead of branches and tables: neither time nor cache tells the values. */
	for (unsigned i = 0; i < 8; i++) {
		product ^= factor & (0u - ((unsigned)b >> i & 1u));
		factor = factor << 1 ^ (0x11Bu & (0u - (factor >> 7 & 1u)));
	}
	return (uint8_t)product;
}

/* a^254, the inverse of all but 0. */
static uint8_t gf_inverse(uint8_t a)
{
	uint8_t power = a;
	uint8_t result = 1;

	for (unsigned i = 0; i < 7; i++) {
		power = gf_mul(power, power);
		result = gf_mul(result, power);
	}
	return result;
}

static void free_shares(struct mr_secret *shares, size_t count)
{
	for (size_t i = 0; i < count; i++)
		mr_secret_done(&shares[i]);
}

static mr_result new_shares(
	size_t size, struct mr_bytes xs, struct mr_secret *ret, struct mr_error *err)
{
	for (size_t i = 0; i < xs.len; i++) {
		mr_result r = mr_secret_new(size + 1, &ret[i], err);

		if (mr_failed(r)) {
			free_shares(ret, i);
			return r;
		}
		ret[i].ptr[size] = xs.ptr[i];
	}
	return MR_OK;
}

/* Horner's rule; the secret's byte is the value at 0. */
static uint8_t evaluate(uint8_t secret, const uint8_t *coefficients, unsigned degree, uint8_t x)
{
	uint8_t y = 0;

	for (unsigned i = degree; i > 0; i--)
		y = gf_mul((uint8_t)(y ^ coefficients[i - 1]), x);
	return y ^ secret;
}

/* Distinct, and none 0, where the secret itself is. */
static bool xs_are_good(struct mr_bytes xs)
{
	bool seen[256] = { true };

	for (size_t i = 0; i < xs.len; i++) {
		if (seen[xs.ptr[i]])
			return false;
		seen[xs.ptr[i]] = true;
	}
	return true;
}

mr_result mr_shamir_split_with(struct mr_bytes secret, struct mr_bytes xs, unsigned threshold,
	struct mr_bytes coefficients, struct mr_secret *ret_shares, struct mr_error *err)
{
	unsigned degree = threshold - 1;
	size_t need;

	if (secret.len == 0 || threshold < 2 || threshold > xs.len || xs.len > MR_SHAMIR_MAX_SHARES)
		return mr_fail(err, MR_CODE_INVALID, "cannot split a secret of %zu bytes %u of %zu",
			secret.len, threshold, xs.len);
	if (!mr_size_mul(secret.len, degree, &need) || coefficients.len != need || !xs_are_good(xs))
		return mr_fail(err, MR_CODE_INVALID, "invalid polynomials");
	MR_TRY(new_shares(secret.len, xs, ret_shares, err));
	for (size_t i = 0; i < secret.len; i++)
		for (size_t j = 0; j < xs.len; j++)
			ret_shares[j].ptr[i] = evaluate(
				secret.ptr[i], coefficients.ptr + i * degree, degree, xs.ptr[j]);
	return MR_OK;
}

/* `count` distinct values of 1..255 in random order, each choice equally likely. */
static mr_result random_xs(uint8_t *xs, size_t count, struct mr_error *err)
{
	uint8_t all[255];

	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (uint8_t)(i + 1);
	for (size_t i = 0; i < count; i++) {
		size_t left = sizeof all - i;
		uint8_t draw;

		/* Values that would make some choices likelier are drawn again. */
		do
			MR_TRY(mr_random(&draw, 1, err));
		while (draw >= 256 / left * left);
		size_t at = i + draw % left;
		xs[i] = all[at];
		all[at] = all[i];
	}
	return MR_OK;
}

mr_result mr_shamir_split(struct mr_bytes secret, unsigned parts, unsigned threshold,
	struct mr_secret *ret_shares, struct mr_error *err)
{
	MR_AUTO(secret) struct mr_secret coefficients = { NULL, 0 };
	uint8_t xs[MR_SHAMIR_MAX_SHARES];
	size_t need;

	if (parts > MR_SHAMIR_MAX_SHARES || threshold < 2 || threshold > parts)
		return mr_fail(
			err, MR_CODE_INVALID, "cannot split a secret %u of %u", threshold, parts);
	if (!mr_size_mul(secret.len, threshold - 1, &need))
		return mr_fail(err, MR_CODE_LIMIT, "secret too large to be split");
	MR_TRY(random_xs(xs, parts, err));
	MR_TRY(mr_secret_new(need, &coefficients, err));
	MR_TRY(mr_random(coefficients.ptr, coefficients.len, err));
	return mr_shamir_split_with(secret, mr_bytes_of(xs, parts), threshold,
		mr_secret_bytes(&coefficients), ret_shares, err);
}

static mr_result check_shares(const struct mr_bytes *shares, size_t count, struct mr_error *err)
{
	uint8_t xs[MR_SHAMIR_MAX_SHARES];

	if (count < 2 || count > MR_SHAMIR_MAX_SHARES)
		return mr_fail(err, MR_CODE_INVALID, "cannot combine %zu shares", count);
	for (size_t i = 0; i < count; i++) {
		if (shares[i].len < 2 || shares[i].len != shares[0].len)
			return mr_fail(err, MR_CODE_INVALID, "shares must have one length");
		xs[i] = shares[i].ptr[shares[i].len - 1];
		if (xs[i] == 0)
			return mr_fail(err, MR_CODE_INVALID, "invalid share");
	}
	if (!xs_are_good(mr_bytes_of(xs, count)))
		return mr_fail(err, MR_CODE_INVALID, "duplicate part detected");
	return MR_OK;
}

/* The weight of share i in the interpolation at 0. */
static uint8_t weight(const struct mr_bytes *shares, size_t count, size_t i)
{
	size_t at = shares[0].len - 1;
	uint8_t result = 1;

	for (size_t j = 0; j < count; j++) {
		uint8_t difference = shares[j].ptr[at] ^ shares[i].ptr[at];

		if (j != i)
			result = gf_mul(result, gf_mul(shares[j].ptr[at], gf_inverse(difference)));
	}
	return result;
}

mr_result mr_shamir_combine(
	const struct mr_bytes *shares, size_t count, struct mr_secret *ret, struct mr_error *err)
{
	MR_AUTO(secret) struct mr_secret out = { NULL, 0 };

	MR_TRY(check_shares(shares, count, err));
	MR_TRY(mr_secret_new(shares[0].len - 1, &out, err));
	for (size_t i = 0; i < count; i++) {
		uint8_t w = weight(shares, count, i);

		for (size_t k = 0; k < out.len; k++)
			out.ptr[k] = (uint8_t)(out.ptr[k] ^ gf_mul(shares[i].ptr[k], w));
	}
	*ret = mr_secret_move(&out);
	return MR_OK;
}
