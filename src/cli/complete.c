/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/complete.h"

struct completion {
	struct mr_args args; /* the words before the one that is typed */
	const char *typed;
	bool descriptions;
	struct mr_buf *out;
};

static void put(struct completion *c, const char *name, const char *description)
{
	mr_buf_put_cstr(c->out, name);
	if (c->descriptions && description) {
		mr_buf_put_u8(c->out, '\t');
		mr_buf_put_cstr(c->out, description);
	}
	mr_buf_put_u8(c->out, '\n');
}

static bool begins(const char *name, const char *typed)
{
	return strncmp(name, typed, strlen(typed)) == 0;
}

/* --- flags --- */

static const struct mr_flag *by_long(const struct mr_args *args, struct mr_str name)
{
	for (size_t i = 0; i < args->value_count; i++) {
		if (mr_str_eq(mr_str_of(args->values[i].flag->name), name))
			return args->values[i].flag;
	}
	return NULL;
}

static const struct mr_flag *by_letter(const struct mr_args *args, char letter)
{
	for (size_t i = 0; i < args->value_count; i++) {
		if (args->values[i].flag->shorthand == letter)
			return args->values[i].flag;
	}
	return NULL;
}

/* The flag whose value the next word is; NULL if the token wants none. */
static const struct mr_flag *wants_value(const struct mr_args *args, const char *token)
{
	const struct mr_flag *flag;

	if (token[1] == '-') {
		flag = strchr(token, '=') ? NULL : by_long(args, mr_str_of(token + 2));
		return flag && flag->type != MR_FLAG_BOOL ? flag : NULL;
	}
	for (const char *letter = token + 1; *letter; letter++) {
		flag = by_letter(args, *letter);
		if (!flag || (flag->type != MR_FLAG_BOOL && letter[1] != '\0'))
			return NULL;
		if (flag->type != MR_FLAG_BOOL)
			return flag;
	}
	return NULL;
}

/* How the words before the cursor end. */
struct ending {
	const struct mr_flag *value_of; /* the word that is typed is this flag's value */
	bool after_dashes;              /* `--` has ended the flags */
	bool has_words;                 /* there are positionals */
};

static struct ending find_ending(const struct mr_args *args)
{
	struct ending e = { .value_of = NULL };

	for (size_t i = 0; i < args->token_count; i++) {
		const char *token = args->tokens[i];
		const struct mr_flag *flag;

		if (e.after_dashes || token[0] != '-' || token[1] == '\0') {
			e.has_words = true;
			continue;
		}
		if (strcmp(token, "--") == 0) {
			e.after_dashes = true;
			continue;
		}
		flag = wants_value(args, token);
		if (flag && ++i == args->token_count)
			e.value_of = flag;
	}
	return e;
}

static int complete_value(struct completion *c, const struct mr_flag *flag)
{
	struct mr_str endings = mr_str_of(flag->endings);

	if (!flag->endings)
		return 0;
	for (size_t from = 0; from < endings.len;) {
		size_t end = mr_str_find(endings, ' ', from);

		end = end == SIZE_MAX ? endings.len : end;
		mr_buf_put_str(c->out, mr_str_sub(endings, from, end));
		mr_buf_put_u8(c->out, '\n');
		from = end + 1;
	}
	return MR_COMPLETE_ENDINGS;
}

/* A list may be given again, anything else only once. */
static bool is_offered(const struct mr_flag_value *value)
{
	const struct mr_flag *flag = value->flag;

	return !flag->hidden && !flag->deprecated && !flag->alias_of &&
	       (!value->given || flag->type == MR_FLAG_STRINGS);
}

static int complete_flag(struct completion *c)
{
	for (size_t i = 0; i < c->args.value_count; i++) {
		const struct mr_flag *flag = c->args.values[i].flag;
		const char *about = flag == &mr_help_flag ? "help for the command"
							  : flag->description;
		char letter[3] = { '-', flag->shorthand, '\0' };

		if (!is_offered(&c->args.values[i]))
			continue;
		if (flag->shorthand && begins(letter, c->typed))
			put(c, letter, about);
		if (c->typed[1] == '\0' ||
			(c->typed[1] == '-' && begins(flag->name, c->typed + 2))) {
			mr_buf_put_cstr(c->out, "--");
			put(c, flag->name, about);
		}
	}
	return MR_COMPLETE_NO_FILES;
}

/* --- commands --- */

static int complete_command(struct completion *c, const struct mr_command *group)
{
	bool any = false;

	for (size_t i = 0; i < group->command_count; i++) {
		const struct mr_command *child = group->commands[i];

		if (child->hidden || !begins(child->name, c->typed))
			continue;
		put(c, child->name, child->summary);
		any = true;
	}
	/* a command that takes arguments, too, leaves those to the shell */
	return any || !group->run ? MR_COMPLETE_NO_FILES : 0;
}

/* `help` takes the names of commands. */
static int complete_help(struct completion *c, struct mr_error *err)
{
	MR_AUTO(args) struct mr_args topic = { .depth = 0 };
	const struct mr_args *args = &c->args;

	mr_args_init(&topic);
	if (mr_failed(mr_args_find(&topic, args->path[0], args->words, args->word_count, err)) ||
		topic.unknown || topic.token_count > 0)
		return MR_COMPLETE_NO_FILES;
	(void)complete_command(c, mr_args_command(&topic));
	return MR_COMPLETE_NO_FILES;
}

/* --- the whole --- */

static int complete_word(struct completion *c, struct mr_error *err)
{
	const struct mr_command *command = mr_args_command(&c->args);
	struct ending end = find_ending(&c->args);
	const char *equals = strchr(c->typed, '=');

	if (end.value_of)
		return complete_value(c, end.value_of);
	if (c->typed[0] == '-' && !end.after_dashes) {
		const struct mr_flag *flag;

		if (!equals || c->typed[1] != '-')
			return complete_flag(c);
		flag = by_long(
			&c->args, (struct mr_str){ c->typed + 2, (size_t)(equals - c->typed - 2) });
		return flag ? complete_value(c, flag) : 0;
	}
	if (c->args.depth == 2 && strcmp(command->name, "help") == 0)
		return complete_help(c, err);
	if (end.has_words || command->command_count == 0)
		return 0;
	return complete_command(c, command);
}

static mr_result complete(struct completion *c, const struct mr_command *root,
	const char *const *words, size_t count, struct mr_error *err)
{
	int directive = 0;

	MR_TRY(mr_args_find(&c->args, root, words, count - 1, err));
	c->typed = words[count - 1];
	if (!c->args.unknown) {
		/* what is wrong in front of the word is told when the line is run */
		(void)mr_failed(mr_args_parse(&c->args, err));
		directive = complete_word(c, err);
	}
	mr_buf_printf(c->out, ":%d\n", directive);
	return mr_buf_status(c->out, err);
}

mr_result mr_complete(const struct mr_command *root, const char *const *words, size_t count,
	bool descriptions, struct mr_buf *out, struct mr_error *err)
{
	struct completion c = { .descriptions = descriptions, .out = out };
	mr_result r;

	mr_args_init(&c.args);
	r = complete(&c, root, words, count, err);
	mr_args_done(&c.args);
	return r;
}
