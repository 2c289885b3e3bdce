/* SPDX-License-Identifier: Apache-2.0 */
#include "client/api.h"

#include <stdlib.h>

#include "net/http_client.h"

enum { REDIRECTS_MAX = 10, TARGET_MAX = 16 << 10 };

/* Trees of an answer's envelope: nodes, and the strings that have escapes. */
#define ENVELOPE_LIMIT ((size_t)512 << 20)

struct mr_api {
	char *endpoint;
	struct mr_http_client *client;
};

/* One request on its way through redirects. */
struct hop {
	const char *method;
	struct mr_bytes body;
	struct mr_buf target; /* NUL-terminated */
};

/* `https://` in front and slashes behind, as copied from a browser, are no part of the address. */
static char *copy_endpoint(const char *given)
{
	struct mr_str s = mr_str_of(given), scheme = MR_STR("https://");

	if (s.len > scheme.len && mr_str_eq_nocase(mr_str_sub(s, 0, scheme.len), scheme))
		s = mr_str_sub(s, scheme.len, s.len);
	while (s.len > 0 && s.ptr[s.len - 1] == '/')
		s.len--;
	return strndup(s.ptr, s.len);
}

mr_result mr_api_new(const struct mr_api_config *config, struct mr_api **ret, struct mr_error *err)
{
	struct mr_http_client_config http = {
		.tls = { .identity = config->identity,
			.anchors = config->root,
			.anchor_count = config->root ? 1 : 0,
			.check_host = true },
	};
	struct mr_api *api = calloc(1, sizeof *api);
	mr_result r;

	if (!api)
		return mr_fail_nomem(err);
	api->endpoint = copy_endpoint(config->endpoint);
	http.endpoint = api->endpoint;
	r = api->endpoint ? mr_http_client_new(&http, &api->client, err) : mr_fail_nomem(err);
	if (mr_failed(r)) {
		mr_api_free(api);
		return r;
	}
	*ret = api;
	return MR_OK;
}

void mr_api_free(struct mr_api *api)
{
	if (!api)
		return;
	mr_http_client_free(api->client);
	free(api->endpoint);
	free(api);
}

/* --- redirects --- */

static const char *target_of(const struct hop *hop)
{
	return (const char *)hop->target.data;
}

static mr_result set_target(
	struct hop *hop, struct mr_str path, struct mr_str query, struct mr_error *err)
{
	mr_buf_clear(&hop->target);
	mr_buf_put_str(&hop->target, path);
	if (query.len > 0)
		mr_buf_put_u8(&hop->target, '?');
	mr_buf_put_str(&hop->target, query);
	mr_buf_put_u8(&hop->target, '\0');
	return mr_buf_status(&hop->target, err);
}

static bool is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* The path of a Location on the same server; false for anything else. */
static bool take_location(const struct mr_api *api, struct mr_str location, struct mr_str *ret)
{
	struct mr_str scheme = MR_STR("https://"), server = mr_str_of(api->endpoint);
	size_t mark = mr_str_find(location, '#', 0);

	if (mark != SIZE_MAX)
		location.len = mark;
	if (location.len > scheme.len &&
		mr_str_eq_nocase(mr_str_sub(location, 0, scheme.len), scheme)) {
		location = mr_str_sub(location, scheme.len, location.len);
		if (location.len < server.len ||
			!mr_str_eq_nocase(mr_str_sub(location, 0, server.len), server))
			return false;
		location = mr_str_sub(location, server.len, location.len);
	}
	*ret = location;
	return location.len > 0 && location.ptr[0] == '/' &&
	       !(location.len > 1 && location.ptr[1] == '/');
}

/* Where the answer sends us; what was meant for this Coordinator goes to no other server. */
static mr_result follow(const struct mr_api *api, const struct mr_http_answer *answer,
	struct hop *hop, struct mr_error *err)
{
	struct mr_str location = { NULL, 0 }, path;

	if (!mr_http_answer_field(answer, MR_STR("Location"), &location) ||
		!take_location(api, location, &path))
		return mr_fail(err, MR_CODE_INVALID,
			"%s https://%s%.512s: refusing the redirect to \"%.*s\"", hop->method,
			api->endpoint, target_of(hop), MR_STR_ARGS(location));
	MR_TRY(set_target(hop, path, (struct mr_str){ NULL, 0 }, err));
	if (answer->status != 307 && answer->status != 308) {
		hop->method = "GET";
		hop->body = (struct mr_bytes){ NULL, 0 };
	}
	return MR_OK;
}

/* The answer that is no redirect any more. */
static mr_result exchange(
	struct mr_api *api, struct hop *hop, struct mr_http_answer *ret, struct mr_error *err)
{
	for (int i = 0; i <= REDIRECTS_MAX; i++) {
		MR_AUTO(http_answer) struct mr_http_answer answer = { 0 };

		MR_TRY(mr_http_client_request(api->client, hop->method, target_of(hop),
			hop->body.len > 0 ? "application/json" : NULL, hop->body, &answer, err));
		if (!is_redirect(answer.status)) {
			*ret = answer;
			answer = (struct mr_http_answer){ 0 };
			return MR_OK;
		}
		MR_TRY(follow(api, &answer, hop, err));
	}
	return mr_fail(err, MR_CODE_LIMIT, "%s https://%s%.512s: stopped after %d redirects",
		hop->method, api->endpoint, target_of(hop), REDIRECTS_MAX);
}

