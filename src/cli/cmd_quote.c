/* SPDX-License-Identifier: Apache-2.0 */
/* quote: verify evidence without a cluster, or look at it (70 §21.2). */
#include "cli/commands.h"

#include "attest/collateral_dir.h"
#include "attest/fetch_now.h"
#include "attest/platform.h"
#include "attest/policy.h"
#include "attest/roots.h"
#include "base/clock.h"
#include "base/file.h"
#include "cli/cli.h"
#include "cli/quote_report.h"
#include "codec/base64.h"

#define ARENA_MAX ((size_t)32 << 20)
#define PACKAGE_MAX ((size_t)1 << 20)
#define REPORT_MAX ((size_t)4 << 20)

/* What one run has; the evidence's bytes are in `file`. */
struct job {
	struct mr_buf file;
	struct mr_evidence evidence;
	struct mr_verdict verdict;
	struct mr_quote_report report;
	struct mr_error error;
};

static bool is_json(const struct mr_args *args)
{
	return strcmp(mr_args_text(args, "output"), "json") == 0;
}

static mr_result check_output(const struct mr_args *args, struct mr_error *err)
{
	if (is_json(args) || strcmp(mr_args_text(args, "output"), "text") == 0)
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID, "unknown output \"%s\": it is text or json",
		mr_args_text(args, "output"));
}

/* Reads and parses; a file that is too large is evidence that is malformed. */
static mr_result read_evidence(const char *path, struct job *job, struct mr_error *err)
{
	mr_buf_init(&job->file, MR_EVIDENCE_MAX);
	mr_result r = mr_file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, &job->file, err);
	job->report = (struct mr_quote_report){ .step = MR_STEP_FORMAT,
		.message = job->error.message };
	if (r.code == MR_CODE_LIMIT) {
		job->report.code = mr_attest_fail(
			&job->error, MR_ATTEST_PARSE, "malformed evidence: larger than 1 MiB");
		return MR_OK;
	}
	MR_TRY(r);
	job->report.code = mr_evidence_read(mr_buf_bytes(&job->file), &job->evidence, &job->error);
	if (job->report.code == MR_ATTEST_OK)
		job->report.evidence = &job->evidence;
	return MR_OK;
}

static mr_result finish(struct mr_cli *cli, const struct job *job,
	void (*put)(const struct mr_quote_report *report, struct mr_buf *out), const char *what,
	struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };

	mr_buf_init(&out, REPORT_MAX);
	put(&job->report, &out);
	MR_TRY(mr_buf_status(&out, err));
	if (is_json(cli->args))
		mr_out_put(cli->out, mr_buf_bytes(&out));
	else
		mr_out_put_line(cli->out, mr_str_sub(mr_buf_str(&out), 0, out.len - 1));
	if (job->report.code == MR_ATTEST_OK)
		return MR_OK;
	return mr_fail(err, MR_CODE_CRYPTO, "%s: %s", what, mr_attest_code_name(job->report.code));
}

/* --- verify --- */

struct sources {
	bool offline; /* the folder's documents and the evidence's alone */
	struct mr_collateral_dir dir;
	struct mr_fetch_now fetch;
	const struct mr_roots *roots;
	struct mr_collateral *collateral;
};

static enum mr_attest_code from_folder(void *context, const struct mr_intel_chain *pck,
	const struct mr_pck_extension *platform, bool is_td, const struct mr_collateral **ret,
	struct mr_error *err)
{
	struct sources *s = context;

	(void)pck;
	(void)platform;
	(void)is_td;
	MR_ATTEST_TRY(mr_collateral_new(&s->dir.intel, s->roots, &s->collateral, err));
	*ret = s->collateral;
	return MR_ATTEST_OK;
}

static void sources_done(struct sources *s)
{
	mr_collateral_unref(s->collateral);
	mr_fetch_now_done(&s->fetch);
}

/* A folder, a service, or what this machine is configured for. */
static mr_result open_sources(const struct mr_args *args, struct mr_arena *arena, int64_t now,
	struct sources *s, struct mr_error *err)
{
	bool has_url = mr_args_given(args, "pccs");

	s->offline = mr_args_given(args, "collateral");
	if (s->offline && has_url)
		return mr_fail(err, MR_CODE_INVALID,
			"--collateral and --pccs exclude each other: with a folder nothing is fetched");
	if (s->offline)
		return mr_collateral_dir_read(
			mr_args_text(args, "collateral"), arena, &s->dir, err);
	return mr_wrap(err,
		mr_fetch_now_init(&s->fetch, has_url ? mr_args_text(args, "pccs") : NULL, s->roots,
			now, arena, err),
		has_url ? "--pccs" : "configuration of the collateral service");
}

