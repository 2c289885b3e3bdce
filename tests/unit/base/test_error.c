/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"

static struct mr_error err;

static void ignore(mr_result r)
{
	assert_true(mr_failed(r));
}

static void test_fail(void **state)
{
	(void)state;
	mr_result r = mr_fail(&err, MR_CODE_DENIED, "user %s may not %d", "bob", 7);

	assert_true(mr_failed(r));
	assert_int_equal(r.code, MR_CODE_DENIED);
	assert_int_equal(err.code, MR_CODE_DENIED);
	assert_string_equal(err.message, "user bob may not 7");
	assert_false(mr_failed(MR_OK));

	r = mr_fail_nomem(&err);
	assert_int_equal(r.code, MR_CODE_NOMEM);
	assert_string_equal(err.message, "out of memory");
}

static void test_fail_errno(void **state)
{
	(void)state;
	mr_result r = mr_fail_errno(&err, ENOENT, "open %s", "x.json");

	assert_int_equal(r.code, MR_CODE_IO);
	assert_string_equal(err.message, "open x.json: no such file or directory");
	ignore(mr_fail_errno(&err, EIO, "read"));
	assert_string_equal(err.message, "read: input/output error");
	/* a text that begins with capitals keeps them */
	ignore(mr_fail_errno(&err, EXDEV, "link"));
	assert_string_equal(err.message, "link: invalid cross-device link");
	ignore(mr_fail_errno(&err, ENOTSUP, "x"));
	assert_string_equal(err.message, "x: operation not supported");
	ignore(mr_fail_errno(&err, EMULTIHOP, "x"));
	assert_string_equal(err.message, "x: multihop attempted");
	ignore(mr_fail_errno(&err, EDOTDOT, "x"));
	assert_string_equal(err.message, "x: RFS specific error");
	ignore(mr_fail_errno(&err, 9999, "read"));
	assert_string_equal(err.message, "read: errno 9999");
}

static void test_wrap(void **state)
{
	(void)state;
	mr_result r = mr_wrap(&err, mr_fail(&err, MR_CODE_INVALID, "bad digit"), "field %d", 3);

	assert_int_equal(r.code, MR_CODE_INVALID);
	assert_string_equal(err.message, "field 3: bad digit");
	r = mr_wrap(&err, r, "manifest");
	assert_string_equal(err.message, "manifest: field 3: bad digit");

	r = mr_wrap(&err, MR_OK, "not used");
	assert_false(mr_failed(r));
	assert_string_equal(err.message, "manifest: field 3: bad digit");
}

/* Neither a long text nor a long context overflows, and no UTF-8 sequence is cut in the middle. */
static void test_long_messages(void **state)
{
	(void)state;
	static char text[2 * MR_ERROR_MAX];

	for (size_t pad = 0; pad < 4; pad++) {
		static const char euro[] = "\xE2\x82\xAC";
		static const char clef[] = "\xF0\x9D\x84\x9E";

		memset(text, 'x', pad);
		for (size_t at = pad; at + 4 < sizeof text; at += 3)
			memcpy(text + at, euro, sizeof euro);
		ignore(mr_fail(&err, MR_CODE_INVALID, "%s", text));
		assert_in_range(strlen(err.message), MR_ERROR_MAX - 4, MR_ERROR_MAX - 1);
		assert_true(mr_utf8_valid(mr_str_of(err.message)));
		ignore(mr_wrap(&err, (mr_result){ MR_CODE_INVALID }, "context"));
		assert_memory_equal(err.message, "context: ", 9);
		assert_in_range(strlen(err.message), MR_ERROR_MAX - 4, MR_ERROR_MAX - 1);
		assert_true(mr_utf8_valid(mr_str_of(err.message)));

		memset(text, 'x', pad);
		for (size_t at = pad; at + 5 < sizeof text; at += 4)
			memcpy(text + at, clef, sizeof clef);
		ignore(mr_fail(&err, MR_CODE_INVALID, "%s", text));
		assert_true(mr_utf8_valid(mr_str_of(err.message)));
	}

	for (size_t pad = 0; pad < 3; pad++) {
		memset(text, 'x', pad);
		for (size_t at = pad; at + 4 < sizeof text; at += 3)
			memcpy(text + at, "\xE2\x82\xAC", 4);
		ignore(mr_fail(&err, MR_CODE_INVALID, "short"));
		ignore(mr_wrap(&err, (mr_result){ MR_CODE_INVALID }, "%s", text));
		assert_in_range(strlen(err.message), MR_ERROR_MAX - 4, MR_ERROR_MAX - 1);
		assert_true(mr_utf8_valid(mr_str_of(err.message)));
	}

	memset(text, 'c', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	ignore(mr_fail(&err, MR_CODE_INVALID, "short"));
	ignore(mr_wrap(&err, (mr_result){ MR_CODE_INVALID }, "%s", text));
	assert_int_equal(strlen(err.message), MR_ERROR_MAX - 1);
	assert_string_equal(err.message + MR_ERROR_MAX - 4, "c: ");

	ignore(mr_fail_errno(&err, ENOENT, "%s", text));
	assert_int_equal(strlen(err.message), MR_ERROR_MAX - 1);
}

static void test_code_names(void **state)
{
	(void)state;
	assert_string_equal(mr_code_name(MR_CODE_OK), "ok");
	assert_string_equal(mr_code_name(MR_CODE_NOMEM), "out of memory");
	assert_string_equal(mr_code_name(MR_CODE_INTERNAL), "internal");
	assert_string_equal(mr_code_name((enum mr_code)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_fail_errno),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_long_messages),
		cmocka_unit_test(test_code_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
