/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/fetch_cache.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/worker.h"

enum { KEY_MAX = 1200, FAILURE_MS = 1000, BACK_OFF_MAX_MS = 60000 };

struct entry {
	struct entry *next;
	struct mr_fetch_cache *cache;
	struct mr_job job;
	bool loading;
	uint64_t used;            /* order of use */
	bool used_since;          /* since it was loaded */
	struct mr_fetched object; /* object NULL: none */
	struct mr_fetch_waiter *waiters;
	/* the last load, if it failed */
	enum mr_attest_code code;
	struct mr_error error;
	int64_t failed_ms; /* monotonic */
	int64_t back_off_ms;
	struct mr_str key;
	char key_text[KEY_MAX];
};

struct mr_fetch_cache {
	struct mr_fetch_cache_config config;
	pthread_mutex_t lock;
	struct mr_workers *thread;
	bool stopping;
	uint64_t uses;
	size_t count;
	struct entry *first;
};

mr_result mr_fetch_cache_new(const struct mr_fetch_cache_config *config,
	struct mr_fetch_cache **ret, struct mr_error *err)
{
	struct mr_fetch_cache *c = calloc(1, sizeof *c);

	if (!c)
		return mr_fail_nomem(err);
	c->config = *config;
	int errnum = pthread_mutex_init(&c->lock, NULL);
	if (errnum) {
		free(c);
		return mr_fail_errno(err, errnum, "creating the lock of a cache");
	}
	/* every entry has at most one job, so the queue is never full */
	mr_result r = mr_workers_new(1, config->max_objects, &c->thread, err);
	if (mr_failed(r)) {
		mr_fetch_cache_free(c);
		return r;
	}
	*ret = c;
	return MR_OK;
}

/* Tells all of a list, without the lock. */
static void tell(struct mr_fetch_waiter *waiters)
{
	while (waiters) {
		struct mr_fetch_waiter *next = waiters->next;

		waiters->ready(waiters);
		waiters = next;
	}
}

static struct mr_fetch_waiter *take_waiters(struct entry *e)
{
	struct mr_fetch_waiter *waiters = e->waiters;

	e->waiters = NULL;
	return waiters;
}

static void free_entry(struct entry *e)
{
	mr_shared_unref(e->object.object);
	free(e);
}

/* --- loading --- */

static void took(struct entry *e, const struct mr_fetched *fetched)
{
	e->object = *fetched;
	e->used_since = false;
	e->code = MR_ATTEST_OK;
	e->back_off_ms = 0;
}

static void failed(struct entry *e, enum mr_attest_code code, const struct mr_error *err)
{
	e->code = code;
	e->error = *err;
	e->failed_ms = mr_clock_monotonic_ms();
	e->back_off_ms = e->back_off_ms ? e->back_off_ms * 2 : FAILURE_MS;
	if (e->back_off_ms > BACK_OFF_MAX_MS)
		e->back_off_ms = BACK_OFF_MAX_MS;
}

static void load(struct mr_job *job)
{
	struct entry *e = MR_CONTAINER_OF(job, struct entry, job);
	struct mr_fetch_cache *c = e->cache;
	struct mr_fetched fetched = { .object = NULL };
	struct mr_shared *old = NULL;
	struct mr_error err;

	/* the key does not change, and a loading entry is not dropped */
	enum mr_attest_code code = c->config.load(c->config.context, e->key, &fetched, &err);
	(void)pthread_mutex_lock(&c->lock);
	e->loading = false;
	if (code == MR_ATTEST_OK) {
		old = e->object.object;
		took(e, &fetched);
	} else {
		failed(e, code, &err);
	}
	struct mr_fetch_waiter *waiters = take_waiters(e);
	(void)pthread_mutex_unlock(&c->lock);
	mr_shared_unref(old);
	tell(waiters);
}

/* With the lock. False: the cache is stopping. */
static bool start_loading(struct mr_fetch_cache *c, struct entry *e)
{
	if (e->loading)
		return true;
	e->job.run = load;
	e->loading = !c->stopping && mr_workers_submit(c->thread, &e->job);
	return e->loading;
}

/* --- entries --- */

static struct entry *find(struct mr_fetch_cache *c, struct mr_str key)
{
	for (struct entry *e = c->first; e; e = e->next) {
		if (mr_str_eq(e->key, key))
			return e;
	}
	return NULL;
}

/* Frees the one that was not used for the longest time; false if all are being loaded. */
static bool drop_one(struct mr_fetch_cache *c)
{
	struct entry **oldest = NULL;

	for (struct entry **at = &c->first; *at; at = &(*at)->next) {
		if (!(*at)->loading && (!oldest || (*at)->used < (*oldest)->used))
			oldest = at;
	}
	if (!oldest)
		return false;
	struct entry *e = *oldest;
	*oldest = e->next;
	c->count--;
	free_entry(e);
	return true;
}

static enum mr_attest_code make(
	struct mr_fetch_cache *c, struct mr_str key, struct entry **ret, struct mr_error *err)
{
	if (key.len > KEY_MAX || (c->count == c->config.max_objects && !drop_one(c)))
		return mr_attest_fail(err, MR_ATTEST_COLLATERAL_FETCH,
			"too many documents are being fetched, try again later");
	struct entry *e = calloc(1, sizeof *e);
	if (!e)
		return mr_attest_of(mr_fail_nomem(err), MR_ATTEST_INTERNAL);
	e->cache = c;
	memcpy(e->key_text, key.ptr, key.len);
	e->key = (struct mr_str){ e->key_text, key.len };
	e->next = c->first;
	c->first = e;
	c->count++;
	*ret = e;
	return MR_ATTEST_OK;
}

