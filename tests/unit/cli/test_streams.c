/* SPDX-License-Identifier: Apache-2.0 */
/* Standard output and standard error: what goes where, lost output, terminals; files of results. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/output_file.h"
#include "cli/recovery_data.h"
#include "cli_test.h"

/* --- the program's end --- */

static void test_errors_of_a_run(void **state)
{
	(void)state;
	cli_test_expect(&cli_test_tree, "leaf -t fail x", 1,
		"leaf text=fail switch=0\nitem=a\nitem=b\nword=x\n", "Error: told to\n");
	cli_test_expect(&cli_test_tree, "leaf -t bad x", 1, "", "Error: text is bad\n");
	/* an early check comes before required flags, but after the count */
	cli_test_expect(&cli_test_tree, "leaf -t bad", 1, "Usage:...",
		"Error: requires at least 1 arg(s), only received 0\n");
}

static void test_deprecated_flags(void **state)
{
	(void)state;
	cli_test_expect(&cli_test_tree, "leaf --old x y --old=z", 0,
		"Flag --old has been deprecated, use --text\nleaf text= ...", "");
	cli_test_expect(&cli_test_tree, "leaf --old x --foo", 1,
		"Flag --old has been deprecated, use --text\nUsage:...",
		"Error: unknown flag: --foo\n");
	cli_test_expect(&cli_test_tree, "leaf --secret x", 0, "leaf ...", "");
}

static int run_into(const char *path, const char *line, struct mr_buf *err_text)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(fd) int fd = open(path, O_WRONLY | O_CLOEXEC);
	MR_AUTO(fd) int err_fd = open("err", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct mr_out out = mr_out_of(fd), err = mr_out_of(err_fd);
	struct mr_error failure;
	const char *const *words;
	size_t count;
	int status;

	assert_true(fd >= 0 && err_fd >= 0);
	mr_arena_init(&arena, 1 << 16);
	words = cli_test_words(&arena, line, &count);
	status = mr_cli_run(&cli_test_tree, words, count, &out, &err);
	mr_buf_init(err_text, 1 << 16);
	assert_false(mr_failed(mr_file_read("err", err_text, &failure)));
	mr_buf_put_u8(err_text, 0);
	return status;
}

static void test_lost_output(void **state)
{
	static const struct {
		const char *line, *error;
	} rows[] = {
		{ "leaf x", "Error: write /dev/stdout: no space left on device\n" },
		{ "--help", "Error: write /dev/stdout: no space left on device\n" },
		{ "leaf -t fail x", "Error: told to\n" },
		{ "leaf --foo", "Error: unknown flag: --foo\n" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf err = { 0 };

		assert_int_equal(run_into("/dev/full", rows[i].line, &err), 1);
		assert_string_equal((char *)err.data, rows[i].error);
	}
}

static void test_nothing_follows_a_lost_write(void **state)
{
	struct mr_out out = mr_out_of(-1);
	struct mr_error err;

	(void)state;
	cli_test_write("file", "");
	mr_out_printf(&out, "%s", "lost");
	assert_int_equal(out.errnum, EBADF);
	out.fd = open("file", O_WRONLY | O_CLOEXEC);
	mr_out_put_line(&out, MR_STR("more"));
	assert_int_equal(mr_out_status(&out, &err).code, MR_CODE_IO);
	assert_string_equal(err.message, "write /dev/stdout: bad file descriptor");
	mr_fd_close(&out.fd);
	cli_test_check_file("file", "", 0);
	out = (struct mr_out){ 2, ENOSPC };
	assert_true(mr_failed(mr_out_status(&out, &err)));
	assert_string_equal(err.message, "write /dev/stderr: no space left on device");
}

/* --- texts of others --- */

static void test_lines_in_files(void **state)
{
	struct mr_out out = mr_out_of(open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));

	(void)state;
	mr_out_put_line(&out, MR_STR("a\x1b[2Jb\tc\nd"));
	mr_fd_close(&out.fd);
	cli_test_check_file("file", "a\x1b[2Jb\tc\nd\n", 0);
}

/* A terminal of our own, as the other end of which we read what it was sent. */
static void test_lines_on_terminals(void **state)
{
	MR_AUTO(fd) int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	MR_AUTO(fd) int slave = -1;
	char name[64], got[64] = { 0 };
	struct mr_out out;

	(void)state;
	if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 ||
		ptsname_r(master, name, sizeof name) != 0)
		skip();
	slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		skip();
	out = mr_out_of(slave);
	mr_out_put_line(&out, MR_STR("a\x1b[2J\x7f\x07\xC2\x9B\xC3\xA4\tb"));
	assert_int_equal(out.errnum, 0);
	assert_true(read(master, got, sizeof got - 1) > 0);
	assert_non_null(strstr(got, "a?[2J????\xC3\xA4"));
}

/* --- files of results --- */

