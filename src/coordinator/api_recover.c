/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recovery over the client API (20 §6.12, 6.13): one upload at a time, on a worker. When the key is found, the sealed
 * state becomes the state by one commit: sealed first, switched last (40 §7.5 BEYOND).
 */
#include <stdlib.h>

#include "codec/json.h"
#include "coordinator/api.h"
#include "coordinator/manifest_state.h"
#include "coordinator/recovery.h"

enum { BODY_MAX = 20480, ANSWER_MAX = 64 << 10 };

struct recover_job {
	struct mr_api_call call;
	bool wants_key; /* the public key is asked for */
	struct mr_arena arena;
	struct mr_bytes secret, signature; /* as uploaded, in the arena */
	struct mr_snapshot *snapshot;
	struct mr_state *recovered;
	struct mr_view *view;
	struct mr_secret dek;
	struct mr_buf recovery_data;
	struct mr_protection protection;
	struct mr_job job;
	struct mr_update update;
};

static void finish(struct recover_job *j)
{
	mr_arena_done(&j->arena);
	mr_snapshot_unref(j->snapshot);
	mr_state_unref(j->recovered);
	mr_view_unref(j->view);
	mr_secret_done(&j->dek);
	mr_buf_done(&j->recovery_data);
	free(j);
}

static void refuse(struct recover_job *j, const struct mr_error *err)
{
	MR_LOG(j->call.core->log, MR_LOG_ERROR, "Recover failed",
		mr_log_cstr("remote", mr_http_request_of(j->call.exchange)->remote),
		mr_log_error(err));
	mr_api_error(&j->call, 500, mr_str_of(err->message));
	finish(j);
}

static void answer(struct recover_job *j, uint64_t remaining)
{
	struct mr_buf data;

	MR_LOG(j->call.core->log, MR_LOG_INFO, "Recover successful",
		mr_log_cstr("remote", mr_http_request_of(j->call.exchange)->remote),
		mr_log_int("remaining", (int64_t)remaining));
	mr_buf_init(&data, ANSWER_MAX);
	mr_buf_printf(&data, "{\"remaining\":%llu,\"message\":\"", (unsigned long long)remaining);
	if (remaining)
		mr_buf_printf(&data,
			"Secret was processed successfully. Upload the next secret. Remaining secrets: %llu",
			(unsigned long long)remaining);
	else
		mr_buf_put_cstr(&data, "Recovery successful.");
	mr_buf_put_cstr(&data, "\"}");
	mr_api_success(&j->call, &data);
	finish(j);
}

/* --- the commit that makes the sealed state the state --- */

static mr_result apply(
	struct mr_update *update, struct mr_update_context *context, struct mr_error *err)
{
	struct recover_job *j = MR_CONTAINER_OF(update, struct recover_job, update);
	size_t count = mr_state_count(j->recovered);

	if (context->attachment != j->snapshot->view)
		return mr_fail(err, MR_CODE_STATE, "server is not in expected state");
	MR_TRY(mr_core_prepare_publish(j->call.core, err));
	MR_TRY(mr_tx_delete_prefix(context->tx, MR_STR(""), err));
	for (size_t i = 0; i < count; i++) {
		struct mr_state_entry e = mr_state_at(j->recovered, i);
		MR_TRY(mr_tx_put(context->tx, e.key, e.value, err));
	}
	context->new_attachment = mr_view_ref(j->view);
	context->new_protection = &j->protection;
	return MR_OK;
}

static void committed(
	struct mr_update *update, mr_result result, bool committing, const struct mr_error *err)
{
	struct recover_job *j = MR_CONTAINER_OF(update, struct recover_job, update);
	struct mr_error wrapped;

	if (!mr_failed(result)) {
		answer(j, 0);
		return;
	}
	wrapped = *err;
	if (committing)
		result = mr_wrap(&wrapped, result, "committing store transaction");
	refuse(j, &wrapped);
}

