/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All connections: their memory, which is never given back to the heap, so that a stale pointer can
 * always be asked for a reference; and those whose output the kernel did not take at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/clock.h"
#include "ttls/conn_internal.h"
#include "ttls/real.h"

/* Closed connections whose peer does not read: how many are kept, and how long. */
#define LINGER_MAX 64
#define LINGER_MS 30000

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct mr_ttls_conn *all, *unused;
static atomic_int unsent_count;
static atomic_int linger_count;

void mr_ttls_list_lock(void)
{
	(void)pthread_mutex_lock(&list_lock);
}

void mr_ttls_list_unlock(void)
{
	(void)pthread_mutex_unlock(&list_lock);
}

static struct mr_ttls_conn *first_live(struct mr_ttls_conn *c)
{
	while (c && atomic_load(&c->refs) == 0)
		c = c->next;
	return c;
}

struct mr_ttls_conn *mr_ttls_list_first(void)
{
	return first_live(all);
}

struct mr_ttls_conn *mr_ttls_list_next(const struct mr_ttls_conn *c)
{
	return first_live(c->next);
}

/* --- life --- */

void mr_ttls_lock_init(struct mr_ttls_conn *c)
{
	pthread_mutexattr_t attributes;

	(void)pthread_mutexattr_init(&attributes);
	/* a signal handler that comes between must not wait for itself */
	(void)pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
	(void)pthread_mutex_init(&c->lock, &attributes);
	(void)pthread_mutexattr_destroy(&attributes);
}

static struct mr_ttls_conn *make(void)
{
	struct mr_ttls_conn *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	mr_ttls_lock_init(c);
	c->next = all;
	all = c;
	return c;
}

/* Everything but the lock and the links is as new. */
static void reset(struct mr_ttls_conn *c)
{
	atomic_store(&c->descriptors, 0);
	atomic_store(&c->state, MR_TTLS_PLAIN);
	c->engine = NULL;
	c->server = c->ended = c->read_shut = c->write_shut = c->fin_pending = false;
	c->hurrying = c->connect_told = c->fork_locked = c->used_since_fork = false;
	c->failure = c->connect_error = 0;
	c->turn = NULL;
	c->turns = NULL;
	c->turn_seen = 0;
	c->slots = NULL;
	c->linger_until = 0;
	c->lingering_fd = -1;
	atomic_store(&c->known_fd, -1);
	atomic_store(&c->unsent, false);
	c->kept = 0;
	mr_buf_init(&c->part, MR_TTLS_RECORD_MAX);
	mr_buf_init_secret(&c->plain, MR_TTLS_PLAIN_MAX);
}

struct mr_ttls_conn *mr_ttls_conn_new(void)
{
	struct mr_ttls_conn *c;

	mr_ttls_list_lock();
	c = unused;
	if (c)
		unused = c->next_unused;
	else
		c = make();
	if (c) {
		reset(c);
		atomic_store_explicit(&c->refs, 1, memory_order_release);
	}
	mr_ttls_list_unlock();
	return c;
}

bool mr_ttls_conn_try_ref(struct mr_ttls_conn *c)
{
	int n = atomic_load_explicit(&c->refs, memory_order_acquire);

	while (n > 0) {
		if (atomic_compare_exchange_weak_explicit(
			    &c->refs, &n, n + 1, memory_order_acq_rel, memory_order_acquire))
			return true;
	}
	return false;
}

void mr_ttls_conn_unref(struct mr_ttls_conn *c)
{
	if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) > 1)
		return;
	/* who goes through the list does not meet one that is half gone */
	mr_ttls_list_lock();
	mr_ttls_epoll_drop(c);
	if (atomic_exchange(&c->unsent, false))
		(void)atomic_fetch_sub(&unsent_count, 1);
	mr_tls_engine_free(c->engine);
	c->engine = NULL;
	mr_buf_done(&c->part);
	mr_buf_done(&c->plain);
	mr_ttls_release_turn(c);
	c->next_unused = unused;
	unused = c;
	mr_ttls_list_unlock();
}

