/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections after fork(): two processes hold the same keys and counters, and if both went on, two
 * records would be encrypted with one nonce. So each step first claims its turn in memory that the
 * processes share; who finds that another one has been at it since is out.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include "ttls/conn_internal.h"
#include "ttls/names.h"

/* The counters of the connections that were there at one fork. */
struct mr_ttls_turns {
	void *memory; /* of _Atomic(uint32_t) */
	size_t size;  /* bytes */
	size_t users; /* connections of this process; under the list's lock */
};

static pid_t own_pid;
/* A byte that the kernel clears in every child that gets a copy of the memory; NULL where it cannot. */
static volatile uint8_t *original;

bool mr_ttls_is_own_process(void)
{
	return own_pid == 0 || getpid() == own_pid;
}

/* The same for what costs a system call too many: not seen is who shares the memory, as after vfork. */
static bool is_original(void)
{
	return original ? *original != 0 : mr_ttls_is_own_process();
}

bool mr_ttls_lock(struct mr_ttls_conn *c)
{
	if (pthread_mutex_lock(&c->lock) == 0)
		return true;
	errno = EAGAIN;
	return false;
}

void mr_ttls_unlock(struct mr_ttls_conn *c)
{
	(void)pthread_mutex_unlock(&c->lock);
}

bool mr_ttls_take_turn(struct mr_ttls_conn *c)
{
	uint32_t seen = c->turn_seen;

	/* a process that was made past libc has a copy of everything, and no turn */
	if (!c->turn && is_original())
		return true;
	if (c->turn && is_original() && atomic_load(&c->state) != MR_TTLS_FAILED &&
		atomic_compare_exchange_strong(c->turn, &seen, seen + 1)) {
		c->turn_seen = seen + 1;
		c->used_since_fork = true;
		return true;
	}
	/* The socket is the other's: nothing is sent, nothing is shut. */
	c->failure = ECONNABORTED;
	atomic_store(&c->state, MR_TTLS_FAILED);
	return false;
}

bool mr_ttls_is_user(const struct mr_ttls_conn *c)
{
	return !c->turn || c->used_since_fork;
}

static void free_turns(struct mr_ttls_turns *turns)
{
	(void)munmap(turns->memory, turns->size);
	free(turns);
}

static void release(struct mr_ttls_turns *turns)
{
	if (--turns->users == 0)
		free_turns(turns);
}

void mr_ttls_release_turn(struct mr_ttls_conn *c)
{
	if (!c->turns)
		return;
	release(c->turns);
	c->turns = NULL;
	c->turn = NULL;
}

static bool needs_turn(const struct mr_ttls_conn *c)
{
	return !c->turn && c->engine && atomic_load(&c->state) != MR_TTLS_FAILED;
}

static struct mr_ttls_turns *make_turns(size_t count)
{
	struct mr_ttls_turns *t = malloc(sizeof *t);

	if (!t)
		return NULL;
	t->size = count * sizeof(_Atomic(uint32_t));
	t->users = 0;
	t->memory = mmap(NULL, t->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t->memory == MAP_FAILED) {
		free(t);
		return NULL;
	}
	return t;
}

static void give_turns(void)
{
	struct mr_ttls_turns *turns;
	size_t count = 0;

	for (struct mr_ttls_conn *c = mr_ttls_list_first(); c; c = mr_ttls_list_next(c))
		count += needs_turn(c);
	if (count == 0 || !(turns = make_turns(count)))
		return;
	_Atomic(uint32_t) *first = turns->memory;
	for (struct mr_ttls_conn *c = mr_ttls_list_first(); c && turns->users < count;
		c = mr_ttls_list_next(c)) {
		if (!needs_turn(c))
			continue;
		c->turn = &first[turns->users++];
		c->turns = turns;
		c->turn_seen = 0;
	}
	if (turns->users == 0)
		free_turns(turns);
}

void mr_ttls_conn_fork_prepare(void)
{
	mr_ttls_list_lock();
	for (struct mr_ttls_conn *c = mr_ttls_list_first(); c; c = mr_ttls_list_next(c))
		c->fork_locked = pthread_mutex_lock(&c->lock) == 0;
	give_turns();
}

static void unlock_all(bool child)
{
	for (struct mr_ttls_conn *c = mr_ttls_list_first(); c; c = mr_ttls_list_next(c)) {
		/* without shared memory the connection stays the parent's */
		if (child && c->engine && !c->turn) {
			c->failure = ECONNABORTED;
			atomic_store(&c->state, MR_TTLS_FAILED);
		}
		c->used_since_fork = false;
		if (c->fork_locked)
			(void)pthread_mutex_unlock(&c->lock);
		/* its owner was a thread that the child does not have */
		if (child)
			mr_ttls_lock_init(c);
		c->fork_locked = false;
	}
	mr_ttls_list_unlock();
}

void mr_ttls_conn_fork_parent(void)
{
	unlock_all(false);
}

void mr_ttls_conn_fork_child(void)
{
	own_pid = getpid();
	if (original)
		*original = 1;
	unlock_all(true);
}

void mr_ttls_conn_fork_setup(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *memory = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	own_pid = getpid();
	if (memory == MAP_FAILED)
		return;
	if (madvise(memory, page, MADV_WIPEONFORK) != 0) {
		(void)munmap(memory, page);
		return;
	}
	original = memory;
	*original = 1;
}
