/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "store/file_store_internal.h"
#include "store/seal_provider.h"

enum { KEY_FILES = 2 };

const char *const mr_data_names[3] = { MR_DATA_NAME, MR_DATA_TMP, MR_DATA_OLD };
const char *const mr_key_names[KEY_FILES] = { MR_KEY_NAME, MR_KEY_TMP };

/* A sealed_data file that may be the state. */
struct candidate {
	enum mr_generation from;
	struct mr_buf *sealed; /* in the store */
	uint8_t hash[MR_SHA256_SIZE];
};

struct loading {
	struct mr_file_store *store;
	struct candidate candidates[2];
	size_t count;
	bool is_interrupted; /* no sealed_data, but a .tmp of it */
	/* what has been found */
	bool is_open;
	struct mr_opened_key key;
	struct mr_secret plain;
	/* why not; the first reason is that of the files that should have fitted */
	bool has_reason;
	struct mr_error reason;
};

static void loading_done(struct loading *l)
{
	mr_opened_key_done(&l->key);
	mr_secret_done(&l->plain);
}
MR_DEFINE_AUTO(loading, struct loading, loading_done)

static void note_reason(struct loading *l, const struct mr_error *err)
{
	if (!l->has_reason)
		l->reason = *err;
	l->has_reason = true;
}

static mr_result add_candidate(struct loading *l, enum mr_generation from, struct mr_error *err)
{
	struct candidate *c = &l->candidates[l->count];
	struct mr_bytes recovery_data;
	struct mr_bytes box;

	*c = (struct candidate){ .from = from, .sealed = &l->store->sealed[l->count] };
	MR_TRY(mr_wrap(err, mr_seal_dir_read(&l->store->dir, mr_data_names[from], c->sealed, err),
		"reading sealed data from disk"));
	MR_TRY(mr_wrap(err,
		mr_sealed_data_split(mr_buf_bytes(c->sealed), &recovery_data, &box, err),
		"unsealing state"));
	MR_TRY(mr_sha256(mr_buf_bytes(c->sealed), c->hash, err));
	l->count++;
	return MR_OK;
}

/* The result of add_candidate for a file that may be absent or cut. A file that cannot be read is
 * no such: what is in it may be newer than what else is there. */
static mr_result tolerate(struct loading *l, mr_result added, const struct mr_error *err)
{
	if (!mr_failed(added))
		return MR_OK;
	if (added.code != MR_CODE_NOT_FOUND && added.code != MR_CODE_INVALID)
		return added;
	note_reason(l, err);
	mr_buf_done(&l->store->sealed[l->count]);
	return MR_OK;
}

static mr_result find_candidates(struct loading *l, struct mr_error *err)
{
	mr_result r = add_candidate(l, MR_GENERATION_CURRENT, err);

	if (r.code != MR_CODE_NOT_FOUND)
		return r;
	r = add_candidate(l, MR_GENERATION_TMP, err);
	if (r.code == MR_CODE_NOT_FOUND)
		return MR_OK; /* whatever .old says: removing sealed_data is how to begin anew */
	l->is_interrupted = true;
	MR_TRY(tolerate(l, r, err));
	return tolerate(l, add_candidate(l, MR_GENERATION_OLD, err), err);
}

/* Opens a candidate with a sealed key that is taken to be bound to the data with `hash`. */
static mr_result try_open(struct loading *l, const struct candidate *c, struct mr_bytes sealed_key,
	const uint8_t hash[static MR_SHA256_SIZE], struct mr_error *err)
{
	MR_AUTO(opened_key) struct mr_opened_key key = { .form = MR_KEY_FORM_RAW };

	const struct mr_seal_provider *provider = l->store->provider;
	mr_result r = provider ? mr_provided_key_open(provider, sealed_key, hash, &key, err)
			       : mr_sealed_key_open(sealed_key, hash, &key, err);
	MR_TRY(mr_wrap(err, r, "cannot unseal encryption key: decrypting data key"));
	MR_TRY(mr_wrap(err,
		mr_sealed_data_open(
			mr_buf_bytes(c->sealed), mr_secret_bytes(&key.dek), &l->plain, err),
		"retry unsealing state with loaded key"));
	l->key = key;
	key.dek = (struct mr_secret){ NULL, 0 };
	l->is_open = true;
	return MR_OK;
}

/* Tries one key file on one candidate; after an interrupted replace also as bound to the other one,
 * since the DEK seldom changes. Fails for want of memory or of a provider's answer alone. */
static mr_result try_key(struct loading *l, size_t candidate, enum mr_generation key_from,
	struct mr_bytes sealed_key, struct mr_error *err)
{
	const struct candidate *c = &l->candidates[candidate];
	bool provided = l->store->provider != NULL;

	for (size_t i = 0; i < l->count; i++) {
		const struct candidate *bound_to = &l->candidates[(candidate + i) % l->count];
		mr_result r = try_open(l, c, sealed_key, bound_to->hash, err);
		/* a seal key that cannot be had now is not a wrong one: recovery would give up the state */
		if (r.code == MR_CODE_NOMEM ||
			(mr_failed(r) && r.code != MR_CODE_CRYPTO && provided))
			return r;
		if (mr_failed(r)) {
			note_reason(l, err);
			continue;
		}
		l->store->data_from = c->from;
		l->store->key_from = key_from;
		l->store->key_elsewhere = l->key.bound && bound_to != c;
		memcpy(l->store->data_hash, c->hash, sizeof c->hash);
		return MR_OK;
	}
	return MR_OK;
}

