/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/attest_task.h"

/* BOTH: who parks and who has fetched; the second of the two lets it go on. WAITS_MAX: far more than evidence needs
 * documents, so that only what is dropped as soon as it is fetched gets there. */
enum { BOTH = 2, WAITS_MAX = 64 };

static void run(struct mr_job *job)
{
	struct mr_attest_task *task = MR_CONTAINER_OF(job, struct mr_attest_task, job);

	if (atomic_load(&task->core->stopping))
		task->refuse(task);
	else
		task->run(task);
}

void mr_attest_task_start(struct mr_attest_task *task)
{
	task->job.run = run;
	if (!mr_workers_submit(task->core->verifiers, &task->job))
		task->refuse(task);
}

static void arrive(struct mr_attest_task *task)
{
	if (atomic_fetch_sub(&task->parking, 1) == 1)
		mr_attest_task_start(task);
}

static void ready(struct mr_fetch_waiter *waiter)
{
	arrive(MR_CONTAINER_OF(waiter, struct mr_attest_task, waiter));
}

struct mr_fetch_waiter *mr_attest_task_waiter(struct mr_attest_task *task)
{
	/* decided before it verifies: a call with a waiter somewhere must not be answered, which frees it */
	task->may_wait = task->waits < WAITS_MAX;
	if (!task->may_wait)
		return NULL;
	atomic_store(&task->parking, BOTH);
	task->waiter.ready = ready;
	return &task->waiter;
}

bool mr_attest_task_park(struct mr_attest_task *task)
{
	if (!task->may_wait)
		return false;
	task->waits++;
	arrive(task);
	return true;
}
