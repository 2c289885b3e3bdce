/* SPDX-License-Identifier: Apache-2.0 */
/* manifest log: who changed the manifest, and when (50 §7.4). */
#include "cli/commands.h"
#include "cli/flow.h"
#include "cli/output_file.h"

#define LOG_MAX ((size_t)128 << 20)

static void put_entries(struct mr_buf *out, const struct mr_str *entries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			mr_buf_put_u8(out, '\n');
		mr_buf_put_str(out, entries[i]);
	}
}

static mr_result run(struct mr_cli *cli, struct mr_error *err)
{
	MR_AUTO(flow) struct mr_flow flow = { .cli = NULL };
	const char *path = mr_output_path(cli);
	MR_AUTO(buf) struct mr_buf text = { 0 };
	const struct mr_str *entries;
	size_t count;

	mr_flow_init(&flow, cli, mr_cli_word(cli, 0));
	mr_buf_init(&text, LOG_MAX);
	MR_TRY(mr_flow_use_cache(&flow, err));
	mr_cli_say(cli, "Successfully verified Coordinator, now requesting update log");
	MR_TRY(mr_wrap(err, mr_api_get_update_log(flow.api, &flow.arena, &entries, &count, err),
		"retrieving update log"));
	put_entries(&text, entries, count);
	MR_TRY(mr_buf_status(&text, err));
	mr_flow_warn(&flow);
	if (*path != '\0')
		return mr_output_put(cli, path, mr_buf_bytes(&text), err);
	mr_cli_say(cli, "Update log:");
	mr_out_put_line(cli->out, mr_buf_str(&text));
	return MR_OK;
}

static const struct mr_flag flags[] = {
	{ .name = "output",
		.shorthand = 'o',
		.type = MR_FLAG_STRING,
		.description = "File to write the log to; - is standard output, without anything "
			       "else there" },
};

const struct mr_command mr_cmd_manifest_log = {
	.name = "log",
	.positionals = "<IP:PORT>",
	.summary = "Show the log of manifest updates",
	.description = "Shows what was changed in the manifest of a Coordinator, by whom and "
		       "when: one JSON object a\nline, oldest first.",
	.example = "  marblerun manifest log $MARBLERUN",
	.min_words = 1,
	.max_words = 1,
	.flags = flags,
	.flag_count = MR_COUNT(flags),
	.run = run,
};
