/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "cli/args.h"
#include "cli/args_value.h"

enum { TEXT_MAX = 1024, GROUP_FLAGS = 16 };

/* --- positionals --- */

/* What looks like a command of a command that has none. */
static mr_result fail_word(const struct mr_args *args, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_buf_init(&text, TEXT_MAX);
	mr_args_put_quoted(&text, args->words[0]);
	mr_buf_put_cstr(&text, " for \"");
	mr_args_put_path(args, args->depth, &text);
	return mr_fail(
		err, MR_CODE_INVALID, "unknown command %.*s\"", MR_STR_ARGS(mr_buf_str(&text)));
}

mr_result mr_args_check_count(const struct mr_args *args, struct mr_error *err)
{
	const struct mr_command *command = mr_args_command(args);
	int count = (int)args->word_count;

	if (count >= command->min_words &&
		(command->max_words == MR_ANY_COUNT || count <= command->max_words))
		return MR_OK;
	if (command->max_words == 0)
		return fail_word(args, err);
	if (command->max_words == command->min_words)
		return mr_fail(err, MR_CODE_INVALID, "accepts %d arg(s), received %d",
			command->min_words, count);
	if (count < command->min_words)
		return mr_fail(err, MR_CODE_INVALID,
			"requires at least %d arg(s), only received %d", command->min_words, count);
	return mr_fail(err, MR_CODE_INVALID, "accepts at most %d arg(s), received %d",
		command->max_words, count);
}

/* --- required flags --- */

static mr_result check_required(const struct mr_args *args, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf missing = { 0 };

	mr_buf_init(&missing, TEXT_MAX);
	for (size_t i = 0; i < args->value_count; i++) {
		const struct mr_flag_value *value = &args->values[i];

		if (value->flag->required && !value->given)
			mr_buf_printf(
				&missing, "%s\"%s\"", missing.len ? ", " : "", value->flag->name);
	}
	MR_TRY(mr_buf_status(&missing, err));
	if (missing.len == 0)
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID, "required flag(s) %.*s not set",
		MR_STR_ARGS(mr_buf_str(&missing)));
}

/* --- rules between flags --- */

/* The flags of a group that are given, and those that are not; each sorted by name. */
struct tally {
	const char *given[GROUP_FLAGS], *missing[GROUP_FLAGS];
	size_t given_count, missing_count;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_named(struct mr_str names, struct mr_str name)
{
	for (size_t from = 0; from < names.len;) {
		size_t end = mr_str_find(names, ' ', from);

		end = end == SIZE_MAX ? names.len : end;
		if (mr_str_eq(mr_str_sub(names, from, end), name))
			return true;
		from = end + 1;
	}
	return false;
}

/* Flags that the command does not have do not count. */
static struct tally count_group(const struct mr_args *args, const struct mr_flag_group *group)
{
	struct tally t = { .given_count = 0 };

	for (size_t i = 0; i < args->value_count; i++) {
		const struct mr_flag_value *value = &args->values[i];
		const char *name = value->flag->name;

		if (!is_named(mr_str_of(group->names), mr_str_of(name)))
			continue;
		if (value->given && t.given_count < GROUP_FLAGS)
			t.given[t.given_count++] = name;
		else if (!value->given && t.missing_count < GROUP_FLAGS)
			t.missing[t.missing_count++] = name;
	}
	qsort(t.given, t.given_count, sizeof *t.given, by_text);
	qsort(t.missing, t.missing_count, sizeof *t.missing, by_text);
	return t;
}

static bool is_violated(const struct mr_args *args, const struct mr_flag_group *group)
{
	struct tally t = count_group(args, group);

	switch (group->kind) {
	case MR_GROUP_TOGETHER:
		return t.given_count > 0 && t.missing_count > 0;
	case MR_GROUP_ONE_REQUIRED:
		return t.given_count == 0;
	case MR_GROUP_EXCLUSIVE:
	default:
		return t.given_count > 1;
	}
}

static void put_names(struct mr_buf *out, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		mr_buf_printf(out, "%s%s", i > 0 ? " " : "", names[i]);
}

static mr_result fail_group(
	const struct mr_args *args, const struct mr_flag_group *group, struct mr_error *err)
{
	struct tally t = count_group(args, group);
	MR_AUTO(buf) struct mr_buf names = { 0 };

	mr_buf_init(&names, TEXT_MAX);
	switch (group->kind) {
	case MR_GROUP_TOGETHER:
		put_names(&names, t.missing, t.missing_count);
		return mr_fail(err, MR_CODE_INVALID,
			"if any flags in the group [%s] are set they must all be set; missing "
			"[%.*s]",
			group->names, MR_STR_ARGS(mr_buf_str(&names)));
	case MR_GROUP_ONE_REQUIRED:
		return mr_fail(err, MR_CODE_INVALID,
			"at least one of the flags in the group [%s] is required", group->names);
	case MR_GROUP_EXCLUSIVE:
	default:
		put_names(&names, t.given, t.given_count);
		return mr_fail(err, MR_CODE_INVALID,
			"if any flags in the group [%s] are set none of the others can be; "
			"[%.*s] were all set",
			group->names, MR_STR_ARGS(mr_buf_str(&names)));
	}
}

/* Of the violated groups of a kind the first by its text is the one that is named. */
static mr_result check_groups(
	const struct mr_args *args, enum mr_group_kind kind, struct mr_error *err)
{
	const struct mr_command *command = mr_args_command(args);
	const struct mr_flag_group *first = NULL;

	for (size_t i = 0; i < command->group_count; i++) {
		const struct mr_flag_group *group = &command->groups[i];

		if (group->kind != kind || !is_violated(args, group))
			continue;
		if (!first || strcmp(group->names, first->names) < 0)
			first = group;
	}
	return first ? fail_group(args, first, err) : MR_OK;
}

mr_result mr_args_check_flags(const struct mr_args *args, struct mr_error *err)
{
	MR_TRY(check_required(args, err));
	MR_TRY(check_groups(args, MR_GROUP_TOGETHER, err));
	MR_TRY(check_groups(args, MR_GROUP_ONE_REQUIRED, err));
	return check_groups(args, MR_GROUP_EXCLUSIVE, err);
}
