/* SPDX-License-Identifier: Apache-2.0 */
#include "store/file_store.h"

#include <stdlib.h>

#include "store/file_store_internal.h"
#include "store/seal_provider.h"

static void init(struct mr_file_store *store, enum mr_key_form form, struct mr_logger *log)
{
	(void)pthread_mutex_init(&store->sealed_lock, NULL);
	store->log = log;
	store->form = form;
	mr_buf_init(&store->recovery_data, MR_SEALED_DATA_MAX);
	for (size_t i = 0; i < MR_COUNT(store->sealed); i++)
		mr_buf_init(&store->sealed[i], MR_SEALED_DATA_MAX);
}

mr_result mr_file_store_open(const char *directory, bool simulation, struct mr_logger *log,
	struct mr_file_store **ret, struct mr_error *err)
{
	struct mr_file_store *store = calloc(1, sizeof *store);

	if (!store)
		return mr_fail_nomem(err);
	mr_result r = mr_seal_dir_open(directory, log, &store->dir, err);
	if (mr_failed(r)) {
		free(store);
		return r;
	}
	init(store, simulation ? MR_KEY_FORM_SIMULATION : MR_KEY_FORM_RAW, log);
	*ret = store;
	return MR_OK;
}

mr_result mr_file_store_look(
	const char *directory, struct mr_file_store **ret, bool *ret_in_use, struct mr_error *err)
{
	struct mr_file_store *store = calloc(1, sizeof *store);

	if (!store)
		return mr_fail_nomem(err);
	mr_result r = mr_seal_dir_look(directory, &store->dir, ret_in_use, err);
	if (mr_failed(r)) {
		free(store);
		return r;
	}
	init(store, MR_KEY_FORM_RAW, NULL);
	store->is_looking = true;
	*ret = store;
	return MR_OK;
}

void mr_file_store_use_provider(
	struct mr_file_store *store, const struct mr_seal_provider *provider)
{
	store->provider = provider;
	store->form = MR_KEY_FORM_PROVIDED;
}

void mr_file_store_drop_sealed(struct mr_file_store *store)
{
	for (size_t i = 0; i < MR_COUNT(store->sealed); i++)
		mr_buf_done(&store->sealed[i]);
}

void mr_file_store_close(struct mr_file_store *store)
{
	if (!store)
		return;
	mr_file_store_drop_sealed(store);
	(void)pthread_mutex_destroy(&store->sealed_lock);
	mr_secret_done(&store->dek);
	mr_buf_done(&store->recovery_data);
	mr_seal_dir_close(&store->dir);
	free(store);
}

void mr_file_store_set_mode(struct mr_file_store *store, enum mr_seal_mode mode)
{
	store->mode = mode;
	store->is_protected = store->is_loaded || store->is_protected;
}

struct mr_bytes mr_file_store_recovery_data(const struct mr_file_store *store)
{
	return mr_buf_bytes(&store->recovery_data);
}

mr_result mr_file_store_parse(struct mr_bytes plain, struct mr_state **ret, struct mr_error *err)
{
	struct mr_state *state = NULL;

	if (plain.len)
		MR_TRY(mr_wrap(err, mr_state_parse(mr_bytes_str(plain), &state, err),
			"unmarshalling state"));
	*ret = state;
	return MR_OK;
}

/* With the lock held. */
static mr_result open_sealed(const struct mr_file_store *store, struct mr_bytes dek,
	struct mr_secret *ret_plain, struct mr_error *err)
{
	struct mr_error second;

	if (store->sealed[0].len == 0)
		return mr_fail(err, MR_CODE_STATE, "no sealed state to recover");
	mr_result r = mr_sealed_data_open(mr_buf_bytes(&store->sealed[0]), dek, ret_plain, err);
	if (mr_failed(r) && store->sealed[1].len)
		r = mr_sealed_data_open(mr_buf_bytes(&store->sealed[1]), dek, ret_plain, &second);
	return r;
}

