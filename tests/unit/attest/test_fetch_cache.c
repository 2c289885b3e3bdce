/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of what is fetched: one load for many, refresh behind the scenes, memory of failures, bounds, the end. */
#include "attest_test.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "attest/fetch_cache.h"

enum { WAIT_SECONDS = 60, MANY = 64 };

/* A service: what it answers, and whether it waits for a go. */
struct played {
	struct mr_fetch_cache *cache;
	_Atomic int64_t now;
	atomic_int loads;
	atomic_int failing; /* a code */
	atomic_bool gated;
	sem_t gate, begun;
	int64_t life, due; /* seconds from now */
	atomic_bool stop;
};

static void wait_for(sem_t *semaphore)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_SECONDS;
	assert_int_equal(sem_timedwait(semaphore, &until), 0);
}

static enum mr_attest_code load(
	void *context, struct mr_str key, struct mr_fetched *ret, struct mr_error *err)
{
	struct played *p = context;
	char text[64];

	int number = atomic_fetch_add(&p->loads, 1) + 1;
	if (atomic_load(&p->gated)) {
		(void)sem_post(&p->begun);
		(void)sem_wait(&p->gate);
	}
	enum mr_attest_code code = (enum mr_attest_code)atomic_load(&p->failing);
	if (code != MR_ATTEST_OK)
		return mr_attest_fail(err, code, "no %.*s", MR_STR_ARGS(key));
	int n = snprintf(text, sizeof text, "%.*s-%d", MR_STR_ARGS(key), number);
	ret->not_after = atomic_load(&p->now) + p->life;
	ret->refresh_at = atomic_load(&p->now) + p->due;
	return mr_attest_of(mr_shared_bytes_new(mr_bytes_of(text, (size_t)n), &ret->object, err),
		MR_ATTEST_INTERNAL);
}

static int64_t played_now(void *context)
{
	struct played *p = context;

	return atomic_load(&p->now);
}

static void begin(struct played *p, size_t max_objects)
{
	const struct mr_fetch_cache_config config = { .load = load,
		.now = played_now,
		.context = p,
		.max_objects = max_objects,
		.stop = &p->stop };
	struct mr_error err;

	atomic_store(&p->now, 1000);
	p->life = 100;
	p->due = 50;
	assert_int_equal(sem_init(&p->gate, 0, 0), 0);
	assert_int_equal(sem_init(&p->begun, 0, 0), 0);
	OK(mr_fetch_cache_new(&config, &p->cache, &err));
}

static void end(struct played *p)
{
	mr_fetch_cache_free(p->cache);
	(void)sem_destroy(&p->gate);
	(void)sem_destroy(&p->begun);
}

struct waiting {
	struct mr_fetch_waiter waiter;
	sem_t told;
};

static void ready(struct mr_fetch_waiter *waiter)
{
	(void)sem_post(&MR_CONTAINER_OF(waiter, struct waiting, waiter)->told);
}

/* Asks until there is an answer; the object's text, or the error's. */
static enum mr_attest_code ask(
	struct played *p, const char *key, int64_t grace, char ret[static 128])
{
	struct waiting w = { .waiter = { .ready = ready } };
	struct mr_shared *object = NULL;
	enum mr_attest_code code;
	struct mr_error err;

	assert_int_equal(sem_init(&w.told, 0, 0), 0);
	while ((code = mr_fetch_cache_get(p->cache, mr_str_of(key), atomic_load(&p->now), grace,
			&w.waiter, &object, &err)) == MR_ATTEST_PENDING)
		wait_for(&w.told);
	(void)sem_destroy(&w.told);
	if (code == MR_ATTEST_OK)
		(void)snprintf(
			ret, 128, "%.*s", MR_STR_ARGS(mr_bytes_str(mr_shared_bytes_of(object))));
	else
		(void)snprintf(ret, 128, "%.120s", err.message);
	mr_shared_unref(object);
	return code;
}

static void test_one_load(void **state)
{
	struct played p = { .loads = 0 };
	char text[128];

	(void)state;
	begin(&p, 8);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(ask(&p, "a", 0, text), MR_ATTEST_OK);
		assert_string_equal(text, "a-1");
	}
	assert_int_equal(ask(&p, "b", 0, text), MR_ATTEST_OK);
	assert_string_equal(text, "b-2");
	end(&p);
}

static void *ask_in_thread(void *argument)
{
	char text[128];

	return ask(argument, "a", 0, text) == MR_ATTEST_OK && strcmp(text, "a-1") == 0 ? argument
										       : NULL;
}

