/* SPDX-License-Identifier: Apache-2.0 */
/* completion bash|zsh|fish|powershell, and the hidden commands that the scripts call (50 §13). */
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/completion_script.h"

#define OUT_MAX ((size_t)1 << 20)

/* --- scripts --- */

static mr_result put_script(struct mr_cli *cli, enum mr_shell shell, struct mr_error *err)
{
	static const struct mr_str mark = MR_STR_INIT("@ASK@");
	const char *ask = mr_args_bool(cli->args, "no-descriptions") ? "__completeNoDesc"
								     : "__complete";
	MR_AUTO(buf) struct mr_buf text = { 0 };
	const char *script = mr_completion_script(shell);

	mr_buf_init(&text, OUT_MAX);
	for (const char *at; (at = strstr(script, mark.ptr)) != NULL; script = at + mark.len) {
		mr_buf_put(&text, script, (size_t)(at - script));
		mr_buf_put_cstr(&text, ask);
	}
	mr_buf_put_cstr(&text, script);
	MR_TRY(mr_buf_status(&text, err));
	mr_out_put(cli->out, mr_buf_bytes(&text));
	return MR_OK;
}

static mr_result run_bash(struct mr_cli *cli, struct mr_error *err)
{
	return put_script(cli, MR_SHELL_BASH, err);
}

static mr_result run_zsh(struct mr_cli *cli, struct mr_error *err)
{
	return put_script(cli, MR_SHELL_ZSH, err);
}

static mr_result run_fish(struct mr_cli *cli, struct mr_error *err)
{
	return put_script(cli, MR_SHELL_FISH, err);
}

static mr_result run_powershell(struct mr_cli *cli, struct mr_error *err)
{
	return put_script(cli, MR_SHELL_POWERSHELL, err);
}

static const struct mr_flag flags[] = {
	{ .name = "no-descriptions",
		.type = MR_FLAG_BOOL,
		.description = "Complete without descriptions" },
};

static const struct mr_command bash = {
	.name = "bash",
	.summary = "Print the completion script for bash",
	.example = "  source <(marblerun completion bash)",
	.flags = flags,
	.flag_count = MR_COUNT(flags),
	.run = run_bash,
};

static const struct mr_command zsh = {
	.name = "zsh",
	.summary = "Print the completion script for zsh",
	.example = "  marblerun completion zsh > \"${fpath[1]}/_marblerun\"",
	.flags = flags,
	.flag_count = MR_COUNT(flags),
	.run = run_zsh,
};

static const struct mr_command fish = {
	.name = "fish",
	.summary = "Print the completion script for fish",
	.example = "  marblerun completion fish > ~/.config/fish/completions/marblerun.fish",
	.flags = flags,
	.flag_count = MR_COUNT(flags),
	.run = run_fish,
};

static const struct mr_command powershell = {
	.name = "powershell",
	.summary = "Print the completion script for PowerShell",
	.example = "  marblerun completion powershell | Out-String | Invoke-Expression",
	.flags = flags,
	.flag_count = MR_COUNT(flags),
	.run = run_powershell,
};

static const struct mr_command *const commands[] = { &bash, &zsh, &fish, &powershell };

const struct mr_command mr_cmd_completion = {
	.name = "completion",
	.summary = "Print the completion script for a shell",
	.description = "Prints a script that makes a shell complete the command line.",
	.commands = commands,
	.command_count = MR_COUNT(commands),
};

/* --- what the scripts call --- */

static mr_result answer(struct mr_cli *cli, bool descriptions, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_buf_init(&text, OUT_MAX);
	MR_TRY(mr_complete(
		cli->root, cli->args->words, cli->args->word_count, descriptions, &text, err));
	mr_out_put(cli->out, mr_buf_bytes(&text));
	return MR_OK;
}

static mr_result run_complete(struct mr_cli *cli, struct mr_error *err)
{
	return answer(cli, true, err);
}

static mr_result run_complete_bare(struct mr_cli *cli, struct mr_error *err)
{
	return answer(cli, false, err);
}

const struct mr_command mr_cmd_complete = {
	.name = "__complete",
	.positionals = "[command-line]",
	.summary = "Complete a command line",
	.min_words = 1,
	.max_words = MR_ANY_COUNT,
	.hidden = true,
	.raw = true,
	.run = run_complete,
};

const struct mr_command mr_cmd_complete_bare = {
	.name = "__completeNoDesc",
	.positionals = "[command-line]",
	.summary = "Complete a command line without descriptions",
	.min_words = 1,
	.max_words = MR_ANY_COUNT,
	.hidden = true,
	.raw = true,
	.run = run_complete_bare,
};
