/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocations of the tree's own code; not those inside libraries. AWS-LC, which is linked into the
 * program and ends the process when it has no memory for its random generator, is led round the
 * wrappers. Its failures are those of fault_crypto.
 */
#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>

#include "fault.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);

static _Thread_local bool in_library;

static bool out_of_memory(const char *function)
{
	if (in_library || !mr_fault_now(function))
		return false;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return out_of_memory("malloc") ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return out_of_memory("calloc") ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return out_of_memory("realloc") ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
	return out_of_memory("strdup") ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
	return out_of_memory("strndup") ? NULL : __real_strndup(text, size);
}

/* --- AWS-LC: its hooks for memory, and the one function that does not use them --- */

void *OPENSSL_memory_alloc(size_t size);
void OPENSSL_memory_free(void *data);
size_t OPENSSL_memory_get_size(void *data);
int __real_CRYPTO_set_thread_local(int index, void *value, void (*destroy)(void *))
	__attribute__((weak));
int __wrap_CRYPTO_set_thread_local(int index, void *value, void (*destroy)(void *));

void *OPENSSL_memory_alloc(size_t size)
{
	return __real_malloc(size);
}

void OPENSSL_memory_free(void *data)
{
	free(data);
}

size_t OPENSSL_memory_get_size(void *data)
{
	return malloc_usable_size(data);
}

int __wrap_CRYPTO_set_thread_local(int index, void *value, void (*destroy)(void *))
{
	in_library = true;
	int result = __real_CRYPTO_set_thread_local(index, value, destroy);
	in_library = false;
	return result;
}
