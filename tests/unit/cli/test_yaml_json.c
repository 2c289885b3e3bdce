/* SPDX-License-Identifier: Apache-2.0 */
/* YAML 1.1 to canonical JSON: a table of 50 §7.1, errors, and the bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "yaml/yaml_json.h"

static mr_result convert(struct mr_str yaml, struct mr_buf *out, struct mr_error *err)
{
	mr_buf_init(out, MR_YAML_MAX_OUTPUT);
	return mr_yaml_to_json(mr_str_bytes(yaml), out, err);
}

static void check(struct mr_str yaml, const char *want)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	if (mr_failed(convert(yaml, &out, &err)))
		fail_msg("%.*s: %s", MR_STR_ARGS(yaml), err.message);
	if (!mr_str_eq(mr_buf_str(&out), mr_str_of(want)))
		fail_msg("%.*s: got %.*s, want %s", MR_STR_ARGS(yaml),
			MR_STR_ARGS(mr_buf_str(&out)), want);
}

struct row {
	const char *yaml, *json;
};

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check(mr_str_of(rows[i].yaml), rows[i].json);
}

/* --- values --- */

static void test_words(void **state)
{
	static const struct row rows[] = {
		{ "[y, Y, yes, Yes, YES, on, On, ON, true, True, TRUE]",
			"[true,true,true,true,true,true,true,true,true,true,true]" },
		{ "[n, N, no, No, NO, off, Off, OFF, false, False, FALSE]",
			"[false,false,false,false,false,false,false,false,false,false,false]" },
		{ "[yES, oN, tRUE, nO, oFF, fALSE, nULL, Yess]",
			"[\"yES\",\"oN\",\"tRUE\",\"nO\",\"oFF\",\"fALSE\",\"nULL\",\"Yess\"]" },
		{ "['yes', \"on\", 'null', '~', '1']", "[\"yes\",\"on\",\"null\",\"~\",\"1\"]" },
		{ "[~, null, Null, NULL]", "[null,null,null,null]" },
		{ "a:\nb: ''\n", "{\"a\":null,\"b\":\"\"}" },
		{ "- \n-\n", "[null,null]" },
		{ "|\n  yes\n", "\"yes\\n\"" },
		{ "|-\n  yes\n", "\"yes\"" },
	};

	(void)state;
	check_rows(rows, MR_COUNT(rows));
}

static void test_integers(void **state)
{
	static const struct row rows[] = {
		{ "[0, 1, -1, +7, -0, 00]", "[0,1,-1,7,0,0]" },
		{ "[0x1F, 0X1f, -0xff, +0x10]", "[31,31,-255,16]" },
		{ "[0o17, 0O17, 017, -017, 0777]", "[15,15,15,-15,511]" },
		{ "[0b101, 0B11, -0b10]", "[5,3,-2]" },
		{ "[1_000, 1__0, 10_, 0x_f, 0_7, +1_0]", "[1000,10,10,15,7,10]" },
		{ "9223372036854775807", "9223372036854775807" },
		{ "-9223372036854775808", "-9223372036854775808" },
		{ "18446744073709551615", "18446744073709551615" },
		{ "9007199254740993", "9007199254740993" },
		{ "0xffffffffffffffff", "18446744073709551615" },
		/* beyond 64 bits (63 with a sign): a float where it has that form, else a string */
		{ "18446744073709551616", "18446744073709552000" },
		{ "-9223372036854775809", "-9223372036854776000" },
		{ "+9223372036854775808", "9223372036854776000" },
		{ "0x10000000000000000", "\"0x10000000000000000\"" },
		{ "[_1, 0x, 0b, 0o, 0xg, 0b2, 0o8, '+', \"-\", --1, +-1, 1a, 0b1_2]",
			"[\"_1\",\"0x\",\"0b\",\"0o\",\"0xg\",\"0b2\",\"0o8\",\"+\",\"-\",\"--1\","
			"\"+-1\",\"1a\",\"0b1_2\"]" },
		{ "[08, 09, -08, 0_8]", "[8,9,-8,8]" },
	};

	(void)state;
	check_rows(rows, MR_COUNT(rows));
}

