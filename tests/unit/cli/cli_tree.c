/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_test.h"

/* Shows what it was given. */
static mr_result run(struct mr_cli *cli, struct mr_error *err)
{
	const struct mr_args *args = cli->args;
	const struct mr_flag_value *list = mr_args_value(args, "list");
	const struct mr_flag_value *number = mr_args_value(args, "uint");
	const struct mr_flag_value *integer = mr_args_value(args, "int");

	mr_cli_say(cli, "%s text=%s switch=%d", mr_args_command(args)->name,
		mr_args_text(args, "text"), mr_args_bool(args, "switch"));
	for (size_t i = 0; list && i < list->item_count; i++)
		mr_out_printf(cli->out, "item=%s\n", list->items[i]);
	if (number && number->given)
		mr_out_printf(cli->out, "uint=%llu\n", (unsigned long long)number->number);
	if (integer && integer->given)
		mr_out_printf(cli->out, "int=%lld\n", (long long)integer->integer);
	for (size_t i = 0; i < args->word_count; i++)
		mr_out_printf(cli->out, "word=%s\n", mr_cli_word(cli, i));
	if (strcmp(mr_args_text(args, "text"), "fail") == 0)
		return mr_fail(err, MR_CODE_INVALID, "told to");
	return MR_OK;
}

static mr_result precheck(const struct mr_args *args, struct mr_error *err)
{
	if (strcmp(mr_args_text(args, "text"), "bad") == 0)
		return mr_fail(err, MR_CODE_INVALID, "text is bad");
	return MR_OK;
}

static const char *make_initial(struct mr_arena *arena)
{
	struct mr_error err;
	struct mr_str kept;

	return mr_failed(mr_arena_str(arena, MR_STR("a \"made\" one"), &kept, &err)) ? NULL
										     : kept.ptr;
}

static const struct mr_flag global_flags[] = {
	{ .name = "insecure", .shorthand = 'i', .type = MR_FLAG_BOOL, .description = "no checks" },
	{ .name = "text", .shorthand = 't', .type = MR_FLAG_STRING, .description = "a text" },
	{ .name = "made",
		.type = MR_FLAG_STRING,
		.make_initial = make_initial,
		.description = "worked out" },
};

static const struct mr_flag leaf_flags[] = {
	{ .name = "switch", .shorthand = 's', .type = MR_FLAG_BOOL, .description = "a switch" },
	{ .name = "on", .type = MR_FLAG_BOOL, .initial = "true", .description = "is on" },
	{ .name = "list",
		.shorthand = 'l',
		.type = MR_FLAG_STRINGS,
		.initial = "a,b",
		.description = "a list" },
	{ .name = "uint",
		.shorthand = 'u',
		.type = MR_FLAG_UINT,
		.initial = "60",
		.description = "a number" },
	{ .name = "int", .type = MR_FLAG_INT, .initial = "0", .description = "another number" },
	{ .name = "old",
		.type = MR_FLAG_STRING,
		.description = "an old text",
		.deprecated = "use --text" },
	{ .name = "secret", .type = MR_FLAG_BOOL, .description = "hidden", .hidden = true },
	{ .name = "also-list", .type = MR_FLAG_STRINGS, .alias_of = "list" },
};

static const struct mr_command leaf = {
	.name = "leaf",
	.positionals = "A [B]",
	.summary = "A leaf",
	.description = "A leaf of the tree.",
	.example = "  prog leaf a",
	.min_words = 1,
	.max_words = 2,
	.flags = leaf_flags,
	.flag_count = MR_COUNT(leaf_flags),
	.precheck = precheck,
	.run = run,
};

static const struct mr_flag strict_flags[] = {
	{ .name = "key", .shorthand = 'k', .type = MR_FLAG_STRING, .description = "k" },
	{ .name = "cert", .shorthand = 'c', .type = MR_FLAG_STRING, .description = "c" },
	{ .name = "token", .type = MR_FLAG_STRING, .description = "t" },
	{ .name = "need", .type = MR_FLAG_STRING, .required = true, .description = "n" },
	{ .name = "must", .type = MR_FLAG_STRING, .required = true, .description = "m" },
};

static const struct mr_flag_group strict_groups[] = {
	{ MR_GROUP_EXCLUSIVE, "token key" },
	{ MR_GROUP_EXCLUSIVE, "token cert" },
	{ MR_GROUP_ONE_REQUIRED, "token cert" },
	{ MR_GROUP_ONE_REQUIRED, "key token" },
	{ MR_GROUP_TOGETHER, "key cert" },
};

static const struct mr_command strict = {
	.name = "strict",
	.positionals = "FILE",
	.summary = "A leaf with rules",
	.min_words = 1,
	.max_words = 1,
	.flags = strict_flags,
	.flag_count = MR_COUNT(strict_flags),
	.groups = strict_groups,
	.group_count = MR_COUNT(strict_groups),
	.run = run,
};

static const struct mr_command none = { .name = "none", .summary = "Takes nothing", .run = run };

static const struct mr_command many = {
	.name = "many",
	.positionals = "NAME ...",
	.summary = "Takes many",
	.min_words = 2,
	.max_words = MR_ANY_COUNT,
	.run = run,
};

static const struct mr_command ghost = {
	.name = "ghost", .summary = "Hidden", .max_words = 1, .hidden = true, .run = run
};

/* In `group inner deep` a flag that other commands have with a value is a switch. */
static const struct mr_flag deep_flags[] = {
	{ .name = "missing", .type = MR_FLAG_BOOL, .description = "m" },
	{ .name = "switch",
		.shorthand = 's',
		.type = MR_FLAG_STRING,
		.description = "not the switch" },
	{ .name = "text", .type = MR_FLAG_STRING, .initial = "own", .description = "own text" },
};

static const struct mr_command deep = {
	.name = "deep",
	.summary = "A leaf far down",
	.max_words = 1,
	.flags = deep_flags,
	.flag_count = MR_COUNT(deep_flags),
	.run = run,
};

static const struct mr_command *const inner_commands[] = { &deep };
static const struct mr_command inner = {
	.name = "inner",
	.summary = "A group in a group",
	.commands = inner_commands,
	.command_count = MR_COUNT(inner_commands),
};

static const struct mr_flag group_flags[] = {
	{ .name = "shared", .type = MR_FLAG_STRING, .description = "of the group and below" },
};

static const struct mr_command *const group_commands[] = { &inner, &none };
static const struct mr_command group = {
	.name = "group",
	.summary = "A group",
	.persistent = group_flags,
	.persistent_count = MR_COUNT(group_flags),
	.commands = group_commands,
	.command_count = MR_COUNT(group_commands),
};

static const struct mr_command *const both_commands[] = { &none, &ghost };
static const struct mr_command both = {
	.name = "both-a-command-and-a-group",
	.positionals = "FILE",
	.summary = "Runs, and has commands",
	.min_words = 1,
	.max_words = 1,
	.commands = both_commands,
	.command_count = MR_COUNT(both_commands),
	.run = run,
};

static const struct mr_command help = {
	.name = "help", .summary = "Help", .max_words = MR_ANY_COUNT, .run = run
};

static const struct mr_command *const commands[] = { &leaf, &strict, &none, &many, &group, &both,
	&ghost, &help };

const struct mr_command cli_test_tree = {
	.name = "prog",
	.summary = "A program",
	.persistent = global_flags,
	.persistent_count = MR_COUNT(global_flags),
	.commands = commands,
	.command_count = MR_COUNT(commands),
};
