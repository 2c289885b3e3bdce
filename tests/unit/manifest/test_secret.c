/* SPDX-License-Identifier: Apache-2.0 */
/* 10 §7, §8.1: generated and uploaded secrets. */
#include "manifest/secret.h"

#include "codec/base64.h"
#include "manifest_test.h"

static const int64_t now = 1700000000;

static struct mr_secret_context context_of(bool shared)
{
	static const uint8_t root[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
		17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31 };
	struct mr_secret_context c = {
		.shared = shared,
		.marble_type = MR_STR("backend"),
		.root_secret = { root, sizeof root },
		.issuer = test_issuer(),
		.now = now,
	};
	struct mr_error err;

	OK(mr_uuid_parse(MR_STR("8F2A4C1E-3b5d-4f60-9a7b-0c1d2e3f4a5b"), &c.uuid, &err));
	return c;
}

static const struct mr_secret_def *def_of(const char *name, const char *members)
{
	const struct mr_manifest *m = decoded(jsonf("{'Secrets':{'%s':{%s}}}", name, members));

	return &m->secrets[0].def;
}

static const char *hex(struct mr_bytes bytes)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };

	mr_buf_init(&out, 1 << 16);
	mr_hex_encode(&out, bytes);
	return textf("%.*s", (int)out.len, out.len ? (const char *)out.data : "");
}

static struct mr_secret_value generate(
	const struct mr_secret_def *def, const struct mr_secret_context *context)
{
	struct mr_secret_value value;
	struct mr_error err;

	OK(mr_secret_generate(def, context, test_arena(), &value, &err));
	return value;
}

/* Vectors of 10 §15 and 30 §2.5. */
static void test_derived_keys(void **state)
{
	const struct mr_secret_def *k128 = def_of("diskKey", "'Type':'symmetric-key','Size':128");
	const struct mr_secret_def *k256 = def_of("diskKey", "'Type':'symmetric-key','Size':256");
	struct mr_secret_context context = context_of(false);
	struct mr_secret_value value = generate(k128, &context);

	(void)state;
	assert_string_equal(hex(value.private_part.bytes), "7ecb7b276d5cf26fbf82aa880e12e072");
	assert_ptr_equal(value.public_part.bytes.ptr, value.private_part.bytes.ptr);
	assert_true(value.private_part.present && value.public_part.present);
	assert_false(value.cert.present);
	assert_string_equal(hex(generate(k256, &context).private_part.bytes),
		"7ecb7b276d5cf26fbf82aa880e12e0725b5c2c13d93ddfd780e69889ee7eeff1");
	context.disable_binding = true;
	assert_string_equal(hex(generate(k128, &context).private_part.bytes),
		"c97dc947af3b3c17b23414f3aacc0c15");
}

static void test_shared_keys(void **state)
{
	const struct mr_secret_def *def = def_of(
		"k", "'Type':'symmetric-key','Size':80000,'Shared':true");
	const struct mr_secret_context context = context_of(true);
	struct mr_secret_value one = generate(def, &context), two = generate(def, &context);

	(void)state;
	assert_int_equal(one.private_part.bytes.len, 10000);
	assert_false(mr_bytes_eq(one.private_part.bytes, two.private_part.bytes));
	assert_str(one.def.name, "k");
}

static void check_certificate(const struct mr_secret_value *value, enum mr_key_type type)
{
	MR_AUTO(cert) struct mr_cert c = { 0 };
	MR_AUTO(key) struct mr_key *private_key = NULL;
	MR_AUTO(key) struct mr_key *public_key = NULL;
	struct mr_error err;

	OK(mr_cert_parse(value->cert.bytes, &c, &err));
	OK(mr_cert_check_signature(&c, test_issuer()->key, &err));
	OK(mr_key_from_pkcs8(value->private_part.bytes, &private_key, &err));
	OK(mr_key_from_spki(value->public_part.bytes, &public_key, &err));
	assert_true(mr_key_same_public(private_key, public_key));
	assert_true(mr_bytes_eq(c.spki, value->public_part.bytes));
	assert_int_equal(mr_key_type_of(private_key), type);
	assert_true(c.not_before == now);
}

