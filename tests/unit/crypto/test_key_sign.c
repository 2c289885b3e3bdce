/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>

#include "crypto/key.h"
#include "crypto/key_internal.h"
#include "crypto_test.h"
#include "rsa_fixture.h"

enum { MAX = 1 << 16 };

static struct mr_key *fixture(void)
{
	static struct mr_key *key;
	struct mr_error err;

	if (!key)
		OK(mr_key_from_pem(mr_str_of(RSA_FIXTURE_PEM), &key, &err));
	return key;
}

static void test_round_trips(void **state)
{
	static const enum mr_hash hashes[] = { MR_HASH_SHA256, MR_HASH_SHA384, MR_HASH_SHA512 };
	MR_AUTO(buf) struct mr_buf signature = { 0 };
	struct mr_bytes data = text_bytes("some data");
	struct mr_error err;

	(void)state;
	mr_buf_init(&signature, MAX);
	for (enum mr_key_type type = MR_KEY_EC_P224; type <= MR_KEY_RSA; type++) {
		MR_AUTO(key) struct mr_key *public_key = NULL;
		struct mr_key *key = key_of(type);

		OK(mr_key_from_spki(mr_key_spki(key), &public_key, &err));
		for (size_t i = 0; i < MR_COUNT(hashes); i++) {
			mr_buf_clear(&signature);
			OK(mr_key_sign(key, hashes[i], data, &signature, &err));
			OK(mr_key_verify(
				public_key, hashes[i], data, mr_buf_bytes(&signature), &err));
			FAILS(mr_key_verify(public_key, hashes[i], text_bytes("other data"),
				      mr_buf_bytes(&signature), &err),
				MR_CODE_CRYPTO, "signature is invalid");
			signature.data[signature.len - 1] ^= 1;
			FAILS(mr_key_verify(
				      public_key, hashes[i], data, mr_buf_bytes(&signature), &err),
				MR_CODE_CRYPTO, "signature is invalid");
		}
	}
}

static void test_appending(void **state)
{
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_key *key = key_of(MR_KEY_EC_P384);
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	mr_buf_put_cstr(&b, "the signed text itself");
	size_t len = b.len;
	OK(mr_key_sign(key, MR_HASH_SHA384, mr_buf_bytes(&b), &b, &err));
	OK(mr_key_verify(key, MR_HASH_SHA384, mr_bytes_of(b.data, len),
		mr_bytes_of(b.data + len, b.len - len), &err));
}

/* RFC 6979, A.2.4 to A.2.7: "sample", each with the hash of its size */
static void test_foreign_ecdsa(void **state)
{
	static const struct {
		enum mr_hash hash;
		const char *spki, *signature;
	} rows[] = {
		{ MR_HASH_SHA256,
			"304e301006072a8648ce3d020106052b81040021033a0004"
			"00cf08da5ad719e42707fa431292dea11244d64fc51610d94b130d6c"
			"eeab6f3debe455e3dbf85416f7030cbd94f34f2d6f232c69f3c1385a",
			"303d021c61aa3da010e8e8406c656bc477a7a7189895e7e840cdfe8ff42307ba"
			"021d00bc814050dab5d23770879494f9e0a680dc1af7161991bde692b10101" },
		{ MR_HASH_SHA256,
			"3059301306072a8648ce3d020106082a8648ce3d03010703420004"
			"60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
			"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
			"3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea8"
			"4eaf3716022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4"
			"ab2f843acda8" },
		{ MR_HASH_SHA384,
			"3076301006072a8648ce3d020106052b8104002203620004"
			"ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64"
			"def8f0ea9055866064a254515480bc13"
			"8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1"
			"288b231c3ae0d4fe7344fd2533264720",
			"306602310094edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea"
			"95ad133c81a648152e44acf96e36dd1e80fabe4602310099ef4aeb15f178cea1fe"
			"40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c7"
			"1a38628ac8" },
	};
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(key) struct mr_key *key = NULL;
		struct mr_bytes signature = hex(rows[i].signature);

		OK(mr_key_from_spki(hex(rows[i].spki), &key, &err));
		OK(mr_key_verify(key, rows[i].hash, text_bytes("sample"), signature, &err));
		FAILS(mr_key_verify(key, MR_HASH_SHA512, text_bytes("sample"), signature, &err),
			MR_CODE_CRYPTO, "signature is invalid");
	}
}