static void test_many_share_one_load(void **state)
{
	struct played p = { .gated = true };
	pthread_t threads[MANY];

	(void)state;
	begin(&p, 8);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_in_thread, &p), 0);
	wait_for(&p.begun);
	atomic_store(&p.gated, false);
	(void)sem_post(&p.gate);
	for (size_t i = 0; i < MANY; i++) {
		void *good = NULL;

		assert_int_equal(pthread_join(threads[i], &good), 0);
		assert_ptr_equal(good, &p);
	}
	assert_int_equal(atomic_load(&p.loads), 1);
	end(&p);
}

/* Until `count` loads were made, asking for nothing. */
static void wait_loads(struct played *p, int count)
{
	static const struct timespec nap = { .tv_nsec = 1000000 };

	for (unsigned i = 0; i < WAIT_SECONDS * 1000 && atomic_load(&p->loads) < count; i++)
		(void)nanosleep(&nap, NULL);
	assert_int_equal(atomic_load(&p->loads), count);
}

static void test_refresh_keeps_nobody_waiting(void **state)
{
	struct played p = { .loads = 0 };
	char text[128];

	(void)state;
	begin(&p, 8);
	assert_int_equal(ask(&p, "a", 0, text), MR_ATTEST_OK);
	atomic_store(&p.gated, true);
	atomic_store(&p.now, 1050);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(ask(&p, "a", 0, text), MR_ATTEST_OK);
		assert_string_equal(text, "a-1");
	}
	wait_for(&p.begun);
	atomic_store(&p.gated, false);
	(void)sem_post(&p.gate);
	wait_loads(&p, 2);
	/* the end of the load is seen a moment later */
	do
		assert_int_equal(ask(&p, "a", 0, text), MR_ATTEST_OK);
	while (strcmp(text, "a-1") == 0);
	assert_string_equal(text, "a-2");
	end(&p);
}

static void test_tick_refreshes_what_is_used(void **state)
{
	struct played p = { .loads = 0 };
	char text[128];

	(void)state;
	begin(&p, 8);
	assert_int_equal(ask(&p, "used", 0, text), MR_ATTEST_OK);
	assert_int_equal(ask(&p, "used", 0, text), MR_ATTEST_OK);
	mr_fetch_cache_tick(p.cache);
	assert_int_equal(atomic_load(&p.loads), 1);
	atomic_store(&p.now, 1050);
	mr_fetch_cache_tick(p.cache);
	wait_loads(&p, 2);
	end(&p);
}

static void test_expired_objects(void **state)
{
	struct played p = { .loads = 0 };
	char text[128];

	(void)state;
	begin(&p, 8);
	assert_int_equal(ask(&p, "a", 0, text), MR_ATTEST_OK);
	atomic_store(&p.now, 1100);
	assert_int_equal(ask(&p, "a", 0, text), MR_ATTEST_OK);
	atomic_store(&p.failing, MR_ATTEST_COLLATERAL_FETCH);
	atomic_store(&p.now, 1300);
	assert_int_equal(ask(&p, "a", 0, text), MR_ATTEST_COLLATERAL_FETCH);
	assert_string_equal(text, "no a");
	/* grace is for those alone whom the failure was told, or would be */
	assert_int_equal(ask(&p, "a", 1000, text), MR_ATTEST_OK);
	assert_int_equal(ask(&p, "a", 10, text), MR_ATTEST_COLLATERAL_FETCH);
	end(&p);
}

/* A failure is remembered, but not for long. */
static void test_failures(void **state)
{
	static const struct timespec nap = { .tv_nsec = 10000000 };
	struct played p = { .failing = MR_ATTEST_COLLATERAL_PARSE };
	char text[128];

	(void)state;
	begin(&p, 8);
	assert_int_equal(ask(&p, "a", 0, text), MR_ATTEST_COLLATERAL_PARSE);
	atomic_store(&p.failing, MR_ATTEST_OK);
	for (unsigned i = 0; i < WAIT_SECONDS * 100 && ask(&p, "a", 0, text) != MR_ATTEST_OK; i++)
		(void)nanosleep(&nap, NULL);
	assert_string_equal(text, "a-2");
	end(&p);
}

static struct mr_shared *get_now(struct played *p, const char *key)
{
	struct mr_shared *object = NULL;
	struct mr_error err;

	assert_int_equal(mr_fetch_cache_get(p->cache, mr_str_of(key), atomic_load(&p->now), 0, NULL,
				 &object, &err),
		MR_ATTEST_OK);
	return object;
}

