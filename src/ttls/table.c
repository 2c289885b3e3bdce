/* SPDX-License-Identifier: Apache-2.0 */
#include "ttls/table.h"

#include <stdlib.h>

#include "ttls/conn_internal.h"

#define CHUNK 1024
#define CHUNKS (MR_TTLS_TABLE_MAX / CHUNK)

struct chunk {
	_Atomic(struct mr_ttls_conn *) conns[CHUNK];
};

static _Atomic(struct chunk *) chunks[CHUNKS];

static _Atomic(struct mr_ttls_conn *) *place(int fd)
{
	if (fd < 0 || fd >= MR_TTLS_TABLE_MAX)
		return NULL;
	struct chunk *chunk = atomic_load_explicit(&chunks[fd / CHUNK], memory_order_acquire);
	return chunk ? &chunk->conns[fd % CHUNK] : NULL;
}

bool mr_ttls_table_has(int fd)
{
	_Atomic(struct mr_ttls_conn *) *at = place(fd);

	return at && atomic_load_explicit(at, memory_order_relaxed) != NULL;
}

struct mr_ttls_conn *mr_ttls_table_get(int fd)
{
	_Atomic(struct mr_ttls_conn *) *at = place(fd);

	while (at) {
		struct mr_ttls_conn *c = atomic_load_explicit(at, memory_order_acquire);
		if (!c)
			return NULL;
		if (!mr_ttls_conn_try_ref(c))
			continue; /* it was taken out before it went */
		if (atomic_load_explicit(at, memory_order_acquire) == c)
			return c;
		mr_ttls_conn_unref(c);
	}
	return NULL;
}

static bool make_chunk(int fd)
{
	struct chunk *none = NULL;
	struct chunk *made;

	if (fd < 0 || fd >= MR_TTLS_TABLE_MAX)
		return false;
	if (atomic_load(&chunks[fd / CHUNK]))
		return true;
	made = calloc(1, sizeof *made);
	if (made && !atomic_compare_exchange_strong(&chunks[fd / CHUNK], &none, made))
		free(made);
	return made != NULL;
}

bool mr_ttls_table_put(int fd, struct mr_ttls_conn *c)
{
	if (!make_chunk(fd) || !mr_ttls_conn_try_ref(c))
		return false;
	(void)mr_ttls_conn_add_descriptor(c, 1);
	atomic_store(&c->known_fd, fd);
	struct mr_ttls_conn *old = atomic_exchange(place(fd), c);
	/* closed behind our back */
	if (old)
		(void)mr_ttls_conn_add_descriptor(old, -1);
	mr_ttls_conn_unref(old);
	return true;
}

/* Another descriptor of the connection, if this one is the known one. */
static void know_another(struct mr_ttls_conn *c, int fd)
{
	if (atomic_load(&c->known_fd) != fd)
		return;
	for (int other = mr_ttls_table_next(0); other >= 0; other = mr_ttls_table_next(other + 1)) {
		_Atomic(struct mr_ttls_conn *) *at = place(other);
		if (at && atomic_load(at) == c) {
			atomic_store(&c->known_fd, other);
			return;
		}
	}
	atomic_store(&c->known_fd, -1);
}

struct mr_ttls_conn *mr_ttls_table_remove(int fd)
{
	_Atomic(struct mr_ttls_conn *) *at = place(fd);
	struct mr_ttls_conn *c = at ? atomic_exchange(at, NULL) : NULL;

	if (c && mr_ttls_conn_add_descriptor(c, -1) > 0)
		know_another(c, fd);
	return c;
}

int mr_ttls_table_next(int from)
{
	for (int fd = from < 0 ? 0 : from; fd < MR_TTLS_TABLE_MAX; fd++) {
		if (!atomic_load_explicit(&chunks[fd / CHUNK], memory_order_acquire)) {
			fd = (fd / CHUNK + 1) * CHUNK - 1;
			continue;
		}
		if (mr_ttls_table_has(fd))
			return fd;
	}
	return -1;
}
