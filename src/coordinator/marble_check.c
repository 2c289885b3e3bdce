/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/marble_check.h"

#include <inttypes.h>

#include "attest/infrastructure_match.h"
#include "attest/package_match.h"
#include "attest/package_text.h"
#include "attest/policy.h"
#include "crypto/digest.h"

enum { ARENA_MAX = 4 << 20, LIST_MAX = 8 << 10 };

/* One check on its way. */
struct judgement {
	const struct mr_marble_check *in;
	struct mr_arena *arena;
	struct mr_evidence evidence;
	struct mr_verdict verdict;
};

static mr_result invalid(struct mr_error *err)
{
	return mr_wrap(err, (mr_result){ MR_CODE_DENIED }, "invalid quote");
}

/* A state that another implementation has written was never checked: what we would refuse gives no more than we allow. */
static int64_t grace_of(const struct mr_manifest *manifest)
{
	uint64_t seconds = manifest ? manifest->config.collateral_grace_seconds : 0;

	return seconds < MR_COLLATERAL_GRACE_MAX ? (int64_t)seconds : MR_COLLATERAL_GRACE_MAX;
}

static mr_result verify(struct judgement *j, bool *ret_pending, struct mr_error *err)
{
	const struct mr_manifest *manifest = j->in->view->manifest;
	const struct mr_attest_request request = { .evidence = &j->evidence,
		.grace_seconds = grace_of(manifest),
		.allow_missing_crl = mr_package_rules_of(j->in->package)->snp.allow_missing_crl,
		.waiter = j->in->waiter };

	if (j->in->quote.len == 0)
		return mr_fail(err, MR_CODE_DENIED, "invalid quote: empty report");
	if (!j->in->service)
		return mr_fail(err, MR_CODE_DENIED, "invalid quote: OE_UNSUPPORTED");
	if (mr_evidence_read(j->in->quote, &j->evidence, err) != MR_ATTEST_OK)
		return invalid(err);
	/* nothing is fetched for evidence that could not be the package's, whatever it proves */
	if (!(mr_package_rules_of(j->in->package)->tees & 1u << j->evidence.tee))
		return mr_package_not_compliant(j->in->package, &j->evidence, "TEE", err);
	enum mr_attest_code code = mr_attest_service_verify(
		j->in->service, &request, j->arena, &j->verdict, err);
	*ret_pending = code == MR_ATTEST_PENDING;
	if (code != MR_ATTEST_OK)
		return invalid(err);
	if (j->evidence.tee != MR_TEE_SNP && manifest &&
		j->verdict.evaluation_number < manifest->config.min_tcb_evaluation_data_number)
		return mr_fail(err, MR_CODE_DENIED,
			"invalid quote: the TCB info has evaluation number %" PRIu64
			", and the manifest asks for %" PRIu64,
			j->verdict.evaluation_number,
			manifest->config.min_tcb_evaluation_data_number);
	return MR_OK;
}

static void put_digest(struct mr_buf *out, const uint8_t *digest)
{
	for (size_t i = 0; i < MR_SHA256_SIZE; i++)
		mr_buf_printf(out, "%c%u", i ? ' ' : '[', digest[i]);
	mr_buf_put_u8(out, ']');
}

static mr_result not_bound(
	struct mr_bytes report_data, const uint8_t digest[MR_SHA256_SIZE], struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_buf_init(&text, MR_ERROR_MAX);
	put_digest(&text, digest);
	mr_buf_put_cstr(&text, " != ");
	put_digest(&text, report_data.ptr);
	if (memcmp(report_data.ptr, digest, MR_SHA256_SIZE) == 0)
		mr_buf_put_cstr(&text, ": bytes behind the hash");
	MR_TRY(mr_buf_status(&text, err));
	return mr_fail(err, MR_CODE_DENIED, "hash(cert) != report.Data: %.*s",
		MR_STR_ARGS(mr_buf_str(&text)));
}

