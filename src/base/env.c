/* SPDX-License-Identifier: Apache-2.0 */
#include "base/env.h"

#include <stdlib.h>
#include <string.h>

const char *mr_env_get(const char *name, const char *fallback)
{
	const char *value = getenv(name);

	return value && *value ? value : fallback;
}

bool mr_env_is_one(const char *name)
{
	const char *value = getenv(name);

	return value && strcmp(value, "1") == 0;
}
