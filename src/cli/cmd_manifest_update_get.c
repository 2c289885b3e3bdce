/* SPDX-License-Identifier: Apache-2.0 */
/* manifest update get: the pending update, and who has not acknowledged it (50 §7.8). */
#include "cli/commands.h"
#include "cli/flow.h"
#include "cli/output_file.h"
#include "client/api_update.h"

#define TEXT_MAX_SIZE ((size_t)64 << 20)

static void put_text(
	const struct mr_cli *cli, const struct mr_api_pending *pending, struct mr_buf *out)
{
	if (!mr_args_bool(cli->args, "missing")) {
		mr_buf_put_bytes(out, pending->manifest);
		return;
	}
	mr_buf_put_cstr(out, "The following users have not yet acknowledged the update: [");
	for (size_t i = 0; i < pending->user_count; i++) {
		if (i > 0)
			mr_buf_put_u8(out, ' ');
		mr_buf_put_str(out, pending->users[i]);
	}
	mr_buf_put_cstr(out, "]\n");
}

/* Opened before the Coordinator is asked, and gone again if that fails. */
static mr_result open_output(const char *path, struct mr_output_file *ret, struct mr_error *err)
{
	if (*path == '\0' || strcmp(path, "-") == 0)
		return MR_OK;
	return mr_output_file_open(path, 0666, ret, err);
}

static mr_result run(struct mr_cli *cli, struct mr_error *err)
{
	MR_AUTO(output_file) struct mr_output_file file = MR_OUTPUT_FILE_NONE;
	MR_AUTO(flow) struct mr_flow flow = { .cli = NULL };
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_api_pending pending;

	mr_flow_init(&flow, cli, mr_cli_word(cli, 0));
	mr_buf_init(&text, TEXT_MAX_SIZE);
	MR_TRY(mr_flow_use_cache(&flow, err));
	MR_TRY(open_output(mr_output_path(cli), &file, err));
	MR_TRY(mr_wrap(err, mr_api_get_pending(flow.api, &flow.arena, &pending, err),
		"retrieving pending update manifest"));
	put_text(cli, &pending, &text);
	MR_TRY(mr_buf_status(&text, err));
	mr_flow_warn(&flow);
	if (file.path)
		return mr_output_file_write(&file, mr_buf_bytes(&text), err);
	mr_out_put(cli->out, mr_buf_bytes(&text));
	return MR_OK;
}

static const struct mr_flag flags[] = {
	{ .name = "output",
		.shorthand = 'o',
		.type = MR_FLAG_STRING,
		.description = "File to write to instead of standard output" },
	{ .name = "missing",
		.type = MR_FLAG_BOOL,
		.description = "Show who has not acknowledged the update, instead of the "
			       "manifest" },
};

const struct mr_command mr_cmd_manifest_update_get = {
	.name = "get",
	.positionals = "<IP:PORT>",
	.summary = "Show the pending update of the manifest",
	.description = "Shows the manifest of the pending update, or who has not acknowledged it.",
	.example = "  marblerun manifest update get $MARBLERUN --missing",
	.min_words = 1,
	.max_words = 1,
	.flags = flags,
	.flag_count = MR_COUNT(flags),
	.run = run,
};
