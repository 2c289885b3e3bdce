/* SPDX-License-Identifier: Apache-2.0 */
#include "store/entries.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/wipe.h"
#include "codec/base64.h"

struct mr_entry {
	atomic_size_t refs;
	size_t key_len;
	size_t value_len;
	bool is_null;
	char bytes[]; /* the key, then the value */
};

struct mr_chunk {
	atomic_size_t refs;
	size_t count;
	struct mr_entry *entries[MR_CHUNK_ENTRIES];
};

/* of `"KEY":"BASE64",`, and of `"KEY":null,` */
enum { JSON_FRAME = 6, JSON_NULL_FRAME = 8 };

/* --- entries --- */

mr_result mr_entry_new(struct mr_str key, struct mr_bytes value, bool is_null,
	struct mr_entry **ret, struct mr_error *err)
{
	size_t size;

	if (!mr_size_add(key.len, value.len, &size) || size > MR_STATE_MAX_SIZE)
		return mr_fail(err, MR_CODE_LIMIT, "value larger than the limit of a state");
	struct mr_entry *entry = malloc(sizeof *entry + size);
	if (!entry)
		return mr_fail_nomem(err);
	atomic_init(&entry->refs, 1);
	entry->key_len = key.len;
	entry->value_len = value.len;
	entry->is_null = is_null;
	if (key.len)
		memcpy(entry->bytes, key.ptr, key.len);
	if (value.len)
		memcpy(entry->bytes + key.len, value.ptr, value.len);
	*ret = entry;
	return MR_OK;
}

struct mr_entry *mr_entry_ref(struct mr_entry *entry)
{
	atomic_fetch_add_explicit(&entry->refs, 1, memory_order_relaxed);
	return entry;
}

void mr_entry_unref(struct mr_entry *entry)
{
	if (!entry || atomic_fetch_sub_explicit(&entry->refs, 1, memory_order_acq_rel) != 1)
		return;
	mr_wipe(entry->bytes, entry->key_len + entry->value_len);
	free(entry);
}

struct mr_state_entry mr_entry_view(const struct mr_entry *entry)
{
	return (struct mr_state_entry){
		.key = { entry->bytes, entry->key_len },
		.value = mr_bytes_of(entry->bytes + entry->key_len, entry->value_len),
	};
}

bool mr_entry_is_null(const struct mr_entry *entry)
{
	return entry->is_null;
}

size_t mr_entry_json_size(const struct mr_entry *entry)
{
	return entry->key_len + mr_base64_encoded_len(entry->value_len) +
	       (entry->is_null ? JSON_NULL_FRAME : JSON_FRAME);
}

/* --- chunks --- */

static struct mr_chunk *chunk_new(void)
{
	struct mr_chunk *chunk = malloc(sizeof *chunk);

	if (chunk) {
		atomic_init(&chunk->refs, 1);
		chunk->count = 0;
	}
	return chunk;
}

