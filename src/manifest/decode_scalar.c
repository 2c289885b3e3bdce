/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/decode.h"

mr_result mr_decode_str(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	struct mr_str text;

	(void)field;
	if (value->kind == MR_JSON_NULL)
		return MR_OK;
	MR_TRY(mr_json_get_str(value, &text, err));
	return mr_decode_copy(d, text, target, err);
}

mr_result mr_decode_bool(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	(void)d, (void)field;
	return mr_json_get_bool(value, target, err);
}

mr_result mr_decode_u64(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	(void)d, (void)field;
	return mr_json_get_u64(value, target, err);
}

mr_result mr_decode_i64(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	(void)d, (void)field;
	return mr_json_get_i64(value, target, err);
}

mr_result mr_decode_opt_u64(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	struct mr_opt_u64 out = { 0, value->kind != MR_JSON_NULL };

	(void)d, (void)field;
	MR_TRY(mr_json_get_u64(value, &out.value, err));
	memcpy(target, &out, sizeof out);
	return MR_OK;
}

mr_result mr_decode_opt_u16(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	struct mr_opt_u64 out = { 0, value->kind != MR_JSON_NULL };
	uint16_t small = 0;

	(void)d, (void)field;
	MR_TRY(mr_json_get_u16(value, &small, err));
	out.value = small;
	memcpy(target, &out, sizeof out);
	return MR_OK;
}

mr_result mr_decode_opt_bytes(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	struct mr_opt_bytes out = { { NULL, 0 }, false };

	(void)field;
	MR_TRY(mr_json_get_bytes(value, d->arena, &out.bytes, &out.present, err));
	if (!out.present)
		out.bytes = (struct mr_bytes){ NULL, 0 };
	memcpy(target, &out, sizeof out);
	return MR_OK;
}

mr_result mr_decode_bytes(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	struct mr_opt_bytes out;

	MR_TRY(mr_decode_opt_bytes(d, value, field, &out, err));
	memcpy(target, &out.bytes, sizeof out.bytes);
	return MR_OK;
}

mr_result mr_decode_str_list(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	struct mr_str_list out = { NULL, 0, value->kind == MR_JSON_ARRAY };

	MR_TRY(mr_json_want(value, MR_JSON_ARRAY, "[]string", err));
	MR_TRY(mr_decode_limit(value->count, field->name.ptr, err));
	if (value->first) {
		out.items = mr_arena_array(d->arena, value->count, sizeof *out.items);
		if (!out.items)
			return mr_arena_fail(d->arena, err);
	}
	for (const struct mr_json *item = value->first; item; item = item->next) {
		struct mr_str text = MR_STR("");
		MR_TRY(mr_json_get_str(item, &text, err));
		MR_TRY(mr_decode_copy(d, text, &out.items[out.count++], err));
	}
	memcpy(target, &out, sizeof out);
	return MR_OK;
}
