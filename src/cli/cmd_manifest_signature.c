/* SPDX-License-Identifier: Apache-2.0 */
/* manifest signature: the fingerprint of a manifest file (50 §7.5). */
#include "cli/commands.h"
#include "cli/manifest_file.h"

static mr_result run(struct mr_cli *cli, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf manifest = { 0 };
	struct mr_fingerprint fingerprint;

	mr_buf_init(&manifest, MR_MANIFEST_FILE_MAX);
	MR_TRY(mr_manifest_file_load(cli, mr_cli_word(cli, 0), &manifest, err));
	MR_TRY(mr_fingerprint_of(mr_buf_bytes(&manifest), &fingerprint, err));
	mr_out_printf(cli->out, "%s\n", fingerprint.hex);
	return MR_OK;
}

const struct mr_command mr_cmd_manifest_signature = {
	.name = "signature",
	.positionals = "<manifest.json>",
	.summary = "Show the signature of a manifest file",
	.description =
		"Shows the signature of a manifest file: the SHA-256 digest of the bytes that "
		"manifest set\nwould upload. Nothing is sent.",
	.example = "  marblerun manifest signature manifest.json",
	.min_words = 1,
	.max_words = 1,
	.run = run,
};
