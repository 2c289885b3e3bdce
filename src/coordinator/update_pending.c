/* SPDX-License-Identifier: Apache-2.0 */
/* The pending update: acknowledged, applied or refused at last, cancelled (20 §6.10, 6.11, 7.2). */
#include "codec/base64.h"
#include "coordinator/update_manifest.h"
#include "crypto/digest.h"
#include "manifest/update_log.h"

enum { PENDING_MAX = 64 << 20 };

mr_result mr_manifest_fingerprint(struct mr_bytes raw, struct mr_buf *ret_hex, struct mr_error *err)
{
	uint8_t hash[MR_SHA256_SIZE];

	MR_TRY(mr_sha256(raw, hash, err));
	mr_hex_encode(ret_hex, mr_bytes_of(hash, sizeof hash));
	return mr_buf_status(ret_hex, err);
}

mr_result mr_pending_update_find(const struct mr_state *state, struct mr_arena *arena,
	struct mr_pending_update *ret, struct mr_error *err)
{
	struct mr_bytes json;

	if (!mr_state_get(state, MR_STR("pendingUpdate"), &json))
		return mr_fail(err, MR_CODE_NOT_FOUND, "no update in progress");
	return mr_pending_update_decode(json, arena, ret, err);
}

mr_result mr_pending_update_store(
	const struct mr_pending_update *pending, struct mr_tx *tx, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf json = { 0 };

	mr_buf_init(&json, PENDING_MAX);
	mr_pending_update_encode(&json, pending);
	MR_TRY(mr_buf_status(&json, err));
	return mr_tx_put(tx, MR_STR("pendingUpdate"), mr_buf_bytes(&json), err);
}

/* Starts the change anew with the log as it was before the attempt, plus the line that says that it failed. */
static mr_result leave_trace(const struct mr_update_input *in, const struct mr_buf *log_before,
	struct mr_change *change, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf fingerprint = { 0 };
	MR_AUTO(buf) struct mr_buf log = { 0 };

	mr_change_done(change);
	mr_buf_init(&fingerprint, 64);
	MR_TRY(mr_manifest_fingerprint(in->raw, &fingerprint, err));
	MR_TRY(mr_tx_new(in->snapshot->state, &change->tx, err));
	MR_TRY(mr_tx_delete(change->tx, MR_STR("pendingUpdate"), err));
	mr_buf_init(&log, log_before->max);
	mr_buf_put_bytes(&log, mr_buf_bytes(log_before));
	mr_update_log_failed(&log, in->wall_ns, mr_buf_str(&fingerprint));
	return mr_update_log_store(change->tx, &log, err);
}

mr_result mr_update_finish(
	const struct mr_update_input *in, struct mr_prepared_update *u, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf log_before = { 0 };

	MR_TRY(mr_update_log_load(u->change.tx, &log_before, err));
	mr_result r = MR_OK;
	if (!u->manifest)
		r = mr_wrap(err, mr_manifest_decode(in->raw, NULL, &u->manifest, err),
			"unmarshaling update manifest");
	if (!mr_failed(r))
		r = mr_update_apply_full(in, u, err);
	if (!mr_failed(r))
		r = mr_change_build_view(&u->change, err);
	/* no fault of the update's: it may be tried again */
	if (!mr_failed(r) || r.code == MR_CODE_NOMEM || r.code == MR_CODE_CRYPTO)
		return r;
	u->refused = true;
	u->refusal = *err;
	return leave_trace(in, &log_before, &u->change, err);
}

static mr_result log_acknowledgement(
	const struct mr_update_input *in, const struct mr_prepared_update *u, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf log = { 0 };
	MR_AUTO(buf) struct mr_buf fingerprint = { 0 };

	mr_buf_init(&fingerprint, 64);
	MR_TRY(mr_manifest_fingerprint(in->raw, &fingerprint, err));
	MR_TRY(mr_update_log_load(u->change.tx, &log, err));
	mr_update_log_acknowledged(&log, in->wall_ns, in->user->name, u->missing,
		u->missing_users.items, u->missing_users.count, mr_buf_str(&fingerprint));
	return mr_update_log_store(u->change.tx, &log, err);
}

static mr_result acknowledge(
	const struct mr_update_input *in, struct mr_prepared_update *u, struct mr_error *err)
{
	struct mr_pending_update pending;

	mr_arena_init(&u->arena, MR_MANIFEST_MAX_MEMORY);
	MR_TRY(mr_pending_update_find(in->snapshot->state, &u->arena, &pending, err));
	MR_TRY(mr_pending_update_acknowledge(&pending, in->user->name, in->raw, err));
	u->missing = pending.missing;
	MR_TRY(mr_pending_update_missing(&pending, &u->arena, &u->missing_users, err));
	MR_TRY(mr_tx_new(in->snapshot->state, &u->change.tx, err));
	MR_TRY(log_acknowledgement(in, u, err));
	if (u->missing)
		return mr_pending_update_store(&pending, u->change.tx, err);
	return mr_update_finish(in, u, err);
}

mr_result mr_update_acknowledge(
	const struct mr_update_input *in, struct mr_prepared_update *ret, struct mr_error *err)
{
	MR_AUTO(prepared_update) struct mr_prepared_update u = { 0 };

	MR_TRY(acknowledge(in, &u, err));
	*ret = u;
	u = (struct mr_prepared_update){ 0 };
	return MR_OK;
}

static mr_result cancel(
	const struct mr_update_input *in, struct mr_prepared_update *u, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf log = { 0 };
	MR_AUTO(buf) struct mr_buf fingerprint = { 0 };
	struct mr_pending_update pending;

	mr_arena_init(&u->arena, MR_MANIFEST_MAX_MEMORY);
	mr_buf_init(&fingerprint, 64);
	MR_TRY(mr_user_check_update(in->user, "cancel the manifest update", err));
	MR_TRY(mr_pending_update_find(in->snapshot->state, &u->arena, &pending, err));
	MR_TRY(mr_manifest_fingerprint(pending.manifest_raw, &fingerprint, err));
	MR_TRY(mr_tx_new(in->snapshot->state, &u->change.tx, err));
	MR_TRY(mr_tx_delete(u->change.tx, MR_STR("pendingUpdate"), err));
	MR_TRY(mr_update_log_load(u->change.tx, &log, err));
	mr_update_log_cancelled(&log, in->wall_ns, in->user->name, mr_buf_str(&fingerprint));
	return mr_update_log_store(u->change.tx, &log, err);
}

mr_result mr_update_cancel(
	const struct mr_update_input *in, struct mr_prepared_update *ret, struct mr_error *err)
{
	MR_AUTO(prepared_update) struct mr_prepared_update u = { 0 };

	MR_TRY(cancel(in, &u, err));
	*ret = u;
	u = (struct mr_prepared_update){ 0 };
	return MR_OK;
}
