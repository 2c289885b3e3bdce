/* SPDX-License-Identifier: Apache-2.0 */
#include "base/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREADS_MAX 64

struct mr_workers {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct mr_job *first, **last;
	size_t waiting, queue_max;
	bool stopping;
	bool (*idle)(void *context);
	void *idle_context;
	bool idle_wanted; /* until `idle` says that there is nothing to do */
	bool idle_running;
	size_t threads;
	pthread_t thread[THREADS_MAX];
};

static void run_first(struct mr_workers *pool)
{
	struct mr_job *job = pool->first;

	pool->first = job->next;
	if (!pool->first)
		pool->last = &pool->first;
	pool->waiting--;
	job->next = NULL;
	pthread_mutex_unlock(&pool->lock);
	job->run(job);
	pthread_mutex_lock(&pool->lock);
	pool->idle_wanted = true;
}

static void run_idle(struct mr_workers *pool)
{
	bool (*idle)(void *) = pool->idle;
	void *context = pool->idle_context;

	/* a kick that comes while it runs asks again */
	pool->idle_wanted = false;
	pool->idle_running = true;
	pthread_mutex_unlock(&pool->lock);
	bool more = idle(context);
	pthread_mutex_lock(&pool->lock);
	pool->idle_running = false;
	pool->idle_wanted |= more;
}

/* Slow work gives way to the event loops when there are more threads than cores. Refused in some libOSes, which is fine. */
static void give_way(void)
{
	enum { NICER = 5 };
	pid_t thread = (pid_t)syscall(SYS_gettid);
	int now = getpriority(PRIO_PROCESS, (id_t)thread);

	(void)setpriority(PRIO_PROCESS, (id_t)thread, now + NICER);
}

static void *work(void *argument)
{
	struct mr_workers *pool = argument;

	give_way();
	pthread_mutex_lock(&pool->lock);
	for (;;) {
		if (pool->first)
			run_first(pool);
		else if (pool->stopping)
			break;
		else if (pool->idle && pool->idle_wanted && !pool->idle_running)
			run_idle(pool);
		else
			pthread_cond_wait(&pool->wake, &pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static mr_result start_threads(struct mr_workers *pool, size_t threads, struct mr_error *err)
{
	sigset_t all, before;
	int failed = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (pool->threads < threads && !failed) {
		failed = pthread_create(&pool->thread[pool->threads], NULL, work, pool);
		pool->threads += !failed;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed ? mr_fail_errno(err, failed, "starting a worker thread") : MR_OK;
}

mr_result mr_workers_new(
	size_t threads, size_t queue_max, struct mr_workers **ret, struct mr_error *err)
{
	struct mr_workers *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return mr_fail_nomem(err);
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->wake, NULL);
	pool->last = &pool->first;
	pool->queue_max = queue_max;

	threads = threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads;
	mr_result r = start_threads(pool, threads, err);
	if (mr_failed(r)) {
		mr_workers_free(pool);
		return r;
	}
	*ret = pool;
	return MR_OK;
}

bool mr_workers_submit(struct mr_workers *pool, struct mr_job *job)
{
	pthread_mutex_lock(&pool->lock);
	bool taken = !pool->stopping && pool->waiting < pool->queue_max;
	if (taken) {
		job->next = NULL;
		*pool->last = job;
		pool->last = &job->next;
		pool->waiting++;
		pthread_cond_signal(&pool->wake);
	}
	pthread_mutex_unlock(&pool->lock);
	return taken;
}

void mr_workers_set_idle(struct mr_workers *pool, bool (*idle)(void *context), void *context)
{
	pthread_mutex_lock(&pool->lock);
	pool->idle = idle;
	pool->idle_context = context;
	pthread_mutex_unlock(&pool->lock);
	mr_workers_kick(pool);
}

void mr_workers_kick(struct mr_workers *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->idle_wanted = true;
	pthread_cond_signal(&pool->wake);
	pthread_mutex_unlock(&pool->lock);
}

void mr_workers_stop(struct mr_workers *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	pthread_cond_broadcast(&pool->wake);
	pthread_mutex_unlock(&pool->lock);
	for (size_t i = 0; i < pool->threads; i++)
		pthread_join(pool->thread[i], NULL);
	pool->threads = 0;
}

void mr_workers_free(struct mr_workers *pool)
{
	if (!pool)
		return;
	mr_workers_stop(pool);
	pthread_cond_destroy(&pool->wake);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}
