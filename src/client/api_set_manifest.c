/* SPDX-License-Identifier: Apache-2.0 */
#include "client/api_read.h"

/* An answer without data is one without secrets: the manifest is set, whatever the server says. */
static mr_result read_secrets(struct mr_str data, struct mr_arena *arena,
	const struct mr_recovery_secret **ret, size_t *ret_count, struct mr_error *err)
{
	const struct mr_json *object;

	*ret = NULL;
	*ret_count = 0;
	if (data.len == 0)
		return MR_OK;
	MR_TRY(mr_api_parse(data, arena, &object, err));
	return mr_api_read_recovery(object, MR_STR("RecoverySecrets"), arena, ret, ret_count, err);
}

static mr_result set_manifest(struct mr_api *api, struct mr_bytes manifest, struct mr_arena *arena,
	const struct mr_recovery_secret **ret, size_t *ret_count, struct mr_error *err)
{
	struct mr_api_request v2 = { .method = "POST", .path = "/api/v2/manifest" };
	const struct mr_api_request v1 = {
		.method = "POST", .path = "/manifest", .body = manifest
	};
	MR_AUTO(buf) struct mr_buf body = { 0 };
	struct mr_str kept;

	mr_buf_init(&body, MR_API_BODY_MAX);
	MR_TRY(mr_api_put_manifest(&body, manifest, err));
	v2.body = mr_buf_bytes(&body);
	MR_TRY(mr_api_call_text(api, &v2, &v1, arena, &kept, NULL, err));
	return read_secrets(kept, arena, ret, ret_count, err);
}

mr_result mr_api_set_manifest(struct mr_api *api, struct mr_bytes manifest, struct mr_arena *arena,
	const struct mr_recovery_secret **ret, size_t *ret_count, struct mr_error *err)
{
	return mr_wrap(
		err, set_manifest(api, manifest, arena, ret, ret_count, err), "setting manifest");
}
