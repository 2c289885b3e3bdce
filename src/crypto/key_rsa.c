/* SPDX-License-Identifier: Apache-2.0 */
/* RSA keys of sizes that the library does not make by itself. */
#include <openssl/bn.h>

#include "crypto/der.h"
#include "crypto/key_internal.h"
#include "crypto/lib.h"

enum { EXPONENT = 65537, MAX_TRIES = 64, MIN_DISTANCE = 100, MAX_PKCS1 = 64 << 10 };

/* The numbers of RSAPrivateKey but for the exponent, in its order, and room for steps between. */
enum { N, D, P, Q, DP, DQ, QINV, SCRATCH, NUMBERS };

struct numbers {
	BIGNUM *v[NUMBERS];
	BN_CTX *ctx;
};

static void free_numbers(struct numbers *n)
{
	for (size_t i = 0; i < NUMBERS; i++)
		BN_clear_free(n->v[i]);
	BN_CTX_free(n->ctx);
}

MR_DEFINE_AUTO(numbers, struct numbers, free_numbers)

static bool new_numbers(struct numbers *n)
{
	n->ctx = BN_CTX_new();
	for (size_t i = 0; i < NUMBERS; i++) {
		n->v[i] = BN_new();
		if (!n->v[i])
			return false;
	}
	return n->ctx != NULL;
}

/* 1/r modulo the exponent, which is a prime: r^(EXPONENT - 2). */
static uint64_t invert_word(uint64_t r)
{
	uint64_t result = 1;

	for (unsigned power = EXPONENT - 2; power > 0; power >>= 1) {
		if (power & 1)
			result = result * r % EXPONENT;
		r = r * r % EXPONENT;
	}
	return result;
}

/*
 * The exponent's inverse modulo m, as (1 + k m) / EXPONENT: the one division is by a word, so that
 * no algorithm runs along the bits of a secret. False if there is none.
 */
static bool invert_exponent(BIGNUM *ret, const BIGNUM *m)
{
	uint64_t rest = BN_mod_word(m, EXPONENT);

	return rest != 0 && BN_copy(ret, m) && BN_mul_word(ret, EXPONENT - invert_word(rest)) &&
	       BN_add_word(ret, 1) && BN_div_word(ret, EXPONENT) == 0;
}

/* Both with their two topmost bits set, so that the product has all its bits; p above q, and not
 * close to it (FIPS 186-5, A.1.3). */
static bool choose_primes(struct numbers *n, unsigned bits, bool *ret_good)
{
	int p_bits = (int)(bits + 1) / 2;

	if (!BN_generate_prime_ex(n->v[P], p_bits, 0, NULL, NULL, NULL) ||
		!BN_generate_prime_ex(n->v[Q], (int)bits - p_bits, 0, NULL, NULL, NULL))
		return false;
	if (BN_cmp(n->v[P], n->v[Q]) < 0) {
		BIGNUM *larger = n->v[Q];

		n->v[Q] = n->v[P];
		n->v[P] = larger;
	}
	if (!BN_sub(n->v[SCRATCH], n->v[P], n->v[Q]))
		return false;
	*ret_good = BN_num_bits(n->v[SCRATCH]) > BN_num_bits(n->v[P]) - MIN_DISTANCE &&
		    BN_mod_word(n->v[P], EXPONENT) != 1 && BN_mod_word(n->v[Q], EXPONENT) != 1;
	return true;
}

/* 1/q modulo p: q^(p - 2). */
static bool invert_q(struct numbers *n)
{
	BN_MONT_CTX *mont = BN_MONT_CTX_new();
	bool good = mont && BN_MONT_CTX_set(mont, n->v[P], n->ctx) &&
		    BN_copy(n->v[SCRATCH], n->v[P]) && BN_sub_word(n->v[SCRATCH], 2) &&
		    BN_mod_exp_mont_consttime(
			    n->v[QINV], n->v[Q], n->v[SCRATCH], n->v[P], n->ctx, mont);

	BN_MONT_CTX_free(mont);
	return good;
}

static bool derive(struct numbers *n)
{
	/* p - 1 and q - 1 wait where 1/q and the product will be. */
	BIGNUM *p1 = n->v[QINV];
	BIGNUM *q1 = n->v[N];

	return BN_copy(p1, n->v[P]) && BN_sub_word(p1, 1) && BN_copy(q1, n->v[Q]) &&
	       BN_sub_word(q1, 1) && BN_mul(n->v[SCRATCH], p1, q1, n->ctx) &&
	       invert_exponent(n->v[D], n->v[SCRATCH]) && invert_exponent(n->v[DP], p1) &&
	       invert_exponent(n->v[DQ], q1) && invert_q(n) &&
	       BN_mul(n->v[N], n->v[P], n->v[Q], n->ctx);
}

static void put_number(struct mr_buf *b, const BIGNUM *v)
{
	MR_AUTO(buf) struct mr_buf bytes = { 0 };
	size_t size = (size_t)BN_num_bytes(v);

	mr_buf_init_secret(&bytes, MAX_PKCS1);
	uint8_t *to = mr_buf_reserve(&bytes, size);
	if (!to) {
		mr_buf_set_failure(b, bytes.failure);
		return;
	}
	if (BN_bn2binpad(v, to, (int)size) != (int)size) {
		mr_buf_set_failure(b, MR_CODE_CRYPTO);
		return;
	}
	mr_buf_commit(&bytes, size);
	mr_der_put_unsigned(b, mr_buf_bytes(&bytes));
}

mr_result mr_rsa_generate_pkcs1(unsigned bits, struct mr_secret *ret, struct mr_error *err)
{
	MR_AUTO(numbers) struct numbers n = { .ctx = NULL };
	MR_AUTO(buf) struct mr_buf b = { 0 };
	bool good = false;

	if (!new_numbers(&n))
		return mr_fail_nomem(err);
	for (unsigned tries = 0; !good && tries < MAX_TRIES; tries++)
		if (!choose_primes(&n, bits, &good))
			return mr_lib_fail(err, "generating key");
	if (!good || !derive(&n))
		return mr_lib_fail(err, "generating key");
	mr_buf_init_secret(&b, MAX_PKCS1);
	size_t all = mr_der_open(&b, MR_DER_SEQUENCE);
	mr_der_put_u64(&b, 0);
	put_number(&b, n.v[N]);
	mr_der_put_u64(&b, EXPONENT);
	for (size_t i = D; i <= QINV; i++)
		put_number(&b, n.v[i]);
	mr_der_close(&b, all);
	return mr_secret_take_buf(&b, ret, err);
}
