/* SPDX-License-Identifier: Apache-2.0 */
/* SEV-SNP: signature, and whether key and report belong together (70 §16.3). */
#include "attest/verify_internal.h"

#include "crypto/signature_raw.h"

enum { COORDINATE_FIELD = 72 };

/* r and s are little-endian, in fields with room for more. */
static void turn(struct mr_bytes little, uint8_t out[COORDINATE_FIELD])
{
	for (size_t i = 0; i < COORDINATE_FIELD; i++)
		out[i] = little.ptr[COORDINATE_FIELD - 1 - i];
}

static enum mr_attest_code check_signature(struct mr_verify *v, const struct mr_key *key)
{
	const struct mr_snp_report *report = &v->in->evidence->snp;
	uint8_t r[COORDINATE_FIELD];
	uint8_t s[COORDINATE_FIELD];

	turn(report->r, r);
	turn(report->s, s);
	enum mr_attest_code code = mr_attest_of(
		mr_key_verify_raw(key, MR_HASH_SHA384, report->signed_bytes,
			mr_bytes_of(r, sizeof r), mr_bytes_of(s, sizeof s), v->err),
		MR_ATTEST_QUOTE_SIGNATURE);
	if (code == MR_ATTEST_QUOTE_SIGNATURE)
		return mr_attest_fail(v->err, code, "the signature of the report does not verify");
	return code;
}

static enum mr_attest_code mismatch(struct mr_error *err, const char *what)
{
	return mr_attest_fail(err, MR_ATTEST_VEK_MISMATCH,
		"the signing key's certificate is not for this report: %s", what);
}

/* A line whose ids are short fills the rest of the report's field with zeros. */
static bool chip_fits(const struct mr_snp_report *report, struct mr_bytes id)
{
	if (id.len > report->chip_id.len || memcmp(id.ptr, report->chip_id.ptr, id.len) != 0)
		return false;
	return mr_bytes_is_zero(
		mr_bytes_of(report->chip_id.ptr + id.len, report->chip_id.len - id.len));
}

static bool product_fits(struct mr_str product, struct mr_str line)
{
	return mr_str_starts(product, line) &&
	       (product.len == line.len || product.ptr[line.len] == '-');
}

static enum mr_attest_code check_fit(struct mr_verify *v, const struct mr_amd_chain *chain)
{
	const struct mr_snp_report *report = &v->in->evidence->snp;
	const struct mr_vek_extension *key = &chain->extension;
	struct mr_snp_tcb certified = key->tcb;
	struct mr_snp_tcb reported = mr_snp_tcb_of(chain->line, report->reported_tcb);
	struct mr_snp_tcb committed = mr_snp_tcb_of(chain->line, report->committed_tcb);
	struct mr_snp_tcb running = mr_snp_tcb_of(chain->line, report->current_tcb);

	if (chain->line != MR_SNP_TURIN)
		certified.fmc = 0;
	else if (!key->has_fmc)
		return mismatch(v->err, "FMC");
	if (!mr_snp_tcb_eq(&certified, &reported))
		return mismatch(v->err, "TCB");
	if (!report->is_vlek && !report->chip_key_masked && !chip_fits(report, key->chip_id))
		return mismatch(v->err, "chip id");
	if (!product_fits(key->product, mr_str_of(mr_snp_line_name(chain->line))))
		return mismatch(v->err, "product");
	if (report->has_cpuid && mr_snp_line_of(report) != chain->line)
		return mismatch(v->err, "CPUID");
	if (!mr_snp_tcb_at_most(&reported, &committed) || !mr_snp_tcb_at_most(&committed, &running))
		return mismatch(
			v->err, "the reported TCB is above the committed or the current one");
	return MR_ATTEST_OK;
}

enum mr_attest_code mr_verify_snp(struct mr_verify *v)
{
	MR_AUTO(amd_chain) struct mr_amd_chain chain = { .line = MR_SNP_UNKNOWN };
	struct mr_verdict *verdict = v->verdict;

	MR_ATTEST_TRY(mr_snp_read_chain(v, &chain));
	MR_ATTEST_TRY(
		mr_amd_chain_check(&chain, v->in->evidence->snp.is_vlek, v->in->roots, v->err));
	MR_ATTEST_TRY(mr_amd_chain_valid_at(&chain, v->in->now, &verdict->validity, v->err));
	verdict->line = chain.line;
	verdict->has_platform = true;
	verdict->step = MR_STEP_SIGNATURE;
	MR_ATTEST_TRY(check_signature(v, chain.vek_key));
	MR_ATTEST_TRY(mr_snp_check_revocation(v, &chain));
	verdict->has_validity = true;
	verdict->step = MR_STEP_TCB;
	MR_ATTEST_TRY(check_fit(v, &chain));
	/* there is no service of statuses: minima are the policy's */
	verdict->status = MR_TCB_UP_TO_DATE;
	verdict->has_tcb = true;
	return MR_ATTEST_OK;
}
