/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command is: the rows of the table that parsing, help, suggestions and completion read.
 * Everything here is constant data; the commands themselves are in cmd_<name>.c, the tree is in
 * commands.c (50 §1).
 */
#ifndef MR_CLI_COMMAND_H
#define MR_CLI_COMMAND_H

#include "base/arena.h"
#include "base/bytes.h"

enum {
	MR_COMMAND_DEPTH = 8, /* names of a command path, the program's included */
	MR_ANY_COUNT = -1,
};

enum mr_flag_type {
	MR_FLAG_BOOL,
	MR_FLAG_STRING,
	MR_FLAG_STRINGS, /* one CSV record an occurrence */
	MR_FLAG_INT,
	MR_FLAG_UINT,
};

struct mr_flag {
	const char *name;
	char shorthand; /* 0: none */
	enum mr_flag_type type;
	const char *initial; /* as it would be given on the command line; NULL: the zero value */
	/* Instead of `initial`: the value, or NULL if there is none, in memory of the arena. */
	const char *(*make_initial)(struct mr_arena *arena);
	const char *description;
	const char *deprecated; /* why not to use it any more; such a flag is hidden, too */
	const char *alias_of;   /* the flag that gets the value */
	const char *endings;    /* of the files that are meant, separated by one blank; NULL: any */
	bool hidden;
	bool required;
};

/* Rules between flags (50 §2.3 step 8). `names` are separated by one blank. */
enum mr_group_kind { MR_GROUP_TOGETHER, MR_GROUP_ONE_REQUIRED, MR_GROUP_EXCLUSIVE };

struct mr_flag_group {
	enum mr_group_kind kind;
	const char *names;
};

struct mr_cli;
struct mr_args;

struct mr_command {
	const char *name;
	const char *positionals;  /* as in the usage line; NULL: none */
	const char *summary;      /* one line, for the list of the group above */
	const char *description;  /* for help; NULL: the summary */
	const char *example;      /* NULL: none */
	int min_words, max_words; /* number of positionals; MR_ANY_COUNT: no maximum */
	bool hidden;
	bool raw;                    /* flags among its words are words, too */
	bool result_only;            /* standard output has its result or nothing (70 §21.2) */
	const struct mr_flag *flags; /* of this command alone */
	size_t flag_count;
	const struct mr_flag *persistent; /* of this command and all below it */
	size_t persistent_count;
	const struct mr_flag_group *groups;
	size_t group_count;
	const struct mr_command *const *commands; /* below it, in the order of help */
	size_t command_count;
	/* Looked at before required flags and groups; NULL: nothing to check. */
	mr_result (*precheck)(const struct mr_args *args, struct mr_error *err);
	/* NULL: the command is a group only. */
	mr_result (*run)(struct mr_cli *cli, struct mr_error *err);
};

#endif
