/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cache of what is loaded over the network (70 §18, §21.1): objects by key, shared and immutable. Nobody but the cache's
 * own thread ever waits for a network. One load a key at a time, however many ask; an object that is due is loaded again
 * in the background while it still serves; a failure is remembered for a second; the number of objects is bounded, and the
 * one that was not used for the longest time goes first.
 */
#ifndef MR_ATTEST_FETCH_CACHE_H
#define MR_ATTEST_FETCH_CACHE_H

#include <stdatomic.h>

#include "attest/code.h"
#include "base/bytes.h"
#include "base/shared.h"

struct mr_fetch_cache;

struct mr_fetched {
	struct mr_shared *object; /* owned */
	int64_t not_after;        /* Unix seconds: the object serves until then, included */
	int64_t refresh_at;       /* from when on it is to be loaded again */
};

struct mr_fetch_cache_config {
	/* Loads the object of a key, on the cache's thread. */
	enum mr_attest_code (*load)(
		void *context, struct mr_str key, struct mr_fetched *ret, struct mr_error *err);
	/* What time is it? Unix seconds. */
	int64_t (*now)(void *context);
	void *context;
	size_t max_objects;
	/* Becomes true when the cache is being freed, so that a load may end early. May be NULL. */
	atomic_bool *stop;
};

/* Somebody who waits for an object. `ready` is called once, on the cache's thread, when asking again makes sense; it must
 * not take long. */
struct mr_fetch_waiter {
	void (*ready)(struct mr_fetch_waiter *waiter);
	struct mr_fetch_waiter *next; /* the cache's */
};

MR_MUST_USE mr_result mr_fetch_cache_new(const struct mr_fetch_cache_config *config,
	struct mr_fetch_cache **ret, struct mr_error *err);
/* The object of a key (at most 1,200 bytes) that serves at `now`, or, if loading failed, did until `grace` seconds ago; one
 * reference for the caller. MR_ATTEST_PENDING: it is being loaded, and `waiter` (NULL: nobody) will be told. The code and
 * text of the last load, if that failed less than a second ago. */
MR_MUST_USE enum mr_attest_code mr_fetch_cache_get(struct mr_fetch_cache *c, struct mr_str key,
	int64_t now, int64_t grace, struct mr_fetch_waiter *waiter, struct mr_shared **ret,
	struct mr_error *err);
/* An object that the cache gave turned out to be no good, for this reason: from now on it is as if loading it had failed
 * instead. Another object that has taken its place since stays. */
void mr_fetch_cache_refuse(struct mr_fetch_cache *c, const struct mr_shared *object,
	enum mr_attest_code code, const struct mr_error *err);
/* Loads again what is due and was used since it was loaded. To be called from time to time. */
void mr_fetch_cache_tick(struct mr_fetch_cache *c);
/* Ends the thread; all who wait are told, and from then on every load fails. Accepts NULL. */
void mr_fetch_cache_stop(struct mr_fetch_cache *c);
/* Stops and frees. Accepts NULL. */
void mr_fetch_cache_free(struct mr_fetch_cache *c);

/* Bytes as an object of a cache. */
struct mr_shared_bytes {
	struct mr_shared shared;
	size_t len;
	uint8_t data[];
};

/* A copy; one reference, the caller's. */
MR_MUST_USE mr_result mr_shared_bytes_new(
	struct mr_bytes bytes, struct mr_shared **ret, struct mr_error *err);
struct mr_bytes mr_shared_bytes_of(struct mr_shared *shared);

MR_DEFINE_AUTO_PTR(fetch_cache, struct mr_fetch_cache, mr_fetch_cache_free)

#endif
