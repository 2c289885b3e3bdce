/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/unicode.h"

static const struct {
	uint32_t rune;
	bool printable, word;
} rows[] = {
	{ 0x00, false, false },
	{ 0x1F, false, false },
	{ ' ', true, false },
	{ '!', true, false },
	{ '/', true, false },
	{ '0', true, true },
	{ '9', true, true },
	{ ':', true, false },
	{ '@', true, false },
	{ 'A', true, true },
	{ 'Z', true, true },
	{ '[', true, false },
	{ '_', true, true },
	{ '`', true, false },
	{ 'a', true, true },
	{ 'z', true, true },
	{ '{', true, false },
	{ '~', true, false },
	{ 0x7F, false, false },
	{ 0x80, false, false },
	{ 0xA0, false, false },
	{ 0xAA, true, true },
	{ 0xAD, false, false },
	{ 0xD7, true, false },
	{ 0xE9, true, true },
	{ 0x301, true, false },
	{ 0x378, false, false },
	{ 0x661, true, true },
	{ 0xBD, true, false },
	{ 0x2028, false, false },
	{ 0x20AC, true, false },
	{ 0x3000, false, false },
	{ 0x4E2D, true, true },
	{ 0xD800, false, false },
	{ 0xE000, false, false },
	{ 0xFFFD, true, false },
	{ 0x1D7CE, true, true },
	{ 0x1F600, true, false },
	{ 0x323AF, true, true },
	{ 0x323B0, false, false },
	{ 0xE0100, true, false },
	{ 0xE01F0, false, false },
	{ 0x10FFFF, false, false },
	{ 0x110000, false, false },
	{ UINT32_MAX, false, false },
};

static void test_properties(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		if (mr_unicode_printable(rows[i].rune) != rows[i].printable)
			fail_msg("printable U+%04X", rows[i].rune);
		if (mr_unicode_word(rows[i].rune) != rows[i].word)
			fail_msg("word U+%04X", rows[i].rune);
	}
}

/* As many code points as Unicode 15.0 has of them. */
static void test_counts(void **state)
{
	(void)state;
	size_t printable = 0, word = 0;

	for (uint32_t rune = 0; rune <= 0x10FFFF; rune++) {
		printable += mr_unicode_printable(rune);
		word += mr_unicode_word(rune);
	}
	assert_int_equal(printable, 148998);
	assert_int_equal(word, 136785);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_properties),
		cmocka_unit_test(test_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
