/* SPDX-License-Identifier: Apache-2.0 */
/* The TDX module of a trust domain, and whether it was updated since the launch (70 §15.2). */
#include "attest/verify_internal.h"

static enum mr_attest_code wrong_module(struct mr_error *err, const char *what)
{
	return mr_attest_fail(err, MR_ATTEST_TDX_MODULE, "TDX module: %s", what);
}

enum mr_attest_code mr_tdx_module_level(
	struct mr_verify *v, const struct mr_tcb_info *info, const struct mr_tcb_level **ret)
{
	const struct mr_td_report *td = &v->in->evidence->quote.td;
	const struct mr_tdx_module *module = &info->module;
	uint8_t major = td->tee_tcb_svn.ptr[1];

	*ret = NULL;
	if (major > 0)
		module = mr_tcb_info_module(info, major);
	if (!module)
		return wrong_module(v->err, "its version has no identity in the TCB info");
	if (memcmp(td->mr_signer_seam.ptr, module->mr_signer, sizeof module->mr_signer) != 0)
		return wrong_module(v->err, "another signer");
	if (!mr_masked_eq(td->seam_attributes.ptr, module->attributes_mask, module->attributes,
		    sizeof module->attributes))
		return wrong_module(v->err, "attributes");
	if (major == 0)
		return MR_ATTEST_OK;
	*ret = mr_isv_level_of(module->levels, module->level_count, td->tee_tcb_svn.ptr[0]);
	return *ret ? MR_ATTEST_OK : wrong_module(v->err, "its version is not supported");
}

/* Does what runs now reach the newest level and the newest module? */
static enum mr_attest_code is_updated(
	struct mr_verify *v, const struct mr_tcb_info *info, bool *ret)
{
	const uint8_t *now = v->in->evidence->quote.td.tee_tcb_svn2.ptr;
	const struct mr_tcb_level *newest = &info->levels[0];

	*ret = false;
	if (now[1] == 0) {
		*ret = now[0] >= newest->tdx[0] && now[2] >= newest->tdx[2];
		return MR_ATTEST_OK;
	}
	const struct mr_tdx_module *module = mr_tcb_info_module(info, now[1]);
	if (!module)
		return wrong_module(
			v->err, "the version that runs now has no identity in the TCB info");
	*ret = module->level_count > 0 && now[0] >= module->levels[0].svn &&
	       now[2] >= newest->tdx[2];
	return MR_ATTEST_OK;
}

enum mr_attest_code mr_tdx_relaunch(struct mr_verify *v, const struct mr_tcb_info *info,
	const struct mr_tcb_level *sgx_level, const struct mr_tcb_level *module_level,
	enum mr_tcb_status *status)
{
	enum mr_tcb_status s = sgx_level->status;
	bool updated;

	if (!v->in->evidence->quote.td.is_15 || !module_level ||
		module_level->status != MR_TCB_OUT_OF_DATE)
		return MR_ATTEST_OK;
	if (*status != MR_TCB_OUT_OF_DATE && *status != MR_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED)
		return MR_ATTEST_OK;
	if (s != MR_TCB_UP_TO_DATE && s != MR_TCB_SW_HARDENING_NEEDED &&
		s != MR_TCB_CONFIGURATION_NEEDED &&
		s != MR_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED)
		return MR_ATTEST_OK;
	MR_ATTEST_TRY(is_updated(v, info, &updated));
	if (!updated)
		return MR_ATTEST_OK;
	*status = mr_tcb_needs_configuration(s) || mr_tcb_needs_configuration(*status)
			  ? MR_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED
			  : MR_TCB_TD_RELAUNCH_ADVISED;
	return MR_ATTEST_OK;
}
