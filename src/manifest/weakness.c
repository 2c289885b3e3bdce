/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/weakness.h"

#include <inttypes.h>

#include "manifest/package_rules.h"

enum { TEXT_MAX = 64 << 10 };

static bool is_one_of(struct mr_str text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (mr_str_eq(text, mr_str_of(list[i])))
			return true;
	}
	return false;
}

bool mr_tcb_status_is_known(struct mr_str status)
{
	static const char *const known[] = { "UpToDate", "OutOfDate", "Revoked",
		"ConfigurationNeeded", "OutOfDateConfigurationNeeded", "SWHardeningNeeded",
		"ConfigurationAndSWHardeningNeeded", "Unknown", "TDRelaunchAdvised",
		"TDRelaunchAdvisedConfigurationNeeded" };

	return is_one_of(status, known, MR_COUNT(known));
}

/* Begins the next item of the line. */
static void next(struct mr_buf *out)
{
	mr_buf_put_cstr(out, out->len ? "; " : "attestation is weakened by the manifest: ");
}

static void put_package(struct mr_buf *out, const struct mr_package *p)
{
	static const char *const weak[] = { "Revoked", "OutOfDate", "Unknown" };
	const struct mr_str_list *accepted = &p->accepted_tcb_statuses;

	if (p->debug) {
		next(out);
		mr_buf_printf(out, "package %.*s allows debug enclaves", MR_STR_ARGS(p->name));
	}
	for (size_t i = 0; i < accepted->count; i++) {
		if (!is_one_of(accepted->items[i], weak, MR_COUNT(weak)))
			continue;
		next(out);
		mr_buf_printf(out, "package %.*s accepts the TCB status %.*s", MR_STR_ARGS(p->name),
			MR_STR_ARGS(accepted->items[i]));
	}
	if (mr_package_rules_of(p)->snp.allow_missing_crl) {
		next(out);
		mr_buf_printf(
			out, "package %.*s allows missing revocation lists", MR_STR_ARGS(p->name));
	}
}

void mr_manifest_remark_weakness(const struct mr_manifest *m, const struct mr_warn *warn)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	if (!warn || !warn->call)
		return;
	mr_buf_init(&text, TEXT_MAX);
	for (size_t i = 0; i < m->packages_count; i++)
		put_package(&text, &m->packages[i]);
	if (m->config.collateral_grace_seconds) {
		next(&text);
		mr_buf_printf(&text, "expired collateral is accepted for %" PRIu64 " seconds",
			m->config.collateral_grace_seconds);
	}
	if (!text.len && text.failure == MR_CODE_OK)
		return;
	/* what does not fit is weak all the same */
	if (text.failure != MR_CODE_OK) {
		warn->call(warn->context, "attestation is weakened by the manifest in many places");
		return;
	}
	mr_buf_put_u8(&text, 0);
	if (text.failure == MR_CODE_OK)
		warn->call(warn->context, (const char *)text.data);
}
