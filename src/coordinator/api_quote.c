/* SPDX-License-Identifier: Apache-2.0 */
/* Sign-quote (20 §6.14). Nothing here can verify a quote in simulation, so every quote is refused. */
#include "codec/json.h"
#include "coordinator/api.h"

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

void mr_api_post_sign_quote(const struct mr_api_call *call)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(call->core);
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_bytes quote = { NULL, 0 };
	struct mr_error err;

	if (!s->view->manifest ||
		!mr_manifest_has_feature(s->view->manifest, MR_FEATURE_SIGN_QUOTE_ENDPOINT)) {
		mr_api_error(call, 403,
			MR_STR("SignQuoteEndpoint feature is not enabled in the manifest"));
		return;
	}
	mr_arena_init(&arena, 64 << 20);
	mr_result r = read_quote(mr_http_request_of(call->exchange), &arena, &quote, &err);
	if (mr_failed(r)) {
		r = mr_wrap(&err, r, "bad request");
		fail_quote(call, MR_STR("failed to parse JSON data"), mr_str_of(err.message));
		return;
	}
	fail_quote(call,
		quote.len ? MR_STR("quote verification failed: OE_UNSUPPORTED")
			  : MR_STR("quote verification failed: empty report"),
		MR_STR("quote verification failed"));
}
