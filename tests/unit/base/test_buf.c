/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/bytes.h"

static void test_writers(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_error err;
	static const uint8_t expected[] =
		"ab\0cdef\x01\x02\x01\x06\x05\x04\x03\x0A\x09\x08\x07\x06\x05\x04\x03"
		"\x01\x02\x03\x04\x05\x06"
		"18446744073709551615"
		"0"
		"n=-7";

	mr_buf_init(&b, 1024);
	mr_buf_put(&b, "ab", 3);
	mr_buf_put_str(&b, MR_STR("cd"));
	mr_buf_put_bytes(&b, mr_bytes_of("e", 1));
	mr_buf_put_cstr(&b, "f");
	mr_buf_put_u8(&b, 1);
	mr_buf_put_u16le(&b, 0x0102);
	mr_buf_put_u32le(&b, 0x03040506);
	mr_buf_put_u64le(&b, 0x030405060708090A);
	mr_buf_put_u16be(&b, 0x0102);
	mr_buf_put_u32be(&b, 0x03040506);
	mr_buf_put_uint(&b, UINT64_MAX);
	mr_buf_put_uint(&b, 0);
	mr_buf_printf(&b, "n=%d", -7);
	assert_false(mr_failed(mr_buf_status(&b, &err)));
	assert_int_equal(b.len, sizeof expected - 1);
	assert_memory_equal(b.data, expected, b.len);
	assert_true(mr_str_starts(mr_buf_str(&b), MR_STR("ab")));
	assert_int_equal(mr_buf_bytes(&b).len, b.len);
}

static void test_limit(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_error err;

	mr_buf_init(&b, 100);
	for (int i = 0; i < 10; i++)
		mr_buf_put(&b, "0123456789", 10);
	assert_false(mr_failed(mr_buf_status(&b, &err)));
	assert_int_equal(b.len, 100);
	mr_buf_put_u8(&b, 'x');
	assert_int_equal(mr_buf_status(&b, &err).code, MR_CODE_LIMIT);
	assert_string_equal(err.message, "larger than the limit of 100 bytes");

	/* the first failure stays, and nothing is written after it */
	mr_buf_set_failure(&b, MR_CODE_INTERNAL);
	mr_buf_consume(&b, 50);
	mr_buf_put_u8(&b, 'x');
	mr_buf_printf(&b, "x");
	assert_null(mr_buf_reserve(&b, 1));
	assert_int_equal(b.len, 50);
	assert_int_equal(mr_buf_status(&b, &err).code, MR_CODE_LIMIT);

	mr_buf_clear(&b);
	assert_false(mr_failed(mr_buf_status(&b, &err)));
	assert_null(mr_buf_reserve(&b, SIZE_MAX));
	mr_buf_clear(&b);
	mr_buf_set_failure(&b, MR_CODE_CRYPTO);
	assert_int_equal(mr_buf_status(&b, &err).code, MR_CODE_CRYPTO);
	assert_string_equal(err.message, "writing failed: crypto");
}

/* The NUL that formatting needs does not count. */
static void test_printf_up_to_the_maximum(void **state)
{
	(void)state;
	static const size_t sizes[] = { 1, 63, 64, 65, 128, 200 };

	for (size_t i = 0; i < MR_COUNT(sizes); i++) {
		MR_AUTO(buf) struct mr_buf b = { 0 };
		struct mr_error err;
		mr_buf_init(&b, sizes[i]);
		mr_buf_printf(&b, "%*d", (int)sizes[i], 7);
		assert_false(mr_failed(mr_buf_status(&b, &err)));
		assert_int_equal(b.len, sizes[i]);
		assert_int_equal(b.data[b.len - 1], '7');
		mr_buf_printf(&b, "x");
		assert_int_equal(mr_buf_status(&b, &err).code, MR_CODE_LIMIT);
	}
}

static void test_out_of_memory(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_error err;

	mr_buf_init(&b, SIZE_MAX);
	b.failure = MR_CODE_NOMEM;
	mr_buf_put_u8(&b, 1);
	assert_int_equal(mr_buf_status(&b, &err).code, MR_CODE_NOMEM);
	assert_null(b.data);
}

static void test_reserve_and_commit(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf b = { 0 };

	mr_buf_init(&b, 1000);
	uint8_t *to = mr_buf_reserve(&b, 0);
	assert_non_null(to);
	to = mr_buf_reserve(&b, 700);
	assert_non_null(to);
	to[0] = 'a';
	to[1] = 'b';
	mr_buf_commit(&b, 2);
	assert_true(mr_str_eq(mr_buf_str(&b), MR_STR("ab")));
	assert_in_range(b.capacity, 702, 1000);
}

static void test_shorten(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf b = { 0 };

	mr_buf_init(&b, 100);
	mr_buf_put_cstr(&b, "0123456789");
	mr_buf_consume(&b, 0);
	mr_buf_consume(&b, 3);
	assert_true(mr_str_eq(mr_buf_str(&b), MR_STR("3456789")));
	mr_buf_truncate(&b, 2);
	assert_true(mr_str_eq(mr_buf_str(&b), MR_STR("34")));
	mr_buf_consume(&b, 99);
	assert_int_equal(b.len, 0);
}

/* What a secret buffer gives up is zero before anybody else can have it. */
static void test_secret_is_wiped(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf b = { 0 };

	mr_buf_init_secret(&b, 1000);
	mr_buf_put_cstr(&b, "0123456789");
	mr_buf_truncate(&b, 4);
	assert_memory_equal(b.data, "0123\0\0\0\0\0\0", 10);
	mr_buf_consume(&b, 2);
	assert_memory_equal(b.data, "23\0\0", 4);
	mr_buf_clear(&b);
	assert_memory_equal(b.data, "\0\0\0\0", 4);

	/* growing keeps the content */
	for (int i = 0; i < 50; i++)
		mr_buf_put_cstr(&b, "0123456789");
	assert_int_equal(b.len, 500);
	assert_memory_equal(b.data + 490, "0123456789", 10);
	mr_buf_done(&b);
	assert_null(b.data);
	assert_true(b.secret);
	assert_int_equal(b.max, 1000);
}

static void test_steal(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf b = { 0 };
	size_t len = 99;

	mr_buf_init(&b, 100);
	assert_null(mr_buf_steal(&b, &len));
	assert_int_equal(len, 0);
	mr_buf_put_cstr(&b, "abc");
	uint8_t *data = mr_buf_steal(&b, &len);
	assert_int_equal(len, 3);
	assert_memory_equal(data, "abc", 3);
	free(data);
	mr_buf_put_cstr(&b, "d");
	assert_true(mr_str_eq(mr_buf_str(&b), MR_STR("d")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writers),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_printf_up_to_the_maximum),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_reserve_and_commit),
		cmocka_unit_test(test_shorten),
		cmocka_unit_test(test_secret_is_wiped),
		cmocka_unit_test(test_steal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
