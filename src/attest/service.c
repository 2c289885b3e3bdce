/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/service.h"

#include <stdio.h>
#include <stdlib.h>

#include "attest/amd_source.h"
#include "attest/service_sources.h"
#include "base/clock.h"

enum { HELD_MAX = 4, QUERY_MAX = 1100 };

struct mr_attest_service {
	struct mr_roots roots;
	struct mr_watermarks *watermarks;
	struct mr_sources *sources;
};

/* --- start and end --- */

static mr_result set_up(struct mr_attest_service *s, const struct mr_attest_service_config *config,
	struct mr_error *err)
{
	struct mr_sources_config sources = { .roots = &s->roots,
		.refresh_seconds = config->refresh_seconds };

	MR_TRY(mr_roots_load(&s->roots, err));
	MR_TRY(mr_watermarks_new(config->release_time, &s->watermarks, err));
	sources.watermarks = s->watermarks;
	return mr_sources_new(&sources, &s->sources, err);
}

mr_result mr_attest_service_new(const struct mr_attest_service_config *config,
	struct mr_attest_service **ret, struct mr_error *err)
{
	MR_AUTO(attest_service) struct mr_attest_service *s = calloc(1, sizeof *s);

	if (!s)
		return mr_fail_nomem(err);
	MR_TRY(set_up(s, config, err));
	*ret = s;
	s = NULL;
	return MR_OK;
}

struct mr_watermarks *mr_attest_service_watermarks(struct mr_attest_service *s)
{
	return s->watermarks;
}

void mr_attest_service_tick(struct mr_attest_service *s)
{
	mr_sources_tick(s->sources);
}

void mr_attest_service_stop(struct mr_attest_service *s)
{
	if (s)
		mr_sources_stop(s->sources);
}

void mr_attest_service_free(struct mr_attest_service *s)
{
	if (!s)
		return;
	mr_sources_free(s->sources);
	mr_watermarks_free(s->watermarks);
	free(s);
}

/* --- one verification --- */

/* What a verification has got from the caches, until its end. */
struct run {
	struct mr_attest_service *service;
	const struct mr_attest_request *request;
	int64_t now;
	struct mr_shared *held[HELD_MAX];
	size_t held_count;
	struct mr_shared *list; /* the revocation list among them, if it was given last */
};

static void run_done(struct run *run)
{
	for (size_t i = 0; i < run->held_count; i++)
		mr_shared_unref(run->held[i]);
}

static enum mr_attest_code ask(struct run *run, enum mr_source source, struct mr_str key, bool peek,
	struct mr_shared **ret, struct mr_error *err)
{
	struct mr_fetch_cache *cache = mr_sources_cache(run->service->sources, source);

	if (run->held_count == HELD_MAX)
		return mr_attest_fail(
			err, MR_ATTEST_COLLATERAL_FETCH, "more documents than evidence needs");
	MR_ATTEST_TRY(mr_fetch_cache_get(cache, key, run->now, run->request->grace_seconds,
		peek ? NULL : run->request->waiter, ret, err));
	run->held[run->held_count++] = *ret;
	return MR_ATTEST_OK;
}

static enum mr_attest_code ask_collateral(void *context, const struct mr_intel_chain *pck,
	const struct mr_pck_extension *platform, bool is_td, const struct mr_collateral **ret,
	struct mr_error *err)
{
	struct mr_collateral_key key = { .is_platform_ca = pck->platform_ca, .is_td = is_td };
	struct run *run = context;
	struct mr_shared *object = NULL;

	memcpy(key.fmspc, platform->fmspc, sizeof key.fmspc);
	MR_ATTEST_TRY(ask(run, MR_SOURCE_COLLATERAL, mr_bytes_str(mr_bytes_of(&key, sizeof key)),
		false, &object, err));
	*ret = MR_CONTAINER_OF(object, struct mr_collateral, shared);
	return MR_ATTEST_OK;
}

static enum mr_attest_code ask_pck_chain(
	void *context, const struct mr_dcap_quote *quote, struct mr_str *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf key = { 0 };
	struct run *run = context;
	struct mr_shared *object = NULL;

	mr_buf_init(&key, QUERY_MAX);
	MR_ATTEST_TRY(
		mr_attest_of(mr_pccs_put_pck_query(&key, quote, err), MR_ATTEST_COLLATERAL_FETCH));
	MR_ATTEST_TRY(ask(run, MR_SOURCE_PCK_CHAIN, mr_buf_str(&key), false, &object, err));
	*ret = mr_bytes_str(mr_shared_bytes_of(object));
	return MR_ATTEST_OK;
}

static enum mr_attest_code ask_amd(void *context, const struct mr_amd_request *request,
	struct mr_bytes *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf key = { 0 };
	struct run *run = context;
	struct mr_shared *object = NULL;

	mr_buf_init(&key, QUERY_MAX);
	MR_ATTEST_TRY(
		mr_attest_of(mr_amd_put_target(&key, request, err), MR_ATTEST_COLLATERAL_FETCH));
	MR_ATTEST_TRY(ask(run, request->what == MR_AMD_VCEK ? MR_SOURCE_VCEK : MR_SOURCE_AMD_LINE,
		mr_buf_str(&key), request->peek, &object, err));
	if (request->what == MR_AMD_CRL)
		run->list = object;
	*ret = mr_shared_bytes_of(object);
	return MR_ATTEST_OK;
}

static bool take_crl(void *context, enum mr_snp_line line, const struct mr_crl *crl)
{
	struct run *run = context;
	char name[32];

	(void)snprintf(name, sizeof name, "crl-%s", mr_snp_line_name(line));
	if (!mr_watermarks_raise(run->service->watermarks, name, mr_crl_number(crl)))
		return false;
	mr_watermarks_saw_time(run->service->watermarks, crl->this_update);
	return true;
}

static void refuse_crl(void *context, enum mr_attest_code code, const struct mr_error *err)
{
	struct run *run = context;

	mr_fetch_cache_refuse(
		mr_sources_cache(run->service->sources, MR_SOURCE_AMD_LINE), run->list, code, err);
}

enum mr_attest_code mr_attest_service_verify(struct mr_attest_service *s,
	const struct mr_attest_request *request, struct mr_arena *arena, struct mr_verdict *ret,
	struct mr_error *err)
{
	__attribute__((cleanup(run_done))) struct run run = { .service = s,
		.request = request,
		.now = mr_watermarks_time(s->watermarks, mr_clock_wall()) };
	const struct mr_verify_input in = { .evidence = request->evidence,
		.roots = &s->roots,
		.now = run.now,
		.grace_seconds = request->grace_seconds,
		.source = { .context = &run,
			.collateral = ask_collateral,
			.pck_chain = ask_pck_chain,
			.amd = mr_sources_have_amd(s->sources) ? ask_amd : NULL,
			.take_crl = take_crl,
			.refuse_crl = refuse_crl },
		.allow_missing_crl = request->allow_missing_crl };

	return mr_verify(&in, arena, ret, err);
}
