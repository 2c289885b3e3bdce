/* SPDX-License-Identifier: Apache-2.0 */
#include "client/api_secrets.h"

#include <stdlib.h>

#include "client/api_read.h"

/* As long as a request line may be, and what stands around the names in it. */
enum { NAMES_MAX = 15 << 10 };

/* --- get --- */

static mr_result read_bytes(const struct mr_json *object, struct mr_str field,
	struct mr_arena *arena, struct mr_api_bytes *ret, struct mr_error *err)
{
	return mr_json_get_bytes(
		mr_json_field(object, field), arena, &ret->bytes, &ret->present, err);
}

static mr_result read_secret(const struct mr_json *value, struct mr_arena *arena,
	struct mr_api_secret *ret, struct mr_error *err)
{
	ret->name = value->name;
	MR_TRY(mr_json_want(value, MR_JSON_OBJECT, "a secret", err));
	MR_TRY(mr_json_get_str(mr_json_field(value, MR_STR("Type")), &ret->type, err));
	MR_TRY(mr_json_get_u64(mr_json_field(value, MR_STR("Size")), &ret->size, err));
	MR_TRY(mr_json_get_u64(mr_json_field(value, MR_STR("ValidFor")), &ret->valid_for, err));
	MR_TRY(mr_json_get_bool(mr_json_field(value, MR_STR("Shared")), &ret->shared, err));
	MR_TRY(mr_json_get_bool(
		mr_json_field(value, MR_STR("UserDefined")), &ret->user_defined, err));
	MR_TRY(read_bytes(value, MR_STR("Cert"), arena, &ret->cert, err));
	MR_TRY(read_bytes(value, MR_STR("Private"), arena, &ret->private_part, err));
	return read_bytes(value, MR_STR("Public"), arena, &ret->public_part, err);
}

/* Of equal names the one that comes later in memory, which is later in the answer, goes last. */
static int by_name(const void *a, const void *b)
{
	const struct mr_json *const *left = a, *const *right = b;
	int names = mr_str_cmp((*left)->name, (*right)->name);

	return names ? names : (*left)->source.ptr < (*right)->source.ptr ? -1 : 1;
}

static mr_result read_map(const struct mr_json *map, struct mr_arena *arena,
	const struct mr_api_secret **ret, size_t *ret_count, struct mr_error *err)
{
	size_t room = map ? map->count : 0, count = 0, members = 0;
	const struct mr_json **sorted = mr_arena_array(
		arena, room + 1, sizeof(const struct mr_json *));
	struct mr_api_secret *secrets = mr_arena_array(arena, room + 1, sizeof *secrets);

	if (!sorted || !secrets)
		return mr_arena_fail(arena, err);
	for (const struct mr_json *at = map ? map->first : NULL; at; at = at->next)
		sorted[members++] = at;
	qsort(sorted, members, sizeof(const struct mr_json *), by_name);
	for (size_t i = 0; i < members; i++) {
		if (i + 1 < members && mr_str_eq(sorted[i]->name, sorted[i + 1]->name))
			continue;
		MR_TRY(read_secret(sorted[i], arena, &secrets[count++], err));
	}
	*ret = secrets;
	*ret_count = count;
	return MR_OK;
}

static mr_result get_secrets(struct mr_api *api, struct mr_str query, struct mr_arena *arena,
	const struct mr_api_secret **ret, size_t *ret_count, struct mr_error *err)
{
	const struct mr_api_request v2 = {
		.method = "GET", .path = "/api/v2/secrets", .query = query
	};
	const struct mr_api_request v1 = { .method = "GET", .path = "/secrets", .query = query };
	const struct mr_json *map;
	bool is_v1 = false;

	MR_TRY(mr_api_call_object(api, &v2, &v1, arena, &map, &is_v1, err));
	if (!is_v1)
		map = mr_json_field(map, MR_STR("secrets"));
	MR_TRY(mr_api_wrap_field(err, mr_json_want(map, MR_JSON_OBJECT, "a map of secrets", err)));
	return mr_api_wrap_field(err, read_map(map, arena, ret, ret_count, err));
}

mr_result mr_api_get_secrets(struct mr_api *api, const char *const *names, size_t count,
	struct mr_arena *arena, const struct mr_api_secret **ret, size_t *ret_count,
	struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf query = { 0 };
	mr_result r;

	mr_buf_init(&query, NAMES_MAX);
	for (size_t i = 0; i < count; i++) {
		mr_buf_put_cstr(&query, i > 0 ? "&s=" : "s=");
		mr_api_put_query(&query, mr_str_of(names[i]));
	}
	r = mr_buf_status(&query, err);
	if (!mr_failed(r))
		r = get_secrets(api, mr_buf_str(&query), arena, ret, ret_count, err);
	return mr_wrap(err, r, "retrieving secrets");
}

/* --- set --- */

static mr_result set_secrets(struct mr_api *api, struct mr_str map, struct mr_error *err)
{
	static const struct mr_str head = MR_STR_INIT("{\"secrets\":");
	struct mr_api_request v2 = { .method = "POST", .path = "/api/v2/secrets" };
	const struct mr_api_request v1 = {
		.method = "POST", .path = "/secrets", .body = mr_str_bytes(map)
	};
	MR_AUTO(buf) struct mr_buf body = { 0 };
	MR_AUTO(buf) struct mr_buf data = { 0 };

	mr_buf_init_secret(&body, MR_API_BODY_MAX);
	mr_buf_init(&data, MR_API_DATA_MAX);
	mr_buf_put_str(&body, head);
	mr_buf_put_str(&body, map);
	mr_buf_put_u8(&body, '}');
	MR_TRY(mr_buf_status(&body, err));
	v2.body = mr_buf_bytes(&body);
	return mr_api_call(api, &v2, &v1, &data, NULL, err);
}

mr_result mr_api_set_secrets(struct mr_api *api, struct mr_str map, struct mr_error *err)
{
	return mr_wrap(err, set_secrets(api, map, err), "setting secrets");
}
