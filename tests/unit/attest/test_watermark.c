/* SPDX-License-Identifier: Apache-2.0 */
/* What was seen: numbers that do not go back, a clock with a floor, and both through text. */
#include "attest_test.h"

#include <stdio.h>

#include "attest/watermark.h"

static void test_numbers(void **state)
{
	MR_AUTO(watermarks) struct mr_watermarks *w = NULL;
	struct mr_error err;

	(void)state;
	OK(mr_watermarks_new(0, &w, &err));
	assert_true(mr_watermarks_raise(w, "tcb", 20));
	assert_true(mr_watermarks_raise(w, "tcb", 20));
	assert_false(mr_watermarks_raise(w, "tcb", 19));
	assert_true(mr_watermarks_raise(w, "qe", 1));
	assert_true(mr_watermarks_raise(w, "tcb", UINT64_MAX));
	assert_false(mr_watermarks_raise(w, "tcb", UINT64_MAX - 1));
}

static void test_clock(void **state)
{
	MR_AUTO(watermarks) struct mr_watermarks *w = NULL;
	struct mr_error err;

	(void)state;
	OK(mr_watermarks_new(1000, &w, &err));
	assert_int_equal(mr_watermarks_time(w, 10), 1000);
	assert_int_equal(mr_watermarks_time(w, 1001), 1001);
	mr_watermarks_saw_time(w, 900);
	assert_int_equal(mr_watermarks_time(w, 10), 1000);
	mr_watermarks_saw_time(w, 5000);
	assert_int_equal(mr_watermarks_time(w, 1001), 5000);
}

static void test_text(void **state)
{
	MR_AUTO(watermarks) struct mr_watermarks *w = NULL;
	MR_AUTO(watermarks) struct mr_watermarks *again = NULL;
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_error err;

	(void)state;
	OK(mr_watermarks_new(7, &w, &err));
	OK(mr_watermarks_new(0, &again, &err));
	mr_buf_init(&text, 1000);
	mr_watermarks_write(w, &text);
	assert_int_equal(text.len, 0);
	mr_watermarks_saw_time(w, 8);
	assert_true(mr_watermarks_raise(w, "b", 4));
	assert_true(mr_watermarks_raise(w, "c", 9));
	assert_true(mr_watermarks_raise(w, "a", 3));
	mr_watermarks_write(w, &text);
	assert_true(mr_str_eq(mr_buf_str(&text), MR_STR("time 8\na 3\nb 4\nc 9\n")));
	mr_watermarks_read(again, mr_buf_str(&text));
	assert_int_equal(mr_watermarks_time(again, 0), 8);
	assert_false(mr_watermarks_raise(again, "a", 2));
	assert_false(mr_watermarks_raise(again, "b", 3));
	/* never lower, and what is no line is left out */
	mr_watermarks_read(
		again, MR_STR("time 5\na 1\n\nx\nz 99999999999999999999\nd -1\n e\nf 5"));
	assert_int_equal(mr_watermarks_time(again, 0), 8);
	assert_false(mr_watermarks_raise(again, "a", 2));
	assert_false(mr_watermarks_raise(again, "c", 8));
	assert_true(mr_watermarks_raise(again, "d", 0));
	assert_false(mr_watermarks_raise(again, "f", 4));
}

/* More names than are kept: nobody is refused, and those that are kept are still held to. */
static void test_bound(void **state)
{
	MR_AUTO(watermarks) struct mr_watermarks *w = NULL;
	struct mr_error err;
	char name[64];

	(void)state;
	OK(mr_watermarks_new(0, &w, &err));
	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof name, "name-%u", i);
		assert_true(mr_watermarks_raise(w, name, 5));
	}
	assert_false(mr_watermarks_raise(w, "name-0", 4));
	assert_true(mr_watermarks_raise(w, "name-999", 4));
	(void)snprintf(name, sizeof name, "%060d", 1);
	assert_true(mr_watermarks_raise(w, name, 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
