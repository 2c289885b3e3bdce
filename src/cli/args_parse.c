/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "cli/args.h"
#include "cli/args_value.h"

enum { FLAG_TEXT_MAX = 1024 };

/* --- the flags of the command --- */

static bool count_flag(void *context, const struct mr_flag *flag, bool own)
{
	(void)flag;
	(void)own;
	++*(size_t *)context;
	return true;
}

/* A flag of the command hides one of the same name above it. */
static bool add_flag(void *context, const struct mr_flag *flag, bool own)
{
	struct mr_args *args = context;

	if (!mr_args_value(args, flag->name))
		args->values[args->value_count++] = (struct mr_flag_value){ .flag = flag,
			.own = own };
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct mr_flag_value *left = a, *right = b;

	return strcmp(left->flag->name, right->flag->name);
}

/* An initial value goes the way of a given one. */
static mr_result set_initial(
	struct mr_args *args, struct mr_flag_value *value, struct mr_error *err)
{
	const struct mr_flag *flag = value->flag;
	const char *text = flag->make_initial ? flag->make_initial(&args->arena) : flag->initial;

	return text ? mr_args_set_value(value, text, true, &args->arena, err) : MR_OK;
}

/* What the command knows, itself and from above; room for all words is made here, too. */
static mr_result collect_flags(struct mr_args *args, struct mr_error *err)
{
	size_t count = 0;

	mr_args_each_flag(args->path, args->depth, count_flag, &count);
	args->values = mr_arena_array(&args->arena, count, sizeof *args->values);
	args->words = mr_arena_array(&args->arena, args->token_count + 1, sizeof *args->words);
	if (!args->values || !args->words)
		return mr_arena_fail(&args->arena, err);
	mr_args_each_flag(args->path, args->depth, add_flag, args);
	qsort(args->values, args->value_count, sizeof *args->values, by_name);
	for (size_t i = 0; i < args->value_count; i++)
		MR_TRY(set_initial(args, &args->values[i], err));
	return MR_OK;
}

static struct mr_flag_value *find_long(const struct mr_args *args, struct mr_str name)
{
	for (size_t i = 0; i < args->value_count; i++) {
		if (mr_str_eq(mr_str_of(args->values[i].flag->name), name))
			return &args->values[i];
	}
	return NULL;
}

static struct mr_flag_value *find_short(const struct mr_args *args, char letter)
{
	for (size_t i = 0; i < args->value_count; i++) {
		if (args->values[i].flag->shorthand == letter)
			return &args->values[i];
	}
	return NULL;
}

/* --- values --- */

/* `invalid argument "x" for "-n, --name" flag: <cause>` */
static mr_result fail_value(
	const struct mr_flag *flag, const char *text, mr_result r, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf quoted = { 0 };
	char letter[8] = "";

	mr_buf_init(&quoted, FLAG_TEXT_MAX);
	mr_args_put_quoted(&quoted, text);
	if (flag->shorthand) {
		letter[0] = '-';
		letter[1] = flag->shorthand;
		memcpy(letter + 2, ", ", 3);
	}
	return mr_wrap(err, r, "invalid argument %.*s for \"%s--%s\" flag",
		MR_STR_ARGS(mr_buf_str(&quoted)), letter, flag->name);
}

/* One occurrence. A second one replaces a scalar and adds to a list. */
static mr_result set_flag(
	struct mr_args *args, struct mr_flag_value *value, const char *text, struct mr_error *err)
{
	const struct mr_flag *flag = value->flag;
	mr_result r;

	if (flag->alias_of) {
		value->given = true; /* by this name */
		value = mr_args_value(args, flag->alias_of);
	}
	r = mr_args_set_value(value, text, !value->given, &args->arena, err);
	if (mr_failed(r))
		return fail_value(flag, text, r, err);
	value->given = true;
	return MR_OK;
}

/* --- the grammar --- */

/* `--name`, `--name=value`, `--name value`; *at is moved over a value that follows. */
static mr_result parse_long(struct mr_args *args, size_t *at, struct mr_error *err)
{
	const char *token = args->tokens[*at], *name = token + 2;
	const char *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	struct mr_flag_value *value;

	if (len == 0 || name[0] == '-')
		return mr_fail(err, MR_CODE_INVALID, "bad flag syntax: %s", token);
	value = find_long(args, (struct mr_str){ name, len });
	if (!value)
		return mr_fail(err, MR_CODE_INVALID, "unknown flag: --%.*s", (int)len, name);
	if (equals)
		return set_flag(args, value, equals + 1, err);
	if (value->flag->type == MR_FLAG_BOOL)
		return set_flag(args, value, "true", err);
	if (*at + 1 >= args->token_count)
		return mr_fail(err, MR_CODE_INVALID, "flag needs an argument: %s", token);
	return set_flag(args, value, args->tokens[++*at], err);
}

static mr_result fail_letter(const char *letters, struct mr_error *err)
{
	char shown[8] = { letters[0] };

	if (letters[0] < 0x20 || letters[0] == 0x7F) {
		static const char digits[] = "0123456789abcdef";
		unsigned char c = (unsigned char)letters[0];

		memcpy(shown, "\\x", 3);
		shown[2] = digits[c >> 4];
		shown[3] = digits[c & 15];
	}
	return mr_fail(err, MR_CODE_INVALID, "unknown shorthand flag: '%s' in -%s", shown, letters);
}

/* `-k value`, `-kvalue`, `-k=value`, and booleans in one word: `-su`, `-suk value`. */
static mr_result parse_short(struct mr_args *args, size_t *at, struct mr_error *err)
{
	for (const char *letters = args->tokens[*at] + 1; *letters; letters++) {
		struct mr_flag_value *value = find_short(args, *letters);

		if (!value)
			return fail_letter(letters, err);
		if (letters[1] == '=')
			return set_flag(args, value, letters + 2, err);
		if (value->flag->type == MR_FLAG_BOOL) {
			MR_TRY(set_flag(args, value, "true", err));
			continue;
		}
		if (letters[1] != '\0')
			return set_flag(args, value, letters + 1, err);
		if (*at + 1 >= args->token_count)
			return mr_fail(err, MR_CODE_INVALID, "flag needs an argument: '%c' in -%s",
				*letters, letters);
		return set_flag(args, value, args->tokens[++*at], err);
	}
	return MR_OK;
}

mr_result mr_args_parse(struct mr_args *args, struct mr_error *err)
{
	bool flags = !mr_args_command(args)->raw;

	MR_TRY(collect_flags(args, err));
	for (size_t at = 0; at < args->token_count; at++) {
		const char *token = args->tokens[at];

		if (!flags || token[0] != '-' || token[1] == '\0') {
			args->words[args->word_count++] = token;
			continue;
		}
		if (strcmp(token, "--") == 0)
			flags = false;
		else if (token[1] == '-')
			MR_TRY(parse_long(args, &at, err));
		else
			MR_TRY(parse_short(args, &at, err));
	}
	return MR_OK;
}
