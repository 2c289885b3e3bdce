/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collateral for a platform, put together from documents that are fetched one by one and kept while they are fresh: what
 * several platforms share is asked for once (70 §11). Used by one thread at a time.
 */
#ifndef MR_ATTEST_INTEL_SOURCE_H
#define MR_ATTEST_INTEL_SOURCE_H

#include "attest/collateral.h"
#include "attest/pccs.h"
#include "attest/watermark.h"

/* Which collateral: 1 + 1 + 6 bytes without padding, so that it may be compared as bytes. */
struct mr_collateral_key {
	uint8_t is_platform_ca, is_td;
	uint8_t fmspc[6];
};

struct mr_intel_source_config {
	struct mr_qcnl qcnl;
	const struct mr_roots *roots; /* borrowed */
	/* Age in seconds at which a document is to be fetched again; 0: half of its remaining life. */
	int64_t refresh_seconds;
	struct mr_watermarks *watermarks; /* borrowed; NULL: nothing is remembered */
	const atomic_bool *stop;          /* may be NULL */
};

struct mr_intel_source;

MR_MUST_USE mr_result mr_intel_source_new(const struct mr_intel_source_config *config,
	struct mr_intel_source **ret, struct mr_error *err);
/* Loads the collateral, current at `now` (Unix seconds), with requests for those documents alone that are not there or
 * due. *ret_refresh_at is when the next becomes due. Takes at most 30 s. Documents that replace good ones and are not good
 * themselves are not kept. MR_ATTEST_COLLATERAL_FETCH, and the codes of mr_collateral_new and of documents that are not
 * current, or older than ones that were seen. */
MR_MUST_USE enum mr_attest_code mr_intel_source_load(struct mr_intel_source *s,
	const struct mr_collateral_key *key, int64_t now, struct mr_collateral **ret,
	int64_t *ret_refresh_at, struct mr_error *err);
/* The PEM chain of the platform of such a query (pccs.h), fetched anew. */
MR_MUST_USE enum mr_attest_code mr_intel_source_pck_chain(
	struct mr_intel_source *s, struct mr_str query, struct mr_buf *ret, struct mr_error *err);
/* Accepts NULL. */
void mr_intel_source_free(struct mr_intel_source *s);

/* When the last of its documents that ends first ends. */
int64_t mr_collateral_not_after(const struct mr_collateral *c);

MR_DEFINE_AUTO_PTR(intel_source, struct mr_intel_source, mr_intel_source_free)

#endif
