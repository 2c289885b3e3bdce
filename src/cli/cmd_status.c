/* SPDX-License-Identifier: Apache-2.0 */
/* status: what state a Coordinator is in (50 §10). */
#include "cli/commands.h"
#include "cli/flow.h"

#include <inttypes.h>

static mr_result run(struct mr_cli *cli, struct mr_error *err)
{
	MR_AUTO(flow) struct mr_flow flow = { .cli = NULL };
	MR_AUTO(buf) struct mr_buf line = { 0 };
	struct mr_str message;
	int64_t code;

	mr_flow_init(&flow, cli, mr_cli_word(cli, 0));
	MR_TRY(mr_flow_use_cache(&flow, err));
	MR_TRY(mr_api_get_status(flow.api, &flow.arena, &code, &message, err));
	mr_buf_init(&line, message.len + 32);
	mr_buf_printf(&line, "%" PRId64 ": ", code);
	mr_buf_put_str(&line, message);
	MR_TRY(mr_buf_status(&line, err));
	mr_flow_warn(&flow);
	mr_out_put_line(cli->out, mr_buf_str(&line));
	return MR_OK;
}

const struct mr_command mr_cmd_status = {
	.name = "status",
	.positionals = "<IP:PORT>",
	.summary = "Show the state of a Coordinator",
	.description = "Shows the state of a Coordinator, which is one of\n"
		       "  1: recovery mode: upload a recovery key, or set a new manifest\n"
		       "  2: ready to accept a manifest\n"
		       "  3: running, ready to accept Marbles",
	.example = "  marblerun status $MARBLERUN",
	.min_words = 1,
	.max_words = 1,
	.run = run,
};
