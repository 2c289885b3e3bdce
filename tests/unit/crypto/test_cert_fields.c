/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a certificate: extensions, names, purposes, hosts. */
#include "cert_fixture.h"
#include "crypto/cert.h"
#include "crypto/cert_write.h"
#include "crypto_test.h"

enum { MAX = 1 << 18 };

/* A certificate with this subject and these extensions, signed by nobody in particular. */
static void make(struct mr_bytes subject, struct mr_bytes extensions, struct mr_cert *ret)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	struct mr_key *key = key_of(MR_KEY_ED25519);
	struct mr_cert_profile profile = { .issuer = hex("3000"),
		.subject = subject,
		.not_before = 0,
		.not_after = 1,
		.spki = mr_key_spki(key),
		.extensions = extensions };
	struct mr_error err;

	mr_buf_init(&der, MAX);
	OK(mr_cert_issue(&profile, key, &der, &err));
	OK(mr_cert_parse(mr_buf_bytes(&der), ret, &err));
}

static void make_with(struct mr_bytes oid, struct mr_bytes value, struct mr_cert *ret)
{
	MR_AUTO(buf) struct mr_buf extensions = { 0 };

	mr_buf_init(&extensions, MAX);
	mr_ext_put(&extensions, hex("551d62"), false, hex("00"));
	mr_ext_put(&extensions, oid, true, value);
	make(hex("3000"), mr_buf_bytes(&extensions), ret);
}

static void test_extensions(void **state)
{
	MR_AUTO(cert) struct mr_cert c = { .version = 0 };
	MR_AUTO(cert) struct mr_cert without = { .version = 0 };
	struct mr_bytes value;
	bool critical;

	(void)state;
	make_with(hex("551d63"), hex("0102"), &c);
	assert_true(mr_cert_extension(&c, hex("551d62"), &value, &critical));
	assert_bytes_equal(value, hex("00"));
	assert_false(critical);
	assert_true(mr_cert_extension(&c, hex("551d63"), &value, &critical));
	assert_bytes_equal(value, hex("0102"));
	assert_true(critical);
	assert_false(mr_cert_extension(&c, hex("551d64"), &value, &critical));
	make(hex("3000"), hex(""), &without);
	assert_false(mr_cert_extension(&without, hex("551d63"), &value, &critical));
}

static void test_common_name(void **state)
{
	static const struct {
		const char *subject, *expected;
	} rows[] = {
		{ "3000", NULL },
		{ "300c 310a 3008 0603550403 0c0141", "A" },
		{ "300c 310a 3008 0603550403 130141", "A" },
		{ "300c 310a 3008 0603550403 160141", "A" },
		{ "300d 310b 3009 0603550403 1e020041", NULL }, /* BMPString */
		{ "300c 310a 3008 060355040a 0c0141", NULL },
		/* the last one counts, whether in an RDN of its own */
		{ "3018 310a 3008 0603550403 0c0141 310a 3008 0603550403 0c0142", "B" },
		{ "3016 3114 3008 0603550403 0c0141 3008 0603550403 0c0142", "B" },
		{ "3019 310a 3008 0603550403 0c0141 310b 3009 0603550403 1e020041", NULL },
		{ "300b 3109 3007 0603550403 0c00", "" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(cert) struct mr_cert c = { .version = 0 };
		struct mr_str name;

		make(hex(rows[i].subject), hex(""), &c);
		assert_int_equal(mr_cert_common_name(&c, &name), rows[i].expected != NULL);
		if (rows[i].expected)
			assert_true(mr_str_eq(name, mr_str_of(rows[i].expected)));
	}
}

static void test_key_id(void **state)
{
	static const struct {
		const char *value, *expected;
	} rows[] = {
		{ "0402aabb", "aabb" },
		{ "0400", "" },
		{ "", NULL },
		{ "0402aabb00", NULL },
		{ "0302aabb", NULL },
	};
	MR_AUTO(cert) struct mr_cert without = { .version = 0 };
	struct mr_bytes id;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(cert) struct mr_cert c = { .version = 0 };

		make_with(MR_OID_SUBJECT_KEY_ID, hex(rows[i].value), &c);
		assert_int_equal(mr_cert_key_id(&c, &id), rows[i].expected != NULL);
		if (rows[i].expected)
			assert_bytes_equal(id, hex(rows[i].expected));
	}
	make(hex("3000"), hex(""), &without);
	assert_false(mr_cert_key_id(&without, &id));
}

