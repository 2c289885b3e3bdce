/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include "cli/args_value.h"

enum { NAME_WIDTH = 11, COLUMN_MAX = 128 };

/* --- commands --- */

static bool has_commands(const struct mr_command *command)
{
	for (size_t i = 0; i < command->command_count; i++) {
		if (!command->commands[i]->hidden)
			return true;
	}
	return false;
}

static void put_usage_lines(const struct mr_args *args, struct mr_buf *out)
{
	const struct mr_command *command = mr_args_command(args);

	mr_buf_put_cstr(out, "Usage:\n");
	if (command->run) {
		mr_buf_put_cstr(out, "  ");
		mr_args_put_path(args, args->depth, out);
		if (command->positionals)
			mr_buf_printf(out, " %s", command->positionals);
		mr_buf_put_cstr(out, " [flags]\n");
	}
	if (has_commands(command)) {
		mr_buf_put_cstr(out, "  ");
		mr_args_put_path(args, args->depth, out);
		mr_buf_put_cstr(out, " [command]\n");
	}
}

static void put_commands(const struct mr_command *command, struct mr_buf *out)
{
	size_t width = NAME_WIDTH;

	for (size_t i = 0; i < command->command_count; i++) {
		size_t len = strlen(command->commands[i]->name);

		if (!command->commands[i]->hidden && len > width)
			width = len;
	}
	mr_buf_put_cstr(out, "\nAvailable Commands:\n");
	for (size_t i = 0; i < command->command_count; i++) {
		const struct mr_command *child = command->commands[i];

		if (!child->hidden)
			mr_buf_printf(out, "  %-*s %s\n", (int)width, child->name, child->summary);
	}
}

/* --- flags --- */

static bool is_shown(const struct mr_flag *flag)
{
	return !flag->hidden && !flag->deprecated && !flag->alias_of;
}

static const char *type_word(enum mr_flag_type type)
{
	switch (type) {
	case MR_FLAG_STRING:
		return " string";
	case MR_FLAG_STRINGS:
		return " strings";
	case MR_FLAG_INT:
		return " int";
	case MR_FLAG_UINT:
		return " uint";
	case MR_FLAG_BOOL:
	default:
		return "";
	}
}

/* `  -o, --output string`; *out is emptied before. */
static void put_column(const struct mr_flag *flag, struct mr_buf *out)
{
	mr_buf_clear(out);
	if (flag->shorthand)
		mr_buf_printf(out, "  -%c, --%s", flag->shorthand, flag->name);
	else
		mr_buf_printf(out, "      --%s", flag->name);
	mr_buf_put_cstr(out, type_word(flag->type));
}

/* A default that needs no mention. */
static bool is_zero(const struct mr_flag *flag, const char *initial)
{
	if (!initial || *initial == '\0')
		return true;
	if (flag->type == MR_FLAG_BOOL)
		return strcmp(initial, "false") == 0;
	return flag->type != MR_FLAG_STRING && strcmp(initial, "0") == 0;
}

static void put_default(struct mr_args *args, const struct mr_flag *flag, struct mr_buf *out)
{
	const char *initial = flag->make_initial ? flag->make_initial(&args->arena) : flag->initial;

	if (is_zero(flag, initial))
		return;
	mr_buf_put_cstr(out, " (default ");
	if (flag->type == MR_FLAG_STRING)
		mr_args_put_quoted(out, initial);
	else if (flag->type == MR_FLAG_STRINGS)
		mr_buf_printf(out, "[%s]", initial);
	else
		mr_buf_put_cstr(out, initial);
	mr_buf_put_u8(out, ')');
}

/* Of the widest column among the flags shown; 0: there are none. */
static size_t column_width(const struct mr_args *args, bool own)
{
	MR_AUTO(buf) struct mr_buf column = { 0 };
	size_t width = 0;

	mr_buf_init(&column, COLUMN_MAX);
	for (size_t i = 0; i < args->value_count; i++) {
		if (args->values[i].own != own || !is_shown(args->values[i].flag))
			continue;
		put_column(args->values[i].flag, &column);
		width = column.len > width ? column.len : width;
	}
	return width;
}

/* The flags of the command itself, or those that it inherits. */
static void put_flags(struct mr_args *args, bool own, const char *title, struct mr_buf *out)
{
	size_t width = column_width(args, own);
	MR_AUTO(buf) struct mr_buf column = { 0 };

	mr_buf_init(&column, COLUMN_MAX);
	if (width == 0)
		return;
	mr_buf_printf(out, "\n%s:\n", title);
	for (size_t i = 0; i < args->value_count; i++) {
		const struct mr_flag *flag = args->values[i].flag;

		if (args->values[i].own != own || !is_shown(flag))
			continue;
		put_column(flag, &column);
		mr_buf_put_bytes(out, mr_buf_bytes(&column));
		mr_buf_printf(out, "%*s", (int)(width - column.len + 3), "");
		if (flag == &mr_help_flag)
			mr_buf_printf(out, "help for %s", mr_args_command(args)->name);
		else
			mr_buf_put_cstr(out, flag->description);
		put_default(args, flag, out);
		mr_buf_put_u8(out, '\n');
	}
}

/* --- the whole --- */

void mr_help_put_usage(struct mr_args *args, struct mr_buf *out)
{
	const struct mr_command *command = mr_args_command(args);

	put_usage_lines(args, out);
	if (command->example)
		mr_buf_printf(out, "\nExamples:\n%s\n", command->example);
	if (has_commands(command))
		put_commands(command, out);
	put_flags(args, true, "Flags", out);
	put_flags(args, false, "Global Flags", out);
	if (has_commands(command)) {
		mr_buf_put_cstr(out, "\nUse \"");
		mr_args_put_path(args, args->depth, out);
		mr_buf_put_cstr(out, " [command] --help\" for more information about a command.\n");
	}
}

void mr_help_put(struct mr_args *args, struct mr_buf *out)
{
	const struct mr_command *command = mr_args_command(args);

	mr_buf_printf(
		out, "%s\n\n", command->description ? command->description : command->summary);
	mr_help_put_usage(args, out);
}
