/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worker pool: a few threads for what takes milliseconds or more (RSA generation, quote
 * verification, sealing), with a bounded queue, so that overload shows as a refusal and not as
 * growing memory.
 */
#ifndef MR_BASE_WORKER_H
#define MR_BASE_WORKER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct mr_workers;

/* One job. Embedded in the caller's object, which must live until `run` has been called. */
struct mr_job {
	void (*run)(struct mr_job *job);
	struct mr_job *next; /* the pool's */
};

/* Starts `threads` threads (at least 1), all signals blocked. `queue_max` bounds the jobs that
 * wait. */
MR_MUST_USE mr_result mr_workers_new(
	size_t threads, size_t queue_max, struct mr_workers **ret, struct mr_error *err);
/* Queues a job; false when the queue is full or the pool is stopping (the job is then still the
 * caller's). */
MR_MUST_USE bool mr_workers_submit(struct mr_workers *pool, struct mr_job *job);
/* A function that an idle worker calls again and again while the queue is empty, until it
 * returns false; it is asked again after the next job or mr_workers_kick. Set before jobs are
 * submitted. */
void mr_workers_set_idle(struct mr_workers *pool, bool (*idle)(void *context), void *context);
void mr_workers_kick(struct mr_workers *pool);
/* Finishes queued jobs and ends the threads; nothing is taken from then on. Not on a thread of the
 * pool. Accepts NULL. */
void mr_workers_stop(struct mr_workers *pool);
/* Stops and frees. Accepts NULL. */
void mr_workers_free(struct mr_workers *pool);

#endif
