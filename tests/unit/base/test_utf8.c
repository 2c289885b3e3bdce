/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf8.h"

static const struct {
	struct mr_str text;
	uint32_t rune;
	size_t size;
} decodings[] = {
	{ MR_STR_INIT("a"), 'a', 1 },
	{ MR_STR_INIT("\0"), 0, 1 },
	{ MR_STR_INIT("\x7F"), 0x7F, 1 },
	{ MR_STR_INIT("\xC2\x80"), 0x80, 2 },
	{ MR_STR_INIT("\xDF\xBF"), 0x7FF, 2 },
	{ MR_STR_INIT("\xE0\xA0\x80"), 0x800, 3 },
	{ MR_STR_INIT("\xED\x9F\xBF"), 0xD7FF, 3 },
	{ MR_STR_INIT("\xEE\x80\x80"), 0xE000, 3 },
	{ MR_STR_INIT("\xEF\xBF\xBD"), 0xFFFD, 3 },
	{ MR_STR_INIT("\xEF\xBF\xBF"), 0xFFFF, 3 },
	{ MR_STR_INIT("\xF0\x90\x80\x80"), 0x10000, 4 },
	{ MR_STR_INIT("\xF4\x8F\xBF\xBF"), 0x10FFFF, 4 },
	/* a continuation alone, overlong forms, surrogates, beyond Unicode, cut ones */
	{ MR_STR_INIT("\x80"), MR_RUNE_ERROR, 1 },
	{ MR_STR_INIT("\xC0\x80"), MR_RUNE_ERROR, 1 },
	{ MR_STR_INIT("\xC1\xBF"), MR_RUNE_ERROR, 1 },
	{ MR_STR_INIT("\xE0\x9F\xBF"), MR_RUNE_ERROR, 1 },
	{ MR_STR_INIT("\xED\xA0\x80"), MR_RUNE_ERROR, 1 },
	{ MR_STR_INIT("\xED\xBF\xBF"), MR_RUNE_ERROR, 1 },
	{ MR_STR_INIT("\xF0\x8F\xBF\xBF"), MR_RUNE_ERROR, 1 },
	{ MR_STR_INIT("\xF4\x90\x80\x80"), MR_RUNE_ERROR, 1 },
	{ MR_STR_INIT("\xF5\x80\x80\x80"), MR_RUNE_ERROR, 1 },
	{ MR_STR_INIT("\xFF"), MR_RUNE_ERROR, 1 },
	{ MR_STR_INIT("\xC2"), MR_RUNE_ERROR, 1 },
	{ MR_STR_INIT("\xE2\x82"), MR_RUNE_ERROR, 1 },
	{ MR_STR_INIT("\xF0\x9F\x98"), MR_RUNE_ERROR, 1 },
	{ MR_STR_INIT("\xC2"
		      "A"),
		MR_RUNE_ERROR, 1 },
	{ MR_STR_INIT("\xE2\x82"
		      "A"),
		MR_RUNE_ERROR, 1 },
	{ MR_STR_INIT("\xF0\x9F\x98"
		      "A"),
		MR_RUNE_ERROR, 1 },
};

static void test_decode(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(decodings); i++) {
		size_t size = 0;
		uint32_t rune = mr_utf8_decode(decodings[i].text, &size);
		if (rune != decodings[i].rune || size != decodings[i].size)
			fail_msg("row %zu: U+%04X of size %zu", i, rune, size);
		bool good = decodings[i].size == decodings[i].text.len;
		assert_true(mr_utf8_valid(decodings[i].text) ==
			    (good && (rune != MR_RUNE_ERROR || size == 3)));
	}
}

static void test_round_trip(void **state)
{
	(void)state;
	char out[4];

	for (uint32_t rune = 0; rune <= 0x110000; rune++) {
		bool valid = rune <= 0x10FFFF && (rune < 0xD800 || rune > 0xDFFF);
		size_t size = 0, written = mr_utf8_encode(rune, out);
		uint32_t back = mr_utf8_decode((struct mr_str){ out, written }, &size);
		if (size != written || back != (valid ? rune : MR_RUNE_ERROR))
			fail_msg("U+%04X", rune);
	}
}

static void test_put_valid(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf b = { 0 };

	mr_buf_init(&b, 100);
	mr_utf8_put_valid(&b, MR_STR("a\xFF\xC3\xA4\xE2\x82z"));
	assert_true(mr_str_eq(
		mr_buf_str(&b), MR_STR("a\xEF\xBF\xBD\xC3\xA4\xEF\xBF\xBD\xEF\xBF\xBDz")));
}

static void test_put_quoted(void **state)
{
	(void)state;
	static const struct mr_str rows[][2] = {
		{ MR_STR_INIT(""), MR_STR_INIT("\"\"") },
		{ MR_STR_INIT("a\"b\\c'"), MR_STR_INIT("\"a\\\"b\\\\c'\"") },
		{ MR_STR_INIT("\a\b\f\n\r\t\v"), MR_STR_INIT("\"\\a\\b\\f\\n\\r\\t\\v\"") },
		{ MR_STR_INIT("\0\x1B\x7F"), MR_STR_INIT("\"\\x00\\x1b\\x7f\"") },
		{ MR_STR_INIT("\xC3\xA4\xE2\x82\xAC"), MR_STR_INIT("\"\xC3\xA4\xE2\x82\xAC\"") },
		{ MR_STR_INIT("\xFF\xC2"), MR_STR_INIT("\"\\xff\\xc2\"") },
		{ MR_STR_INIT("\xC2\xA0\xE2\x80\xA8"), MR_STR_INIT("\"\\u00a0\\u2028\"") },
		{ MR_STR_INIT("\xF4\x8F\xBF\xBF"), MR_STR_INIT("\"\\U0010ffff\"") },
		{ MR_STR_INIT("\xEF\xBF\xBD"), MR_STR_INIT("\"\xEF\xBF\xBD\"") },
	};

	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf b = { 0 };
		mr_buf_init(&b, 100);
		mr_utf8_put_quoted(&b, rows[i][0]);
		if (!mr_str_eq(mr_buf_str(&b), rows[i][1]))
			fail_msg("row %zu: %.*s", i, MR_STR_ARGS(mr_buf_str(&b)));
	}
	assert_true(mr_utf8_printable('a'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_put_valid),
		cmocka_unit_test(test_put_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
