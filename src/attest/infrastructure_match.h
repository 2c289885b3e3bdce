/* SPDX-License-Identifier: Apache-2.0 */
/* Is a platform that was verified one of a manifest's infrastructures (70 §3.4)? */
#ifndef MR_ATTEST_INFRASTRUCTURE_MATCH_H
#define MR_ATTEST_INFRASTRUCTURE_MATCH_H

#include "attest/verify.h"
#include "manifest/manifest.h"

/* Entries that do not say `Enforce` are as they always were: anything passes. If one says so, the platform must be that
 * of an entry that does: MR_ATTEST_INFRASTRUCTURE otherwise. Platforms of other makers than Intel pass no entry. */
MR_MUST_USE enum mr_attest_code mr_infrastructure_check(const struct mr_infrastructure *entries,
	size_t count, const struct mr_evidence *evidence, const struct mr_verdict *verdict,
	struct mr_error *err);

#endif
