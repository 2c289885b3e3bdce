/* SPDX-License-Identifier: Apache-2.0 */
#include "ttls/real.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

_Atomic(mr_ttls_function *) mr_ttls_real_found[MR_TTLS_REAL_COUNT];

static long absent(void)
{
	errno = ENOSYS;
	return -1;
}

mr_ttls_function *mr_ttls_real_look_up(enum mr_ttls_real which)
{
#define NAME(name, result, parameters) #name,
	static const char *const names[] = { MR_TTLS_REAL_LIST(NAME) };
#undef NAME
	void *object = dlsym(RTLD_NEXT, names[which]);
	mr_ttls_function *found = (mr_ttls_function *)absent;

	/* POSIX: an object pointer of dlsym may be taken for a function's */
	if (object)
		memcpy(&found, &object, sizeof found);
	atomic_store_explicit(&mr_ttls_real_found[which], found, memory_order_relaxed);
	return found;
}
