/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/service.h"

#include <stdlib.h>

#include "attest/amd_source.h"
#include "attest/intel_source.h"
#include "base/clock.h"

enum {
	OBJECTS_MAX = 256,
	HELD_MAX = 4,
	CERTIFICATE_DAYS = 7,
	LOAD_MS = 30000,
	QUERY_MAX = 1100,
	DAY = 86400
};

struct mr_attest_service {
	struct mr_attest_service_config config;
	struct mr_roots roots;
	struct mr_watermarks *watermarks;
	atomic_bool stop;
	struct mr_intel_source *intel; /* of the thread of intel_cache */
	struct mr_amd_source *amd;     /* of the thread of amd_cache; NULL: nothing is fetched */
	struct mr_fetch_cache *intel_cache, *amd_cache;
};

/* Keys of the first cache: collateral, and chains of platforms. */
enum { KEY_COLLATERAL = 'c', KEY_PCK_CHAIN = 'p' };

static int64_t service_now(void *context)
{
	const struct mr_attest_service *s = context;

	return mr_watermarks_time(s->watermarks, mr_clock_wall());
}

/* --- loads, each on the thread of its cache --- */

static enum mr_attest_code load_collateral(struct mr_attest_service *s, struct mr_str key,
	int64_t now, struct mr_fetched *ret, struct mr_error *err)
{
	struct mr_collateral *c = NULL;
	struct mr_collateral_key k;

	memcpy(&k, key.ptr + 1, sizeof k);
	MR_ATTEST_TRY(mr_intel_source_load(s->intel, &k, now, &c, &ret->refresh_at, err));
	ret->object = &c->shared;
	ret->not_after = mr_collateral_not_after(c);
	return MR_ATTEST_OK;
}

/* Certificates do not change: the time bounds how long one is kept that was of no use. */
static enum mr_attest_code keep_bytes(
	const struct mr_buf *bytes, int64_t now, struct mr_fetched *ret, struct mr_error *err)
{
	ret->not_after = INT64_MAX;
	ret->refresh_at = now + (int64_t)CERTIFICATE_DAYS * DAY;
	return mr_attest_of(
		mr_shared_bytes_new(mr_buf_bytes(bytes), &ret->object, err), MR_ATTEST_INTERNAL);
}

static enum mr_attest_code load_intel(
	void *context, struct mr_str key, struct mr_fetched *ret, struct mr_error *err)
{
	struct mr_attest_service *s = context;
	MR_AUTO(buf) struct mr_buf chain = { 0 };

	if (key.ptr[0] == KEY_COLLATERAL)
		return load_collateral(s, key, service_now(s), ret, err);
	mr_buf_init(&chain, (size_t)2 << 20);
	MR_ATTEST_TRY(
		mr_intel_source_pck_chain(s->intel, mr_str_sub(key, 1, key.len), &chain, err));
	return keep_bytes(&chain, service_now(s), ret, err);
}

/* A list serves until it ends; its number may not go back. */
static enum mr_attest_code keep_list(struct mr_attest_service *s, struct mr_str target,
	const struct mr_buf *bytes, int64_t now, struct mr_fetched *ret, struct mr_error *err)
{
	MR_AUTO(crl) struct mr_crl crl = { .this_update = 0 };
	char name[64] = "";

	MR_ATTEST_TRY(mr_collateral_crl(mr_buf_bytes(bytes), &crl, err));
	if (!mr_time_within(now, crl.this_update, crl.next_update))
		return mr_attest_fail(err, MR_ATTEST_COLLATERAL_EXPIRED,
			"the ARK's revocation list that the service has is not current");
	for (size_t i = 0; i < target.len && i + 1 < sizeof name; i++)
		name[i] = target.ptr[i];
	if (!mr_watermarks_raise(s->watermarks, name, mr_crl_number(&crl)))
		return mr_attest_fail(err, MR_ATTEST_COLLATERAL_EXPIRED,
			"the ARK's revocation list is older than one that was seen before");
	ret->not_after = crl.next_update;
	ret->refresh_at = s->config.refresh_seconds > 0 ? now + s->config.refresh_seconds
							: now + (crl.next_update - now) / 2;
	return mr_attest_of(
		mr_shared_bytes_new(mr_buf_bytes(bytes), &ret->object, err), MR_ATTEST_INTERNAL);
}

static enum mr_attest_code load_amd(
	void *context, struct mr_str key, struct mr_fetched *ret, struct mr_error *err)
{
	struct mr_attest_service *s = context;
	MR_AUTO(buf) struct mr_buf bytes = { 0 };
	char target[QUERY_MAX];

	memcpy(target, key.ptr, key.len);
	target[key.len] = '\0';
	mr_buf_init(&bytes, (size_t)2 << 20);
	MR_ATTEST_TRY(mr_amd_source_fetch(
		s->amd, target, mr_clock_monotonic_ms() + LOAD_MS, &bytes, err));
	if (mr_str_ends(key, MR_STR("/crl")))
		return keep_list(s, key, &bytes, service_now(s), ret, err);
	return keep_bytes(&bytes, service_now(s), ret, err);
}

