/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/gramine_edit.h"

#include <stdlib.h>

#define GIB (UINT64_C(1) << 30)
#define THREADS 16

/* What is decided so far. */
struct plan {
	struct mr_arena *arena;
	const struct mr_toml *toml;
	struct mr_gramine_edits *edits;
};

static struct mr_str old_value(const struct plan *p, const char *key)
{
	const struct mr_toml_entry *e = mr_toml_find(p->toml, mr_str_of(key));

	return e ? e->value : (struct mr_str){ NULL, 0 };
}

static mr_result add(struct plan *p, const char *key, struct mr_str value, struct mr_str replaces,
	struct mr_error *err)
{
	char *copy = mr_arena_alloc(p->arena, value.len ? value.len : 1);

	if (!copy)
		return mr_arena_fail(p->arena, err);
	if (p->edits->count == MR_GRAMINE_EDITS_MAX)
		return mr_fail(err, MR_CODE_INTERNAL, "too many edits");
	if (value.len)
		memcpy(copy, value.ptr, value.len);
	p->edits->list[p->edits->count++] = (struct mr_gramine_edit){ mr_str_of(key),
		{ copy, value.len }, replaces };
	return MR_OK;
}

/* The content of a string without escapes; anything else as it is. */
static struct mr_str unquoted(struct mr_str value)
{
	if (value.len >= 2 && (value.ptr[0] == '"' || value.ptr[0] == '\'') &&
		value.ptr[value.len - 1] == value.ptr[0])
		return mr_str_sub(value, 1, value.len - 1);
	return value;
}

static bool is_one_line_string(struct mr_str value)
{
	return value.len >= 2 && (value.ptr[0] == '"' || value.ptr[0] == '\'') &&
	       (value.len == 2 || value.ptr[1] != value.ptr[0]);
}

static mr_result wrap_entrypoint(struct plan *p, struct mr_error *err)
{
	struct mr_str old = old_value(p, "libos.entrypoint");
	struct mr_str program = unquoted(old);
	MR_AUTO(buf) struct mr_buf argv = { 0 };
	bool uri = mr_str_starts(program, MR_STR("file:"));

	if (!old.ptr)
		return mr_fail(err, MR_CODE_NOT_FOUND, "cannot find libos.entrypoint");
	if (!is_one_line_string(old))
		return mr_fail(
			err, MR_CODE_INVALID, "libos.entrypoint is not a string of one line");
	MR_TRY(add(p, "libos.entrypoint",
		uri ? MR_STR("\"file:premain-libos\"") : MR_STR("\"premain-libos\""), old, err));
	if (old_value(p, "loader.argv").ptr || old_value(p, "loader.argv0_override").ptr)
		return MR_OK;
	/* the premain becomes what its own argv[0] names (30 §5.4); quoted as it was */
	mr_buf_init(&argv, 1 << 16);
	mr_buf_put_u8(&argv, '[');
	mr_buf_put(&argv, old.ptr, 1);
	mr_buf_put_str(&argv, uri ? mr_str_sub(program, 5, program.len) : program);
	mr_buf_put(&argv, old.ptr, 1);
	mr_buf_put_u8(&argv, ']');
	MR_TRY(mr_buf_status(&argv, err));
	return add(p, "loader.argv", mr_buf_str(&argv), (struct mr_str){ NULL, 0 }, err);
}

static bool has_below(const struct plan *p, struct mr_str prefix)
{
	for (const struct mr_toml_entry *e = p->toml->first; e; e = e->next) {
		if (mr_str_starts(e->key, prefix))
			return true;
	}
	return false;
}

/* An array with one more element: each on a line of its own, as they are written. */
static void put_longer_array(struct mr_buf *out, struct mr_str old, struct mr_str element)
{
	struct mr_str inside = mr_str_sub(old, 1, old.len - 1);

	while (inside.len && strchr(" \t\r\n,", inside.ptr[inside.len - 1]))
		inside.len--;
	while (inside.len && strchr(" \t\r\n", inside.ptr[0]))
		inside = mr_str_sub(inside, 1, inside.len);
	mr_buf_put_cstr(out, "[\n");
	if (inside.len) {
		mr_buf_put_cstr(out, "  ");
		mr_buf_put_str(out, inside);
		mr_buf_put_cstr(out, ",\n");
	}
	mr_buf_put_cstr(out, "  ");
	mr_buf_put_str(out, element);
	mr_buf_put_cstr(out, ",\n]");
}

