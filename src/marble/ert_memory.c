/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks that the TLS library looks for in the program around it. In libertmeshpremain.a they are ours, so that an
 * application which has such hooks for a library of its own does not get calls of another.
 */
#include <malloc.h>
#include <stdlib.h>

#include "base/wipe.h"

void *OPENSSL_memory_alloc(size_t size);
void OPENSSL_memory_free(void *memory);
size_t OPENSSL_memory_get_size(void *memory);
void *OPENSSL_memory_realloc(void *memory, size_t size);
void sdallocx(void *memory, size_t size, int flags);

void *OPENSSL_memory_alloc(size_t size)
{
	return malloc(size);
}

void OPENSSL_memory_free(void *memory)
{
	if (memory)
		mr_wipe(memory, malloc_usable_size(memory));
	free(memory);
}

size_t OPENSSL_memory_get_size(void *memory)
{
	return memory ? malloc_usable_size(memory) : 0;
}

void *OPENSSL_memory_realloc(void *memory, size_t size)
{
	return realloc(memory, size);
}

void sdallocx(void *memory, size_t size, int flags)
{
	(void)size;
	(void)flags;
	OPENSSL_memory_free(memory);
}