mr_result mr_file_store_recover(struct mr_file_store *store, struct mr_bytes dek,
	struct mr_state **ret_state, struct mr_error *err)
{
	MR_AUTO(secret) struct mr_secret plain = { NULL, 0 };
	struct mr_state *state = NULL;

	(void)pthread_mutex_lock(&store->sealed_lock);
	mr_result r = open_sealed(store, dek, &plain, err);
	(void)pthread_mutex_unlock(&store->sealed_lock);
	MR_TRY(r);
	MR_TRY(mr_file_store_parse(mr_secret_bytes(&plain), &state, err));
	if (!state)
		return mr_fail(err, MR_CODE_INVALID, "no sealed data found in state");
	*ret_state = state;
	return MR_OK;
}

bool mr_file_store_may_recover(struct mr_file_store *store, struct mr_bytes dek)
{
	bool may = false;

	(void)pthread_mutex_lock(&store->sealed_lock);
	for (size_t i = 0; i < MR_COUNT(store->sealed); i++)
		may = may || mr_sealed_data_may_open(mr_buf_bytes(&store->sealed[i]), dek);
	(void)pthread_mutex_unlock(&store->sealed_lock);
	return may;
}

/* --- commit --- */

/* What a commit seals with: the present protection or the next one. */
struct sealing {
	enum mr_seal_mode mode;
	struct mr_bytes recovery_data;
	struct mr_bytes dek;
};

static mr_result make_key(const struct mr_file_store *store, const struct sealing *sealing,
	const uint8_t hash[static MR_SHA256_SIZE], struct mr_buf *out, struct mr_error *err)
{
	mr_buf_init_secret(out, MR_SEALED_KEY_MAX);
	mr_result r = store->provider ? mr_provided_key_make(store->provider, sealing->dek, hash,
						sealing->mode, out, err)
				      : mr_sealed_key_make(sealing->dek, hash, store->form,
						sealing->mode, out, err);
	return mr_wrap(err, r, "sealing encryption key");
}

static mr_result rename_durably(
	const struct mr_seal_dir *dir, const char *from, const char *to, struct mr_error *err)
{
	MR_TRY(mr_seal_dir_rename(dir, from, to, err));
	return mr_seal_dir_sync(dir, err);
}

/* After a load from an interrupted replace: gives the files that were taken their names, so that
 * the next replace has a good pair to begin with. Each step leaves what loads the same, and is on
 * disk before the next. */
static mr_result finish_interrupted(struct mr_file_store *store, struct mr_error *err)
{
	const struct sealing present = { .mode = store->mode, .dek = mr_secret_bytes(&store->dek) };
	const struct mr_seal_dir *dir = &store->dir;

	if (store->key_elsewhere) {
		MR_AUTO(buf) struct mr_buf key = { 0 };
		MR_TRY(make_key(store, &present, store->data_hash, &key, err));
		if (store->key_from == MR_GENERATION_TMP)
			MR_TRY(rename_durably(dir, MR_KEY_TMP, MR_KEY_NAME, err));
		store->key_from = MR_GENERATION_CURRENT;
		MR_TRY(mr_seal_dir_write(dir, MR_KEY_TMP, mr_buf_bytes(&key), err));
		MR_TRY(mr_seal_dir_sync(dir, err));
		store->key_from = MR_GENERATION_TMP;
		store->key_elsewhere = false;
	}
	if (store->data_from != MR_GENERATION_CURRENT)
		MR_TRY(rename_durably(dir, mr_data_names[store->data_from], MR_DATA_NAME, err));
	store->data_from = MR_GENERATION_CURRENT;
	if (store->key_from != MR_GENERATION_CURRENT)
		MR_TRY(rename_durably(dir, MR_KEY_TMP, MR_KEY_NAME, err));
	store->key_from = MR_GENERATION_CURRENT;
	return MR_OK;
}