static mr_result extend_list(struct plan *p, const char *key, const char *table_prefix,
	const char *table_key, struct mr_str element, struct mr_error *err)
{
	const struct mr_str nothing = { NULL, 0 };
	struct mr_str old = old_value(p, key);
	MR_AUTO(buf) struct mr_buf value = { 0 };

	mr_buf_init(&value, 1 << 20);
	if (old.ptr && old.ptr[0] == '[') {
		put_longer_array(&value, old, element);
		MR_TRY(mr_buf_status(&value, err));
		return add(p, key, mr_buf_str(&value), old, err);
	}
	if (!old.ptr && has_below(p, mr_str_of(table_prefix)))
		return add(p, table_key, element, nothing, err);
	mr_buf_put_cstr(&value, "[");
	mr_buf_put_str(&value, element);
	mr_buf_put_cstr(&value, "]");
	MR_TRY(mr_buf_status(&value, err));
	return add(p, key, mr_buf_str(&value), old, err);
}

static mr_result pass_environment(struct plan *p, struct mr_error *err)
{
	static const char *const keys[] = { "loader.env.EDG_MARBLE_COORDINATOR_ADDR",
		"loader.env.EDG_MARBLE_DNS_NAMES", "loader.env.EDG_MARBLE_TYPE",
		"loader.env.EDG_MARBLE_UUID_FILE" };

	if (mr_str_eq(old_value(p, "loader.insecure__use_host_env"), MR_STR("true")))
		return MR_OK;
	for (size_t i = 0; i < MR_COUNT(keys); i++) {
		if (!old_value(p, keys[i]).ptr)
			MR_TRY(add(p, keys[i], MR_STR("{ passthrough = true }"),
				(struct mr_str){ NULL, 0 }, err));
	}
	return MR_OK;
}

/* Digits with K, M or G behind; 0 for anything else. */
static uint64_t size_of(struct mr_str text)
{
	uint64_t value = 0;
	size_t i = 0;

	for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9' && i < 12; i++)
		value = value * 10 + (uint64_t)(text.ptr[i] - '0');
	if (i < text.len && text.ptr[i] == 'K')
		return value << 10;
	if (i < text.len && text.ptr[i] == 'M')
		return value << 20;
	return i < text.len && text.ptr[i] == 'G' ? value << 30 : value;
}

static mr_result set_enclave(struct plan *p, struct mr_error *err)
{
	struct mr_str attestation = old_value(p, "sgx.remote_attestation");
	struct mr_str size = old_value(p, "sgx.enclave_size");
	const char *threads_key = old_value(p, "sgx.thread_num").ptr ? "sgx.thread_num"
								     : "sgx.max_threads";
	struct mr_str threads = old_value(p, threads_key);

	if (!attestation.ptr || mr_str_eq(attestation, MR_STR("false")) ||
		mr_str_eq(unquoted(attestation), MR_STR("none")))
		MR_TRY(add(p, "sgx.remote_attestation", MR_STR("\"dcap\""), attestation, err));
	if (!size.ptr || size_of(unquoted(size)) < GIB)
		MR_TRY(add(p, "sgx.enclave_size", MR_STR("\"1024M\""), size, err));
	if (!threads.ptr || size_of(threads) < THREADS)
		MR_TRY(add(p, threads_key, MR_STR("16"), threads, err));
	return MR_OK;
}

static int by_key(const void *a, const void *b)
{
	const struct mr_gramine_edit *x = a, *y = b;

	return mr_str_cmp(x->key, y->key);
}

static bool mentions(struct mr_str text, const char *word)
{
	return text.len && memmem(text.ptr, text.len, word, strlen(word));
}

mr_result mr_gramine_suggest(struct mr_str text, struct mr_arena *arena, struct mr_toml *ret_toml,
	struct mr_gramine_edits *ret, struct mr_error *err)
{
	static const char *const words[] = { "premain-libos", "EDG_MARBLE_COORDINATOR_ADDR",
		"EDG_MARBLE_TYPE", "EDG_MARBLE_UUID_FILE", "EDG_MARBLE_DNS_NAMES" };
	struct plan plan = { arena, ret_toml, ret };

