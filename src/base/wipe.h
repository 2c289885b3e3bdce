/* SPDX-License-Identifier: Apache-2.0 */
/* Wiping memory and comparing secrets without telling anything by the time it takes. */
#ifndef MR_BASE_WIPE_H
#define MR_BASE_WIPE_H

#include <stdbool.h>
#include <stddef.h>

/* Overwrites with zeros; never optimised away. NULL with size 0 is fine. */
void mr_wipe(void *data, size_t size);

/* Equal? In time that depends on `size` only. */
bool mr_equal_constant_time(const void *a, const void *b, size_t size);

#endif
