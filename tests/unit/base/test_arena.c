/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"

static void test_memory_is_zeroed_and_aligned(void **state)
{
	(void)state;
	MR_AUTO(arena) struct mr_arena a = { 0 };

	mr_arena_init(&a, 1 << 20);
	for (size_t size = 0; size < 600; size += 7) {
		uint8_t *p = mr_arena_alloc(&a, size);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xFF, size);
	}
	/* larger than any block so far, then small again */
	assert_non_null(mr_arena_alloc(&a, 300000));
	assert_non_null(mr_arena_array(&a, 3, 5));
	assert_in_range(a.used, 300000, 1 << 20);
}

static void test_limit(void **state)
{
	(void)state;
	MR_AUTO(arena) struct mr_arena a = { 0 };
	struct mr_error err;
	size_t got = 0;

	mr_arena_init(&a, 10000);
	while (mr_arena_alloc(&a, 64))
		got += 64;
	/* nearly all of the limit is of use, though blocks double */
	assert_in_range(got, 9000, 10000);
	assert_in_range(a.used, got, 10000);
	assert_int_equal(mr_arena_fail(&a, &err).code, MR_CODE_LIMIT);
	assert_string_equal(err.message, "larger than the limit of 10000 bytes of memory");

	mr_arena_done(&a);
	assert_int_equal(a.used, 0);
	assert_null(mr_arena_alloc(&a, 10000));
	assert_non_null(mr_arena_alloc(&a, 64));
}

static void test_overflow(void **state)
{
	(void)state;
	MR_AUTO(arena) struct mr_arena a = { 0 };
	struct mr_error err;

	mr_arena_init(&a, SIZE_MAX);
	assert_null(mr_arena_alloc(&a, SIZE_MAX));
	assert_null(mr_arena_array(&a, SIZE_MAX / 2, 3));
	assert_int_equal(mr_arena_fail(&a, &err).code, MR_CODE_NOMEM);
	assert_null(mr_arena_alloc(&a, SIZE_MAX - 32));
}

static void test_copies(void **state)
{
	(void)state;
	MR_AUTO(arena) struct mr_arena a = { 0 };
	struct mr_error err;
	struct mr_str text;
	struct mr_bytes bytes;

	mr_arena_init(&a, 4096);
	assert_false(mr_failed(mr_arena_str(&a, MR_STR("a\0b"), &text, &err)));
	assert_int_equal(text.len, 3);
	assert_memory_equal(text.ptr, "a\0b", 4);
	assert_false(mr_failed(mr_arena_str(&a, (struct mr_str){ NULL, 0 }, &text, &err)));
	assert_string_equal(text.ptr, "");
	assert_false(mr_failed(mr_arena_bytes(&a, mr_bytes_of("xy", 2), &bytes, &err)));
	assert_memory_equal(bytes.ptr, "xy", 2);
	assert_false(mr_failed(mr_arena_bytes(&a, mr_bytes_of(NULL, 0), &bytes, &err)));
	assert_int_equal(bytes.len, 0);

	static const char large[5000];
	assert_int_equal(mr_arena_str(&a, (struct mr_str){ large, sizeof large }, &text, &err).code,
		MR_CODE_LIMIT);
	assert_int_equal(mr_arena_bytes(&a, mr_bytes_of(large, sizeof large), &bytes, &err).code,
		MR_CODE_LIMIT);
	assert_int_equal(text.len + bytes.len, 0);
}

static void test_zeroed_object(void **state)
{
	(void)state;
	struct mr_arena a = { NULL, 0, 0, false };

	mr_arena_done(&a);
	assert_null(mr_arena_alloc(&a, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_is_zeroed_and_aligned),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_zeroed_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
