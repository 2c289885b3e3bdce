/* SPDX-License-Identifier: Apache-2.0 */
/* Monotonic counters of Marbles (20 §6.15). */
#include <stdlib.h>

#include "base/clock.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "coordinator/api.h"
#include "coordinator/users.h"

enum { KEY_MAX = 32 << 20 };

/* A Marble may be taken over, and its counters stay for good: it must not fill the state, which others need, and which is
 * written as a whole with every change. */
enum { NAME_BYTES_MAX = 16 << 10, MARBLE_COUNTERS_MAX = 1024, MARBLE_BYTES_MAX = 1 << 20 };
enum { STATE_BYTES_MAX = MR_STATE_MAX_SIZE / 4, STATE_KEYS_MAX = MR_STATE_MAX_KEYS / 4 };

struct counter_call {
	struct mr_api_call call;
	struct mr_buf key;
	size_t prefix; /* bytes of the key that are the Marble's */
	uint64_t wanted;
	struct mr_buf answer; /* made before the commit, which it must be able to follow */
	struct mr_update update;
};

static void finish(struct counter_call *c)
{
	mr_buf_done(&c->key);
	mr_buf_done(&c->answer);
	free(c);
}

static mr_result make_answer(struct counter_call *c, uint64_t before, struct mr_error *err)
{
	struct mr_buf data;

	mr_buf_init(&data, 64);
	mr_buf_put_cstr(&data, "{\"value\":");
	mr_buf_put_uint(&data, before);
	mr_buf_put_u8(&data, '}');
	return mr_api_success_body(&data, &c->answer, err);
}

/* Is there room for one more counter of this Marble? */
static mr_result check_room(
	const struct counter_call *c, const struct mr_tx *tx, struct mr_error *err)
{
	struct mr_tx_use all = mr_tx_use(tx, MR_STR(""));
	struct mr_tx_use own = mr_tx_use(tx, mr_str_sub(mr_buf_str(&c->key), 0, c->prefix));

	if (own.count >= MARBLE_COUNTERS_MAX || own.size + c->key.len > MARBLE_BYTES_MAX)
		return mr_fail(err, MR_CODE_LIMIT, "the Marble has too many counters");
	if (all.count >= STATE_KEYS_MAX || all.size + c->key.len > STATE_BYTES_MAX)
		return mr_fail(err, MR_CODE_LIMIT, "the state has no room for more counters");
	return MR_OK;
}

static mr_result apply(
	struct mr_update *update, struct mr_update_context *context, struct mr_error *err)
{
	struct counter_call *c = MR_CONTAINER_OF(update, struct counter_call, update);
	const struct mr_view *view = context->attachment;
	struct mr_bytes stored;
	uint64_t before = 0;
	uint8_t bytes[8];

	MR_TRY(mr_require_state(view, MR_STATE_ACCEPTING_MARBLES, MR_STATE_ACCEPTING_MARBLES, err));
	if (mr_tx_get(context->tx, mr_buf_str(&c->key), &stored)) {
		struct mr_cursor cursor = mr_cursor_of(stored);
		if (!mr_cursor_u64le(&cursor, &before) || mr_cursor_left(&cursor))
			return mr_fail(err, MR_CODE_INVALID, "stored counter is malformed");
	} else if (c->wanted) {
		MR_TRY(check_room(c, context->tx, err));
	}
	MR_TRY(make_answer(c, before, err));
	if (c->wanted <= before)
		return MR_OK;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(c->wanted >> (8 * i));
	MR_TRY(mr_core_prepare_publish(c->call.core, err));
	return mr_tx_put(context->tx, mr_buf_str(&c->key), mr_bytes_of(bytes, sizeof bytes), err);
}

static void committed(
	struct mr_update *update, mr_result result, bool committing, const struct mr_error *err)
{
	struct counter_call *c = MR_CONTAINER_OF(update, struct counter_call, update);
	struct mr_error wrapped;