static mr_result read_time(const struct mr_args *args, int64_t *ret, struct mr_error *err)
{
	const char *text = mr_args_text(args, "at");

	*ret = mr_clock_wall();
	if (!mr_args_given(args, "at") || mr_utc_parse(mr_str_of(text), ret))
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID,
		"invalid argument \"%s\" for \"--at\": it is a UTC time as 2026-01-31T12:00:00Z",
		text);
}

static mr_result read_report_data(
	const struct mr_args *args, struct mr_buf *out, struct mr_error *err)
{
	mr_buf_init(out, 64);
	if (!mr_args_given(args, "report-data"))
		return MR_OK;
	mr_result r = mr_hex_decode(mr_str_of(mr_args_text(args, "report-data")), out, err);
	if (!mr_failed(r) && (out->len == 32 || out->len == 64))
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID,
		"invalid argument for \"--report-data\": it is the hex of 32 or 64 bytes");
}

static mr_result read_package(const struct mr_args *args, struct mr_arena *arena,
	struct mr_package *ret, struct mr_error *err)
{
	const char *path = mr_args_text(args, "package");
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_str kept;

	mr_buf_init(&text, PACKAGE_MAX);
	MR_TRY(mr_file_read(path, &text, err));
	MR_TRY(mr_arena_str(arena, mr_buf_str(&text), &kept, err));
	return mr_wrap(err, mr_package_parse(kept, arena, ret, err), "reading package %s", path);
}

/* The texts of a flag. */
static mr_result list_of(const struct mr_flag_value *flag, struct mr_arena *arena,
	const struct mr_str **ret, size_t *ret_count, struct mr_error *err)
{
	struct mr_str *items = mr_arena_array(arena, flag->item_count + 1, sizeof *items);

	if (!items)
		return mr_arena_fail(arena, err);
	for (size_t i = 0; i < flag->item_count; i++)
		items[i] = mr_str_of(flag->items[i]);
	*ret = items;
	*ret_count = flag->item_count;
	return MR_OK;
}

/* The flags', or the package's where there is one. */
static mr_result read_policy(const struct mr_args *args, struct mr_arena *arena,
	struct mr_package *package, struct mr_attest_policy *ret, struct mr_error *err)
{
	ret->allow_debug = mr_args_bool(args, "allow-debug");
	if (mr_args_given(args, "package")) {
		MR_TRY(read_package(args, arena, package, err));
		mr_attest_policy_of_package(package, ret);
		return MR_OK;
	}
	MR_TRY(list_of(mr_args_value(args, "accepted-tcb-statuses"), arena, &ret->statuses,
		&ret->status_count, err));
	return list_of(mr_args_value(args, "accepted-advisories"), arena, &ret->advisories,
		&ret->advisory_count, err);
}

static void judge(const struct mr_args *args, struct job *job, struct sources *sources,
	struct mr_arena *arena, const struct mr_attest_policy *policy)
{
	struct mr_verify_input in = { .evidence = &job->evidence,
		.roots = sources->roots,
		.now = job->report.now,
		.source = { .context = sources, .collateral = from_folder },
		.pck_chain = sources->dir.pck_chain,
		.snp = sources->dir.snp,
		.allow_missing_crl =
			policy->package
				? mr_package_rules_of(policy->package)->snp.allow_missing_crl
				: mr_args_bool(args, "allow-missing-crl") };

	if (!sources->offline)
		in.source = mr_fetch_now_source(&sources->fetch);
	job->report.verdict = &job->verdict;
	job->report.code = mr_verify(&in, arena, &job->verdict, &job->error);
	job->report.step = job->verdict.step;
	if (job->report.code != MR_ATTEST_OK)
		return;
	job->report.step = MR_STEP_POLICY;
	if (policy->package && job->evidence.tee == MR_TEE_SNP)
		job->verdict.status = mr_package_snp_status(
			policy->package, &job->evidence, job->verdict.line);
	job->report.code = mr_attest_policy_check(
		policy, &job->evidence, &job->verdict, &job->error);
}

static mr_result verify(struct mr_cli *cli, struct job *job, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(buf) struct mr_buf report_data = { 0 };
	struct mr_roots roots;
	__attribute__((cleanup(sources_done))) struct sources sources = { .roots = &roots };
	struct mr_package package;
	struct mr_attest_policy policy = { .package = NULL };
	int64_t now;

	mr_arena_init(&arena, ARENA_MAX);
	MR_TRY(check_output(cli->args, err));
	MR_TRY(read_time(cli->args, &now, err));
	MR_TRY(read_report_data(cli->args, &report_data, err));
	MR_TRY(read_policy(cli->args, &arena, &package, &policy, err));
	policy.report_data = mr_buf_bytes(&report_data);
	MR_TRY(mr_roots_load(&roots, err));
	MR_TRY(open_sources(cli->args, &arena, now, &sources, err));
	MR_TRY(read_evidence(mr_cli_word(cli, 0), job, err));
	job->report.now = now;
	job->report.has_package = policy.package != NULL;
	if (job->report.evidence)
		judge(cli->args, job, &sources, &arena, &policy);
	mr_result r = finish(cli, job, is_json(cli->args) ? mr_quote_put_json : mr_quote_put_text,
		"the evidence is not verified", err);
	return r;
}

