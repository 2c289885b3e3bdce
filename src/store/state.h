/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state: an immutable, reference-counted map from text key to opaque bytes (40 §4), and
 * transactions that make the next one. Readers share a state across threads without a lock. Keys
 * and values are shared between states; each is wiped when the last state that holds it goes.
 */
#ifndef MR_STORE_STATE_H
#define MR_STORE_STATE_H

#include "base/bytes.h"
#include "base/secret.h"

#define MR_STATE_MAX_SIZE ((size_t)256 << 20) /* of the serialised blob */
#define MR_STATE_MAX_KEYS ((size_t)1 << 20)

struct mr_state;

struct mr_state_entry {
	struct mr_str key;
	struct mr_bytes value;
};

/* An empty state. */
MR_MUST_USE mr_result mr_state_new(struct mr_state **ret, struct mr_error *err);
/* From the JSON blob of 40 §4.1/4.2: values byte-identical, unknown keys kept, the last of equal
 * keys counts, `null` as a whole is an empty state. A null value reads as empty, and is written as
 * null again until it is replaced. Errors: MR_CODE_INVALID, MR_CODE_LIMIT. */
MR_MUST_USE mr_result mr_state_parse(
	struct mr_str json, struct mr_state **ret, struct mr_error *err);
/* Appends the JSON blob, keys in byte order, no white space. `out` should be a secret buffer; its
 * status tells whether all fitted in. */
void mr_state_write(const struct mr_state *state, struct mr_buf *out);
struct mr_state *mr_state_ref(struct mr_state *state);
/* Accepts NULL. */
void mr_state_unref(struct mr_state *state);

/* False if absent. The value lives as long as the state. */
bool mr_state_get(const struct mr_state *state, struct mr_str key, struct mr_bytes *ret);
size_t mr_state_count(const struct mr_state *state);
/* The entries whose key starts with `prefix`, in byte order: how many, and the index of the first
 * one (where it would be, if there are none). */
size_t mr_state_range(const struct mr_state *state, struct mr_str prefix, size_t *ret_first);
/* The entry at an index below the count, in byte order of keys. */
struct mr_state_entry mr_state_at(const struct mr_state *state, size_t index);

/* --- transactions: private changes over a base state; one thread --- */

struct mr_tx;

/* Begins with the content of `base`, which it needs no more afterwards. */
MR_MUST_USE mr_result mr_tx_new(struct mr_state *base, struct mr_tx **ret, struct mr_error *err);
/* Accepts NULL. */
void mr_tx_free(struct mr_tx *tx);
/* Base and own changes. The value is valid until the next change of that key. */
bool mr_tx_get(const struct mr_tx *tx, struct mr_str key, struct mr_bytes *ret);
/* The value, or MR_CODE_NOT_FOUND `requested value not set` (40 §5). */
MR_MUST_USE mr_result mr_tx_need(
	const struct mr_tx *tx, struct mr_str key, struct mr_bytes *ret, struct mr_error *err);
/* How many keys start with `prefix`, and the bytes of the blob that they make; of all keys at once. */
struct mr_tx_use {
	size_t count, size;
};
struct mr_tx_use mr_tx_use(const struct mr_tx *tx, struct mr_str prefix);
/* Copies the value; the one that is there already is no change. After a failure of this and of
 * mr_tx_delete the transaction is as before. Errors: MR_CODE_INVALID for a key that is not UTF-8
 * (JSON could not keep it), MR_CODE_LIMIT, MR_CODE_NOMEM. */
MR_MUST_USE mr_result mr_tx_put(
	struct mr_tx *tx, struct mr_str key, struct mr_bytes value, struct mr_error *err);
/* Deleting an absent key is fine. */
MR_MUST_USE mr_result mr_tx_delete(struct mr_tx *tx, struct mr_str key, struct mr_error *err);
/* Deletes all keys that start with `prefix`. After a failure some of them may be gone. */
MR_MUST_USE mr_result mr_tx_delete_prefix(
	struct mr_tx *tx, struct mr_str prefix, struct mr_error *err);
/* Has anything been changed since mr_tx_new? */
bool mr_tx_changed(const struct mr_tx *tx);
/* Makes the changes of `from` (against what it began with) in `to`, which may have begun elsewhere;
 * values are shared. After a failure some of them may be made. */
MR_MUST_USE mr_result mr_tx_replay(
	const struct mr_tx *from, struct mr_tx *to, struct mr_error *err);
/* The next state: base with the changes. The transaction stays as it is and can go on. */
MR_MUST_USE mr_result mr_tx_build(
	const struct mr_tx *tx, struct mr_state **ret, struct mr_error *err);

MR_DEFINE_AUTO_PTR(state, struct mr_state, mr_state_unref)
MR_DEFINE_AUTO_PTR(tx, struct mr_tx, mr_tx_free)

#endif
