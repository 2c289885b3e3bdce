/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/env.h"
#include "marble/premain.h"

/* A week is more than any start may take. */
#define SECONDS_MAX 604800u

static mr_result read_seconds(const char *name, uint64_t *ret, struct mr_error *err)
{
	const char *text = mr_env_get(name, "0");
	uint64_t value = 0;

	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9')
			return mr_fail(err, MR_CODE_INVALID,
				"invalid %s: \"%s\" is not a number of seconds", name, text);
		value = value * 10 + (uint64_t)(*p - '0');
		if (value > SECONDS_MAX)
			return mr_fail(err, MR_CODE_LIMIT, "invalid %s: more than %u seconds", name,
				SECONDS_MAX);
	}
	*ret = value;
	return MR_OK;
}

static mr_result choose_uuid_file(struct mr_premain_config *config, struct mr_error *err)
{
	const char *given = mr_env_get("EDG_MARBLE_UUID_FILE", NULL);
	const char *cwd = mr_env_get("EDG_CWD", NULL);
	char here[PATH_MAX];
	int n;

	if (given) {
		n = snprintf(config->uuid_file, sizeof config->uuid_file, "%s", given);
	} else {
		if (!cwd && !getcwd(here, sizeof here))
			return mr_fail_errno(err, errno, "getcwd");
		n = snprintf(
			config->uuid_file, sizeof config->uuid_file, "%s/uuid", cwd ? cwd : here);
	}
	if (n < 0 || (size_t)n >= sizeof config->uuid_file)
		return mr_fail(err, MR_CODE_LIMIT, "path of the UUID file is too long");
	return MR_OK;
}

mr_result mr_premain_config_read(struct mr_premain_config *ret, struct mr_error *err)
{
	*ret = (struct mr_premain_config){
		.coordinator = mr_env_get("EDG_MARBLE_COORDINATOR_ADDR", "localhost:2001"),
		.marble_type = mr_env_get("EDG_MARBLE_TYPE", NULL),
		.dns_names = mr_env_get("EDG_MARBLE_DNS_NAMES", "localhost"),
		.root_file = mr_env_get("EDG_MARBLE_COORDINATOR_ROOT_FILE", NULL),
	};
	if (!ret->marble_type)
		return mr_fail(
			err, MR_CODE_NOT_FOUND, "environment variable not set: EDG_MARBLE_TYPE");
	MR_TRY(read_seconds("EDG_MARBLE_RETRY_SECONDS", &ret->retry_seconds, err));
	MR_TRY(read_seconds("EDG_MARBLE_DEADLINE_SECONDS", &ret->deadline_seconds, err));
	return choose_uuid_file(ret, err);
}
