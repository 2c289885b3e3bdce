/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/der.h"
#include "crypto/key.h"
#include "crypto/key_internal.h"
#include "crypto_test.h"

#define EC "06072a8648ce3d0201"
#define P256 "06082a8648ce3d030107"
#define P384 "06052b81040022"
#define RSA "06092a864886f70d010101"
#define ED25519 "06032b6570"
#define P256_POINT                                                                                 \
	"046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"                       \
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define X4(x) x x x x
#define X8(x) X4(x) X4(x)

enum { MAX = 1 << 16 };

static struct mr_bytes make_spki(struct mr_buf *b, const char *algorithm, struct mr_bytes bits)
{
	mr_buf_clear(b);
	size_t all = mr_der_open(b, MR_DER_SEQUENCE);
	mr_der_put(b, MR_DER_SEQUENCE, hex(algorithm));
	mr_der_put_bits(b, bits, 0);
	mr_der_close(b, all);
	return mr_buf_bytes(b);
}

/* RSAPublicKey with a modulus of `size` bytes */
static struct mr_bytes make_rsa(
	struct mr_buf *b, size_t size, uint8_t first, uint8_t last, const char *exponent)
{
	static uint8_t modulus[4096];

	memset(modulus, 0x5A, size);
	modulus[0] = first;
	modulus[size - 1] = last;
	mr_buf_clear(b);
	size_t all = mr_der_open(b, MR_DER_SEQUENCE);
	mr_der_put_unsigned(b, mr_bytes_of(modulus, size));
	mr_der_put_unsigned(b, hex(exponent));
	mr_der_close(b, all);
	return mr_buf_bytes(b);
}

static void test_public_forms(void **state)
{
	static const struct {
		const char *algorithm, *bits, *message;
		enum mr_code code;
	} rows[] = {
		{ EC "06052b8104000a", P256_POINT, "x509: unsupported elliptic curve",
			MR_CODE_UNSUPPORTED }, /* secp256k1 */
		{ EC, P256_POINT, "x509: unsupported elliptic curve", MR_CODE_UNSUPPORTED },
		{ EC "3000", P256_POINT, "x509: unsupported elliptic curve", MR_CODE_UNSUPPORTED },
		{ EC P256 "0500", P256_POINT, "x509: unsupported elliptic curve",
			MR_CODE_UNSUPPORTED },
		{ EC P384, P256_POINT, "x509: failed to unmarshal elliptic curve point",
			MR_CODE_INVALID },
		{ EC P256, "00", "x509: failed to unmarshal elliptic curve point",
			MR_CODE_INVALID }, /* infinity */
		{ EC P256, "", "x509: failed to unmarshal elliptic curve point", MR_CODE_INVALID },
		{ EC P256, "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
			"x509: failed to unmarshal elliptic curve point",
			MR_CODE_INVALID }, /* compressed */
		{ ED25519 "0500", P256_POINT, "x509: Ed25519 key encoded with illegal parameters",
			MR_CODE_INVALID },
		{ ED25519, "00112233", "x509: wrong Ed25519 public key size", MR_CODE_INVALID },
		{ RSA, "3000", "x509: RSA key missing NULL parameters", MR_CODE_INVALID },
		{ RSA "050100", "3000", "x509: RSA key missing NULL parameters", MR_CODE_INVALID },
		{ RSA "05000500", "3000", "x509: RSA key missing NULL parameters",
			MR_CODE_INVALID },
		{ RSA "0500", "3000", "x509: invalid RSA public key", MR_CODE_INVALID },
		{ RSA "0500", "3006 0201ff 020103", "x509: invalid RSA public key",
			MR_CODE_INVALID },
		{ RSA "0500", "3006 020103 0201ff", "x509: invalid RSA public key",
			MR_CODE_INVALID },
		{ RSA "0500", "3006 020103 020103 00", "x509: invalid RSA public key",
			MR_CODE_INVALID },
		{ RSA "0500", "3009 020103 020103 020103", "x509: invalid RSA public key",
			MR_CODE_INVALID },
		{ RSA "0500", "3006 020100 020103",
			"x509: RSA key sizes from 1024 to 16384 bits are accepted",
			MR_CODE_INVALID },
		{ "06072a8648ce380401", "00", "x509: unknown public key algorithm",
			MR_CODE_UNSUPPORTED }, /* DSA */
	};
	MR_AUTO(buf) struct mr_buf b = { 0 };
	MR_AUTO(key) struct mr_key *key = NULL;
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	for (size_t i = 0; i < MR_COUNT(rows); i++)
		FAILS(mr_key_from_spki(
			      make_spki(&b, rows[i].algorithm, hex(rows[i].bits)), &key, &err),
			rows[i].code, rows[i].message);
	assert_null(key);
}