/* --- answers --- */

struct envelope {
	struct mr_str status, message;
	const struct mr_json *data; /* NULL: none */
};

/* The first member of a name counts here, in this case alone (50 §4.1). */
static const struct mr_json *first_member(const struct mr_json *object, struct mr_str name)
{
	for (const struct mr_json *member = object->first; member; member = member->next) {
		if (mr_str_eq(member->name, name))
			return member;
	}
	return NULL;
}

static struct mr_str text_of(const struct mr_json *value)
{
	if (!value || value->kind == MR_JSON_NULL)
		return (struct mr_str){ "", 0 };
	return value->kind == MR_JSON_STRING ? value->text : value->source;
}

/* A body that is something else gives empty fields. */
static struct envelope read_envelope(struct mr_str body, struct mr_arena *arena)
{
	const struct mr_json *root;
	struct mr_error err;

	if (mr_failed(mr_json_parse(body, arena, &root, &err)) || root->kind != MR_JSON_OBJECT)
		return (struct envelope){ .data = NULL };
	return (struct envelope){
		.status = text_of(first_member(root, MR_STR("status"))),
		.message = text_of(first_member(root, MR_STR("message"))),
		.data = first_member(root, MR_STR("data")),
	};
}

/* Callers look at 405 alone. */
static enum mr_code code_of(int status)
{
	switch (status) {
	case 401:
		return MR_CODE_UNAUTHENTICATED;
	case 403:
		return MR_CODE_DENIED;
	case 404:
		return MR_CODE_NOT_FOUND;
	case 405:
		return MR_CODE_UNSUPPORTED;
	default:
		return status < 500 ? MR_CODE_INVALID : MR_CODE_UNAVAILABLE;
	}
}

static mr_result fail_status(const struct mr_api *api, const struct hop *hop, int status,
	const struct envelope *envelope, struct mr_error *err)
{
	if (status == 401)
		return mr_fail(err, MR_CODE_UNAUTHENTICATED,
			"%s https://%s%.512s: authorizing user: %.*s", hop->method, api->endpoint,
			target_of(hop), MR_STR_ARGS(envelope->message));
	return mr_fail(err, code_of(status), "%s https://%s%.512s: %d %s: %.*s: %.*s", hop->method,
		api->endpoint, target_of(hop), status, mr_http_reason(status),
		MR_STR_ARGS(envelope->status), MR_STR_ARGS(envelope->message));
}

static mr_result call_once(struct mr_api *api, const struct mr_api_request *request,
	struct mr_buf *ret_data, struct mr_error *err)
{
	MR_AUTO(http_answer) struct mr_http_answer answer = { 0 };
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct hop hop = { .method = request->method, .body = request->body };
	MR_AUTO(buf) struct mr_buf target = { 0 };
	struct envelope envelope;
	mr_result r;

	mr_buf_init(&hop.target, TARGET_MAX);
	r = set_target(&hop, mr_str_of(request->path), request->query, err);
	if (!mr_failed(r))
		r = exchange(api, &hop, &answer, err);
	target = hop.target; /* released at the end, whatever comes of it */
	MR_TRY(r);
	mr_arena_init(&arena, ENVELOPE_LIMIT);
	envelope = read_envelope(mr_buf_str(&answer.body), &arena);
	if (answer.status != 200)
		return fail_status(api, &hop, answer.status, &envelope, err);
	mr_buf_put_str(ret_data, text_of(envelope.data));
	return mr_buf_status(ret_data, err);
}

mr_result mr_api_call(struct mr_api *api, const struct mr_api_request *request,
	const struct mr_api_request *v1, struct mr_buf *ret_data, bool *ret_is_v1,
	struct mr_error *err)
{
	mr_result r = call_once(api, request, ret_data, err);
	bool again = v1 && r.code == MR_CODE_UNSUPPORTED;

	if (again)
		r = call_once(api, v1, ret_data, err);
	if (ret_is_v1 && !mr_failed(r))
		*ret_is_v1 = again;
	return r;
}

mr_result mr_api_parse(struct mr_str data, struct mr_arena *arena, const struct mr_json **ret,
	struct mr_error *err)
{
	mr_result r = mr_json_parse(data, arena, ret, err);

	if (!mr_failed(r) && (*ret)->kind != MR_JSON_OBJECT)
		r = mr_fail(
			err, MR_CODE_INVALID, "json: cannot unmarshal the answer into an object");
	return mr_wrap(err, r, "unmarshalling Coordinator response");
}

void mr_api_put_query(struct mr_buf *out, struct mr_str text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			     (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.' || c == '~';

		if (plain) {
			mr_buf_put_u8(out, c);
		} else if (c == ' ') {
			mr_buf_put_u8(out, '+');
		} else {
			mr_buf_put_u8(out, '%');
			mr_buf_put_u8(out, (uint8_t)digits[c >> 4]);
			mr_buf_put_u8(out, (uint8_t)digits[c & 15]);
		}
	}
}
