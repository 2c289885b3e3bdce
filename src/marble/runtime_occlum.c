/* SPDX-License-Identifier: Apache-2.0 */
/* Occlum (30 §5.5): the program is the manifest's Argv[0], a path inside the image. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "marble/runtime.h"

static mr_result find_program(const char *launcher, const char *argv0, const char **ret_path,
	const char **ret_argv0, struct mr_error *err)
{
	const char *slash = strrchr(argv0, '/');
	struct stat st;

	(void)launcher;
	if (stat(argv0, &st) != 0 && errno == ENOENT) {
		(void)printf(
			"ERROR: The entrypoint does not seem to exist: '$%s'\n"
			"Check that the first entry of Argv in the manifest is the program's path in the image.\n",
			argv0);
		(void)fflush(stdout);
		return mr_fail(err, MR_CODE_NOT_FOUND, "invalid entrypoint definition in argv[0]");
	}
	*ret_path = argv0;
	*ret_argv0 = slash ? slash + 1 : argv0;
	return MR_OK;
}

const struct mr_runtime mr_runtime_occlum = {
	.first_line = "detected libOS: Occlum",
	.name = "Occlum",
	.issuer = &mr_issuer_occlum,
	.find_program = find_program,
};
