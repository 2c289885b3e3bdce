/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/signature.h"
#include "crypto_test.h"
#include "rsa_fixture.h"

enum { MAX = 1 << 12 };

#define SHA256 "300d 0609608648016503040201 0500"
#define SHA384 "300d 0609608648016503040202 0500"
#define SHA384_BARE "300b 0609608648016503040202"
#define MGF1 "06092a864886f70d010108"
#define PSS "06092a864886f70d01010a"
#define PSS_384 "3041" PSS "3034 a00f" SHA384 "a11c 301a" MGF1 SHA384 "a203 020130"

static struct mr_key *rsa(void)
{
	static struct mr_key *key;
	struct mr_error err;

	if (!key)
		OK(mr_key_from_pem(mr_str_of(RSA_FIXTURE_PEM), &key, &err));
	return key;
}

static void test_round_trips(void **state)
{
	MR_AUTO(buf) struct mr_buf algorithm = { 0 };
	MR_AUTO(buf) struct mr_buf signature = { 0 };
	struct mr_bytes data = text_bytes("data");
	struct mr_error err;

	(void)state;
	mr_buf_init(&algorithm, MAX);
	mr_buf_init(&signature, MAX);
	for (enum mr_key_type type = MR_KEY_EC_P224; type <= MR_KEY_RSA; type++) {
		for (enum mr_hash hash = MR_HASH_SHA1; hash <= MR_HASH_SHA512; hash++) {
			struct mr_key *key = key_of(type);
			bool old = hash == MR_HASH_SHA1 && type != MR_KEY_ED25519;

			mr_buf_clear(&algorithm);
			mr_buf_clear(&signature);
			mr_signature_put_algorithm(&algorithm, key, hash);
			OK(mr_key_sign(key, hash, data, &signature, &err));
			OK(mr_signature_check(key, mr_buf_bytes(&algorithm), data,
				mr_buf_bytes(&signature), true, &err));
			mr_result r = mr_signature_check(key, mr_buf_bytes(&algorithm), data,
				mr_buf_bytes(&signature), false, &err);
			assert_int_equal(r.code, old ? MR_CODE_CRYPTO : MR_CODE_OK);
			FAILS(mr_signature_check(key, mr_buf_bytes(&algorithm), text_bytes("x"),
				      mr_buf_bytes(&signature), true, &err),
				MR_CODE_CRYPTO, "x509: signature is invalid");
		}
	}
}

static void test_pss(void **state)
{
	struct mr_bytes data = text_bytes("message");
	struct mr_bytes sha384 = hex(RSA_FIXTURE_PSS_SHA384);
	struct mr_error err;

	(void)state;
	OK(mr_signature_check(rsa(), hex(PSS_384), data, sha384, false, &err));
	/* with the trailer said, and without the NULLs */
	OK(mr_signature_check(rsa(),
		hex("3046" PSS "3039 a00f" SHA384 "a11c 301a" MGF1 SHA384
		    "a203 020130 a303 020101"),
		data, sha384, false, &err));
	OK(mr_signature_check(rsa(),
		hex("303d" PSS "3030 a00d" SHA384_BARE "a11a 3018" MGF1 SHA384_BARE "a203 020130"),
		data, sha384, false, &err));
	OK(mr_signature_check(rsa(),
		hex("3041" PSS "3034 a00f" SHA256 "a11c 301a" MGF1 SHA256 "a203 020120"), data,
		hex(RSA_FIXTURE_PSS_SHA256), false, &err));
	FAILS(mr_signature_check(
		      rsa(), hex(PSS_384), data, hex(RSA_FIXTURE_PSS_SHA256), false, &err),
		MR_CODE_CRYPTO, "x509: signature is invalid");
}

