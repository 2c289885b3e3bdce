/* SPDX-License-Identifier: Apache-2.0 */
/* manifest set: attests a Coordinator and gives it a manifest (50 §7.2). */
#include "cli/commands.h"
#include "cli/flow.h"
#include "cli/manifest_file.h"
#include "cli/recovery_data.h"

static mr_result load(struct mr_cli *cli, struct mr_buf *manifest, struct mr_error *err)
{
	struct mr_fingerprint fingerprint;

	MR_TRY(mr_manifest_file_load(cli, mr_cli_word(cli, 0), manifest, err));
	MR_TRY(mr_fingerprint_of(mr_buf_bytes(manifest), &fingerprint, err));
	mr_cli_say(cli, "Manifest signature: %s", fingerprint.hex);
	return MR_OK;
}

static mr_result open_recovery_file(
	const struct mr_cli *cli, struct mr_output_file *ret, struct mr_error *err)
{
	const char *path = mr_args_text(cli->args, "recoverydata");

	return *path ? mr_output_file_open(path, 0600, ret, err) : MR_OK;
}

/* The first failure of several steps that are all taken. */
static void keep_first(
	mr_result *first, struct mr_error *err, mr_result r, const struct mr_error *failure)
{
	if (!mr_failed(r) || mr_failed(*first))
		return;
	*first = r;
	*err = *failure;
}

/* The manifest is set: whatever fails now must not keep the rest from being done. */
static mr_result finish(struct mr_flow *flow, struct mr_output_file *file,
	const struct mr_recovery_secret *secrets, size_t count, struct mr_error *err)
{
	struct mr_error failure;
	mr_result first = MR_OK;

	keep_first(&first, err, mr_recovery_data_keep(flow->cli, file, secrets, count, &failure),
		&failure);
	keep_first(&first, err, mr_flow_save_quote(flow, &failure), &failure);
	keep_first(&first, err, mr_flow_write_cache(flow, &failure), &failure);
	return first;
}

static mr_result run(struct mr_cli *cli, struct mr_error *err)
{
	MR_AUTO(flow) struct mr_flow flow = { .cli = NULL };
	MR_AUTO(buf) struct mr_buf manifest = { 0 };
	MR_AUTO(output_file) struct mr_output_file file = MR_OUTPUT_FILE_NONE;
	const struct mr_recovery_secret *secrets;
	size_t count;

	mr_flow_init(&flow, cli, mr_cli_word(cli, 1));
	mr_buf_init(&manifest, MR_MANIFEST_FILE_MAX);
	MR_TRY(mr_flow_choose_policy(&flow, err));
	MR_TRY(mr_flow_attest(&flow, err));
	mr_cli_say(cli, "Successfully verified Coordinator, now uploading manifest");
	MR_TRY(load(cli, &manifest, err));
	MR_TRY(open_recovery_file(cli, &file, err));
	MR_TRY(mr_wrap(err,
		mr_api_set_manifest(
			flow.api, mr_buf_bytes(&manifest), &flow.arena, &secrets, &count, err),
		"setting manifest"));
	mr_cli_say(cli, "Manifest successfully set");
	return finish(&flow, &file, secrets, count, err);
}

static const struct mr_flag flags[] = {
	{ .name = "recoverydata",
		.shorthand = 'r',
		.type = MR_FLAG_STRING,
		.description = "File to write the recovery data to; without it they are printed" },
	{ .name = "recovery-data", .type = MR_FLAG_STRING, .alias_of = "recoverydata" },
};

const struct mr_command mr_cmd_manifest_set = {
	.name = "set",
	.positionals = "<manifest.json> <IP:PORT>",
	.summary = "Set the manifest of a Coordinator",
	.description = "Attests a Coordinator, gives it a manifest in JSON or YAML, and caches its "
		       "certificate.",
	.example =
		"  marblerun manifest set manifest.json $MARBLERUN --recoverydata=recovery-key.json",
	.min_words = 2,
	.max_words = 2,
	.flags = flags,
	.flag_count = MR_COUNT(flags),
	.run = run,
};