static mr_result seal(const struct mr_file_store *store, const struct mr_state *state,
	const struct sealing *sealing, struct mr_buf *data, struct mr_buf *key,
	struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf plain = { 0 };
	uint8_t hash[MR_SHA256_SIZE];

	mr_buf_init_secret(&plain, MR_STATE_MAX_SIZE);
	mr_state_write(state, &plain);
	MR_TRY(mr_wrap(err, mr_buf_status(&plain, err), "encrypting data"));
	MR_TRY(mr_sealed_data_make(
		sealing->recovery_data, mr_buf_bytes(&plain), sealing->dek, data, err));
	MR_TRY(mr_sha256(mr_buf_bytes(data), hash, err));
	return make_key(store, sealing, hash, key, err);
}

static mr_result write_state(struct mr_file_store *store, const struct mr_state *state,
	const struct sealing *sealing, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf data = { .max = MR_SEALED_DATA_MAX };
	MR_AUTO(buf) struct mr_buf key = { .max = MR_SEALED_KEY_MAX };

	MR_TRY(seal(store, state, sealing, &data, &key, err));
	store->is_retired = false;
	return mr_replace_pair(&store->dir, &store->replace, mr_buf_bytes(&data),
		mr_buf_bytes(&key), store->log, err);
}

static mr_result retire(struct mr_file_store *store, struct mr_error *err)
{
	if (!store->is_retired)
		MR_TRY(mr_retire_pair(&store->dir, &store->replace, err));
	store->is_retired = true;
	return MR_OK;
}

static mr_result make_durable(struct mr_file_store *store, const struct mr_state *state,
	const struct sealing *sealing, struct mr_error *err)
{
	bool is_interrupted = store->data_from != MR_GENERATION_CURRENT ||
			      store->key_from != MR_GENERATION_CURRENT || store->key_elsewhere;

	if (is_interrupted)
		MR_TRY(mr_wrap(err, finish_interrupted(store, err),
			"writing sealed data file: replacing file"));
	if (sealing->mode == MR_SEAL_DISABLED)
		return retire(store, err);
	return write_state(store, state, sealing, err);
}

mr_result mr_file_store_commit(struct mr_file_store *store, const struct mr_state *state,
	const struct mr_protection *protection, struct mr_error *err)
{
	MR_AUTO(secret) struct mr_secret dek = { NULL, 0 };
	MR_AUTO(buf) struct mr_buf recovery_data = { .max = MR_SEALED_DATA_MAX };
	struct sealing sealing = {
		.mode = store->mode,
		.recovery_data = mr_buf_bytes(&store->recovery_data),
		.dek = mr_secret_bytes(&store->dek),
	};

	if (store->is_looking)
		return mr_fail(err, MR_CODE_INTERNAL, "the seal directory is open for reading");
	if (!protection && !store->is_protected && store->is_loaded)
		return mr_fail(err, MR_CODE_INTERNAL, "seal mode of the loaded state not set");
	if (!protection && !store->is_protected)
		return MR_OK;
	bool is_new = protection && protection->dek.len > 0;
	if (is_new) {
		MR_TRY(mr_secret_copy(protection->dek, &dek, err));
		mr_buf_put_bytes(&recovery_data, protection->recovery_data);
		MR_TRY(mr_buf_status(&recovery_data, err));
		sealing.recovery_data = mr_buf_bytes(&recovery_data);
		sealing.dek = mr_secret_bytes(&dek);
	}
	if (protection)
		sealing.mode = protection->mode;
	mr_result r = make_durable(store, state, &sealing, err);
	if (r.code == MR_CODE_NOT_FOUND || r.code == MR_CODE_UNSUPPORTED)
		r.code = err->code = MR_CODE_IO; /* of a file: not what a caller asked for */
	MR_TRY(r);
	if (is_new) {
		struct mr_buf before = store->recovery_data;
		mr_secret_done(&store->dek);
		store->dek = mr_secret_move(&dek);
		store->recovery_data = recovery_data;
		recovery_data = before;
	}
	if (protection) {
		store->mode = protection->mode;
		store->is_protected = true;
		(void)pthread_mutex_lock(&store->sealed_lock);
		mr_file_store_drop_sealed(store);
		(void)pthread_mutex_unlock(&store->sealed_lock);
	}
	return MR_OK;
}
