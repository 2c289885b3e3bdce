/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries: the sorted map behind states and transactions. Keys and values are immutable and shared;
 * pointers to them lie in chunks that are shared too and copied when they are changed, so that a
 * copy of 20,000 entries costs a few hundred pointers. Private to this room.
 */
#ifndef MR_STORE_ENTRIES_H
#define MR_STORE_ENTRIES_H

#include "store/state.h"

enum { MR_CHUNK_ENTRIES = 128 };

struct mr_entry; /* a key and its value, reference-counted */
struct mr_chunk; /* up to MR_CHUNK_ENTRIES entries in order, never empty, reference-counted */

/* Zeroed: empty. */
struct mr_entries {
	struct mr_chunk **chunks; /* in order */
	size_t chunk_count;
	size_t chunk_room;
	size_t count; /* entries */
	size_t size;  /* bytes of the JSON form, escapes in keys not counted */
};

/* Where an entry is, or would be. At the end: chunk == chunk_count, at == 0. */
struct mr_place {
	size_t chunk;
	size_t at;
};

/* Copies key and value. `is_null` tells JSON null from an empty value. */
MR_MUST_USE mr_result mr_entry_new(struct mr_str key, struct mr_bytes value, bool is_null,
	struct mr_entry **ret, struct mr_error *err);
/* One more reference to what is immutable, the caller's. */
struct mr_entry *mr_entry_ref(struct mr_entry *entry);
/* Wipes and frees with the last reference. Accepts NULL. */
void mr_entry_unref(struct mr_entry *entry);
struct mr_state_entry mr_entry_view(const struct mr_entry *entry);
bool mr_entry_is_null(const struct mr_entry *entry);
/* Bytes of the blob that it makes, escapes in the key not counted. */
size_t mr_entry_json_size(const struct mr_entry *entry);

/* A copy that shares all chunks. */
MR_MUST_USE mr_result mr_entries_copy(
	const struct mr_entries *from, struct mr_entries *ret, struct mr_error *err);
void mr_entries_done(struct mr_entries *entries);

/* The first entry whose key is not before `key`; with `beyond` the first one that comes after `key`
 * and does not start with it. */
struct mr_place mr_entries_bound(const struct mr_entries *entries, struct mr_str key, bool beyond);
/* The entry at a place, NULL at the end. Borrowed. */
struct mr_entry *mr_entries_at(const struct mr_entries *entries, struct mr_place place);
/* Moves a place on and gives the entry there, NULL at the end. Borrowed. */
struct mr_entry *mr_entries_next(const struct mr_entries *entries, struct mr_place *place);
/* The entry with this key or NULL. Borrowed. */
const struct mr_entry *mr_entries_find(const struct mr_entries *entries, struct mr_str key);
size_t mr_chunk_count(const struct mr_chunk *chunk);

/* Takes the reference on success, in place of an entry with the same key. On failure nothing has
 * changed. Errors: MR_CODE_LIMIT at the bounds of state.h, MR_CODE_NOMEM. */
MR_MUST_USE mr_result mr_entries_put(
	struct mr_entries *entries, struct mr_entry *take, struct mr_error *err);
/* Removes the `count` entries from `place` on, all in its chunk. On failure nothing has changed. */
MR_MUST_USE mr_result mr_entries_remove(
	struct mr_entries *entries, struct mr_place place, size_t count, struct mr_error *err);

MR_DEFINE_AUTO_PTR(entry, struct mr_entry, mr_entry_unref)
MR_DEFINE_AUTO(entries, struct mr_entries, mr_entries_done)

#endif
