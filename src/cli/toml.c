/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/toml.h"

#define KEY_MAX ((size_t)4096)

struct reader {
	struct mr_str text;
	size_t at;
	struct mr_arena *arena;
	struct mr_toml_entry **last;
	struct mr_error *err;
};

static mr_result fail_at(const struct reader *r, const char *what)
{
	size_t line = 1;

	for (size_t i = 0; i < r->at && i < r->text.len; i++)
		line += r->text.ptr[i] == '\n';
	return mr_fail(r->err, MR_CODE_INVALID, "toml: line %zu: %s", line, what);
}

static bool at_end(const struct reader *r)
{
	return r->at >= r->text.len;
}

static char here(const struct reader *r)
{
	return at_end(r) ? '\0' : r->text.ptr[r->at];
}

static bool accept_text(struct reader *r, const char *text)
{
	size_t len = strlen(text);

	if (at_end(r) || r->text.len - r->at < len || memcmp(r->text.ptr + r->at, text, len) != 0)
		return false;
	r->at += len;
	return true;
}

static void skip_blanks(struct reader *r)
{
	while (here(r) == ' ' || here(r) == '\t')
		r->at++;
}

/* Blanks, comments and line ends. */
static void skip_space(struct reader *r)
{
	for (;;) {
		skip_blanks(r);
		if (here(r) == '#') {
			while (!at_end(r) && here(r) != '\n')
				r->at++;
		} else if (!at_end(r) && (here(r) == '\n' || here(r) == '\r')) {
			r->at++;
		} else {
			return;
		}
	}
}

static mr_result end_of_line(struct reader *r)
{
	skip_blanks(r);
	if (here(r) == '#') {
		while (!at_end(r) && here(r) != '\n')
			r->at++;
	}
	if (here(r) == '\r')
		r->at++;
	if (!at_end(r) && here(r) != '\n')
		return fail_at(r, "more behind the value");
	return MR_OK;
}

/* --- strings --- */

/* Up to the closing quotes; `\` in basic strings takes the next byte with it. */
static mr_result skip_string(struct reader *r, const char *quotes, bool basic, bool lines)
{
	while (!at_end(r)) {
		if (accept_text(r, quotes)) {
			/* a string of several lines may end in quotes of its own */
			while (lines && here(r) == quotes[0])
				r->at++;
			return MR_OK;
		}
		if (here(r) == '\n' && !lines)
			break;
		r->at += basic && here(r) == '\\' ? 2 : 1;
	}
	return fail_at(r, "a string does not end");
}

static mr_result skip_any_string(struct reader *r)
{
	if (accept_text(r, "\"\"\""))
		return skip_string(r, "\"\"\"", true, true);
	if (accept_text(r, "'''"))
		return skip_string(r, "'''", false, true);
	if (accept_text(r, "\""))
		return skip_string(r, "\"", true, false);
	r->at++;
	return skip_string(r, "'", false, false);
}

/* --- keys --- */

