/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/api.h"

#include "base/clock.h"
#include "codec/json.h"

enum { ANSWER_MAX = 128 << 20, BODY_ARENA_MAX = 64 << 20, PARAMETER_MAX = 4 << 20 };

/* As the metrics define it: URL, method, protocol, host and all other headers, and the announced length (20 §12). */
static size_t request_size(const struct mr_http_request *request)
{
	size_t size = request->path.len + request->query.len + request->method.len +
		      sizeof "HTTP/1.1" - 1;

	for (size_t i = 0; i < request->header_count; i++)
		size += request->headers[i].name.len + request->headers[i].value.len;
	return size + request->body.len;
}

static void count(const struct mr_api_call *call, int http_status, size_t body_size)
{
	const struct mr_http_request *request = mr_http_request_of(call->exchange);

	if (!call->counted || !call->core->metrics)
		return;
	const struct mr_http_sample sample = {
		.path = call->path,
		.method = request->method,
		.status = http_status,
		.duration_ns = mr_clock_wall_ns() - call->began_ns,
		.request_size = request_size(request),
		.response_size = body_size,
	};
	mr_metrics_http_end(call->core->metrics, &sample);
}

void mr_api_respond(
	const struct mr_api_call *call, int http_status, bool plain_text, struct mr_buf *take_body)
{
	struct mr_http_response response = {
		.status = http_status,
		.content_type = plain_text ? "text/plain; charset=utf-8" : "application/json",
		.nosniff = plain_text,
		.body = *take_body,
	};

	count(call, http_status, take_body->len);
	*take_body = (struct mr_buf){ 0 };
	mr_http_respond(call->exchange, &response);
}

static void respond_message(
	const struct mr_api_call *call, int http_status, const char *status, struct mr_str message)
{
	struct mr_buf body;

	mr_buf_init(&body, ANSWER_MAX);
	mr_buf_printf(&body, "{\"status\":\"%s\",\"data\":null", status);
	if (message.len) {
		mr_json_put_name(&body, "message", false);
		mr_json_put_str(&body, message);
	}
	mr_buf_put_cstr(&body, "}\n");
	/* half an envelope would be worse than none */
	if (body.failure != MR_CODE_OK)
		mr_buf_done(&body);
	mr_api_respond(call, http_status, strcmp(status, "error") == 0, &body);
}

mr_result mr_api_success_body(
	struct mr_buf *take_data, struct mr_buf *ret_body, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf body = { 0 };

	if (take_data->secret)
		mr_buf_init_secret(&body, ANSWER_MAX);
	else
		mr_buf_init(&body, ANSWER_MAX);
	mr_buf_put_cstr(&body, "{\"status\":\"success\",\"data\":");
	if (take_data->len)
		mr_buf_put_bytes(&body, mr_buf_bytes(take_data));
	else
		mr_buf_put_cstr(&body, "null");
	mr_buf_put_cstr(&body, "}\n");
	if (take_data->failure != MR_CODE_OK)
		mr_buf_set_failure(&body, take_data->failure);
	mr_buf_done(take_data);
	MR_TRY(mr_buf_status(&body, err));
	*ret_body = body;
	body = (struct mr_buf){ 0 };
	return MR_OK;
}

void mr_api_success(const struct mr_api_call *call, struct mr_buf *take_data)
{
	struct mr_buf body;
	struct mr_error err;

	if (mr_failed(mr_api_success_body(take_data, &body, &err)))
		mr_api_error(call, 500, mr_str_of(err.message));
	else
		mr_api_respond(call, 200, false, &body);
}

void mr_api_error(const struct mr_api_call *call, int http_status, struct mr_str message)
{
	respond_message(call, http_status, "error", message);
}

void mr_api_fail(const struct mr_api_call *call, int http_status, struct mr_str message)
{
	respond_message(call, http_status, "fail", message);
}

void mr_api_refuse(const struct mr_api_call *call, const struct mr_error *err)
{
	mr_api_error(call, call->version == MR_API_V1 ? 400 : 500, mr_str_of(err->message));
}

void mr_api_unauthorized(const struct mr_api_call *call, const struct mr_error *err)
{
	if (call->version == MR_API_V1)
		mr_api_error(call, 401, mr_str_of(err->message));
	else
		mr_api_fail(call, 401, mr_str_of(err->message));
}

void mr_api_busy(const struct mr_api_call *call)
{
	mr_api_error(call, 503, MR_STR("too many requests are waiting, try again later"));
}

bool mr_api_read_body(
	const struct mr_api_call *call, struct mr_arena *arena, const struct mr_json **ret)
{
	const struct mr_http_request *request = mr_http_request_of(call->exchange);
	struct mr_error err;
	const struct mr_json *body;

	if (request->body_error.len) {
		mr_api_fail(call, 400, request->body_error);
		return false;
	}
	mr_arena_init(arena, BODY_ARENA_MAX);
	mr_result r = mr_json_parse_first(mr_bytes_str(request->body), arena, &body, &err);
	if (!mr_failed(r))
		r = mr_json_want(body, MR_JSON_OBJECT, "object", &err);
	if (mr_failed(r)) {
		mr_arena_done(arena);
		mr_api_fail(call, 400, mr_str_of(err.message));
		return false;
	}
	*ret = body;
	return true;
}

mr_result mr_api_next_parameter(struct mr_str query, size_t *at, struct mr_str name,
	struct mr_buf *value, bool *ret_found, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf decoded = { 0 };
	struct mr_str raw_name, raw_value;

	mr_buf_init(&decoded, PARAMETER_MAX);
	*ret_found = false;
	while (!*ret_found && mr_http_query_next(query, at, &raw_name, &raw_value)) {
		mr_buf_clear(&decoded);
		mr_buf_clear(value);
		*ret_found = mr_http_form_decode(raw_name, &decoded) &&
			     mr_str_eq(mr_buf_str(&decoded), name) &&
			     mr_http_form_decode(raw_value, value);
		MR_TRY(mr_buf_status(&decoded, err));
		MR_TRY(mr_buf_status(value, err));
	}
	return MR_OK;
}

static bool read_v2_manifest(const struct mr_api_call *call, struct mr_buf *ret_raw)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	const struct mr_json *body;
	struct mr_bytes raw = { NULL, 0 };
	struct mr_error err;
	bool present = false;

	if (!mr_api_read_body(call, &arena, &body))
		return false;
	mr_result r = MR_OK;
	for (const struct mr_json *m = body->first; m && !mr_failed(r); m = m->next)
		if (mr_json_name_matches(m->name, MR_STR("manifest")))
			r = mr_json_get_bytes(m, &arena, &raw, &present, &err);
	if (!mr_failed(r)) {
		mr_buf_put_bytes(ret_raw, raw);
		r = mr_buf_status(ret_raw, &err);
	}
	if (mr_failed(r))
		mr_api_fail(call, 400, mr_str_of(err.message));
	return !mr_failed(r);
}

bool mr_api_read_manifest(const struct mr_api_call *call, struct mr_buf *ret_raw)
{
	const struct mr_http_request *request = mr_http_request_of(call->exchange);
	struct mr_error err;

	if (call->version == MR_API_V2)
		return read_v2_manifest(call, ret_raw);
	if (request->body_error.len) {
		mr_api_error(call, 400, request->body_error);
		return false;
	}
	mr_buf_put_bytes(ret_raw, request->body);
	if (mr_failed(mr_buf_status(ret_raw, &err))) {
		mr_api_refuse(call, &err);
		return false;
	}
	return true;
}
