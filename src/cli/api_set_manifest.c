/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "cli/api_calls.h"

#define BODY_MAX ((size_t)128 << 20)
#define DATA_MAX ((size_t)64 << 20)

struct entry {
	struct mr_recovery_secret secret;
	size_t index; /* in the answer */
};

static int by_name(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int names = mr_str_cmp(left->secret.name, right->secret.name);

	return names ? names : left->index < right->index ? -1 : 1;
}

static mr_result decode_entries(const struct mr_json *object, struct mr_arena *arena,
	struct entry *entries, struct mr_error *err)
{
	size_t count = 0;

	for (const struct mr_json *at = object->first; at; at = at->next) {
		struct entry *entry = &entries[count];

		entry->index = count++;
		entry->secret.name = at->name;
		MR_TRY(mr_json_get_bytes(
			at, arena, &entry->secret.data, &entry->secret.present, err));
	}
	qsort(entries, count, sizeof *entries, by_name);
	return MR_OK;
}

/* Of a repeated name the last member counts, as everywhere inside `data`. */
static mr_result decode_secrets(const struct mr_json *object, struct mr_arena *arena,
	const struct mr_recovery_secret **ret, size_t *ret_count, struct mr_error *err)
{
	struct mr_recovery_secret *secrets;
	struct entry *entries;
	size_t count = 0;

	MR_TRY(mr_json_want(object, MR_JSON_OBJECT, "map[string][]uint8", err));
	if (!object || object->count == 0)
		return MR_OK;
	entries = mr_arena_array(arena, object->count, sizeof *entries);
	secrets = mr_arena_array(arena, object->count, sizeof *secrets);
	if (!entries || !secrets)
		return mr_arena_fail(arena, err);
	MR_TRY(decode_entries(object, arena, entries, err));
	for (size_t i = 0; i < object->count; i++) {
		bool last = i + 1 == object->count ||
			    !mr_str_eq(entries[i].secret.name, entries[i + 1].secret.name);

		if (last)
			secrets[count++] = entries[i].secret;
	}
	*ret = secrets;
	*ret_count = count;
	return MR_OK;
}

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
	return mr_wrap(err,
		decode_secrets(mr_json_field(object, MR_STR("RecoverySecrets")), arena, ret,
			ret_count, err),
		"unmarshalling Coordinator response");
}

static mr_result set_manifest(struct mr_api *api, struct mr_bytes manifest, struct mr_arena *arena,
	const struct mr_recovery_secret **ret, size_t *ret_count, struct mr_error *err)
{
	struct mr_api_request v2 = { .method = "POST", .path = "/api/v2/manifest" };
	const struct mr_api_request v1 = {
		.method = "POST", .path = "/manifest", .body = manifest
	};
	MR_AUTO(buf) struct mr_buf body = { 0 };
	MR_AUTO(buf) struct mr_buf data = { 0 };
	struct mr_str kept;

	mr_buf_init(&body, BODY_MAX);
	mr_buf_init_secret(&data, DATA_MAX);
	mr_buf_put_cstr(&body, "{\"manifest\":");
	mr_json_put_bytes(&body, manifest);
	mr_buf_put_u8(&body, '}');
	MR_TRY(mr_buf_status(&body, err));
	v2.body = mr_buf_bytes(&body);
	MR_TRY(mr_api_call(api, &v2, &v1, &data, NULL, err));
	MR_TRY(mr_arena_str(arena, mr_buf_str(&data), &kept, err));
	return read_secrets(kept, arena, ret, ret_count, err);
}

mr_result mr_api_set_manifest(struct mr_api *api, struct mr_bytes manifest, struct mr_arena *arena,
	const struct mr_recovery_secret **ret, size_t *ret_count, struct mr_error *err)
{
	return mr_wrap(
		err, set_manifest(api, manifest, arena, ret, ret_count, err), "setting manifest");
}
