/* SPDX-License-Identifier: Apache-2.0 */
/* version (50 §13). */
#include "cli/cli.h"
#include "cli/commands.h"

/* The blank behind the version is part of the format. This build has no Kubernetes client. */
static mr_result run(struct mr_cli *cli, struct mr_error *err)
{
	(void)err;
	mr_out_printf(cli->out, "CLI Version: v%s \nCommit: %s\n", MR_VERSION, MR_COMMIT);
	mr_cli_say(cli, "Unable to find MarbleRun Coordinator");
	return MR_OK;
}

const struct mr_command mr_cmd_version = {
	.name = "version",
	.summary = "Display the version of the CLI and of the Coordinator",
	.run = run,
};