static void test_output_file(void **state)
{
	MR_AUTO(output_file) struct mr_output_file file = MR_OUTPUT_FILE_NONE;
	struct mr_error err;

	(void)state;
	/* new: gone again, or written */
	assert_false(mr_failed(mr_output_file_open("new", 0600, &file, &err)));
	assert_true(cli_test_exists("new"));
	mr_output_file_done(&file);
	assert_false(cli_test_exists("new"));
	mr_output_file_done(&file);
	assert_false(mr_failed(mr_output_file_open("new", 0600, &file, &err)));
	assert_false(mr_failed(mr_output_file_write(&file, mr_str_bytes(MR_STR("text")), &err)));
	assert_null(file.path);
	cli_test_check_file("new", "text", 0600);
	/* there already: left alone, or replaced with its mode */
	assert_int_equal(chmod("new", 0640), 0);
	assert_false(mr_failed(mr_output_file_open("new", 0600, &file, &err)));
	mr_output_file_done(&file);
	cli_test_check_file("new", "text", 0640);
	assert_false(mr_failed(mr_output_file_open("new", 0600, &file, &err)));
	assert_false(mr_failed(mr_output_file_write(&file, mr_str_bytes(MR_STR("ab")), &err)));
	cli_test_check_file("new", "ab", 0640);
	/* a link is followed */
	assert_int_equal(symlink("target", "link"), 0);
	assert_false(mr_failed(mr_output_file_open("link", 0600, &file, &err)));
	assert_false(mr_failed(mr_output_file_write(&file, mr_str_bytes(MR_STR("c")), &err)));
	cli_test_check_file("target", "c", 0600);
}

static void test_output_file_errors(void **state)
{
	MR_AUTO(output_file) struct mr_output_file file = MR_OUTPUT_FILE_NONE;
	struct mr_error err;

	(void)state;
	assert_int_equal(mr_output_file_open("no/dir", 0600, &file, &err).code, MR_CODE_IO);
	assert_string_equal(err.message, "open no/dir: no such file or directory");
	assert_int_equal(mr_output_file_open(".", 0600, &file, &err).code, MR_CODE_IO);
	assert_string_equal(err.message, "open .: is a directory");
	assert_false(mr_failed(mr_output_file_open("/dev/full", 0600, &file, &err)));
	assert_true(mr_failed(mr_output_file_write(&file, mr_str_bytes(MR_STR("x")), &err)));
	assert_string_equal(err.message, "write /dev/full: no space left on device");
	assert_null(file.path);
}

/* --- recovery data --- */

static const struct mr_recovery_secret secrets[] = {
	{ MR_STR_INIT("a&b"), { (const uint8_t *)"\xFF\xEF", 2 }, true },
	{ MR_STR_INIT("none"), { NULL, 0 }, false },
	{ MR_STR_INIT("zero"), { NULL, 0 }, true },
};

#define RECOVERY_JSON "{\"RecoverySecrets\":{\"a\\u0026b\":\"/+8=\",\"none\":null,\"zero\":\"\"}}"
#define RECOVERY_LINES                                                                             \
	"Error: Failed saving recovery data to file.\n"                                            \
	"Ensure the following is stored in a secure location:\n"                                   \
	"\"a\\u0026b\": \"/+8=\"\n"                                                                \
	"\"none\": null\n"                                                                         \
	"\"zero\": \"\"\n"

static mr_result keep(
	const char *out_path, const char *file_path, size_t count, struct mr_error *err)
{
	MR_AUTO(output_file) struct mr_output_file file = MR_OUTPUT_FILE_NONE;
	struct mr_out out = mr_out_of(
		open(out_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
	struct mr_out other = mr_out_of(
		open("err", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
	struct mr_cli cli = { .out = &out, .err = &other, .messages = &out };
	mr_result r;

	if (file_path)
		assert_false(mr_failed(mr_output_file_open(file_path, 0600, &file, err)));
	r = mr_recovery_data_keep(&cli, &file, secrets, count, err);
	mr_fd_close(&out.fd);
	mr_fd_close(&other.fd);
	return r;
}

static void test_recovery_data(void **state)
{
	struct mr_error err;

	(void)state;
	assert_false(mr_failed(keep("out", "file", 0, &err)));
	assert_false(cli_test_exists("file"));
	cli_test_check_file("out", "", 0);

	assert_false(mr_failed(keep("out", "file", 3, &err)));
	cli_test_check_file("file", RECOVERY_JSON, 0600);
	cli_test_check_file("out", "Recovery data saved to: file\n", 0);

	assert_false(mr_failed(keep("out", NULL, 3, &err)));
	cli_test_check_file("out", RECOVERY_JSON "\n", 0);
	cli_test_check_file("err", "", 0);
}

static void test_recovery_data_is_never_lost(void **state)
{
	struct mr_error err;

	(void)state;
	assert_true(mr_failed(keep("out", "/dev/full", 3, &err)));
	assert_string_equal(err.message, "write /dev/full: no space left on device");
	cli_test_check_file("out", RECOVERY_LINES, 0);

	assert_true(mr_failed(keep("/dev/full", NULL, 3, &err)));
	assert_string_equal(err.message, "write /dev/stdout: no space left on device");
	cli_test_check_file("err", RECOVERY_JSON "\n", 0);

	assert_true(mr_failed(keep("/dev/full", "/dev/full", 3, &err)));
	assert_string_equal(err.message, "write /dev/full: no space left on device");
	cli_test_check_file("err", RECOVERY_LINES, 0);
}

static int enter(void **state)
{
	(void)state;
	cli_test_enter_folder();
	return 0;
}

static int leave(void **state)
{
	(void)state;
	cli_test_leave_folder();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors_of_a_run),
		cmocka_unit_test(test_deprecated_flags),
		cmocka_unit_test_setup_teardown(test_lost_output, enter, leave),
		cmocka_unit_test_setup_teardown(test_nothing_follows_a_lost_write, enter, leave),
		cmocka_unit_test_setup_teardown(test_lines_in_files, enter, leave),
		cmocka_unit_test(test_lines_on_terminals),
		cmocka_unit_test_setup_teardown(test_output_file, enter, leave),
		cmocka_unit_test_setup_teardown(test_output_file_errors, enter, leave),
		cmocka_unit_test_setup_teardown(test_recovery_data, enter, leave),
		cmocka_unit_test_setup_teardown(test_recovery_data_is_never_lost, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
