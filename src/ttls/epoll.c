/* SPDX-License-Identifier: Apache-2.0 */
#include "ttls/epoll.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "ttls/conn_internal.h"
#include "ttls/epoll_internal.h"
#include "ttls/real.h"
#include "ttls/wait.h"

#define SLOTS_A_CHUNK 256
#define CHUNKS 4096
#define INDEX_BITS 20
#define GENERATION_BITS 20
/* What is no event but says how events come. */
#define MODES (EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE)

/* One descriptor of a connection in one set. */
struct mr_ttls_slot {
	struct mr_ttls_conn *conn; /* NULL: free */
	uint32_t index, generation;
	int epfd, fd;
	struct epoll_event wanted; /* the program's */
	uint32_t asked;            /* the kernel's */
	bool disarmed;             /* EPOLLONESHOT has told its event */
	struct mr_ttls_slot *next; /* of the same connection, or free */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* behind a connection's lock */
static struct mr_ttls_slot *chunks[CHUNKS];
static struct mr_ttls_slot *free_slots;
static uint32_t made;
static atomic_int in_use;
/* Tokens begin here: random, and no address that a program could have. 0: there are none yet. */
static _Atomic(uint64_t) base;

void mr_ttls_epoll_lock(void)
{
	(void)pthread_mutex_lock(&lock);
}

void mr_ttls_epoll_unlock(void)
{
	(void)pthread_mutex_unlock(&lock);
}

bool mr_ttls_epoll_is_unused(void)
{
	return atomic_load_explicit(&in_use, memory_order_relaxed) == 0;
}

/* The numbers of sets that ever were used, modulo the number of bits. */
#define SET_BITS 4096
static _Atomic(uint64_t) sets[SET_BITS / 64];

bool mr_ttls_epoll_is_set(int fd)
{
	unsigned bit = (unsigned)fd % SET_BITS;

	return atomic_load_explicit(&sets[bit / 64], memory_order_relaxed) >> (bit % 64) & 1;
}

static void note_set(int epfd)
{
	unsigned bit = (unsigned)epfd % SET_BITS;

	(void)atomic_fetch_or(&sets[bit / 64], UINT64_C(1) << (bit % 64));
}

/* --- slots; all under the lock --- */

static bool make_slots(void)
{
	uint32_t chunk = made / SLOTS_A_CHUNK;
	struct mr_ttls_slot *s = chunk < CHUNKS ? calloc(SLOTS_A_CHUNK, sizeof *s) : NULL;

	if (!s)
		return false;
	if (base == 0) {
		uint64_t random;
		if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
			random = (uint64_t)mr_ttls_now_ns() << 16;
		base = (random | UINT64_C(1) << 63) & ~(UINT64_C(1) << 62);
	}
	chunks[chunk] = s;
	for (uint32_t i = 0; i < SLOTS_A_CHUNK; i++) {
		s[i].index = made++;
		s[i].next = free_slots;
		free_slots = &s[i];
	}
	return true;
}

static struct mr_ttls_slot *new_slot(struct mr_ttls_conn *c, int epfd, int fd)
{
	if (!free_slots && !make_slots())
		return NULL;
	struct mr_ttls_slot *s = free_slots;
	free_slots = s->next;
	note_set(epfd);
	s->conn = c;
	s->epfd = epfd;
	s->fd = fd;
	s->disarmed = false;
	s->next = c->slots;
	c->slots = s;
	(void)atomic_fetch_add(&in_use, 1);
	return s;
}

static void free_slot(struct mr_ttls_slot *s)
{
	struct mr_ttls_slot **at = &s->conn->slots;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->conn = NULL;
	s->generation++;
	s->next = free_slots;
	free_slots = s;
	(void)atomic_fetch_sub(&in_use, 1);
}

static struct mr_ttls_slot *find_slot(const struct mr_ttls_conn *c, int epfd, int fd)
{
	struct mr_ttls_slot *s = c->slots;