static void test_certificates(void **state)
{
	static const struct {
		const char *members;
		enum mr_key_type type;
		unsigned bits;
	} rows[] = {
		{ "'Type':'cert-ecdsa','Size':224", MR_KEY_EC_P224, 224 },
		{ "'Type':'cert-ecdsa','Size':256", MR_KEY_EC_P256, 256 },
		{ "'Type':'cert-ecdsa','Size':384", MR_KEY_EC_P384, 384 },
		{ "'Type':'cert-ecdsa','Size':521", MR_KEY_EC_P521, 521 },
		{ "'Type':'cert-ed25519'", MR_KEY_ED25519, 0 },
		{ "'Type':'cert-rsa','Size':1024", MR_KEY_RSA, 1024 },
		{ "'Type':'cert-rsa','Size':1032", MR_KEY_RSA, 1032 },
	};
	const struct mr_secret_context context = context_of(false);

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(key) struct mr_key *key = NULL;
		struct mr_error err;
		struct mr_secret_value value = generate(def_of("c", rows[i].members), &context);
		check_certificate(&value, rows[i].type);
		OK(mr_key_from_spki(value.public_part.bytes, &key, &err));
		if (rows[i].bits)
			assert_int_equal(mr_key_bits(key), rows[i].bits);
		assert_int_equal(value.def.valid_for, 365);
	}
}

static void test_validity(void **state)
{
	static const struct {
		const char *members;
		int64_t kept; /* of a re-issue */
		int64_t want;
		uint64_t days;
	} rows[] = {
		{ "'Shared':true", 0, 1700000000 + 365 * 86400, 365 },
		{ "'Shared':true,'ValidFor':14", 0, 1700000000 + 14 * 86400, 14 },
		{ "'Shared':true,'Cert':{'NotAfter':'2035-06-07T08:09:10Z'}", 0,
			INT64_C(2064816550), 0 },
		{ "'Shared':true,'Cert':{'NotAfter':'2001-01-01T00:00:00Z'}", 0, 978307200, 0 },
		{ "'Shared':true,'Cert':{'NotAfter':'2060-01-02T03:04:05Z'}", 0,
			INT64_C(2840238245), 0 },
		{ "'Shared':true,'Cert':{'NotAfter':'0001-01-01T00:00:00Z'}", 0,
			1700000000 + 365 * 86400, 365 },
		{ "'Shared':true,'ValidFor':14", 1750000000, 1750000000, 14 },
		{ "'Shared':true", 1750000000, 1750000000, 365 },
		{ "'Shared':true,'Cert':{'NotAfter':'2035-06-07T08:09:10Z'}", 1750000000,
			1750000000, 0 },
	};
	struct mr_secret_context context = context_of(true);
	struct mr_secret_value value;
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(cert) struct mr_cert c = { 0 };
		context.not_after = rows[i].kept;
		value = generate(
			def_of("c", textf("'Type':'cert-ed25519',%s", rows[i].members)), &context);
		OK(mr_cert_parse(value.cert.bytes, &c, &err));
		assert_true(c.not_after == rows[i].want);
		assert_int_equal(value.def.valid_for, rows[i].days);
	}
	context.not_after = 0;
	static const char *const too_long[] = { "18446744073709551615", "3660001", "3000000" };
	for (size_t i = 0; i < MR_COUNT(too_long); i++)
		FAILS(mr_secret_generate(def_of("c", textf("'Type':'cert-ed25519','Shared':true,"
							   "'ValidFor':%s",
							     too_long[i])),
			      &context, test_arena(), &value, &err),
			"asn1: structure error: cannot represent time as GeneralizedTime");
}

static void test_key_pool(void **state)
{
	struct mr_key_pool *pool;
	struct mr_secret_context context = context_of(false);
	struct mr_error err;
	bool full;

	(void)state;
	OK(mr_key_pool_new(1, &pool, &err));
	OK(mr_key_pool_fill_one(pool, &full, &err));
	context.p384 = pool;
	struct mr_secret_value value = generate(
		def_of("c", "'Type':'cert-ecdsa','Size':384"), &context);
	check_certificate(&value, MR_KEY_EC_P384);
	assert_int_equal(mr_key_pool_count(pool), 0);
	mr_key_pool_free(pool);
}

