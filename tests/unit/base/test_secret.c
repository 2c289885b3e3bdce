/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/secret.h"
#include "base/wipe.h"

static void test_lifetime(void **state)
{
	(void)state;
	MR_AUTO(secret) struct mr_secret s = { NULL, 0 };
	struct mr_error err;

	assert_false(mr_failed(mr_secret_new(4, &s, &err)));
	assert_memory_equal(s.ptr, "\0\0\0\0", 4);
	mr_secret_done(&s);
	assert_null(s.ptr);
	assert_int_equal(s.len, 0);
	mr_secret_done(&s);

	assert_false(mr_failed(mr_secret_new(0, &s, &err)));
	assert_non_null(s.ptr);
	mr_secret_done(&s);

	assert_int_equal(mr_secret_new(MR_SECRET_MAX + 1, &s, &err).code, MR_CODE_LIMIT);
	assert_null(s.ptr);
}

static void test_copy_and_move(void **state)
{
	(void)state;
	MR_AUTO(secret) struct mr_secret s = { NULL, 0 };
	struct mr_error err;

	assert_false(mr_failed(mr_secret_copy(mr_bytes_of("key", 3), &s, &err)));
	assert_memory_equal(s.ptr, "key", 3);
	const uint8_t *where = s.ptr;
	MR_AUTO(secret) struct mr_secret moved = mr_secret_move(&s);
	assert_ptr_equal(moved.ptr, where);
	assert_int_equal(mr_secret_bytes(&moved).len, 3);
	assert_null(s.ptr);
	assert_int_equal(s.len, 0);

	MR_AUTO(secret) struct mr_secret empty = { NULL, 0 };
	assert_false(mr_failed(mr_secret_copy(mr_bytes_of(NULL, 0), &empty, &err)));
	assert_int_equal(empty.len, 0);
	assert_true(mr_failed(mr_secret_copy(mr_bytes_of("x", MR_SECRET_MAX + 1), &empty, &err)));
}

static void test_take_buf(void **state)
{
	(void)state;
	MR_AUTO(secret) struct mr_secret s = { NULL, 0 };
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_error err;

	mr_buf_init_secret(&b, 8);
	assert_false(mr_failed(mr_secret_take_buf(&b, &s, &err)));
	assert_int_equal(s.len, 0);
	mr_secret_done(&s);

	mr_buf_put_cstr(&b, "12345678");
	assert_false(mr_failed(mr_secret_take_buf(&b, &s, &err)));
	assert_memory_equal(s.ptr, "12345678", 8);
	assert_null(b.data);

	mr_buf_put_cstr(&b, "123456789");
	const uint8_t *before = s.ptr;
	assert_int_equal(mr_secret_take_buf(&b, &s, &err).code, MR_CODE_LIMIT);
	assert_ptr_equal(s.ptr, before);
}

static void test_wipe(void **state)
{
	(void)state;
	uint8_t data[] = { 1, 2, 3, 4 };

	mr_wipe(data + 1, 2);
	assert_memory_equal(data, "\1\0\0\4", 4);
	mr_wipe(NULL, 0);
}

static void test_constant_time_compare(void **state)
{
	(void)state;
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	assert_true(mr_equal_constant_time(a, b, sizeof a));
	for (size_t i = 0; i < sizeof a; i++) {
		for (int bit = 0; bit < 8; bit++) {
			b[i] = (uint8_t)(1 << bit);
			assert_false(mr_equal_constant_time(a, b, sizeof a));
		}
		b[i] = 0;
	}
	assert_true(mr_equal_constant_time("a", "b", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lifetime),
		cmocka_unit_test(test_copy_and_move),
		cmocka_unit_test(test_take_buf),
		cmocka_unit_test(test_wipe),
		cmocka_unit_test(test_constant_time_compare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
