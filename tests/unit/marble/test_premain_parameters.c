/* SPDX-License-Identifier: Apache-2.0 */
/* The premain's parts after the call: parameters checked and applied, TTLS summary, programs of the runtimes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "marble/premain.h"

static char folder[] = "/tmp/test_parameters.XXXXXX";

static int enter_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
	static const char *const names[] = { "a/b/c", "a/b", "a", "top", "bin/tool", "bin/data",
		"bin" };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(names); i++)
		(void)remove(names[i]);
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

#define PARAM(name_literal, value_literal)                                                         \
	{                                                                                          \
		MR_STR_INIT(name_literal),                                                         \
		{                                                                                  \
			(const uint8_t *)(value_literal), sizeof(value_literal) - 1                \
		}                                                                                  \
	}

static void test_unusable_parameters(void **state)
{
	(void)state;
	static struct mr_param bad_env[] = { PARAM("", "x"), PARAM("A=B", "x"), PARAM("A\0B", "x"),
		PARAM("A", "x\0y") };
	static struct mr_param bad_files[] = { PARAM("", "x"), PARAM("a\0b", "x") };
	static struct mr_str bad_argument = MR_STR_INIT("a\0b");
	struct mr_error err;

	for (size_t i = 0; i < MR_COUNT(bad_env); i++) {
		const struct mr_parameters p = { .env = &bad_env[i], .env_count = 1 };
		assert_int_equal(mr_premain_check_parameters(&p, &err).code, MR_CODE_INVALID);
	}
	for (size_t i = 0; i < MR_COUNT(bad_files); i++) {
		const struct mr_parameters p = { .files = &bad_files[i], .files_count = 1 };
		assert_int_equal(mr_premain_check_parameters(&p, &err).code, MR_CODE_INVALID);
	}
	const struct mr_parameters p = { .argv = &bad_argument, .argv_count = 1 };
	assert_int_equal(mr_premain_check_parameters(&p, &err).code, MR_CODE_INVALID);
}

static void test_apply(void **state)
{
	(void)state;
	struct mr_param files[] = { PARAM("a/b/c", "deep\0content"), PARAM("top", "") };
	struct mr_param env[] = { PARAM("MR_TEST_ONE", "1\n"), PARAM("MR_TEST_EMPTY", "") };
	const struct mr_parameters p = { files, 2, env, 2, NULL, 0 };
	MR_AUTO(buf) struct mr_buf content = { 0 };
	struct stat st;
	struct mr_error err;

	mr_buf_init(&content, 100);
	assert_false(mr_failed(mr_premain_check_parameters(&p, &err)));
	assert_false(mr_failed(mr_premain_apply(&p, &err)));
	assert_false(mr_failed(mr_file_read("a/b/c", &content, &err)));
	assert_true(mr_str_eq(mr_buf_str(&content), MR_STR("deep\0content")));
	assert_int_equal(stat("a", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat("top", &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_string_equal(getenv("MR_TEST_ONE"), "1\n");
	assert_string_equal(getenv("MR_TEST_EMPTY"), "");
	/* a directory where a file should be ends it */
	files[0].name = MR_STR("a");
	assert_int_equal(mr_premain_apply(&p, &err).code, MR_CODE_IO);
}

static void test_ttls_summary(void **state)
{
	(void)state;
	static const struct {
		const char *config, *message; /* NULL: accepted */
	} rows[] = {
		{ "{\"tls\":{\"Incoming\":{\"*:1\":{\"a\":1}},\"Outgoing\":null}}", NULL },
		{ "{\"tls\":{\"Outgoing\":{\"x:1\":{}}}}", NULL },
		{ "{", "unmarshaling TTLS config: " },
		{ "[]", "unmarshaling TTLS config: " },
		{ "{\"tls\":[]}", "unmarshaling TTLS config: " },
		{ "{\"tls\":{\"Incoming\":{\"*:1\":1}}}", "unmarshaling TTLS config: " },
		{ "{\"tls\":{\"Incoming\":3}}", "unmarshaling TTLS config: " },
		{ "{}", "TTLS config is empty" },
		{ "{\"tls\":null}", "TTLS config is empty" },
		{ "{\"tls\":{\"Incoming\":{},\"Outgoing\":{}}}", "TTLS config is empty" },
		{ "", "unmarshaling TTLS config: " },
	};
	struct mr_error err;

	assert_false(mr_failed(mr_premain_ttls_summary(NULL, &err)));
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		const struct mr_bytes config = mr_str_bytes(mr_str_of(rows[i].config));
		mr_result r = mr_premain_ttls_summary(&config, &err);
		assert_int_equal(mr_failed(r), rows[i].message != NULL);
		if (rows[i].message)
			assert_ptr_equal(strstr(err.message, rows[i].message), err.message);
	}
}

