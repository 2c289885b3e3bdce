/* SPDX-License-Identifier: Apache-2.0 */
/* Documents for one verification, fetched when they are asked for: for programs that verify once and end. */
#ifndef MR_ATTEST_FETCH_NOW_H
#define MR_ATTEST_FETCH_NOW_H

#include "attest/amd_source.h"
#include "attest/intel_source.h"

struct mr_fetch_now {
	int64_t now;
	struct mr_qcnl qcnl;
	const struct mr_roots *roots; /* borrowed */
	struct mr_arena *arena;       /* borrowed */
	struct mr_intel_source *intel;
	struct mr_amd_source *amd;
	struct mr_collateral *collateral;
};

/* `pccs_url` NULL: the services of qcnl.h's file. */
MR_MUST_USE mr_result mr_fetch_now_init(struct mr_fetch_now *f, const char *pccs_url,
	const struct mr_roots *roots, int64_t now, struct mr_arena *arena, struct mr_error *err);
/* A source for mr_verify; `f` must outlive the verification and the arena's use. */
struct mr_verify_source mr_fetch_now_source(struct mr_fetch_now *f);
/* Accepts a zeroed object. */
void mr_fetch_now_done(struct mr_fetch_now *f);

MR_DEFINE_AUTO(fetch_now, struct mr_fetch_now, mr_fetch_now_done)

#endif
