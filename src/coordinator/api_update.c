/* SPDX-License-Identifier: Apache-2.0 */
/* Updating the manifest: submission, acknowledgement, cancellation, and the pending update (20 §6.8-6.11). */
#include <stdlib.h>

#include "base/clock.h"
#include "codec/json.h"
#include "coordinator/change_job.h"
#include "coordinator/update_manifest.h"
#include "coordinator/users.h"

struct update_job {
	struct mr_change_job base;
	struct mr_buf raw; /* empty for a cancellation */
	struct mr_prepared_update updated;
};

static struct update_job *of(struct mr_change_job *job)
{
	return MR_CONTAINER_OF(job, struct update_job, base);
}

/* Runs one of the preparations of update_manifest.h and takes over its result. */
static mr_result prepare_with(struct mr_change_job *job,
	mr_result (*function)(const struct mr_update_input *in, struct mr_prepared_update *ret,
		struct mr_error *err),
	struct mr_error *err)
{
	struct update_job *j = of(job);
	struct mr_update_input in = {
		.core = job->call.core,
		.snapshot = job->snapshot,
		.raw = mr_buf_bytes(&j->raw),
		.wall_ns = mr_clock_wall_ns(),
	};

	MR_TRY(mr_change_job_authenticate(job, err));
	in.user = job->user;
	mr_result r = function(&in, &j->updated, err);
	if (r.code == MR_CODE_NOT_FOUND)
		job->http_status = 404;
	MR_TRY(r);
	job->change = j->updated.change;
	j->updated.change = (struct mr_change){ 0 };
	job->refused = j->updated.refused;
	if (job->refused)
		job->refusal = j->updated.refusal;
	return MR_OK;
}

static mr_result prepare_submission(struct mr_change_job *job, struct mr_error *err)
{
	return prepare_with(job, mr_update_submit, err);
}

static mr_result prepare_acknowledgement(struct mr_change_job *job, struct mr_error *err)
{
	job->http_status = 500; /* in both versions (20 §6.10) */
	return prepare_with(job, mr_update_acknowledge, err);
}

static mr_result prepare_cancellation(struct mr_change_job *job, struct mr_error *err)
{
	job->http_status = 500;
	return prepare_with(job, mr_update_cancel, err);
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

static void put_recovery_secrets(struct mr_buf *data, const struct mr_change *change)
{
	if (!change->protects || change->keeps_key)
		return;
	mr_buf_put_cstr(data, ",\"recoverySecrets\":");
	mr_state_key_put_json(&change->recovery, data);
}

static void put_submission(struct mr_change_job *job, struct mr_buf *data)
{
	const struct mr_prepared_update *u = &of(job)->updated;

	if (job->call.version == MR_API_V1)
		return;
	mr_buf_put_cstr(data, "{\"missingAcknowledgments\":");
	mr_buf_put_uint(data, u->missing);
	mr_buf_put_cstr(data, ",\"missingUsers\":");
	put_names(data, &u->missing_users);
	put_recovery_secrets(data, &job->change);
	mr_buf_put_u8(data, '}');
}

static void put_missing_text(struct mr_buf *text, uint64_t missing)
{
	mr_buf_put_uint(text, missing);
	mr_buf_put_cstr(text, missing == 1
				      ? " user still needs to acknowledge the update manifest"
				      : " users still need to acknowledge the update manifest");
}

/* The sentence of 20 §6.10; v2 names those who are missing. */
static void put_sentence(struct mr_buf *text, const struct mr_prepared_update *u, bool with_names)
{
	if (!u->missing) {
		mr_buf_put_cstr(text,
			"All users have acknowledged the update manifest. Update successfully applied");
		return;
	}
	put_missing_text(text, u->missing);
	if (!with_names)
		return;
	mr_buf_put_cstr(text, ".\nThe following users have not yet accepted: ");
	for (size_t i = 0; i < u->missing_users.count; i++) {
		if (i)
			mr_buf_put_cstr(text, ", ");
		mr_buf_put_str(text, u->missing_users.items[i]);
	}
}

static void put_acknowledgement(struct mr_change_job *job, struct mr_buf *data)
{
	const struct mr_prepared_update *u = &of(job)->updated;
	bool v1 = job->call.version == MR_API_V1;
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_buf_init(&text, 16 << 20);
	put_sentence(&text, u, !v1);
	if (text.failure != MR_CODE_OK)
		mr_buf_set_failure(data, text.failure);
	if (v1) {
		mr_json_put_str(data, mr_buf_str(&text));
		return;
	}
	mr_buf_put_cstr(data, "{\"message\":");
	mr_json_put_str(data, mr_buf_str(&text));
	mr_buf_put_cstr(data, ",\"missingUsers\":");
	put_names(data, u->missing ? &u->missing_users : &(struct mr_str_list){ 0 });
	mr_buf_put_cstr(data, ",\"missingAcknowledgments\":");
	mr_buf_put_uint(data, u->missing);
	put_recovery_secrets(data, &job->change);
	mr_buf_put_u8(data, '}');
}

static void put_cancellation(struct mr_change_job *job, struct mr_buf *data)
{
	bool v1 = job->call.version == MR_API_V1;

	mr_buf_put_cstr(data, v1 ? "\"Update successfully cancelled\""
				 : "{\"message\":\"Update successfully cancelled\"}");
}

static void reset(struct mr_change_job *job)
{
	mr_change_done(&job->change);
	mr_prepared_update_done(&of(job)->updated);
}

static void release(struct mr_change_job *job)
{
	struct update_job *j = of(job);

	mr_buf_done(&j->raw);
	free(j);
}

#define KIND(call_name, verb)                                                                      \
	{                                                                                          \
		.name = call_name, .commit_context = "committing store transaction",               \
		.prepare = prepare_##verb, .put_answer = put_##verb, .reset = reset,               \
		.free = release                                                                    \
	}

static const struct mr_change_kind submission = KIND("UpdateManifest", submission);
static const struct mr_change_kind acknowledgement = KIND("UpdateAcknowledge", acknowledgement);
static const struct mr_change_kind cancellation = KIND("UpdateCancel", cancellation);

/* A stranger is turned away before the body is looked at (20 §4.2). */
static bool turn_away(const struct mr_api_call *call)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(call->core);
	const struct mr_user *user;
	struct mr_error err;

	mr_result r = mr_authenticate_user(
		s->view, mr_http_request_of(call->exchange)->peer_certificate, &user, &err);
	if (mr_failed(r))
		mr_api_unauthorized(call, &err);
	return mr_failed(r);
}

