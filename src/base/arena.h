/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arena: memory of one request or one parsed document, released (and wiped) at once. Bounded; objects are never
 * freed one by one. Not thread-safe: an arena belongs to one thread until its contents are immutable.
 */
#ifndef MR_BASE_ARENA_H
#define MR_BASE_ARENA_H

#include "base/bytes.h"

struct mr_arena_block;

struct mr_arena {
	struct mr_arena_block *blocks;
	size_t used;  /* bytes taken from the system */
	size_t limit; /* most bytes to take */
	bool over_limit;
};

void mr_arena_init(struct mr_arena *a, size_t limit);
/* Wipes and frees all. Accepts a zeroed object. */
void mr_arena_done(struct mr_arena *a);
/* Zeroed memory, aligned for any type; NULL when out of memory or over the limit. Lives until mr_arena_done. */
void *mr_arena_alloc(struct mr_arena *a, size_t size) MR_MUST_USE;
/* As mr_arena_alloc for `count` objects of `size` bytes, overflow-checked. */
void *mr_arena_array(struct mr_arena *a, size_t count, size_t size) MR_MUST_USE;
/* Copies of text and bytes. The text copy has a NUL behind it that does not count. */
MR_MUST_USE mr_result mr_arena_str(
	struct mr_arena *a, struct mr_str from, struct mr_str *ret, struct mr_error *err);
MR_MUST_USE mr_result mr_arena_bytes(
	struct mr_arena *a, struct mr_bytes from, struct mr_bytes *ret, struct mr_error *err);
/* The failure to report when an allocation returned NULL: MR_CODE_LIMIT or MR_CODE_NOMEM. */
MR_MUST_USE mr_result mr_arena_fail(const struct mr_arena *a, struct mr_error *err);

#ifdef MR_SEEN_FAILURE_
#define mr_arena_fail(a, err) mr_seen_(MR_SEEN_FAILURE_, (mr_arena_fail)(a, err))
#endif

MR_DEFINE_AUTO(arena, struct mr_arena, mr_arena_done)

#endif
