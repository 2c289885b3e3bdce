/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line after pflag's grammar (50 §2.2): which command, its flags, its positionals.
 * What comes of it is asked for by a flag's long name; nothing is printed here.
 */
#ifndef MR_CLI_ARGS_H
#define MR_CLI_ARGS_H

#include "cli/command.h"

/* One flag that the command knows, with what the command line says. */
struct mr_flag_value {
	const struct mr_flag *flag;
	bool own;   /* of the command itself, not of one above it */
	bool given; /* on the command line */
	bool boolean;
	int64_t integer;
	uint64_t number;
	const char *text;
	const char **items; /* MR_FLAG_STRINGS */
	size_t item_count;
};

struct mr_args {
	struct mr_arena arena;
	const struct mr_command *path[MR_COMMAND_DEPTH]; /* from the program down */
	size_t depth;
	const char **tokens; /* what is left for the flags' grammar: all words but the path's */
	size_t token_count;
	const char *unknown;          /* a word that should have been a command; NULL: none */
	struct mr_flag_value *values; /* sorted by long name */
	size_t value_count;
	const char **words; /* positionals */
	size_t word_count;
};

void mr_args_init(struct mr_args *args);
void mr_args_done(struct mr_args *args);

/* Finds the command that the words name. Flags before it are told apart by what the whole tree
 * knows of them. `argv` without the program's name; borrowed, as everything in `args`. Fails for
 * want of memory only; an unknown first word is in args->unknown. */
MR_MUST_USE mr_result mr_args_find(struct mr_args *args, const struct mr_command *root,
	const char *const *argv, size_t count, struct mr_error *err);
/* Parses flags and positionals of the command found. Errors with the texts of 50 §2.3. */
MR_MUST_USE mr_result mr_args_parse(struct mr_args *args, struct mr_error *err);
/* Step 5 of 50 §2.3: the number of positionals. */
MR_MUST_USE mr_result mr_args_check_count(const struct mr_args *args, struct mr_error *err);
/* Steps 7 and 8: required flags, then the rules between flags. */
MR_MUST_USE mr_result mr_args_check_flags(const struct mr_args *args, struct mr_error *err);

const struct mr_command *mr_args_command(const struct mr_args *args);
/* Appends `marblerun manifest get`, the first `depth` names of the path. */
void mr_args_put_path(const struct mr_args *args, size_t depth, struct mr_buf *out);

/* A flag by its long name; NULL if the command has none such. */
struct mr_flag_value *mr_args_value(const struct mr_args *args, const char *name);
/* Values by long name; a flag that the command does not have is false, 0 or "". */
bool mr_args_bool(const struct mr_args *args, const char *name);
bool mr_args_given(const struct mr_args *args, const char *name);
const char *mr_args_text(const struct mr_args *args, const char *name);

/* The flags that a command path knows: used by find, parse and help alike. Calls `visit` for the
 * flags of the last command of the path, then for those it inherits; ends when that returns false.
 */
void mr_args_each_flag(const struct mr_command *const *path, size_t depth,
	bool (*visit)(void *context, const struct mr_flag *flag, bool own), void *context);
/* `-h, --help`, which every command has. */
extern const struct mr_flag mr_help_flag;

MR_DEFINE_AUTO(args, struct mr_args, mr_args_done)

#endif