static void test_refused(void **state)
{
	static const struct {
		const char *members;
		bool shared;
		const char *message;
	} rows[] = {
		{ "'Type':'symmetric-key'", false, "invalid secret size: s" },
		{ "'Type':'symmetric-key','Size':12,'Shared':true", true,
			"invalid secret size: s" },
		{ "'Type':'symmetric-key','Size':65288", false,
			"hkdf: requested key length too large" },
		{ "'Type':'symmetric-key','Size':18446744073709551608", false,
			"hkdf: requested key length too large" },
		{ "'Type':'symmetric-key','Size':18446744073709551608,'Shared':true", true,
			"secret s is too large" },
		{ "'Type':'plain'", false,
			"secret s is invalid: unsupported secret of type plain" },
		{ "'Type':'odd','Shared':true", true,
			"secret s is invalid: unsupported secret of type odd" },
		{ "'Type':'cert-ed25519','Size':256", false,
			"invalid secret size for cert-ed25519 secret s: none is expected, got: "
			"256" },
		{ "'Type':'cert-ecdsa','Size':255", false,
			"invalid secret size for cert-ecdsa secret s: unsupported size 255: does "
			"not map to a supported curve" },
		{ "'Type':'cert-rsa','Size':512", false,
			"crypto/rsa: 512-bit keys are insecure (see "
			"https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)" },
		{ "'Type':'cert-rsa','Size':8193", false,
			"crypto/rsa: 8193-bit keys are larger than 8192 bits" },
		{ "'Type':'cert-ed25519','Cert':{'ExtKeyUsage':[77]}", false,
			"x509: unknown extended key usage" },
		{ "'Type':'plain','UserDefined':true", false, "secret s is not generated here" },
		{ "'Type':'symmetric-key','Size':8,'Shared':true", false,
			"secret s is not generated here" },
		{ "'Type':'symmetric-key','Size':8", true, "secret s is not generated here" },
	};
	struct mr_secret_value value;
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		const struct mr_secret_context context = context_of(rows[i].shared);
		FAILS(mr_secret_generate(
			      def_of("s", rows[i].members), &context, test_arena(), &value, &err),
			rows[i].message);
	}
}

static void test_all_of_a_manifest(void **state)
{
	const struct mr_manifest *m = decoded(
		json("{'Secrets':{'d':{'Type':'symmetric-key','Size':8},'c':{'Type':'plain',"
		     "'UserDefined':true},'b':{'Type':'cert-ed25519','Shared':true},'a':{'Type':"
		     "'symmetric-key','Size':16,'Shared':true}}}"));
	struct mr_secret_context context = context_of(true);
	struct mr_secret_value *values;
	struct mr_error err;
	size_t count;

	(void)state;
	OK(mr_secrets_generate(m, &context, test_arena(), &values, &count, &err));
	assert_int_equal(count, 2);
	assert_str(values[0].def.name, "a");
	assert_int_equal(values[0].private_part.bytes.len, 2);
	assert_str(values[1].def.name, "b");
	context.shared = false;
	OK(mr_secrets_generate(m, &context, test_arena(), &values, &count, &err));
	assert_int_equal(count, 1);
	assert_str(values[0].def.name, "d");
}

/* --- uploads --- */

static const char *certificate_base64(void)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };

	mr_buf_init(&out, 1 << 16);
	mr_base64_encode(&out, certificate_der(0), MR_BASE64_STANDARD);
	return textf("%.*s", (int)out.len, (const char *)out.data);
}

static mr_result decode_uploads(
	const char *text, struct mr_secret_upload **ret, size_t *ret_count, struct mr_error *err)
{
	const struct mr_json *tree;

	MR_TRY(mr_json_parse(mr_bytes_str(json(text)), test_arena(), &tree, err));
	return mr_secret_uploads_decode(tree, test_arena(), ret, ret_count, err);
}

static mr_result upload(
	const char *members, const char *def, struct mr_secret_value *ret, struct mr_error *err)
{
	struct mr_secret_upload *uploads;
	size_t count;

	MR_TRY(decode_uploads(textf("{'s':%s}", members), &uploads, &count, err));
	assert_int_equal(count, 1);
	return mr_secret_upload_apply(
		&uploads[0], def ? def_of("s", def) : NULL, test_arena(), ret, err);
}

#define KEY "'Type':'symmetric-key','Size':16,'UserDefined':true"
#define PLAIN "'Type':'plain','UserDefined':true"
#define CERT "'Type':'cert-ecdsa','Size':256,'UserDefined':true"