static void test_is_ca(void **state)
{
	static const struct {
		const char *value;
		bool ca;
	} rows[] = {
		{ "3000", false },
		{ "30030101ff", true },
		{ "3003010100", false },
		{ "30060101ff020100", true },
		{ "3003020100", false },
		{ "30030101ff00", false },
		{ "30060101ff0201ff", false },
		{ "30080101ff0201000500", false },
		{ "3003010101", false },
		{ "", false },
	};
	MR_AUTO(cert) struct mr_cert without = { .version = 0 };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(cert) struct mr_cert c = { .version = 0 };

		make_with(MR_OID_BASIC_CONSTRAINTS, hex(rows[i].value), &c);
		assert_int_equal(mr_cert_is_ca(&c), rows[i].ca);
	}
	make(hex("3000"), hex(""), &without);
	assert_false(mr_cert_is_ca(&without));
}

static void test_purposes(void **state)
{
	static const struct {
		const char *value;
		bool server, client;
	} rows[] = {
		{ "300a 06082b06010505070301", true, false },
		{ "300a 06082b06010505070302", false, true },
		{ "3014 06082b06010505070302 06082b06010505070301", true, true },
		{ "3006 0604551d2500", true, true }, /* any */
		{ "3000", false, false },
		{ "300c 06082b06010505070301 0500", false, false },
		{ "300a 06082b06010505070301 00", false, false },
		{ "", false, false },
	};
	MR_AUTO(cert) struct mr_cert without = { .version = 0 };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(cert) struct mr_cert c = { .version = 0 };

		make_with(MR_OID_EXT_KEY_USAGE, hex(rows[i].value), &c);
		assert_int_equal(mr_cert_allows_purpose(&c, MR_OID_SERVER_AUTH), rows[i].server);
		assert_int_equal(mr_cert_allows_purpose(&c, MR_OID_CLIENT_AUTH), rows[i].client);
	}
	make(hex("3000"), hex(""), &without);
	assert_true(mr_cert_allows_purpose(&without, MR_OID_SERVER_AUTH));
}

static void test_foreign_fields(void **state)
{
	MR_AUTO(cert) struct mr_cert root = { .version = 0 };
	MR_AUTO(cert) struct mr_cert leaf = { .version = 0 };
	struct mr_bytes id;
	struct mr_str name;
	struct mr_error err;

	(void)state;
	OK(mr_cert_from_pem(mr_str_of(CERT_FIXTURE_ROOT), &root, NULL, &err));
	OK(mr_cert_from_pem(mr_str_of(CERT_FIXTURE_LEAF), &leaf, NULL, &err));
	assert_true(mr_cert_is_ca(&root));
	assert_false(mr_cert_is_ca(&leaf));
	assert_true(mr_cert_key_id(&root, &id));
	assert_bytes_equal(id, hex("01020304"));
	assert_true(mr_cert_common_name(&leaf, &name));
	assert_true(mr_str_eq(name, MR_STR("leaf")));
	assert_int_equal(leaf.not_before, 1704164645);
	assert_int_equal(leaf.not_after, 2650935845);
	assert_bytes_equal(leaf.serial, hex("00deadbeef"));
	assert_true(mr_cert_allows_purpose(&leaf, MR_OID_SERVER_AUTH));
	assert_false(mr_cert_allows_purpose(&leaf, MR_OID_CLIENT_AUTH));
}

static void test_alt_names(void **state)
{
	static const struct {
		const char *value;
		size_t count;
		mr_result result;
	} rows[] = {
		{ "3000", 0, { MR_CODE_OK } },
		{ "3003 820161", 1, { MR_CODE_OK } },
		{ "3002 8200", 1, { MR_CODE_OK } },
		{ "3006 8704 7f000001", 1, { MR_CODE_OK } },
		{ "3012 8710 00000000000000000000000000000001", 1, { MR_CODE_OK } },
		{ "3009 810161 860162 820163", 3, { MR_CODE_OK } },
		{ "3007 a402 3000 880129", 2, { MR_CODE_OK } },
		{ "300c 820161 820162 820163 820164", 0, { MR_CODE_LIMIT } },
		{ "3007 8705 7f00000100", 0, { MR_CODE_INVALID } },
		{ "3002 8700", 0, { MR_CODE_INVALID } },
		{ "3003 8201c3", 0, { MR_CODE_INVALID } }, /* no ASCII */
		{ "3003 890161", 0, { MR_CODE_INVALID } },
		{ "3003 a20161", 0, { MR_CODE_INVALID } },
		{ "3002 8400", 0, { MR_CODE_INVALID } },
		{ "3002 0500", 0, { MR_CODE_INVALID } },
		{ "3003 8202 61", 0, { MR_CODE_INVALID } },
		{ "3000 00", 0, { MR_CODE_INVALID } },
		{ "", 0, { MR_CODE_INVALID } },
	};
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		struct mr_alt_name names[3];
		size_t count = 42;

		mr_result r = mr_alt_names_parse(hex(rows[i].value), names, 3, &count, &err);
		assert_int_equal(r.code, rows[i].result.code);
		assert_int_equal(count, r.code == MR_CODE_OK ? rows[i].count : 42);
	}
	FAILS(mr_alt_names_parse(hex("3002 8400"), NULL, 3, &(size_t){ 0 }, &err), MR_CODE_INVALID,
		"x509: invalid subject alternative names");
}

