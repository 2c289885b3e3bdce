/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that was freed goes back to the system. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/heap.h"

/* Sanitizers bring an allocator of their own, which keeps what was freed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define OTHER_ALLOCATOR
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OTHER_ALLOCATOR
#endif
#endif

enum { SMALL = 1000, MUCH = 32 << 20 };

/* Resident memory of this process: the second number, in pages. */
static size_t resident_bytes(void)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_error err;
	size_t pages = 0, at;

	mr_buf_init(&text, 4096);
	assert_false(mr_failed(mr_file_read("/proc/self/statm", &text, &err)));
	at = mr_str_find(mr_buf_str(&text), ' ', 0);
	assert_true(at < text.len);
	for (at++; at < text.len && text.data[at] != ' '; at++)
		pages = pages * 10 + (size_t)(text.data[at] - '0');
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void test_trimmed_memory_is_not_resident(void **state)
{
	(void)state;
	size_t count = MUCH / SMALL;
	void **blocks = calloc(count, sizeof(void *));

	assert_non_null(blocks);
	mr_heap_configure();
	size_t before = resident_bytes();
	for (size_t i = 0; i < count; i++) {
		blocks[i] = malloc(SMALL);
		assert_non_null(blocks[i]);
		memset(blocks[i], 1, SMALL);
	}
	size_t full = resident_bytes();
	assert_true(full > before + MUCH / 2);
	/* the last one stays, so that the heap's end does */
	for (size_t i = 0; i + 1 < count; i++)
		free(blocks[i]);
	mr_heap_trim();
#ifndef OTHER_ALLOCATOR
	assert_true(resident_bytes() < before + MUCH / 2);
#endif
	free(blocks[count - 1]);
	free(blocks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trimmed_memory_is_not_resident),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
