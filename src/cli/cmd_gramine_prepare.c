/* SPDX-License-Identifier: Apache-2.0 */
/* gramine-prepare: makes a Gramine manifest template a Marble's (50 §15.3). */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/env.h"
#include "base/file.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/gramine_edit.h"

#define FILE_MAX ((size_t)4 << 20)
#define MEMORY_MAX ((size_t)32 << 20)
#define ANSWER_MAX 16

#define YELLOW "\033[33m"
#define GREEN "\033[32m"
#define NO_COLOUR "\033[0m"

static bool has_colour(const struct mr_cli *cli)
{
	return isatty(cli->out->fd) == 1 && !mr_env_get("NO_COLOR", NULL);
}

static void show(struct mr_cli *cli, const struct mr_gramine_edits *edits)
{
	bool colour = has_colour(cli);

	mr_out_printf(
		cli->out, "\nMarbleRun suggests the following changes to your Gramine manifest:\n");
	for (size_t i = 0; i < edits->count; i++) {
		const struct mr_gramine_edit *e = &edits->list[i];
		mr_out_printf(cli->out, "%s%.*s = %.*s%s\n",
			!colour           ? ""
			: e->replaces.ptr ? YELLOW
					  : GREEN,
			MR_STR_ARGS(e->key), MR_STR_ARGS(e->value), colour ? NO_COLOUR : "");
	}
}

/* A line of standard input; no line at all is an error. */
static mr_result ask(struct mr_cli *cli, bool *ret_yes, struct mr_error *err)
{
	char answer[ANSWER_MAX] = "";
	size_t len = 0;
	char c = '\0';

	mr_out_printf(cli->out, "Do you want to automatically apply the suggested changes [y/n]? ");
	for (;;) {
		ssize_t n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return mr_fail_errno(err, errno, "reading the answer");
		if (n == 0 && len == 0)
			return mr_fail(err, MR_CODE_IO, "reading the answer: EOF");
		if (n == 0 || c == '\n')
			break;
		if (len < sizeof answer - 1)
			answer[len++] = c;
	}
	struct mr_str text = { answer, len };
	*ret_yes = mr_str_eq_nocase(text, MR_STR("y")) || mr_str_eq_nocase(text, MR_STR("yes"));
	return MR_OK;
}

/* The old text stays beside, and the new one is there as a whole or not at all. */
static mr_result save(struct mr_cli *cli, const char *path, struct mr_bytes old,
	struct mr_bytes edited, struct mr_error *err)
{
	char backup[PATH_MAX], beside[PATH_MAX];
	int n = snprintf(beside, sizeof beside, "%s.marblerun-new", path);

	if (n < 0 || (size_t)n >= sizeof beside)
		return mr_fail(err, MR_CODE_LIMIT, "path is too long");
	(void)snprintf(backup, sizeof backup, "%s.bak", path);
	mr_cli_say(cli, "Saving original manifest as %s...", backup);
	MR_TRY(mr_file_write(backup, old, 0644, err));
	mr_cli_say(cli, "Saving changes to %s...", path);
	(void)unlink(beside);
	MR_TRY(mr_file_create(beside, edited, 0644, err));
	if (rename(beside, path) == 0)
		return MR_OK;
	mr_result r = mr_fail_errno(err, errno, "rename %s", path);
	(void)unlink(beside);
	return r;
}

static mr_result run(struct mr_cli *cli, struct mr_error *err)
{
	const char *path = mr_cli_word(cli, 0);
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(buf) struct mr_buf text = { 0 };
	MR_AUTO(buf) struct mr_buf edited = { 0 };
	struct mr_gramine_edits edits;
	struct mr_toml toml;
	bool yes = false;

	mr_arena_init(&arena, MEMORY_MAX);
	mr_buf_init(&text, FILE_MAX);
	mr_buf_init(&edited, FILE_MAX + (1 << 20));
	mr_cli_say(cli, "Reading file: %s", path);
	MR_TRY(mr_file_read(path, &text, err));
	MR_TRY(mr_gramine_suggest(mr_buf_str(&text), &arena, &toml, &edits, err));
	/* what cannot be done is not asked for */
	MR_TRY(mr_gramine_apply(mr_buf_str(&text), &toml, &edits, &edited, err));
	show(cli, &edits);
	MR_TRY(ask(cli, &yes, err));
	if (!yes) {
		mr_cli_say(cli, "Aborting.");
		return MR_OK;
	}
	mr_cli_say(cli, "Applying changes...");
	MR_TRY(save(cli, path, mr_buf_bytes(&text), mr_buf_bytes(&edited), err));
	mr_cli_say(cli,
		"Done. Copy premain-libos of your installation beside the manifest, and sign it again.");
	return MR_OK;
}

const struct mr_command mr_cmd_gramine_prepare = {
	.name = "gramine-prepare",
	.positionals = "<file>",
	.summary = "Prepare a Gramine manifest template for MarbleRun",
	.description =
		"Shows what a Gramine manifest template needs to become a Marble's, and applies it when asked to. The\n"
		"original is kept as <file>.bak.",
	.hidden = true,
	.min_words = 1,
	.max_words = 1,
	.run = run,
};
