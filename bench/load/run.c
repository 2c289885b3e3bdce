/* SPDX-License-Identifier: Apache-2.0 */
/* Workers, the clock, and the first failure. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "load.h"

struct run {
	size_t count;
	mr_load_call call;
	void *context;
	double *latency_ms;
	atomic_size_t next;
	atomic_bool failed;
	pthread_mutex_t lock; /* of the error */
	struct mr_error error;
};

struct worker {
	struct run *run;
	size_t number;
	pthread_t thread;
};

static void fail(struct run *run, const struct mr_error *err)
{
	pthread_mutex_lock(&run->lock);
	if (!atomic_exchange(&run->failed, true))
		run->error = *err;
	pthread_mutex_unlock(&run->lock);
}

static void *work(void *argument)
{
	const struct worker *w = argument;
	struct run *run = w->run;
	struct mr_error err;

	while (!atomic_load(&run->failed)) {
		size_t index = atomic_fetch_add(&run->next, 1);
		if (index >= run->count)
			break;
		double start = mr_load_now_s();
		if (mr_failed(run->call(run->context, w->number, index, &err)))
			fail(run, &err);
		if (run->latency_ms)
			run->latency_ms[index] = (mr_load_now_s() - start) * 1e3;
	}
	return NULL;
}

static void run_workers(struct run *run, struct worker *workers, size_t count)
{
	size_t started = 0;
	struct mr_error err;

	for (; started < count; started++) {
		struct worker *w = &workers[started];
		w->run = run;
		w->number = started;
		int errnum = pthread_create(&w->thread, NULL, work, w);
		if (errnum != 0) {
			if (mr_failed(mr_fail_errno(&err, errnum, "starting a worker")))
				fail(run, &err);
			break;
		}
	}
	for (size_t i = 0; i < started; i++)
		pthread_join(workers[i].thread, NULL);
}

mr_result mr_load_each(size_t workers, size_t count, mr_load_call call, void *context,
	double *latency_ms, struct mr_error *err)
{
	struct run run = { .count = count, .call = call, .context = context };
	struct worker *list = calloc(workers, sizeof *list);

	if (!list)
		return mr_fail_nomem(err);
	run.latency_ms = latency_ms;
	pthread_mutex_init(&run.lock, NULL);
	run_workers(&run, list, workers);
	pthread_mutex_destroy(&run.lock);
	free(list);
	if (!atomic_load(&run.failed))
		return MR_OK;
	*err = run.error;
	return (mr_result){ err->code };
}

static double own_cpu_s(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

mr_result mr_load_run(struct mr_load *load, mr_load_call call, void *context, struct mr_error *err)
{
	double busy_before, idle_before, busy, idle;
	size_t workers = load->workers < load->operations ? load->workers : load->operations;

	load->latency_ms = calloc(load->operations, sizeof *load->latency_ms);
	if (!load->latency_ms)
		return mr_fail_nomem(err);
	MR_TRY(mr_load_settle(load->pid, err));
	MR_TRY(mr_load_usage_of(load->pid, true, &load->before, err));
	mr_load_machine(&busy_before, &idle_before);
	double own = own_cpu_s();
	double start = mr_load_now_s();
	mr_result r = mr_load_each(workers, load->operations, call, context, load->latency_ms, err);
	load->wall_s = mr_load_now_s() - start;
	load->own_cpu_s = own_cpu_s() - own;
	mr_load_machine(&busy, &idle);
	MR_TRY(r);
	busy -= busy_before;
	idle -= idle_before;
	load->busy = busy + idle > 0 ? busy / (busy + idle) : 0;
	qsort(load->latency_ms, load->operations, sizeof *load->latency_ms, compare);
	MR_TRY(mr_load_settle(load->pid, err));
	return mr_load_usage_of(load->pid, true, &load->after, err);
}