/* A key file that cannot be read is as good as none. */
static mr_result read_key(struct loading *l, enum mr_generation from, struct mr_buf *out,
	bool *ret_present, struct mr_error *err)
{
	mr_result r = mr_seal_dir_read(&l->store->dir, mr_key_names[from], out, err);

	*ret_present = !mr_failed(r);
	if (r.code == MR_CODE_NOMEM)
		return r;
	r = mr_wrap(err, r, "cannot unseal encryption key: reading encrypted key from disk");
	if (mr_failed(r) && from == MR_GENERATION_CURRENT)
		note_reason(l, err);
	return MR_OK;
}

static mr_result try_all(struct loading *l, struct mr_error *err)
{
	struct mr_buf keys[KEY_FILES];
	bool present[KEY_FILES] = { false, false };
	mr_result r = MR_OK;

	for (size_t k = 0; k < KEY_FILES; k++)
		mr_buf_init_secret(&keys[k], MR_SEALED_KEY_MAX);
	for (size_t k = 0; k < KEY_FILES && !mr_failed(r); k++)
		r = read_key(l, (enum mr_generation)k, &keys[k], &present[k], err);
	for (size_t i = 0; i < l->count * KEY_FILES && !l->is_open && !mr_failed(r); i++) {
		size_t k = i % KEY_FILES;
		if (present[k])
			r = try_key(l, i / KEY_FILES, (enum mr_generation)k, mr_buf_bytes(&keys[k]),
				err);
	}
	for (size_t k = 0; k < KEY_FILES; k++)
		mr_buf_done(&keys[k]);
	return r;
}

static void warn_of_oddities(const struct loading *l)
{
	const struct mr_file_store *store = l->store;

	if (store->data_from != MR_GENERATION_CURRENT || store->key_from != MR_GENERATION_CURRENT)
		MR_LOG(store->log, MR_LOG_WARN, "A write of the state was interrupted",
			mr_log_cstr("data", mr_data_names[store->data_from]),
			mr_log_cstr("key", mr_key_names[store->key_from]));
	if (l->key.outdated)
		MR_LOG_PLAIN(store->log, MR_LOG_WARN,
			"The sealed key is of an old release and not bound to the sealed data");
}

/* Nothing opens. Without an older generation, what is in .tmp never was a state that counted: its
 * write was the first one, and nobody got an answer to it. */
static enum mr_load_result without_key(struct loading *l)
{
	bool had_state = l->count > 0 && l->candidates[l->count - 1].from != MR_GENERATION_TMP;
	struct mr_file_store *store = l->store;

	if (!had_state) {
		mr_file_store_drop_sealed(store);
		if (l->is_interrupted)
			MR_LOG_PLAIN(store->log, MR_LOG_WARN,
				"The first write of a state was interrupted: as if never begun");
		return MR_LOAD_FRESH;
	}
	(void)snprintf(store->not_opened, sizeof store->not_opened, "%s", l->reason.message);
	MR_LOG(store->log, MR_LOG_WARN, "The sealed state cannot be opened",
		mr_log_error(&l->reason));
	return MR_LOAD_RECOVERY;
}

static mr_result keep_recovery_data(
	struct mr_file_store *store, const struct mr_buf *sealed, struct mr_error *err)
{
	struct mr_bytes recovery_data;
	struct mr_bytes box;

	MR_TRY(mr_sealed_data_split(mr_buf_bytes(sealed), &recovery_data, &box, err));
	mr_buf_put_bytes(&store->recovery_data, recovery_data);
	return mr_buf_status(&store->recovery_data, err);
}

static mr_result take_state(struct loading *l, struct mr_state **ret, struct mr_error *err)
{
	struct mr_file_store *store = l->store;
	const struct mr_buf *sealed = store->data_from == l->candidates[0].from ? &store->sealed[0]
										: &store->sealed[1];

	MR_TRY(keep_recovery_data(store, sealed, err));
	mr_file_store_drop_sealed(store);
	MR_TRY(mr_file_store_parse(mr_secret_bytes(&l->plain), ret, err));
	warn_of_oddities(l);
	store->form = l->key.form;
	store->dek = mr_secret_move(&l->key.dek);
	store->is_loaded = *ret != NULL;
	return MR_OK;
}

struct mr_load_facts mr_file_store_facts(const struct mr_file_store *store)
{
	return (struct mr_load_facts){
		.data_name = mr_data_names[store->data_from],
		.key_name = mr_key_names[store->key_from == MR_GENERATION_TMP],
		.dek_size = store->dek.len,
		.not_opened = store->not_opened,
	};
}

mr_result mr_file_store_load(struct mr_file_store *store, enum mr_load_result *ret_result,
	struct mr_state **ret_state, struct mr_error *err)
{
	MR_AUTO(loading) struct loading l = { .store = store };
	struct mr_state *state = NULL;

	MR_TRY(find_candidates(&l, err));
	if (l.count)
		MR_TRY(try_all(&l, err));
	if (!l.is_open) {
		*ret_result = without_key(&l);
		if (*ret_result == MR_LOAD_FRESH)
			return MR_OK;
		store->data_from = l.candidates[0].from;
		return keep_recovery_data(store, &store->sealed[0], err);
	}
	MR_TRY(take_state(&l, &state, err));
	*ret_result = state ? MR_LOAD_STATE : MR_LOAD_FRESH;
	if (state)
		*ret_state = state;
	return MR_OK;
}
