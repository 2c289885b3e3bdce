/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of the command line tool: a folder of one's own, runs of the program in this process
 * with both streams caught, and a small command tree that has every kind of flag and rule.
 */
#ifndef MR_TESTS_CLI_CLI_TEST_H
#define MR_TESTS_CLI_CLI_TEST_H

#include "cli/cli.h"

/* The tree: `prog` with the groups `group`, `group inner`, a runnable group, and leaves. */
extern const struct mr_command cli_test_tree;

struct cli_test_run {
	int status;
	struct mr_buf out, err; /* NUL-terminated, the NUL does not count */
};

/* Runs with the words of `line`, which are separated by one blank; `''` is an empty word. */
void cli_test_run(struct cli_test_run *ret, const struct mr_command *root, const char *line);
void cli_test_run_done(struct cli_test_run *run);
/* Splits in the same way; the array and the words belong to the caller's arena. */
const char *const *cli_test_words(struct mr_arena *arena, const char *line, size_t *ret_count);
/* Runs, and asserts the exit status and both streams. A text that ends with `...` is a beginning. */
void cli_test_expect(const struct mr_command *root, const char *line, int status, const char *out,
	const char *err);

/* A new folder that becomes the working directory and HOME; removed with all that is in it. */
void cli_test_enter_folder(void);
void cli_test_leave_folder(void);
void cli_test_write(const char *path, const char *text);
/* Asserts that a file has this text and (unless 0) this mode. */
void cli_test_check_file(const char *path, const char *text, unsigned mode);
bool cli_test_exists(const char *path);

#endif
