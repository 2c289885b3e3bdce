/* SPDX-License-Identifier: Apache-2.0 */
/* What the two recover commands share (50 §11). */
#ifndef MR_CLI_RECOVERY_H
#define MR_CLI_RECOVERY_H

#include "cli/flow.h"

/* Attests the Coordinator, hands in the secret with its signature, says how many others are needed,
 * and saves the quote. The policy is chosen already. */
MR_MUST_USE mr_result mr_recovery_send(struct mr_flow *flow, struct mr_bytes secret,
	struct mr_bytes signature, struct mr_error *err);

#endif
