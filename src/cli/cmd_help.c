/* SPDX-License-Identifier: Apache-2.0 */
/* help: the help of another command (50 §13). */
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/help.h"

#define HELP_MAX ((size_t)1 << 20)

/* Words behind a known command that name nothing are passed over; only the first one must fit. */
static mr_result run(struct mr_cli *cli, struct mr_error *err)
{
	MR_AUTO(args) struct mr_args args = { .depth = 0 };
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_args_init(&args);
	mr_buf_init(&text, HELP_MAX);
	MR_TRY(mr_args_find(&args, cli->root, cli->args->words, cli->args->word_count, err));
	args.token_count = 0;
	MR_TRY(mr_args_parse(&args, err));
	if (args.unknown) {
		mr_out_printf(cli->out, "Unknown help topic [`%s`]\n", args.unknown);
		mr_help_put_usage(&args, &text);
	} else {
		mr_help_put(&args, &text);
	}
	MR_TRY(mr_buf_status(&text, err));
	mr_out_put(cli->out, mr_buf_bytes(&text));
	return MR_OK;
}

const struct mr_command mr_cmd_help = {
	.name = "help",
	.positionals = "[command]",
	.summary = "Help about any command",
	.description = "Shows the help of any command: type marblerun help [path to command].",
	.max_words = MR_ANY_COUNT,
	.run = run,
};
