/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What could come next on a command line, for the scripts of shells that call back (50 §13): words
 * before the cursor go in, candidates and a directive come out. The scripts are in
 * completion_script.h.
 */
#ifndef MR_CLI_COMPLETE_H
#define MR_CLI_COMPLETE_H

#include "cli/args.h"

/* Bits of the directive; 0 is the shell's own completion of files. */
enum {
	MR_COMPLETE_NO_FILES = 4,
	MR_COMPLETE_ENDINGS = 8, /* the candidates are endings of files */
};

/* Appends the candidates for the last of `words` (at least one, without the program's name), a line
 * each: the name, with TAB and description if these are wanted; then `:<directive>`. A command line
 * that makes no sense gets none. Fails for want of memory only. */
MR_MUST_USE mr_result mr_complete(const struct mr_command *root, const char *const *words,
	size_t count, bool descriptions, struct mr_buf *out, struct mr_error *err);

#endif