static void test_upload(void **state)
{
	struct mr_secret_value value = { 0 };
	struct mr_error err;

	(void)state;
	OK(upload("{'Cert':null,'Private':null,'Key':'AAE='}", KEY, &value, &err));
	assert_string_equal(hex(value.private_part.bytes), "0001");
	assert_string_equal(hex(value.public_part.bytes), "0001");
	assert_true(value.private_part.present && !value.cert.present);
	assert_int_equal(value.def.size, 16);
	OK(upload("{'cert':'*','kEY':[2,3],'other':1}", KEY, &value, &err));
	assert_string_equal(hex(value.private_part.bytes), "0203");
	OK(upload("{'Key':''}", PLAIN, &value, &err));
	assert_true(value.private_part.present && value.private_part.bytes.len == 0);
	OK(upload("{}", PLAIN, &value, &err));
	assert_false(value.private_part.present);
	const char *cert = certificate_base64();
	OK(upload(textf("{'Cert':'%s','Private':'AQ=='}", cert), CERT, &value, &err));
	assert_true(mr_bytes_eq(value.cert.bytes, certificate_der(0)));
	assert_string_equal(hex(value.private_part.bytes), "01");
	MR_AUTO(cert) struct mr_cert c = { 0 };
	OK(mr_cert_parse(certificate_der(0), &c, &err));
	assert_true(mr_bytes_eq(value.public_part.bytes, c.spki));
	OK(upload(textf("{'Cert':'%s'}", cert), "'Type':'cert-ed25519','UserDefined':true", &value,
		&err));
	assert_false(value.private_part.present);
}

#define LIKE_CERT                                                                                  \
	"secret s is set to be of type symmetric-key but specified values for a certificate"
#define SIZES "declared size and actual size don't match: s"

static void test_refused_upload(void **state)
{
	static const struct {
		const char *members, *def, *message;
	} rows[] = {
		{ "{}", NULL,
			"secret manifest specifies a secret which the original manifest does not "
			"contain" },
		{ "{'Key':'AA=='}", "'Type':'symmetric-key','Size':8,'Shared':true",
			"secret s is not writeable" },
		{ "{'Key':'AA=='}", "'Type':'symmetric-key','UserDefined':true",
			"invalid secret size: s" },
		{ "{'Key':'AA=='}", "'Type':'symmetric-key','Size':12,'UserDefined':true",
			"invalid secret size: s" },
		{ "{'Key':'AA=='}", KEY, SIZES },
		{ "{'Key':'AAAA'}", KEY, SIZES },
		{ "{'Key':''}", KEY, SIZES },
		{ "{}", KEY, SIZES },
		{ "{'Key':'AAE=','Private':'AAE='}", KEY, LIKE_CERT },
		{ "{'Key':'AAE=','Private':''}", KEY, LIKE_CERT },
		{ "{'Private':'AAE='}", PLAIN, LIKE_CERT },
		{ "{'Key':'AA=='}", CERT,
			"secret s is set to be of type cert-ecdsa but specified values for a "
			"symmetric-key" },
		{ "{'Key':''}", "'Type':'cert-ed25519','UserDefined':true",
			"secret s is set to be of type cert-ed25519 but specified values for a "
			"symmetric-key" },
		{ "{'Private':'AA=='}", CERT, "x509: unsupported public key type: <nil>" },
		{ "{'Cert':'*'}", CERT, "x509: unsupported public key type: <nil>" },
	};
	struct mr_secret_value value;
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++)
		FAILS(upload(rows[i].members, rows[i].def, &value, &err), rows[i].message);
	FAILS(upload(textf("{'Key':'AAE=','Cert':'%s'}", certificate_base64()), KEY, &value, &err),
		LIKE_CERT);
}

static void test_upload_form(void **state)
{
	static const char *const bad[] = { "{'s':{'Cert':'MAA='}}", "{'s':{'Cert':''}}",
		"{'s':{'Cert':[1]}}", "{'s':{'Key':'*'}}", "{'s':{'Key':[256]}}", "{'s':{'Key':5}}",
		"{'s':'AAAA'}", "['s']", "1" };
	struct mr_secret_upload *uploads;
	struct mr_error err;
	size_t count;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(bad); i++)
		assert_true(mr_failed(decode_uploads(bad[i], &uploads, &count, &err)));
	OK(decode_uploads("null", &uploads, &count, &err));
	assert_int_equal(count, 0);
	OK(decode_uploads(
		"{'b':{},'a':{'Key':'AA=='},'b':{'Key':'AQ=='}}", &uploads, &count, &err));
	assert_int_equal(count, 2);
	assert_str(uploads[0].name, "a");
	assert_string_equal(hex(uploads[1].key.bytes), "01");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_derived_keys),
		cmocka_unit_test(test_shared_keys),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_validity),
		cmocka_unit_test(test_key_pool),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_all_of_a_manifest),
		cmocka_unit_test(test_upload),
		cmocka_unit_test(test_refused_upload),
		cmocka_unit_test(test_upload_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
