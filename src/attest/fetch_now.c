/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/fetch_now.h"

#include "base/clock.h"

enum { QUERY_MAX = 1100, DOCUMENT_MAX = 2 << 20, LOAD_MS = 30000 };

mr_result mr_fetch_now_init(struct mr_fetch_now *f, const char *pccs_url,
	const struct mr_roots *roots, int64_t now, struct mr_arena *arena, struct mr_error *err)
{
	*f = (struct mr_fetch_now){ .now = now, .roots = roots, .arena = arena };
	if (!pccs_url)
		return mr_qcnl_load(&f->qcnl, err);
	return mr_qcnl_of_url(mr_str_of(pccs_url), &f->qcnl, err);
}

void mr_fetch_now_done(struct mr_fetch_now *f)
{
	mr_collateral_unref(f->collateral);
	mr_intel_source_free(f->intel);
	mr_amd_source_free(f->amd);
	*f = (struct mr_fetch_now){ .collateral = NULL };
}

static enum mr_attest_code open_intel(struct mr_fetch_now *f, struct mr_error *err)
{
	const struct mr_intel_source_config config = { .qcnl = f->qcnl, .roots = f->roots };

	if (f->intel)
		return MR_ATTEST_OK;
	return mr_attest_of(
		mr_intel_source_new(&config, &f->intel, err), MR_ATTEST_COLLATERAL_FETCH);
}

static enum mr_attest_code fetch_collateral(void *context, const struct mr_intel_chain *pck,
	const struct mr_pck_extension *platform, bool is_td, const struct mr_collateral **ret,
	struct mr_error *err)
{
	struct mr_collateral_key key = { .is_platform_ca = pck->platform_ca, .is_td = is_td };
	struct mr_fetch_now *f = context;
	int64_t refresh_at;

	memcpy(key.fmspc, platform->fmspc, sizeof key.fmspc);
	MR_ATTEST_TRY(open_intel(f, err));
	MR_ATTEST_TRY(
		mr_intel_source_load(f->intel, &key, f->now, &f->collateral, &refresh_at, err));
	*ret = f->collateral;
	return MR_ATTEST_OK;
}

static enum mr_attest_code fetch_pck_chain(
	void *context, const struct mr_dcap_quote *quote, struct mr_str *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf query = { 0 };
	MR_AUTO(buf) struct mr_buf chain = { 0 };
	struct mr_fetch_now *f = context;

	mr_buf_init(&query, QUERY_MAX);
	mr_buf_init(&chain, DOCUMENT_MAX);
	MR_ATTEST_TRY(mr_attest_of(
		mr_pccs_put_pck_query(&query, quote, err), MR_ATTEST_COLLATERAL_FETCH));
	MR_ATTEST_TRY(open_intel(f, err));
	MR_ATTEST_TRY(mr_intel_source_pck_chain(f->intel, mr_buf_str(&query), &chain, err));
	return mr_attest_of(
		mr_arena_str(f->arena, mr_buf_str(&chain), ret, err), MR_ATTEST_INTERNAL);
}

static enum mr_attest_code fetch_amd(void *context, const struct mr_amd_request *request,
	struct mr_bytes *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf target = { 0 };
	MR_AUTO(buf) struct mr_buf document = { 0 };
	struct mr_fetch_now *f = context;

	/* nothing is at hand that was not asked for */
	if (request->peek)
		return mr_attest_fail(err, MR_ATTEST_COLLATERAL_FETCH, "not fetched");
	if (!f->amd)
		MR_ATTEST_TRY(mr_attest_of(
			mr_amd_source_new(NULL, &f->amd, err), MR_ATTEST_COLLATERAL_FETCH));
	if (!f->amd)
		return mr_attest_fail(err, MR_ATTEST_COLLATERAL_FETCH,
			"EDG_AMD_KDS_URL is empty: nothing is fetched");
	mr_buf_init(&target, QUERY_MAX);
	mr_buf_init(&document, DOCUMENT_MAX);
	MR_ATTEST_TRY(
		mr_attest_of(mr_amd_put_target(&target, request, err), MR_ATTEST_COLLATERAL_FETCH));
	mr_buf_put_u8(&target, 0);
	MR_ATTEST_TRY(mr_attest_of(mr_buf_status(&target, err), MR_ATTEST_INTERNAL));
	MR_ATTEST_TRY(mr_amd_source_fetch(f->amd, (const char *)target.data,
		mr_clock_monotonic_ms() + LOAD_MS, &document, err));
	return mr_attest_of(
		mr_arena_bytes(f->arena, mr_buf_bytes(&document), ret, err), MR_ATTEST_INTERNAL);
}

struct mr_verify_source mr_fetch_now_source(struct mr_fetch_now *f)
{
	return (struct mr_verify_source){ .context = f,
		.collateral = fetch_collateral,
		.pck_chain = fetch_pck_chain,
		.amd = fetch_amd };
}