/* RFC 8032, 7.1, test 3 */
static void test_foreign_ed25519(void **state)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	MR_AUTO(buf) struct mr_buf signature = { 0 };
	struct mr_bytes expected = hex(
		"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
		"18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
	struct mr_error err;

	(void)state;
	mr_buf_init(&signature, MAX);
	OK(mr_key_from_pkcs8(
		hex("302e020100300506032b657004220420"
		    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"),
		&key, &err));
	OK(mr_key_sign(key, MR_HASH_SHA256, hex("af82"), &signature, &err));
	assert_bytes_equal(mr_buf_bytes(&signature), expected);
	OK(mr_key_verify(key, MR_HASH_SHA1, hex("af82"), expected, &err));
}

static void test_foreign_rsa(void **state)
{
	struct mr_bytes data = text_bytes("message");
	struct mr_key *key = fixture();
	struct mr_error err;

	(void)state;
	OK(mr_key_verify(key, MR_HASH_SHA256, data, hex(RSA_FIXTURE_PKCS1), &err));
	OK(mr_key_verify_pss(key, MR_HASH_SHA256, 32, data, hex(RSA_FIXTURE_PSS_SHA256), &err));
	OK(mr_key_verify_pss(key, MR_HASH_SHA384, 48, data, hex(RSA_FIXTURE_PSS_SHA384), &err));
	FAILS(mr_key_verify(key, MR_HASH_SHA384, data, hex(RSA_FIXTURE_PKCS1), &err),
		MR_CODE_CRYPTO, "signature is invalid");
	FAILS(mr_key_verify(key, MR_HASH_SHA256, data, hex(RSA_FIXTURE_PSS_SHA256), &err),
		MR_CODE_CRYPTO, "signature is invalid");
	FAILS(mr_key_verify_pss(key, MR_HASH_SHA256, 31, data, hex(RSA_FIXTURE_PSS_SHA256), &err),
		MR_CODE_CRYPTO, "signature is invalid");
	FAILS(mr_key_verify_pss(key, MR_HASH_SHA256, 65, data, hex(RSA_FIXTURE_PSS_SHA256), &err),
		MR_CODE_CRYPTO, "signature is invalid");
	FAILS(mr_key_verify_pss(key_of(MR_KEY_EC_P256), MR_HASH_SHA256, 32, data,
		      hex(RSA_FIXTURE_PSS_SHA256), &err),
		MR_CODE_CRYPTO, "signature is invalid");
}

static void test_malformed_signatures(void **state)
{
	static const char *const rows[] = { "", "00", "3000", "3006020101020101",
		"3006020100020100", "300702020001020101", "308006020101020101" };
	struct mr_error err;

	(void)state;
	for (enum mr_key_type type = MR_KEY_EC_P224; type <= MR_KEY_RSA; type++)
		for (size_t i = 0; i < MR_COUNT(rows); i++)
			FAILS(mr_key_verify(key_of(type), MR_HASH_SHA256, text_bytes("data"),
				      hex(rows[i]), &err),
				MR_CODE_CRYPTO, "signature is invalid");
}

static void test_default_hashes(void **state)
{
	(void)state;
	assert_int_equal(mr_key_default_hash(key_of(MR_KEY_EC_P224)), MR_HASH_SHA256);
	assert_int_equal(mr_key_default_hash(key_of(MR_KEY_EC_P256)), MR_HASH_SHA256);
	assert_int_equal(mr_key_default_hash(key_of(MR_KEY_EC_P384)), MR_HASH_SHA384);
	assert_int_equal(mr_key_default_hash(key_of(MR_KEY_EC_P521)), MR_HASH_SHA512);
	assert_int_equal(mr_key_default_hash(key_of(MR_KEY_RSA)), MR_HASH_SHA256);
}

static void test_signing_needs_a_private_key(void **state)
{
	MR_AUTO(key) struct mr_key *public_key = NULL;
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&out, 10);
	OK(mr_key_from_spki(mr_key_spki(key_of(MR_KEY_EC_P256)), &public_key, &err));
	FAILS(mr_key_sign(public_key, MR_HASH_SHA256, text_bytes("data"), &out, &err),
		MR_CODE_INVALID, "not a private key");
	FAILS(mr_key_sign(key_of(MR_KEY_EC_P256), MR_HASH_SHA256, text_bytes("data"), &out, &err),
		MR_CODE_LIMIT, "larger than the limit of 10 bytes");
}

static void test_oaep(void **state)
{
	MR_AUTO(secret) struct mr_secret foreign = { NULL, 0 };
	MR_AUTO(secret) struct mr_secret own = { NULL, 0 };
	MR_AUTO(secret) struct mr_secret empty = { NULL, 0 };
	MR_AUTO(key) struct mr_key *public_key = NULL;
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&out, MAX);
	OK(mr_key_oaep_decrypt(fixture(), hex(RSA_FIXTURE_OAEP), &foreign, &err));
	assert_bytes_equal(mr_secret_bytes(&foreign), text_bytes("oaep message"));
	OK(mr_key_from_spki(mr_key_spki(key_of(MR_KEY_RSA)), &public_key, &err));
	OK(mr_key_oaep_encrypt(public_key, text_bytes("short"), &out, &err));
	assert_int_equal(out.len, 256);
	OK(mr_key_oaep_decrypt(key_of(MR_KEY_RSA), mr_buf_bytes(&out), &own, &err));
	assert_bytes_equal(mr_secret_bytes(&own), text_bytes("short"));
	mr_buf_clear(&out);
	OK(mr_key_oaep_encrypt(public_key, mr_bytes_of(NULL, 0), &out, &err));
	OK(mr_key_oaep_decrypt(key_of(MR_KEY_RSA), mr_buf_bytes(&out), &empty, &err));
	assert_int_equal(empty.len, 0);
}

