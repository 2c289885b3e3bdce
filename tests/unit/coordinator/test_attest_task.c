/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that wait for documents: each is answered once, and none is called again by a waiter that it left behind. */
#include "coordinator/attest_task.h"

#include <semaphore.h>
#include <stdlib.h>

#include "base/clock.h"
#include "coordinator_test.h"

enum { QUEUE_MAX = 8, CACHE_MAX = 4, WAITS_MAX = 64 };

static struct mr_core core;
static struct mr_fetch_cache *cache;

/* The loads, and what the last one of a test waits for. */
static unsigned loads;
static sem_t gate;

struct call {
	struct mr_attest_task task;
	struct seen *seen;
};

/* What became of a call; outlives it. */
struct seen {
	unsigned runs;
	enum mr_attest_code code;
	bool refused;
	atomic_bool told; /* by a waiter, after it was answered */
	sem_t answered;
	struct call *call;
};

static int64_t now(void *unused)
{
	(void)unused;
	return NOW;
}

/* 's': serves; anything else has ended by the time that it is there, as a service's stale answer has. */
static enum mr_attest_code load(
	void *unused, struct mr_str name, struct mr_fetched *ret, struct mr_error *err)
{
	(void)unused;
	if (++loads > WAITS_MAX)
		(void)sem_wait(&gate);
	ret->not_after = name.ptr[0] == 's' ? NOW : NOW - 1;
	ret->refresh_at = NOW + 1;
	return mr_attest_of(
		mr_shared_bytes_new(mr_str_bytes(name), &ret->object, err), MR_ATTEST_INTERNAL);
}

static void complain(struct mr_fetch_waiter *waiter)
{
	struct call *c = MR_CONTAINER_OF(waiter, struct call, task.waiter);

	atomic_store(&c->seen->told, true);
}

static void answer(struct call *c, enum mr_attest_code code, bool refused)
{
	struct seen *seen = c->seen;

	seen->code = code;
	seen->refused = refused;
	c->task.waiter.ready = complain;
	(void)sem_post(&seen->answered);
}

static void run(struct mr_attest_task *task, struct mr_str name)
{
	struct call *c = MR_CONTAINER_OF(task, struct call, task);
	struct mr_shared *object = NULL;
	struct mr_error err;

	c->seen->runs++;
	enum mr_attest_code code = mr_fetch_cache_get(
		cache, name, NOW, 0, mr_attest_task_waiter(task), &object, &err);
	mr_shared_unref(object);
	if (code != MR_ATTEST_PENDING || !mr_attest_task_park(task))
		answer(c, code, false);
}

static void run_served(struct mr_attest_task *task)
{
	run(task, MR_STR("served"));
}

static void run_ended(struct mr_attest_task *task)
{
	run(task, MR_STR("ended"));
}

static void refuse(struct mr_attest_task *task)
{
	answer(MR_CONTAINER_OF(task, struct call, task), MR_ATTEST_OK, true);
}

static void start(struct seen *seen, void (*call_run)(struct mr_attest_task *task))
{
	struct call *c = calloc(1, sizeof *c);

	assert_non_null(c);
	*seen = (struct seen){ .code = MR_ATTEST_INTERNAL };
	assert_int_equal(sem_init(&seen->answered, 0, 0), 0);
	c->seen = seen;
	seen->call = c;
	c->task.core = &core;
	c->task.run = call_run;
	c->task.refuse = refuse;
	mr_attest_task_start(&c->task);
	assert_int_equal(sem_wait(&seen->answered), 0);
}

/* Ends all threads; nobody may tell what has been answered. */
static void finish(struct seen *seen)
{
	mr_fetch_cache_stop(cache);
	mr_workers_stop(core.verifiers);
	assert_false(atomic_load(&seen->told));
	free(seen->call);
	(void)sem_destroy(&seen->answered);
}

static int set_up(void **unused)
{
	const struct mr_fetch_cache_config config = {
		.load = load, .now = now, .max_objects = CACHE_MAX
	};
	struct mr_error err;

	(void)unused;
	loads = 0;
	assert_int_equal(sem_init(&gate, 0, 0), 0);
	atomic_store(&core.stopping, false);
	OK(mr_workers_new(1, QUEUE_MAX, &core.verifiers, &err));
	OK(mr_fetch_cache_new(&config, &cache, &err));
	return 0;
}

/* First the cache: who still waits is told. */
static int tear_down(void **unused)
{
	(void)unused;
	mr_fetch_cache_free(cache);
	mr_workers_free(core.verifiers);
	(void)sem_destroy(&gate);
	return 0;
}

static void waits_for_its_document(void **unused)
{
	struct seen seen;

	(void)unused;
	start(&seen, run_served);
	assert_int_equal(seen.code, MR_ATTEST_OK);
	assert_int_equal(seen.runs, 2);
	assert_false(seen.refused);
	finish(&seen);
}

static void gives_up_without_a_waiter_left_behind(void **unused)
{
	struct seen seen;

	(void)unused;
	start(&seen, run_ended);
	assert_int_equal(seen.code, MR_ATTEST_PENDING);
	assert_int_equal(seen.runs, WAITS_MAX + 1);
	/* the load that its last question began ends now, and tells whoever waits */
	(void)sem_post(&gate);
	finish(&seen);
	assert_int_equal(seen.runs, WAITS_MAX + 1);
}

static void is_refused_when_the_coordinator_stops(void **unused)
{
	struct seen seen;

	(void)unused;
	atomic_store(&core.stopping, true);
	start(&seen, run_served);
	assert_true(seen.refused);
	assert_int_equal(seen.runs, 0);
	finish(&seen);
}

static void is_refused_when_there_is_no_room(void **unused)
{
	struct seen seen;

	(void)unused;
	mr_workers_stop(core.verifiers);
	start(&seen, run_served);
	assert_true(seen.refused);
	finish(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(waits_for_its_document, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			gives_up_without_a_waiter_left_behind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			is_refused_when_the_coordinator_stops, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			is_refused_when_there_is_no_room, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("attest_task", tests, NULL, NULL);
}
