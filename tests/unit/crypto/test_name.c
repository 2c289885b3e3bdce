/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/der.h"
#include "crypto/name.h"
#include "crypto_test.h"

enum { MAX = 1 << 18 };

static void test_reading(void **state)
{
	struct mr_bytes name = hex("3020 3114 3008 0603550403 0c0141 3008 060355040a 0c0142"
				   "3108 3006 060142 0401ff");
	struct mr_name_reader r;
	struct mr_name_attribute a;

	(void)state;
	assert_true(mr_name_valid(name));
	r = mr_name_read(name);
	assert_true(mr_name_next(&r, &a));
	assert_bytes_equal(a.oid, MR_OID_COMMON_NAME);
	assert_bytes_equal(a.value, text_bytes("A"));
	assert_true(mr_name_next(&r, &a));
	assert_bytes_equal(a.oid, MR_OID_ORGANIZATION);
	assert_int_equal(a.tag, MR_DER_UTF8_STRING);
	assert_true(mr_name_next(&r, &a));
	assert_int_equal(a.tag, MR_DER_OCTET_STRING);
	assert_false(mr_name_next(&r, &a));
	r = mr_name_read(hex("3000"));
	assert_false(mr_name_next(&r, &a));
	r = mr_name_read(hex("31"));
	assert_false(mr_name_next(&r, &a));
	assert_false(mr_name_valid(hex("3000 00")));
	assert_false(mr_name_valid(hex("")));
}

static void test_text(void **state)
{
	static const struct {
		uint8_t tag;
		const char *value, *text; /* text NULL: none */
	} rows[] = {
		{ 0x0C, "c3a9", "\xC3\xA9" },
		{ 0x0C, "c3", NULL },
		{ 0x13, "41", "A" },
		{ 0x13, "c3a9", NULL },
		{ 0x16, "41", "A" },
		{ 0x12, "3132", "12" },
		{ 0x14, "41", "A" },
		{ 0x14, "e9", NULL },
		{ 0x1A, "41", "A" },
		{ 0x1E, "004100e920ac", "A\xC3\xA9\xE2\x82\xAC" },
		{ 0x1E, "00410", NULL },
		{ 0x1E, "d83dde00", NULL },
		{ 0x1C, "00000041", NULL },
		{ 0x04, "41", NULL },
	};
	MR_AUTO(buf) struct mr_buf b = { 0 };

	(void)state;
	mr_buf_init(&b, MAX);
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		size_t digits = strlen(rows[i].value) / 2 * 2;
		char even[16];
		struct mr_name_attribute a = { .tag = rows[i].tag };

		memcpy(even, rows[i].value, digits);
		even[digits] = '\0';
		a.value = hex(even);
		if (digits != strlen(rows[i].value)) /* half a character */
			a.value.len--;
		mr_buf_clear(&b);
		assert_int_equal(mr_name_put_text(&a, &b), rows[i].text != NULL);
		assert_bytes_equal(mr_buf_bytes(&b), text_bytes(rows[i].text ? rows[i].text : ""));
	}
}

static void test_writing(void **state)
{
	MR_AUTO(buf) struct mr_buf b = { 0 };

	(void)state;
	mr_buf_init(&b, MAX);
	mr_name_put_common_name(&b, MR_STR("A*"));
	assert_bytes_equal(mr_buf_bytes(&b), hex("300d 310b 3009 0603550403 0c02412a"));
	mr_buf_clear(&b);
	size_t at = mr_der_open(&b, MR_DER_SEQUENCE);
	mr_name_put_rdn(&b, MR_OID_COUNTRY, MR_STR("DE"));
	mr_name_put_rdn(&b, MR_OID_COMMON_NAME, MR_STR("A"));
	mr_der_close(&b, at);
	assert_bytes_equal(mr_buf_bytes(&b),
		hex("3019 310b 3009 0603550406 13024445 310a 3008 0603550403 130141"));
}