/* What was no good is not given again, and does not stand in the way of what takes its place. */
static void test_refused_objects(void **state)
{
	static const struct timespec nap = { .tv_nsec = 10000000 };
	struct played p = { .loads = 0 };
	struct mr_error err;
	char text[128];

	(void)state;
	begin(&p, 8);
	assert_int_equal(ask(&p, "a", 0, text), MR_ATTEST_OK);
	assert_int_equal(ask(&p, "b", 0, text), MR_ATTEST_OK);
	struct mr_shared *bad = get_now(&p, "a");
	enum mr_attest_code code = mr_attest_fail(&err, MR_ATTEST_COLLATERAL_SIGNATURE, "forged");
	mr_fetch_cache_refuse(p.cache, bad, code, &err);
	/* for a moment as if loading it had failed; on a slow machine it is there again already */
	if (ask(&p, "a", 1000000, text) == MR_ATTEST_OK)
		assert_string_equal(text, "a-3");
	else
		assert_string_equal(text, "forged");
	for (unsigned i = 0; i < WAIT_SECONDS * 100 && ask(&p, "a", 0, text) != MR_ATTEST_OK; i++)
		(void)nanosleep(&nap, NULL);
	assert_string_equal(text, "a-3");
	mr_fetch_cache_refuse(p.cache, bad, code, &err);
	mr_fetch_cache_refuse(p.cache, NULL, code, &err);
	mr_shared_unref(bad);
	assert_int_equal(ask(&p, "a", 0, text), MR_ATTEST_OK);
	assert_string_equal(text, "a-3");
	assert_int_equal(ask(&p, "b", 0, text), MR_ATTEST_OK);
	assert_string_equal(text, "b-2");
	end(&p);
}

static void test_bounds(void **state)
{
	struct played p = { .loads = 0 };
	MR_AUTO(buf) struct mr_buf key = { 0 };
	char text[128];

	(void)state;
	begin(&p, 2);
	assert_int_equal(ask(&p, "a", 0, text), MR_ATTEST_OK);
	assert_int_equal(ask(&p, "b", 0, text), MR_ATTEST_OK);
	assert_int_equal(ask(&p, "a", 0, text), MR_ATTEST_OK);
	/* goes in the place of b */
	assert_int_equal(ask(&p, "c", 0, text), MR_ATTEST_OK);
	assert_int_equal(ask(&p, "a", 0, text), MR_ATTEST_OK);
	assert_string_equal(text, "a-1");
	assert_int_equal(ask(&p, "b", 0, text), MR_ATTEST_OK);
	assert_string_equal(text, "b-4");
	mr_buf_init(&key, 4096);
	for (unsigned i = 0; i < 1201; i++)
		mr_buf_put_u8(&key, 'k');
	mr_buf_put_u8(&key, 0);
	assert_int_equal(ask(&p, (char *)key.data, 0, text), MR_ATTEST_COLLATERAL_FETCH);
	end(&p);
}

/* All places are being loaded: somebody has to be refused. */
static void test_full_of_loads(void **state)
{
	struct played p = { .gated = true };
	struct waiting w = { .waiter = { .ready = ready } };
	struct mr_shared *object = NULL;
	struct mr_error err;
	char text[128];

	(void)state;
	begin(&p, 1);
	assert_int_equal(sem_init(&w.told, 0, 0), 0);
	assert_int_equal(
		mr_fetch_cache_get(p.cache, MR_STR("a"), 1000, 0, &w.waiter, &object, &err),
		MR_ATTEST_PENDING);
	assert_int_equal(ask(&p, "b", 0, text), MR_ATTEST_COLLATERAL_FETCH);
	atomic_store(&p.gated, false);
	(void)sem_post(&p.gate);
	wait_for(&w.told);
	(void)sem_destroy(&w.told);
	end(&p);
}

/* At the end whoever waits is told, and nothing is loaded any more. */
static void test_stop(void **state)
{
	struct played p = { .loads = 0 };
	struct waiting w = { .waiter = { .ready = ready } };
	struct mr_shared *object = NULL;
	struct mr_error err;
	char text[128];

	(void)state;
	begin(&p, 8);
	assert_int_equal(sem_init(&w.told, 0, 0), 0);
	assert_int_equal(
		mr_fetch_cache_get(p.cache, MR_STR("a"), 1000, 0, &w.waiter, &object, &err),
		MR_ATTEST_PENDING);
	mr_fetch_cache_stop(p.cache);
	wait_for(&w.told);
	assert_true(atomic_load(&p.stop));
	assert_int_equal(ask(&p, "b", 0, text), MR_ATTEST_COLLATERAL_FETCH);
	(void)sem_destroy(&w.told);
	end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_load),
		cmocka_unit_test(test_many_share_one_load),
		cmocka_unit_test(test_refresh_keeps_nobody_waiting),
		cmocka_unit_test(test_tick_refreshes_what_is_used),
		cmocka_unit_test(test_expired_objects),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_refused_objects),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_full_of_loads),
		cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