static void test_pss_refusals(void **state)
{
	static const char *const rows[] = {
		"300b" PSS, /* all defaults: SHA-1 */
		"300d" PSS "3000",
		"300d" PSS "0500",
		"301e" PSS "3011 a00f" SHA384, /* MGF1 with SHA-1 */
		"3043" PSS "3034 a00f" SHA384 "a11c 301a" MGF1 SHA384 "a203 020130 0500",
		"3041" PSS "3034 a00f" SHA384 "a11c 301a" MGF1 SHA256 "a203 020130", /* two */
		"3041" PSS "3034 a00f" SHA384 "a11c 301a" PSS SHA384 "a203 020130",  /* no MGF1 */
		"3041" PSS "3034 a00f" SHA384 "a11c 301a" MGF1 SHA384 "a203 020141",
		"3041" PSS "3034 a00f" SHA384 "a11c 301a" MGF1 SHA384 "a203 0201ff",
		"3043" PSS "3036 a00f" SHA384 "a11c 301a" MGF1 SHA384 "a205 020130 0500",
		"3046" PSS "3039 a00f" SHA384 "a11c 301a" MGF1 SHA384
		"a203 020130 a303 020102", /* another trailer */
		"3043" PSS "3036 a00f" SHA384 "a11c 301a" MGF1 SHA384 "a203 020130 0500",
		"301a" PSS "300d a00b 3009 06052b0e03021a 0500", /* SHA-1 */
		"3020" PSS "3013 a011" SHA384 "0500",
		"300f" PSS "3002 a000",
	};
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++)
		FAILS(mr_signature_check(rsa(), hex(rows[i]), text_bytes("message"),
			      hex(RSA_FIXTURE_PSS_SHA384), true, &err),
			MR_CODE_UNSUPPORTED, "x509: unsupported RSA-PSS parameters");
}

static void test_refusals(void **state)
{
	static const char unknown[] = "x509: unknown signature algorithm";
	static const char misfit[] = "x509: signature algorithm does not fit the public key";
	static const char invalid[] = "x509: invalid signature algorithm";
	static const struct {
		enum mr_key_type type;
		const char *algorithm, *message;
		enum mr_code code;
	} rows[] = {
		{ MR_KEY_EC_P256, "", unknown, MR_CODE_UNSUPPORTED },
		{ MR_KEY_EC_P256, "3000", unknown, MR_CODE_UNSUPPORTED },
		{ MR_KEY_EC_P256, "300a 06082a8648ce3d040302 00", unknown, MR_CODE_UNSUPPORTED },
		{ MR_KEY_EC_P256, "300a 06082a8648ce3d040301", unknown, MR_CODE_UNSUPPORTED },
		{ MR_KEY_EC_P256, "300d 06092a864886f70d010104 0500", unknown,
			MR_CODE_UNSUPPORTED }, /* MD5 */
		{ MR_KEY_EC_P256, "300d 06092a864886f70d01010b 0500", misfit, MR_CODE_CRYPTO },
		{ MR_KEY_EC_P256, "3005 06032b6570", misfit, MR_CODE_CRYPTO },
		{ MR_KEY_EC_P256, PSS_384, misfit, MR_CODE_CRYPTO },
		{ MR_KEY_RSA, "300a 06082a8648ce3d040302", misfit, MR_CODE_CRYPTO },
		{ MR_KEY_ED25519, "300a 06082a8648ce3d040302", misfit, MR_CODE_CRYPTO },
		{ MR_KEY_EC_P256, "300c 06082a8648ce3d040302 3000", invalid, MR_CODE_INVALID },
		{ MR_KEY_EC_P256, "300d 06082a8648ce3d040302 050100", invalid, MR_CODE_INVALID },
		{ MR_KEY_EC_P256, "300e 06082a8648ce3d040302 0500 0500", invalid, MR_CODE_INVALID },
	};
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++)
		FAILS(mr_signature_check(key_of(rows[i].type), hex(rows[i].algorithm),
			      text_bytes("data"), text_bytes("signature"), false, &err),
			rows[i].code, rows[i].message);
}

static void test_written_algorithms(void **state)
{
	static const struct {
		enum mr_key_type type;
		enum mr_hash hash;
		const char *expected;
	} rows[] = {
		{ MR_KEY_EC_P384, MR_HASH_SHA384, "300a 06082a8648ce3d040303" },
		{ MR_KEY_EC_P224, MR_HASH_SHA256, "300a 06082a8648ce3d040302" },
		{ MR_KEY_ED25519, MR_HASH_SHA256, "3005 06032b6570" },
		{ MR_KEY_RSA, MR_HASH_SHA256, "300d 06092a864886f70d01010b 0500" },
	};
	MR_AUTO(buf) struct mr_buf b = { 0 };

	(void)state;
	mr_buf_init(&b, MAX);
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		mr_buf_clear(&b);
		mr_signature_put_algorithm(&b, key_of(rows[i].type), rows[i].hash);
		assert_bytes_equal(mr_buf_bytes(&b), hex(rows[i].expected));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_pss),
		cmocka_unit_test(test_pss_refusals),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_written_algorithms),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	mr_key_unref(rsa());
	free_keys();
	return failed;
}
