/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the documents of a service come from: caches, each with a client and a thread of its own. What evidence makes us
 * fetch that has not proven anything yet (a VCEK, a PCK chain: whoever connects may name any chip) neither delays nor
 * evicts what all need. For service.c.
 */
#ifndef MR_ATTEST_SERVICE_SOURCES_H
#define MR_ATTEST_SERVICE_SOURCES_H

#include "attest/fetch_cache.h"
#include "attest/intel_source.h"

enum mr_source {
	MR_SOURCE_COLLATERAL, /* keys: the bytes of an mr_collateral_key; objects: mr_collateral.shared */
	/* keys: queries and targets (pccs.h, amd_source.h); objects: mr_shared_bytes */
	MR_SOURCE_PCK_CHAIN,
	MR_SOURCE_AMD_LINE, /* chains and revocation lists: a few in all */
	MR_SOURCE_VCEK,
	MR_SOURCE_COUNT
};

struct mr_sources;

struct mr_sources_config {
	const struct mr_roots *roots;     /* borrowed */
	struct mr_watermarks *watermarks; /* borrowed */
	int64_t refresh_seconds;          /* as in intel_source.h */
};

/* Reads the configuration of the services and starts the threads. */
MR_MUST_USE mr_result mr_sources_new(
	const struct mr_sources_config *config, struct mr_sources **ret, struct mr_error *err);
/* NULL: nothing of that kind is fetched. */
struct mr_fetch_cache *mr_sources_cache(struct mr_sources *s, enum mr_source source);
/* Is AMD's service asked at all? */
bool mr_sources_have_amd(const struct mr_sources *s);
/* As the functions of fetch_cache.h, for all; the last two accept NULL. */
void mr_sources_tick(struct mr_sources *s);
void mr_sources_stop(struct mr_sources *s);
void mr_sources_free(struct mr_sources *s);

#endif
