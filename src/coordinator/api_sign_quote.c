/* SPDX-License-Identifier: Apache-2.0 */
/* Sign-quote (20 §6.14): verifies anybody's SGX quote and signs its TCB status with the root key. */
#include <stdlib.h>

#include "attest/policy.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "coordinator/api.h"
#include "coordinator/attest_task.h"
#include "crypto/signature.h"

enum { ARENA_MAX = 64 << 20, TEXT_MAX = 2 << 20 };

struct sign_call {
	struct mr_attest_task task;
	struct mr_api_call call;
	struct mr_snapshot *snapshot;
	struct mr_arena arena;
	struct mr_bytes quote; /* as received */
};

/* A fail answer whose data say what was wrong with `sgxQuote`. */
static void fail_quote(const struct mr_api_call *call, struct mr_str detail, struct mr_str message)
{
	struct mr_buf body;

	mr_buf_init(&body, 64 << 10);
	mr_buf_put_cstr(&body, "{\"status\":\"fail\",\"data\":{\"sgxQuote\":");
	mr_json_put_str(&body, detail);
	mr_buf_put_cstr(&body, "},\"message\":");
	mr_json_put_str(&body, message);
	mr_buf_put_cstr(&body, "}\n");
	mr_api_respond(call, 400, false, &body);
}

static void fail_verification(const struct mr_api_call *call, const char *cause)
{
	struct mr_error err;
	mr_result r = mr_fail(&err, MR_CODE_DENIED, "quote verification failed: %s", cause);

	fail_quote(call, mr_failed(r) ? mr_str_of(err.message) : MR_STR(""),
		MR_STR("quote verification failed"));
}

static mr_result read_quote(const struct mr_http_request *request, struct mr_arena *arena,
	struct mr_bytes *ret, struct mr_error *err)
{
	const struct mr_json *body;
	bool present;

	if (request->body_error.len)
		return mr_fail(err, MR_CODE_INVALID, "%.*s", MR_STR_ARGS(request->body_error));
	MR_TRY(mr_json_parse_first(mr_bytes_str(request->body), arena, &body, err));
	MR_TRY(mr_json_want(body, MR_JSON_OBJECT, "object", err));
	for (const struct mr_json *m = body->first; m; m = m->next)
		if (mr_json_name_matches(m->name, MR_STR("sgxQuote")))
			MR_TRY(mr_json_get_bytes(m, arena, ret, &present, err));
	return MR_OK;
}

static void finish(struct sign_call *c)
{
	mr_snapshot_unref(c->snapshot);
	mr_arena_done(&c->arena);
	free(c);
}

/* Over the quote's text exactly as it was received, and the status. */
static mr_result sign(const struct sign_call *c, const char *status, struct mr_buf *signature,
	struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_buf_init(&text, TEXT_MAX);
	mr_base64_encode(&text, c->quote, MR_BASE64_STANDARD);
	mr_buf_put_cstr(&text, status);
	MR_TRY(mr_buf_status(&text, err));
	return mr_key_sign(c->snapshot->view->authority->root_key, MR_HASH_SHA256,
		mr_buf_bytes(&text), signature, err);
}

static void succeed(const struct sign_call *c, enum mr_tcb_status tcb_status)
{
	const char *status = mr_tcb_status_name(tcb_status);
	MR_AUTO(buf) struct mr_buf signature = { 0 };
	struct mr_error err;
	struct mr_buf data;

	mr_buf_init(&signature, 1024);
	if (mr_failed(sign(c, status, &signature, &err))) {
		mr_api_error(&c->call, 500, mr_str_of(err.message));
		return;
	}
	mr_buf_init(&data, 4096);
	mr_buf_put_u8(&data, '{');
	mr_json_put_name(&data, "tcbStatus", true);
	mr_json_put_str(&data, mr_str_of(status));
	mr_json_put_name(&data, "verificationSignature", false);
	mr_json_put_bytes(&data, mr_buf_bytes(&signature));
	mr_buf_put_u8(&data, '}');
	mr_api_success(&c->call, &data);
}

/* The route is for SGX: a client that knows nothing else must not be told that something else is an enclave. */
static enum mr_attest_code verify(struct sign_call *c, struct mr_arena *arena,
	struct mr_verdict *verdict, struct mr_error *err)
{
	struct mr_evidence evidence;
	const struct mr_attest_request request = { .evidence = &evidence,
		.waiter = mr_attest_task_waiter(&c->task) };

	MR_ATTEST_TRY(mr_evidence_read(c->quote, &evidence, err));
	if (evidence.tee != MR_TEE_SGX)
		return mr_attest_fail(err, MR_ATTEST_UNSUPPORTED, "the quote is not one of SGX");
	return mr_attest_service_verify(c->call.core->attest, &request, arena, verdict, err);
}

static void run(struct mr_attest_task *task)
{
	struct sign_call *c = MR_CONTAINER_OF(task, struct sign_call, task);
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_verdict verdict;
	struct mr_error err;

	mr_arena_init(&arena, ARENA_MAX);
	enum mr_attest_code code = verify(c, &arena, &verdict, &err);
	if (code == MR_ATTEST_PENDING && mr_attest_task_park(task))
		return;
	if (code == MR_ATTEST_OK)
		succeed(c, verdict.status);
	else
		fail_verification(&c->call, err.message);
	finish(c);
}

static void refuse(struct mr_attest_task *task)
{
	struct sign_call *c = MR_CONTAINER_OF(task, struct sign_call, task);

	mr_api_busy(&c->call);
	finish(c);
}

/* False: answered. */
static bool read_call(const struct mr_api_call *call, struct sign_call *c)
{
	struct mr_error err;

	mr_arena_init(&c->arena, ARENA_MAX);
	mr_result r = read_quote(mr_http_request_of(call->exchange), &c->arena, &c->quote, &err);
	if (mr_failed(r)) {
		r = mr_wrap(&err, r, "bad request");
		fail_quote(call, MR_STR("failed to parse JSON data"), mr_str_of(err.message));
		return false;
	}
	if (c->quote.len == 0) {
		fail_verification(call, "empty report");
		return false;
	}
	/* nothing verifies in simulation */
	if (!call->core->attest)
		fail_verification(call, "OE_UNSUPPORTED");
	return call->core->attest != NULL;
}

void mr_api_post_sign_quote(const struct mr_api_call *call)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(call->core);

	if (!s->view->manifest ||
		!mr_manifest_has_feature(s->view->manifest, MR_FEATURE_SIGN_QUOTE_ENDPOINT)) {
		mr_api_error(call, 403,
			MR_STR("SignQuoteEndpoint feature is not enabled in the manifest"));
		return;
	}
	struct sign_call *c = calloc(1, sizeof *c);
	if (!c) {
		mr_api_error(call, 500, MR_STR("out of memory"));
		return;
	}
	c->call = *call;
	c->snapshot = s;
	s = NULL;
	if (!read_call(call, c)) {
		finish(c);
		return;
	}
	c->task.core = call->core;
	c->task.run = run;
	c->task.refuse = refuse;
	mr_attest_task_start(&c->task);
}
