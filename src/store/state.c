/* SPDX-License-Identifier: Apache-2.0 */
#include "store/state.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "codec/base64.h"
#include "codec/json.h"
#include "store/entries.h"
#include "store/state_internal.h"

/* of the parsed blob: nodes, and what had escapes */
#define TREE_MAX_SIZE ((size_t)512 << 20)

struct mr_state {
	atomic_size_t refs;
	struct mr_entries entries;
	size_t first[]; /* of each chunk: the index of its first entry */
};

mr_result mr_state_of(const struct mr_entries *entries, struct mr_state **ret, struct mr_error *err)
{
	struct mr_state *state = malloc(sizeof *state + entries->chunk_count * sizeof(size_t));

	if (!state)
		return mr_fail_nomem(err);
	atomic_init(&state->refs, 1);
	mr_result r = mr_entries_copy(entries, &state->entries, err);
	if (mr_failed(r)) {
		free(state);
		return r;
	}
	size_t index = 0;
	for (size_t i = 0; i < entries->chunk_count; i++) {
		state->first[i] = index;
		index += mr_chunk_count(entries->chunks[i]);
	}
	*ret = state;
	return MR_OK;
}

const struct mr_entries *mr_state_entries(const struct mr_state *state)
{
	return &state->entries;
}

mr_result mr_state_new(struct mr_state **ret, struct mr_error *err)
{
	static const struct mr_entries none;

	return mr_state_of(&none, ret, err);
}

struct mr_state *mr_state_ref(struct mr_state *state)
{
	atomic_fetch_add_explicit(&state->refs, 1, memory_order_relaxed);
	return state;
}

void mr_state_unref(struct mr_state *state)
{
	if (!state || atomic_fetch_sub_explicit(&state->refs, 1, memory_order_acq_rel) != 1)
		return;
	mr_entries_done(&state->entries);
	free(state);
}

bool mr_state_get(const struct mr_state *state, struct mr_str key, struct mr_bytes *ret)
{
	const struct mr_entry *entry = mr_entries_find(&state->entries, key);

	if (!entry)
		return false;
	*ret = mr_entry_view(entry).value;
	return true;
}

size_t mr_state_count(const struct mr_state *state)
{
	return state->entries.count;
}

static size_t index_of(const struct mr_state *state, struct mr_place place)
{
	return place.chunk < state->entries.chunk_count ? state->first[place.chunk] + place.at
							: state->entries.count;
}

size_t mr_state_range(const struct mr_state *state, struct mr_str prefix, size_t *ret_first)
{
	*ret_first = index_of(state, mr_entries_bound(&state->entries, prefix, false));
	return index_of(state, mr_entries_bound(&state->entries, prefix, true)) - *ret_first;
}

struct mr_state_entry mr_state_at(const struct mr_state *state, size_t index)
{
	size_t low = 0;
	size_t high = state->entries.chunk_count;

	/* the last chunk that does not begin behind the index */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (state->first[middle] <= index)
			low = middle;
		else
			high = middle;
	}
	struct mr_place place = { low, index - state->first[low] };
	return mr_entry_view(mr_entries_at(&state->entries, place));
}

/* --- the blob --- */

/* One value; arrays of numbers are byte strings to Go too, so the decoder of the house is asked. */
static mr_result parse_member(
	const struct mr_json *member, struct mr_entries *entries, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(entry) struct mr_entry *entry = NULL;
	struct mr_bytes value = { NULL, 0 };
	bool present = false;

	mr_arena_init(&arena, 2 * MR_STATE_MAX_SIZE);
	MR_TRY(mr_json_get_bytes(member, &arena, &value, &present, err));
	MR_TRY(mr_entry_new(member->name, value, !present, &entry, err));
	MR_TRY(mr_entries_put(entries, entry, err));
	entry = NULL;
	return MR_OK;
}

mr_result mr_state_parse(struct mr_str json, struct mr_state **ret, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(entries) struct mr_entries entries = { .chunks = NULL };
	const struct mr_json *root;

	mr_arena_init(&arena, TREE_MAX_SIZE);
	if (json.len > MR_STATE_MAX_SIZE)
		return mr_fail(err, MR_CODE_LIMIT, "state larger than the limit of %zu bytes",
			MR_STATE_MAX_SIZE);
	MR_TRY(mr_json_parse(json, &arena, &root, err));
	MR_TRY(mr_json_want(root, MR_JSON_OBJECT, "map[string][]uint8", err));
	for (const struct mr_json *member = root->first; member; member = member->next)
		MR_TRY(parse_member(member, &entries, err));
	return mr_state_of(&entries, ret, err);
}

static void write_entry(const struct mr_entry *entry, bool first, struct mr_buf *out)
{
	struct mr_state_entry view = mr_entry_view(entry);

	if (!first)
		mr_buf_put_u8(out, ',');
	mr_json_put_str(out, view.key);
	mr_buf_put_u8(out, ':');
	if (mr_entry_is_null(entry))
		mr_buf_put_str(out, MR_STR("null"));
	else
		mr_json_put_bytes(out, view.value);
}

void mr_state_write(const struct mr_state *state, struct mr_buf *out)
{
	const struct mr_entries *entries = &state->entries;

	/* room at once: a secret buffer copies and wipes each time it grows */
	if (!mr_buf_reserve(out, entries->size + 2))
		return;
	mr_buf_put_u8(out, '{');
	struct mr_place place = { 0, 0 };
	const struct mr_entry *entry = mr_entries_at(entries, place);
	for (bool first = true; entry; first = false) {
		write_entry(entry, first, out);
		entry = mr_entries_next(entries, &place);
	}
	mr_buf_put_u8(out, '}');
}