	ret->count = 0;
	for (size_t i = 0; i < MR_COUNT(words); i++) {
		if (mentions(text, words[i]))
			return mr_fail(
				err, MR_CODE_STATE, "manifest already contains MarbleRun changes");
	}
	MR_TRY(mr_toml_parse(text, arena, ret_toml, err));
	MR_TRY(wrap_entrypoint(&plan, err));
	MR_TRY(extend_list(&plan, "sgx.trusted_files", "sgx.trusted_files.",
		"sgx.trusted_files.marblerun_premain-libos", MR_STR("\"file:premain-libos\""),
		err));
	MR_TRY(extend_list(&plan, "sgx.allowed_files", "sgx.allowed_files.",
		"sgx.allowed_files.marblerun_uuid", MR_STR("\"file:uuid\""), err));
	MR_TRY(pass_environment(&plan, err));
	MR_TRY(set_enclave(&plan, err));
	qsort(ret->list, ret->count, sizeof ret->list[0], by_key);
	return MR_OK;
}

/* --- applying --- */

/* How many lines begin with `key =`. */
static size_t flat_lines(struct mr_str text, struct mr_str key)
{
	size_t count = 0;

	for (size_t at = 0; at < text.len;) {
		size_t end = mr_str_find(text, '\n', at);
		struct mr_str line = mr_str_sub(text, at, end == SIZE_MAX ? text.len : end);
		at = end == SIZE_MAX ? text.len : end + 1;
		if (!mr_str_starts(line, key))
			continue;
		size_t i = key.len;
		while (i < line.len && (line.ptr[i] == ' ' || line.ptr[i] == '\t'))
			i++;
		count += i < line.len && line.ptr[i] == '=';
	}
	return count;
}

static mr_result check_positions(
	struct mr_str text, const struct mr_gramine_edits *edits, struct mr_error *err)
{
	for (size_t i = 0; i < edits->count; i++) {
		const struct mr_gramine_edit *e = &edits->list[i];
		size_t lines = e->replaces.ptr ? flat_lines(text, e->key) : 1;
		if (lines == 0)
			return mr_fail(
				err, MR_CODE_INVALID, "failed to detect position of config entry");
		if (lines > 1)
			return mr_fail(
				err, MR_CODE_INVALID, "found multiple matches for a single entry");
	}
	return MR_OK;
}

/* The replacing edit whose old value comes first at or behind `at`, or NULL. */
static const struct mr_gramine_edit *next_edit(
	struct mr_str text, const struct mr_gramine_edits *edits, size_t at)
{
	const struct mr_gramine_edit *first = NULL;

	for (size_t i = 0; i < edits->count; i++) {
		const struct mr_gramine_edit *e = &edits->list[i];
		if (e->replaces.ptr && e->replaces.ptr >= text.ptr + at &&
			(!first || e->replaces.ptr < first->replaces.ptr))
			first = e;
	}
	return first;
}

static void put_edited(struct mr_buf *out, struct mr_str text, size_t from, size_t to,
	const struct mr_gramine_edits *edits)
{
	const struct mr_gramine_edit *e = next_edit(text, edits, from);

	while (e && (size_t)(e->replaces.ptr - text.ptr) < to) {
		size_t at = (size_t)(e->replaces.ptr - text.ptr);
		mr_buf_put_str(out, mr_str_sub(text, from, at));
		mr_buf_put_str(out, e->value);
		from = at + e->replaces.len;
		e = next_edit(text, edits, from);
	}
	mr_buf_put_str(out, mr_str_sub(text, from, to));
}

static void put_new(struct mr_buf *out, const struct mr_gramine_edits *edits)
{
	if (out->len > 0 && out->data[out->len - 1] != '\n')
		mr_buf_put_u8(out, '\n');
	mr_buf_put_cstr(out, "\n# MARBLERUN -- auto generated configuration entries \n");
	for (size_t i = 0; i < edits->count; i++) {
		const struct mr_gramine_edit *e = &edits->list[i];
		if (e->replaces.ptr)
			continue;
		mr_buf_put_str(out, e->key);
		mr_buf_put_cstr(out, " = ");
		mr_buf_put_str(out, e->value);
		mr_buf_put_u8(out, '\n');
	}
}

mr_result mr_gramine_apply(struct mr_str text, const struct mr_toml *toml,
	const struct mr_gramine_edits *edits, struct mr_buf *out, struct mr_error *err)
{
	MR_TRY(check_positions(text, edits, err));
	/* new keys before the first table, whose they would be otherwise */
	put_edited(out, text, 0, toml->first_table, edits);
	put_new(out, edits);
	if (toml->first_table < text.len)
		mr_buf_put_u8(out, '\n');
	put_edited(out, text, toml->first_table, text.len, edits);
	return mr_buf_status(out, err);
}
