/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/policy.h"

enum { LIST_TEXT_MAX = 1024 };

static bool listed(const struct mr_str *list, size_t count, struct mr_str text, bool any_case)
{
	for (size_t i = 0; i < count; i++) {
		if (any_case ? mr_str_eq_nocase(list[i], text) : mr_str_eq(list[i], text))
			return true;
	}
	return false;
}

static enum mr_attest_code check_status(const struct mr_attest_policy *policy,
	const struct mr_verdict *verdict, struct mr_error *err)
{
	const char *name = mr_tcb_status_name(verdict->status);

	if (verdict->status == MR_TCB_UP_TO_DATE ||
		listed(policy->statuses, policy->status_count, mr_str_of(name), false))
		return MR_ATTEST_OK;
	return mr_attest_fail(err, MR_ATTEST_TCB_STATUS, "TCB level invalid: %s", name);
}

/* Unless all are asked for, only hardening is a matter of advisories: every other status is accepted whole or not at
 * all. */
static enum mr_attest_code check_advisories(const struct mr_attest_policy *policy,
	const struct mr_verdict *verdict, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf refused = { 0 };

	bool all = policy->all_advisories;
	const struct mr_str *reported = all ? verdict->all_advisories : verdict->advisories;
	size_t reported_count = all ? verdict->all_advisory_count : verdict->advisory_count;
	bool looked_at = all ? verdict->status != MR_TCB_UP_TO_DATE
			     : verdict->status == MR_TCB_SW_HARDENING_NEEDED;

	if (!looked_at || policy->advisory_count == 0)
		return MR_ATTEST_OK;
	mr_buf_init(&refused, LIST_TEXT_MAX);
	size_t count = 0;
	for (size_t i = 0; i < reported_count; i++) {
		if (listed(policy->advisories, policy->advisory_count, reported[i], true))
			continue;
		if (count++)
			mr_buf_put_u8(&refused, ' ');
		mr_buf_put_str(&refused, reported[i]);
	}
	if (count == 0)
		return MR_ATTEST_OK;
	return mr_attest_fail(err, MR_ATTEST_ADVISORY,
		"TCB status %s contains advisories not accepted by configuration: [%.*s]",
		mr_tcb_status_name(verdict->status), MR_STR_ARGS(mr_buf_str(&refused)));
}

static enum mr_attest_code check_report_data(const struct mr_attest_policy *policy,
	const struct mr_evidence *evidence, struct mr_error *err)
{
	struct mr_bytes got = mr_evidence_report_data(evidence);
	uint8_t want[64] = { 0 };

	if (policy->report_data.len == 0)
		return MR_ATTEST_OK;
	if (policy->report_data.len <= sizeof want)
		memcpy(want, policy->report_data.ptr, policy->report_data.len);
	if (policy->report_data.len <= sizeof want &&
		mr_bytes_eq(got, mr_bytes_of(want, sizeof want)))
		return MR_ATTEST_OK;
	return mr_attest_fail(
		err, MR_ATTEST_REPORT_DATA, "the report data are not the ones that were asked for");
}

void mr_attest_policy_of_package(const struct mr_package *package, struct mr_attest_policy *ret)
{
	static const struct mr_str initial[] = { MR_STR_INIT("SWHardeningNeeded") };
	const struct mr_str_list *statuses = &package->accepted_tcb_statuses;

	ret->package = package;
	ret->all_advisories = mr_package_rules_of(package)->all_advisories;
	ret->statuses = statuses->count ? statuses->items : initial;
	ret->status_count = statuses->count ? statuses->count : MR_COUNT(initial);
	ret->advisories = package->accepted_advisories.items;
	ret->advisory_count = package->accepted_advisories.count;
}

enum mr_attest_code mr_attest_policy_check(const struct mr_attest_policy *policy,
	const struct mr_evidence *evidence, const struct mr_verdict *verdict, struct mr_error *err)
{
	const struct mr_package *package = policy->package;
	bool debug = mr_evidence_is_debug(evidence);

	if (package && package->debug != debug)
		return mr_attest_fail(err, MR_ATTEST_PACKAGE, "package: Debug does not match");
	if (!package && debug && !policy->allow_debug)
		return mr_attest_fail(
			err, MR_ATTEST_DEBUG, "a debug enclave or guest: its secrets can be read");
	MR_ATTEST_TRY(check_status(policy, verdict, err));
	MR_ATTEST_TRY(check_advisories(policy, verdict, err));
	MR_ATTEST_TRY(check_report_data(policy, evidence, err));
	const char *rule = package ? mr_package_mismatch(package, evidence, verdict) : NULL;
	if (rule)
		return mr_attest_fail(err, MR_ATTEST_PACKAGE, "package: %s does not match", rule);
	return MR_ATTEST_OK;
}
