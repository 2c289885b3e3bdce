/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"

static void test_compare(void **state)
{
	(void)state;
	const struct mr_str empty = { NULL, 0 };

	assert_true(mr_str_eq(MR_STR("abc"), mr_str_of("abc")));
	assert_false(mr_str_eq(MR_STR("abc"), MR_STR("abd")));
	assert_false(mr_str_eq(MR_STR("abc"), MR_STR("ab")));
	assert_true(mr_str_eq(empty, MR_STR("")));
	assert_true(mr_str_eq(mr_str_of(NULL), empty));
	assert_true(mr_str_eq(MR_STR("a\0b"), MR_STR("a\0b")));

	assert_true(mr_str_eq_nocase(MR_STR("Content-LENGTH"), MR_STR("content-length")));
	assert_false(mr_str_eq_nocase(MR_STR("a"), MR_STR("ab")));
	assert_false(mr_str_eq_nocase(MR_STR("a["), MR_STR("A{")));
	/* only ASCII has a case */
	assert_false(mr_str_eq_nocase(MR_STR("\xC3\x84"), MR_STR("\xC3\xA4")));

	assert_true(mr_bytes_eq(mr_str_bytes(MR_STR("x")), mr_bytes_of("x", 1)));
	assert_false(mr_bytes_eq(mr_str_bytes(MR_STR("x")), mr_bytes_of("y", 1)));
	assert_true(mr_str_eq(mr_bytes_str(mr_bytes_of("xy", 2)), MR_STR("xy")));
}

static void test_order(void **state)
{
	(void)state;
	assert_true(mr_str_cmp(MR_STR("a"), MR_STR("b")) < 0);
	assert_true(mr_str_cmp(MR_STR("b"), MR_STR("a")) > 0);
	assert_true(mr_str_cmp(MR_STR("a"), MR_STR("ab")) < 0);
	assert_true(mr_str_cmp(MR_STR("ab"), MR_STR("a")) > 0);
	assert_int_equal(mr_str_cmp(MR_STR("ab"), MR_STR("ab")), 0);
	/* bytes, not signed characters */
	assert_true(mr_str_cmp(MR_STR("\x7F"), MR_STR("\x80")) < 0);
	assert_true(mr_str_cmp((struct mr_str){ NULL, 0 }, MR_STR("a")) < 0);
}

static void test_parts(void **state)
{
	(void)state;
	const struct mr_str s = MR_STR("/api/v2/status");

	assert_true(mr_str_starts(s, MR_STR("/api/")));
	assert_true(mr_str_starts(s, MR_STR("")));
	assert_false(mr_str_starts(s, MR_STR("api")));
	assert_false(mr_str_starts(MR_STR("/a"), MR_STR("/api")));
	assert_true(mr_str_ends(s, MR_STR("status")));
	assert_false(mr_str_ends(s, MR_STR("Status")));
	assert_false(mr_str_ends(MR_STR("us"), MR_STR("status")));
	assert_int_equal(mr_str_find(s, '/', 0), 0);
	assert_int_equal(mr_str_find(s, '/', 1), 4);
	assert_true(mr_str_find(s, '?', 0) == SIZE_MAX);
	assert_true(mr_str_find(s, 's', s.len) == SIZE_MAX);
	assert_true(mr_str_eq(mr_str_sub(s, 5, 7), MR_STR("v2")));
}

static void test_sizes(void **state)
{
	(void)state;
	size_t out = 7;

	assert_true(mr_size_add(3, 4, &out));
	assert_int_equal(out, 7);
	assert_false(mr_size_add(SIZE_MAX, 1, &out));
	assert_int_equal(out, 7);
	assert_true(mr_size_mul(6, 7, &out));
	assert_int_equal(out, 42);
	assert_false(mr_size_mul(SIZE_MAX / 2 + 1, 2, &out));
	assert_int_equal(out, 42);
}

static void test_cursor_reads(void **state)
{
	(void)state;
	static const uint8_t data[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
		18, 19, 20, 21, 22, 23, 24 };
	struct mr_cursor c = mr_cursor_of(mr_bytes_of(data, sizeof data));
	struct mr_bytes part;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	assert_true(mr_cursor_u8(&c, &u8));
	assert_int_equal(u8, 1);
	assert_true(mr_cursor_u16le(&c, &u16));
	assert_int_equal(u16, 0x0302);
	assert_true(mr_cursor_u16be(&c, &u16));
	assert_int_equal(u16, 0x0405);
	assert_true(mr_cursor_u32le(&c, &u32));
	assert_int_equal(u32, 0x09080706);
	assert_true(mr_cursor_u32be(&c, &u32));
	assert_int_equal(u32, 0x0A0B0C0D);
	assert_true(mr_cursor_u64le(&c, &u64));
	assert_true(u64 == 0x1514131211100F0E);
	assert_true(mr_cursor_skip(&c, 1));
	assert_int_equal(mr_cursor_left(&c), 2);
	assert_true(mr_cursor_take(&c, 2, &part));
	assert_ptr_equal(part.ptr, data + 22);
	assert_true(mr_cursor_take(&c, 0, &part));
	assert_int_equal(part.len, 0);
	assert_int_equal(mr_cursor_left(&c), 0);
}

/* A reader that fails moves nothing and writes nothing. */
static void test_cursor_ends(void **state)
{
	(void)state;
	static const uint8_t data[] = { 1, 2, 3, 4, 5, 6, 7 };
	struct mr_cursor c = mr_cursor_of(mr_bytes_of(data, sizeof data));
	struct mr_bytes part = { NULL, 99 };
	uint8_t u8 = 99;
	uint16_t u16 = 99;
	uint32_t u32 = 99;
	uint64_t u64 = 99;

	assert_false(mr_cursor_u64le(&c, &u64));
	assert_false(mr_cursor_take(&c, 8, &part));
	assert_false(mr_cursor_take(&c, SIZE_MAX, &part));
	assert_int_equal(mr_cursor_left(&c), 7);
	assert_true(mr_cursor_skip(&c, 4));
	assert_false(mr_cursor_u32le(&c, &u32));
	assert_false(mr_cursor_u32be(&c, &u32));
	assert_true(mr_cursor_skip(&c, 2));
	assert_false(mr_cursor_u16le(&c, &u16));
	assert_false(mr_cursor_u16be(&c, &u16));
	assert_int_equal(mr_cursor_left(&c), 1);
	assert_true(mr_cursor_skip(&c, 1));
	assert_false(mr_cursor_u8(&c, &u8));
	assert_false(mr_cursor_skip(&c, 1));
	assert_int_equal(u8 + u16 + u32, 3 * 99);
	assert_int_equal(u64, 99);
	assert_int_equal(part.len, 99);

	c = mr_cursor_of((struct mr_bytes){ NULL, 0 });
	assert_int_equal(mr_cursor_left(&c), 0);
	assert_true(mr_cursor_take(&c, 0, &part));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_cursor_reads),
		cmocka_unit_test(test_cursor_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
