/* SPDX-License-Identifier: Apache-2.0 */
#include "base/heap.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>

enum { LARGE = 128 << 10 };

/* Setting the threshold, even to its default, keeps it from growing to the size of the largest
 * block that was ever freed. */
void mr_heap_configure(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, LARGE);
}

void mr_heap_trim(void)
{
	(void)malloc_trim(0);
}
#else
void mr_heap_configure(void)
{
}

void mr_heap_trim(void)
{
}
#endif
