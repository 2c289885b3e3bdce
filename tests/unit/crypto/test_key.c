/* SPDX-License-Identifier: Apache-2.0 */
/* Forms of keys, read and written. Refusals are in test_key_refusals.c. */
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "codec/pem.h"
#include "crypto/key.h"
#include "crypto/key_internal.h"
#include "crypto_test.h"
#include "rsa_fixture.h"

/* RFC 6979, A.2.6 */
#define P384_SCALAR                                                                                \
	"6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d8"                         \
	"96d5724e4c70a825f872c9ea60d2edf5"
#define P384_POINT                                                                                 \
	"04"                                                                                       \
	"ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64"                         \
	"def8f0ea9055866064a254515480bc13"                                                         \
	"8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1"                         \
	"288b231c3ae0d4fe7344fd2533264720"
#define P384_SPKI "3076301006072a8648ce3d020106052b81040022036200" P384_POINT
#define P384_PKCS8                                                                                 \
	"3081b6020100301006072a8648ce3d020106052b81040022"                                         \
	"04819e30819b0201010430" P384_SCALAR "a164036200" P384_POINT
#define P384_SEC1 "3081a40201010430" P384_SCALAR "a00706052b81040022a164036200" P384_POINT

/* RFC 8410, 10.1 and 10.3 */
#define ED25519_PKCS8                                                                              \
	"302e020100300506032b6570042204"                                                           \
	"20d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842"
#define ED25519_SPKI                                                                               \
	"302a300506032b6570032100"                                                                 \
	"19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"

static void check_public_form(const struct mr_key *key)
{
	struct mr_bytes spki = mr_key_spki(key);
	struct mr_bytes bits = mr_key_public_bits(key);
	const uint8_t *from = spki.ptr;
	EVP_PKEY *theirs = d2i_PUBKEY(NULL, &from, (long)spki.len);
	uint8_t *again = NULL;
	struct mr_key *copy = NULL;
	struct mr_error err;

	assert_non_null(theirs);
	int len = i2d_PUBKEY(theirs, &again);
	assert_true(len > 0);
	assert_bytes_equal(mr_bytes_of(again, (size_t)len), spki);
	assert_ptr_equal(bits.ptr + bits.len, spki.ptr + spki.len);
	OK(mr_key_from_spki(spki, &copy, &err));
	assert_false(mr_key_is_private(copy));
	assert_true(mr_key_same_public(copy, key));
	assert_int_equal(mr_key_type_of(copy), mr_key_type_of(key));
	assert_int_equal(mr_key_bits(copy), mr_key_bits(key));
	assert_bytes_equal(mr_key_public_bits(copy), bits);
	mr_key_unref(copy);
	OPENSSL_free(again);
	EVP_PKEY_free(theirs);
}

/* The library itself reads what we write, and finds the same public key. */
static void check_private_form(const struct mr_key *key, struct mr_bytes der)
{
	const uint8_t *from = der.ptr;
	EVP_PKEY *theirs = d2i_AutoPrivateKey(NULL, &from, (long)der.len);
	uint8_t *spki = NULL;

	assert_non_null(theirs);
	int len = i2d_PUBKEY(theirs, &spki);
	assert_true(len > 0);
	assert_bytes_equal(mr_bytes_of(spki, (size_t)len), mr_key_spki(key));
	OPENSSL_free(spki);
	EVP_PKEY_free(theirs);
}

static void test_generated_keys(void **state)
{
	static const struct {
		enum mr_key_type type;
		unsigned bits;
		size_t public_bits;
	} rows[] = {
		{ MR_KEY_EC_P224, 224, 57 },
		{ MR_KEY_EC_P256, 256, 65 },
		{ MR_KEY_EC_P384, 384, 97 },
		{ MR_KEY_EC_P521, 521, 133 },
		{ MR_KEY_ED25519, 256, 32 },
		{ MR_KEY_RSA, 2048, 270 },
	};
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(secret) struct mr_secret der = { NULL, 0 };
		MR_AUTO(secret) struct mr_secret again = { NULL, 0 };
		MR_AUTO(key) struct mr_key *copy = NULL;
		struct mr_key *key = key_of(rows[i].type);

		assert_int_equal(mr_key_type_of(key), rows[i].type);
		assert_int_equal(mr_key_bits(key), rows[i].bits);
		assert_int_equal(mr_key_public_bits(key).len, rows[i].public_bits);
		assert_true(mr_key_is_private(key));
		assert_non_null(mr_key_evp(key));
		check_public_form(key);
		OK(mr_key_to_pkcs8(key, &der, &err));
		check_private_form(key, mr_secret_bytes(&der));
		OK(mr_key_from_pkcs8(mr_secret_bytes(&der), &copy, &err));
		assert_true(mr_key_is_private(copy));
		assert_true(mr_key_same_public(copy, key));
		OK(mr_key_to_pkcs8(copy, &again, &err));
		assert_bytes_equal(mr_secret_bytes(&again), mr_secret_bytes(&der));
		assert_true(error_queue_is_empty());
	}
}

