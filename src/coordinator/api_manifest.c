/* SPDX-License-Identifier: Apache-2.0 */
/* Routes that change the manifest: set and update (20 §6.4, 6.8). The work is done on a worker, the commit by the
 * commit queue; whoever was overtaken by another change starts again from the newest snapshot. */
#include <stdlib.h>

#include "base/clock.h"
#include "codec/json.h"
#include "coordinator/api.h"
#include "coordinator/set_manifest.h"
#include "coordinator/update_manifest.h"
#include "coordinator/users.h"

enum { ATTEMPTS_MAX = 16, ANSWER_MAX = 64 << 20 };

struct manifest_job {
	struct mr_api_call call;
	bool is_update;
	struct mr_buf raw;
	unsigned attempts;
	struct mr_snapshot *snapshot; /* what this attempt stands on */
	struct mr_new_manifest set;
	struct mr_prepared_update updated;
	struct mr_job job;
	struct mr_update update;
};

static struct mr_change *change_of(struct manifest_job *j)
{
	return j->is_update ? &j->updated.change : &j->set.change;
}

static void reset_attempt(struct manifest_job *j)
{
	mr_new_manifest_done(&j->set);
	mr_prepared_update_done(&j->updated);
	mr_snapshot_unref(j->snapshot);
	j->snapshot = NULL;
}

static void finish(struct manifest_job *j)
{
	reset_attempt(j);
	mr_buf_done(&j->raw);
	free(j);
}

static void refuse(struct manifest_job *j, const struct mr_error *err)
{
	MR_LOG(j->call.core->log, MR_LOG_ERROR, j->is_update ? "UpdateManifest failed" : "SetManifest failed",
	       mr_log_cstr("remote", mr_http_request_of(j->call.exchange)->remote), mr_log_error(err));
	if (err->code == MR_CODE_UNAUTHENTICATED)
		mr_api_unauthorized(&j->call, err);
	else
		mr_api_refuse(&j->call, err);
	finish(j);
}

static void put_names(struct mr_buf *data, const struct mr_str_list *names)
{
	if (!names->count) {
		mr_buf_put_cstr(data, "null");
		return;
	}
	for (size_t i = 0; i < names->count; i++) {
		mr_buf_put_u8(data, i ? ',' : '[');
		mr_json_put_str(data, names->items[i]);
	}
	mr_buf_put_u8(data, ']');
}

static void put_update_answer(const struct mr_prepared_update *u, struct mr_buf *data)
{
	mr_buf_put_cstr(data, "{\"missingAcknowledgments\":");
	mr_buf_put_uint(data, u->missing);
	mr_buf_put_cstr(data, ",\"missingUsers\":");
	put_names(data, &u->missing_users);
	if (u->change.protects && !u->change.keeps_key) {
		mr_buf_put_cstr(data, ",\"recoverySecrets\":");
		mr_state_key_put_json(&u->change.recovery, data);
	}
	mr_buf_put_u8(data, '}');
}

static void succeed(struct manifest_job *j)
{
	bool v1 = j->call.version == MR_API_V1;
	struct mr_buf data;

	MR_LOG(j->call.core->log, MR_LOG_INFO, j->is_update ? "UpdateManifest successful" : "SetManifest successful",
	       mr_log_cstr("remote", mr_http_request_of(j->call.exchange)->remote));
	mr_buf_init(&data, ANSWER_MAX);
	if (j->is_update) {
		if (!v1)
			put_update_answer(&j->updated, &data);
	} else if (!v1 || j->set.change.recovery.count) {
		mr_buf_put_cstr(&data, "{\"RecoverySecrets\":");
		mr_state_key_put_json(&j->set.change.recovery, &data);
		mr_buf_put_u8(&data, '}');
	}
	mr_api_success(&j->call, &data);
	finish(j);
}

