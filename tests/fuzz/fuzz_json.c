/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON: mr_json_valid and both parsers agree; a tree, written and parsed again, is the same tree;
 * the decoders of values take any node; any bytes make the trip as a string.
 */
#include "base/utf8.h"
#include "codec/json.h"
#include "fuzz.h"

enum { ROOM = 1 << 26 };

static void put_scalar(struct mr_buf *out, const struct mr_json *value)
{
	if (value->kind == MR_JSON_STRING)
		mr_json_put_str(out, value->text);
	else
		mr_buf_put_str(out, value->source);
}

static bool is_container(const struct mr_json *value)
{
	return value->kind == MR_JSON_ARRAY || value->kind == MR_JSON_OBJECT;
}

/* Without recursion: the trees are as deep as the parser allows. */
static void put_tree(struct mr_buf *out, const struct mr_json *root)
{
	static const struct mr_json *open[MR_JSON_MAX_DEPTH + 1];
	size_t depth = 0;
	const struct mr_json *at = root;

	for (;;) {
		if (depth && open[depth - 1]->kind == MR_JSON_OBJECT) {
			mr_json_put_str(out, at->name);
			mr_buf_put_u8(out, ':');
		}
		if (is_container(at)) {
			mr_buf_put_u8(out, at->kind == MR_JSON_OBJECT ? '{' : '[');
			FUZZ_CHECK((at->first != NULL) == (at->count != 0));
			if (at->first) {
				FUZZ_CHECK(depth < MR_JSON_MAX_DEPTH);
				open[depth++] = at;
				at = at->first;
				continue;
			}
			mr_buf_put_u8(out, at->kind == MR_JSON_OBJECT ? '}' : ']');
		} else {
			put_scalar(out, at);
		}
		while (depth && !at->next) {
			at = open[--depth];
			mr_buf_put_u8(out, at->kind == MR_JSON_OBJECT ? '}' : ']');
		}
		if (depth == 0)
			return;
		mr_buf_put_u8(out, ',');
		at = at->next;
	}
}

static void decode_value(const struct mr_json *value, struct mr_arena *arena)
{
	struct mr_str str = MR_STR("");
	struct mr_error err;
	struct mr_bytes bytes;
	uint64_t u64;
	int64_t i64;
	uint16_t u16;
	bool flag;

	(void)mr_json_name_matches(value->name, MR_STR("Packages"));
	if (!mr_failed(mr_json_get_str(value, &str, &err)))
		FUZZ_CHECK(mr_utf8_valid(str));
	(void)mr_failed(mr_json_get_bool(value, &flag, &err));
	(void)mr_failed(mr_json_get_u64(value, &u64, &err));
	(void)mr_failed(mr_json_get_i64(value, &i64, &err));
	(void)mr_failed(mr_json_get_u16(value, &u16, &err));
	(void)mr_failed(mr_json_get_bytes(value, arena, &bytes, &flag, &err));
	(void)mr_json_field(value, MR_STR("Packages"));
}

static void check_tree(const struct mr_json *root, struct mr_arena *arena)
{
	MR_AUTO(buf) struct mr_buf first = { 0 };
	MR_AUTO(buf) struct mr_buf second = { 0 };
	const struct mr_json *again;
	struct mr_error err;

	mr_buf_init(&first, ROOM);
	mr_buf_init(&second, ROOM);
	decode_value(root, arena);
	for (const struct mr_json *child = root->first; child; child = child->next)
		decode_value(child, arena);
	put_tree(&first, root);
	FUZZ_CHECK(!mr_failed(mr_json_parse(mr_buf_str(&first), arena, &again, &err)));
	put_tree(&second, again);
	FUZZ_CHECK(mr_str_eq(mr_buf_str(&first), mr_buf_str(&second)));
}

static void check_string(struct mr_str text, struct mr_arena *arena)
{
	MR_AUTO(buf) struct mr_buf quoted = { 0 };
	MR_AUTO(buf) struct mr_buf want = { 0 };
	const struct mr_json *value;
	struct mr_error err;

	mr_buf_init(&want, ROOM);
	mr_utf8_put_valid(&want, text);
	for (int plain = 0; plain < 2; plain++) {
		mr_buf_init(&quoted, ROOM);
		(plain ? mr_json_put_str_plain : mr_json_put_str)(&quoted, text);
		FUZZ_CHECK(!mr_failed(mr_json_parse(mr_buf_str(&quoted), arena, &value, &err)));
		FUZZ_CHECK(mr_str_eq(value->text, mr_buf_str(&want)));
		mr_buf_done(&quoted);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(arena) struct mr_arena small = { 0 };
	struct mr_str text = { (const char *)data, size };
	const struct mr_json *root, *first;
	struct mr_error err;

	if (size > 1 << 16)
		return 0;
	mr_arena_init(&arena, ROOM);
	mr_arena_init(&small, 2048);
	mr_result r = mr_json_parse(text, &arena, &root, &err);
	FUZZ_CHECK(mr_json_valid(text) == !mr_failed(r));
	if (!mr_failed(mr_json_parse(text, &small, &first, &err)))
		FUZZ_CHECK(!mr_failed(r));
	mr_result r_first = mr_json_parse_first(text, &arena, &first, &err);
	if (!mr_failed(r)) {
		FUZZ_CHECK(!mr_failed(r_first));
		FUZZ_CHECK(mr_str_eq(root->source, first->source));
		check_tree(root, &arena);
	} else if (!mr_failed(r_first)) {
		FUZZ_CHECK(mr_json_valid(first->source));
	}
	check_string(text, &arena);
	return 0;
}