static void test_keys_differ(void **state)
{
	MR_AUTO(key) struct mr_key *other = NULL;
	struct mr_error err;

	(void)state;
	OK(mr_key_generate(MR_KEY_EC_P384, 0, &other, &err));
	assert_false(mr_key_same_public(other, key_of(MR_KEY_EC_P384)));
	assert_false(mr_key_same_public(other, key_of(MR_KEY_EC_P256)));
}

static void test_sec1(void **state)
{
	struct mr_error err;

	(void)state;
	for (enum mr_key_type type = MR_KEY_EC_P224; type <= MR_KEY_EC_P521; type++) {
		MR_AUTO(secret) struct mr_secret der = { NULL, 0 };
		MR_AUTO(secret) struct mr_secret scalar = { NULL, 0 };
		MR_AUTO(key) struct mr_key *copy = NULL;
		struct mr_key *key = key_of(type);

		OK(mr_key_to_sec1(key, &der, &err));
		check_private_form(key, mr_secret_bytes(&der));
		OK(mr_key_from_sec1(mr_secret_bytes(&der), &copy, &err));
		assert_true(mr_key_same_public(copy, key));
		OK(mr_key_scalar(copy, &scalar, &err));
		assert_int_equal(scalar.len, (mr_key_bits(key) + 7) / 8);
	}
}

static void test_exact_p384_forms(void **state)
{
	const char *const forms[] = { P384_PKCS8, P384_SEC1 };
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(forms); i++) {
		MR_AUTO(key) struct mr_key *key = NULL;
		MR_AUTO(secret) struct mr_secret pkcs8 = { NULL, 0 };
		MR_AUTO(secret) struct mr_secret sec1 = { NULL, 0 };
		MR_AUTO(secret) struct mr_secret scalar = { NULL, 0 };

		OK(i == 0 ? mr_key_from_pkcs8(hex(forms[i]), &key, &err)
			  : mr_key_from_sec1(hex(forms[i]), &key, &err));
		assert_bytes_equal(mr_key_spki(key), hex(P384_SPKI));
		assert_bytes_equal(mr_key_public_bits(key), hex(P384_POINT));
		OK(mr_key_to_pkcs8(key, &pkcs8, &err));
		assert_bytes_equal(mr_secret_bytes(&pkcs8), hex(P384_PKCS8));
		OK(mr_key_to_sec1(key, &sec1, &err));
		assert_bytes_equal(mr_secret_bytes(&sec1), hex(P384_SEC1));
		OK(mr_key_scalar(key, &scalar, &err));
		assert_bytes_equal(mr_secret_bytes(&scalar), hex(P384_SCALAR));
	}
}

/* Other writers leave out the public key, repeat the curve, or add attributes. */
static void test_other_ec_forms(void **state)
{
	static const char *const pkcs8[] = {
		/* no public key */
		"304e020100301006072a8648ce3d020106052b81040022 0437 3035 020101 0430" P384_SCALAR,
		/* the curve inside too */
		"3057020100301006072a8648ce3d020106052b81040022 0440 303e 020101 0430" P384_SCALAR
		"a00706052b81040022",
		/* empty attributes */
		"3050020100301006072a8648ce3d020106052b81040022 0437 3035 020101 0430" P384_SCALAR
		"a000",
		/* a scalar with a zero in front */
		"304f020100301006072a8648ce3d020106052b81040022"
		"0438 3036 020101 043100" P384_SCALAR,
	};
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(pkcs8); i++) {
		MR_AUTO(key) struct mr_key *key = NULL;

		OK(mr_key_from_pkcs8(hex(pkcs8[i]), &key, &err));
		assert_bytes_equal(mr_key_spki(key), hex(P384_SPKI));
	}
}

/* The scalar 1, with its leading zeros dropped: the public point is the base point of P-256. */
static void test_short_scalar(void **state)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	MR_AUTO(secret) struct mr_secret scalar = { NULL, 0 };
	struct mr_error err;

	(void)state;
	OK(mr_key_from_sec1(hex("3012 020101 040101 a00a 06082a8648ce3d030107"), &key, &err));
	assert_bytes_equal(mr_key_public_bits(key),
		hex("046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
		    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"));
	OK(mr_key_scalar(key, &scalar, &err));
	assert_int_equal(scalar.len, 32);
	assert_int_equal(scalar.ptr[31], 1);
}

static void test_ed25519_forms(void **state)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	MR_AUTO(key) struct mr_key *public_key = NULL;
	MR_AUTO(secret) struct mr_secret der = { NULL, 0 };
	struct mr_error err;

	(void)state;
	OK(mr_key_from_pkcs8(hex(ED25519_PKCS8), &key, &err));
	assert_bytes_equal(mr_key_spki(key), hex(ED25519_SPKI));
	OK(mr_key_to_pkcs8(key, &der, &err));
	assert_bytes_equal(mr_secret_bytes(&der), hex(ED25519_PKCS8));
	OK(mr_key_from_spki(hex(ED25519_SPKI), &public_key, &err));
	assert_true(mr_key_same_public(key, public_key));
}