/* --- one upload --- */

static bool opens(void *context, struct mr_bytes dek)
{
	struct mr_file_store *store = context;
	MR_AUTO(state) struct mr_state *state = NULL;
	struct mr_error err;

	return mr_file_store_may_recover(store, dek) &&
	       !mr_failed(mr_file_store_recover(store, dek, &state, &err));
}

/* The key is known: the state inside must be whole, and its manifest must accept the signatures. */
static mr_result judge(struct recover_job *j, struct mr_recovery *recovery, struct mr_error *err)
{
	struct mr_bytes manifest;

	mr_buf_init(&j->recovery_data, 1 << 20);
	MR_TRY(mr_wrap(err,
		mr_file_store_recover(
			j->call.core->store, mr_secret_bytes(&j->dek), &j->recovered, err),
		"loading sealed state"));
	if (!mr_state_get(j->recovered, MR_STR("manifest"), &manifest))
		return mr_fail(err, MR_CODE_NOT_FOUND,
			"loading manifest from store: requested value not set");
	MR_TRY(mr_wrap(err, mr_view_build(j->recovered, &j->view, err), "loading state"));
	MR_TRY(mr_recovery_check_signatures(recovery, j->view->manifest, err));
	if (mr_manifest_has_feature(j->view->manifest, MR_FEATURE_AZURE_HSM_SEALING))
		return mr_fail(err, MR_CODE_UNSUPPORTED,
			"the manifest seals with an Azure HSM key, which this Coordinator cannot reach");
	MR_TRY(mr_recovery_data(recovery, &j->recovery_data, err));
	j->protection = (struct mr_protection){
		.mode = mr_seal_mode_of(j->view->manifest),
		.recovery_data = mr_buf_bytes(&j->recovery_data),
		.dek = mr_secret_bytes(&j->dek),
	};
	return MR_OK;
}

static mr_result upload(struct recover_job *j, struct mr_recovery *recovery, struct mr_bytes secret,
	uint64_t *ret_remaining, struct mr_error *err)
{
	const struct mr_recovery_lock lock = { opens, j->call.core->store };
	struct mr_recovery_progress progress;
	bool unopened;

	mr_result r = mr_recovery_add(
		recovery, secret, j->signature, &lock, &progress, &unopened, err);
	MR_TRY(mr_wrap(err, r, unopened ? "loading sealed state" : "setting recovery key"));
	*ret_remaining = progress.remaining;
	if (progress.remaining)
		return MR_OK;
	j->dek = progress.dek;
	r = judge(j, recovery, err);
	mr_recovery_forget(recovery);
	return r;
}

/* False: the call was answered. */
static bool decrypt(struct recover_job *j, struct mr_recovery *recovery, struct mr_secret *ret)
{
	struct mr_error err;
	mr_result r = MR_OK;

	if (mr_recovery_is_plain(j->secret.len))
		r = mr_secret_copy(j->secret, ret, &err);
	else
		r = recovery ? mr_recovery_decrypt(recovery, j->secret, ret, &err)
			     : mr_fail(&err, MR_CODE_STATE, "server is not in expected state");
	if (!mr_failed(r))
		return true;
	r = mr_wrap(&err, r, "failed to decrypt recovery secret");
	mr_api_fail(&j->call, 400, mr_str_of(err.message));
	return false;
}

static void put_key(struct recover_job *j, struct mr_recovery *recovery)
{
	struct mr_bytes spki;
	struct mr_error err;
	struct mr_buf data;

	if (mr_failed(mr_recovery_public_key(recovery, &spki, &err))) {
		refuse(j, &err);
		return;
	}
	mr_buf_init(&data, ANSWER_MAX);
	mr_buf_put_cstr(&data, "{\"algorithm\":\"RSA\",\"ephemeralPublicKey\":");
	mr_json_put_bytes(&data, spki);
	mr_buf_put_u8(&data, '}');
	mr_api_success(&j->call, &data);
	finish(j);
}

