/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state: an immutable, reference-counted map from text key to opaque bytes (40 §4), and transactions that make the
 * next one. Readers share a state across threads without a lock. Values are shared between states; all are wiped when
 * the last one that holds them goes.
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
/* From the JSON blob of 40 §4.1/4.2: values byte-identical, unknown keys kept; null values read as empty. */
MR_MUST_USE mr_result mr_state_parse(struct mr_str json, struct mr_state **ret, struct mr_error *err);
/* The JSON blob, keys in byte order, no white space, into a secret buffer. */
void mr_state_write(const struct mr_state *state, struct mr_buf *out);
struct mr_state *mr_state_ref(struct mr_state *state);
void mr_state_unref(struct mr_state *state);

/* False if absent. The value lives as long as the state. */
bool mr_state_get(const struct mr_state *state, struct mr_str key, struct mr_bytes *ret);
size_t mr_state_count(const struct mr_state *state);
/* The entries whose key starts with `prefix`, in byte order: index of the first one and how many. */
size_t mr_state_range(const struct mr_state *state, struct mr_str prefix, size_t *ret_first);
struct mr_state_entry mr_state_at(const struct mr_state *state, size_t index);

/* --- transactions: private changes over a base state; one thread --- */

struct mr_tx;

MR_MUST_USE mr_result mr_tx_new(struct mr_state *base, struct mr_tx **ret, struct mr_error *err);
void mr_tx_free(struct mr_tx *tx);
/* Base and own changes. The value is valid until the next change of that key. */
bool mr_tx_get(const struct mr_tx *tx, struct mr_str key, struct mr_bytes *ret);
/* The value, or MR_CODE_NOT_FOUND `requested value not set` (40 §5). */
MR_MUST_USE mr_result mr_tx_need(const struct mr_tx *tx, struct mr_str key, struct mr_bytes *ret,
				 struct mr_error *err);
/* Copies the value. */
MR_MUST_USE mr_result mr_tx_put(struct mr_tx *tx, struct mr_str key, struct mr_bytes value, struct mr_error *err);
/* Deleting an absent key is fine. */
MR_MUST_USE mr_result mr_tx_delete(struct mr_tx *tx, struct mr_str key, struct mr_error *err);
MR_MUST_USE mr_result mr_tx_delete_prefix(struct mr_tx *tx, struct mr_str prefix, struct mr_error *err);
bool mr_tx_changed(const struct mr_tx *tx);
/* Makes the changes of `from` in `to`, which may have another base; values are shared, not copied. */
MR_MUST_USE mr_result mr_tx_replay(const struct mr_tx *from, struct mr_tx *to, struct mr_error *err);
/* The next state: base with the changes. The transaction stays as it is. */
MR_MUST_USE mr_result mr_tx_build(const struct mr_tx *tx, struct mr_state **ret, struct mr_error *err);

MR_DEFINE_AUTO_PTR(state, struct mr_state, mr_state_unref)
MR_DEFINE_AUTO_PTR(tx, struct mr_tx, mr_tx_free)

#endif
