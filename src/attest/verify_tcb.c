/* SPDX-License-Identifier: Apache-2.0 */
/* What a platform is worth: level, module and quoting enclave together (70 §9.12 to §9.14, §15.2). */
#include "attest/verify_internal.h"

#include <stdlib.h>

static bool sgx_matches(const struct mr_tcb_level *level, const struct mr_pck_extension *pck)
{
	for (size_t i = 0; i < MR_TCB_COMPONENTS; i++) {
		if (pck->component[i] < level->sgx[i])
			return false;
	}
	return pck->pce_svn >= level->svn;
}

/* The first two belong to a module with an identity, which is judged by itself. */
static bool tdx_matches(const struct mr_tcb_level *level, const uint8_t *tee_tcb_svn)
{
	for (size_t i = tee_tcb_svn[1] > 0 ? 2 : 0; i < MR_TCB_COMPONENTS; i++) {
		if (tee_tcb_svn[i] < level->tdx[i])
			return false;
	}
	return true;
}

/* *ret_sgx: the first level that matches but for TDX. */
static const struct mr_tcb_level *find_level(
	struct mr_verify *v, const struct mr_tcb_info *info, const struct mr_tcb_level **ret_sgx)
{
	const struct mr_dcap_quote *q = &v->in->evidence->quote;

	*ret_sgx = NULL;
	for (size_t i = 0; i < info->level_count; i++) {
		const struct mr_tcb_level *level = &info->levels[i];

		if (!sgx_matches(level, &v->verdict->pck))
			continue;
		if (!*ret_sgx)
			*ret_sgx = level;
		if (!q->is_td || tdx_matches(level, q->td.tee_tcb_svn.ptr))
			return level;
	}
	return NULL;
}

static int by_text(const void *a, const void *b)
{
	return mr_str_cmp(*(const struct mr_str *)a, *(const struct mr_str *)b);
}

/* The advisories of some levels, sorted and without duplicates. NULL levels are skipped. */
static enum mr_attest_code merge(struct mr_verify *v, const struct mr_tcb_level *const *levels,
	size_t level_count, const struct mr_str **ret, size_t *ret_count)
{
	size_t count = 0;
	size_t kept = 0;

	for (size_t i = 0; i < level_count; i++)
		count += levels[i] ? levels[i]->advisory_count : 0;
	struct mr_str *all = mr_arena_array(v->arena, count + 1, sizeof *all);
	if (!all)
		return mr_attest_of(mr_arena_fail(v->arena, v->err), MR_ATTEST_INTERNAL);
	count = 0;
	for (size_t i = 0; i < level_count; i++) {
		for (size_t k = 0; levels[i] && k < levels[i]->advisory_count; k++) {
			struct mr_error *err = v->err;
			mr_result r = mr_arena_str(
				v->arena, levels[i]->advisories[k], &all[count++], err);

			MR_ATTEST_TRY(mr_attest_of(r, MR_ATTEST_INTERNAL));
		}
	}
	qsort(all, count, sizeof *all, by_text);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || !mr_str_eq(all[kept - 1], all[i]))
			all[kept++] = all[i];
	}
	*ret = all;
	*ret_count = kept;
	return MR_ATTEST_OK;
}

static enum mr_attest_code list_advisories(struct mr_verify *v, const struct mr_tcb_level *level,
	const struct mr_tcb_level *module, const struct mr_tcb_level *qe)
{
	const struct mr_tcb_level *all[] = { level, module, qe };
	struct mr_verdict *verdict = v->verdict;

	MR_ATTEST_TRY(merge(v, all, 3, &verdict->all_advisories, &verdict->all_advisory_count));
	MR_ATTEST_TRY(merge(v, &all[2], 1, &verdict->qe_advisories, &verdict->qe_advisory_count));
	return merge(v, all, v->in->evidence->quote.is_td ? 3 : 1, &verdict->advisories,
		&verdict->advisory_count);
}

static enum mr_attest_code check_document(struct mr_verify *v, const struct mr_tcb_info *info)
{
	const struct mr_pck_extension *pck = &v->verdict->pck;

	if (info->is_tdx != v->in->evidence->quote.is_td || info->tcb_type != 0)
		return mr_attest_fail(
			v->err, MR_ATTEST_TCB_TYPE, "the TCB info is not one for this quote");
	if (memcmp(info->fmspc, pck->fmspc, sizeof info->fmspc) != 0 ||
		memcmp(info->pce_id, pck->pce_id, sizeof info->pce_id) != 0)
		return mr_attest_fail(v->err, MR_ATTEST_FMSPC_MISMATCH,
			"the TCB info is for another kind of platform");
	return MR_ATTEST_OK;
}

static enum mr_attest_code not_supported(struct mr_error *err)
{
	return mr_attest_fail(err, MR_ATTEST_TCB_NOT_SUPPORTED,
		"the platform is below all levels of the TCB info");
}

enum mr_attest_code mr_verify_tcb(struct mr_verify *v, const struct mr_collateral *collateral,
	const struct mr_tcb_level *qe_level)
{
	const struct mr_tcb_info *info = &collateral->tcb_info;
	bool is_td = v->in->evidence->quote.is_td;
	struct mr_verdict *verdict = v->verdict;
	const struct mr_tcb_level *module = NULL;
	const struct mr_tcb_level *sgx_level;
	struct mr_str date;

	MR_ATTEST_TRY(check_document(v, info));
	if (is_td)
		MR_ATTEST_TRY(mr_tdx_module_level(v, info, &module));
	const struct mr_tcb_level *level = find_level(v, info, &sgx_level);
	if (!level)
		return not_supported(v->err);
	enum mr_tcb_status status = level->status;
	if (module)
		status = mr_tcb_converge(status, module->status);
	if (is_td && qe_level->status != MR_TCB_OUT_OF_DATE && qe_level->status != MR_TCB_REVOKED)
		MR_ATTEST_TRY(mr_tdx_relaunch(v, info, sgx_level, module, &status));
	verdict->status = mr_tcb_converge(status, qe_level->status);
	verdict->platform_status = level->status;
	verdict->qe_status = qe_level->status;
	verdict->has_module_status = module != NULL;
	if (module)
		verdict->module_status = module->status;
	MR_ATTEST_TRY(mr_attest_of(
		mr_arena_str(v->arena, level->date, &date, v->err), MR_ATTEST_INTERNAL));
	verdict->tcb_date = date;
	verdict->evaluation_number = info->evaluation_number;
	return list_advisories(v, level, module, qe_level);
}