static bool serves(const struct entry *e, int64_t now, int64_t grace)
{
	return e->object.object && now - grace <= e->object.not_after;
}

/* Did a load fail so lately that another one is of no use? */
static bool failed_lately(const struct entry *e, int64_t for_ms)
{
	return e->code != MR_ATTEST_OK && mr_clock_monotonic_ms() - e->failed_ms < for_ms;
}

static void refresh_if_due(struct mr_fetch_cache *c, struct entry *e, int64_t now)
{
	if (e->object.refresh_at <= now && !failed_lately(e, e->back_off_ms))
		(void)start_loading(c, e);
}

static enum mr_attest_code get(struct mr_fetch_cache *c, struct entry *e, int64_t now,
	int64_t grace, struct mr_fetch_waiter *waiter, struct mr_shared **ret, struct mr_error *err)
{
	e->used = ++c->uses;
	e->used_since = true;
	bool lately = failed_lately(e, FAILURE_MS);
	if (serves(e, now, lately ? grace : 0)) {
		refresh_if_due(c, e, now);
		*ret = mr_shared_ref(e->object.object);
		return MR_ATTEST_OK;
	}
	if (lately) {
		*err = e->error;
		return e->code;
	}
	if (!start_loading(c, e))
		return mr_attest_fail(
			err, MR_ATTEST_COLLATERAL_FETCH, "no document is fetched any more");
	if (waiter) {
		waiter->next = e->waiters;
		e->waiters = waiter;
	}
	return mr_attest_fail(err, MR_ATTEST_PENDING, "a document is being fetched");
}

enum mr_attest_code mr_fetch_cache_get(struct mr_fetch_cache *c, struct mr_str key, int64_t now,
	int64_t grace, struct mr_fetch_waiter *waiter, struct mr_shared **ret, struct mr_error *err)
{
	enum mr_attest_code code = MR_ATTEST_OK;

	(void)pthread_mutex_lock(&c->lock);
	struct entry *e = find(c, key);
	if (!e)
		code = make(c, key, &e, err);
	if (code == MR_ATTEST_OK)
		code = get(c, e, now, grace, waiter, ret, err);
	(void)pthread_mutex_unlock(&c->lock);
	return code;
}

void mr_fetch_cache_refuse(struct mr_fetch_cache *c, const struct mr_shared *object,
	enum mr_attest_code code, const struct mr_error *err)
{
	struct mr_shared *refused = NULL;

	(void)pthread_mutex_lock(&c->lock);
	for (struct entry *e = c->first; e && !refused; e = e->next) {
		if (object && e->object.object == object) {
			refused = e->object.object;
			e->object = (struct mr_fetched){ .object = NULL };
			failed(e, code, err);
		}
	}
	(void)pthread_mutex_unlock(&c->lock);
	mr_shared_unref(refused);
}

void mr_fetch_cache_tick(struct mr_fetch_cache *c)
{
	int64_t now = c->config.now(c->config.context);

	(void)pthread_mutex_lock(&c->lock);
	for (struct entry *e = c->first; e; e = e->next) {
		if (e->object.object && e->used_since)
			refresh_if_due(c, e, now);
	}
	(void)pthread_mutex_unlock(&c->lock);
}

/* --- the end --- */

void mr_fetch_cache_stop(struct mr_fetch_cache *c)
{
	if (!c)
		return;
	if (c->config.stop)
		atomic_store(c->config.stop, true);
	(void)pthread_mutex_lock(&c->lock);
	c->stopping = true;
	(void)pthread_mutex_unlock(&c->lock);
	/* finishes the loads that wait, whose waiters are told */
	mr_workers_stop(c->thread);
}

void mr_fetch_cache_free(struct mr_fetch_cache *c)
{
	if (!c)
		return;
	mr_fetch_cache_stop(c);
	mr_workers_free(c->thread);
	while (c->first) {
		struct entry *e = c->first;

		c->first = e->next;
		free_entry(e);
	}
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}

/* --- bytes --- */

static void destroy_bytes(struct mr_shared *shared)
{
	free(MR_CONTAINER_OF(shared, struct mr_shared_bytes, shared));
}

mr_result mr_shared_bytes_new(struct mr_bytes bytes, struct mr_shared **ret, struct mr_error *err)
{
	size_t size;

	if (!mr_size_add(sizeof(struct mr_shared_bytes), bytes.len, &size))
		return mr_fail_nomem(err);
	struct mr_shared_bytes *made = malloc(size);
	if (!made)
		return mr_fail_nomem(err);
	mr_shared_init(&made->shared, destroy_bytes);
	made->len = bytes.len;
	if (bytes.len)
		memcpy(made->data, bytes.ptr, bytes.len);
	*ret = &made->shared;
	return MR_OK;
}

struct mr_bytes mr_shared_bytes_of(struct mr_shared *shared)
{
	const struct mr_shared_bytes *b = MR_CONTAINER_OF(shared, struct mr_shared_bytes, shared);

	return mr_bytes_of(b->data, b->len);
}
