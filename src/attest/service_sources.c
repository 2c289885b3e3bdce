/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/service_sources.h"

#include <stdlib.h>

#include "attest/amd_source.h"
#include "attest/chain_parts.h"
#include "base/clock.h"

enum {
	OBJECTS_MAX = 256,
	CERTIFICATE_DAYS = 7,
	PCK_CHAIN_LENGTH = 3, /* PCK, intermediate, root */
	AMD_CHAIN_LENGTH = 2, /* ASK or ASVK, ARK */
	LOAD_MS = 30000,
	TARGET_MAX = 1200,
	DAY = 86400
};

static const size_t document_max = (size_t)2 << 20;

struct mr_sources {
	struct mr_sources_config config;
	atomic_bool stop;
	/* each of the thread of its cache; AMD's are NULL where nothing is fetched */
	struct mr_intel_source *collateral, *pck_chain;
	struct mr_amd_source *amd_line, *vcek;
	struct mr_fetch_cache *cache[MR_SOURCE_COUNT];
};

static int64_t sources_now(void *context)
{
	const struct mr_sources *s = context;

	return mr_watermarks_time(s->config.watermarks, mr_clock_wall());
}

/* --- loads, each on the thread of its cache --- */

static enum mr_attest_code load_collateral(
	void *context, struct mr_str key, struct mr_fetched *ret, struct mr_error *err)
{
	MR_AUTO(collateral) struct mr_collateral *c = NULL;
	struct mr_sources *s = context;
	struct mr_collateral_key k;

	memcpy(&k, key.ptr, sizeof k);
	MR_ATTEST_TRY(
		mr_intel_source_load(s->collateral, &k, sources_now(s), &c, &ret->refresh_at, err));
	ret->object = &c->shared;
	ret->not_after = mr_collateral_not_after(c);
	c = NULL;
	return MR_ATTEST_OK;
}

/* Certificates do not change: the time bounds how long one is kept that was of no use. */
static enum mr_attest_code keep_certificates(struct mr_sources *s, const struct mr_buf *bytes,
	struct mr_fetched *ret, struct mr_error *err)
{
	ret->not_after = INT64_MAX;
	ret->refresh_at = sources_now(s) + (int64_t)CERTIFICATE_DAYS * DAY;
	return mr_attest_of(
		mr_shared_bytes_new(mr_buf_bytes(bytes), &ret->object, err), MR_ATTEST_INTERNAL);
}

/* What is no certificate at all (a page that says that a service is being mended) is not kept for a week. */
static enum mr_attest_code check_pem(const struct mr_buf *bytes, size_t count, struct mr_error *err)
{
	struct mr_cert certs[PCK_CHAIN_LENGTH] = { { .version = 0 } };

	enum mr_attest_code code = mr_chain_from_pem(mr_buf_str(bytes), certs, count, err);
	for (size_t i = 0; i < count; i++)
		mr_cert_done(&certs[i]);
	return code == MR_ATTEST_CERT_CHAIN ? MR_ATTEST_COLLATERAL_FETCH : code;
}

static enum mr_attest_code load_pck_chain(
	void *context, struct mr_str key, struct mr_fetched *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf chain = { 0 };
	struct mr_sources *s = context;

	mr_buf_init(&chain, document_max);
	MR_ATTEST_TRY(mr_intel_source_pck_chain(s->pck_chain, key, &chain, err));
	MR_ATTEST_TRY(check_pem(&chain, PCK_CHAIN_LENGTH, err));
	return keep_certificates(s, &chain, ret, err);
}

static enum mr_attest_code fetch_amd(
	struct mr_amd_source *source, struct mr_str key, struct mr_buf *ret, struct mr_error *err)
{
	char target[TARGET_MAX + 1];

	memcpy(target, key.ptr, key.len);
	target[key.len] = '\0';
	mr_buf_init(ret, document_max);
	return mr_amd_source_fetch(source, target, mr_clock_monotonic_ms() + LOAD_MS, ret, err);
}

/* A list serves until it ends. Whether it is the ARK's is seen with the first chain that it is for. */
static enum mr_attest_code keep_list(struct mr_sources *s, const struct mr_buf *bytes,
	struct mr_fetched *ret, struct mr_error *err)
{
	MR_AUTO(crl) struct mr_crl crl = { .this_update = 0 };
	int64_t now = sources_now(s);

	MR_ATTEST_TRY(mr_collateral_crl(mr_buf_bytes(bytes), &crl, err));
	if (!mr_time_within(now, crl.this_update, crl.next_update))
		return mr_attest_fail(err, MR_ATTEST_COLLATERAL_EXPIRED,
			"the ARK's revocation list that the service has is not current");
	ret->not_after = crl.next_update;
	ret->refresh_at = s->config.refresh_seconds > 0 ? now + s->config.refresh_seconds
							: now + (crl.next_update - now) / 2;
	return mr_attest_of(
		mr_shared_bytes_new(mr_buf_bytes(bytes), &ret->object, err), MR_ATTEST_INTERNAL);
}

