/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "crypto/key_pool.h"
#include "crypto_test.h"

enum { THREADS = 4, TAKEN = 24, CAPACITY = 8, ALL_TAKEN = THREADS * TAKEN };

static void test_filling_and_taking(void **state)
{
	static const size_t left[] = { 1, 0, 0 }; /* the third one is made on demand */
	struct mr_key_pool *pool = NULL;
	struct mr_error err;
	bool full = false;

	(void)state;
	OK(mr_key_pool_new(2, &pool, &err));
	assert_int_equal(mr_key_pool_count(pool), 0);
	OK(mr_key_pool_fill_one(pool, &full, &err));
	assert_false(full);
	OK(mr_key_pool_fill_one(pool, &full, &err));
	assert_true(full);
	OK(mr_key_pool_fill_one(pool, &full, &err));
	assert_true(full);
	assert_int_equal(mr_key_pool_count(pool), 2);
	for (size_t i = 0; i < MR_COUNT(left); i++) {
		MR_AUTO(key) struct mr_key *key = NULL;

		OK(mr_key_pool_take(pool, &key, &err));
		assert_int_equal(mr_key_type_of(key), MR_KEY_EC_P384);
		assert_true(mr_key_is_private(key));
		assert_int_equal(mr_key_pool_count(pool), left[i]);
	}
	mr_key_pool_free(pool);
}

static void test_no_stock(void **state)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	struct mr_key_pool *pool = NULL;
	struct mr_error err;
	bool full = false;

	(void)state;
	OK(mr_key_pool_new(0, &pool, &err));
	OK(mr_key_pool_fill_one(pool, &full, &err));
	assert_true(full);
	OK(mr_key_pool_take(pool, &key, &err));
	mr_key_pool_free(pool);
	mr_key_pool_free(NULL);
}

static void test_capacity_is_bounded(void **state)
{
	struct mr_key_pool *pool = NULL;
	struct mr_error err;

	(void)state;
	FAILS(mr_key_pool_new(65537, &pool, &err), MR_CODE_LIMIT, "key pool larger than 65536");
	assert_null(pool);
}

struct work {
	struct mr_key_pool *pool;
	struct mr_key *keys[TAKEN];
	bool failed;
};

static void *fill_and_take(void *arg)
{
	struct work *w = arg;
	struct mr_error err;
	bool full = false;

	for (size_t i = 0; i < TAKEN; i++)
		w->failed |= mr_failed(mr_key_pool_fill_one(w->pool, &full, &err)) ||
			     mr_failed(mr_key_pool_take(w->pool, &w->keys[i], &err)) ||
			     mr_key_pool_count(w->pool) > CAPACITY;
	return NULL;
}

/* Whatever threads do, no two of them get the same key. */
static void test_threads(void **state)
{
	static struct work work[THREADS];
	pthread_t threads[THREADS];
	struct mr_key_pool *pool = NULL;
	struct mr_error err;

	(void)state;
	OK(mr_key_pool_new(CAPACITY, &pool, &err));
	for (size_t i = 0; i < THREADS; i++) {
		work[i] = (struct work){ .pool = pool };
		assert_int_equal(pthread_create(&threads[i], NULL, fill_and_take, &work[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (size_t i = 0; i < ALL_TAKEN; i++) {
		struct mr_key *key = work[i / TAKEN].keys[i % TAKEN];

		assert_non_null(key);
		for (size_t j = 0; j < i; j++)
			assert_false(mr_key_same_public(key, work[j / TAKEN].keys[j % TAKEN]));
	}
	for (size_t i = 0; i < ALL_TAKEN; i++) {
		assert_false(work[i / TAKEN].failed);
		mr_key_unref(work[i / TAKEN].keys[i % TAKEN]);
	}
	mr_key_pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filling_and_taking),
		cmocka_unit_test(test_no_stock),
		cmocka_unit_test(test_capacity_is_bounded),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
