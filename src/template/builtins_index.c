/* SPDX-License-Identifier: Apache-2.0 */
#include "template/builtins.h"

#include "template/value.h"

mr_result mr_builtin_len(
	struct mr_run *run, const struct mr_args *args, struct mr_value *ret, struct mr_error *err)
{
	const struct mr_value *v = &args->list[0];
	size_t len;

	(void)run;
	if (mr_value_is_nil(v))
		return mr_fail(
			err, MR_CODE_INVALID, "reflect: call of reflect.Value.Type on zero Value");
	if (v->kind == MR_VALUE_STRING)
		len = v->str.len;
	else if (v->kind == MR_VALUE_BYTES)
		len = v->bytes.len;
	else if (v->kind == MR_VALUE_OBJECT && v->object.class->kind == MR_OBJECT_MAP)
		len = v->object.class->count(v->object.self);
	else
		return mr_fail(err, MR_CODE_INVALID, "len of type %s", mr_value_type(v));
	*ret = mr_value_of_int((int64_t)len);
	return MR_OK;
}

/* A position in text or bytes, from 0 to `most`. */
static mr_result position(const struct mr_value *v, size_t most, size_t *ret, struct mr_error *err)
{
	if (mr_value_is_nil(v))
		return mr_fail(err, MR_CODE_INVALID, "cannot index slice/array with nil");
	if (v->kind != MR_VALUE_INT && v->kind != MR_VALUE_UINT)
		return mr_fail(err, MR_CODE_INVALID, "cannot index slice/array with type %s",
			mr_value_type(v));
	/* An unsigned number beyond the signed ones is a negative one there. */
	int64_t at = v->kind == MR_VALUE_INT ? v->i : (int64_t)v->u;
	if (at < 0 || (uint64_t)at > most)
		/* Not the number: it may be a byte of a secret. */
		return mr_fail(err, MR_CODE_INVALID, "index out of range");
	*ret = (size_t)at;
	return MR_OK;
}

/* A key that is not there gives the zero record, not nothing (10 §6.4). */
static mr_result index_map(struct mr_run *run, const struct mr_value *map,
	const struct mr_value *key, struct mr_value *ret, struct mr_error *err)
{
	const struct mr_object_class *class = map->object.class;
	void *self = map->object.self;

	if (mr_value_is_nil(key))
		return mr_fail(err, MR_CODE_INVALID, "value is nil; should be of type string");
	if (key->kind != MR_VALUE_STRING)
		return mr_fail(err, MR_CODE_INVALID, "value has type %s; should be string",
			mr_value_type(key));
	MR_TRY(class->get(self, key->str, &run->arena, ret, err));
	if (ret->kind != MR_VALUE_NONE)
		return MR_OK;
	if (!class->zero)
		return mr_fail(err, MR_CODE_NOT_FOUND, "no such entry in %s", class->go_type);
	return class->zero(self, &run->arena, ret, err);
}

/* What is indexed decides on the kind of key. Bytes keep the two errors apart that there are for
 * what lies behind the end of a slice, and behind all of it. */
static mr_result index_one(struct mr_run *run, const struct mr_value *of,
	const struct mr_value *key, struct mr_value *ret, struct mr_error *err)
{
	size_t at;

	if (of->kind == MR_VALUE_OBJECT && of->object.class->kind == MR_OBJECT_MAP)
		return index_map(run, of, key, ret, err);
	if (of->kind == MR_VALUE_STRING) {
		MR_TRY(position(key, of->str.len, &at, err));
		if (at == of->str.len)
			return mr_fail(err, MR_CODE_INVALID, "reflect: string index out of range");
		*ret = mr_value_of_byte((uint8_t)of->str.ptr[at]);
		return MR_OK;
	}
	if (of->kind == MR_VALUE_BYTES) {
		MR_TRY(position(key, of->bytes.len + of->spare, &at, err));
		if (at >= of->bytes.len)
			return mr_fail(err, MR_CODE_INVALID, "reflect: slice index out of range");
		*ret = mr_value_of_byte(of->bytes.ptr[at]);
		return MR_OK;
	}
	return mr_fail(err, MR_CODE_INVALID, "can't index item of type %s", mr_value_type(of));
}

mr_result mr_builtin_index(
	struct mr_run *run, const struct mr_args *args, struct mr_value *ret, struct mr_error *err)
{
	struct mr_value value = args->list[0], next;

	if (mr_value_is_nil(&value))
		return mr_fail(err, MR_CODE_INVALID, "index of untyped nil");
	for (size_t i = 1; i < args->count; i++) {
		MR_TRY(index_one(run, &value, &args->list[i], &next, err));
		value = next;
	}
	*ret = value;
	return MR_OK;
}

/* Start, end and, for bytes, how far a slice of the slice may reach. */
mr_result mr_builtin_slice(
	struct mr_run *run, const struct mr_args *args, struct mr_value *ret, struct mr_error *err)
{
	const struct mr_value *of = &args->list[0];
	bool text = of->kind == MR_VALUE_STRING;
	size_t at[3] = { 0 }, given = args->count - 1;

	(void)run;
	if (mr_value_is_nil(of))
		return mr_fail(err, MR_CODE_INVALID, "slice of untyped nil");
	if (given > MR_COUNT(at))
		return mr_fail(err, MR_CODE_INVALID, "too many slice indexes: %zu", given);
	if (!text && of->kind != MR_VALUE_BYTES)
		return mr_fail(
			err, MR_CODE_INVALID, "can't slice item of type %s", mr_value_type(of));
	if (text && given == MR_COUNT(at))
		return mr_fail(err, MR_CODE_INVALID, "cannot 3-index slice a string");
	size_t len = text ? of->str.len : of->bytes.len, reach = len + (text ? 0 : of->spare);
	at[1] = len;
	at[2] = reach;
	for (size_t i = 0; i < given; i++)
		MR_TRY(position(&args->list[i + 1], reach, &at[i], err));
	for (size_t i = 0; i + 1 < MR_COUNT(at); i++)
		if (at[i] > at[i + 1])
			return mr_fail(err, MR_CODE_INVALID, "invalid slice index");
	*ret = *of;
	if (text) {
		ret->str = mr_str_sub(of->str, at[0], at[1]);
	} else if (of->bytes.ptr) {
		ret->bytes = mr_bytes_of(of->bytes.ptr + at[0], at[1] - at[0]);
		ret->spare = (uint32_t)(at[2] - at[1] < UINT32_MAX ? at[2] - at[1] : UINT32_MAX);
	}
	return MR_OK;
}