static void test_rsa_bounds(void **state)
{
	static const char size_message[] =
		"x509: RSA key sizes from 1024 to 16384 bits are accepted";
	static const char number_message[] = "x509: invalid RSA modulus or exponent";
	static const struct {
		size_t size;
		uint8_t first, last;
		const char *exponent, *message;
	} rows[] = {
		{ 64, 0xC0, 1, "03", size_message },
		{ 128, 0x7F, 1, "03", size_message }, /* 1023 bits */
		{ 2049, 0xC0, 1, "03", size_message },
		{ 256, 0xC0, 2, "03", number_message },
		{ 256, 0xC0, 1, "01", number_message },
		{ 256, 0xC0, 1, "00", number_message },
		{ 256, 0xC0, 1, "010000", number_message },
		{ 256, 0xC0, 1, "0100000001", number_message },
		{ 128, 0x80, 1, "03", NULL },
		{ 256, 0xC0, 1, "010001", NULL },
		{ 2048, 0xC0, 1, "7fffffff", NULL },
	};
	MR_AUTO(buf) struct mr_buf bits = { 0 };
	MR_AUTO(buf) struct mr_buf spki = { 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&bits, MAX);
	mr_buf_init(&spki, MAX);
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(key) struct mr_key *key = NULL;
		struct mr_bytes der = make_rsa(
			&bits, rows[i].size, rows[i].first, rows[i].last, rows[i].exponent);

		der = make_spki(&spki, RSA "0500", der);
		if (rows[i].message) {
			FAILS(mr_key_from_spki(der, &key, &err), MR_CODE_INVALID, rows[i].message);
			continue;
		}
		OK(mr_key_from_spki(der, &key, &err));
		assert_bytes_equal(mr_key_spki(key), der);
	}
}

static void test_malformed_spki(void **state)
{
	static const char message[] = "x509: failed to parse public key";
	static const char *const rows[] = {
		"",
		"3000",
		"0400",
		"3009 3005" ED25519 "0300",        /* not even the count of unused bits */
		"300a 3005" ED25519 "030107",      /* unused bits */
		"300c 3005" ED25519 "030100 0500", /* something behind */
		"300a 3005" ED25519 "030100 00",
		"3007 3005" ED25519,
		"3005" ED25519,
	};
	MR_AUTO(key) struct mr_key *key = NULL;
	MR_AUTO(buf) struct mr_buf large = { 0 };
	uint8_t zeros[9000] = { 0 };
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++)
		FAILS(mr_key_from_spki(hex(rows[i]), &key, &err), MR_CODE_INVALID, message);
	mr_buf_init(&large, MAX);
	FAILS(mr_key_from_spki(
		      make_spki(&large, EC P256, mr_bytes_of(zeros, sizeof zeros)), &key, &err),
		MR_CODE_LIMIT, "x509: public key too large");
	assert_null(key);
}

static void test_point_off_the_curve(void **state)
{
	MR_AUTO(buf) struct mr_buf b = { 0 };
	MR_AUTO(key) struct mr_key *key = NULL;
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	struct mr_bytes der = make_spki(&b, EC P256, hex(P256_POINT));
	OK(mr_key_from_spki(der, &key, &err));
	mr_key_unref(key);
	key = NULL;
	b.data[b.len - 1] ^= 1;
	FAILS_WITH_REASON(
		mr_key_from_spki(der, &key, &err), MR_CODE_CRYPTO, "x509: invalid public key");
}

static struct mr_bytes make_sec1(
	struct mr_buf *b, const struct mr_ec_curve *curve, struct mr_bytes scalar)
{
	mr_buf_clear(b);
	size_t all = mr_der_open(b, MR_DER_SEQUENCE);
	mr_der_put_u64(b, 1);
	mr_der_put(b, MR_DER_OCTET_STRING, scalar);
	size_t at = mr_der_open(b, MR_DER_CONTEXT_CONSTRUCTED);
	mr_der_put_oid(b, curve->oid);
	mr_der_close(b, at);
	mr_der_close(b, all);
	return mr_buf_bytes(b);
}

