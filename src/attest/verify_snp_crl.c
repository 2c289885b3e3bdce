/* SPDX-License-Identifier: Apache-2.0 */
/* SEV-SNP: is the ASK or ASVK revoked (70 §16.3.2)? */
#include "attest/verify_internal.h"

static enum mr_attest_code check_list(
	struct mr_verify *v, const struct mr_amd_chain *chain, const struct mr_crl *crl)
{
	const struct mr_verify_source *source = &v->in->source;
	enum mr_attest_code code = MR_ATTEST_COLLATERAL_SIGNATURE;

	if (mr_bytes_eq(crl->issuer, chain->ark.subject))
		code = mr_attest_of(mr_crl_check_signature(crl, chain->ark_key, v->err), code);
	if (code == MR_ATTEST_COLLATERAL_SIGNATURE)
		return mr_attest_fail(v->err, code, "the revocation list is not signed by the ARK");
	MR_ATTEST_TRY(code);
	if (!mr_time_within(v->in->now, crl->this_update, crl->next_update))
		return mr_attest_fail(v->err, MR_ATTEST_COLLATERAL_EXPIRED,
			"the ARK's revocation list has expired or is not yet valid");
	if (source->take_crl && !source->take_crl(source->context, chain->line, crl))
		return mr_attest_fail(v->err, MR_ATTEST_COLLATERAL_EXPIRED,
			"the ARK's revocation list is older than one that was seen before");
	mr_validity_narrow(&v->verdict->validity, crl->this_update, crl->next_update);
	return MR_ATTEST_OK;
}

/* Reads a list and checks that it is a current one of the ARK. */
static enum mr_attest_code open_list(struct mr_verify *v, const struct mr_amd_chain *chain,
	struct mr_bytes bytes, struct mr_crl *ret)
{
	MR_ATTEST_TRY(mr_collateral_crl(bytes, ret, v->err));
	return check_list(v, chain, ret);
}

static enum mr_attest_code judge(
	struct mr_verify *v, const struct mr_amd_chain *chain, const struct mr_crl *crl)
{
	v->verdict->step = MR_STEP_REVOCATION;
	if (mr_crl_lists(crl, &chain->ask))
		return mr_attest_fail(v->err, MR_ATTEST_CERT_REVOKED, "the ASK or ASVK is revoked");
	return MR_ATTEST_OK;
}

static enum mr_attest_code fetch(
	struct mr_verify *v, const struct mr_amd_chain *chain, bool peek, struct mr_bytes *ret)
{
	const struct mr_amd_request request = {
		.what = MR_AMD_CRL, .line = chain->line, .peek = peek
	};

	if (!v->in->source.amd)
		return mr_attest_fail(
			v->err, MR_ATTEST_CRL_MISSING, "there is no revocation list of the ARK");
	enum mr_attest_code code = v->in->source.amd(v->in->source.context, &request, ret, v->err);
	return code == MR_ATTEST_COLLATERAL_FETCH || code == MR_ATTEST_COLLATERAL_PARSE
		       ? MR_ATTEST_CRL_MISSING
		       : code;
}

static enum mr_attest_code open_fetched(
	struct mr_verify *v, const struct mr_amd_chain *chain, bool peek, struct mr_crl *ret)
{
	const struct mr_verify_source *source = &v->in->source;
	struct mr_bytes bytes = { NULL, 0 };

	MR_ATTEST_TRY(fetch(v, chain, peek, &bytes));
	enum mr_attest_code code = open_list(v, chain, bytes, ret);
	if (code != MR_ATTEST_OK && code != MR_ATTEST_INTERNAL && source->refuse_crl)
		source->refuse_crl(source->context, code, v->err);
	return code;
}

/* The evidence's is good, but the host chose what it sends: one that is at hand counts as well. */
static enum mr_attest_code judge_second(struct mr_verify *v, const struct mr_amd_chain *chain)
{
	MR_AUTO(crl) struct mr_crl crl = { .this_update = 0 };
	enum mr_attest_step step = v->verdict->step;

	if (open_fetched(v, chain, true, &crl) != MR_ATTEST_OK)
		return MR_ATTEST_OK;
	v->verdict->step = step;
	return judge(v, chain, &crl);
}

/* There is no list, or none that counts: then one must be fetched. */
static enum mr_attest_code judge_fetched(struct mr_verify *v, const struct mr_amd_chain *chain)
{
	MR_AUTO(crl) struct mr_crl crl = { .this_update = 0 };

	MR_ATTEST_TRY(open_fetched(v, chain, false, &crl));
	return judge(v, chain, &crl);
}

/* Without a current list there is no verdict, unless the policy waives one that cannot be had. */
enum mr_attest_code mr_snp_check_revocation(struct mr_verify *v, const struct mr_amd_chain *chain)
{
	MR_AUTO(crl) struct mr_crl crl = { .this_update = 0 };
	struct mr_bytes given = v->in->snp.crl.len ? v->in->snp.crl
						   : v->in->evidence->table.item[MR_SNP_CRL];
	struct mr_error first;

	v->verdict->step = MR_STEP_COLLATERAL;
	if (given.len == 0) {
		enum mr_attest_code code = judge_fetched(v, chain);
		v->verdict->crl_waived = code == MR_ATTEST_CRL_MISSING && v->in->allow_missing_crl;
		return v->verdict->crl_waived ? MR_ATTEST_OK : code;
	}
	enum mr_attest_code code = open_list(v, chain, given, &crl);
	if (code == MR_ATTEST_OK) {
		MR_ATTEST_TRY(judge(v, chain, &crl));
		return judge_second(v, chain);
	}
	if (code == MR_ATTEST_INTERNAL || !v->in->source.amd)
		return code;
	first = *v->err;
	enum mr_attest_code second = judge_fetched(v, chain);
	if (second != MR_ATTEST_CRL_MISSING)
		return second;
	*v->err = first;
	return code;
}
