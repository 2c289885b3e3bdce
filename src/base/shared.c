/* SPDX-License-Identifier: Apache-2.0 */
#include "base/shared.h"

#include <stddef.h>

#define POINTER_BITS 48
#define POINTER_MASK ((UINT64_C(1) << POINTER_BITS) - 1)
#define LENT_ONE (UINT64_C(1) << POINTER_BITS)
/* Far more than references can be lent. */
#define BIAS (INT64_C(1) << 40)
/* Lent references are moved to the object's own count long before 16 bits are full, even if 8,192 threads take one
 * each in between. */
#define FOLD_AT 0x4000u

_Static_assert(sizeof(void *) == 8, "the slot packs a 48-bit user-space address");

static struct mr_shared *pointer_of(uint64_t word)
{
	return (struct mr_shared *)(uintptr_t)(word &
					       POINTER_MASK); // NOLINT(performance-no-int-to-ptr)
}

static int64_t lent_of(uint64_t word)
{
	return (int64_t)(word >> POINTER_BITS);
}

void mr_shared_init(struct mr_shared *shared, void (*destroy)(struct mr_shared *shared))
{
	atomic_init(&shared->refs, 1);
	shared->destroy = destroy;
}

struct mr_shared *mr_shared_ref(struct mr_shared *shared)
{
	(void)atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
	return shared;
}

static void add_refs(struct mr_shared *shared, int64_t count)
{
	if (atomic_fetch_add_explicit(&shared->refs, count, memory_order_acq_rel) + count == 0)
		shared->destroy(shared);
}

void mr_shared_unref(struct mr_shared *shared)
{
	if (shared)
		add_refs(shared, -1);
}

void mr_shared_slot_init(struct mr_shared_slot *slot)
{
	atomic_init(&slot->word, 0);
}

/* Moves lent references to the object's count. If the word changed meanwhile, undo: somebody else moves them then. The
 * count cannot reach zero here, because the caller's own lent reference is still to be dropped. */
static void fold(struct mr_shared_slot *slot, struct mr_shared *object)
{
	uint64_t word = atomic_load_explicit(&slot->word, memory_order_acquire);
	int64_t lent = lent_of(word);

	if (pointer_of(word) != object || lent < FOLD_AT / 2)
		return;
	(void)atomic_fetch_add_explicit(&object->refs, lent, memory_order_relaxed);
	if (!atomic_compare_exchange_strong_explicit(&slot->word, &word, word & POINTER_MASK,
		    memory_order_acq_rel, memory_order_relaxed))
		(void)atomic_fetch_sub_explicit(&object->refs, lent, memory_order_relaxed);
}

struct mr_shared *mr_shared_slot_get(struct mr_shared_slot *slot)
{
	uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);

	/* An empty slot lends nothing. */
	do {
		if ((word & POINTER_MASK) == 0)
			return NULL;
	} while (!atomic_compare_exchange_weak_explicit(
		&slot->word, &word, word + LENT_ONE, memory_order_acquire, memory_order_relaxed));
	struct mr_shared *object = pointer_of(word);
	if (lent_of(word) + 1 >= FOLD_AT)
		fold(slot, object);
	return object;
}

void mr_shared_slot_set(struct mr_shared_slot *slot, struct mr_shared *take)
{
	if (take)
		(void)atomic_fetch_add_explicit(&take->refs, BIAS - 1, memory_order_relaxed);
	uint64_t old = atomic_exchange_explicit(
		&slot->word, (uint64_t)(uintptr_t)take, memory_order_acq_rel);
	struct mr_shared *object = pointer_of(old);
	if (object)
		add_refs(object, lent_of(old) - BIAS);
}
