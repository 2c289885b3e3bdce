/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and uploading secrets (20 §6.5, 6.6). */
#include <stdlib.h>

#include "base/clock.h"
#include "codec/json.h"
#include "coordinator/change_job.h"
#include "coordinator/update_manifest.h"
#include "coordinator/users.h"
#include "manifest/records.h"
#include "manifest/secret.h"
#include "manifest/update_log.h"

enum {
	NAMES_MAX = 65536,
	NAMES_MEMORY_MAX = 4 << 20,
	UPLOAD_MEMORY_MAX = 64 << 20,
	ANSWER_MAX = 64 << 20
};

/* --- reading --- */

static mr_result read_names(struct mr_str query, struct mr_arena *arena, struct mr_str_list *names,
	struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf value = { 0 };
	struct mr_str raw_name, raw_value;
	size_t pairs = 0;
	size_t at = 0;

	mr_buf_init(&value, NAMES_MEMORY_MAX);
	while (mr_http_query_next(query, &at, &raw_name, &raw_value))
		pairs++;
	if (pairs > NAMES_MAX)
		return mr_fail(err, MR_CODE_LIMIT, "malformed query string: too many names");
	names->items = mr_arena_array(arena, pairs, sizeof *names->items);
	if (!names->items)
		return mr_arena_fail(arena, err);
	at = 0;
	for (;;) {
		bool found;
		MR_TRY(mr_api_next_parameter(query, &at, MR_STR("s"), &value, &found, err));
		if (!found)
			break;
		if (value.len == 0)
			return mr_fail(err, MR_CODE_INVALID,
				"malformed query string: empty query parameter");
		MR_TRY(mr_arena_str(arena, mr_buf_str(&value), &names->items[names->count++], err));
	}
	if (names->count == 0)
		return mr_fail(err, MR_CODE_INVALID,
			"invalid query: endpoint requires at least one query parameter");
	return MR_OK;
}

static int compare_names(const void *a, const void *b)
{
	return mr_str_cmp(*(const struct mr_str *)a, *(const struct mr_str *)b);
}

/* A map has each name once, in byte order. */
static mr_result put_secrets(const struct mr_view *view, struct mr_str_list *names,
	struct mr_buf *data, struct mr_error *err)
{
	for (size_t i = 0; i < names->count; i++)
		if (!mr_view_secret(view, MR_SECRETS_CURRENT, names->items[i]))
			return mr_fail(err, MR_CODE_NOT_FOUND,
				"loading secret %.*s from store: requested value not set",
				MR_STR_ARGS(names->items[i]));
	qsort(names->items, names->count, sizeof *names->items, compare_names);
	mr_buf_put_u8(data, '{');
	for (size_t i = 0; i < names->count; i++) {
		if (i && mr_str_eq(names->items[i], names->items[i - 1]))
			continue;
		if (i)
			mr_buf_put_u8(data, ',');
		mr_json_put_str(data, names->items[i]);
		mr_buf_put_u8(data, ':');
		mr_secret_value_encode(
			data, mr_view_secret(view, MR_SECRETS_CURRENT, names->items[i]));
	}
	mr_buf_put_u8(data, '}');
	return MR_OK;
}

static mr_result read_secrets(const struct mr_view *view, const struct mr_user *user,
	struct mr_str_list *names, struct mr_buf *data, struct mr_error *err)
{
	MR_TRY(mr_require_state(view, MR_STATE_ACCEPTING_MARBLES, MR_STATE_ACCEPTING_MARBLES, err));
	MR_TRY(mr_user_check_read(user, names->items, names->count, err));
	return put_secrets(view, names, data, err);
}

void mr_api_get_secrets(const struct mr_api_call *call)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(call->core);
	const struct mr_http_request *request = mr_http_request_of(call->exchange);
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	bool v1 = call->version == MR_API_V1;
	struct mr_str_list names = { 0 };
	const struct mr_user *user;
	struct mr_error err;
	struct mr_buf data;

	mr_arena_init(&arena, NAMES_MEMORY_MAX);
	if (mr_failed(mr_authenticate_user(s->view, request->peer_certificate, &user, &err))) {
		mr_api_unauthorized(call, &err);
		return;
	}
	if (mr_failed(read_names(request->query, &arena, &names, &err))) {
		if (v1)
			mr_api_error(call, 400, mr_str_of(err.message));
		else
			mr_api_fail(call, 400, mr_str_of(err.message));
		return;
	}
	mr_buf_init_secret(&data, ANSWER_MAX);
	if (!v1)
		mr_buf_put_cstr(&data, "{\"secrets\":");
	mr_result r = read_secrets(s->view, user, &names, &data, &err);
	MR_LOG(call->core->log, mr_failed(r) ? MR_LOG_ERROR : MR_LOG_INFO, "Secrets read",
		mr_log_str("user", user->name), mr_log_cstr("remote", request->remote),
		mr_log_cstr("error", mr_failed(r) ? err.message : ""));
	if (mr_failed(r)) {
		mr_buf_done(&data);
		mr_api_refuse(call, &err);
		return;
	}
	if (!v1)
		mr_buf_put_u8(&data, '}');
	mr_api_success(call, &data);
}

/* --- uploading --- */

struct upload_job {
	struct mr_change_job base;
	struct mr_arena arena; /* of the body; wiped */
	struct mr_secret_upload *uploads;
	size_t count;
};

/* Permission for all names comes first: who has none learns nothing from the parser (20 §6.6 BEYOND). */
static mr_result check_permissions(
	const struct upload_job *j, const struct mr_user *user, struct mr_error *err)
{
	for (size_t i = 0; i < j->count; i++)
		MR_TRY(mr_user_check_write(user, j->uploads[i].name, err));
	return MR_OK;
}

