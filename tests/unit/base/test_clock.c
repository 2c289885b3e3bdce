/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/env.h"
#include "base/macros.h"

static const struct {
	int64_t seconds;
	struct mr_civil_time civil;
} rows[] = {
	{ 0, { 1970, 1, 1, 0, 0, 0 } },
	{ -1, { 1969, 12, 31, 23, 59, 59 } },
	{ 951782399, { 2000, 2, 28, 23, 59, 59 } },
	{ 951782400, { 2000, 2, 29, 0, 0, 0 } },
	{ 951868800, { 2000, 3, 1, 0, 0, 0 } },
	{ 1709164800, { 2024, 2, 29, 0, 0, 0 } },
	{ 4107542400, { 2100, 3, 1, 0, 0, 0 } },
	{ 2147483648, { 2038, 1, 19, 3, 14, 8 } },
	{ 253402300799, { 9999, 12, 31, 23, 59, 59 } },
	{ -62135596800, { 1, 1, 1, 0, 0, 0 } },
};

static void test_civil_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		struct mr_civil_time civil = mr_clock_civil(rows[i].seconds);
		assert_memory_equal(&civil, &rows[i].civil, sizeof civil);
		assert_true(mr_clock_unix(&civil) == rows[i].seconds);
	}
}

/* Against the C library, over four centuries in steps that meet every month and hour. */
static void test_civil_against_libc(void **state)
{
	(void)state;
	for (time_t t = -6000000000; t < 8000000000; t += 86399 * 5) {
		struct tm tm;
		struct mr_civil_time civil = mr_clock_civil(t);
		assert_non_null(gmtime_r(&t, &tm));
		assert_int_equal(civil.year, tm.tm_year + 1900);
		assert_int_equal(civil.month, tm.tm_mon + 1);
		assert_int_equal(civil.day, tm.tm_mday);
		assert_int_equal(civil.hour, tm.tm_hour);
		assert_int_equal(civil.minute, tm.tm_min);
		assert_int_equal(civil.second, tm.tm_sec);
		assert_true(mr_clock_unix(&civil) == t);
	}
}

static void test_iso8601(void **state)
{
	(void)state;
	char text[40];

	assert_int_equal(setenv("TZ", "UTC0", 1), 0);
	tzset();
	assert_int_equal(mr_clock_format_iso8601(1704164645678000000, text, sizeof text), 24);
	assert_string_equal(text, "2024-01-02T03:04:05.678Z");
	assert_int_equal(setenv("TZ", "AAA-1", 1), 0);
	tzset();
	assert_int_equal(mr_clock_format_iso8601(1704161045678000000, text, sizeof text), 28);
	assert_string_equal(text, "2024-01-02T03:04:05.678+0100");
	assert_int_equal(setenv("TZ", "AAA3:30", 1), 0);
	tzset();
	assert_int_equal(mr_clock_format_iso8601(1704177245000000000, text, sizeof text), 28);
	assert_string_equal(text, "2024-01-02T03:04:05.000-0330");
	assert_int_equal(mr_clock_format_iso8601(0, text, 10), 0);
}

static void test_clocks(void **state)
{
	(void)state;
	int64_t before = mr_clock_monotonic_ms();

	assert_true(mr_clock_wall() > 1700000000);
	assert_true(mr_clock_wall_ns() / 1000000000 >= mr_clock_wall() - 1);
	assert_true(mr_clock_monotonic_ms() >= before);
}

static void test_environment(void **state)
{
	(void)state;
	assert_int_equal(setenv("MR_TEST_VALUE", "1", 1), 0);
	assert_string_equal(mr_env_get("MR_TEST_VALUE", "other"), "1");
	assert_true(mr_env_is_one("MR_TEST_VALUE"));
	assert_int_equal(setenv("MR_TEST_VALUE", "true", 1), 0);
	assert_false(mr_env_is_one("MR_TEST_VALUE"));
	assert_int_equal(setenv("MR_TEST_VALUE", "", 1), 0);
	assert_string_equal(mr_env_get("MR_TEST_VALUE", "other"), "other");
	assert_int_equal(unsetenv("MR_TEST_VALUE"), 0);
	assert_null(mr_env_get("MR_TEST_VALUE", NULL));
	assert_false(mr_env_is_one("MR_TEST_VALUE"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_civil_table),
		cmocka_unit_test(test_civil_against_libc),
		cmocka_unit_test(test_iso8601),
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
