/* SPDX-License-Identifier: Apache-2.0 */
/* TCB statuses: their names, and what several of them come to together (70 §4, §9.13, §15.2). */
#ifndef MR_ATTEST_TCB_STATUS_H
#define MR_ATTEST_TCB_STATUS_H

#include "base/bytes.h"

enum mr_tcb_status {
	MR_TCB_UP_TO_DATE,
	MR_TCB_OUT_OF_DATE,
	MR_TCB_REVOKED,
	MR_TCB_CONFIGURATION_NEEDED,
	MR_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
	MR_TCB_SW_HARDENING_NEEDED,
	MR_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
	MR_TCB_TD_RELAUNCH_ADVISED, /* never in a document */
	MR_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
};

const char *mr_tcb_status_name(enum mr_tcb_status status);
/* A status as documents have it; false for any other text. */
MR_MUST_USE bool mr_tcb_status_parse(struct mr_str text, enum mr_tcb_status *ret);
/* The status of a platform with that of its quoting enclave or TDX module. */
enum mr_tcb_status mr_tcb_converge(enum mr_tcb_status platform, enum mr_tcb_status other);
/* Does the platform need configuration, whatever else? */
bool mr_tcb_needs_configuration(enum mr_tcb_status status);

#endif
