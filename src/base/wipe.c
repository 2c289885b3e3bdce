/* SPDX-License-Identifier: Apache-2.0 */
#include "base/wipe.h"

#include <stdint.h>
#include <string.h>

void mr_wipe(void *data, size_t size)
{
	if (size)
		explicit_bzero(data, size);
}

bool mr_equal_constant_time(const void *a, const void *b, size_t size)
{
	const volatile uint8_t *left = a;
	const volatile uint8_t *right = b;
	uint8_t difference = 0;

	for (size_t i = 0; i < size; i++)
		difference = (uint8_t)(difference | (left[i] ^ right[i]));
	return difference == 0;
}
