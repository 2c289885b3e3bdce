/* SPDX-License-Identifier: Apache-2.0 */
/* The policy of the Coordinator's release, downloaded when there is none at hand (50 §5.2). */
#ifndef MR_CLI_ERA_DOWNLOAD_H
#define MR_CLI_ERA_DOWNLOAD_H

#include "cli/cli.h"

/* Which release runs in the cluster is asked of it; without one it is the latest. Stores what was downloaded under `path`.
 * Errors begin `downloading era config for version` or `writing era config file: `. */
MR_MUST_USE mr_result mr_era_download(struct mr_cli *cli, const char *path, struct mr_error *err);

#endif