/* 1 to n - 1, in both libraries. The public points of 1 and n - 1 share their x coordinate. */
static void test_scalar_range(void **state)
{
	static const char message[] = "x509: invalid elliptic curve private key value";
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	for (enum mr_key_type type = MR_KEY_EC_P224; type <= MR_KEY_EC_P521; type++) {
		const struct mr_ec_curve *curve = mr_ec_curve_of(type);
		MR_AUTO(key) struct mr_key *one = NULL;
		MR_AUTO(key) struct mr_key *last = NULL;
		MR_AUTO(key) struct mr_key *none = NULL;
		uint8_t scalar[MR_EC_MAX_FIELD] = { 0 };
		struct mr_bytes view = mr_bytes_of(scalar, curve->field);

		FAILS(mr_key_from_sec1(make_sec1(&b, curve, view), &none, &err), MR_CODE_INVALID,
			message);
		scalar[curve->field - 1] = 1;
		OK(mr_key_from_sec1(make_sec1(&b, curve, view), &one, &err));
		memcpy(scalar, curve->order, curve->field);
		FAILS(mr_key_from_sec1(make_sec1(&b, curve, view), &none, &err), MR_CODE_INVALID,
			message);
		scalar[curve->field - 1]--;
		OK(mr_key_from_sec1(make_sec1(&b, curve, view), &last, &err));
		assert_memory_equal(mr_key_public_bits(one).ptr, mr_key_public_bits(last).ptr,
			1 + curve->field);
		memset(scalar, 0xFF, curve->field);
		FAILS(mr_key_from_sec1(make_sec1(&b, curve, view), &none, &err), MR_CODE_INVALID,
			message);
	}
	assert_null(mr_ec_curve_of(MR_KEY_RSA));
}

static void test_private_forms(void **state)
{
	static const char malformed[] = "x509: failed to parse private key";
	static const char malformed_ec[] = "x509: failed to parse EC private key";
	static const char unknown_curve[] = "x509: unknown elliptic curve";
	static const struct {
		bool sec1;
		enum mr_code code;
		const char *der, *message;
	} rows[] = {
		{ false, MR_CODE_INVALID, "", malformed },
		{ false, MR_CODE_INVALID, "3000", malformed },
		{ false, MR_CODE_INVALID, "300c 020100 3005" ED25519 "0400 00", malformed },
		{ false, MR_CODE_INVALID, "300c 020102 3005" ED25519 "0400", malformed },
		{ false, MR_CODE_INVALID, "300e 020100 3005" ED25519 "0400 0500", malformed },
		{ false, MR_CODE_UNSUPPORTED, "3010 020100 3009 06072a8648ce380401 0400",
			"x509: PKCS#8 wrapping contained private key with unknown "
			"algorithm" },
		{ false, MR_CODE_INVALID, "300c 020100 3005" ED25519 "0400",
			"x509: invalid Ed25519 private key" },
		{ false, MR_CODE_INVALID, "300f 020100 3005" ED25519 "0403 040111",
			"x509: invalid Ed25519 private key" },
		{ false, MR_CODE_UNSUPPORTED, "3010 020100 3009" EC "0400", unknown_curve },
		{ false, MR_CODE_UNSUPPORTED, "3012 020100 300b" EC "0500 0400", unknown_curve },
		{ false, MR_CODE_INVALID, "301a 020100 3013" EC P256 "0400", malformed_ec },
		{ false, MR_CODE_INVALID,
			"302b 020100 3013" EC P256 "0411 300f 020101 040101 a007" P384,
			unknown_curve },
		{ false, MR_CODE_INVALID, "3014 020100 300d" RSA "0500 0400",
			"x509: failed to parse RSA private key" },
		{ true, MR_CODE_INVALID, "", malformed_ec },
		{ true, MR_CODE_INVALID, "3006 020101 040101", unknown_curve },
		{ true, MR_CODE_INVALID, "3006 020102 040101", malformed_ec },
		{ true, MR_CODE_INVALID, "3008 020101 040101 0500", malformed_ec },
		{ true, MR_CODE_INVALID, "3008 020101 040101 a000", malformed_ec },
		{ true, MR_CODE_INVALID, "3008 020101 040101 a100", malformed_ec },
		{ true, MR_CODE_INVALID, "3033 020101 0421 01" X8(X4("00")) "a009" P384 "0500",
			malformed_ec },
		{ true, MR_CODE_INVALID, "3032 020101 0421 01" X8(X4("00")) "a00a" P256,
			"x509: invalid private key length" },
	};
	MR_AUTO(key) struct mr_key *key = NULL;
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++)
		FAILS(rows[i].sec1 ? mr_key_from_sec1(hex(rows[i].der), &key, &err)
				   : mr_key_from_pkcs8(hex(rows[i].der), &key, &err),
			rows[i].code, rows[i].message);
	assert_null(key);
}

