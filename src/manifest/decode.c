/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/decode.h"

#include "base/utf8.h"

enum { MAX_WARNINGS = 50, WARNED_NAME = 100 };

mr_result mr_decode_copy(
	struct mr_decoder *d, struct mr_str from, struct mr_str *ret, struct mr_error *err)
{
	if (from.len == 0) {
		*ret = MR_STR("");
		return MR_OK;
	}
	return mr_arena_str(d->arena, from, ret, err);
}

void mr_decode_warn(struct mr_decoder *d, const char *what, struct mr_str name, const char *where)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	if (!d->warn || !d->warn->call || d->warnings > MAX_WARNINGS)
		return;
	mr_buf_init(&text, 4096);
	if (d->warnings++ == MAX_WARNINGS) {
		mr_buf_put_cstr(&text, "further remarks are left out");
	} else {
		mr_buf_printf(&text, "%s ", what);
		mr_utf8_put_quoted(&text,
			mr_str_sub(name, 0, name.len < WARNED_NAME ? name.len : WARNED_NAME));
		mr_buf_printf(&text, " in %s", where);
	}
	mr_buf_put_u8(&text, 0);
	if (!text.failure)
		d->warn->call(d->warn->context, (const char *)text.data);
}

mr_result mr_decode_limit(size_t count, const char *where, struct mr_error *err)
{
	if (count <= MR_MANIFEST_MAX_ENTRIES)
		return MR_OK;
	return mr_fail(
		err, MR_CODE_LIMIT, "more than %zu entries in %s", MR_MANIFEST_MAX_ENTRIES, where);
}

/* Members mostly come in the order of the table: the search starts behind the last hit. */
static const struct mr_field *find_field(
	const struct mr_record *record, struct mr_str name, size_t *at, bool *ret_folded)
{
	*ret_folded = false;
	for (size_t i = 0; i < record->count; i++) {
		size_t index = (*at + i) % record->count;
		if (mr_str_eq(record->fields[index].name, name)) {
			*at = index;
			return &record->fields[index];
		}
	}
	*ret_folded = true;
	for (size_t index = 0; index < record->count; index++) {
		if (mr_json_name_matches(name, record->fields[index].name)) {
			*at = index;
			return &record->fields[index];
		}
	}
	return NULL;
}

/* Gives the message of a type mismatch Go's form, which tells where it is. */
static mr_result place_mismatch(const struct mr_record *record, const struct mr_field *field,
	mr_result r, struct mr_error *err)
{
	static const char begin[] = "json: cannot unmarshal ", middle[] = " into Go value of type ";
	char head[256], tail[256];
	const char *found = strstr(err->message, middle);

	if (!mr_failed(r) || strncmp(err->message, begin, sizeof begin - 1) != 0 || !found)
		return r;
	size_t head_len = (size_t)(found - err->message);
	size_t tail_len = strlen(found + sizeof middle - 1);
	if (head_len >= sizeof head || tail_len >= sizeof tail)
		return r;
	memcpy(head, err->message, head_len);
	head[head_len] = '\0';
	memcpy(tail, found + sizeof middle - 1, tail_len + 1);
	return mr_fail(err, r.code, "%s into Go struct field %s.%s of type %s", head, record->title,
		field->name.ptr, tail);
}

mr_result mr_decode_members(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_record *record, void *target, struct mr_error *err)
{
	uint64_t seen = 0;
	size_t at = 0;

	MR_TRY(mr_json_want(value, MR_JSON_OBJECT, record->title, err));
	for (const struct mr_json *member = value->first; member; member = member->next) {
		bool folded;
		const struct mr_field *field = find_field(record, member->name, &at, &folded);
		if (!field) {
			mr_decode_warn(d, "unknown member", member->name, record->title);
			continue;
		}
		if (folded)
			mr_decode_warn(d, "oddly written member", member->name, record->title);
		if (seen >> at & 1)
			mr_decode_warn(d, "duplicate member", member->name, record->title);
		seen |= UINT64_C(1) << at;
		MR_TRY(place_mismatch(record, field,
			field->decode(d, member, field, (char *)target + field->offset, err), err));
		at++;
	}
	return MR_OK;
}

