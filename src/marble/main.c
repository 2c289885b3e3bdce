/* SPDX-License-Identifier: Apache-2.0 */
/* premain-libos: activate, apply, become the service (30 §5.3-5.6). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "marble/premain.h"
#include "marble/premain_log.h"

static int fatal(const char *text)
{
	mr_premain_log_fatal(text);
	return EXIT_FAILURE;
}

/* Secrets are in this process's memory until exec replaces it. */
static void forbid_core_dumps(struct rlimit *ret_old)
{
	if (getrlimit(RLIMIT_CORE, ret_old) != 0)
		*ret_old = (struct rlimit){ 0, 0 };
	const struct rlimit none = { 0, ret_old->rlim_max };
	(void)setrlimit(RLIMIT_CORE, &none);
}

/* The vector of the service: the manifest's, or `./marble` alone (30 §4.4). */
static mr_result make_argv(struct mr_premain_result *result, char ***ret, struct mr_error *err)
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

static int fail_activation(const struct mr_runtime *runtime, mr_result r, struct mr_error *err)
{
	if (mr_failed(mr_wrap(err, r, "activating %s Marble failed", runtime->name)))
		return fatal(err->message);
	return EXIT_FAILURE;
}

static int become_service(const struct mr_runtime *runtime, const char *launcher,
	struct mr_premain_result *result, const struct rlimit *core_limit)
{
	const char *path = NULL;
	const char *argv0 = NULL;
	char **argv = NULL;
	char text[128];
	struct mr_error err;

	mr_result r = make_argv(result, &argv, &err);
	if (!mr_failed(r))
		r = runtime->find_program(launcher, argv[0], &path, &argv0, &err);
	if (mr_failed(r))
		return fail_activation(runtime, r, &err);
	/* A base name is the end of the same string. */
	argv[0] += strlen(argv[0]) - strlen(argv0);
	(void)setrlimit(RLIMIT_CORE, core_limit);
	(void)execv(path, argv);
	return fatal(mr_errno_text(errno, text, sizeof text));
}

int main(int argc, char **argv)
{
	const struct mr_runtime *runtime;
	struct mr_premain_config config;
	struct mr_premain_result result = { 0 };
	struct rlimit core_limit;
	struct mr_error err;

	mr_premain_log_setup();
	if (mr_failed(mr_runtime_detect(&runtime, &err)))
		return fatal(err.message);
	forbid_core_dumps(&core_limit);
	mr_premain_log("%s", runtime->first_line);
	mr_premain_log("starting PreMain");
	mr_premain_log("fetching env variables");
	mr_result r = mr_premain_config_read(&config, &err);
	if (mr_failed(r) && r.code == MR_CODE_NOT_FOUND) {
		mr_premain_log("%s", err.message);
		return EXIT_FAILURE;
	}
	if (!mr_failed(r))
		r = mr_premain_run(&config, runtime, &result, &err);
	if (mr_failed(r))
		return fail_activation(runtime, r, &err);
	int status = become_service(runtime, argc > 0 ? argv[0] : "", &result, &core_limit);
	mr_premain_result_done(&result);
	return status;
}
