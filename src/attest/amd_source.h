/* SPDX-License-Identifier: Apache-2.0 */
/* AMD's key distribution service, or a mirror with its paths (70 §16.2). Used by one thread at a time. */
#ifndef MR_ATTEST_AMD_SOURCE_H
#define MR_ATTEST_AMD_SOURCE_H

#include <stdatomic.h>

#include "attest/service_url.h"
#include "attest/verify.h"

struct mr_amd_source;

/* The service of EDG_AMD_KDS_URL, or AMD's; *ret is NULL where the variable is there and empty, which means that nothing
 * is asked for. `stop` as in pccs.h. */
MR_MUST_USE mr_result mr_amd_source_new(
	const atomic_bool *stop, struct mr_amd_source **ret, struct mr_error *err);
/* Appends the path and query of a document below the service's path. MR_CODE_INVALID for a VCEK of a report that does not
 * name its chip. */
MR_MUST_USE mr_result mr_amd_put_target(
	struct mr_buf *out, const struct mr_amd_request *request, struct mr_error *err);
/* Fetches what such a target names. MR_ATTEST_COLLATERAL_FETCH. */
MR_MUST_USE enum mr_attest_code mr_amd_source_fetch(struct mr_amd_source *s, const char *target,
	int64_t deadline_ms, struct mr_buf *ret, struct mr_error *err);
/* Accepts NULL. */
void mr_amd_source_free(struct mr_amd_source *s);

MR_DEFINE_AUTO_PTR(amd_source, struct mr_amd_source, mr_amd_source_free)

#endif
