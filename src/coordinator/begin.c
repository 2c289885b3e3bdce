/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/begin.h"

#include "coordinator/manifest_state.h"
#include "crypto/random.h"

enum { ROOT_SECRET_SIZE = 32 };

/* New CA material, a new root secret and the state's number: all that a state without a manifest has. */
static mr_result begin_afresh(enum mr_coordinator_state number, struct mr_str dns_names,
	int64_t now, struct mr_state **ret, struct mr_error *err)
{
	MR_AUTO(state) struct mr_state *empty = NULL;
	MR_AUTO(tx) struct mr_tx *tx = NULL;
	MR_AUTO(authority) struct mr_authority *authority = NULL;
	MR_AUTO(secret) struct mr_secret root_secret = { NULL, 0 };

	MR_TRY(mr_state_new(&empty, err));
	MR_TRY(mr_tx_new(empty, &tx, err));
	MR_TRY(mr_wrap(err, mr_authority_new(dns_names, now, &authority, err),
		"generating certificate authority"));
	MR_TRY(mr_authority_store(authority, tx, err));
	MR_TRY(mr_secret_new(ROOT_SECRET_SIZE, &root_secret, err));
	MR_TRY(mr_random(root_secret.ptr, root_secret.len, err));
	MR_TRY(mr_tx_put(tx, MR_STR("rootSecret"), mr_secret_bytes(&root_secret), err));
	MR_TRY(mr_view_put_state(tx, number, err));
	return mr_tx_build(tx, ret, err);
}

mr_result mr_begin(struct mr_file_store *store, struct mr_logger *log, struct mr_str dns_names,
	int64_t now, struct mr_state **ret_state, struct mr_view **ret_view, struct mr_error *err)
{
	MR_AUTO(state) struct mr_state *state = NULL;
	enum mr_load_result loaded;
	struct mr_bytes manifest;

	MR_LOG_PLAIN(log, MR_LOG_INFO, "Loading state");
	MR_TRY(mr_file_store_load(store, &loaded, &state, err));
	if (loaded == MR_LOAD_STATE && !mr_state_get(state, MR_STR("manifest"), &manifest)) {
		mr_state_unref(state);
		state = NULL;
		loaded = MR_LOAD_FRESH;
	}
	if (loaded == MR_LOAD_RECOVERY) {
		MR_LOG_PLAIN(log, MR_LOG_ERROR,
			"The sealed state cannot be opened with a key that is at hand: waiting for recovery");
		MR_TRY(begin_afresh(MR_STATE_RECOVERY, dns_names, now, &state, err));
	} else if (loaded == MR_LOAD_FRESH) {
		MR_LOG_PLAIN(log, MR_LOG_INFO, "No sealed state, beginning a new one");
		MR_TRY(begin_afresh(MR_STATE_ACCEPTING_MANIFEST, dns_names, now, &state, err));
	}
	MR_TRY(mr_view_build(state, ret_view, err));
	if (loaded == MR_LOAD_STATE)
		mr_file_store_set_mode(store, mr_seal_mode_of((*ret_view)->manifest));
	*ret_state = state;
	state = NULL;
	return MR_OK;
}