/* On the commit queue: valid only on the view that it was prepared for. */
static mr_result apply(struct mr_update *update, struct mr_update_context *context, struct mr_error *err)
{
	struct manifest_job *j = MR_CONTAINER_OF(update, struct manifest_job, update);
	struct mr_change *change = change_of(j);

	if (context->attachment != j->snapshot->view)
		return mr_fail(err, MR_CODE_CONFLICT, "the state changed meanwhile");
	MR_TRY(mr_core_prepare_publish(j->call.core, err));
	MR_TRY(mr_tx_replay(change->tx, context->tx, err));
	context->new_attachment = mr_view_ref(change->view);
	if (change->protects)
		context->new_protection = &change->protection;
	return MR_OK;
}

static void run(struct mr_job *job);

static void submit_job(struct manifest_job *j)
{
	reset_attempt(j);
	j->job.run = run;
	if (mr_workers_submit(j->call.core->workers, &j->job))
		return;
	mr_api_busy(&j->call);
	finish(j);
}

static void committed(struct mr_update *update, mr_result result, bool committing, const struct mr_error *err)
{
	struct manifest_job *j = MR_CONTAINER_OF(update, struct manifest_job, update);
	struct mr_error wrapped;

	if (!mr_failed(result)) {
		succeed(j);
		return;
	}
	if (result.code == MR_CODE_CONFLICT && ++j->attempts < ATTEMPTS_MAX) {
		submit_job(j);
		return;
	}
	wrapped = *err;
	if (committing)
		result = mr_wrap(&wrapped, result, j->is_update ? "committing store transaction" : "sealing state");
	refuse(j, &wrapped);
}

static mr_result prepare(struct manifest_job *j, struct mr_error *err)
{
	struct mr_core *core = j->call.core;
	struct mr_bytes raw = mr_buf_bytes(&j->raw);
	struct mr_update_input in = {
		.core = core,
		.snapshot = j->snapshot,
		.raw = raw,
		.wall_ns = mr_clock_wall_ns(),
	};

	if (!j->is_update)
		return mr_set_manifest_prepare(core, j->snapshot, raw, in.wall_ns, &j->set, err);
	MR_TRY(mr_authenticate_user(j->snapshot->view, mr_http_request_of(j->call.exchange)->peer_certificate,
				    &in.user, err));
	return mr_update_submit(&in, &j->updated, err);
}

static void run(struct mr_job *job)
{
	struct manifest_job *j = MR_CONTAINER_OF(job, struct manifest_job, job);
	struct mr_error err;

	j->snapshot = mr_core_snapshot(j->call.core);
	if (mr_failed(prepare(j, &err))) {
		refuse(j, &err);
		return;
	}
	j->update = (struct mr_update){ .apply = apply, .done = committed };
	if (!mr_commit_queue_submit(j->call.core->commits, &j->update)) {
		mr_api_busy(&j->call);
		finish(j);
	}
}

static void begin(const struct mr_api_call *call, bool is_update)
{
	struct manifest_job *j = calloc(1, sizeof *j);

	if (!j) {
		mr_api_error(call, 500, MR_STR("out of memory"));
		return;
	}
	j->call = *call;
	j->is_update = is_update;
	mr_buf_init(&j->raw, MR_MANIFEST_MAX_SIZE);
	if (!mr_api_read_manifest(call, &j->raw)) {
		mr_buf_done(&j->raw);
		free(j);
		return;
	}
	submit_job(j);
}

void mr_api_post_manifest(const struct mr_api_call *call)
{
	MR_LOG(call->core->log, MR_LOG_INFO, "SetManifest called",
	       mr_log_cstr("remote", mr_http_request_of(call->exchange)->remote));
	begin(call, false);
}

void mr_api_post_update(const struct mr_api_call *call)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(call->core);
	const struct mr_http_request *request = mr_http_request_of(call->exchange);
	const struct mr_user *user;
	struct mr_error err;

	if (mr_failed(mr_authenticate_user(s->view, request->peer_certificate, &user, &err))) {
		mr_api_unauthorized(call, &err);
		return;
	}
	MR_LOG(call->core->log, MR_LOG_INFO, "UpdateManifest called", mr_log_str("user", user->name),
	       mr_log_cstr("remote", request->remote));
	begin(call, true);
}
