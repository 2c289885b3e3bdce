/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared immutable objects: an atomic reference count, and a slot from which many threads take the current object
 * without a lock while one thread replaces it.
 *
 * The slot keeps a pointer (48 bits) and the number of references it has lent out (16 bits) in one atomic word. Taking
 * is one fetch-add. While an object is in a slot its own count carries a large bias; when it leaves, the lent
 * references are added and the bias removed, so the count can reach zero only when nobody holds it.
 */
#ifndef MR_BASE_SHARED_H
#define MR_BASE_SHARED_H

#include <stdatomic.h>
#include <stdint.h>

/* Embedded in the object. */
struct mr_shared {
	_Atomic int64_t refs;
	void (*destroy)(struct mr_shared *shared);
};

/* One reference, the caller's. */
void mr_shared_init(struct mr_shared *shared, void (*destroy)(struct mr_shared *shared));
struct mr_shared *mr_shared_ref(struct mr_shared *shared);
/* Drops one reference; the last one destroys. Accepts NULL. */
void mr_shared_unref(struct mr_shared *shared);

struct mr_shared_slot {
	_Atomic uint64_t word;
};

/* An empty slot. */
void mr_shared_slot_init(struct mr_shared_slot *slot);
/* The current object with a reference for the caller, or NULL when empty. Any thread, lock-free. */
struct mr_shared *mr_shared_slot_get(struct mr_shared_slot *slot);
/* Puts an object in (taking over the caller's reference; NULL empties) and drops the slot's hold on the old one. One
 * thread at a time. */
void mr_shared_slot_set(struct mr_shared_slot *slot, struct mr_shared *take);

#endif
