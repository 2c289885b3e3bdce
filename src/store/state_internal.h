/* SPDX-License-Identifier: Apache-2.0 */
/* What a transaction needs of a state. Private to this room. */
#ifndef MR_STORE_STATE_INTERNAL_H
#define MR_STORE_STATE_INTERNAL_H

#include "store/entries.h"

/* A state of these entries, which are shared. */
MR_MUST_USE mr_result mr_state_of(
	const struct mr_entries *entries, struct mr_state **ret, struct mr_error *err);
const struct mr_entries *mr_state_entries(const struct mr_state *state);

#endif
