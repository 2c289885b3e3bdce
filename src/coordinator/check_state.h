/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `marblerun-coordinator --check-state`: what a seal directory holds and whether a start would load it, found out by
 * the code that starts, without holding the lock and without changing anything (40 §13).
 */
#ifndef MR_COORDINATOR_CHECK_STATE_H
#define MR_COORDINATOR_CHECK_STATE_H

#include "coordinator/config.h"

enum mr_state_verdict {
	MR_STATE_LOADS,          /* or there is none, and a start begins a new mesh */
	MR_STATE_DOES_NOT_LOAD,  /* a start ends with an error */
	MR_STATE_NEEDS_RECOVERY, /* a start waits for recovery secrets */
};

/* Appends lines `what: finding` to `out`. `directory` NULL takes the one of `config`. Fails when the directory cannot
 * be looked at; a state that does not load is a finding. */
MR_MUST_USE mr_result mr_check_state(const struct mr_config *config, const char *directory,
	struct mr_buf *out, enum mr_state_verdict *ret, struct mr_error *err);

#endif
