/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other end of template/main.go: runs templates that come on standard input until it ends. A
 * request is the size of the rest and, each text with its size before it: the template, the current
 * and previous secrets, the four reserved ones. All numbers are little endian. An answer is a
 * letter (o: output, p: parse error, e: execution error, u: not offered, l: a limit), a size and
 * the text.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/template/model.h"

enum { REQUEST_MAX = 1 << 24, OUTPUT_MAX = 1 << 26 };

static bool read_u32(struct mr_cursor *c, uint32_t *ret)
{
	return mr_cursor_u32le(c, ret);
}

static bool read_bytes(struct mr_cursor *c, struct mr_bytes *ret)
{
	uint32_t size;

	return read_u32(c, &size) && mr_cursor_take(c, size, ret);
}

/* Bytes after a flag that says whether they were ever set. */
static bool read_set(struct mr_cursor *c, struct mr_bytes *ret)
{
	uint8_t set;

	if (!mr_cursor_u8(c, &set) || !read_bytes(c, ret))
		return false;
	if (!set)
		*ret = (struct mr_bytes){ 0 };
	return true;
}

static bool read_secret(struct mr_cursor *c, struct model_secret *ret)
{
	struct mr_bytes type;
	uint8_t shared, user_defined;

	if (!read_bytes(c, &type) || !mr_cursor_u64le(c, &ret->size) ||
		!mr_cursor_u64le(c, &ret->valid_for) || !mr_cursor_u8(c, &shared) ||
		!mr_cursor_u8(c, &user_defined))
		return false;
	ret->type = mr_bytes_str(type);
	ret->shared = shared;
	ret->user_defined = user_defined;
	return read_set(c, &ret->certificate) && read_set(c, &ret->private_key) &&
	       read_set(c, &ret->public_key);
}

static bool read_map(struct mr_cursor *c, struct mr_arena *arena, struct model_map *ret)
{
	uint32_t count;
	struct mr_bytes name;

	if (!read_u32(c, &count) || count > mr_cursor_left(c))
		return false;
	ret->list = mr_arena_array(arena, count, sizeof(*ret->list));
	if (!ret->list)
		return false;
	for (ret->count = 0; ret->count < count; ret->count++) {
		struct model_entry *entry = &ret->list[ret->count];
		if (!read_bytes(c, &name) || !read_secret(c, &entry->secret))
			return false;
		entry->name = mr_bytes_str(name);
	}
	return true;
}

static char run(struct mr_str text, struct model *model, struct mr_buf *out, struct mr_error *err)
{
	const struct mr_value root = model_value(model);
	struct mr_template *t = NULL;
	char good = 'p';
	mr_result r = mr_template_parse(text, &model_functions, &t, err);

	if (!mr_failed(r)) {
		good = 'e';
		r = mr_template_run(t, &root, NULL, NULL, out, err);
		mr_template_free(t);
	}
	switch (r.code) {
	case MR_CODE_OK:
		return 'o';
	case MR_CODE_UNSUPPORTED:
		return 'u';
	case MR_CODE_LIMIT:
		return 'l';
	default:
		return good;
	}
}

static bool answer(struct mr_bytes request)
{
	struct mr_cursor c = mr_cursor_of(request);
	struct mr_bytes text;
	struct model model = { 0 };
	struct mr_error err;
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(buf) struct mr_buf out = { 0 };

	mr_arena_init(&arena, REQUEST_MAX);
	mr_buf_init(&out, OUTPUT_MAX);
	if (!read_bytes(&c, &text) || !read_map(&c, &arena, &model.secrets) ||
		!read_map(&c, &arena, &model.previous) || !read_secret(&c, &model.root_ca) ||
		!read_secret(&c, &model.marble_cert) || !read_secret(&c, &model.coordinator_root) ||
		!read_secret(&c, &model.coordinator_intermediate) || mr_cursor_left(&c) > 0)
		return false;
	char letter = run(mr_bytes_str(text), &model, &out, &err);
	struct mr_str shown = letter == 'o' ? mr_buf_str(&out) : mr_str_of(err.message);
	uint8_t head[5] = { (uint8_t)letter, (uint8_t)shown.len, (uint8_t)(shown.len >> 8),
		(uint8_t)(shown.len >> 16), (uint8_t)(shown.len >> 24) };
	return fwrite(head, sizeof(head), 1, stdout) == 1 &&
	       (shown.len == 0 || fwrite(shown.ptr, shown.len, 1, stdout) == 1) &&
	       fflush(stdout) == 0;
}

int main(void)
{
	uint8_t head[4];

	while (fread(head, sizeof(head), 1, stdin) == 1) {
		struct mr_cursor c = { head, 0, sizeof(head) };
		uint32_t size;
		if (!read_u32(&c, &size) || size > REQUEST_MAX)
			return 1;
		uint8_t *request = malloc(size + 1);
		bool good = request && fread(request, 1, size, stdin) == size &&
			    answer(mr_bytes_of(request, size));
		free(request);
		if (!good)
			return 1;
	}
	return 0;
}
