/* SPDX-License-Identifier: Apache-2.0 */
/* premain-libos: activate, apply, become the service (30 §5.3-5.6). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "attest/issuer_command.h"
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

	mr_result r = mr_premain_argv(result, &argv, &err);
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
	if (mr_test_roots_warning())
		mr_premain_log("%s", mr_test_roots_warning());
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
