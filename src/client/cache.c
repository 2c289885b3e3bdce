/* SPDX-License-Identifier: Apache-2.0 */
#include "base/env.h"
#include "base/file.h"
#include "client/chain.h"

/* Two certificates; the folder names of a path. */
#define CACHE_MAX ((size_t)4 << 20)
#define PATH_LIMIT ((size_t)8 << 10)

/* A relative configuration directory would mean another one in every working directory. */
static bool put_config_dir(struct mr_buf *out)
{
	const char *config = mr_env_get("XDG_CONFIG_HOME", NULL);
	const char *home = mr_env_get("HOME", NULL);

	if (config) {
		mr_buf_put_cstr(out, config);
		return config[0] == '/';
	}
	if (home)
		mr_buf_printf(out, "%s/.config", home);
	return home != NULL;
}

const char *mr_cache_default_path(struct mr_arena *arena)
{
	MR_AUTO(buf) struct mr_buf path = { 0 };
	struct mr_error err;
	struct mr_str kept;

	mr_buf_init(&path, PATH_LIMIT);
	if (!put_config_dir(&path))
		return NULL;
	while (path.len > 0 && path.data[path.len - 1] == '/')
		mr_buf_truncate(&path, path.len - 1);
	mr_buf_put_cstr(&path, "/marblerun/coordinator-cert.pem");
	if (path.failure != MR_CODE_OK ||
		mr_failed(mr_arena_str(arena, mr_buf_str(&path), &kept, &err)))
		return NULL;
	return kept.ptr;
}

static mr_result check_path(const char *path, struct mr_error *err)
{
	if (*path != '\0')
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID,
		"no path for the Coordinator's certificate: set --coordinator-cert, or "
		"XDG_CONFIG_HOME or HOME");
}

mr_result mr_cache_read(const char *path, struct mr_chain *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_buf_init(&text, CACHE_MAX);
	MR_TRY(check_path(path, err));
	MR_TRY(mr_file_read(path, &text, err));
	return mr_chain_parse(mr_buf_str(&text), ret, err);
}

static mr_result make_parents(const char *path, struct mr_error *err)
{
	const char *slash = strrchr(path, '/');
	MR_AUTO(buf) struct mr_buf parent = { 0 };

	if (!slash || slash == path)
		return MR_OK;
	mr_buf_init(&parent, PATH_LIMIT);
	mr_buf_put(&parent, path, (size_t)(slash - path));
	mr_buf_put_u8(&parent, '\0');
	MR_TRY(mr_buf_status(&parent, err));
	return mr_file_make_dirs((const char *)parent.data, 0755, err);
}

mr_result mr_cache_write(const char *path, const struct mr_chain *chain, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_buf_init(&text, CACHE_MAX);
	mr_chain_put_cert(&text, &chain->intermediate);
	mr_chain_put_cert(&text, &chain->root);
	MR_TRY(mr_buf_status(&text, err));
	MR_TRY(check_path(path, err));
	MR_TRY(make_parents(path, err));
	return mr_file_write(path, mr_buf_bytes(&text), 0600, err);
}
