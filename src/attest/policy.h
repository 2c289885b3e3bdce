/* SPDX-License-Identifier: Apache-2.0 */
/* Which genuine evidence is good enough: debug, TCB status, advisories, report data (70 §2, §4). */
#ifndef MR_ATTEST_POLICY_H
#define MR_ATTEST_POLICY_H

#include "attest/package_match.h"

struct mr_attest_policy {
	bool allow_debug;
	const struct mr_str *statuses; /* accepted besides UpToDate */
	size_t status_count;
	const struct mr_str *advisories; /* accepted ones with SWHardeningNeeded; none: all */
	size_t advisory_count;
	bool all_advisories; /* look at them with every status but UpToDate, the quoting enclave's and the module's too */
	/* What the evidence must be; its `Debug` counts instead of allow_debug. NULL: anything. */
	const struct mr_package *package;
	struct mr_bytes report_data; /* 32 bytes, the rest zero; or 64; empty: not checked */
};

/* Sets the rules of a package, which must outlive the policy: its lists, and UpToDate and SWHardeningNeeded where it has
 * no statuses. */
void mr_attest_policy_of_package(const struct mr_package *package, struct mr_attest_policy *ret);
/* Judges evidence that was verified. MR_ATTEST_DEBUG, _TCB_STATUS, _ADVISORY, _REPORT_DATA or _PACKAGE, looked at in this
 * order; with a package its `Debug` comes first, as MR_ATTEST_PACKAGE. */
MR_MUST_USE enum mr_attest_code mr_attest_policy_check(const struct mr_attest_policy *policy,
	const struct mr_evidence *evidence, const struct mr_verdict *verdict, struct mr_error *err);

#endif