int mr_ttls_conn_add_descriptor(struct mr_ttls_conn *c, int count)
{
	return atomic_fetch_add(&c->descriptors, count) + count;
}

/* --- output that is left --- */

void mr_ttls_note_unsent(struct mr_ttls_conn *c)
{
	bool unsent = mr_ttls_has_output(c);

	if (atomic_exchange(&c->unsent, unsent) != unsent)
		(void)atomic_fetch_add(&unsent_count, unsent ? 1 : -1);
}

bool mr_ttls_conn_any_unsent(void)
{
	return atomic_load_explicit(&unsent_count, memory_order_relaxed) > 0;
}

static int fd_of(const struct mr_ttls_conn *c)
{
	return c->lingering_fd >= 0 ? c->lingering_fd : atomic_load(&c->known_fd);
}

size_t mr_ttls_conn_unsent(int *ret_fds, size_t max)
{
	size_t count = 0;

	mr_ttls_list_lock();
	for (struct mr_ttls_conn *c = mr_ttls_list_first(); c && count < max;
		c = mr_ttls_list_next(c)) {
		int fd = fd_of(c);
		if (atomic_load(&c->unsent) && fd >= 0)
			ret_fds[count++] = fd;
	}
	mr_ttls_list_unlock();
	return count;
}

void mr_ttls_linger(struct mr_ttls_conn *c, int fd)
{
	if (atomic_fetch_add(&linger_count, 1) < LINGER_MAX && mr_ttls_conn_try_ref(c)) {
		c->lingering_fd = MR_REAL(fcntl)(fd, F_DUPFD_CLOEXEC, 3);
		c->linger_until = mr_clock_monotonic_ms() + LINGER_MS;
		if (c->lingering_fd >= 0)
			return;
		mr_ttls_conn_unref(c);
	}
	(void)atomic_fetch_sub(&linger_count, 1);
}

/* Sends for one of them; a lingering one that is done, or too old, goes. */
static void send_for(struct mr_ttls_conn *c)
{
	int closing = -1;

	if (!mr_ttls_lock(c))
		return;
	int fd = fd_of(c);
	if (c->engine && fd >= 0) {
		int failure = mr_ttls_flush(c, fd);
		if (failure != 0 && failure != EAGAIN)
			(void)mr_ttls_fail(c, fd, failure);
	}
	if (c->lingering_fd >= 0 &&
		(!mr_ttls_has_output(c) || mr_clock_monotonic_ms() > c->linger_until)) {
		closing = c->lingering_fd;
		c->lingering_fd = -1;
	}
	mr_ttls_unlock(c);
	if (closing < 0)
		return;
	(void)MR_REAL(close)(closing);
	(void)atomic_fetch_sub(&linger_count, 1);
	mr_ttls_conn_unref(c);
}

void mr_ttls_conn_send_unsent(void)
{
	struct mr_ttls_conn *some[LINGER_MAX];
	size_t count = 0;

	mr_ttls_list_lock();
	for (struct mr_ttls_conn *c = mr_ttls_list_first(); c && count < LINGER_MAX;
		c = mr_ttls_list_next(c)) {
		if (atomic_load(&c->unsent) && mr_ttls_conn_try_ref(c))
			some[count++] = c;
	}
	mr_ttls_list_unlock();
	for (size_t i = 0; i < count; i++) {
		send_for(some[i]);
		mr_ttls_conn_unref(some[i]);
	}
}

void mr_ttls_conn_close_all(void)
{
	if (pthread_mutex_trylock(&list_lock) != 0)
		return;
	for (struct mr_ttls_conn *c = mr_ttls_list_first(); c; c = mr_ttls_list_next(c)) {
		int fd = fd_of(c);
		if (fd < 0 || pthread_mutex_trylock(&c->lock) != 0)
			continue;
		if (atomic_load(&c->state) == MR_TTLS_OPEN && mr_ttls_is_user(c) &&
			mr_ttls_is_own_process()) {
			mr_tls_engine_shutdown(c->engine);
			(void)mr_ttls_flush(c, fd);
		}
		(void)pthread_mutex_unlock(&c->lock);
	}
	mr_ttls_list_unlock();
}
