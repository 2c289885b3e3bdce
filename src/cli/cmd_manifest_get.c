/* SPDX-License-Identifier: Apache-2.0 */
/* manifest get: the manifest of an attested Coordinator (50 §7.3). */
#include "cli/commands.h"
#include "cli/consolidate.h"
#include "cli/flow.h"
#include "cli/output_file.h"

#define TEXT_MAX_SIZE ((size_t)128 << 20)

static mr_result put_manifest(struct mr_flow *flow, const struct mr_api_manifest *manifest,
	struct mr_buf *out, struct mr_error *err)
{
	const struct mr_str *log;
	size_t count;

	if (!mr_args_bool(flow->cli->args, "display-update")) {
		mr_buf_put_bytes(out, manifest->manifest);
		return mr_buf_status(out, err);
	}
	MR_TRY(mr_wrap(err, mr_api_get_update_log(flow->api, &flow->arena, &log, &count, err),
		"getting update log"));
	return mr_wrap(err,
		mr_consolidate(
			mr_bytes_str(manifest->manifest), log, count, &flow->arena, out, err),
		"consolidating manifest");
}

/* The wrapping around the manifest's text is literal, and not indented. */
static mr_result put_text(struct mr_flow *flow, const struct mr_api_manifest *manifest,
	struct mr_buf *out, struct mr_error *err)
{
	bool with_signature = mr_args_bool(flow->cli->args, "signature");

	if (with_signature) {
		mr_buf_put_cstr(out, "{\n\"ManifestSignature\": \"");
		mr_buf_put_str(out, manifest->fingerprint);
		mr_buf_put_cstr(out, "\",\n\"Manifest\": ");
	}
	MR_TRY(put_manifest(flow, manifest, out, err));
	if (with_signature)
		mr_buf_put_u8(out, '}');
	return mr_buf_status(out, err);
}

static mr_result deliver(
	struct mr_cli *cli, const char *path, struct mr_buf *text, struct mr_error *err)
{
	if (*path != '\0')
		return mr_output_put(cli, path, mr_buf_bytes(text), err);
	mr_buf_put_u8(text, '\n');
	MR_TRY(mr_buf_status(text, err));
	mr_out_put(cli->out, mr_buf_bytes(text));
	return MR_OK;
}

static mr_result run(struct mr_cli *cli, struct mr_error *err)
{
	MR_AUTO(flow) struct mr_flow flow = { .cli = NULL };
	const char *path = mr_output_path(cli);
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_api_manifest manifest = { .fingerprint = { NULL, 0 } };

	mr_flow_init(&flow, cli, mr_cli_word(cli, 0));
	mr_buf_init(&text, TEXT_MAX_SIZE);
	MR_TRY(mr_flow_choose_policy(&flow, err));
	MR_TRY(mr_flow_attest(&flow, err));
	mr_cli_say(cli, "Successfully verified Coordinator, now requesting manifest");
	MR_TRY(mr_wrap(err, mr_api_get_manifest(flow.api, &flow.arena, &manifest, err),
		"getting manifest"));
	MR_TRY(put_text(&flow, &manifest, &text, err));
	MR_TRY(deliver(cli, path, &text, err));
	MR_TRY(mr_flow_save_quote(&flow, err));
	return mr_args_bool(cli->args, "keep-cert") ? mr_flow_write_cache(&flow, err) : MR_OK;
}

static const struct mr_flag flags[] = {
	{ .name = "output",
		.shorthand = 'o',
		.type = MR_FLAG_STRING,
		.description = "File to write the manifest to; - is standard output, without "
			       "anything else there" },
	{ .name = "signature",
		.shorthand = 's',
		.type = MR_FLAG_BOOL,
		.description = "Show the manifest's signature, too" },
	{ .name = "display-update",
		.shorthand = 'u',
		.type = MR_FLAG_BOOL,
		.description = "Show the SecurityVersions that updates have set since" },
	{ .name = "keep-cert",
		.type = MR_FLAG_BOOL,
		.description = "Cache the Coordinator's certificate" },
};

const struct mr_command mr_cmd_manifest_get = {
	.name = "get",
	.positionals = "<IP:PORT>",
	.summary = "Get the manifest of a Coordinator",
	.description = "Attests a Coordinator, and shows the manifest it runs under.",
	.example = "  marblerun manifest get $MARBLERUN -s --era-config=era.json",
	.min_words = 1,
	.max_words = 1,
	.flags = flags,
	.flag_count = MR_COUNT(flags),
	.run = run,
};
