/* SPDX-License-Identifier: Apache-2.0 */
/* The recovery secrets that a Coordinator answers a new manifest with (50 §7.2 step 6): they exist
 * once, so they reach the user in some way or the command says so. */
#ifndef MR_CLI_RECOVERY_DATA_H
#define MR_CLI_RECOVERY_DATA_H

#include "cli/cli.h"
#include "cli/output_file.h"
#include "client/api_calls.h"

/* Appends `{"RecoverySecrets":{"<name>":"<base64>",…}}`, compact and without LF. */
void mr_recovery_data_put(
	struct mr_buf *out, const struct mr_recovery_secret *secrets, size_t count);
/* Writes them into the file, if one is open (it is closed then), else on standard output as one line.
 * Where that fails they are shown on the other streams, before the error is returned. No secrets: does
 * nothing. */
MR_MUST_USE mr_result mr_recovery_data_keep(struct mr_cli *cli, struct mr_output_file *file,
	const struct mr_recovery_secret *secrets, size_t count, struct mr_error *err);
/* Says that saving failed and shows `"<name>": "<base64>"`, one a line (50 §7.7). */
void mr_recovery_data_rescue(
	struct mr_cli *cli, const struct mr_recovery_secret *secrets, size_t count);

#endif