/* --- start and end --- */

static mr_result set_up(struct mr_attest_service *s, struct mr_error *err)
{
	struct mr_intel_source_config intel = {
		.roots = &s->roots, .refresh_seconds = s->config.refresh_seconds, .stop = &s->stop
	};
	struct mr_fetch_cache_config cache = {
		.now = service_now, .context = s, .max_objects = OBJECTS_MAX, .stop = &s->stop
	};

	MR_TRY(mr_roots_load(&s->roots, err));
	MR_TRY(mr_watermarks_new(s->config.release_time, &s->watermarks, err));
	MR_TRY(mr_qcnl_load(&intel.qcnl, err));
	intel.watermarks = s->watermarks;
	MR_TRY(mr_intel_source_new(&intel, &s->intel, err));
	MR_TRY(mr_amd_source_new(&s->stop, &s->amd, err));
	cache.load = load_intel;
	MR_TRY(mr_fetch_cache_new(&cache, &s->intel_cache, err));
	cache.load = load_amd;
	return s->amd ? mr_fetch_cache_new(&cache, &s->amd_cache, err) : MR_OK;
}

mr_result mr_attest_service_new(const struct mr_attest_service_config *config,
	struct mr_attest_service **ret, struct mr_error *err)
{
	MR_AUTO(attest_service) struct mr_attest_service *s = calloc(1, sizeof *s);

	if (!s)
		return mr_fail_nomem(err);
	s->config = *config;
	MR_TRY(set_up(s, err));
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
	mr_fetch_cache_tick(s->intel_cache);
	if (s->amd_cache)
		mr_fetch_cache_tick(s->amd_cache);
}

void mr_attest_service_stop(struct mr_attest_service *s)
{
	if (!s)
		return;
	atomic_store(&s->stop, true);
	mr_fetch_cache_stop(s->intel_cache);
	mr_fetch_cache_stop(s->amd_cache);
}

void mr_attest_service_free(struct mr_attest_service *s)
{
	if (!s)
		return;
	mr_attest_service_stop(s);
	mr_fetch_cache_free(s->intel_cache);
	mr_fetch_cache_free(s->amd_cache);
	mr_intel_source_free(s->intel);
	mr_amd_source_free(s->amd);
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
};

static void run_done(struct run *run)
{
	for (size_t i = 0; i < run->held_count; i++)
		mr_shared_unref(run->held[i]);
}

static enum mr_attest_code ask(struct run *run, struct mr_fetch_cache *cache, struct mr_str key,
	bool peek, struct mr_shared **ret, struct mr_error *err)
{
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
	char text[1 + sizeof key] = { KEY_COLLATERAL };
	struct run *run = context;
	struct mr_shared *object = NULL;

	memcpy(key.fmspc, platform->fmspc, sizeof key.fmspc);
	memcpy(text + 1, &key, sizeof key);
	MR_ATTEST_TRY(ask(run, run->service->intel_cache, (struct mr_str){ text, sizeof text },
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
	mr_buf_put_u8(&key, KEY_PCK_CHAIN);
	MR_ATTEST_TRY(
		mr_attest_of(mr_pccs_put_pck_query(&key, quote, err), MR_ATTEST_COLLATERAL_FETCH));
	MR_ATTEST_TRY(ask(run, run->service->intel_cache, mr_buf_str(&key), false, &object, err));
	*ret = mr_bytes_str(mr_shared_bytes_of(object));
	return MR_ATTEST_OK;
}

static enum mr_attest_code ask_amd(void *context, const struct mr_amd_request *request,
	struct mr_bytes *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf key = { 0 };
	struct run *run = context;
	struct mr_shared *object = NULL;

	mr_buf_init(&key, QUERY_MAX - 1);
	MR_ATTEST_TRY(
		mr_attest_of(mr_amd_put_target(&key, request, err), MR_ATTEST_COLLATERAL_FETCH));
	MR_ATTEST_TRY(
		ask(run, run->service->amd_cache, mr_buf_str(&key), request->peek, &object, err));
	*ret = mr_shared_bytes_of(object);
	return MR_ATTEST_OK;
}

enum mr_attest_code mr_attest_service_verify(struct mr_attest_service *s,
	const struct mr_attest_request *request, struct mr_arena *arena, struct mr_verdict *ret,
	struct mr_error *err)
{
	__attribute__((cleanup(run_done))) struct run run = {
		.service = s, .request = request, .now = service_now(s)
	};
	const struct mr_verify_input in = { .evidence = request->evidence,
		.roots = &s->roots,
		.now = run.now,
		.grace_seconds = request->grace_seconds,
		.source = { .context = &run,
			.collateral = ask_collateral,
			.pck_chain = ask_pck_chain,
			.amd = s->amd ? ask_amd : NULL },
		.allow_missing_crl = request->allow_missing_crl };

	return mr_verify(&in, arena, ret, err);
}