static bool is_bare(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

static mr_result read_key_part(struct reader *r, struct mr_buf *key)
{
	size_t from = r->at;

	if (here(r) == '"' || here(r) == '\'') {
		MR_TRY(skip_any_string(r));
		mr_buf_put_str(key, mr_str_sub(r->text, from + 1, r->at - 1));
		return MR_OK;
	}
	while (is_bare(here(r)))
		r->at++;
	if (r->at == from)
		return fail_at(r, "a key is missing");
	mr_buf_put_str(key, mr_str_sub(r->text, from, r->at));
	return MR_OK;
}

/* Appends `a.b.c`, behind what is there. */
static mr_result read_key(struct reader *r, struct mr_buf *key)
{
	do {
		skip_blanks(r);
		if (key->len > 0)
			mr_buf_put_u8(key, '.');
		MR_TRY(read_key_part(r, key));
		skip_blanks(r);
	} while (accept_text(r, "."));
	return mr_buf_status(key, r->err);
}

/* --- values --- */

static mr_result read_pair(struct reader *r, struct mr_buf *prefix, int depth);
static mr_result skip_value(struct reader *r, struct mr_buf *key, int depth);

static mr_result skip_array(struct reader *r, struct mr_buf *key, int depth)
{
	r->at++;
	for (;;) {
		skip_space(r);
		if (accept_text(r, "]"))
			return MR_OK;
		MR_TRY(skip_value(r, key, depth));
		skip_space(r);
		if (!accept_text(r, ",") && here(r) != ']')
			return fail_at(r, "an array does not go on");
	}
}

static mr_result skip_inline_table(struct reader *r, struct mr_buf *key, int depth)
{
	r->at++;
	skip_blanks(r);
	if (accept_text(r, "}"))
		return MR_OK;
	for (;;) {
		MR_TRY(read_pair(r, key, depth));
		skip_blanks(r);
		if (accept_text(r, "}"))
			return MR_OK;
		if (!accept_text(r, ","))
			return fail_at(r, "an inline table does not go on");
	}
}

/* Numbers, dates, true and false, by their letters alone. */
static mr_result skip_scalar(struct reader *r)
{
	size_t from = r->at;

	while (is_bare(here(r)) || here(r) == '+' || here(r) == '.' || here(r) == ':')
		r->at++;
	return r->at > from ? MR_OK : fail_at(r, "a value is missing");
}

static mr_result skip_value(struct reader *r, struct mr_buf *key, int depth)
{
	if (depth >= MR_TOML_MAX_DEPTH)
		return fail_at(r, "nested too deep");
	switch (here(r)) {
	case '"':
	case '\'':
		return skip_any_string(r);
	case '[':
		return skip_array(r, key, depth + 1);
	case '{':
		return skip_inline_table(r, key, depth + 1);
	default:
		return skip_scalar(r);
	}
}

static mr_result add_entry(struct reader *r, struct mr_buf *key, struct mr_str value)
{
	struct mr_toml_entry *e = mr_arena_alloc(r->arena, sizeof *e);
	char *copy = mr_arena_alloc(r->arena, key->len);

	if (!e || !copy)
		return mr_arena_fail(r->arena, r->err);
	memcpy(copy, key->data, key->len);
	*e = (struct mr_toml_entry){ .key = { copy, key->len }, .value = value };
	*r->last = e;
	r->last = (struct mr_toml_entry **)(void *)&e->next;
	return MR_OK;
}

/* `key = value`; the key is put behind the prefix while the value is read. */
static mr_result read_pair(struct reader *r, struct mr_buf *prefix, int depth)
{
	size_t before = prefix->len;

	MR_TRY(read_key(r, prefix));
	if (!accept_text(r, "="))
		return fail_at(r, "= is missing");
	skip_blanks(r);
	size_t from = r->at;
	MR_TRY(skip_value(r, prefix, depth));
	MR_TRY(add_entry(r, prefix, mr_str_sub(r->text, from, r->at)));
	mr_buf_truncate(prefix, before);
	return MR_OK;
}

static mr_result read_header(struct reader *r, struct mr_buf *prefix)
{
	bool array = accept_text(r, "[[");

	if (!array)
		r->at++;
	mr_buf_clear(prefix);
	MR_TRY(read_key(r, prefix));
	if (!accept_text(r, array ? "]]" : "]"))
		return fail_at(r, "a table's name does not end");
	return MR_OK;
}

mr_result mr_toml_parse(
	struct mr_str text, struct mr_arena *arena, struct mr_toml *ret, struct mr_error *err)
{
	struct mr_toml_entry *first = NULL;
	struct reader r = { .text = text, .arena = arena, .last = &first, .err = err };
	MR_AUTO(buf) struct mr_buf prefix = { 0 };

	mr_buf_init(&prefix, KEY_MAX);
	ret->first_table = text.len;
	for (skip_space(&r); !at_end(&r); skip_space(&r)) {
		if (here(&r) == '[') {
			if (ret->first_table == text.len)
				ret->first_table = r.at;
			MR_TRY(read_header(&r, &prefix));
		} else {
			MR_TRY(read_pair(&r, &prefix, 0));
		}
		MR_TRY(end_of_line(&r));
	}
	ret->first = first;
	return MR_OK;
}

const struct mr_toml_entry *mr_toml_find(const struct mr_toml *toml, struct mr_str key)
{
	const struct mr_toml_entry *found = NULL;

	for (const struct mr_toml_entry *e = toml->first; e; e = e->next) {
		if (mr_str_eq(e->key, key))
			found = e;
	}
	return found;
}