/* The policy's texts, or those that tell more. */
static mr_result judge(const struct judgement *j, struct mr_error *err)
{
	struct mr_attest_policy policy = { .allow_debug = false };
	uint8_t digest[MR_SHA256_SIZE];
	struct mr_error text;

	MR_TRY(mr_sha256(j->in->certificate, digest, err));
	mr_attest_policy_of_package(j->in->package, &policy);
	policy.report_data = mr_bytes_of(digest, sizeof digest);
	switch (mr_attest_policy_check(&policy, &j->evidence, &j->verdict, &text)) {
	case MR_ATTEST_OK:
		return MR_OK;
	case MR_ATTEST_REPORT_DATA:
		return not_bound(mr_evidence_report_data(&j->evidence), digest, err);
	case MR_ATTEST_PACKAGE:
		return mr_package_not_compliant(j->in->package, &j->evidence, text.message, err);
	default:
		*err = text;
		return mr_fail(err, MR_CODE_DENIED, "%s", text.message);
	}
}

/* --- what an operator should know of a Marble that is accepted --- */

static void log_level(const struct judgement *j)
{
	const struct mr_verdict *v = &j->verdict;
	bool usual = v->status == MR_TCB_SW_HARDENING_NEEDED;
	MR_AUTO(buf) struct mr_buf properties = { 0 };
	MR_AUTO(buf) struct mr_buf advisories = { 0 };

	if (v->status == MR_TCB_UP_TO_DATE)
		return;
	mr_buf_init(&properties, LIST_MAX);
	mr_buf_init(&advisories, LIST_MAX);
	mr_package_put_properties(&properties, j->in->package);
	for (size_t i = 0; i < v->all_advisory_count; i++)
		mr_buf_printf(
			&advisories, "%s%.*s", i ? " " : "", MR_STR_ARGS(v->all_advisories[i]));
	MR_LOG(j->in->log, usual ? MR_LOG_INFO : MR_LOG_WARN,
		usual ? "TCB level accepted by configuration"
		      : "TCB level invalid, but accepted by configuration",
		mr_log_str("packageProperties", mr_buf_str(&properties)),
		mr_log_cstr("tcbStatus", mr_tcb_status_name(v->status)),
		mr_log_str("advisories", mr_buf_str(&advisories)),
		mr_log_str("tcbDate", v->tcb_date),
		mr_log_int("tcbEvaluationDataNumber", (int64_t)v->evaluation_number));
}

static void log_waivers(const struct judgement *j)
{
	if (j->verdict.crl_waived)
		MR_LOG(j->in->log, MR_LOG_WARN,
			"A Marble is accepted without a revocation list of AMD's root key, as its "
			"package allows",
			mr_log_str("package", j->in->package->name));
	if (j->verdict.grace_used)
		MR_LOG(j->in->log, MR_LOG_WARN,
			"A Marble is accepted with collateral that has ended, as the manifest allows",
			mr_log_str("package", j->in->package->name));
}

mr_result mr_marble_check(const struct mr_marble_check *check, struct mr_marble_verdict *ret,
	bool *ret_pending, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct judgement j = { .in = check, .arena = &arena };

	*ret_pending = false;
	mr_arena_init(&arena, ARENA_MAX);
	MR_TRY(verify(&j, ret_pending, err));
	if (j.evidence.tee == MR_TEE_SNP)
		j.verdict.status = mr_package_snp_status(
			check->package, &j.evidence, j.verdict.line);
	if (mr_infrastructure_check(check->view->infrastructures,
		    check->view->infrastructures_count, &j.evidence, &j.verdict,
		    err) != MR_ATTEST_OK)
		return (mr_result){ MR_CODE_DENIED };
	MR_TRY(judge(&j, err));
	log_level(&j);
	log_waivers(&j);
	*ret = (struct mr_marble_verdict){ .known = true, .tcb_status = j.verdict.status };
	return MR_OK;
}
