/* SPDX-License-Identifier: Apache-2.0 */
/* The allocator of nghttp2's sessions: one block of pages, everything else from malloc. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/grpc_server_internal.h"

enum { SMALL = 100, LARGE = 17000 };

static struct mr_grpc_connection connection;
static nghttp2_mem memory;

static int set_up(void **state)
{
	(void)state;
	connection = (struct mr_grpc_connection){ 0 };
	memory = mr_grpc_memory(&connection);
	return 0;
}

static void fill(uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)i;
}

static void assert_filled(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		assert_int_equal(bytes[i], (uint8_t)i);
}

static void test_one_large_block_has_pages_of_its_own(void **state)
{
	(void)state;
	uint8_t *first = memory.malloc(LARGE, memory.mem_user_data);
	assert_non_null(first);
	assert_ptr_equal(connection.block, first);
	uint8_t *second = memory.malloc(LARGE, memory.mem_user_data);
	uint8_t *small = memory.malloc(SMALL, memory.mem_user_data);
	assert_ptr_equal(connection.block, first);
	fill(first, LARGE);
	fill(second, LARGE);
	fill(small, SMALL);
	assert_filled(first, LARGE);
	memory.free(second, memory.mem_user_data);
	memory.free(small, memory.mem_user_data);
	assert_ptr_equal(connection.block, first);
	memory.free(first, memory.mem_user_data);
	assert_null(connection.block);
	memory.free(NULL, memory.mem_user_data);
}

static void test_zeroed_memory_is_zero(void **state)
{
	(void)state;
	uint8_t *zeroed = memory.calloc(SMALL, 2, memory.mem_user_data);
	assert_non_null(zeroed);
	for (size_t i = 0; i < (size_t)2 * SMALL; i++)
		assert_int_equal(zeroed[i], 0);
	memory.free(zeroed, memory.mem_user_data);
}

/* nghttp2 makes its buffers by resizing nothing. */
static void test_resized_memory_keeps_its_content(void **state)
{
	(void)state;
	uint8_t *block = memory.realloc(NULL, LARGE, memory.mem_user_data);
	assert_non_null(block);
	assert_ptr_equal(connection.block, block);
	fill(block, LARGE);
	assert_ptr_equal(memory.realloc(block, SMALL, memory.mem_user_data), block);
	uint8_t *larger = memory.realloc(block, 2 * LARGE, memory.mem_user_data);
	assert_non_null(larger);
	assert_null(connection.block);
	assert_filled(larger, LARGE);
	larger = memory.realloc(larger, SMALL, memory.mem_user_data);
	assert_non_null(larger);
	assert_filled(larger, SMALL);
	memory.free(larger, memory.mem_user_data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_large_block_has_pages_of_its_own, set_up),
		cmocka_unit_test_setup(test_zeroed_memory_is_zero, set_up),
		cmocka_unit_test_setup(test_resized_memory_keeps_its_content, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
