/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/config.h"

#include <limits.h>
#include <stdio.h>

#include "base/env.h"
#include "base/file.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "yaml/yaml_json.h"

enum { FILE_MAX = 4 << 20, DATA_MAX = 1 << 20 };

/* One file that is being read. */
struct reader {
	const char *folder;
	struct mr_arena *arena;
	struct mr_error *err;
};

static const struct mr_json *object_of(const struct mr_json *in, const char *name)
{
	const struct mr_json *found = in ? mr_json_member(in, mr_str_of(name)) : NULL;

	return found && found->kind == MR_JSON_OBJECT ? found : NULL;
}

static struct mr_str text_of(const struct mr_json *in, const char *name)
{
	const struct mr_json *found = in ? mr_json_member(in, mr_str_of(name)) : NULL;

	return found && found->kind == MR_JSON_STRING ? found->text : MR_STR("");
}

/* The entry of that name in a list of named ones, and of it the part that counts. */
static const struct mr_json *entry_of(
	const struct mr_json *root, const char *list, struct mr_str name, const char *part)
{
	const struct mr_json *entries = mr_json_member(root, mr_str_of(list));

	if (!entries || entries->kind != MR_JSON_ARRAY)
		return NULL;
	for (const struct mr_json *at = entries->first; at; at = at->next) {
		if (at->kind == MR_JSON_OBJECT && mr_str_eq(text_of(at, "name"), name))
			return object_of(at, part);
	}
	return NULL;
}

static mr_result read_file(struct reader *r, struct mr_str path, struct mr_bytes *ret)
{
	MR_AUTO(buf) struct mr_buf content = { 0 };
	char name[PATH_MAX];

	int n = path.len && path.ptr[0] == '/'
			? snprintf(name, sizeof name, "%.*s", MR_STR_ARGS(path))
			: snprintf(name, sizeof name, "%s/%.*s", r->folder, MR_STR_ARGS(path));
	if (n < 0 || (size_t)n >= sizeof name)
		return mr_fail(r->err, MR_CODE_LIMIT, "a path in the kubeconfig is too long");
	mr_buf_init_secret(&content, DATA_MAX);
	mr_result read = mr_file_read(name, &content, r->err);
	/* it is the file that is named there that is missing, not the kubeconfig */
	if (read.code == MR_CODE_NOT_FOUND)
		read.code = r->err->code = MR_CODE_INVALID;
	MR_TRY(read);
	return mr_arena_bytes(r->arena, mr_buf_bytes(&content), ret, r->err);
}

/* `<name>-data` in base64 counts before the path in `<name>`. */
static mr_result read_part(
	struct reader *r, const struct mr_json *in, const char *name, struct mr_bytes *ret)
{
	MR_AUTO(buf) struct mr_buf data = { 0 };
	char with_data[64];

	(void)snprintf(with_data, sizeof with_data, "%s-data", name);
	struct mr_str base64 = text_of(in, with_data);
	struct mr_str path = text_of(in, name);
	if (base64.len) {
		mr_buf_init_secret(&data, DATA_MAX);
		MR_TRY(mr_wrap(r->err, mr_base64_decode(base64, MR_BASE64_STANDARD, &data, r->err),
			"%s", with_data));
		return mr_arena_bytes(r->arena, mr_buf_bytes(&data), ret, r->err);
	}
	return path.len ? read_file(r, path, ret) : MR_OK;
}

static mr_result read_user(struct reader *r, const struct mr_json *user, struct mr_kube_config *ret)
{
	struct mr_bytes token = { NULL, 0 };

	if (!user)
		return MR_OK;
	if (object_of(user, "exec") || object_of(user, "auth-provider") ||
		text_of(user, "username").len)
		return mr_fail(r->err, MR_CODE_UNSUPPORTED,
			"the kubeconfig's user is neither a certificate nor a token");
	MR_TRY(read_part(r, user, "client-certificate", &ret->certificate));
	MR_TRY(read_part(r, user, "client-key", &ret->key));
	ret->token = text_of(user, "token");
	if (!ret->token.len && text_of(user, "tokenFile").len) {
		MR_TRY(read_file(r, text_of(user, "tokenFile"), &token));
		ret->token = mr_bytes_str(token);
		while (ret->token.len && ret->token.ptr[ret->token.len - 1] <= ' ')
			ret->token.len--;
	}
	return MR_OK;
}

static mr_result read_root(struct reader *r, const struct mr_json *root, struct mr_kube_config *ret)
{
	if (root->kind != MR_JSON_OBJECT || !text_of(root, "current-context").len)
		return mr_fail(r->err, MR_CODE_NOT_FOUND, "no current context");
	const struct mr_json *context = entry_of(
		root, "contexts", text_of(root, "current-context"), "context");
	const struct mr_json *cluster = context ? entry_of(root, "clusters",
							  text_of(context, "cluster"), "cluster")
						: NULL;
	if (!cluster || !text_of(cluster, "server").len)
		return mr_fail(r->err, MR_CODE_INVALID,
			"the kubeconfig's current context has no cluster with a server");
	const struct mr_json *insecure = mr_json_member(
		cluster, MR_STR("insecure-skip-tls-verify"));
	ret->server = text_of(cluster, "server");
	ret->namespace_name = text_of(context, "namespace");
	ret->insecure = insecure && insecure->kind == MR_JSON_BOOL && insecure->boolean;
	MR_TRY(read_part(r, cluster, "certificate-authority", &ret->authority));
	return read_user(r, entry_of(root, "users", text_of(context, "user"), "user"), ret);
}

mr_result mr_kube_config_parse(struct mr_bytes yaml, const char *folder, struct mr_arena *arena,
	struct mr_kube_config *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf json = { 0 };
	struct mr_kube_config config = { .insecure = false };
	struct reader reader = { folder, arena, err };
	const struct mr_json *root;
	struct mr_str kept;

	if (yaml.len == 0)
		return mr_fail(err, MR_CODE_NOT_FOUND, "empty");
	mr_buf_init_secret(&json, MR_YAML_MAX_OUTPUT);
	MR_TRY(mr_yaml_to_json(yaml, &json, err));
	MR_TRY(mr_arena_str(arena, mr_buf_str(&json), &kept, err));
	MR_TRY(mr_json_parse(kept, arena, &root, err));
	MR_TRY(read_root(&reader, root, &config));
	*ret = config;
	return MR_OK;
}

mr_result mr_kube_config_load(
	struct mr_arena *arena, struct mr_kube_config *ret, struct mr_error *err)
{
	const char *given = mr_env_get("KUBECONFIG", NULL);
	const char *home = mr_env_get("HOME", "");
	MR_AUTO(buf) struct mr_buf yaml = { 0 };
	char path[PATH_MAX];
	char folder[PATH_MAX];

	int n = given ? snprintf(path, sizeof path, "%s", given)
		      : snprintf(path, sizeof path, "%s/.kube/config", home);
	if (n < 0 || (size_t)n >= sizeof path)
		return mr_fail(err, MR_CODE_LIMIT, "the path of the kubeconfig is too long");
	(void)snprintf(folder, sizeof folder, "%s", path);
	char *slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	mr_buf_init_secret(&yaml, FILE_MAX);
	mr_result r = mr_file_read(path, &yaml, err);
	if (!mr_failed(r))
		r = mr_kube_config_parse(
			mr_buf_bytes(&yaml), slash ? folder : ".", arena, ret, err);
	return mr_wrap(err, r, "kubeconfig %s", path);
}