static void test_rsa_forms(void **state)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	MR_AUTO(key) struct mr_key *again = NULL;
	MR_AUTO(secret) struct mr_secret der = { NULL, 0 };
	MR_AUTO(buf) struct mr_buf pkcs1 = { 0 };
	struct mr_str label;
	struct mr_str rest;
	struct mr_error err;

	(void)state;
	mr_buf_init(&pkcs1, 1 << 12);
	OK(mr_pem_decode(mr_str_of(RSA_FIXTURE_PEM), &label, &pkcs1, &rest, &err));
	OK(mr_key_from_pkcs1(mr_buf_bytes(&pkcs1), &key, &err));
	assert_int_equal(mr_key_bits(key), 1024);
	check_public_form(key);
	OK(mr_key_to_pkcs8(key, &der, &err));
	/* the inner key is what it was made from */
	assert_bytes_equal(
		mr_bytes_of(der.ptr + der.len - pkcs1.len, pkcs1.len), mr_buf_bytes(&pkcs1));
	OK(mr_key_from_pkcs8(mr_secret_bytes(&der), &again, &err));
	assert_true(mr_key_same_public(key, again));
}

static void put_pem(struct mr_buf *out, const char *label, struct mr_bytes der)
{
	mr_buf_clear(out);
	mr_buf_put_cstr(out, "text before\n");
	mr_pem_encode(out, "CERTIFICATE", text_bytes("no key"));
	mr_pem_encode(out, label, der);
	mr_pem_encode(out, "PRIVATE KEY", text_bytes("not looked at"));
}

static void test_pem(void **state)
{
	static const struct {
		const char *label, *der;
	} rows[] = {
		{ "PRIVATE KEY", P384_PKCS8 },
		{ "EC PRIVATE KEY", P384_SEC1 },
		{ "PRIVATE KEY", P384_SEC1 },
		{ "EC PRIVATE KEY", P384_PKCS8 },
		{ "PRIVATE KEY", ED25519_PKCS8 },
	};
	MR_AUTO(buf) struct mr_buf pem = { 0 };
	MR_AUTO(key) struct mr_key *rsa = NULL;
	MR_AUTO(key) struct mr_key *none = NULL;
	struct mr_error err;

	(void)state;
	mr_buf_init(&pem, 1 << 12);
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(key) struct mr_key *key = NULL;

		put_pem(&pem, rows[i].label, hex(rows[i].der));
		OK(mr_key_from_pem(mr_buf_str(&pem), &key, &err));
		assert_true(mr_key_is_private(key));
	}
	OK(mr_key_from_pem(mr_str_of(RSA_FIXTURE_PEM), &rsa, &err));
	assert_int_equal(mr_key_type_of(rsa), MR_KEY_RSA);
	put_pem(&pem, "PRIVATE KEY", text_bytes("nonsense"));
	FAILS(mr_key_from_pem(mr_buf_str(&pem), &none, &err), MR_CODE_INVALID,
		"x509: failed to parse private key");
	mr_buf_clear(&pem);
	mr_pem_encode(&pem, "PUBLIC KEY", hex(P384_SPKI));
	assert_int_equal(mr_key_from_pem(mr_buf_str(&pem), &none, &err).code, MR_CODE_NOT_FOUND);
	assert_null(none);
}

static void test_references(void **state)
{
	struct mr_key *key = NULL;
	struct mr_error err;

	(void)state;
	OK(mr_key_from_pkcs8(hex(ED25519_PKCS8), &key, &err));
	assert_ptr_equal(mr_key_ref(key), key);
	mr_key_unref(key);
	assert_bytes_equal(mr_key_spki(key), hex(ED25519_SPKI));
	mr_key_unref(key);
	mr_key_unref(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_generated_keys),
		cmocka_unit_test(test_keys_differ),
		cmocka_unit_test(test_sec1),
		cmocka_unit_test(test_exact_p384_forms),
		cmocka_unit_test(test_other_ec_forms),
		cmocka_unit_test(test_short_scalar),
		cmocka_unit_test(test_ed25519_forms),
		cmocka_unit_test(test_rsa_forms),
		cmocka_unit_test(test_pem),
		cmocka_unit_test(test_references),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free_keys();
	return failed;
}