static void test_public_half_that_does_not_match(void **state)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	struct mr_error err;

	(void)state;
	FAILS(mr_key_from_sec1(
		      hex("3058 020101 040102 a00a" P256 "a144 034200" P256_POINT), &key, &err),
		MR_CODE_INVALID, "x509: public key of EC private key does not match");
}

static void test_large_private_keys(void **state)
{
	static const uint8_t zeros[(64 << 10) + 1];
	MR_AUTO(key) struct mr_key *key = NULL;
	struct mr_bytes large = mr_bytes_of(zeros, sizeof zeros);
	struct mr_error err;

	(void)state;
	FAILS(mr_key_from_pkcs8(large, &key, &err), MR_CODE_LIMIT, "x509: private key too large");
	FAILS(mr_key_from_sec1(large, &key, &err), MR_CODE_LIMIT, "x509: private key too large");
	FAILS(mr_key_from_pkcs1(large, &key, &err), MR_CODE_LIMIT, "x509: private key too large");
}

static void test_rsa_private_key_without_its_primes(void **state)
{
	MR_AUTO(buf) struct mr_buf b = { 0 };
	MR_AUTO(key) struct mr_key *key = NULL;
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	(void)make_rsa(&b, 128, 0xC0, 1, "03");
	struct mr_bytes numbers = mr_bytes_of(b.data + 3, b.len - 3);
	MR_AUTO(buf) struct mr_buf pkcs1 = { 0 };
	mr_buf_init(&pkcs1, MAX);
	size_t all = mr_der_open(&pkcs1, MR_DER_SEQUENCE);
	mr_der_put_u64(&pkcs1, 0);
	mr_buf_put_bytes(&pkcs1, numbers);
	mr_der_close(&pkcs1, all);
	FAILS_WITH_REASON(mr_key_from_pkcs1(mr_buf_bytes(&pkcs1), &key, &err), MR_CODE_CRYPTO,
		"x509: failed to parse RSA private key");
}

static void test_sizes_that_are_not_made(void **state)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	struct mr_error err;

	(void)state;
	FAILS(mr_key_generate(MR_KEY_RSA, 1023, &key, &err), MR_CODE_INVALID,
		"crypto/rsa: 1023-bit keys are insecure (see "
		"https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)");
	FAILS(mr_key_generate(MR_KEY_RSA, 16385, &key, &err), MR_CODE_LIMIT,
		"crypto/rsa: keys above 16384 bits are not made");
	assert_null(key);
}

static void test_exports_that_do_not_exist(void **state)
{
	MR_AUTO(secret) struct mr_secret out = { NULL, 0 };
	MR_AUTO(key) struct mr_key *public_key = NULL;
	struct mr_error err;

	(void)state;
	OK(mr_key_from_spki(mr_key_spki(key_of(MR_KEY_EC_P256)), &public_key, &err));
	FAILS(mr_key_to_pkcs8(public_key, &out, &err), MR_CODE_INVALID, "not a private key");
	FAILS(mr_key_to_sec1(public_key, &out, &err), MR_CODE_INVALID, "not a private key");
	FAILS(mr_key_scalar(public_key, &out, &err), MR_CODE_INVALID, "not a private key");
	FAILS(mr_key_to_sec1(key_of(MR_KEY_ED25519), &out, &err), MR_CODE_INVALID,
		"not an elliptic curve key");
	FAILS(mr_key_scalar(key_of(MR_KEY_ED25519), &out, &err), MR_CODE_INVALID,
		"not an elliptic curve key");
	assert_null(out.ptr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_public_forms),
		cmocka_unit_test(test_rsa_bounds),
		cmocka_unit_test(test_malformed_spki),
		cmocka_unit_test(test_point_off_the_curve),
		cmocka_unit_test(test_scalar_range),
		cmocka_unit_test(test_private_forms),
		cmocka_unit_test(test_public_half_that_does_not_match),
		cmocka_unit_test(test_large_private_keys),
		cmocka_unit_test(test_rsa_private_key_without_its_primes),
		cmocka_unit_test(test_sizes_that_are_not_made),
		cmocka_unit_test(test_exports_that_do_not_exist),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free_keys();
	return failed;
}