	while (s && (s->epfd != epfd || s->fd != fd))
		s = s->next;
	return s;
}

static uint64_t token_of(const struct mr_ttls_slot *s)
{
	uint64_t generation = s->generation & ((1u << GENERATION_BITS) - 1);

	return base + (generation << INDEX_BITS | s->index);
}

static bool may_be_token(uint64_t data)
{
	uint64_t from = atomic_load_explicit(&base, memory_order_acquire);

	return from != 0 && (data - from) >> (INDEX_BITS + GENERATION_BITS) == 0;
}

/* Is it a token? If so, its slot, or NULL if that is another's by now. */
static bool slot_of(uint64_t data, struct mr_ttls_slot **ret)
{
	uint32_t index = (uint32_t)((data - base) & ((1u << INDEX_BITS) - 1));

	if (!may_be_token(data) || index >= made)
		return false;
	struct mr_ttls_slot *s = &chunks[index / SLOTS_A_CHUNK][index % SLOTS_A_CHUNK];
	*ret = s->conn && token_of(s) == data ? s : NULL;
	return true;
}

/* --- what the kernel is asked for --- */

static uint32_t events_for(const struct mr_ttls_conn *c, uint32_t wanted)
{
	if (wanted & EPOLLEXCLUSIVE)
		return wanted; /* cannot be changed later */
	switch (atomic_load(&c->state)) {
	case MR_TTLS_CONNECTING:
		return (wanted & (MODES | EPOLLRDHUP)) | EPOLLOUT;
	case MR_TTLS_HANDSHAKE:
		return (wanted & (MODES | EPOLLRDHUP)) | EPOLLIN;
	case MR_TTLS_PLAIN:
	case MR_TTLS_OPEN:
	case MR_TTLS_FAILED:
		break;
	}
	return wanted;
}

static int ask(struct mr_ttls_slot *s, int operation)
{
	struct epoll_event event = { .events = events_for(s->conn, s->wanted.events),
		.data.u64 = token_of(s) };

	s->asked = event.events;
	return MR_REAL(epoll_ctl)(s->epfd, operation, s->fd, &event);
}

void mr_ttls_epoll_sync(struct mr_ttls_conn *c)
{
	int failure = errno;

	if (!mr_ttls_epoll_is_unused()) {
		mr_ttls_epoll_lock();
		for (struct mr_ttls_slot *s = c->slots; s; s = s->next) {
			if (!s->disarmed && events_for(c, s->wanted.events) != s->asked)
				(void)ask(s, EPOLL_CTL_MOD);
		}
		mr_ttls_epoll_unlock();
	}
	errno = failure;
}

static int control(
	struct mr_ttls_conn *c, int epfd, int operation, int fd, const struct epoll_event *event)
{
	struct mr_ttls_slot *s = find_slot(c, epfd, fd);

	if (operation == EPOLL_CTL_DEL) {
		if (s)
			free_slot(s);
		return MR_REAL(epoll_ctl)(epfd, operation, fd, NULL);
	}
	bool is_new = !s || operation == EPOLL_CTL_ADD;
	/* one that the kernel does not know any more, or a set by another number of its */
	if (is_new)
		s = new_slot(c, epfd, fd);
	if (!s) {
		errno = ENOMEM;
		return -1;
	}
	struct epoll_event before = s->wanted;
	bool was_disarmed = s->disarmed;
	s->wanted = *event;
	s->disarmed = false;
	int result = ask(s, operation);
	if (result != 0) {
		s->wanted = before;
		s->disarmed = was_disarmed;
		if (is_new)
			free_slot(s);
	}
	return result;
}

int mr_ttls_epoll_ctl(
	struct mr_ttls_conn *c, int epfd, int operation, int fd, struct epoll_event *event)
{
	bool known = operation == EPOLL_CTL_ADD || operation == EPOLL_CTL_MOD ||
		     operation == EPOLL_CTL_DEL;

	if (!known || (!event && operation != EPOLL_CTL_DEL))
		return MR_REAL(epoll_ctl)(epfd, operation, fd, event);
	if (!mr_ttls_lock(c))
		return -1;
	mr_ttls_epoll_lock();
	int result = control(c, epfd, operation, fd, event);
	mr_ttls_epoll_unlock();
	mr_ttls_unlock(c);
	return result;
}

void mr_ttls_epoll_drop(struct mr_ttls_conn *c)
{
	mr_ttls_epoll_lock();
	while (c->slots)
		free_slot(c->slots);
	mr_ttls_epoll_unlock();
}

void mr_ttls_epoll_forget(struct mr_ttls_conn *c, int fd)
{
	if (mr_ttls_epoll_is_unused())
		return;
	mr_ttls_epoll_lock();
	for (struct mr_ttls_slot *s = c ? c->slots : NULL, *next; s; s = next) {
		next = s->next;
		if (s->fd != fd)
			continue;
		/* the kernel would go on as long as another descriptor of the socket is there */
		(void)MR_REAL(epoll_ctl)(s->epfd, EPOLL_CTL_DEL, fd, NULL);
		free_slot(s);
	}
	for (uint32_t i = 0; !c && i < made; i++) {
		struct mr_ttls_slot *s = &chunks[i / SLOTS_A_CHUNK][i % SLOTS_A_CHUNK];
		if (s->conn && s->epfd == fd)
			free_slot(s);
	}
	mr_ttls_epoll_unlock();
}

/* --- looking at tokens --- */

bool mr_ttls_epoll_look(uint64_t data, struct mr_ttls_seen *ret)
{
	struct mr_ttls_slot *s = NULL;

	*ret = (struct mr_ttls_seen){ .token = data };
	if (!may_be_token(data))
		return false;
	mr_ttls_epoll_lock();
	bool ours = slot_of(data, &s);
	if (s && mr_ttls_conn_try_ref(s->conn)) {
		ret->conn = s->conn;
		ret->fd = s->fd;
		ret->wanted = s->wanted;
	}
	mr_ttls_epoll_unlock();
	return ours;
}

void mr_ttls_epoll_one_shot(const struct mr_ttls_seen *seen, bool told)
{
	struct mr_ttls_slot *s = NULL;

	if (!(seen->wanted.events & EPOLLONESHOT))
		return;
	mr_ttls_epoll_lock();
	if (slot_of(seen->token, &s) && s) {
		s->disarmed = told;
		if (!told)
			(void)ask(s, EPOLL_CTL_MOD);
	}
	mr_ttls_epoll_unlock();
}