/* Sorted by their encodings: shorter ones first, as the length comes before the text. */
static void test_several_values(void **state)
{
	const struct mr_str values[] = { MR_STR("bb"), MR_STR("c"), MR_STR("a"), MR_STR("aa"),
		MR_STR("\xC3\xA9") };
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_str many[MR_NAME_MAX_VALUES + 1];
	struct mr_error err;

	(void)state;
	mr_buf_init(&b, MAX);
	mr_name_put_multi_rdn(&b, MR_OID_ORGANIZATIONAL_UNIT, values, MR_COUNT(values));
	assert_bytes_equal(
		mr_buf_bytes(&b), hex("3135 3008 060355040b 130161 3008 060355040b 130163"
				      "3009 060355040b 0c02c3a9 3009 060355040b 13026161"
				      "3009 060355040b 13026262"));
	mr_buf_clear(&b);
	mr_name_put_multi_rdn(&b, MR_OID_ORGANIZATIONAL_UNIT, values, 0);
	assert_int_equal(b.len, 0);
	for (size_t i = 0; i < MR_COUNT(many); i++)
		many[i] = MR_STR("x");
	mr_name_put_multi_rdn(&b, MR_OID_ORGANIZATIONAL_UNIT, many, MR_NAME_MAX_VALUES);
	OK(mr_buf_status(&b, &err));
	mr_name_put_multi_rdn(&b, MR_OID_ORGANIZATIONAL_UNIT, many, MR_COUNT(many));
	assert_int_equal(mr_buf_status(&b, &err).code, MR_CODE_LIMIT);
	mr_buf_clear(&b);
	many[0] = MR_STR("\xFF");
	mr_name_put_multi_rdn(&b, MR_OID_ORGANIZATIONAL_UNIT, many, 1);
	assert_int_equal(mr_buf_status(&b, &err).code, MR_CODE_INVALID);
}

static void put_attribute(struct mr_buf *b, struct mr_bytes oid, const char *value)
{
	mr_name_put_rdn(b, oid, mr_str_of(value));
}

/* 30 §3.4 */
static void test_leaf_subject(void **state)
{
	MR_AUTO(buf) struct mr_buf subject = { 0 };
	MR_AUTO(buf) struct mr_buf leaf = { 0 };
	MR_AUTO(buf) struct mr_buf expected = { 0 };
	const struct mr_str units[] = { MR_STR("Unit 1"), MR_STR("Unit 2") };
	struct mr_error err;

	(void)state;
	mr_buf_init(&subject, MAX);
	mr_buf_init(&leaf, MAX);
	mr_buf_init(&expected, MAX);
	size_t at = mr_der_open(&subject, MR_DER_SEQUENCE);
	put_attribute(&subject, MR_OID_SERIAL_NUMBER, "S-1");
	put_attribute(&subject, MR_OID_SERIAL_NUMBER, "S-2");
	put_attribute(&subject, hex("2a864886f70d010901"), "mail");
	put_attribute(&subject, MR_OID_COMMON_NAME, "chosen");
	put_attribute(&subject, MR_OID_ORGANIZATIONAL_UNIT, "Unit 2");
	put_attribute(&subject, MR_OID_ORGANIZATION, "Firm");
	put_attribute(&subject, MR_OID_POSTAL_CODE, "12345");
	put_attribute(&subject, MR_OID_STREET, "Street 1");
	put_attribute(&subject, MR_OID_ORGANIZATIONAL_UNIT, "Unit 1");
	put_attribute(&subject, MR_OID_LOCALITY, "T\xC3\xB6wn");
	put_attribute(&subject, MR_OID_PROVINCE, "Land");
	put_attribute(&subject, MR_OID_COUNTRY, "DE");
	mr_der_close(&subject, at);
	at = mr_der_open(&expected, MR_DER_SEQUENCE);
	put_attribute(&expected, MR_OID_COUNTRY, "DE");
	put_attribute(&expected, MR_OID_PROVINCE, "Land");
	put_attribute(&expected, MR_OID_LOCALITY, "T\xC3\xB6wn");
	put_attribute(&expected, MR_OID_STREET, "Street 1");
	put_attribute(&expected, MR_OID_POSTAL_CODE, "12345");
	mr_name_put_multi_rdn(&expected, MR_OID_ORGANIZATIONAL_UNIT, units, 2);
	put_attribute(&expected, MR_OID_COMMON_NAME, "uuid");
	put_attribute(&expected, MR_OID_SERIAL_NUMBER, "S-2");
	mr_der_close(&expected, at);
	OK(mr_csr_subject_for_leaf(mr_buf_bytes(&subject), MR_STR("uuid"), &leaf, &err));
	assert_bytes_equal(mr_buf_bytes(&leaf), mr_buf_bytes(&expected));
}

