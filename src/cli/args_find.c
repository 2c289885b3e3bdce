/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"

/*
 * Flags may stand in front of the command's name, whose words have to be told from the values of
 * those flags before it is known which flags the command has. So the whole tree is asked.
 */

/* What is known of a flag before its command is: does it take the next word? */
enum kind { KIND_UNKNOWN, KIND_SWITCH, KIND_VALUE };

struct search {
	struct mr_str name; /* empty: by shorthand */
	char shorthand;
	enum kind kind;
};

static bool is_wanted(const struct search *s, const struct mr_flag *flag)
{
	if (s->name.len > 0)
		return mr_str_eq(mr_str_of(flag->name), s->name);
	return flag->shorthand != 0 && flag->shorthand == s->shorthand;
}

static enum kind kind_of(const struct mr_flag *flag)
{
	return flag->type == MR_FLAG_BOOL ? KIND_SWITCH : KIND_VALUE;
}

static bool visit(void *context, const struct mr_flag *flag, bool own)
{
	struct search *s = context;

	(void)own;
	if (!is_wanted(s, flag))
		return true;
	s->kind = kind_of(flag);
	return false;
}

/* Where commands differ about a flag it takes a value: so do the command lines in use. */
static void search_flags(struct search *s, const struct mr_flag *flags, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (is_wanted(s, &flags[i]) && s->kind != KIND_VALUE)
			s->kind = kind_of(&flags[i]);
	}
}

static void search_tree(struct search *s, const struct mr_command *command)
{
	search_flags(s, command->flags, command->flag_count);
	search_flags(s, command->persistent, command->persistent_count);
	for (size_t i = 0; i < command->command_count; i++)
		search_tree(s, command->commands[i]);
}

/* The command at hand knows best; a flag that nobody knows takes nothing, so that the error will be
 * about the flag and not about the word behind it. */
static enum kind look_up(const struct mr_args *args, struct search s)
{
	mr_args_each_flag(args->path, args->depth, visit, &s);
	if (s.kind == KIND_UNKNOWN)
		search_tree(&s, args->path[0]);
	return s.kind;
}

/* `-abc`: the first flag with a value takes the rest, or the next word if there is none. */
static bool shorthands_take_next(const struct mr_args *args, const char *letters)
{
	for (; *letters && *letters != '='; letters++) {
		switch (look_up(args, (struct search){ .shorthand = *letters })) {
		case KIND_VALUE:
			return letters[1] == '\0';
		case KIND_SWITCH:
			break;
		default:
			return false;
		}
	}
	return false;
}

static bool takes_next(const struct mr_args *args, const char *token)
{
	if (token[1] != '-')
		return shorthands_take_next(args, token + 1);
	if (strchr(token, '='))
		return false;
	return look_up(args, (struct search){ .name = mr_str_of(token + 2) }) == KIND_VALUE;
}

static const struct mr_command *child_of(const struct mr_command *command, const char *name)
{
	for (size_t i = 0; i < command->command_count; i++) {
		if (strcmp(command->commands[i]->name, name) == 0)
			return command->commands[i];
	}
	return NULL;
}

/* A word while the command is still looked for; false: the search is over. */
static bool descend(struct mr_args *args, const char *word)
{
	const struct mr_command *child = child_of(mr_args_command(args), word);

	if (child && args->depth < MR_COMMAND_DEPTH) {
		args->path[args->depth++] = child;
		return true;
	}
	if (args->depth == 1)
		args->unknown = word;
	return false;
}

mr_result mr_args_find(struct mr_args *args, const struct mr_command *root, const char *const *argv,
	size_t count, struct mr_error *err)
{
	bool finding = true;

	args->path[0] = root;
	args->depth = 1;
	args->tokens = mr_arena_array(&args->arena, count + 1, sizeof *args->tokens);
	if (!args->tokens)
		return mr_arena_fail(&args->arena, err);
	for (size_t i = 0; i < count; i++) {
		const char *token = argv[i];
		bool flag = token[0] == '-' && token[1] != '\0';

		if (finding && !flag) {
			finding = descend(args, token);
			if (finding)
				continue;
		}
		finding = finding && strcmp(token, "--") != 0;
		args->tokens[args->token_count++] = token;
		if (finding && flag && i + 1 < count && takes_next(args, token))
			args->tokens[args->token_count++] = argv[++i];
	}
	return MR_OK;
}
