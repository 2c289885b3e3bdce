/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/tcb_status.h"

static const char *const names[] = {
	[MR_TCB_UP_TO_DATE] = "UpToDate",
	[MR_TCB_OUT_OF_DATE] = "OutOfDate",
	[MR_TCB_REVOKED] = "Revoked",
	[MR_TCB_CONFIGURATION_NEEDED] = "ConfigurationNeeded",
	[MR_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED] = "OutOfDateConfigurationNeeded",
	[MR_TCB_SW_HARDENING_NEEDED] = "SWHardeningNeeded",
	[MR_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED] = "ConfigurationAndSWHardeningNeeded",
	[MR_TCB_TD_RELAUNCH_ADVISED] = "TDRelaunchAdvised",
	[MR_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED] = "TDRelaunchAdvisedConfigurationNeeded",
};

const char *mr_tcb_status_name(enum mr_tcb_status status)
{
	return names[status];
}

bool mr_tcb_status_parse(struct mr_str text, enum mr_tcb_status *ret)
{
	for (unsigned i = 0; i < MR_TCB_TD_RELAUNCH_ADVISED; i++) {
		if (!mr_str_eq(text, mr_str_of(names[i])))
			continue;
		*ret = (enum mr_tcb_status)i;
		return true;
	}
	return false;
}

bool mr_tcb_needs_configuration(enum mr_tcb_status status)
{
	return status == MR_TCB_CONFIGURATION_NEEDED ||
	       status == MR_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED ||
	       status == MR_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED;
}

enum mr_tcb_status mr_tcb_converge(enum mr_tcb_status platform, enum mr_tcb_status other)
{
	if (other == MR_TCB_REVOKED)
		return MR_TCB_REVOKED;
	if (other != MR_TCB_OUT_OF_DATE)
		return platform;
	if (platform == MR_TCB_UP_TO_DATE || platform == MR_TCB_SW_HARDENING_NEEDED)
		return MR_TCB_OUT_OF_DATE;
	if (platform == MR_TCB_CONFIGURATION_NEEDED ||
		platform == MR_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED)
		return MR_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
	return platform;
}
