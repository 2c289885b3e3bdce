/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/utf8.h"
#include "store/entries.h"
#include "store/state.h"
#include "store/state_internal.h"

struct mr_tx {
	struct mr_state *base; /* as begun */
	struct mr_entries entries;
	bool changed;
};

mr_result mr_tx_new(struct mr_state *base, struct mr_tx **ret, struct mr_error *err)
{
	struct mr_tx *tx = calloc(1, sizeof *tx);

	if (!tx)
		return mr_fail_nomem(err);
	mr_result r = mr_entries_copy(mr_state_entries(base), &tx->entries, err);
	if (mr_failed(r)) {
		free(tx);
		return r;
	}
	tx->base = mr_state_ref(base);
	*ret = tx;
	return MR_OK;
}

void mr_tx_free(struct mr_tx *tx)
{
	if (!tx)
		return;
	mr_entries_done(&tx->entries);
	mr_state_unref(tx->base);
	free(tx);
}

bool mr_tx_get(const struct mr_tx *tx, struct mr_str key, struct mr_bytes *ret)
{
	const struct mr_entry *entry = mr_entries_find(&tx->entries, key);

	if (!entry)
		return false;
	*ret = mr_entry_view(entry).value;
	return true;
}

mr_result mr_tx_need(
	const struct mr_tx *tx, struct mr_str key, struct mr_bytes *ret, struct mr_error *err)
{
	if (!mr_tx_get(tx, key, ret))
		return mr_fail(err, MR_CODE_NOT_FOUND, "requested value not set");
	return MR_OK;
}

struct mr_tx_use mr_tx_use(const struct mr_tx *tx, struct mr_str prefix)
{
	struct mr_tx_use use = { tx->entries.count, tx->entries.size };

	if (prefix.len == 0)
		return use;
	struct mr_place place = mr_entries_bound(&tx->entries, prefix, false);
	const struct mr_entry *entry = mr_entries_at(&tx->entries, place);
	use = (struct mr_tx_use){ 0 };
	for (; entry && mr_str_starts(mr_entry_view(entry).key, prefix);
		entry = mr_entries_next(&tx->entries, &place)) {
		use.count++;
		use.size += mr_entry_json_size(entry);
	}
	return use;
}

mr_result mr_tx_put(
	struct mr_tx *tx, struct mr_str key, struct mr_bytes value, struct mr_error *err)
{
	MR_AUTO(entry) struct mr_entry *entry = NULL;
	struct mr_bytes present;

	if (!mr_utf8_valid(key))
		return mr_fail(err, MR_CODE_INVALID, "key of the state is not valid UTF-8");
	if (mr_tx_get(tx, key, &present) && mr_bytes_eq(present, value))
		return MR_OK;
	MR_TRY(mr_entry_new(key, value, false, &entry, err));
	MR_TRY(mr_entries_put(&tx->entries, entry, err));
	entry = NULL;
	tx->changed = true;
	return MR_OK;
}

mr_result mr_tx_delete(struct mr_tx *tx, struct mr_str key, struct mr_error *err)
{
	if (!mr_entries_find(&tx->entries, key))
		return MR_OK;
	MR_TRY(mr_entries_remove(&tx->entries, mr_entries_bound(&tx->entries, key, false), 1, err));
	tx->changed = true;
	return MR_OK;
}

mr_result mr_tx_delete_prefix(struct mr_tx *tx, struct mr_str prefix, struct mr_error *err)
{
	for (;;) {
		struct mr_place from = mr_entries_bound(&tx->entries, prefix, false);
		struct mr_place to = mr_entries_bound(&tx->entries, prefix, true);
		if (from.chunk == to.chunk && from.at == to.at)
			return MR_OK;
		size_t end = from.chunk == to.chunk
				     ? to.at
				     : mr_chunk_count(tx->entries.chunks[from.chunk]);
		MR_TRY(mr_entries_remove(&tx->entries, from, end - from.at, err));
		tx->changed = true;
	}
}

bool mr_tx_changed(const struct mr_tx *tx)
{
	return tx->changed;
}

/* An entry of another transaction, itself and not a copy. */
static mr_result put_shared(struct mr_tx *tx, struct mr_entry *entry, struct mr_error *err)
{
	const struct mr_state_entry view = mr_entry_view(entry);
	struct mr_bytes present;

	if (mr_tx_get(tx, view.key, &present) && mr_bytes_eq(present, view.value))
		return MR_OK;
	MR_AUTO(entry) struct mr_entry *shared = mr_entry_ref(entry);
	MR_TRY(mr_entries_put(&tx->entries, shared, err));
	shared = NULL;
	tx->changed = true;
	return MR_OK;
}

/* Both maps are sorted and share the entries that did not change, so one walk over both finds the
 * difference. */
mr_result mr_tx_replay(const struct mr_tx *from, struct mr_tx *to, struct mr_error *err)
{
	const struct mr_entries *base = mr_state_entries(from->base);
	struct mr_place old_place = { 0, 0 };
	struct mr_place new_place = { 0, 0 };
	const struct mr_entry *old = mr_entries_at(base, old_place);
	struct mr_entry *new = mr_entries_at(&from->entries, new_place);

	while (old || new) {
		int order = !old   ? 1
			    : !new ? -1
				   : mr_str_cmp(mr_entry_view(old).key, mr_entry_view(new).key);
		if (order < 0)
			MR_TRY(mr_tx_delete(to, mr_entry_view(old).key, err));
		else if (old != new)
			MR_TRY(put_shared(to, new, err));
		if (order <= 0)
			old = mr_entries_next(base, &old_place);
		if (order >= 0)
			new = mr_entries_next(&from->entries, &new_place);
	}
	return MR_OK;
}

mr_result mr_tx_build(const struct mr_tx *tx, struct mr_state **ret, struct mr_error *err)
{
	return mr_state_of(&tx->entries, ret, err);
}
