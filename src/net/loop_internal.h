/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a loop, for connections and listeners: work at the end of an event, and memory
 * shared by all of them. */
#ifndef MR_NET_LOOP_INTERNAL_H
#define MR_NET_LOOP_INTERNAL_H

#include <stdint.h>

#include "net/loop.h"

#define MR_LOOP_SCRATCH ((size_t)16 << 10)

/* Runs a task when the current event has been dealt with; on the loop's thread only. */
void mr_loop_defer(struct mr_loop *loop, struct mr_loop_task *task);
/* Every event callback ends with this: runs what was deferred, also what comes to it meanwhile. */
void mr_loop_end_event(struct mr_loop *loop);
/* MR_LOOP_SCRATCH bytes for the time of one callback; whoever puts secrets there wipes them. */
uint8_t *mr_loop_scratch(struct mr_loop *loop);

#endif
