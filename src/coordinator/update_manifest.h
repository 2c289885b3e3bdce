/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Updating the manifest (10 §10, 20 §6.8, §7): package updates, which one user applies, and full updates, which wait
 * until enough users agree. As with setting one, everything is made ready over a snapshot and then committed; if the
 * view changed meanwhile, it is made again.
 */
#ifndef MR_COORDINATOR_UPDATE_MANIFEST_H
#define MR_COORDINATOR_UPDATE_MANIFEST_H

#include "coordinator/core.h"
#include "coordinator/manifest_state.h"
#include "manifest/update.h"

struct mr_prepared_update {
	struct mr_arena arena;        /* of the lists below */
	struct mr_manifest *manifest; /* the new one; `change.recovery` borrows names from it */
	struct mr_change change;
	uint64_t missing; /* acknowledgements that are still needed; 0: applied by this change */
	struct mr_str_list missing_users;
	/* The update cannot be applied: `change` only removes it and leaves the log lines that say so (20 §7.2). */
	bool refused;
	struct mr_error refusal;
};

/* What an update works on. */
struct mr_update_input {
	struct mr_core *core;
	const struct mr_snapshot *snapshot;
	const struct mr_user *user; /* who asks */
	struct mr_bytes raw;
	int64_t wall_ns;
};

/* Submission (20 §6.8 steps 1 to 5). An update that would wait for others is applied on trial, so that nobody is asked to
 * acknowledge what cannot be applied (10 §10.2 BEYOND). */
MR_MUST_USE mr_result mr_update_submit(
	const struct mr_update_input *in, struct mr_prepared_update *ret, struct mr_error *err);
/* Acknowledgement of the pending update with the same raw bytes; the last one applies it (20 §6.10). MR_CODE_NOT_FOUND:
 * `no update in progress`. */
MR_MUST_USE mr_result mr_update_acknowledge(
	const struct mr_update_input *in, struct mr_prepared_update *ret, struct mr_error *err);
/* Cancellation (20 §6.11); `in->raw` is not looked at. Errors as for acknowledgement. */
MR_MUST_USE mr_result mr_update_cancel(
	const struct mr_update_input *in, struct mr_prepared_update *ret, struct mr_error *err);
/* The pending update of a state, in the arena. MR_CODE_NOT_FOUND: `no update in progress`. */
MR_MUST_USE mr_result mr_pending_update_find(const struct mr_state *state, struct mr_arena *arena,
	struct mr_pending_update *ret, struct mr_error *err);
/* Puts the pending update into a transaction. */
MR_MUST_USE mr_result mr_pending_update_store(
	const struct mr_pending_update *pending, struct mr_tx *tx, struct mr_error *err);
/* Lower-case hex SHA-256 of raw manifest bytes, into an initialised buffer. */
MR_MUST_USE mr_result mr_manifest_fingerprint(
	struct mr_bytes raw, struct mr_buf *ret_hex, struct mr_error *err);
/* Applies u->manifest (decoded from the raw bytes if there is none yet) after the log lines that `u->change.tx` has so
 * far; if that cannot be done, turns `u` into the refusal that only removes the pending update. Builds the view. */
MR_MUST_USE mr_result mr_update_finish(
	const struct mr_update_input *in, struct mr_prepared_update *u, struct mr_error *err);
void mr_prepared_update_done(struct mr_prepared_update *u);

/* Writes the changes that applying the full update `u->manifest` means into u->change.tx, and asks for a new protection
 * if the recovery keys or the seal mode changed (20 §7.2). Used by submission and by the last acknowledgement. */
MR_MUST_USE mr_result mr_update_apply_full(
	const struct mr_update_input *in, struct mr_prepared_update *u, struct mr_error *err);
/* Appends a line to the update log, written by `write` into the buffer behind the old text. */
MR_MUST_USE mr_result mr_update_log_load(
	const struct mr_tx *tx, struct mr_buf *ret_log, struct mr_error *err);
MR_MUST_USE mr_result mr_update_log_store(
	struct mr_tx *tx, const struct mr_buf *log, struct mr_error *err);

MR_DEFINE_AUTO(prepared_update, struct mr_prepared_update, mr_prepared_update_done)

#endif
