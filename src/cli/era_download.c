/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/era_download.h"

#include <stdio.h>

#include "base/env.h"
#include "base/file.h"
#include "cli/download.h"
#include "codec/json.h"
#include "kube/client.h"

#define RELEASES "https://github.com/edgelesssys/marblerun/releases"

enum {
	VERSION_MAX = 64,
	URL_MAX = 1024,
	POLICY_MAX = 1 << 20,
	ANSWER_MAX = 8 << 20,
	ARENA_MAX = 64 << 20
};

/* What may stand in an address and in a line: labels can have nothing else. */
static bool is_version(struct mr_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
			c != '.' && c != '-' && c != '_')
			return false;
	}
	return text.len > 0 && text.len < VERSION_MAX;
}

static mr_result read_label(struct mr_str answer, struct mr_arena *arena,
	char ret[static VERSION_MAX], struct mr_error *err)
{
	static const char *const steps[] = { "metadata", "labels", "app.kubernetes.io/version" };
	const struct mr_json *at;

	MR_TRY(mr_json_parse(answer, arena, &at, err));
	for (size_t i = 0; i < MR_COUNT(steps) && at; i++)
		at = at->kind == MR_JSON_OBJECT ? mr_json_member(at, mr_str_of(steps[i])) : NULL;
	if (!at || at->kind != MR_JSON_STRING || !is_version(at->text))
		return mr_fail(err, MR_CODE_INVALID, "the Deployment has no version");
	(void)snprintf(ret, VERSION_MAX, "%.*s", MR_STR_ARGS(at->text));
	return MR_OK;
}

static mr_result ask_cluster(const struct mr_kube_config *config, const char *namespace_name,
	struct mr_arena *arena, char ret[static VERSION_MAX], struct mr_error *err)
{
	MR_AUTO(kube_client) struct mr_kube_client *client = NULL;
	MR_AUTO(buf) struct mr_buf answer = { 0 };
	char path[512];

	int n = snprintf(path, sizeof path,
		"/apis/apps/v1/namespaces/%s/deployments/marblerun-coordinator", namespace_name);
	if (n < 0 || (size_t)n >= sizeof path)
		return mr_fail(err, MR_CODE_INVALID, "the namespace's name is too long");
	mr_buf_init(&answer, ANSWER_MAX);
	MR_TRY(mr_kube_client_new(config, &client, err));
	MR_TRY(mr_kube_get(client, path, &answer, err));
	return read_label(mr_buf_str(&answer), arena, ret, err);
}

/* Empty: there is no cluster, or it does not tell, which is a warning. */
static void find_version(struct mr_cli *cli, char ret[static VERSION_MAX])
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_kube_config config;
	struct mr_error err;

	ret[0] = '\0';
	mr_arena_init(&arena, ARENA_MAX);
	mr_result r = mr_kube_config_load(&arena, &config, &err);
	if (r.code == MR_CODE_NOT_FOUND)
		return;
	if (!mr_failed(r))
		r = ask_cluster(&config, mr_args_text(cli->args, "namespace"), &arena, ret, &err);
	if (!mr_failed(r))
		return;
	ret[0] = '\0';
	mr_cli_warn(cli, "retrieving deployment information: %s: taking the latest release",
		err.message);
}

/* A site may have a copy of the releases. */
static mr_result put_url(const char *version, char ret[static URL_MAX], struct mr_error *err)
{
	const char *base = mr_env_get("MARBLERUN_RELEASES_URL", RELEASES);
	int n = version[0]
			? snprintf(ret, URL_MAX, "%s/download/%s/coordinator-era.json", base,
				  version)
			: snprintf(ret, URL_MAX, "%s/latest/download/coordinator-era.json", base);

	if (n > 0 && n < URL_MAX)
		return MR_OK;
	return mr_fail(err, MR_CODE_LIMIT, "the address of the releases is too long");
}

static const char *reason_of(long status)
{
	switch (status) {
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 500:
		return "Internal Server Error";
	case 503:
		return "Service Unavailable";
	default:
		return "unexpected status";
	}
}

mr_result mr_era_download(struct mr_cli *cli, const char *path, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf policy = { 0 };
	char version[VERSION_MAX];
	char url[URL_MAX];
	long status = 0;

	find_version(cli, version);
	MR_TRY(put_url(version, url, err));
	mr_cli_say(cli, "No era config file specified, getting config from %s", url);
	mr_buf_init(&policy, POLICY_MAX);
	MR_TRY(mr_wrap(err, mr_download(url, &policy, &status, err),
		"downloading era config for version %s", version));
	if (status != 200)
		return mr_fail(err, MR_CODE_NOT_FOUND,
			"downloading era config for version: %s: %ld: %s", version, status,
			reason_of(status));
	MR_TRY(mr_wrap(err, mr_file_write(path, mr_buf_bytes(&policy), 0644, err),
		"writing era config file"));
	if (version[0])
		mr_cli_say(cli, "Got era config for version %s", version);
	else
		mr_cli_say(cli, "Got latest era config");
	return MR_OK;
}
