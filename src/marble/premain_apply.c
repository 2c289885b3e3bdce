/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/utf8.h"
#include "marble/premain.h"
#include "marble/premain_log.h"

static bool has_nul(const void *data, size_t size)
{
	return size && memchr(data, '\0', size);
}

static mr_result bad_name(const char *what, struct mr_str name, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf quoted = { 0 };

	mr_buf_init(&quoted, MR_ERROR_MAX * 4);
	mr_utf8_put_quoted(&quoted, mr_str_sub(name, 0, name.len < 256 ? name.len : 256));
	MR_TRY(mr_buf_status(&quoted, err));
	return mr_fail(err, MR_CODE_INVALID, "%s %.*s", what, MR_STR_ARGS(mr_buf_str(&quoted)));
}

mr_result mr_premain_check_parameters(const struct mr_parameters *p, struct mr_error *err)
{
	for (size_t i = 0; i < p->files_count; i++) {
		struct mr_str name = p->files[i].name;
		if (name.len == 0 || name.len >= PATH_MAX || has_nul(name.ptr, name.len))
			return bad_name("unusable path of a file:", name, err);
	}
	for (size_t i = 0; i < p->env_count; i++) {
		struct mr_str name = p->env[i].name;
		if (name.len == 0 || has_nul(name.ptr, name.len) || memchr(name.ptr, '=', name.len))
			return bad_name("unusable name of an environment variable:", name, err);
		if (has_nul(p->env[i].value.ptr, p->env[i].value.len))
			return bad_name("NUL byte in the value of environment variable", name, err);
	}
	for (size_t i = 0; i < p->argv_count; i++)
		if (has_nul(p->argv[i].ptr, p->argv[i].len))
			return mr_fail(err, MR_CODE_INVALID, "NUL byte in an argument");
	return MR_OK;
}

static mr_result write_one(const struct mr_param *file, struct mr_error *err)
{
	char path[PATH_MAX];
	char *slash;

	memcpy(path, file->name.ptr, file->name.len);
	path[file->name.len] = '\0';
	slash = strrchr(path, '/');
	if (slash && slash != path) {
		*slash = '\0';
		MR_TRY(mr_file_make_dirs(path, 0700, err));
		*slash = '/';
	}
	return mr_file_write(path, file->value, 0600, err);
}

static mr_result set_one(const struct mr_param *variable, struct mr_error *err)
{
	struct mr_secret name = { NULL, 0 };
	struct mr_secret value = { NULL, 0 };
	int failed = 0;

	/* One byte more each: the terminating NUL. */
	mr_result r = mr_secret_new(variable->name.len + 1, &name, err);
	if (!mr_failed(r))
		r = mr_secret_new(variable->value.len + 1, &value, err);
	if (!mr_failed(r)) {
		memcpy(name.ptr, variable->name.ptr, variable->name.len);
		if (variable->value.len)
			memcpy(value.ptr, variable->value.ptr, variable->value.len);
		failed = setenv((const char *)name.ptr, (const char *)value.ptr, 1);
		if (failed)
			r = mr_fail_errno(err, errno, "setenv %s", (const char *)name.ptr);
	}
	mr_secret_done(&name);
	mr_secret_done(&value);
	return r;
}

mr_result mr_premain_apply(const struct mr_parameters *p, struct mr_error *err)
{
	mr_premain_log("creating files from manifest");
	for (size_t i = 0; i < p->files_count; i++)
		MR_TRY(write_one(&p->files[i], err));
	mr_premain_log("setting env vars from manifest");
	for (size_t i = 0; i < p->env_count; i++)
		MR_TRY(set_one(&p->env[i], err));
	return MR_OK;
}
