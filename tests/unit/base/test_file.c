/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

static char folder[] = "/tmp/test_file.XXXXXX";

static int enter_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
	(void)state;
	static const char *const files[] = { "a", "b", "large", "d/e/f/g", "d/e/f", "d/e", "d" };

	for (size_t i = 0; i < MR_COUNT(files); i++)
		(void)remove(files[i]);
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void test_write_and_read(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_error err;

	(void)umask(022);
	mr_buf_init(&b, 100);
	assert_false(mr_failed(mr_file_write("a", mr_bytes_of("first text", 10), 0600, &err)));
	assert_int_equal(mode_of("a"), 0600);
	/* an existing file keeps its mode and nothing of its content */
	assert_int_equal(chmod("a", 0640), 0);
	assert_false(mr_failed(mr_file_write("a", mr_bytes_of("x\0y", 3), 0600, &err)));
	assert_int_equal(mode_of("a"), 0640);
	assert_false(mr_failed(mr_file_read("a", &b, &err)));
	assert_true(mr_str_eq(mr_buf_str(&b), MR_STR("x\0y")));
	/* reading appends */
	assert_false(mr_failed(mr_file_read("a", &b, &err)));
	assert_int_equal(b.len, 6);
}

static void test_create(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_error err;

	mr_buf_init(&b, 100);
	assert_false(mr_failed(mr_file_create("b", mr_bytes_of("one", 3), 0600, &err)));
	assert_int_equal(mr_file_create("b", mr_bytes_of("two", 3), 0600, &err).code, MR_CODE_IO);
	assert_string_equal(err.message, "open b: file exists");
	assert_false(mr_failed(mr_file_read("b", &b, &err)));
	assert_true(mr_str_eq(mr_buf_str(&b), MR_STR("one")));
}

static void test_read_limit(void **state)
{
	(void)state;
	static const uint8_t data[200000];
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_error err;

	assert_false(mr_failed(mr_file_write("large", mr_bytes_of(data, sizeof data), 0600, &err)));
	mr_buf_init(&b, sizeof data);
	assert_false(mr_failed(mr_file_read("large", &b, &err)));
	assert_int_equal(b.len, sizeof data);
	mr_buf_done(&b);
	mr_buf_init(&b, sizeof data - 1);
	assert_int_equal(mr_file_read("large", &b, &err).code, MR_CODE_LIMIT);
	assert_string_equal(err.message, "read large: larger than the limit of 199999 bytes");
	mr_buf_clear(&b);
	mr_buf_set_failure(&b, MR_CODE_NOMEM);
	assert_int_equal(mr_file_read("large", &b, &err).code, MR_CODE_NOMEM);
}

static void test_read_errors(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_error err;

	mr_buf_init(&b, 100);
	assert_int_equal(mr_file_read("none", &b, &err).code, MR_CODE_NOT_FOUND);
	assert_int_equal(err.code, MR_CODE_NOT_FOUND);
	assert_string_equal(err.message, "open none: no such file or directory");
	assert_int_equal(mr_file_read("a/b", &b, &err).code, MR_CODE_IO);
	assert_string_equal(err.message, "open a/b: not a directory");
	assert_int_equal(mr_file_read(".", &b, &err).code, MR_CODE_IO);
	assert_string_equal(err.message, "read .: is a directory");
}

static void test_write_errors(void **state)
{
	(void)state;
	struct mr_error err;

	assert_int_equal(mr_file_write("none/x", mr_bytes_of("x", 1), 0600, &err).code, MR_CODE_IO);
	assert_string_equal(err.message, "open none/x: no such file or directory");
	assert_int_equal(
		mr_file_write("/dev/full", mr_bytes_of("x", 1), 0600, &err).code, MR_CODE_IO);
	assert_string_equal(err.message, "write /dev/full: no space left on device");
}

static void test_make_dirs(void **state)
{
	(void)state;
	char name[5000];
	struct mr_error err;

	assert_false(mr_failed(mr_file_make_dirs("d/e//f", 0700, &err)));
	assert_int_equal(mode_of("d/e/f"), 0700);
	assert_false(mr_failed(mr_file_make_dirs("d/e/f/", 0700, &err)));
	assert_false(mr_failed(mr_file_make_dirs("/", 0700, &err)));
	assert_false(mr_failed(mr_file_write("d/e/f/g", mr_bytes_of("", 0), 0600, &err)));
	assert_int_equal(mr_file_make_dirs("d/e/f/g", 0700, &err).code, MR_CODE_IO);
	assert_string_equal(err.message, "mkdir d/e/f/g: not a directory");
	assert_true(mr_failed(mr_file_make_dirs("d/e/f/g/h", 0700, &err)));
	assert_true(mr_failed(mr_file_make_dirs("", 0700, &err)));
	assert_string_equal(err.message, "mkdir : no such file or directory");
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_true(mr_failed(mr_file_make_dirs(name, 0700, &err)));
}

/* The reader takes less at a time than the writer has. */
static void test_short_writes(void **state)
{
	(void)state;
	static uint8_t data[300000], back[sizeof data];
	int ends[2];

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 7 + i / 251);
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		(void)close(ends[0]);
		_exit(mr_fd_write_all(ends[1], mr_bytes_of(data, sizeof data)));
	}
	mr_fd_close(&ends[1]);
	size_t got = 0;
	for (ssize_t n; (n = read(ends[0], back + got, sizeof back - got)) > 0;)
		got += (size_t)n;
	mr_fd_close(&ends[0]);
	assert_int_equal(ends[0], -1);
	mr_fd_close(&ends[0]);
	int status = -1;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(got, sizeof data);
	assert_memory_equal(back, data, sizeof data);
	assert_int_equal(mr_fd_write_all(-1, mr_bytes_of("x", 1)), EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_and_read),
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_read_limit),
		cmocka_unit_test(test_read_errors),
		cmocka_unit_test(test_write_errors),
		cmocka_unit_test(test_make_dirs),
		cmocka_unit_test(test_short_writes),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
