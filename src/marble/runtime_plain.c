/* SPDX-License-Identifier: Apache-2.0 */
/* Without a libOS (30 §5.6): a confidential VM, which attests itself; or a plain process for simulation, which a Coordinator
 * that checks quotes refuses. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "marble/runtime.h"

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* The first executable of that name in PATH, which by now is the manifest's if that sets one. */
static bool search_path(const char *name, char found[static PATH_MAX])
{
	struct mr_str path = mr_str_of(mr_env_get("PATH", "/usr/local/bin:/usr/bin:/bin"));

	for (size_t at = 0; at <= path.len;) {
		size_t end = mr_str_find(path, ':', at);
		if (end == SIZE_MAX)
			end = path.len;
		int n = snprintf(found, PATH_MAX, "%.*s/%s",
			(int)(end - at < PATH_MAX ? end - at : PATH_MAX),
			end > at ? path.ptr + at : ".", name);
		if (end == at)
			n = snprintf(found, PATH_MAX, "./%s", name);
		if (n > 0 && n < PATH_MAX && is_program(found))
			return true;
		at = end + 1;
	}
	return false;
}

static mr_result find_program(const char *launcher, const char *argv0, const char **ret_path,
	const char **ret_argv0, struct mr_error *err)
{
	static char found[PATH_MAX];
	struct stat st;

	(void)launcher;
	*ret_argv0 = argv0;
	if (strchr(argv0, '/')) {
		*ret_path = argv0;
		if (stat(argv0, &st) == 0 || errno != ENOENT)
			return MR_OK;
	} else if (*argv0 && search_path(argv0, found)) {
		*ret_path = found;
		return MR_OK;
	}
	return mr_fail(err, MR_CODE_NOT_FOUND, "invalid entrypoint definition in argv[0]");
}

const struct mr_runtime mr_runtime_plain = {
	.first_line = "running as plain process, without attestation",
	.name = "plain",
	.issuer = &mr_issuer_none,
	.ttls = true,
	.find_program = find_program,
};

const struct mr_runtime mr_runtime_tdx = {
	.first_line = "running in a confidential VM: TDX",
	.name = "confidential VM",
	.issuer = &mr_issuer_cvm,
	.must_quote = true,
	.ttls = true,
	.find_program = find_program,
};

const struct mr_runtime mr_runtime_snp = {
	.first_line = "running in a confidential VM: SNP",
	.name = "confidential VM",
	.issuer = &mr_issuer_cvm,
	.must_quote = true,
	.ttls = true,
	.find_program = find_program,
};