static void process(struct recover_job *j, struct mr_recovery *recovery)
{
	MR_AUTO(secret) struct mr_secret secret = { NULL, 0 };
	uint64_t remaining = 0;
	struct mr_error err;

	if (!decrypt(j, recovery, &secret)) {
		finish(j);
		return;
	}
	mr_result r = recovery ? upload(j, recovery, mr_secret_bytes(&secret), &remaining, &err)
			       : mr_fail(&err, MR_CODE_STATE, "server is not in expected state");
	if (mr_failed(r)) {
		refuse(j, &err);
	} else if (remaining) {
		answer(j, remaining);
	} else {
		j->update = (struct mr_update){ .apply = apply, .done = committed };
		if (mr_commit_queue_submit(j->call.core->commits, &j->update))
			return;
		mr_api_busy(&j->call);
		finish(j);
	}
}

static void run(struct mr_job *job)
{
	struct recover_job *j = MR_CONTAINER_OF(job, struct recover_job, job);
	struct mr_core *core = j->call.core;
	struct mr_error err;

	if (atomic_load(&core->stopping)) {
		mr_api_busy(&j->call);
		finish(j);
		return;
	}
	j->snapshot = mr_core_snapshot(core);
	bool recovering = j->snapshot->view->state == MR_STATE_RECOVERY;
	if (!j->wants_key)
		process(j, recovering ? core->recovery : NULL);
	else if (recovering)
		put_key(j, core->recovery);
	else if (mr_failed(mr_fail(&err, MR_CODE_STATE, "server is not in expected state")))
		refuse(j, &err);
}

static void submit(const struct mr_api_call *call, struct recover_job *j)
{
	j->call = *call;
	j->job.run = run;
	if (!mr_workers_submit(call->core->strangers, &j->job)) {
		mr_api_busy(call);
		finish(j);
	}
}

static mr_result read_body(
	const struct mr_http_request *request, struct recover_job *j, struct mr_error *err)
{
	const struct mr_json *body;
	bool present;

	if (request->body_error.len)
		return mr_fail(err, MR_CODE_INVALID, "%.*s", MR_STR_ARGS(request->body_error));
	/* Only so much is read (40 §7.3): a complete value within it counts, whatever follows. */
	struct mr_str text = mr_bytes_str(request->body);
	if (text.len > BODY_MAX)
		text.len = BODY_MAX;
	MR_TRY(mr_json_parse_first(text, &j->arena, &body, err));
	MR_TRY(mr_json_want(body, MR_JSON_OBJECT, "object", err));
	for (const struct mr_json *m = body->first; m; m = m->next) {
		if (mr_json_name_matches(m->name, MR_STR("recoverySecret")))
			MR_TRY(mr_json_get_bytes(m, &j->arena, &j->secret, &present, err));
		else if (mr_json_name_matches(m->name, MR_STR("recoverySecretSignature")))
			MR_TRY(mr_json_get_bytes(m, &j->arena, &j->signature, &present, err));
	}
	return MR_OK;
}

void mr_api_post_recover(const struct mr_api_call *call)
{
	struct recover_job *j = calloc(1, sizeof *j);
	struct mr_error err;

	if (!j) {
		mr_api_error(call, 500, MR_STR("out of memory"));
		return;
	}
	mr_arena_init(&j->arena, BODY_MAX * 64);
	if (mr_failed(read_body(mr_http_request_of(call->exchange), j, &err))) {
		mr_api_fail(call, 400, mr_str_of(err.message));
		finish(j);
		return;
	}
	submit(call, j);
}

void mr_api_get_recovery_key(const struct mr_api_call *call)
{
	struct recover_job *j = calloc(1, sizeof *j);

	if (!j) {
		mr_api_error(call, 500, MR_STR("out of memory"));
		return;
	}
	j->wants_key = true;
	submit(call, j);
}
