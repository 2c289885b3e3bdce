/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "base/worker.h"

/* A gate that jobs wait at, so that the test decides when they go on. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int arrived;
	bool open;
};

static struct gate gate = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, false };
static _Atomic int done;

static int start(void **state)
{
	(void)state;
	gate.arrived = 0;
	gate.open = false;
	done = 0;
	return 0;
}

static void wait_at_gate(struct mr_job *job)
{
	(void)job;
	pthread_mutex_lock(&gate.lock);
	gate.arrived++;
	pthread_cond_broadcast(&gate.changed);
	while (!gate.open)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
	atomic_fetch_add(&done, 1);
}

static void wait_for_arrivals(int count)
{
	pthread_mutex_lock(&gate.lock);
	while (gate.arrived < count)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

static void open_gate(void)
{
	pthread_mutex_lock(&gate.lock);
	gate.open = true;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
}

static void count(struct mr_job *job)
{
	(void)job;
	atomic_fetch_add(&done, 1);
}

static struct mr_workers *pool_of(size_t threads, size_t queue_max)
{
	struct mr_workers *pool = NULL;
	struct mr_error err;

	assert_false(mr_failed(mr_workers_new(threads, queue_max, &pool, &err)));
	return pool;
}

static void test_all_jobs_run(void **state)
{
	(void)state;
	enum { JOBS = 1000 };
	static struct mr_job jobs[JOBS];
	struct mr_workers *pool = pool_of(4, JOBS);

	for (size_t i = 0; i < JOBS; i++) {
		jobs[i].run = count;
		assert_true(mr_workers_submit(pool, &jobs[i]));
	}
	/* stopping finishes what is queued, and takes no more */
	mr_workers_stop(pool);
	assert_int_equal(done, JOBS);
	assert_false(mr_workers_submit(pool, &jobs[0]));
	mr_workers_stop(pool);
	mr_workers_free(pool);
	assert_int_equal(done, JOBS);
	mr_workers_stop(NULL);
	mr_workers_free(NULL);
}

static void test_queue_is_bounded(void **state)
{
	(void)state;
	struct mr_job blocking[2] = { { wait_at_gate, NULL }, { wait_at_gate, NULL } };
	struct mr_job waiting[4] = { { count, NULL }, { count, NULL }, { count, NULL },
		{ count, NULL } };
	struct mr_workers *pool = pool_of(2, 3);

	assert_true(mr_workers_submit(pool, &blocking[0]));
	assert_true(mr_workers_submit(pool, &blocking[1]));
	wait_for_arrivals(2);
	for (int i = 0; i < 3; i++)
		assert_true(mr_workers_submit(pool, &waiting[i]));
	assert_false(mr_workers_submit(pool, &waiting[3]));
	open_gate();
	mr_workers_free(pool);
	assert_int_equal(done, 5);
}

static void test_at_least_one_thread(void **state)
{
	(void)state;
	struct mr_job job = { count, NULL };
	struct mr_workers *pool = pool_of(0, 1);

	assert_true(mr_workers_submit(pool, &job));
	mr_workers_free(pool);
	assert_int_equal(done, 1);
}

static bool fill(void *context)
{
	int *left = context;

	pthread_mutex_lock(&gate.lock);
	bool more = --*left > 0;
	gate.arrived++;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
	return more;
}

/* Called until it has nothing left, and again after a job and a kick. */
static void test_idle_work(void **state)
{
	(void)state;
	int left = 5;
	struct mr_job job = { count, NULL };
	struct mr_workers *pool = pool_of(2, 1);

	mr_workers_set_idle(pool, fill, &left);
	wait_for_arrivals(5);
	mr_workers_kick(pool);
	wait_for_arrivals(6);
	assert_true(mr_workers_submit(pool, &job));
	wait_for_arrivals(7);
	mr_workers_free(pool);
	assert_int_equal(done, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_all_jobs_run, start),
		cmocka_unit_test_setup(test_queue_is_bounded, start),
		cmocka_unit_test_setup(test_at_least_one_thread, start),
		cmocka_unit_test_setup(test_idle_work, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