static void test_leaf_subject_of_an_empty_one(void **state)
{
	static const char *const rows[] = { "3000", "300c 310a 3008 0603550403 0c0141" };
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf leaf = { 0 };

		mr_buf_init(&leaf, MAX);
		OK(mr_csr_subject_for_leaf(hex(rows[i]), MR_STR("u"), &leaf, &err));
		assert_bytes_equal(mr_buf_bytes(&leaf), hex("300c 310a 3008 0603550403 130175"));
	}
}

/* IA5String and BMPString come out as the usual types. */
static void test_leaf_subject_string_types(void **state)
{
	MR_AUTO(buf) struct mr_buf leaf = { 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&leaf, MAX);
	OK(mr_csr_subject_for_leaf(hex("3019 310a 3008 0603550407 160141 310b 3009 060355040b"
				       "1e0200e9"),
		MR_STR("u"), &leaf, &err));
	assert_bytes_equal(mr_buf_bytes(&leaf),
		hex("3025 310a 3008 0603550407 130141 310b 3009 060355040b 0c02c3a9"
		    "310a 3008 0603550403 130175"));
}

static void fill(struct mr_buf *subject, size_t count, const char *value)
{
	mr_buf_clear(subject);
	size_t at = mr_der_open(subject, MR_DER_SEQUENCE);
	for (size_t i = 0; i < count; i++)
		put_attribute(subject, MR_OID_ORGANIZATIONAL_UNIT, value);
	mr_der_close(subject, at);
}

static void test_leaf_subject_refusals(void **state)
{
	static char text[1025];
	MR_AUTO(buf) struct mr_buf subject = { 0 };
	MR_AUTO(buf) struct mr_buf leaf = { 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&subject, MAX);
	mr_buf_init(&leaf, MAX);
	fill(&subject, MR_NAME_MAX_VALUES, "x");
	OK(mr_csr_subject_for_leaf(mr_buf_bytes(&subject), MR_STR("u"), &leaf, &err));
	mr_buf_clear(&leaf);
	fill(&subject, MR_NAME_MAX_VALUES + 1, "x");
	FAILS(mr_csr_subject_for_leaf(mr_buf_bytes(&subject), MR_STR("u"), &leaf, &err),
		MR_CODE_LIMIT, "too many attributes in the subject");
	memset(text, 'x', sizeof text - 1);
	fill(&subject, 17, text);
	FAILS(mr_csr_subject_for_leaf(mr_buf_bytes(&subject), MR_STR("u"), &leaf, &err),
		MR_CODE_LIMIT, "larger than the limit of 16384 bytes");
	FAILS(mr_csr_subject_for_leaf(
		      hex("300c 310a 3008 060355040b 0c01ff"), MR_STR("u"), &leaf, &err),
		MR_CODE_INVALID, "invalid text in the subject");
	FAILS(mr_csr_subject_for_leaf(hex("3002 3100"), MR_STR("u"), &leaf, &err), MR_CODE_INVALID,
		"invalid subject");
	assert_int_equal(leaf.len, 0);
	/* what is dropped anyway may be odd */
	OK(mr_csr_subject_for_leaf(
		hex("300c 310a 3008 060355040a 0c01ff"), MR_STR("u"), &leaf, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_writing),
		cmocka_unit_test(test_several_values),
		cmocka_unit_test(test_leaf_subject),
		cmocka_unit_test(test_leaf_subject_of_an_empty_one),
		cmocka_unit_test(test_leaf_subject_string_types),
		cmocka_unit_test(test_leaf_subject_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
