/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli_test.h"

#define STREAM_MAX ((size_t)16 << 20)

/* --- running --- */

const char *const *cli_test_words(struct mr_arena *arena, const char *line, size_t *ret_count)
{
	const char **words = mr_arena_array(arena, strlen(line) + 1, sizeof *words);
	size_t count = 0;

	assert_non_null(words);
	while (*line) {
		size_t len = strcspn(line, " ");
		struct mr_str word = { line, len }, kept;
		struct mr_error err;

		if (mr_str_eq(word, MR_STR("''")))
			word.len = 0;
		assert_false(mr_failed(mr_arena_str(arena, word, &kept, &err)));
		words[count++] = kept.ptr;
		line += len + (line[len] == ' ');
	}
	*ret_count = count;
	return words;
}

/* A stream that takes everything without a reader. */
static int make_stream(void)
{
	FILE *file = tmpfile();
	int fd;

	assert_non_null(file);
	fd = dup(fileno(file));
	assert_true(fd >= 0);
	assert_int_equal(fclose(file), 0);
	return fd;
}

static void read_stream(int fd, struct mr_buf *out)
{
	char path[64];
	struct mr_error err;

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	mr_buf_init(out, STREAM_MAX);
	assert_false(mr_failed(mr_file_read(path, out, &err)));
	mr_buf_put_u8(out, 0);
	out->len--;
	assert_int_equal(close(fd), 0);
}

void cli_test_run(struct cli_test_run *ret, const struct mr_command *root, const char *line)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_out out = mr_out_of(make_stream()), err = mr_out_of(make_stream());
	const char *const *words;
	size_t count;

	mr_arena_init(&arena, 1 << 20);
	words = cli_test_words(&arena, line, &count);
	ret->status = mr_cli_run(root, words, count, &out, &err);
	read_stream(out.fd, &ret->out);
	read_stream(err.fd, &ret->err);
}

void cli_test_run_done(struct cli_test_run *run)
{
	mr_buf_done(&run->out);
	mr_buf_done(&run->err);
}

static void check_text(
	const char *line, const char *what, const struct mr_buf *got, const char *want)
{
	struct mr_str text = mr_buf_str(got), expected = mr_str_of(want), dots = MR_STR("...");
	bool good = mr_str_eq(text, expected);

	if (!good && mr_str_ends(expected, dots))
		good = mr_str_starts(text, mr_str_sub(expected, 0, expected.len - dots.len));
	if (!good)
		fail_msg("%s\n--- %s\n%s--- want\n%s", line, what, (const char *)got->data, want);
}

void cli_test_expect(const struct mr_command *root, const char *line, int status, const char *out,
	const char *err)
{
	struct cli_test_run run;

	cli_test_run(&run, root, line);
	check_text(line, "stderr", &run.err, err);
	check_text(line, "stdout", &run.out, out);
	if (run.status != status)
		fail_msg("%s: exit %d, want %d", line, run.status, status);
	cli_test_run_done(&run);
}

/* --- files --- */

static char folder[64];
static int home = -1;

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void cli_test_enter_folder(void)
{
	(void)snprintf(folder, sizeof folder, "/tmp/cli-test-XXXXXX");
	home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(home >= 0);
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(setenv("HOME", folder, 1), 0);
	assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
	(void)umask(022);
}

void cli_test_leave_folder(void)
{
	assert_int_equal(fchdir(home), 0);
	mr_fd_close(&home);
	assert_int_equal(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void cli_test_write(const char *path, const char *text)
{
	struct mr_error err;

	assert_false(mr_failed(mr_file_write(path, mr_str_bytes(mr_str_of(text)), 0600, &err)));
}

void cli_test_check_file(const char *path, const char *text, unsigned mode)
{
	MR_AUTO(buf) struct mr_buf content = { 0 };
	struct mr_error err;
	struct stat st;

	mr_buf_init(&content, STREAM_MAX);
	if (mr_failed(mr_file_read(path, &content, &err)))
		fail_msg("%s", err.message);
	if (!mr_str_eq(mr_buf_str(&content), mr_str_of(text)))
		fail_msg("%s holds %.*s, want %s", path, MR_STR_ARGS(mr_buf_str(&content)), text);
	assert_int_equal(stat(path, &st), 0);
	if (mode)
		assert_int_equal(st.st_mode & 0777, mode);
}

bool cli_test_exists(const char *path)
{
	return access(path, F_OK) == 0;
}