static void chunk_unref(struct mr_chunk *chunk)
{
	if (atomic_fetch_sub_explicit(&chunk->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < chunk->count; i++)
		mr_entry_unref(chunk->entries[i]);
	free(chunk);
}

size_t mr_chunk_count(const struct mr_chunk *chunk)
{
	return chunk->count;
}

/* The chunk, its own again if it was shared; NULL without memory. A count of 1 cannot rise behind
 * our back: only who holds a reference makes more. */
static struct mr_chunk *own_chunk(struct mr_entries *entries, size_t index)
{
	struct mr_chunk *shared = entries->chunks[index];

	if (atomic_load_explicit(&shared->refs, memory_order_acquire) == 1)
		return shared;
	struct mr_chunk *own = chunk_new();
	if (!own)
		return NULL;
	own->count = shared->count;
	for (size_t i = 0; i < shared->count; i++) {
		own->entries[i] = mr_entry_ref(shared->entries[i]);
	}
	entries->chunks[index] = own;
	chunk_unref(shared);
	return own;
}

static bool make_room(struct mr_entries *entries)
{
	if (entries->chunk_count < entries->chunk_room)
		return true;
	size_t room = entries->chunk_room ? entries->chunk_room * 2 : 8;
	struct mr_chunk **chunks = realloc(entries->chunks, room * sizeof(struct mr_chunk *));
	if (!chunks)
		return false;
	entries->chunks = chunks;
	entries->chunk_room = room;
	return true;
}

/* make_room has been called. */
static void insert_chunk(struct mr_entries *entries, size_t index, struct mr_chunk *chunk)
{
	memmove(entries->chunks + index + 1, entries->chunks + index,
		(entries->chunk_count - index) * sizeof(struct mr_chunk *));
	entries->chunks[index] = chunk;
	entries->chunk_count++;
}

/* --- the map --- */

mr_result mr_entries_copy(
	const struct mr_entries *from, struct mr_entries *ret, struct mr_error *err)
{
	struct mr_entries copy = *from;

	copy.chunks = NULL;
	copy.chunk_room = from->chunk_count;
	if (from->chunk_count) {
		copy.chunks = malloc(from->chunk_count * sizeof(struct mr_chunk *));
		if (!copy.chunks)
			return mr_fail_nomem(err);
	}
	for (size_t i = 0; i < from->chunk_count; i++) {
		copy.chunks[i] = from->chunks[i];
		atomic_fetch_add_explicit(&copy.chunks[i]->refs, 1, memory_order_relaxed);
	}
	*ret = copy;
	return MR_OK;
}

void mr_entries_done(struct mr_entries *entries)
{
	for (size_t i = 0; i < entries->chunk_count; i++)
		chunk_unref(entries->chunks[i]);
	free(entries->chunks);
	*entries = (struct mr_entries){ .chunks = NULL };
}

static bool is_before(const struct mr_entry *entry, struct mr_str key, bool beyond)
{
	struct mr_str own = { entry->bytes, entry->key_len };

	return mr_str_cmp(own, key) < 0 || (beyond && mr_str_starts(own, key));
}

struct mr_place mr_entries_bound(const struct mr_entries *entries, struct mr_str key, bool beyond)
{
	size_t low = 0;
	size_t high = entries->chunk_count;

	/* the first chunk whose last entry is not before the key */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct mr_chunk *chunk = entries->chunks[middle];
		if (is_before(chunk->entries[chunk->count - 1], key, beyond))
			low = middle + 1;
		else
			high = middle;
	}
	struct mr_place place = { low, 0 };
	if (place.chunk == entries->chunk_count)
		return place;
	high = entries->chunks[place.chunk]->count;
	while (place.at < high) {
		size_t middle = place.at + (high - place.at) / 2;
		if (is_before(entries->chunks[place.chunk]->entries[middle], key, beyond))
			place.at = middle + 1;
		else
			high = middle;
	}
	return place;
}

struct mr_entry *mr_entries_at(const struct mr_entries *entries, struct mr_place place)
{
	return place.chunk < entries->chunk_count ? entries->chunks[place.chunk]->entries[place.at]
						  : NULL;
}

struct mr_entry *mr_entries_next(const struct mr_entries *entries, struct mr_place *place)
{
	if (place->chunk < entries->chunk_count &&
		++place->at >= entries->chunks[place->chunk]->count)
		*place = (struct mr_place){ place->chunk + 1, 0 };
	return mr_entries_at(entries, *place);
}

static bool has_key(const struct mr_entry *entry, struct mr_str key)
{
	return entry && mr_str_eq((struct mr_str){ entry->bytes, entry->key_len }, key);
}

const struct mr_entry *mr_entries_find(const struct mr_entries *entries, struct mr_str key)
{
	const struct mr_entry *entry = mr_entries_at(
		entries, mr_entries_bound(entries, key, false));

	return has_key(entry, key) ? entry : NULL;
}

