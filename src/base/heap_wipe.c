/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In programs linked with --wrap=free every free comes here, those of libraries linked into them,
 * too: a TLS library leaves decrypted records in the buffers that it frees.
 */
#include <malloc.h>
#include <stdlib.h>

#include "base/wipe.h"

void __real_free(void *memory);
void __wrap_free(void *memory);

void __wrap_free(void *memory)
{
	if (!memory)
		return;
	mr_wipe(memory, malloc_usable_size(memory));
	__real_free(memory);
}