static void test_hosts(void **state)
{
	static const struct {
		const char *host;
		bool matches;
	} rows[] = {
		{ "a.example.com", true },
		{ "A.EXAMPLE.COM", true },
		{ "a.example.com.", true },
		{ "a.example.com..", false },
		{ "example.com", false },
		{ ".example.com", false },
		{ "a.b.example.com", false },
		{ "*.example.com", true },
		{ "axexample.com", false },
		{ "host.example", true },
		{ "host.example.", true },
		{ "xhost.example", false },
		{ "leaf", false }, /* the common name */
		{ "a@b.example", false },
		{ "192.0.2.1", true },
		{ "192.0.2.2", false },
		{ "::ffff:192.0.2.1", true },
		{ "2001:db8::1", true },
		{ "[2001:db8::1]", true },
		{ "2001:0DB8:0:0:0:0:0:1", true },
		{ "2001:db8::2", false },
		{ "192.0.2.01", false },
		{ "", false },
		{ ".", false },
		{ "[]", false },
	};
	MR_AUTO(cert) struct mr_cert c = { .version = 0 };
	struct mr_error err;

	(void)state;
	OK(mr_cert_from_pem(mr_str_of(CERT_FIXTURE_LEAF), &c, NULL, &err));
	for (size_t i = 0; i < MR_COUNT(rows); i++)
		assert_int_equal(
			mr_cert_matches_host(&c, mr_str_of(rows[i].host)), rows[i].matches);
}

static void test_odd_host_patterns(void **state)
{
	static const struct {
		const char *value, *host;
		bool matches;
	} rows[] = {
		{ "3003 82012a", "a", false },             /* * */
		{ "3004 82022a2e", "a.", false },          /* *. */
		{ "3005 82032a2e63", "a.c", true },        /* *.c */
		{ "3006 8204612a2e63", "ab.c", false },    /* a*.c */
		{ "3007 8205612e2a2e63", "a.b.c", false }, /* a.*.c */
		{ "3007 82052a2e2a2e63", "a.b.c", false }, /* *.*.c */
		{ "3002 8200", "", false },
		{ "3005 820361 0062", "a", false }, /* a NUL inside */
		{ "3005 82032a2e63", "10.0.0.1", false },
		{ "300a 820831302e302e302e31", "10.0.0.1", false }, /* an address as name */
		{ "3006 8204 0a000001", "10.0.0.1", false },
		{ "3012 8710 00000000000000000000ffff0a000001", "10.0.0.1", true },
		{ "3005 820161 0500", "a", false }, /* malformed behind the match */
		{ "3003 820161 00", "a", false },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(cert) struct mr_cert c = { .version = 0 };

		make_with(MR_OID_SUBJECT_ALT_NAME, hex(rows[i].value), &c);
		assert_int_equal(
			mr_cert_matches_host(&c, mr_str_of(rows[i].host)), rows[i].matches);
	}
	MR_AUTO(cert) struct mr_cert without = { .version = 0 };
	make(hex("300c 310a 3008 0603550403 0c0161"), hex(""), &without);
	assert_false(mr_cert_matches_host(&without, MR_STR("a")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_common_name),
		cmocka_unit_test(test_key_id),
		cmocka_unit_test(test_is_ca),
		cmocka_unit_test(test_purposes),
		cmocka_unit_test(test_foreign_fields),
		cmocka_unit_test(test_alt_names),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_odd_host_patterns),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free_keys();
	return failed;
}