	if (!mr_failed(result)) {
		mr_api_respond(&c->call, 200, false, &c->answer);
	} else {
		wrapped = *err;
		if (committing)
			result = mr_wrap(&wrapped, result, "committing store transaction");
		MR_LOG(c->call.core->log, MR_LOG_ERROR, "SetMonotonicCounter failed",
			mr_log_error(&wrapped));
		mr_api_refuse(&c->call, &wrapped);
	}
	finish(c);
}

/* `monotonicCounter:<type>:<UUID>:<name>`, each part in base64 (40 §4.2). */
static void put_key(struct counter_call *c, struct mr_bytes type, const struct mr_uuid *uuid,
	struct mr_str name)
{
	mr_buf_put_cstr(&c->key, "monotonicCounter:");
	mr_base64_encode(&c->key, type, MR_BASE64_STANDARD);
	mr_buf_put_u8(&c->key, ':');
	mr_base64_encode(&c->key, mr_bytes_of(uuid->bytes, sizeof uuid->bytes), MR_BASE64_STANDARD);
	mr_buf_put_u8(&c->key, ':');
	c->prefix = c->key.len;
	mr_base64_encode(&c->key, mr_str_bytes(name), MR_BASE64_STANDARD);
}

/* Fills the call from the body. False: answered. */
static bool read_call(struct counter_call *c, const struct mr_uuid *uuid, struct mr_bytes type)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	const struct mr_json *body;
	struct mr_str name = MR_STR("");
	struct mr_error err;
	mr_result r = MR_OK;

	if (!mr_api_read_body(&c->call, &arena, &body))
		return false;
	for (const struct mr_json *m = body->first; m && !mr_failed(r); m = m->next) {
		if (mr_json_name_matches(m->name, MR_STR("name")))
			r = mr_json_get_str(m, &name, &err);
		else if (mr_json_name_matches(m->name, MR_STR("value")))
			r = mr_json_get_u64(m, &c->wanted, &err);
	}
	if (!mr_failed(r) && name.len > NAME_BYTES_MAX)
		r = mr_fail(&err, MR_CODE_LIMIT, "name of more than %d bytes", (int)NAME_BYTES_MAX);
	if (mr_failed(r)) {
		mr_api_fail(&c->call, 400, mr_str_of(err.message));
		return false;
	}
	put_key(c, type, uuid, name);
	if (mr_failed(mr_buf_status(&c->key, &err))) {
		mr_api_refuse(&c->call, &err);
		return false;
	}
	return true;
}

void mr_api_post_counter(const struct mr_api_call *call)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(call->core);
	const struct mr_http_request *request = mr_http_request_of(call->exchange);
	MR_AUTO(cert) struct mr_cert cert = { 0 };
	struct mr_uuid uuid;
	struct mr_bytes type;
	struct mr_error err;

	if (!s->view->manifest ||
		!mr_manifest_has_feature(s->view->manifest, MR_FEATURE_MONOTONIC_COUNTER)) {
		mr_api_error(call, 403,
			MR_STR("MonotonicCounter feature is not enabled in the manifest"));
		return;
	}
	if (mr_failed(mr_authenticate_marble(s->view, request->peer_certificate, mr_clock_wall(),
		    &cert, &uuid, &type, &err))) {
		if (err.code == MR_CODE_UNAUTHENTICATED)
			mr_api_unauthorized(call, &err);
		else
			mr_api_refuse(call, &err);
		return;
	}
	struct counter_call *c = calloc(1, sizeof *c);
	if (!c) {
		mr_api_error(call, 500, MR_STR("out of memory"));
		return;
	}
	c->call = *call;
	mr_buf_init(&c->key, KEY_MAX);
	if (!read_call(c, &uuid, type)) {
		finish(c);
		return;
	}
	c->update = (struct mr_update){ .apply = apply, .done = committed };
	if (!mr_commit_queue_submit(call->core->commits, &c->update)) {
		mr_api_busy(call);
		finish(c);
	}
}