static void test_floats(void **state)
{
	static const struct row rows[] = {
		{ "[1.0, 1., .5, -.5, +.5, 0.1, 1.50]", "[1,1,0.5,-0.5,0.5,0.1,1.5]" },
		{ "[1.5e3, 1e3, 1E3, 1e+3, 1e-3, 1.e2, .5e1]",
			"[1500,1000,1000,1000,0.001,100,5]" },
		{ "[1e20, 1e21, 1.5e21, 123456789012345680000.0, 999999999999999900000.0]",
			"[100000000000000000000,1e+21,1.5e+21,123456789012345680000,"
			"999999999999999900000]" },
		{ "[0.000001, 0.0000015, 1e-7, 1.25e-7, 9.99e-7, 1e-100]",
			"[0.000001,0.0000015,1e-7,1.25e-7,9.99e-7,1e-100]" },
		{ "[0.0, -0.0, 1e-400]", "[0,-0,0]" },
		{ "[1.7976931348623157e308, 5e-324, 2.2250738585072014e-308]",
			"[1.7976931348623157e+308,5e-324,2.2250738585072014e-308]" },
		{ "[0.30000000000000004, 100.25, 123456.789]",
			"[0.30000000000000004,100.25,123456.789]" },
		/* powers of two, where the doubles below lie closer */
		{ "[5.684341886080802e-14, 9007199254740992.0, 9.5367431640625e-07]",
			"[5.684341886080802e-14,9007199254740992,9.5367431640625e-7]" },
		{ "1_000.5", "1000.5" },
		/* no double holds it */
		{ "[1e400, -1e400]", "[\"1e400\",\"-1e400\"]" },
		{ "[., .e1, 1e, 1e+, e1, 1.2.3, ._5, 1.0x]",
			"[\".\",\".e1\",\"1e\",\"1e+\",\"e1\",\"1.2.3\",\"._5\",\"1.0x\"]" },
		{ "[inf, nan, .infinity, -.nan]", "[\"inf\",\"nan\",\".infinity\",\"-.nan\"]" },
	};

	(void)state;
	check_rows(rows, MR_COUNT(rows));
}

static void test_strings(void **state)
{
	static const struct row rows[] = {
		{ "[2024-01-02, 2024-01-02T03:04:05Z, 12:30:45, 2024-01-02 03:04:05.6 -5]",
			"[\"2024-01-02\",\"2024-01-02T03:04:05Z\",\"12:30:45\","
			"\"2024-01-02 03:04:05.6 -5\"]" },
		{ "a: \"<a>&b\\u2028\\u2029\"",
			"{\"a\":\"\\u003ca\\u003e\\u0026b\\u2028\\u2029\"}" },
		{ "\"\\x01\\t\\b\\f\\n\\r\\e\\\"\\\\/\\u007f\"",
			"\"\\u0001\\t\\b\\f\\n\\r\\u001b\\\"\\\\/\x7f\"" },
		{ "\"\\U0001F600 \xC3\xA9\"", "\"\xF0\x9F\x98\x80 \xC3\xA9\"" },
		{ "a: |\n  l1\n  l2\nb: >\n  l1\n  l2\nc: |-\n  x\n  y\n",
			"{\"a\":\"l1\\nl2\\n\",\"b\":\"l1 l2\\n\",\"c\":\"x\\ny\"}" },
		{ "just words\n", "\"just words\"" },
		{ "[<<]", "[\"\\u003c\\u003c\"]" },
	};

	(void)state;
	check_rows(rows, MR_COUNT(rows));
	check(MR_STR("\"a\\0b\""), "\"a\\u0000b\"");
}

static void test_tags(void **state)
{
	static const struct row rows[] = {
		{ "[!!str 5, !!str yes, !!str ~, !!str 'x']", "[\"5\",\"yes\",\"~\",\"x\"]" },
		{ "[!!int '5', !!int 0x10, !!int \"-1\"]", "[5,16,-1]" },
		{ "[!!float 1, !!float '2.5', !!float -3]", "[1,2.5,-3]" },
		{ "[!!float 18446744073709551615]", "[18446744073709552000]" },
		{ "[!!bool 'yes', !!bool Off, !!null '', !!null ~]", "[true,false,null,null]" },
		{ "[!!binary aGk=, !!binary '']", "[\"hi\",\"\"]" },
		{ "!!binary |\n  aG\n  k=\n", "\"hi\"" },
		{ "!!binary /w==", "\"\\ufffd\"" },
		{ "[!!timestamp 2024-01-02, !local 5, ! 5, !!other yes]",
			"[\"2024-01-02\",\"5\",\"5\",\"yes\"]" },
		{ "!!map {a: !!seq [1]}", "{\"a\":[1]}" },
		{ "!local {a: !local [1]}", "{\"a\":[1]}" },
	};

	(void)state;
	check_rows(rows, MR_COUNT(rows));
}

