/* SPDX-License-Identifier: Apache-2.0 */
/* The process's environment; an empty variable counts as unset (40 §2.2, 30 §4.1). Read at start, before threads. */
#ifndef MR_BASE_ENV_H
#define MR_BASE_ENV_H

#include <stdbool.h>

/* The value, or `fallback` (may be NULL) when unset or empty. Borrowed from the environment. */
const char *mr_env_get(const char *name, const char *fallback);
/* Is the value exactly "1"? */
bool mr_env_is_one(const char *name);

#endif
