/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/change_job.h"

#include "coordinator/users.h"

enum { ATTEMPTS_MAX = 64, ANSWER_MAX = 64 << 20 };

static void reset(struct mr_change_job *j)
{
	if (j->kind->reset)
		j->kind->reset(j);
	mr_change_done(&j->change);
	mr_buf_done(&j->answer);
	mr_snapshot_unref(j->snapshot);
	j->snapshot = NULL;
	j->user = NULL;
	j->http_status = 0;
	j->refused = false;
}

static void finish(struct mr_change_job *j)
{
	reset(j);
	j->kind->free(j);
}

static struct mr_str user_name(const struct mr_change_job *j)
{
	return j->user ? j->user->name : MR_STR("");
}

static void refuse(struct mr_change_job *j, const struct mr_error *err)
{
	MR_LOG(j->call.core->log, MR_LOG_ERROR, "Client API call failed",
		mr_log_cstr("call", j->kind->name), mr_log_str("user", user_name(j)),
		mr_log_cstr("remote", mr_http_request_of(j->call.exchange)->remote),
		mr_log_error(err));
	if (err->code == MR_CODE_UNAUTHENTICATED)
		mr_api_unauthorized(&j->call, err);
	else if (j->http_status)
		mr_api_error(&j->call, j->http_status, mr_str_of(err->message));
	else
		mr_api_refuse(&j->call, err);
	finish(j);
}

static void succeed(struct mr_change_job *j)
{
	MR_LOG(j->call.core->log, MR_LOG_INFO, "Client API call successful",
		mr_log_cstr("call", j->kind->name), mr_log_str("user", user_name(j)),
		mr_log_cstr("remote", mr_http_request_of(j->call.exchange)->remote));
	mr_api_respond(&j->call, 200, false, &j->answer);
	finish(j);
}

static void busy(struct mr_change_job *j)
{
	mr_api_busy(&j->call);
	finish(j);
}

/* Is the value as it was? Values that did not change are the same memory. */
static bool is_same(const struct mr_state *then, const struct mr_tx *now, struct mr_str key)
{
	struct mr_bytes old = { NULL, 0 };
	struct mr_bytes new = { NULL, 0 };
	bool was = mr_state_get(then, key, &old);
	bool is = mr_tx_get(now, key, &new);

	return was == is && (old.ptr == new.ptr || mr_bytes_eq(old, new));
}

/* What a change was prepared from must still be so: the view, the update that is pending, and the log, to which a refused
 * change adds, too. */
static bool overtaken(const struct mr_change_job *j, const struct mr_update_context *context)
{
	const struct mr_state *then = j->snapshot->state;

	return context->attachment != j->snapshot->view ||
	       !is_same(then, context->tx, MR_STR("pendingUpdate")) ||
	       !is_same(then, context->tx, MR_STR("updateLog"));
}

static mr_result apply(
	struct mr_update *update, struct mr_update_context *context, struct mr_error *err)
{
	struct mr_change_job *j = MR_CONTAINER_OF(update, struct mr_change_job, update);

	if (overtaken(j, context))
		return mr_fail(err, MR_CODE_CONFLICT, "the state keeps changing, try again later");
	MR_TRY(mr_core_prepare_publish(j->call.core, err));
	MR_TRY(mr_tx_replay(j->change.tx, context->tx, err));
	if (j->change.view)
		context->new_attachment = mr_view_ref(j->change.view);
	if (j->change.protects)
		context->new_protection = &j->change.protection;
	return MR_OK;
}

static void run(struct mr_job *job);

static void submit(struct mr_change_job *j)
{
	struct mr_core *core = j->call.core;

	reset(j);
	j->job.run = run;
	if (!mr_workers_submit(j->kind->by_anyone ? core->strangers : core->changes, &j->job))
		busy(j);
}

static void committed(
	struct mr_update *update, mr_result result, bool committing, const struct mr_error *err)
{
	struct mr_change_job *j = MR_CONTAINER_OF(update, struct mr_change_job, update);
	struct mr_error wrapped;

	if (result.code == MR_CODE_CONFLICT && ++j->attempts < ATTEMPTS_MAX) {
		submit(j);
	} else if (mr_failed(result)) {
		wrapped = *err;
		if (committing && *j->kind->commit_context)
			result = mr_wrap(&wrapped, result, "%s", j->kind->commit_context);
		refuse(j, &wrapped);
	} else if (j->refused) {
		refuse(j, &j->refusal);
	} else {
		succeed(j);
	}
}

/* The answer is made before the commit: it may hold what nobody could learn later, such as recovery secrets. */
static mr_result prepare(struct mr_change_job *j, struct mr_error *err)
{
	struct mr_buf data;

	MR_TRY(j->kind->prepare(j, err));
	if (j->refused)
		return MR_OK;
	mr_buf_init(&data, ANSWER_MAX);
	j->kind->put_answer(j, &data);
	return mr_api_success_body(&data, &j->answer, err);
}

static void run(struct mr_job *job)
{
	struct mr_change_job *j = MR_CONTAINER_OF(job, struct mr_change_job, job);
	struct mr_error err;

	if (atomic_load(&j->call.core->stopping)) {
		busy(j);
		return;
	}
	j->snapshot = mr_core_snapshot(j->call.core);
	MR_LOG(j->call.core->log, MR_LOG_DEBUG, "Preparing a change",
		mr_log_cstr("call", j->kind->name),
		mr_log_int("attempt", (int64_t)j->attempts + 1));
	if (mr_failed(prepare(j, &err))) {
		refuse(j, &err);
		return;
	}
	j->update = (struct mr_update){ .apply = apply, .done = committed };
	if (!mr_commit_queue_submit(j->call.core->commits, &j->update))
		busy(j);
}

void mr_change_job_start(struct mr_change_job *job, const struct mr_change_kind *kind,
	const struct mr_api_call *call)
{
	job->kind = kind;
	job->call = *call;
	MR_LOG(call->core->log, MR_LOG_INFO, "Client API call", mr_log_cstr("call", kind->name),
		mr_log_cstr("remote", mr_http_request_of(call->exchange)->remote));
	submit(job);
}

mr_result mr_change_job_authenticate(struct mr_change_job *job, struct mr_error *err)
{
	return mr_authenticate_user(job->snapshot->view,
		mr_http_request_of(job->call.exchange)->peer_certificate, &job->user, err);
}
