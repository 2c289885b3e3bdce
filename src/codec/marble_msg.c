/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/marble_msg.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "codec/proto.h"

enum { REQUEST_QUOTE = 1, REQUEST_CSR, REQUEST_MARBLE_TYPE, REQUEST_UUID };
enum { RESPONSE_PARAMETERS = 1 };
enum { PARAMETERS_FILES = 1, PARAMETERS_ENV, PARAMETERS_ARGV, PARAMETERS_LISTS };
enum { ENTRY_KEY = 1, ENTRY_VALUE };

enum { LIST_MAX = 65536 };

static mr_result read_text(
	struct mr_bytes bytes, const char *field, struct mr_str *ret, struct mr_error *err)
{
	struct mr_str text = mr_bytes_str(bytes);

	if (!mr_utf8_valid(text))
		return mr_fail(
			err, MR_CODE_INVALID, "string field %s contains invalid UTF-8", field);
	*ret = text;
	return MR_OK;
}

/* --- request --- */

mr_result mr_activation_request_decode(
	struct mr_bytes body, struct mr_activation_request *ret, struct mr_error *err)
{
	struct mr_activation_request request = { 0 };
	struct mr_cursor c = mr_cursor_of(body);
	struct mr_proto_field field;

	while (mr_cursor_left(&c)) {
		MR_TRY(mr_proto_next(&c, &field, err));
		if (field.wire != MR_PROTO_BYTES)
			continue;
		if (field.number == REQUEST_QUOTE)
			request.quote = field.bytes;
		else if (field.number == REQUEST_CSR)
			request.csr = field.bytes;
		else if (field.number == REQUEST_MARBLE_TYPE)
			MR_TRY(read_text(field.bytes, "MarbleType", &request.marble_type, err));
		else if (field.number == REQUEST_UUID)
			MR_TRY(read_text(field.bytes, "UUID", &request.uuid, err));
	}
	*ret = request;
	return MR_OK;
}

static void put_if_set(struct mr_buf *out, uint32_t number, struct mr_bytes content)
{
	if (content.len)
		mr_proto_put(out, number, content);
}

void mr_activation_request_encode(struct mr_buf *out, const struct mr_activation_request *request)
{
	put_if_set(out, REQUEST_QUOTE, request->quote);
	put_if_set(out, REQUEST_CSR, request->csr);
	put_if_set(out, REQUEST_MARBLE_TYPE, mr_str_bytes(request->marble_type));
	put_if_set(out, REQUEST_UUID, mr_str_bytes(request->uuid));
}

/* --- response: read in two passes, the first of which counts, so that each list is allocated once
 * --- */

struct entry {
	struct mr_param param;
	size_t order; /* in the message: qsort is not stable */
};

struct lists {
	size_t count[PARAMETERS_LISTS];
	struct entry *files; /* NULL in the counting pass, as are the others */
	struct entry *env;
	struct mr_str *argv;
};

/* One entry of a map: on the wire a message with key and value, either of which may be missing. */
static mr_result read_entry(struct mr_bytes bytes, struct mr_param *ret, struct mr_error *err)
{
	struct mr_cursor c = mr_cursor_of(bytes);
	struct mr_proto_field field;
	struct mr_param param = { 0 };

	while (mr_cursor_left(&c)) {
		MR_TRY(mr_proto_next(&c, &field, err));
		if (field.wire != MR_PROTO_BYTES)
			continue;
		if (field.number == ENTRY_KEY)
			MR_TRY(read_text(field.bytes, "key", &param.name, err));
		else if (field.number == ENTRY_VALUE)
			param.value = field.bytes;
	}
	*ret = param;
	return MR_OK;
}

static mr_result read_parameter(
	const struct mr_proto_field *field, struct lists *lists, struct mr_error *err)
{
	size_t *count = &lists->count[field->number];

	if (*count == LIST_MAX)
		return mr_fail(err, MR_CODE_LIMIT, "more than %d parameters of a kind", LIST_MAX);
	if (field->number == PARAMETERS_ARGV) {
		struct mr_str text;
		MR_TRY(read_text(field->bytes, "Argv", &text, err));
		if (lists->argv)
			lists->argv[*count] = text;
	} else {
		struct entry *to = field->number == PARAMETERS_FILES ? lists->files : lists->env;
		struct entry entry = { .order = *count };
		MR_TRY(read_entry(field->bytes, &entry.param, err));
		if (to)
			to[*count] = entry;
	}
	++*count;
	return MR_OK;
}

static mr_result read_parameters(struct mr_bytes bytes, struct lists *lists, struct mr_error *err)
{
	struct mr_cursor c = mr_cursor_of(bytes);
	struct mr_proto_field field;

	while (mr_cursor_left(&c)) {
		MR_TRY(mr_proto_next(&c, &field, err));
		if (field.wire == MR_PROTO_BYTES && field.number < PARAMETERS_LISTS)
			MR_TRY(read_parameter(&field, lists, err));
	}
	return MR_OK;
}