static enum mr_attest_code load_amd_line(
	void *context, struct mr_str key, struct mr_fetched *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf bytes = { 0 };
	struct mr_sources *s = context;

	MR_ATTEST_TRY(fetch_amd(s->amd_line, key, &bytes, err));
	if (mr_str_ends(key, MR_STR("/crl")))
		return keep_list(s, &bytes, ret, err);
	MR_ATTEST_TRY(check_pem(&bytes, AMD_CHAIN_LENGTH, err));
	return keep_certificates(s, &bytes, ret, err);
}

static enum mr_attest_code load_vcek(
	void *context, struct mr_str key, struct mr_fetched *ret, struct mr_error *err)
{
	MR_AUTO(cert) struct mr_cert cert = { .version = 0 };
	MR_AUTO(buf) struct mr_buf bytes = { 0 };
	struct mr_sources *s = context;

	MR_ATTEST_TRY(fetch_amd(s->vcek, key, &bytes, err));
	MR_ATTEST_TRY(mr_attest_of(
		mr_cert_parse(mr_buf_bytes(&bytes), &cert, err), MR_ATTEST_COLLATERAL_FETCH));
	return keep_certificates(s, &bytes, ret, err);
}

/* --- start and end --- */

static mr_result open_clients(struct mr_sources *s, struct mr_error *err)
{
	struct mr_intel_source_config intel = { .roots = s->config.roots,
		.refresh_seconds = s->config.refresh_seconds,
		.watermarks = s->config.watermarks,
		.stop = &s->stop };

	MR_TRY(mr_qcnl_load(&intel.qcnl, err));
	MR_TRY(mr_intel_source_new(&intel, &s->collateral, err));
	MR_TRY(mr_intel_source_new(&intel, &s->pck_chain, err));
	MR_TRY(mr_amd_source_new(&s->stop, &s->amd_line, err));
	return mr_amd_source_new(&s->stop, &s->vcek, err);
}

static mr_result start(struct mr_sources *s, struct mr_error *err)
{
	static enum mr_attest_code (*const loads[])(
		void *context, struct mr_str key, struct mr_fetched *ret, struct mr_error *err) = {
		[MR_SOURCE_COLLATERAL] = load_collateral,
		[MR_SOURCE_PCK_CHAIN] = load_pck_chain,
		[MR_SOURCE_AMD_LINE] = load_amd_line,
		[MR_SOURCE_VCEK] = load_vcek,
	};
	struct mr_fetch_cache_config config = {
		.now = sources_now, .context = s, .max_objects = OBJECTS_MAX, .stop = &s->stop
	};

	MR_TRY(open_clients(s, err));
	for (unsigned i = 0; i < MR_SOURCE_COUNT; i++) {
		if (i >= MR_SOURCE_AMD_LINE && !mr_sources_have_amd(s))
			break;
		config.load = loads[i];
		MR_TRY(mr_fetch_cache_new(&config, &s->cache[i], err));
	}
	return MR_OK;
}

mr_result mr_sources_new(
	const struct mr_sources_config *config, struct mr_sources **ret, struct mr_error *err)
{
	struct mr_sources *s = calloc(1, sizeof *s);

	if (!s)
		return mr_fail_nomem(err);
	s->config = *config;
	mr_result r = start(s, err);
	if (mr_failed(r)) {
		mr_sources_free(s);
		return r;
	}
	*ret = s;
	return MR_OK;
}

struct mr_fetch_cache *mr_sources_cache(struct mr_sources *s, enum mr_source source)
{
	return s->cache[source];
}

bool mr_sources_have_amd(const struct mr_sources *s)
{
	return s->amd_line != NULL;
}

void mr_sources_tick(struct mr_sources *s)
{
	for (unsigned i = 0; i < MR_SOURCE_COUNT; i++) {
		if (s->cache[i])
			mr_fetch_cache_tick(s->cache[i]);
	}
}

void mr_sources_stop(struct mr_sources *s)
{
	if (!s)
		return;
	atomic_store(&s->stop, true);
	for (unsigned i = 0; i < MR_SOURCE_COUNT; i++)
		mr_fetch_cache_stop(s->cache[i]);
}

void mr_sources_free(struct mr_sources *s)
{
	if (!s)
		return;
	mr_sources_stop(s);
	for (unsigned i = 0; i < MR_SOURCE_COUNT; i++)
		mr_fetch_cache_free(s->cache[i]);
	mr_intel_source_free(s->collateral);
	mr_intel_source_free(s->pck_chain);
	mr_amd_source_free(s->amd_line);
	mr_amd_source_free(s->vcek);
	free(s);
}