/* --- structure --- */

static void test_keys(void **state)
{
	static const struct row rows[] = {
		{ "b: 1\na: 2\nB: 3\n\xC3\xA4: 4\n'10': 5\n'9': 6\n",
			"{\"10\":5,\"9\":6,\"B\":3,\"a\":2,\"b\":1,\"\xC3\xA4\":4}" },
		{ "z: {y2: 1, x: [{d: 1, c: 2}]}\n",
			"{\"z\":{\"x\":[{\"c\":2,\"d\":1}],\"y2\":1}}" },
		{ "yes: 1\noff: 2\n", "{\"false\":2,\"true\":1}" },
		{ "y: 1", "{\"true\":1}" },
		{ "1: a\n2.5: b\n0x10: c\n-3: d\n",
			"{\"-3\":\"d\",\"1\":\"a\",\"16\":\"c\",\"2.5\":\"b\"}" },
		{ "'': 1", "{\"\":1}" },
		{ "ab: 1\na: 2\n", "{\"a\":2,\"ab\":1}" },
		{ "? a\n: b\n", "{\"a\":\"b\"}" },
		{ "'<<': 1", "{\"\\u003c\\u003c\":1}" },
		{ "{}", "{}" },
		{ "[]", "[]" },
		{ "{a, b: }", "{\"a\":null,\"b\":null}" },
	};

	(void)state;
	check_rows(rows, MR_COUNT(rows));
}

static void test_documents(void **state)
{
	static const struct row rows[] = {
		{ "", "null" },
		{ "# nothing\n\n", "null" },
		{ "---\n", "null" },
		{ "---\na: 1\n---\nb: 2\n", "{\"a\":1}" },
		{ "a: 1\n...\n", "{\"a\":1}" },
		{ "%YAML 1.1\n---\na: 1\n", "{\"a\":1}" },
		{ "\xEF\xBB\xBF{\"b\": 1}", "{\"b\":1}" },
		{ "{\"b\":[1, 2,], \"a\":1,}\n", "{\"a\":1,\"b\":[1,2]}" },
		{ "{\"b\": 1} # note\n", "{\"b\":1}" },
		{ "- 1\n- a\n- {x: y2}\n", "[1,\"a\",{\"x\":\"y2\"}]" },
		{ "TestSignature: signature\n", "{\"TestSignature\":\"signature\"}" },
	};

	(void)state;
	check_rows(rows, MR_COUNT(rows));
}

static void test_aliases(void **state)
{
	static const struct row rows[] = {
		{ "d: &d {k: 1}\na: *d\n", "{\"a\":{\"k\":1},\"d\":{\"k\":1}}" },
		{ "[&a 1, *a, &a 2, *a]", "[1,1,2,2]" },
		{ "a: &k x\n*k : 1\n", "{\"a\":\"x\",\"x\":1}" },
		{ "[&a [1], [*a, *a]]", "[[1],[[1],[1]]]" },
		{ "d: &d {k: 1}\na:\n  <<: *d\n  z: 2\n",
			"{\"a\":{\"k\":1,\"z\":2},\"d\":{\"k\":1}}" },
		{ "a: {<<: {x: 1}, <<: {y2: 2}}", "{\"a\":{\"x\":1,\"y2\":2}}" },
		{ "a: {<<: [{x: 1}, {z: 3}], y2: 2}", "{\"a\":{\"x\":1,\"y2\":2,\"z\":3}}" },
		{ "b: &b {<<: {x: 1}}\na: {<<: *b}", "{\"a\":{\"x\":1},\"b\":{\"x\":1}}" },
		{ "a: {!!merge <<: {x: 1}}", "{\"a\":{\"x\":1}}" },
		{ "a: {<<: []}", "{\"a\":{}}" },
	};

	(void)state;
	check_rows(rows, MR_COUNT(rows));
}