/* A message field that occurs twice is merged: the lists go on. */
static mr_result read_response(
	struct mr_bytes body, struct lists *lists, bool *ret_present, struct mr_error *err)
{
	struct mr_cursor c = mr_cursor_of(body);
	struct mr_proto_field field;
	bool present = false;

	memset(lists->count, 0, sizeof lists->count);
	while (mr_cursor_left(&c)) {
		MR_TRY(mr_proto_next(&c, &field, err));
		if (field.wire != MR_PROTO_BYTES || field.number != RESPONSE_PARAMETERS)
			continue;
		present = true;
		MR_TRY(read_parameters(field.bytes, lists, err));
	}
	*ret_present = present;
	return MR_OK;
}

static mr_result allocate(struct lists *lists, struct mr_arena *arena, struct mr_error *err)
{
	lists->files = mr_arena_array(arena, lists->count[PARAMETERS_FILES], sizeof *lists->files);
	lists->env = mr_arena_array(arena, lists->count[PARAMETERS_ENV], sizeof *lists->env);
	lists->argv = mr_arena_array(arena, lists->count[PARAMETERS_ARGV], sizeof *lists->argv);
	return lists->files && lists->env && lists->argv ? MR_OK : mr_arena_fail(arena, err);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *left = a;
	const struct entry *right = b;
	int order = mr_str_cmp(left->param.name, right->param.name);

	if (order != 0)
		return order;
	return left->order < right->order ? -1 : left->order > right->order;
}

/* Sorts by name and keeps the last of each. */
static mr_result make_map(struct entry *entries, size_t count, struct mr_arena *arena,
	struct mr_param **ret, size_t *ret_count, struct mr_error *err)
{
	struct mr_param *map = mr_arena_array(arena, count, sizeof *map);
	size_t kept = 0;

	if (!map)
		return mr_arena_fail(arena, err);
	qsort(entries, count, sizeof *entries, compare_entries);
	for (size_t i = 0; i < count; i++) {
		if (i + 1 < count && mr_str_eq(entries[i].param.name, entries[i + 1].param.name))
			continue;
		map[kept++] = entries[i].param;
	}
	*ret = map;
	*ret_count = kept;
	return MR_OK;
}

mr_result mr_activation_response_decode(struct mr_bytes body, struct mr_arena *arena,
	struct mr_parameters *ret, bool *ret_present, struct mr_error *err)
{
	struct mr_parameters parameters = { 0 };
	struct lists lists = { 0 };
	bool present;

	MR_TRY(read_response(body, &lists, &present, err));
	MR_TRY(allocate(&lists, arena, err));
	MR_TRY(read_response(body, &lists, &present, err));
	MR_TRY(make_map(lists.files, lists.count[PARAMETERS_FILES], arena, &parameters.files,
		&parameters.files_count, err));
	MR_TRY(make_map(lists.env, lists.count[PARAMETERS_ENV], arena, &parameters.env,
		&parameters.env_count, err));
	parameters.argv = lists.argv;
	parameters.argv_count = lists.count[PARAMETERS_ARGV];
	*ret = parameters;
	*ret_present = present;
	return MR_OK;
}

static size_t entry_size(const struct mr_param *param)
{
	return mr_proto_size(param->name.len) + mr_proto_size(param->value.len);
}

/* Cannot overflow: the contents are in memory, and each costs at most a few bytes more. */
static size_t parameters_size(const struct mr_parameters *p)
{
	size_t size = 0;

	for (size_t i = 0; i < p->files_count; i++)
		size += mr_proto_size(entry_size(&p->files[i]));
	for (size_t i = 0; i < p->env_count; i++)
		size += mr_proto_size(entry_size(&p->env[i]));
	for (size_t i = 0; i < p->argv_count; i++)
		size += mr_proto_size(p->argv[i].len);
	return size;
}

static void put_entries(
	struct mr_buf *out, uint32_t number, const struct mr_param *params, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		mr_proto_put_head(out, number, entry_size(&params[i]));
		mr_proto_put(out, ENTRY_KEY, mr_str_bytes(params[i].name));
		mr_proto_put(out, ENTRY_VALUE, params[i].value);
	}
}

void mr_activation_response_encode(struct mr_buf *out, const struct mr_parameters *parameters)
{
	mr_proto_put_head(out, RESPONSE_PARAMETERS, parameters_size(parameters));
	put_entries(out, PARAMETERS_FILES, parameters->files, parameters->files_count);
	put_entries(out, PARAMETERS_ENV, parameters->env, parameters->env_count);
	for (size_t i = 0; i < parameters->argv_count; i++)
		mr_proto_put(out, PARAMETERS_ARGV, mr_str_bytes(parameters->argv[i]));
}
