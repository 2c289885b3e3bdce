/* SPDX-License-Identifier: Apache-2.0 */
/* What was seen of attestation documents, kept in the sealed state, so that a restart does not forget it (70 §18). */
#ifndef MR_COORDINATOR_ATTEST_MEMORY_H
#define MR_COORDINATOR_ATTEST_MEMORY_H

#include "coordinator/core.h"

/* Takes over what a state says; to be called before it becomes the current one, so that no document that it rules out
 * counts for a moment. Both do nothing in simulation. */
void mr_attest_memory_read(struct mr_core *core, const struct mr_state *state);
/* Stores what the current state does not say yet. To be called from time to time, by one thread. */
void mr_attest_memory_tick(struct mr_core *core);

#endif