static void start(const struct mr_api_call *call, const struct mr_change_kind *kind, bool with_body)
{
	if (turn_away(call))
		return;
	struct update_job *j = calloc(1, sizeof *j);
	if (!j) {
		mr_api_error(call, 500, MR_STR("out of memory"));
		return;
	}
	mr_buf_init(&j->raw, MR_MANIFEST_MAX_SIZE);
	if (with_body && !mr_api_read_manifest(call, &j->raw)) {
		release(&j->base);
		return;
	}
	mr_change_job_start(&j->base, kind, call);
}

void mr_api_post_update(const struct mr_api_call *call)
{
	start(call, &submission, true);
}

void mr_api_post_acknowledgement(const struct mr_api_call *call)
{
	start(call, &acknowledgement, true);
}

void mr_api_post_cancellation(const struct mr_api_call *call)
{
	start(call, &cancellation, false);
}

void mr_api_get_pending_update(const struct mr_api_call *call)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(call->core);
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_pending_update pending;
	struct mr_str_list missing = { 0 };
	struct mr_error err;
	struct mr_buf data;

	mr_arena_init(&arena, MR_MANIFEST_MAX_MEMORY);
	mr_buf_init(&text, 256);
	mr_result r = mr_pending_update_find(s->state, &arena, &pending, &err);
	if (!mr_failed(r))
		r = mr_pending_update_missing(&pending, &arena, &missing, &err);
	if (mr_failed(r)) {
		mr_api_error(call, 404, mr_str_of(err.message));
		return;
	}
	put_missing_text(&text, pending.missing);
	mr_buf_init(&data, 64 << 20);
	mr_buf_put_cstr(&data, "{\"manifest\":");
	mr_json_put_bytes(&data, pending.manifest_raw);
	mr_buf_put_cstr(&data, ",\"message\":");
	mr_json_put_str(&data, mr_buf_str(&text));
	mr_buf_put_cstr(&data, ",\"missingUsers\":");
	put_names(&data, &missing);
	mr_buf_put_u8(&data, '}');
	if (text.failure != MR_CODE_OK)
		mr_buf_set_failure(&data, text.failure);
	mr_api_success(call, &data);
}
