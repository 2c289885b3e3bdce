/* SPDX-License-Identifier: Apache-2.0 */
#include "client/api_read.h"

mr_result mr_api_call_text(struct mr_api *api, const struct mr_api_request *request,
	const struct mr_api_request *v1, struct mr_arena *arena, struct mr_str *ret,
	bool *ret_is_v1, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf data = { 0 };

	mr_buf_init_secret(&data, MR_API_DATA_MAX);
	MR_TRY(mr_api_call(api, request, v1, &data, ret_is_v1, err));
	return mr_arena_str(arena, mr_buf_str(&data), ret, err);
}

mr_result mr_api_call_object(struct mr_api *api, const struct mr_api_request *request,
	const struct mr_api_request *v1, struct mr_arena *arena, const struct mr_json **ret,
	bool *ret_is_v1, struct mr_error *err)
{
	struct mr_str text;

	MR_TRY(mr_api_call_text(api, request, v1, arena, &text, ret_is_v1, err));
	return mr_api_parse(text, arena, ret, err);
}

mr_result mr_api_wrap_field(struct mr_error *err, mr_result r)
{
	return mr_wrap(err, r, "unmarshalling Coordinator response");
}

mr_result mr_api_read_bytes(const struct mr_json *object, struct mr_str field,
	struct mr_arena *arena, struct mr_bytes *ret, struct mr_error *err)
{
	bool present;

	*ret = (struct mr_bytes){ NULL, 0 };
	return mr_api_wrap_field(
		err, mr_json_get_bytes(mr_json_field(object, field), arena, ret, &present, err));
}

mr_result mr_api_read_str(
	const struct mr_json *object, struct mr_str field, struct mr_str *ret, struct mr_error *err)
{
	*ret = (struct mr_str){ "", 0 };
	return mr_api_wrap_field(err, mr_json_get_str(mr_json_field(object, field), ret, err));
}

mr_result mr_api_read_i64(
	const struct mr_json *object, struct mr_str field, int64_t *ret, struct mr_error *err)
{
	*ret = 0;
	return mr_api_wrap_field(err, mr_json_get_i64(mr_json_field(object, field), ret, err));
}

mr_result mr_api_read_strs(const struct mr_json *object, struct mr_str field,
	struct mr_arena *arena, const struct mr_str **ret, size_t *ret_count, struct mr_error *err)
{
	const struct mr_json *list = mr_json_field(object, field);
	struct mr_str *texts;
	size_t count = 0;

	MR_TRY(mr_api_wrap_field(err, mr_json_want(list, MR_JSON_ARRAY, "[]string", err)));
	texts = mr_arena_array(arena, list ? list->count + 1 : 1, sizeof *texts);
	if (!texts)
		return mr_arena_fail(arena, err);
	for (const struct mr_json *at = list ? list->first : NULL; at; at = at->next)
		MR_TRY(mr_api_wrap_field(err, mr_json_get_str(at, &texts[count++], err)));
	*ret = texts;
	*ret_count = count;
	return MR_OK;
}

mr_result mr_api_put_manifest(struct mr_buf *out, struct mr_bytes manifest, struct mr_error *err)
{
	mr_buf_put_cstr(out, "{\"manifest\":");
	mr_json_put_bytes(out, manifest);
	mr_buf_put_u8(out, '}');
	return mr_buf_status(out, err);
}
