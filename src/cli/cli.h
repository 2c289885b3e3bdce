/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program around its commands: finds, parses and checks in the order of 50 §2.3, runs the
 * command, and turns what happened into output and an exit status. Commands see struct mr_cli.
 */
#ifndef MR_CLI_CLI_H
#define MR_CLI_CLI_H

#include "cli/args.h"
#include "cli/out.h"

/* What a running command has. */
struct mr_cli {
	const struct mr_args *args;
	const struct mr_command *root;
	struct mr_out *out; /* standard output: results */
	struct mr_out *err; /* standard error */
	/* Progress and remarks: standard output, too, or standard error once the command has said with
	 * mr_cli_keep_out_clean that its result alone belongs there (`-o -`). */
	struct mr_out *messages;
};

/* Runs the command that `argv` (without the program's name) asks for; returns the exit status: 0 on
 * success and for help, 1 on any error, and when output was lost. */
int mr_cli_run(const struct mr_command *root, const char *const *argv, size_t count,
	struct mr_out *out, struct mr_out *err);

/* A positional, by its number. */
const char *mr_cli_word(const struct mr_cli *cli, size_t index);
/* A line of progress, with LF added. */
MR_PRINTF(2, 3) void mr_cli_say(struct mr_cli *cli, const char *format, ...);
/* A line on standard error that begins `Warning: `. */
MR_PRINTF(2, 3) void mr_cli_warn(struct mr_cli *cli, const char *format, ...);
/* Messages go to standard error from now on. */
void mr_cli_keep_out_clean(struct mr_cli *cli);

#endif