static mr_result make_values(const struct upload_job *j, const struct mr_view *view,
	struct mr_arena *arena, struct mr_secret_value **ret, struct mr_error *err)
{
	struct mr_secret_value *values = mr_arena_array(arena, j->count, sizeof *values);

	if (!values)
		return mr_arena_fail(arena, err);
	if (j->count == 0)
		return mr_fail(err, MR_CODE_INVALID, "no new secrets defined");
	for (size_t i = 0; i < j->count; i++) {
		const struct mr_secret_value *old = mr_view_secret(
			view, MR_SECRETS_CURRENT, j->uploads[i].name);
		MR_TRY(mr_secret_upload_apply(
			&j->uploads[i], old ? &old->def : NULL, arena, &values[i], err));
	}
	*ret = values;
	return MR_OK;
}

static mr_result dry_run(const struct upload_job *j, const struct mr_view *view,
	const struct mr_secret_value *values, struct mr_error *err)
{
	const struct mr_dry_run data = {
		.secrets = view->secrets[MR_SECRETS_CURRENT],
		.secrets_count = view->secrets_count[MR_SECRETS_CURRENT],
		.uploaded = values,
		.uploaded_count = j->count,
	};

	return mr_wrap(err,
		mr_parameters_dry_run_all(view->marbles, view->marbles_count, &data, err),
		"running manifest template dry run");
}

static mr_result put_values(
	const struct upload_job *j, const struct mr_secret_value *values, struct mr_error *err)
{
	struct mr_tx *tx = j->base.change.tx;
	MR_AUTO(buf) struct mr_buf log = { 0 };

	MR_TRY(mr_update_log_load(tx, &log, err));
	for (size_t i = 0; i < j->count; i++) {
		MR_TRY(mr_state_put_secret(tx, "secret:", &values[i], err));
		mr_update_log_secret_set(&log, mr_clock_wall_ns(), j->base.user->name,
			values[i].def.name, values[i].def.type_name);
	}
	return mr_update_log_store(tx, &log, err);
}

static mr_result prepare(struct mr_change_job *job, struct mr_error *err)
{
	struct upload_job *j = MR_CONTAINER_OF(job, struct upload_job, base);
	const struct mr_view *view = job->snapshot->view;
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_secret_value *values = NULL;

	mr_arena_init(&arena, UPLOAD_MEMORY_MAX);
	MR_TRY(mr_change_job_authenticate(job, err));
	MR_TRY(mr_require_state(view, MR_STATE_ACCEPTING_MARBLES, MR_STATE_ACCEPTING_MARBLES, err));
	MR_TRY(check_permissions(j, job->user, err));
	MR_TRY(mr_wrap(err, make_values(j, view, &arena, &values, err), "parsing new secrets"));
	MR_TRY(dry_run(j, view, values, err));
	MR_TRY(mr_tx_new(job->snapshot->state, &job->change.tx, err));
	MR_TRY(put_values(j, values, err));
	return mr_change_build_view(&job->change, err);
}

static void put_answer(struct mr_change_job *job, struct mr_buf *data)
{
	(void)job;
	(void)data;
}

static void release(struct mr_change_job *job)
{
	struct upload_job *j = MR_CONTAINER_OF(job, struct upload_job, base);

	mr_arena_done(&j->arena);
	free(j);
}

static const struct mr_change_kind upload_kind = {
	.name = "WriteSecret",
	.commit_context = "",
	.prepare = prepare,
	.put_answer = put_answer,
	.free = release,
};

/* v1: the body is the map, and nothing may follow it; v2: the member `secrets`. */
static mr_result decode_body(
	const struct mr_api_call *call, struct upload_job *j, struct mr_error *err)
{
	const struct mr_http_request *request = mr_http_request_of(call->exchange);
	struct mr_str text = mr_bytes_str(request->body);
	const struct mr_json *body;

	if (request->body_error.len)
		return mr_fail(err, MR_CODE_INVALID, "%.*s", MR_STR_ARGS(request->body_error));
	if (call->version == MR_API_V1) {
		MR_TRY(mr_json_parse(text, &j->arena, &body, err));
		return mr_secret_uploads_decode(body, &j->arena, &j->uploads, &j->count, err);
	}
	MR_TRY(mr_json_parse_first(text, &j->arena, &body, err));
	MR_TRY(mr_json_want(body, MR_JSON_OBJECT, "object", err));
	const struct mr_json *secrets = mr_json_field(body, MR_STR("secrets"));
	if (!secrets)
		return MR_OK;
	return mr_secret_uploads_decode(secrets, &j->arena, &j->uploads, &j->count, err);
}

void mr_api_post_secrets(const struct mr_api_call *call)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(call->core);
	const struct mr_user *user;
	struct mr_error err;

	if (mr_failed(mr_authenticate_user(
		    s->view, mr_http_request_of(call->exchange)->peer_certificate, &user, &err))) {
		mr_api_unauthorized(call, &err);
		return;
	}
	struct upload_job *j = calloc(1, sizeof *j);
	if (!j) {
		mr_api_error(call, 500, MR_STR("out of memory"));
		return;
	}
	mr_arena_init(&j->arena, UPLOAD_MEMORY_MAX);
	if (mr_failed(decode_body(call, j, &err))) {
		release(&j->base);
		if (call->version == MR_API_V1)
			mr_api_error(call, 400, mr_str_of(err.message));
		else
			mr_api_fail(call, 400, mr_str_of(err.message));
		return;
	}
	mr_change_job_start(&j->base, &upload_kind, call);
}
