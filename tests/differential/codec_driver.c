/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other end of codec/main.go: answers requests on standard input until it ends. A request is
 * one byte for the operation, the size of its data (u32, little endian) and the data; an answer is
 * a size and the text. A failure is answered as "!" and its message.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/pem.h"

enum { DATA_MAX = 1 << 20, ANSWER_MAX = 1 << 26 };

static void put_counted(struct mr_buf *out, char kind, struct mr_str text)
{
	mr_buf_put_u8(out, (uint8_t)kind);
	mr_buf_put_uint(out, text.len);
	mr_buf_put_u8(out, ':');
	mr_buf_put_str(out, text);
}

/* One value in a form that shows all; as deep as MR_JSON_MAX_DEPTH. */
static void put_tree(struct mr_buf *out, const struct mr_json *value)
{
	switch (value->kind) {
	case MR_JSON_NULL:
		mr_buf_put_u8(out, 'z');
		return;
	case MR_JSON_BOOL:
		mr_buf_put_u8(out, value->boolean ? 't' : 'f');
		return;
	case MR_JSON_NUMBER:
		put_counted(out, 'n', value->text);
		return;
	case MR_JSON_STRING:
		put_counted(out, 's', value->text);
		return;
	default:
		break;
	}
	mr_buf_put_u8(out, value->kind == MR_JSON_OBJECT ? '{' : '[');
	for (const struct mr_json *child = value->first; child; child = child->next) {
		if (value->kind == MR_JSON_OBJECT)
			put_counted(out, 's', child->name);
		put_tree(out, child);
	}
	mr_buf_put_u8(out, value->kind == MR_JSON_OBJECT ? '}' : ']');
}

static mr_result run_parse(
	struct mr_str text, struct mr_arena *arena, struct mr_buf *out, struct mr_error *err)
{
	const struct mr_json *root;
	mr_result r = mr_json_parse(text, arena, &root, err);

	if (mr_json_valid(text) == mr_failed(r))
		return mr_fail(err, MR_CODE_INTERNAL, "mr_json_valid and mr_json_parse differ");
	MR_TRY(r);
	put_tree(out, root);
	return MR_OK;
}

static mr_result run_first(
	struct mr_str text, struct mr_arena *arena, struct mr_buf *out, struct mr_error *err)
{
	const struct mr_json *root;

	MR_TRY(mr_json_parse_first(text, arena, &root, err));
	mr_buf_put_str(out, root->source);
	return MR_OK;
}

/* The source of the last member that matches "Packages", and of the one that is exactly it. */
static mr_result run_field(
	struct mr_str text, struct mr_arena *arena, struct mr_buf *out, struct mr_error *err)
{
	const struct mr_json *root;

	MR_TRY(mr_json_parse(text, arena, &root, err));
	const struct mr_json *folded = mr_json_field(root, MR_STR("Packages"));
	const struct mr_json *exact = mr_json_member(root, MR_STR("Packages"));
	put_counted(out, 'f', folded ? folded->source : MR_STR(""));
	put_counted(out, 'e', exact ? exact->source : MR_STR(""));
	return MR_OK;
}

static mr_result run_typed(char type, struct mr_str text, struct mr_arena *arena,
	struct mr_buf *out, struct mr_error *err)
{
	const struct mr_json *root;
	struct mr_bytes bytes;
	struct mr_str str = MR_STR("");
	uint64_t wide = 0;
	int64_t number = 0;
	uint16_t narrow = 0;
	bool flag = false;

