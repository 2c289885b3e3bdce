/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of nghttp2's sessions. Each takes one block of more than 16 KiB for the frame that it is
 * sending, of which an idle connection never touches more than the beginning. From malloc it lies
 * where a handshake has just been, in memory that is resident; pages of its own are resident only
 * when they are touched.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "net/grpc_server_internal.h"

#define BLOCK_MIN ((size_t)16 << 10)

static void *take_block(struct mr_grpc_connection *c, size_t size)
{
	void *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (block == MAP_FAILED)
		return malloc(size);
	c->block = block;
	c->block_size = size;
	return block;
}

static void *take(size_t size, void *context)
{
	struct mr_grpc_connection *c = context;

	return size >= BLOCK_MIN && !c->block ? take_block(c, size) : malloc(size);
}

static void *take_zeroed(size_t count, size_t size, void *context)
{
	(void)context;
	return calloc(count, size);
}

static void give_back(void *memory, void *context)
{
	struct mr_grpc_connection *c = context;

	if (!memory || memory != c->block) {
		free(memory);
		return;
	}
	(void)munmap(c->block, c->block_size);
	c->block = NULL;
}

static void *resize(void *memory, size_t size, void *context)
{
	const struct mr_grpc_connection *c = context;

	if (!memory)
		return take(size, context);
	if (memory != c->block)
		return realloc(memory, size);
	if (size <= c->block_size)
		return memory;
	void *larger = malloc(size);
	if (larger) {
		memcpy(larger, memory, c->block_size);
		give_back(memory, context);
	}
	return larger;
}

nghttp2_mem mr_grpc_memory(struct mr_grpc_connection *c)
{
	return (nghttp2_mem){ c, take, give_back, take_zeroed, resize };
}
