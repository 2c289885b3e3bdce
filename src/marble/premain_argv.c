/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/premain.h"

mr_result mr_premain_argv(struct mr_premain_result *result, char ***ret, struct mr_error *err)
{
	static char default_argv0[] = "./marble";
	const struct mr_parameters *p = &result->parameters;
	size_t count = p->argv_count ? p->argv_count : 1;
	char **argv = mr_arena_array(&result->arena, count + 1, sizeof *argv);

	if (!argv)
		return mr_arena_fail(&result->arena, err);
	argv[0] = default_argv0;
	for (size_t i = 0; i < p->argv_count; i++) {
		argv[i] = mr_arena_alloc(&result->arena, p->argv[i].len + 1);
		if (!argv[i])
			return mr_arena_fail(&result->arena, err);
		if (p->argv[i].len)
			memcpy(argv[i], p->argv[i].ptr, p->argv[i].len);
	}
	*ret = argv;
	return MR_OK;
}
