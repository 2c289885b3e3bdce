/* SPDX-License-Identifier: Apache-2.0 */
#include "client/quote_check.h"

#include "attest/fetch_now.h"
#include "attest/package_match.h"
#include "attest/policy.h"
#include "base/clock.h"
#include "codec/base64.h"
#include "crypto/digest.h"

#define ARENA_MAX ((size_t)32 << 20)
#define BOUND_MAX ((size_t)2 << 20)
#define LIST_MAX ((size_t)8 << 10)

/* One check on its way. */
struct judgement {
	const struct mr_quote_notes *notes;
	const struct mr_quote_check *in;
	struct mr_arena *arena;
	struct mr_evidence evidence;
	struct mr_verdict verdict;
};

/* --- is it genuine? --- */

/* Result names that scripts know, with what they mean behind them. */
static mr_result not_verified(enum mr_attest_code code, struct mr_error *err)
{
	const char *name = "OE_VERIFY_FAILED";

	if (code == MR_ATTEST_UNSUPPORTED)
		name = "OE_UNSUPPORTED";
	else if (code == MR_ATTEST_COLLATERAL_FETCH || code == MR_ATTEST_CRL_MISSING)
		name = "OE_QUOTE_PROVIDER_CALL_ERROR";
	return mr_wrap(
		err, (mr_result){ MR_CODE_CRYPTO }, "%s: %s", name, mr_attest_code_name(code));
}

static mr_result verify(struct judgement *j, struct mr_error *err)
{
	MR_AUTO(fetch_now) struct mr_fetch_now fetch = { .collateral = NULL };
	const struct mr_package_rules *rules = j->in->policy->rules;
	struct mr_roots roots;
	int64_t now = mr_clock_wall();

	enum mr_attest_code code = mr_evidence_read(j->in->quote, &j->evidence, err);
	if (code != MR_ATTEST_OK)
		return not_verified(code, err);
	MR_TRY(mr_roots_load(&roots, err));
	MR_TRY(mr_fetch_now_init(&fetch, NULL, &roots, now, j->arena, err));
	const struct mr_verify_input in = { .evidence = &j->evidence,
		.roots = &roots,
		.now = now,
		.source = mr_fetch_now_source(&fetch),
		.allow_missing_crl = rules && rules->snp.allow_missing_crl };
	code = mr_verify(&in, j->arena, &j->verdict, err);
	return code == MR_ATTEST_OK ? MR_OK : not_verified(code, err);
}

/* The root certificate and the nonce, and nothing behind their hash. */
static mr_result check_report_data(const struct judgement *j, struct mr_error *err)
{
	struct mr_bytes got = mr_evidence_report_data(&j->evidence);
	MR_AUTO(buf) struct mr_buf bound = { 0 };
	uint8_t want[64] = { 0 };

	mr_buf_init(&bound, BOUND_MAX);
	mr_buf_put_bytes(&bound, j->in->root_der);
	mr_buf_put_bytes(&bound, j->in->nonce);
	MR_TRY(mr_buf_status(&bound, err));
	MR_TRY(mr_sha256(mr_buf_bytes(&bound), want, err));
	if (mr_bytes_eq(got, mr_bytes_of(want, sizeof want)))
		return MR_OK;
	return mr_fail(err, MR_CODE_CRYPTO, "report data does not match the certificate's hash");
}

/* --- is it the Coordinator that was asked for? --- */

static mr_result check_id(
	const char *name, struct mr_str wanted, struct mr_bytes got, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf bytes = { 0 };

	if (!wanted.len)
		return MR_OK;
	mr_buf_init(&bytes, 64);
	MR_TRY(mr_wrap(err, mr_hex_decode(wanted, &bytes, err), "%s", name));
	if (mr_bytes_eq(mr_buf_bytes(&bytes), got))
		return MR_OK;
	return mr_fail(err, MR_CODE_CRYPTO, "invalid %s", name);
}

static mr_result check_debug(const struct judgement *j, struct mr_error *err)
{
	if (!mr_evidence_is_debug(&j->evidence) || j->in->policy->debug)
		return MR_OK;
	return mr_fail(err, MR_CODE_CRYPTO, "debug enclave not allowed");
}

/* In the order of 50 §5.3. */
static mr_result check_enclave(const struct judgement *j, struct mr_error *err)
{
	const struct mr_sgx_report *report = &j->evidence.quote.sgx;
	const struct mr_policy *p = j->in->policy;

	if (!p->unique_id.len && p->security_version == 0)
		return mr_fail(err, MR_CODE_INVALID, "missing SecurityVersion in config");
	if (!p->unique_id.len && p->product_id == 0)
		return mr_fail(err, MR_CODE_INVALID, "missing ProductID in config");
	if (p->security_version > report->isv_svn)
		return mr_fail(err, MR_CODE_CRYPTO, "invalid SecurityVersion");
	if (p->product_id && p->product_id != report->isv_prod_id)
		return mr_fail(err, MR_CODE_CRYPTO, "invalid ProductID");
	MR_TRY(check_debug(j, err));
	MR_TRY(check_id("UniqueID", p->unique_id, report->mr_enclave, err));
	MR_TRY(check_id("SignerID", p->signer_id, report->mr_signer, err));
	if (p->unique_id.len || p->signer_id.len)
		return MR_OK;
	j->notes->say(j->notes->context,
		"Warning: Configuration contains neither UniqueID nor SignerID!");
	return mr_fail(err, MR_CODE_INVALID,
		"anybody's enclave would pass: name the Coordinator's UniqueID or SignerID in the era "
		"config file");
}