/* --- errors --- */

static void test_errors(void **state)
{
	static const struct {
		const char *yaml, *error;
	} rows[] = {
		{ "a: 1\nb: 2\na: 3\n", "yaml: line 3: key \"a\" already set in map" },
		{ "x:\n  k: 1\n  k: 1\n", "yaml: line 3: key \"k\" already set in map" },
		{ "1: a\n'1': b\n", "yaml: line 2: key \"1\" already set in map" },
		{ "{!!binary /w==: 1, !!binary /g==: 2}", "yaml: line 1: invalid map key" },
		{ "{\"a\":1,\"a\":2,}", "yaml: line 1: key \"a\" already set in map" },
		{ "d: &d {k: 1}\na:\n  <<: *d\n  k: 2\n",
			"yaml: line 4: key \"k\" already set in map" },
		{ "d: &d {k: 1}\na:\n  k: 2\n  <<: *d\n",
			"yaml: line 4: key \"k\" already set in map" },
		{ "a: {<<: [{x: 1}, {x: 2}]}", "yaml: line 1: key \"x\" already set in map" },
		{ "a: {<<: 1}",
			"yaml: line 1: map merge requires map or sequence of maps as the value" },
		{ "a: {<<: [[]]}",
			"yaml: line 1: map merge requires map or sequence of maps as the value" },
		{ "~: a\n", "yaml: line 1: invalid map key" },
		{ "? {x: 1}\n: z\n", "yaml: line 1: invalid map key" },
		{ "\n[a]: z\n", "yaml: line 2: invalid map key" },
		{ "a: &a {}\n*a : 1\n", "yaml: line 2: invalid map key" },
		{ ".nan: 1", "json: unsupported value as a key" },
		{ "a: .nan\n", "json: unsupported value: NaN" },
		{ "a: .Inf\n", "json: unsupported value: +Inf" },
		{ "a: -.inf\n", "json: unsupported value: -Inf" },
		{ "a: *nowhere\n", "yaml: line 1: unknown anchor 'nowhere' referenced" },
		{ "a: &a [*a]\n", "yaml: line 1: anchor 'a' value contains itself" },
		{ "&a {b: {c: *a}}\n", "yaml: line 1: anchor 'a' value contains itself" },
		{ "\n!!int x", "yaml: line 2: cannot decode !!str `x` as a !!int" },
		{ "!!int 1.5", "yaml: line 1: cannot decode !!float `1.5` as a !!int" },
		{ "!!bool 1", "yaml: line 1: cannot decode !!int `1` as a !!bool" },
		{ "!!null yes", "yaml: line 1: cannot decode !!bool `yes` as a !!null" },
		{ "!!float ''", "yaml: line 1: cannot decode !!null `` as a !!float" },
		{ "!!binary a", "yaml: line 1: !!binary value contains invalid base64 data" },
		{ "%YAML 1.2\n---\na\n", "yaml: line 1: found incompatible YAML document" },
		{ "a: \xFF\n", "yaml: invalid leading UTF-8 octet" },
		{ "a: \x01\n", "yaml: control characters are not allowed" },
		/* wordings of the parser */
		{ "a:\n\t- x\n", "yaml: line 2: " },
		{ "[1, 2", "yaml: line 2: " },
		{ "a: b: c\n", "yaml: line 1: " },
		{ "a: @x\n", "yaml: line 1: " },
		{ "---\na: 1\n---\n[\n", "{" },
		{ "{a: 1} }", "yaml: line 1: " },
		{ "a: 1\n--- }\n", "{" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };
		struct mr_error err;
		mr_result r = convert(mr_str_of(rows[i].yaml), &out, &err);

		/* rubbish in a later document is nobody's concern */
		if (rows[i].error[0] == '{') {
			assert_false(mr_failed(r));
			continue;
		}
		if (!mr_failed(r))
			fail_msg("%s: no error", rows[i].yaml);
		if (strncmp(err.message, rows[i].error, strlen(rows[i].error)) != 0)
			fail_msg("%s: got %s, want %s", rows[i].yaml, err.message, rows[i].error);
		assert_int_equal(err.code, MR_CODE_INVALID);
	}
}

