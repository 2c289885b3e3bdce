/* SPDX-License-Identifier: Apache-2.0 */
/* What was seen of attestation documents, kept in the sealed state, so that a restart does not forget it (70 §18). */
#ifndef MR_COORDINATOR_ATTEST_MEMORY_H
#define MR_COORDINATOR_ATTEST_MEMORY_H

#include "coordinator/core.h"

/* Takes over what the current state says, if it is another than before, and stores what is new. To be called from time to
 * time, by one thread. Does nothing in simulation. */
void mr_attest_memory_tick(struct mr_core *core);

#endif