/* The rules of a package for confidential VMs (70 §17.4). */
static mr_result check_vm(const struct judgement *j, struct mr_error *err)
{
	const struct mr_package package = { .debug = j->in->policy->debug,
		.rules = j->in->policy->rules };

	MR_TRY(check_debug(j, err));
	const char *rule = mr_package_mismatch(&package, &j->evidence, &j->verdict);
	return rule ? mr_fail(err, MR_CODE_CRYPTO, "invalid %s", rule) : MR_OK;
}

static mr_result check_identity(const struct judgement *j, struct mr_error *err)
{
	const struct mr_package_rules *rules = j->in->policy->rules;
	unsigned allowed = rules ? rules->tees : MR_ALLOW_SGX;

	if (!(allowed & 1u << j->evidence.tee))
		return mr_fail(err, MR_CODE_CRYPTO, "invalid TEE");
	return j->evidence.tee == MR_TEE_SGX ? check_enclave(j, err) : check_vm(j, err);
}

/* --- is its platform good enough? --- */

static mr_result list_of(struct mr_arena *arena, const char *const *items, size_t count,
	const struct mr_str **ret, struct mr_error *err)
{
	struct mr_str *list = mr_arena_array(arena, count + 1, sizeof *list);

	if (!list)
		return mr_arena_fail(arena, err);
	for (size_t i = 0; i < count; i++)
		list[i] = mr_str_of(items[i]);
	*ret = list;
	return MR_OK;
}

static void say_level(const struct judgement *j)
{
	const struct mr_verdict *v = &j->verdict;
	MR_AUTO(buf) struct mr_buf text = { 0 };

	if (v->status == MR_TCB_UP_TO_DATE)
		return;
	mr_buf_init(&text, LIST_MAX);
	mr_buf_printf(&text, "%s: %s",
		v->status == MR_TCB_SW_HARDENING_NEEDED
			? "TCB level accepted by configuration"
			: "Warning: TCB level invalid, but accepted by configuration",
		mr_tcb_status_name(v->status));
	mr_buf_put_u8(&text, 0);
	size_t second = text.len;
	mr_buf_put_cstr(&text, "TCB Advisories: [");
	for (size_t i = 0; i < v->advisory_count; i++)
		mr_buf_printf(&text, "%s%.*s", i ? " " : "", MR_STR_ARGS(v->advisories[i]));
	mr_buf_put_u8(&text, ']');
	mr_buf_put_u8(&text, 0);
	if (text.failure != MR_CODE_OK)
		return;
	j->notes->say(j->notes->context, (const char *)text.data);
	j->notes->say(j->notes->context, (const char *)text.data + second);
}

static mr_result check_level(const struct judgement *j, struct mr_error *err)
{
	const char *status = mr_tcb_status_name(j->verdict.status);
	struct mr_attest_policy policy = { .allow_debug = true,
		.status_count = j->in->tcb_status_count,
		.advisory_count = j->in->advisory_count };
	struct mr_error text;

	MR_TRY(list_of(j->arena, j->in->tcb_statuses, policy.status_count, &policy.statuses, err));
	MR_TRY(list_of(
		j->arena, j->in->advisories, policy.advisory_count, &policy.advisories, err));
	enum mr_attest_code code = mr_attest_policy_check(
		&policy, &j->evidence, &j->verdict, &text);
	if (code == MR_ATTEST_OK) {
		say_level(j);
		return MR_OK;
	}
	const char *list = strchr(text.message, '[');
	if (code == MR_ATTEST_ADVISORY && list)
		return mr_fail(err, MR_CODE_CRYPTO,
			"invalid TCB status: %s: advisories not accepted by configuration: %s",
			status, list);
	return mr_fail(err, MR_CODE_CRYPTO, "invalid TCB status: %s", status);
}

static mr_result check(struct judgement *j, struct mr_error *err)
{
	const struct mr_package package = { .rules = j->in->policy->rules };

	if (j->in->quote.len == 0)
		return mr_fail(err, MR_CODE_CRYPTO, "empty report");
	MR_TRY(verify(j, err));
	MR_TRY(check_report_data(j, err));
	MR_TRY(check_identity(j, err));
	if (j->evidence.tee == MR_TEE_SNP)
		j->verdict.status = mr_package_snp_status(&package, &j->evidence, j->verdict.line);
	if (j->verdict.crl_waived)
		j->notes->warn(j->notes->context,
			"there is no revocation list of AMD's root key, and the era config file allows that");
	return check_level(j, err);
}

mr_result mr_quote_verify(
	const struct mr_quote_notes *notes, const struct mr_quote_check *in, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct judgement j = { .notes = notes, .in = in, .arena = &arena };

	mr_arena_init(&arena, ARENA_MAX);
	return mr_wrap(err, check(&j, err), "verifying Coordinator quote");
}