static mr_result run_verify(struct mr_cli *cli, struct mr_error *err)
{
	struct job job = { .report = { .code = MR_ATTEST_INTERNAL } };

	mr_result r = verify(cli, &job, err);
	mr_buf_done(&job.file);
	return r;
}

/* --- show --- */

static mr_result show(struct mr_cli *cli, struct job *job, struct mr_error *err)
{
	MR_TRY(check_output(cli->args, err));
	MR_TRY(read_evidence(mr_cli_word(cli, 0), job, err));
	if (job->report.evidence) {
		mr_platform_read(&job->evidence, &job->verdict);
		job->report.verdict = &job->verdict;
	}
	return finish(cli, job,
		is_json(cli->args) ? mr_quote_put_shown_json : mr_quote_put_shown_text,
		"the evidence cannot be read", err);
}

static mr_result run_show(struct mr_cli *cli, struct mr_error *err)
{
	struct job job = { .report = { .code = MR_ATTEST_INTERNAL } };

	mr_result r = show(cli, &job, err);
	mr_buf_done(&job.file);
	return r;
}

/* --- the commands --- */

#define OUTPUT_FLAG                                                                                \
	{                                                                                          \
		.name = "output", .type = MR_FLAG_STRING, .initial = "text",                       \
		.description = "Form of the output: text or json"                                  \
	}

static const struct mr_flag verify_flags[] = {
	{ .name = "collateral",
		.type = MR_FLAG_STRING,
		.description = "Folder with the vendor's documents; nothing is fetched" },
	{ .name = "pccs",
		.type = MR_FLAG_STRING,
		.description =
			"Address of a collateral service, as pccs_url of sgx_default_qcnl.conf; that file "
			"tells it, if neither this nor a folder is given" },
	{ .name = "at",
		.type = MR_FLAG_STRING,
		.description = "Time of the judgement as YYYY-MM-DDThh:mm:ssZ; now, if not given" },
	{ .name = "report-data",
		.type = MR_FLAG_STRING,
		.description =
			"What the evidence must be bound to: hex of 32 bytes, then the rest must be "
			"zero, or of all 64" },
	{ .name = "package",
		.type = MR_FLAG_STRING,
		.endings = "json",
		.description =
			"JSON of one package of a manifest, which the evidence must match; its lists "
			"and its Debug count instead of the flags" },
	{ .name = "allow-debug",
		.type = MR_FLAG_BOOL,
		.description =
			"Accept enclaves and guests in debug mode, whose secrets can be read" },
	{ .name = "allow-missing-crl",
		.type = MR_FLAG_BOOL,
		.description =
			"Accept SEV-SNP evidence without a revocation list of AMD's root key" },
	OUTPUT_FLAG,
};

static const struct mr_flag show_flags[] = { OUTPUT_FLAG };

static const struct mr_command verify_command = {
	.name = "verify",
	.positionals = "<file>",
	.summary = "Verify attestation evidence",
	.description =
		"Verifies an SGX or TDX quote or an SEV-SNP report in any framing (`-`: standard input), by itself:\n"
		"no Coordinator and no vendor's library takes part. Exit status 0 only if it is verified.",
	.example = "marblerun quote verify quote.bin --collateral collateral/ --output json",
	.min_words = 1,
	.max_words = 1,
	.flags = verify_flags,
	.flag_count = MR_COUNT(verify_flags),
	.result_only = true,
	.run = run_verify,
};

static const struct mr_command show_command = {
	.name = "show",
	.positionals = "<file>",
	.summary = "Show what attestation evidence says, without verifying it",
	.min_words = 1,
	.max_words = 1,
	.flags = show_flags,
	.flag_count = MR_COUNT(show_flags),
	.result_only = true,
	.run = run_show,
};

static const struct mr_command *const quote_commands[] = { &verify_command, &show_command };

const struct mr_command mr_cmd_quote = {
	.name = "quote",
	.summary = "Verify or show attestation evidence",
	.description = "Verifies or shows attestation evidence of SGX, TDX and SEV-SNP.",
	.commands = quote_commands,
	.command_count = MR_COUNT(quote_commands),
};
