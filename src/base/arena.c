/* SPDX-License-Identifier: Apache-2.0 */
#define MR_ERROR_DEFINES
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

#include "base/wipe.h"

enum { FIRST_BLOCK = 1024, LARGEST_STEP = 1 << 18 };

struct mr_arena_block {
	struct mr_arena_block *next;
	size_t size; /* of data */
	size_t fill;
	alignas(max_align_t) uint8_t data[];
};

void mr_arena_init(struct mr_arena *a, size_t limit)
{
	*a = (struct mr_arena){ .limit = limit };
}

void mr_arena_done(struct mr_arena *a)
{
	struct mr_arena_block *block = a->blocks;

	while (block) {
		struct mr_arena_block *next = block->next;
		mr_wipe(block->data, block->fill);
		free(block);
		block = next;
	}
	*a = (struct mr_arena){ .limit = a->limit };
}

/* Blocks double in size, so that a large document costs few calls and a small request little memory. */
static struct mr_arena_block *add_block(struct mr_arena *a, size_t need)
{
	size_t size = a->blocks ? a->blocks->size * 2 : FIRST_BLOCK;
	size_t total;

	if (size > LARGEST_STEP)
		size = LARGEST_STEP;
	if (size < need)
		size = need;
	if (!mr_size_add(size, sizeof(struct mr_arena_block), &total) ||
		total > a->limit - a->used) {
		size = need;
		if (!mr_size_add(size, sizeof(struct mr_arena_block), &total) ||
			total > a->limit - a->used) {
			a->over_limit = true;
			return NULL;
		}
	}
	struct mr_arena_block *block = malloc(total);
	if (!block)
		return NULL;
	block->size = size;
	block->fill = 0;
	block->next = a->blocks;
	a->blocks = block;
	a->used += total;
	return block;
}

void *mr_arena_alloc(struct mr_arena *a, size_t size)
{
	const size_t mask = alignof(max_align_t) - 1;
	size_t rounded;

	if (!mr_size_add(size ? size : 1, mask, &rounded))
		return NULL;
	rounded &= ~mask;
	struct mr_arena_block *block = a->blocks;
	if (!block || block->size - block->fill < rounded) {
		block = add_block(a, rounded);
		if (!block)
			return NULL;
	}
	void *out = block->data + block->fill;
	block->fill += rounded;
	memset(out, 0, rounded);
	return out;
}

void *mr_arena_array(struct mr_arena *a, size_t count, size_t size)
{
	size_t total;

	return mr_size_mul(count, size, &total) ? mr_arena_alloc(a, total) : NULL;
}

mr_result mr_arena_fail(const struct mr_arena *a, struct mr_error *err)
{
	if (a->over_limit)
		return mr_fail(err, MR_CODE_LIMIT, "larger than the limit of %zu bytes of memory",
			a->limit);
	return mr_fail_nomem(err);
}

mr_result mr_arena_str(
	struct mr_arena *a, struct mr_str from, struct mr_str *ret, struct mr_error *err)
{
	size_t size;
	char *copy = mr_size_add(from.len, 1, &size) ? mr_arena_alloc(a, size) : NULL;

	if (!copy)
		return mr_arena_fail(a, err);
	if (from.len)
		memcpy(copy, from.ptr, from.len);
	*ret = (struct mr_str){ copy, from.len };
	return MR_OK;
}

mr_result mr_arena_bytes(
	struct mr_arena *a, struct mr_bytes from, struct mr_bytes *ret, struct mr_error *err)
{
	uint8_t *copy = mr_arena_alloc(a, from.len);

	if (!copy)
		return mr_arena_fail(a, err);
	if (from.len)
		memcpy(copy, from.ptr, from.len);
	*ret = (struct mr_bytes){ copy, from.len };
	return MR_OK;
}
