/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call that verifies evidence: it runs on the verifiers' threads, and is put aside, without holding a thread, while a
 * document that it needs is fetched. Embedded in the call's object.
 */
#ifndef MR_COORDINATOR_ATTEST_TASK_H
#define MR_COORDINATOR_ATTEST_TASK_H

#include "attest/fetch_cache.h"
#include "coordinator/core.h"

struct mr_attest_task {
	struct mr_core *core;
	/* Verifies, and answers or parks. Called again after a park. */
	void (*run)(struct mr_attest_task *task);
	/* Answers that there is no room for it, or that the Coordinator is stopping. */
	void (*refuse)(struct mr_attest_task *task);
	/* the task's own */
	struct mr_job job;
	struct mr_fetch_waiter waiter;
	atomic_int parking;
	unsigned waits;
	bool may_wait;
};

/* Hands the object, whose first three members are set, over to the verifiers. */
void mr_attest_task_start(struct mr_attest_task *task);
/* For run, before it verifies: what to wait with. NULL once it has waited 64 times: then nothing calls it again. */
struct mr_fetch_waiter *mr_attest_task_waiter(struct mr_attest_task *task);
/* For run, when a document is being fetched, as its last act. True: put aside, and the object is no longer the caller's.
 * False: the waiter was NULL, and it has to be answered now. */
MR_MUST_USE bool mr_attest_task_park(struct mr_attest_task *task);

#endif
