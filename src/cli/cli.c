/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <stdio.h>

#include "cli/args_value.h"
#include "cli/help.h"
#include "cli/suggest.h"

/* More than all help texts together. */
#define HELP_MAX ((size_t)1 << 20)

/* --- what commands use --- */

const char *mr_cli_word(const struct mr_cli *cli, size_t index)
{
	return index < cli->args->word_count ? cli->args->words[index] : "";
}

MR_PRINTF(3, 0)
static void put_message(struct mr_out *out, const char *prefix, const char *format, va_list args)
{
	char text[MR_ERROR_MAX];

	(void)vsnprintf(text, sizeof text, format, args);
	mr_out_printf(out, "%s%s\n", prefix, text);
}

void mr_cli_say(struct mr_cli *cli, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_message(cli->messages, "", format, args);
	va_end(args);
}

void mr_cli_warn(struct mr_cli *cli, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_message(cli->err, "Warning: ", format, args);
	va_end(args);
}

void mr_cli_keep_out_clean(struct mr_cli *cli)
{
	cli->messages = cli->err;
}

/* --- errors and help --- */

static void put_error(struct mr_cli *cli, const struct mr_error *err)
{
	char line[MR_ERROR_MAX + 16];

	(void)snprintf(line, sizeof line, "Error: %s", err->message);
	mr_out_put_line(cli->err, mr_str_of(line));
}

static void show_help(struct mr_cli *cli, struct mr_args *args)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_buf_init(&text, HELP_MAX);
	mr_help_put(args, &text);
	mr_out_put(cli->out, mr_buf_bytes(&text));
}

/* Behind an error of steps 2 and 5; the error itself is on the other stream, unless programs read the result. */
static void show_usage(struct mr_cli *cli, struct mr_args *args)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_buf_init(&text, HELP_MAX);
	mr_help_put_usage(args, &text);
	mr_buf_put_u8(&text, '\n');
	mr_out_put(mr_args_command(args)->result_only ? cli->err : cli->out, mr_buf_bytes(&text));
}

/* In the order of help, below an empty line and above one. */
static void put_suggestions(const struct mr_command *command, const char *word, struct mr_buf *out)
{
	bool any = false;

	for (size_t i = 0; i < command->command_count; i++) {
		if (!mr_suggest_fits(command->commands[i], word))
			continue;
		if (!any)
			mr_buf_put_cstr(out, "\nDid you mean this?\n");
		any = true;
		mr_buf_printf(out, "\t%s\n", command->commands[i]->name);
	}
	if (any)
		mr_buf_put_u8(out, '\n');
}

/* A word that names no command of the group found. */
static void put_unknown(struct mr_cli *cli, const char *word)
{
	const struct mr_args *args = cli->args;
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_buf_init(&text, HELP_MAX);
	mr_buf_put_cstr(&text, "Error: unknown command ");
	mr_args_put_quoted(&text, word);
	mr_buf_put_cstr(&text, " for \"");
	mr_args_put_path(args, args->depth, &text);
	mr_buf_put_cstr(&text, "\"\n");
	put_suggestions(mr_args_command(args), word, &text);
	mr_buf_put_cstr(&text, "Run '");
	mr_args_put_path(args, args->depth, &text);
	mr_buf_put_cstr(&text, " --help' for usage.\n");
	mr_out_put(cli->err, mr_buf_bytes(&text));
}

/* --- the order of 50 §2.3 --- */

/* Steps 3 and 4: help, asked for or because the command is a group. True: that was all. */
static bool is_answered_by_help(struct mr_cli *cli, struct mr_args *args, int *status)
{
	const struct mr_command *command = mr_args_command(args);

	if (!mr_args_bool(args, mr_help_flag.name)) {
		if (command->run)
			return false;
		if (args->word_count > 0) {
			put_unknown(cli, args->words[0]);
			*status = 1;
			return true;
		}
	}
	show_help(cli, args);
	*status = 0;
	return true;
}

/* Steps 6 to 9. */
static mr_result check_and_run(struct mr_cli *cli, struct mr_error *err)
{
	const struct mr_command *command = mr_args_command(cli->args);

	if (command->precheck)
		MR_TRY(command->precheck(cli->args, err));
	MR_TRY(mr_args_check_flags(cli->args, err));
	return command->run(cli, err);
}

/* Also of a line that is wrong further on, as far as it was read. */
static void put_notices(struct mr_cli *cli)
{
	for (size_t i = 0; i < cli->args->value_count; i++) {
		const struct mr_flag_value *value = &cli->args->values[i];

		if (value->given && value->flag->deprecated)
			mr_cli_say(cli, "Flag --%s has been deprecated, %s", value->flag->name,
				value->flag->deprecated);
	}
}

static int run_found(struct mr_cli *cli, struct mr_args *args)
{
	struct mr_error err;
	mr_result r = mr_args_parse(args, &err);
	int status;

	put_notices(cli);
	if (!mr_failed(r)) {
		if (is_answered_by_help(cli, args, &status))
			return status;
		r = mr_args_check_count(args, &err);
	}
	if (mr_failed(r)) {
		put_error(cli, &err);
		show_usage(cli, args);
		return 1;
	}
	r = check_and_run(cli, &err);
	if (mr_failed(r))
		put_error(cli, &err);
	return mr_failed(r);
}

/* Output that got lost is an error of its own, unless another one is told already. */
static int finish(struct mr_cli *cli, int status)
{
	struct mr_error err;

	if (mr_failed(mr_out_status(cli->out, &err)) && status == 0) {
		put_error(cli, &err);
		return 1;
	}
	return status;
}

int mr_cli_run(const struct mr_command *root, const char *const *argv, size_t count,
	struct mr_out *out, struct mr_out *err)
{
	MR_AUTO(args) struct mr_args args = { .depth = 0 };
	struct mr_cli cli = { &args, root, out, err, out };
	struct mr_error failure;
	int status;

	mr_args_init(&args);
	if (mr_failed(mr_args_find(&args, root, argv, count, &failure))) {
		put_error(&cli, &failure);
		return 1;
	}
	if (args.unknown) {
		put_unknown(&cli, args.unknown);
		return 1;
	}
	status = run_found(&cli, &args);
	return finish(&cli, status);
}