static void test_oaep_refusals(void **state)
{
	static const char message[] = "crypto/rsa: decryption error";
	MR_AUTO(secret) struct mr_secret out = { NULL, 0 };
	MR_AUTO(key) struct mr_key *public_key = NULL;
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_bytes good = hex(RSA_FIXTURE_OAEP);
	uint8_t data[191] = { 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	FAILS(mr_key_oaep_decrypt(fixture(), mr_bytes_of(good.ptr, good.len - 1), &out, &err),
		MR_CODE_CRYPTO, message);
	FAILS(mr_key_oaep_decrypt(fixture(), mr_bytes_of(NULL, 0), &out, &err), MR_CODE_CRYPTO,
		message);
	FAILS(mr_key_oaep_decrypt(key_of(MR_KEY_RSA), good, &out, &err), MR_CODE_CRYPTO, message);
	FAILS(mr_key_oaep_decrypt(key_of(MR_KEY_EC_P256), good, &out, &err), MR_CODE_INVALID,
		"not an RSA private key");
	OK(mr_key_from_spki(mr_key_spki(fixture()), &public_key, &err));
	FAILS(mr_key_oaep_decrypt(public_key, good, &out, &err), MR_CODE_INVALID,
		"not an RSA private key");
	FAILS(mr_key_oaep_encrypt(key_of(MR_KEY_EC_P256), text_bytes("x"), &b, &err),
		MR_CODE_INVALID, "not an RSA key");
	OK(mr_key_oaep_encrypt(key_of(MR_KEY_RSA), mr_bytes_of(data, 190), &b, &err));
	FAILS(mr_key_oaep_encrypt(key_of(MR_KEY_RSA), mr_bytes_of(data, 191), &b, &err),
		MR_CODE_INVALID, "crypto/rsa: message too long for RSA key size");
	assert_null(out.ptr);
}

/* Sizes that one of the libraries makes and the other does not; and ours with both. */
static void test_odd_rsa_sizes(void **state)
{
	static const unsigned sizes[] = { 1024, 1025, 1032, 1100, 1151, 2049 };
	MR_AUTO(buf) struct mr_buf signature = { 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&signature, MAX);
	for (size_t i = 0; i < 2 * MR_COUNT(sizes); i++) {
		MR_AUTO(key) struct mr_key *key = NULL;
		MR_AUTO(key) struct mr_key *again = NULL;
		MR_AUTO(secret) struct mr_secret der = { NULL, 0 };
		unsigned bits = sizes[i / 2];

		if (i % 2 == 0) {
			OK(mr_key_generate(MR_KEY_RSA, bits, &key, &err));
		} else {
			OK(mr_rsa_generate_pkcs1(bits, &der, &err));
			OK(mr_key_from_pkcs1(mr_secret_bytes(&der), &key, &err));
			mr_secret_done(&der);
		}
		assert_int_equal(mr_key_bits(key), bits);
		mr_buf_clear(&signature);
		OK(mr_key_sign(key, MR_HASH_SHA256, text_bytes("data"), &signature, &err));
		assert_int_equal(signature.len, (bits + 7) / 8);
		OK(mr_key_from_spki(mr_key_spki(key), &again, &err));
		OK(mr_key_verify(
			again, MR_HASH_SHA256, text_bytes("data"), mr_buf_bytes(&signature), &err));
		const uint8_t *from;
		OK(mr_key_to_pkcs8(key, &der, &err));
		from = der.ptr;
		EVP_PKEY *theirs = d2i_AutoPrivateKey(NULL, &from, (long)der.len);
		EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(theirs, NULL);
		assert_int_equal(EVP_PKEY_check(ctx), 1);
		EVP_PKEY_CTX_free(ctx);
		EVP_PKEY_free(theirs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_appending),
		cmocka_unit_test(test_foreign_ecdsa),
		cmocka_unit_test(test_foreign_ed25519),
		cmocka_unit_test(test_foreign_rsa),
		cmocka_unit_test(test_malformed_signatures),
		cmocka_unit_test(test_default_hashes),
		cmocka_unit_test(test_signing_needs_a_private_key),
		cmocka_unit_test(test_odd_rsa_sizes),
		cmocka_unit_test(test_oaep),
		cmocka_unit_test(test_oaep_refusals),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	mr_key_unref(fixture());
	free_keys();
	return failed;
}
