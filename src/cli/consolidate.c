/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/consolidate.h"

#include <stdlib.h>

#include "codec/json.h"

/* What the last entry for a package says. */
struct raised {
	struct mr_str package;
	const char *from, *to; /* the part of the text that is replaced; both the same: none */
	const char *lead;      /* in front of the number */
	uint64_t version;
	bool has_version;
};

struct edits {
	struct raised *items;
	size_t count;
};

/* --- the log --- */

static mr_result parse_entry(struct mr_str entry, struct mr_arena *arena,
	const struct mr_json **ret, struct mr_error *err)
{
	mr_result r = mr_json_parse(entry, arena, ret, err);

	if (!mr_failed(r))
		r = mr_json_want(*ret, MR_JSON_OBJECT, "an entry of the update log", err);
	return mr_wrap(err, r, "parsing update log");
}

static bool is_complete_update(const struct mr_json *entry)
{
	const struct mr_json *update = mr_json_member(entry, MR_STR("update"));

	return update && update->kind == MR_JSON_STRING &&
	       mr_str_ends(update->text, MR_STR("Manifest updated"));
}

/* There are no more of them than entries of the log. */
static struct raised *place_of(struct edits *edits, struct mr_str package)
{
	for (size_t i = 0; i < edits->count; i++) {
		if (mr_str_eq(edits->items[i].package, package))
			return &edits->items[i];
	}
	edits->items[edits->count].package = package;
	return &edits->items[edits->count++];
}

static mr_result take_entry(const struct mr_json *entry, struct edits *edits, struct mr_error *err)
{
	const struct mr_json *package = mr_json_member(entry, MR_STR("package"));
	const struct mr_json *version = mr_json_member(entry, MR_STR("new version"));
	struct mr_str name = { NULL, 0 };
	struct raised *place;

	if (!package || package->kind == MR_JSON_NULL)
		return MR_OK;
	MR_TRY(mr_json_get_str(package, &name, err));
	place = place_of(edits, name);
	if (!version || version->kind == MR_JSON_NULL)
		return MR_OK;
	place->has_version = true;
	return mr_json_get_u64(version, &place->version, err);
}

static mr_result read_log(const struct mr_str *log, size_t count, struct mr_arena *arena,
	struct edits *ret, struct mr_error *err)
{
	ret->count = 0;
	ret->items = mr_arena_array(arena, count + 1, sizeof *ret->items);
	if (!ret->items)
		return mr_arena_fail(arena, err);
	for (size_t i = 0; i < count; i++) {
		const struct mr_json *entry;

		MR_TRY(parse_entry(log[i], arena, &entry, err));
		if (is_complete_update(entry)) {
			memset(ret->items, 0, count * sizeof *ret->items);
			ret->count = 0;
		}
		MR_TRY(mr_wrap(err, take_entry(entry, ret, err), "parsing update log"));
	}
	return MR_OK;
}

/* --- the text --- */

/* Where in the text the version stands, or where it goes: behind the last member. */
static mr_result locate(const struct mr_json *packages, struct raised *edit, struct mr_error *err)
{
	const struct mr_json *package = mr_json_member(packages, edit->package);
	const struct mr_json *version, *last;

	if (!package || package->kind != MR_JSON_OBJECT)
		return mr_fail(err, MR_CODE_NOT_FOUND, "package %.*s not found in base manifest",
			MR_STR_ARGS(edit->package));
	version = mr_json_field(package, MR_STR("SecurityVersion"));
	if (version) {
		edit->lead = "";
		edit->from = version->source.ptr;
		edit->to = version->source.ptr + version->source.len;
		return MR_OK;
	}
	last = package->first;
	while (last && last->next)
		last = last->next;
	edit->lead = last ? ",\"SecurityVersion\":" : "\"SecurityVersion\":";
	edit->from = last ? last->source.ptr + last->source.len : package->source.ptr + 1;
	edit->to = edit->from;
	return MR_OK;
}

static int by_place(const void *a, const void *b)
{
	const struct raised *left = a, *right = b;

	return left->from < right->from ? -1 : left->from > right->from;
}

static void put_edited(struct mr_str text, const struct edits *edits, struct mr_buf *out)
{
	const char *at = text.ptr, *end = text.ptr + text.len;

	for (size_t i = 0; i < edits->count; i++) {
		const struct raised *edit = &edits->items[i];

		if (!edit->has_version)
			continue;
		mr_buf_put(out, at, (size_t)(edit->from - at));
		mr_buf_put_cstr(out, edit->lead);
		mr_buf_put_uint(out, edit->version);
		at = edit->to;
	}
	mr_buf_put(out, at, (size_t)(end - at));
}

mr_result mr_consolidate(struct mr_str manifest, const struct mr_str *log, size_t count,
	struct mr_arena *arena, struct mr_buf *out, struct mr_error *err)
{
	const struct mr_json *root;
	struct edits edits;

	MR_TRY(mr_json_parse(manifest, arena, &root, err));
	if (root->kind != MR_JSON_OBJECT)
		return mr_fail(err, MR_CODE_INVALID, "the manifest is no JSON object");
	MR_TRY(read_log(log, count, arena, &edits, err));
	for (size_t i = 0; i < edits.count; i++)
		MR_TRY(locate(mr_json_field(root, MR_STR("Packages")), &edits.items[i], err));
	qsort(edits.items, edits.count, sizeof *edits.items, by_place);
	put_edited(manifest, &edits, out);
	return mr_buf_status(out, err);
}