/* Makes a place for one entry: moves it away from the end and splits a full chunk. */
static bool open_place(struct mr_entries *entries, struct mr_place *place)
{
	bool at_end = place->chunk == entries->chunk_count;

	if (at_end && place->chunk > 0) {
		place->chunk--;
		place->at = entries->chunks[place->chunk]->count;
	}
	if (entries->chunk_count && entries->chunks[place->chunk]->count < MR_CHUNK_ENTRIES)
		return own_chunk(entries, place->chunk) != NULL;
	if (!make_room(entries) || (!at_end && !own_chunk(entries, place->chunk)))
		return false;
	struct mr_chunk *right = chunk_new();
	if (!right)
		return false;
	if (at_end) { /* keys that come in order fill their chunks */
		*place = (struct mr_place){ entries->chunk_count, 0 };
		insert_chunk(entries, place->chunk, right);
		return true;
	}
	struct mr_chunk *left = entries->chunks[place->chunk];
	left->count = MR_CHUNK_ENTRIES / 2;
	right->count = MR_CHUNK_ENTRIES - left->count;
	memcpy(right->entries, left->entries + left->count,
		right->count * sizeof(struct mr_entry *));
	insert_chunk(entries, place->chunk + 1, right);
	if (place->at > left->count)
		*place = (struct mr_place){ place->chunk + 1, place->at - left->count };
	return true;
}

static mr_result check_bounds(size_t count, size_t size, struct mr_error *err)
{
	if (count > MR_STATE_MAX_KEYS)
		return mr_fail(
			err, MR_CODE_LIMIT, "state has more than %zu entries", MR_STATE_MAX_KEYS);
	if (size > MR_STATE_MAX_SIZE)
		return mr_fail(err, MR_CODE_LIMIT, "state larger than the limit of %zu bytes",
			MR_STATE_MAX_SIZE);
	return MR_OK;
}

mr_result mr_entries_put(struct mr_entries *entries, struct mr_entry *take, struct mr_error *err)
{
	struct mr_str key = { take->bytes, take->key_len };
	struct mr_place place = mr_entries_bound(entries, key, false);
	const struct mr_entry *old = mr_entries_at(entries, place);
	size_t size = entries->size + mr_entry_json_size(take);

	if (has_key(old, key)) {
		size -= mr_entry_json_size(old);
		MR_TRY(check_bounds(entries->count, size, err));
		struct mr_chunk *chunk = own_chunk(entries, place.chunk);
		if (!chunk)
			return mr_fail_nomem(err);
		mr_entry_unref(chunk->entries[place.at]);
		chunk->entries[place.at] = take;
	} else {
		MR_TRY(check_bounds(entries->count + 1, size, err));
		if (!open_place(entries, &place))
			return mr_fail_nomem(err);
		struct mr_chunk *chunk = entries->chunks[place.chunk];
		memmove(chunk->entries + place.at + 1, chunk->entries + place.at,
			(chunk->count - place.at) * sizeof(struct mr_entry *));
		chunk->entries[place.at] = take;
		chunk->count++;
		entries->count++;
	}
	entries->size = size;
	return MR_OK;
}

mr_result mr_entries_remove(
	struct mr_entries *entries, struct mr_place place, size_t count, struct mr_error *err)
{
	struct mr_chunk *chunk = own_chunk(entries, place.chunk);

	if (!chunk)
		return mr_fail_nomem(err);
	for (size_t i = place.at; i < place.at + count; i++) {
		entries->size -= mr_entry_json_size(chunk->entries[i]);
		mr_entry_unref(chunk->entries[i]);
	}
	chunk->count -= count;
	memmove(chunk->entries + place.at, chunk->entries + place.at + count,
		(chunk->count - place.at) * sizeof(struct mr_entry *));
	entries->count -= count;
	if (chunk->count == 0) {
		chunk_unref(chunk);
		entries->chunk_count--;
		memmove(entries->chunks + place.chunk, entries->chunks + place.chunk + 1,
			(entries->chunk_count - place.chunk) * sizeof(struct mr_chunk *));
	}
	return MR_OK;
}
