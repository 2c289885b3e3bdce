/* SPDX-License-Identifier: Apache-2.0 */
/* The small languages inside certificate templates: OIDs, times, URIs. */
#include "manifest/oid.h"
#include "manifest/template_values.h"
#include "manifest/url.h"

#include "manifest_test.h"

static void test_oid_text(void **state)
{
	static const struct {
		const char *text;
		struct mr_str der;
	} good[] = {
		{ "1.2.3.4", MR_STR_INIT("\x2A\x03\x04") },
		{ "2.5.29.15", MR_STR_INIT("\x55\x1D\x0F") },
		{ "0.0", MR_STR_INIT("\x00") },
		{ "2.999.3", MR_STR_INIT("\x88\x37\x03") },
		{ "1.3.6.1.4.1.99999.1", MR_STR_INIT("\x2B\x06\x01\x04\x01\x86\x8D\x1F\x01") },
		{ "1.2.18446744073709551615",
			MR_STR_INIT("\x2A\x81\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F") },
		{ "01.002.03", MR_STR_INIT("\x2A\x03") },
	};
	static const char *const bad[] = { "", "1", "1.", ".1", "1..2", "3.1", "1.40", "0.40",
		"1.2.x", "1.2.-3", "1.2.18446744073709551616", " 1.2" };
	struct mr_bytes der;
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(good); i++) {
		OK(mr_oid_from_text(mr_str_of(good[i].text), test_arena(), &der, &err));
		assert_true(mr_bytes_eq(der, mr_str_bytes(good[i].der)));
	}
	for (size_t i = 0; i < MR_COUNT(bad); i++)
		FAILS(mr_oid_from_text(mr_str_of(bad[i]), test_arena(), &der, &err), "invalid oid");
	MR_AUTO(buf) struct mr_buf many = { 0 };
	mr_buf_init(&many, 1024);
	mr_buf_put_cstr(&many, "1.2");
	for (size_t i = 2; i < MR_OID_MAX_COMPONENTS; i++)
		mr_buf_put_cstr(&many, ".3");
	OK(mr_oid_from_text(mr_buf_str(&many), test_arena(), &der, &err));
	assert_int_equal(der.len, MR_OID_MAX_COMPONENTS - 1);
	mr_buf_put_cstr(&many, ".3");
	FAILS(mr_oid_from_text(mr_buf_str(&many), test_arena(), &der, &err), "invalid oid");
}

static void test_rfc3339(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} good[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "0001-01-01T00:00:00Z", INT64_C(-62135596800) },
		{ "0000-01-01T00:00:00Z", INT64_C(-62167219200) },
		{ "2035-06-07T08:09:10+02:00", INT64_C(2064809350) },
		{ "2035-06-07T06:09:10Z", INT64_C(2064809350) },
		{ "2035-06-07T05:39:10.999999999-00:30", INT64_C(2064809350) },
		{ "2024-02-29T23:59:59Z", INT64_C(1709251199) },
		{ "9999-12-31T23:59:59Z", INT64_C(253402300799) },
	};
	static const char *const bad[] = { "", "tomorrow", "2035-06-07", "2035-06-07T08:09:10",
		"2035-06-07 08:09:10Z", "2035-06-07t08:09:10Z", "2035-06-07T08:09:10z",
		"2035-13-07T08:09:10Z", "2035-00-07T08:09:10Z", "2035-06-31T08:09:10Z",
		"2035-06-00T08:09:10Z", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
		"2035-06-07T24:00:00Z", "2035-06-07T23:60:00Z", "2035-06-07T23:00:60Z",
		"2035-06-07T8:09:10Z", "2035-06-07T08:09:10.Z", "2035-06-07T08:09:10+2:00",
		"2035-06-07T08:09:10+0200", "2035-06-07T08:09:10+24:00",
		"2035-06-07T08:09:10+02:60", "2035-06-07T08:09:10ZZ", "+2035-06-07T08:09:10Z",
		"2035-06-07T08:09:10,5Z" };
	int64_t got;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(good); i++) {
		assert_true(mr_rfc3339_parse(mr_str_of(good[i].text), &got));
		assert_true(got == good[i].want);
	}
	for (size_t i = 0; i < MR_COUNT(bad); i++)
		if (mr_rfc3339_parse(mr_str_of(bad[i]), &got))
			fail_msg("accepted: %s", bad[i]);
}

#define S(text) MR_STR_INIT(text)

static void test_url(void **state)
{
	static const struct {
		struct mr_url url;
		const char *want;
	} rows[] = {
		{ { .omit_host = false }, "" },
		{ { .scheme = S("spiffe"), .host = S("mesh"), .path = S("/m") },
			"spiffe://mesh/m" },
		{ { .scheme = S("mailto"), .opaque = S("a@b"), .path = S("/x") }, "mailto:a@b" },
		{ { .scheme = S("http"), .host = S("h:80"), .path = S("a b?c%") },
			"http://h:80/a%20b%3Fc%25" },
		{ { .scheme = S("http"), .host = S("[::1]"), .raw_query = S("q=1") },
			"http://[::1]?q=1" },
		{ { .scheme = S("x"), .host = S("h"), .force_query = true }, "x://h?" },
		{ { .path = S("a:b/c") }, "./a:b/c" },
		{ { .path = S("a/b:c") }, "a/b:c" },
		{ { .path = S("*") }, "*" },
		{ { .scheme = S("f"), .path = S("/p") }, "f:///p" },
		{ { .scheme = S("f"), .path = S("/p"), .omit_host = true }, "f:/p" },
		{ { .scheme = S("f"), .has_user = true, .host = S("h") }, "f://@h" },
		{ { .scheme = S("f"), .host = S("h"), .path = S("/a/b"), .raw_path = S("/a%2Fb") },
			"f://h/a%2Fb" },
		{ { .scheme = S("f"), .host = S("h"), .path = S("/a"), .raw_path = S("/b") },
			"f://h/a" },
		{ { .scheme = S("f"), .host = S("h"), .path = S("/a "), .raw_path = S("/a ") },
			"f://h/a%20" },
		{ { .scheme = S("f"), .host = S("h"), .path = S("/a"), .raw_path = S("/a%2") },
			"f://h/a" },
		{ { .scheme = S("f"), .host = S("h"), .path = S("/a%2x"), .raw_path = S("/a%2x") },
			"f://h/a%252x" },
		{ { .scheme = S("f"), .host = S("h"), .path = S("/a\xFF"), .raw_path = S("/a%fF") },
			"f://h/a%fF" },
		{ { .host = S("h"), .fragment = S("f g") }, "//h#f%20g" },
		{ { .host = S("h"), .fragment = S("a!"), .raw_fragment = S("a%21") }, "//h#a%21" },
		{ { .host = S("\xC3\xBC") }, "//%C3%BC" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };
		mr_buf_init(&out, 1024);
		mr_url_put(&out, &rows[i].url);
		assert_str(mr_buf_str(&out), rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oid_text),
		cmocka_unit_test(test_rfc3339),
		cmocka_unit_test(test_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
