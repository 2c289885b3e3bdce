/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/attest_task.h"

/* Who parks and who has fetched: the second of the two lets it go on. */
enum { BOTH = 2 };

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
	atomic_store(&task->parking, BOTH);
	task->waiter.ready = ready;
	return &task->waiter;
}

void mr_attest_task_park(struct mr_attest_task *task)
{
	arrive(task);
}
