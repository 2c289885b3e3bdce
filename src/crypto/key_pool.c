/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key_pool.h"

#include <pthread.h>
#include <stdlib.h>

enum { MAX_CAPACITY = 1 << 16 };

struct mr_key_pool {
	pthread_mutex_t lock;
	size_t capacity;
	size_t count;
	struct mr_key *keys[];
};

mr_result mr_key_pool_new(size_t capacity, struct mr_key_pool **ret, struct mr_error *err)
{
	if (capacity > MAX_CAPACITY)
		return mr_fail(err, MR_CODE_LIMIT, "key pool larger than %d", MAX_CAPACITY);
	struct mr_key_pool *pool = calloc(1, sizeof *pool + capacity * sizeof(struct mr_key *));
	if (!pool)
		return mr_fail_nomem(err);
	int error = pthread_mutex_init(&pool->lock, NULL);
	if (error) {
		free(pool);
		return mr_fail_errno(err, error, "creating lock");
	}
	pool->capacity = capacity;
	*ret = pool;
	return MR_OK;
}

void mr_key_pool_free(struct mr_key_pool *pool)
{
	if (!pool)
		return;
	for (size_t i = 0; i < pool->count; i++)
		mr_key_unref(pool->keys[i]);
	(void)pthread_mutex_destroy(&pool->lock);
	free(pool);
}

mr_result mr_key_pool_take(struct mr_key_pool *pool, struct mr_key **ret, struct mr_error *err)
{
	struct mr_key *key = NULL;

	(void)pthread_mutex_lock(&pool->lock);
	if (pool->count > 0)
		key = pool->keys[--pool->count];
	(void)pthread_mutex_unlock(&pool->lock);
	if (!key)
		return mr_key_generate(MR_KEY_EC_P384, 0, ret, err);
	*ret = key;
	return MR_OK;
}

/* The key is made without the lock: taking never waits for it. */
mr_result mr_key_pool_fill_one(struct mr_key_pool *pool, bool *ret_full, struct mr_error *err)
{
	MR_AUTO(key) struct mr_key *key = NULL;

	if (mr_key_pool_count(pool) < pool->capacity)
		MR_TRY(mr_key_generate(MR_KEY_EC_P384, 0, &key, err));
	(void)pthread_mutex_lock(&pool->lock);
	/* Another thread may have filled it meanwhile. */
	if (key && pool->count < pool->capacity) {
		pool->keys[pool->count++] = key;
		key = NULL;
	}
	*ret_full = pool->count == pool->capacity;
	(void)pthread_mutex_unlock(&pool->lock);
	return MR_OK;
}

size_t mr_key_pool_count(struct mr_key_pool *pool)
{
	(void)pthread_mutex_lock(&pool->lock);
	size_t count = pool->count;
	(void)pthread_mutex_unlock(&pool->lock);
	return count;
}
