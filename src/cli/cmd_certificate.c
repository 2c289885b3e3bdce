/* SPDX-License-Identifier: Apache-2.0 */
/* certificate root|intermediate|chain: the Coordinator's certificates, attested, in files (50 §8). */
#include "cli/commands.h"
#include "cli/flow.h"
#include "cli/output_file.h"

#define PEM_MAX ((size_t)4 << 20)

struct kind {
	const char *what; /* as the line on success begins */
	bool root, intermediate;
};

static const struct kind kinds[] = {
	{ "Root certificate", .root = true },
	{ "Intermediate certificate", .intermediate = true },
	{ "Certificate chain", .root = true, .intermediate = true },
};

/* An empty value would be asked for after the Coordinator was. */
static mr_result precheck(const struct mr_args *args, struct mr_error *err)
{
	if (*mr_args_text(args, "output") != '\0')
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID, "output flag must not be empty");
}

/* A Coordinator that was attested just now may still be another one than before. */
static mr_result compare_with_cache(const struct mr_flow *flow, struct mr_error *err)
{
	MR_AUTO(chain) struct mr_chain cached = { 0 };

	MR_TRY(mr_cache_read(mr_args_text(flow->cli->args, "coordinator-cert"), &cached, err));
	if (mr_bytes_eq(cached.root.der, flow->chain.root.der))
		return MR_OK;
	return mr_fail(err, MR_CODE_CRYPTO,
		"root certificate of Coordinator changed. Run 'marblerun manifest verify' to "
		"verify the instance and update the local cache");
}

static mr_result write_pem(
	struct mr_flow *flow, const struct kind *kind, const char *path, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf pem = { 0 };

	mr_buf_init(&pem, PEM_MAX);
	if (kind->intermediate)
		mr_chain_put_cert(&pem, &flow->chain.intermediate);
	if (kind->root)
		mr_chain_put_cert(&pem, &flow->chain.root);
	MR_TRY(mr_buf_status(&pem, err));
	MR_TRY(mr_output_put(flow->cli, path, mr_buf_bytes(&pem), err));
	if (strcmp(path, "-") != 0)
		mr_cli_say(flow->cli, "%s written to %s", kind->what, path);
	return MR_OK;
}

static mr_result get(struct mr_cli *cli, const struct kind *kind, struct mr_error *err)
{
	MR_AUTO(flow) struct mr_flow flow = { .cli = NULL };
	const char *path = mr_output_path(cli);

	mr_flow_init(&flow, cli, mr_cli_word(cli, 0));
	MR_TRY(mr_flow_choose_policy(&flow, err));
	MR_TRY(mr_wrap(err, mr_flow_attest(&flow, err), "retrieving certificate from Coordinator"));
	if (!flow.insecure)
		MR_TRY(compare_with_cache(&flow, err));
	MR_TRY(mr_flow_save_quote(&flow, err));
	return write_pem(&flow, kind, path, err);
}

static mr_result run_root(struct mr_cli *cli, struct mr_error *err)
{
	return get(cli, &kinds[0], err);
}

static mr_result run_intermediate(struct mr_cli *cli, struct mr_error *err)
{
	return get(cli, &kinds[1], err);
}

static mr_result run_chain(struct mr_cli *cli, struct mr_error *err)
{
	return get(cli, &kinds[2], err);
}

#define OUTPUT_FLAG(file)                                                                          \
	{                                                                                          \
		.name = "output", .shorthand = 'o', .type = MR_FLAG_STRING, .initial = (file),     \
		.description = "File to write to; - is standard output"                            \
	}

static const struct mr_flag root_flags[] = { OUTPUT_FLAG("marblerunRootCA.crt") };
static const struct mr_flag intermediate_flags[] = { OUTPUT_FLAG("marblerunIntermediateCA.crt") };
static const struct mr_flag chain_flags[] = { OUTPUT_FLAG("marblerunChainCA.crt") };

static const struct mr_command root = {
	.name = "root",
	.positionals = "<IP:PORT>",
	.summary = "Get the root certificate of a Coordinator",
	.min_words = 1,
	.max_words = 1,
	.flags = root_flags,
	.flag_count = MR_COUNT(root_flags),
	.precheck = precheck,
	.run = run_root,
};

static const struct mr_command intermediate = {
	.name = "intermediate",
	.positionals = "<IP:PORT>",
	.summary = "Get the intermediate certificate of a Coordinator",
	.min_words = 1,
	.max_words = 1,
	.flags = intermediate_flags,
	.flag_count = MR_COUNT(intermediate_flags),
	.precheck = precheck,
	.run = run_intermediate,
};

static const struct mr_command chain = {
	.name = "chain",
	.positionals = "<IP:PORT>",
	.summary = "Get intermediate and root certificate of a Coordinator",
	.min_words = 1,
	.max_words = 1,
	.flags = chain_flags,
	.flag_count = MR_COUNT(chain_flags),
	.precheck = precheck,
	.run = run_chain,
};

static const struct mr_command *const commands[] = { &root, &intermediate, &chain };

const struct mr_command mr_cmd_certificate = {
	.name = "certificate",
	.summary = "Get the certificates of a Coordinator",
	.description = "Attests a Coordinator, and writes its certificates to files.",
	.commands = commands,
	.command_count = MR_COUNT(commands),
};