	MR_TRY(mr_json_parse(text, arena, &root, err));
	switch (type) {
	case 'u':
		MR_TRY(mr_json_get_u64(root, &wide, err));
		mr_buf_put_uint(out, wide);
		return MR_OK;
	case 'w':
		MR_TRY(mr_json_get_u16(root, &narrow, err));
		mr_buf_put_uint(out, narrow);
		return MR_OK;
	case 'i':
		MR_TRY(mr_json_get_i64(root, &number, err));
		mr_buf_printf(out, "%lld", (long long)number);
		return MR_OK;
	case 'b':
		MR_TRY(mr_json_get_bool(root, &flag, err));
		mr_buf_put_cstr(out, flag ? "true" : "false");
		return MR_OK;
	case 's':
		MR_TRY(mr_json_get_str(root, &str, err));
		mr_buf_put_str(out, str);
		return MR_OK;
	default:
		MR_TRY(mr_json_get_bytes(root, arena, &bytes, &flag, err));
		mr_buf_put_cstr(out, flag ? "present:" : "absent:");
		mr_buf_put_bytes(out, bytes);
		return MR_OK;
	}
}

static mr_result run_pem(struct mr_str text, struct mr_buf *out, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	struct mr_str label, rest;

	mr_buf_init(&der, DATA_MAX);
	MR_TRY(mr_pem_decode(text, &label, &der, &rest, err));
	put_counted(out, 'l', label);
	put_counted(out, 'b', mr_buf_str(&der));
	put_counted(out, 'r', rest);
	return MR_OK;
}

static mr_result run(char operation, struct mr_str text, struct mr_arena *arena, struct mr_buf *out,
	struct mr_error *err)
{
	switch (operation) {
	case 'p':
		return run_parse(text, arena, out, err);
	case '1':
		return run_first(text, arena, out, err);
	case 'f':
		return run_field(text, arena, out, err);
	case 'q':
		mr_json_put_str(out, text);
		return MR_OK;
	case 'E':
		mr_base64_encode(out, mr_str_bytes(text), MR_BASE64_STANDARD);
		mr_base64_encode(out, mr_str_bytes(text), MR_BASE64_URL);
		mr_hex_encode(out, mr_str_bytes(text));
		return MR_OK;
	case 'P':
		mr_pem_encode(out, "SOME LABEL", mr_str_bytes(text));
		return MR_OK;
	case 'D':
		return mr_base64_decode(text, MR_BASE64_STANDARD, out, err);
	case 'U':
		return mr_base64_decode(text, MR_BASE64_URL, out, err);
	case 'H':
		return mr_hex_decode(text, out, err);
	case 'M':
		return run_pem(text, out, err);
	default:
		return run_typed(operation, text, arena, out, err);
	}
}

static bool read_all(void *to, size_t size)
{
	return fread(to, 1, size, stdin) == size;
}

static void write_answer(const struct mr_buf *answer)
{
	uint8_t size[4] = { (uint8_t)answer->len, (uint8_t)(answer->len >> 8),
		(uint8_t)(answer->len >> 16), (uint8_t)(answer->len >> 24) };

	(void)fwrite(size, 1, sizeof size, stdout);
	if (answer->len)
		(void)fwrite(answer->data, 1, answer->len, stdout);
	(void)fflush(stdout);
}

static int serve(char operation, size_t size)
{
	MR_AUTO(buf) struct mr_buf answer = { 0 };
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_error err;
	/* as large as the data, so that sanitizers see reads beyond it */
	char *data = malloc(size ? size : 1);

	mr_buf_init(&answer, ANSWER_MAX);
	mr_arena_init(&arena, ANSWER_MAX);
	if (!data || !read_all(data, size)) {
		free(data);
		return 1;
	}
	mr_result r = run(operation, (struct mr_str){ data, size }, &arena, &answer, &err);
	if (!mr_failed(r))
		r = mr_buf_status(&answer, &err);
	if (mr_failed(r)) {
		mr_buf_clear(&answer);
		mr_buf_put_u8(&answer, '!');
		mr_buf_put_cstr(&answer, err.message);
	}
	write_answer(&answer);
	free(data);
	return 0;
}

int main(void)
{
	uint8_t head[5];

	while (read_all(head, sizeof head)) {
		size_t size = (size_t)head[1] | (size_t)head[2] << 8 | (size_t)head[3] << 16 |
			      (size_t)head[4] << 24;
		if (size > DATA_MAX || serve((char)head[0], size) != 0)
			return 1;
	}
	return 0;
}