static void make_tools(void)
{
	struct mr_error err;

	assert_false(mr_failed(mr_file_make_dirs("bin", 0700, &err)));
	assert_false(
		mr_failed(mr_file_write("bin/tool", mr_bytes_of("#!/bin/sh\n", 10), 0700, &err)));
	assert_false(mr_failed(mr_file_write("bin/data", mr_bytes_of("x", 1), 0600, &err)));
}

static void test_plain_program(void **state)
{
	(void)state;
	static const struct {
		const char *path, *argv0, *found; /* found NULL: an error */
	} rows[] = {
		{ "bin:/usr/bin", "tool", "bin/tool" },
		{ "/nowhere::bin", "tool", "bin/tool" },
		{ "/nowhere", "tool", NULL },
		{ "bin", "data", NULL }, /* not executable */
		{ "bin", "", NULL },
		{ "/nowhere", "bin/data", "bin/data" }, /* a path is not judged: exec will tell */
		{ "bin", "bin/none", NULL },
	};
	const char *path, *argv0;
	struct mr_error err;

	make_tools();
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		(void)setenv("PATH", rows[i].path, 1);
		mr_result r = mr_runtime_plain.find_program(
			"launcher", rows[i].argv0, &path, &argv0, &err);
		assert_int_equal(mr_failed(r), rows[i].found == NULL);
		if (rows[i].found)
			assert_string_equal(path, rows[i].found);
		else
			assert_string_equal(
				err.message, "invalid entrypoint definition in argv[0]");
	}
}

static void test_libos_programs(void **state)
{
	(void)state;
	const char *path, *argv0;
	struct mr_error err;

	make_tools();
	assert_false(mr_failed(
		mr_runtime_gramine.find_program("/launcher", "name", &path, &argv0, &err)));
	assert_string_equal(path, "/launcher");
	assert_string_equal(argv0, "name");
	assert_false(mr_failed(
		mr_runtime_occlum.find_program("/launcher", "bin/tool", &path, &argv0, &err)));
	assert_string_equal(path, "bin/tool");
	assert_string_equal(argv0, "tool");
	assert_int_equal(
		mr_runtime_occlum.find_program("/launcher", "no", &path, &argv0, &err).code,
		MR_CODE_NOT_FOUND);
}

static void test_gramine_keeps_other_files(void **state)
{
	(void)state;
	struct mr_param files[] = { PARAM("/dev/attestation/keysx", "1"),
		PARAM("/dev/attestation/other", "2") };
	struct mr_parameters p = { .files = files, .files_count = 2 };
	struct mr_param key[] = { PARAM("/dev/attestation/keys/none/k", "1"), PARAM("plain", "2") };
	struct mr_parameters with_key = { .files = key, .files_count = 2 };
	struct mr_error err;

	assert_false(mr_failed(mr_runtime_gramine.take_files(&p, &err)));
	assert_int_equal(p.files_count, 2);
	/* outside Gramine there is no such folder, and none is made */
	assert_int_equal(mr_runtime_gramine.take_files(&with_key, &err).code, MR_CODE_IO);
	assert_int_equal(with_key.files_count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unusable_parameters),
		cmocka_unit_test(test_apply),
		cmocka_unit_test(test_ttls_summary),
		cmocka_unit_test(test_plain_program),
		cmocka_unit_test(test_libos_programs),
		cmocka_unit_test(test_gramine_keeps_other_files),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
