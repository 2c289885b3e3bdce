/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/ert.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mount.h>

#include "marble/premain_log.h"

static const struct mr_runtime ert = {
	.name = "EdgelessRT",
	.issuer = &mr_issuer_ert,
	.ttls = true,
};

/* Appends a path's elements, `.` and `..` resolved; the result begins with the mount and has no slash at its end. */
mr_result mr_ert_host_path(const char *path, char *ret, size_t size, struct mr_error *err)
{
	const size_t root = strlen(MR_ERT_HOSTFS);
	struct mr_str rest = mr_str_of(path);
	size_t len = root;

	if (size <= root)
		return mr_fail(err, MR_CODE_LIMIT, "path of the UUID file is too long");
	memcpy(ret, MR_ERT_HOSTFS, root + 1);
	for (size_t at = 0; at <= rest.len;) {
		size_t end = mr_str_find(rest, '/', at);
		if (end == SIZE_MAX)
			end = rest.len;
		struct mr_str element = mr_str_sub(rest, at, end);
		at = end + 1;
		if (element.len == 0 || mr_str_eq(element, MR_STR(".")))
			continue;
		if (mr_str_eq(element, MR_STR(".."))) {
			while (len > root && ret[len] != '/')
				len--;
			ret[len] = '\0';
			continue;
		}
		if (size - len < element.len + 2)
			return mr_fail(err, MR_CODE_LIMIT, "path of the UUID file is too long");
		ret[len] = '/';
		memcpy(ret + len + 1, element.ptr, element.len);
		len += element.len + 1;
		ret[len] = '\0';
	}
	return MR_OK;
}

static mr_result use_host_path(struct mr_premain_config *config, struct mr_error *err)
{
	char given[sizeof config->uuid_file];

	memcpy(given, config->uuid_file, sizeof given);
	return mr_ert_host_path(given, config->uuid_file, sizeof config->uuid_file, err);
}

/* A vector that nobody frees, in one piece: it is the application's from here on. */
static mr_result copy_argv(char *const *from, int *ret_argc, char ***ret_argv, struct mr_error *err)
{
	size_t count = 0, texts = 0, size;

	for (; from[count]; count++)
		texts += strlen(from[count]) + 1; /* of texts that are in memory */
	if (count >= INT_MAX || !mr_size_mul(count + 1, sizeof(char *), &size) ||
		!mr_size_add(size, texts, &size))
		return mr_fail(err, MR_CODE_LIMIT, "too many arguments");
	char **argv = calloc(1, size);
	if (!argv)
		return mr_fail_nomem(err);
	char *text = (char *)(argv + count + 1);
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(from[i]) + 1;
		memcpy(text, from[i], len);
		argv[i] = text;
		text += len;
	}
	*ret_argc = (int)count;
	*ret_argv = argv;
	return MR_OK;
}

static mr_result premain(int *argc, char ***argv, struct mr_error *err)
{
	struct mr_premain_result result = { 0 };
	struct mr_premain_config config;
	char **made;

	if (mount("/", "/", "edg_memfs", 0, NULL) != 0)
		return mr_fail_errno(err, errno, "mounting the enclave's file system");
	mr_premain_log("starting PreMain");
	mr_premain_log("fetching env variables");
	MR_TRY(mr_premain_config_read(&config, err));
	MR_TRY(use_host_path(&config, err));
	MR_TRY(mr_premain_run(&config, &ert, &result, err));
	mr_result r = mr_premain_argv(&result, &made, err);
	if (!mr_failed(r))
		r = copy_argv(made, argc, argv, err);
	mr_premain_result_done(&result);
	return r;
}

void ert_meshentry_premain(int *argc, char ***argv)
{
	struct mr_error err;

	mr_premain_log_setup();
	if (!mr_failed(premain(argc, argv, &err)))
		return;
	mr_premain_log_fatal(err.message);
	abort();
}
