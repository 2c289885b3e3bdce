/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"

#include "cli/args_value.h"

/* A command line is bounded by the kernel; lists in flags take a small multiple of it. */
#define ARENA_LIMIT ((size_t)64 << 20)

const struct mr_flag mr_help_flag = {
	.name = "help", .shorthand = 'h', .type = MR_FLAG_BOOL, .description = NULL
};

void mr_args_init(struct mr_args *args)
{
	*args = (struct mr_args){ .depth = 0 };
	mr_arena_init(&args->arena, ARENA_LIMIT);
}

void mr_args_done(struct mr_args *args)
{
	mr_arena_done(&args->arena);
	*args = (struct mr_args){ .depth = 0 };
}

const struct mr_command *mr_args_command(const struct mr_args *args)
{
	return args->path[args->depth - 1];
}

void mr_args_put_path(const struct mr_args *args, size_t depth, struct mr_buf *out)
{
	for (size_t i = 0; i < depth; i++) {
		if (i > 0)
			mr_buf_put_u8(out, ' ');
		mr_buf_put_cstr(out, args->path[i]->name);
	}
}

static bool each_of(const struct mr_flag *flags, size_t count, bool own,
	bool (*visit)(void *context, const struct mr_flag *flag, bool own), void *context)
{
	for (size_t i = 0; i < count; i++) {
		if (!visit(context, &flags[i], own))
			return false;
	}
	return true;
}

void mr_args_each_flag(const struct mr_command *const *path, size_t depth,
	bool (*visit)(void *context, const struct mr_flag *flag, bool own), void *context)
{
	const struct mr_command *command = path[depth - 1];

	if (!each_of(command->flags, command->flag_count, true, visit, context) ||
		!each_of(&mr_help_flag, 1, true, visit, context))
		return;
	for (size_t i = depth; i-- > 0;) {
		if (!each_of(path[i]->persistent, path[i]->persistent_count, i + 1 == depth, visit,
			    context))
			return;
	}
}

struct mr_flag_value *mr_args_value(const struct mr_args *args, const char *name)
{
	for (size_t i = 0; i < args->value_count; i++) {
		if (strcmp(args->values[i].flag->name, name) == 0)
			return &args->values[i];
	}
	return NULL;
}

bool mr_args_bool(const struct mr_args *args, const char *name)
{
	const struct mr_flag_value *value = mr_args_value(args, name);

	return value && value->boolean;
}

bool mr_args_given(const struct mr_args *args, const char *name)
{
	const struct mr_flag_value *value = mr_args_value(args, name);

	return value && value->given;
}

const char *mr_args_text(const struct mr_args *args, const char *name)
{
	const struct mr_flag_value *value = mr_args_value(args, name);

	return value && value->text ? value->text : "";
}