/* --- bounds --- */

static void repeat(struct mr_buf *out, const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		mr_buf_put_cstr(out, text);
}

static void check_limit(const struct mr_buf *yaml, const char *error)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	assert_int_equal(yaml->failure, MR_CODE_OK);
	assert_int_equal(convert(mr_buf_str(yaml), &out, &err).code, MR_CODE_LIMIT);
	assert_non_null(strstr(err.message, error));
}

static void test_depth(void **state)
{
	static const char *const opening[] = { "[", "{a: ", "- ", "? " };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(opening); i++) {
		MR_AUTO(buf) struct mr_buf deep = { 0 };

		mr_buf_init(&deep, MR_YAML_MAX_INPUT);
		repeat(&deep, opening[i], 200000);
		if (i < 3)
			check_limit(&deep, "yaml: line 1: nested deeper than 64");
	}
	MR_AUTO(buf) struct mr_buf fits = { 0 };
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	mr_buf_init(&fits, 1024);
	repeat(&fits, "[", MR_YAML_MAX_DEPTH);
	repeat(&fits, "]", MR_YAML_MAX_DEPTH);
	assert_false(mr_failed(convert(mr_buf_str(&fits), &out, &err)));
	assert_true(mr_str_eq(mr_buf_str(&out), mr_buf_str(&fits)));
}

/* Aliases nest without nesting in the text. */
static void test_depth_of_aliases(void **state)
{
	MR_AUTO(buf) struct mr_buf yaml = { 0 };

	(void)state;
	mr_buf_init(&yaml, 1 << 16);
	mr_buf_put_cstr(&yaml, "- &a0 [1]\n");
	for (int i = 1; i < 70; i++)
		mr_buf_printf(&yaml, "- &a%d [*a%d]\n", i, i - 1);
	check_limit(&yaml, "nested deeper than 64");
}

/* Ten references to ten references to …: small text, endless output. */
static void test_expansion(void **state)
{
	MR_AUTO(buf) struct mr_buf yaml = { 0 };

	(void)state;
	mr_buf_init(&yaml, 1 << 16);
	mr_buf_put_cstr(&yaml, "- &a0 lol\n");
	for (int i = 1; i < 30; i++) {
		mr_buf_printf(&yaml, "- &a%d [", i);
		for (int j = 0; j < 10; j++)
			mr_buf_printf(&yaml, "*a%d,", i - 1);
		mr_buf_put_cstr(&yaml, "]\n");
	}
	check_limit(&yaml, "yaml: larger than the limit of 16777216 bytes");
}

/* Merges copy: of a wide mapping into many others, all within one text. */
static void test_expansion_by_merging(void **state)
{
	MR_AUTO(buf) struct mr_buf yaml = { 0 };

	(void)state;
	mr_buf_init(&yaml, MR_YAML_MAX_INPUT);
	mr_buf_put_cstr(&yaml, "- &m {");
	for (int i = 0; i < 100000; i++)
		mr_buf_printf(&yaml, "k%d: 1,", i);
	mr_buf_put_cstr(&yaml, "}\n");
	repeat(&yaml, "- {<<: *m}\n", 100);
	check_limit(&yaml, "limit");
}

static void test_anchors(void **state)
{
	MR_AUTO(buf) struct mr_buf yaml = { 0 };

	(void)state;
	mr_buf_init(&yaml, 1 << 16);
	for (int i = 0; i < 1025; i++)
		mr_buf_printf(&yaml, "- &a%d x\n", i);
	check_limit(&yaml, "yaml: line 1025: more than 1024 anchors");
}

static void test_input(void **state)
{
	MR_AUTO(buf) struct mr_buf yaml = { 0 };

	(void)state;
	mr_buf_init(&yaml, MR_YAML_MAX_INPUT + 1);
	while (yaml.len < MR_YAML_MAX_INPUT + 1)
		mr_buf_put_u8(&yaml, 'x');
	check_limit(&yaml, "yaml: larger than the limit of 4194304 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_floats),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_depth_of_aliases),
		cmocka_unit_test(test_expansion),
		cmocka_unit_test(test_expansion_by_merging),
		cmocka_unit_test(test_anchors),
		cmocka_unit_test(test_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