mr_result mr_decode_entry(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_record *record, void *target, struct mr_error *err)
{
	if (record->decode)
		MR_TRY(record->decode(d, value, target, err));
	else
		MR_TRY(mr_decode_members(d, value, record, target, err));
	return record->finish ? record->finish(d, target, err) : MR_OK;
}

mr_result mr_decode_inner(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	return mr_decode_members(d, value, field->record, target, err);
}

/* The common head of all growing arrays: a typed pointer, read and written as bytes, and a
 * count. */
struct array {
	void *items;
	size_t count;
};

static mr_result grow(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_record *record, struct array *a, struct mr_error *err)
{
	size_t total;

	if (!mr_size_add(a->count, value->count, &total))
		total = SIZE_MAX;
	MR_TRY(mr_decode_limit(total, record->title, err));
	char *items = mr_arena_array(d->arena, total, record->size);
	if (!items)
		return mr_arena_fail(d->arena, err);
	if (a->count)
		memcpy(items, a->items, a->count * record->size);
	a->items = items;
	return MR_OK;
}

mr_result mr_decode_section(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	const struct mr_record *record = field->record;
	struct array a = { NULL, 0 };

	MR_TRY(mr_json_want(value, MR_JSON_OBJECT, field->name.ptr, err));
	if (value->kind == MR_JSON_NULL) {
		memcpy(target, &a, sizeof a);
		return MR_OK;
	}
	memcpy(&a, target, sizeof a);
	MR_TRY(grow(d, value, record, &a, err));
	for (const struct mr_json *member = value->first; member; member = member->next) {
		char *entry = (char *)a.items + a.count * record->size;
		struct mr_str name;
		MR_TRY(mr_decode_copy(d, member->name, &name, err));
		memcpy(entry, &name, sizeof name);
		MR_TRY(mr_decode_entry(d, member, record, entry, err));
		a.count++;
	}
	memcpy(target, &a, sizeof a);
	return MR_OK;
}

/* Of `struct { T *items; size_t count; bool present; }` the last member, whatever T is. */
static void set_present(void *target, bool present)
{
	memcpy((char *)target + offsetof(struct mr_str_list, present), &present, sizeof present);
}

mr_result mr_decode_map(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	MR_TRY(mr_decode_section(d, value, field, target, err));
	set_present(target, value->kind == MR_JSON_OBJECT);
	return MR_OK;
}

mr_result mr_decode_list(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	const struct mr_record *record = field->record;
	struct array a = { NULL, 0 };

	MR_TRY(mr_json_want(value, MR_JSON_ARRAY, field->name.ptr, err));
	if (value->first)
		MR_TRY(grow(d, value, record, &a, err));
	for (const struct mr_json *item = value->first; item; item = item->next)
		MR_TRY(mr_decode_entry(
			d, item, record, (char *)a.items + a.count++ * record->size, err));
	memcpy(target, &a, sizeof a);
	set_present(target, value->kind == MR_JSON_ARRAY);
	return MR_OK;
}

mr_result mr_decode_value(struct mr_bytes json, const struct mr_record *record, struct mr_str name,
	struct mr_arena *arena, void *target, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena scratch = { 0 };
	struct mr_decoder d = { .arena = arena, .scratch = &scratch };
	const struct mr_json *tree;

	mr_arena_init(&scratch, MR_MANIFEST_MAX_MEMORY);
	MR_TRY(mr_json_parse(mr_bytes_str(json), &scratch, &tree, err));
	memset(target, 0, record->size);
	MR_TRY(mr_decode_copy(&d, name, &name, err));
	memcpy(target, &name, sizeof name);
	return mr_decode_entry(&d, tree, record, target, err);
}
