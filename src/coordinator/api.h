/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client API (20): what the routes share. A call is one HTTP exchange on its way to an answer in the envelope of 20 §3;
 * it is answered exactly once by one of the functions below, from any thread.
 */
#ifndef MR_COORDINATOR_API_H
#define MR_COORDINATOR_API_H

#include "codec/json.h"
#include "coordinator/core.h"
#include "net/http.h"

enum mr_api_version { MR_API_V1 = 1, MR_API_V2 = 2 };

struct mr_api_call {
	struct mr_core *core;
	struct mr_http_exchange *exchange;
	enum mr_api_version version;
	/* For metrics: */
	bool counted; /* on a registered path */
	size_t path;  /* its index */
	int64_t began_ns;
};

/* The body of a success with `data`, a JSON text (taken over; empty means null): for changes, which must be able to
 * answer before they are committed. Secret if the data are. */
MR_MUST_USE mr_result mr_api_success_body(
	struct mr_buf *take_data, struct mr_buf *ret_body, struct mr_error *err);
/* 200 with such a body. A buffer that failed becomes a 500 error. */
void mr_api_success(const struct mr_api_call *call, struct mr_buf *take_data);
/* Status `error` with this HTTP status and message (20 §2.3). */
void mr_api_error(const struct mr_api_call *call, int http_status, struct mr_str message);
/* Status `fail`, for 400 and 401 of v2. */
void mr_api_fail(const struct mr_api_call *call, int http_status, struct mr_str message);
/* The generic refusal of a writing call: v1 400 error, v2 500 error (20 §5). */
void mr_api_refuse(const struct mr_api_call *call, const struct mr_error *err);
/* 401: v1 error, v2 fail (20 §4.3). */
void mr_api_unauthorized(const struct mr_api_call *call, const struct mr_error *err);
/* Answers with a body made by the caller (taken over). */
void mr_api_respond(
	const struct mr_api_call *call, int http_status, bool plain_text, struct mr_buf *take_body);
/* 503, when a queue of ours is full. */
void mr_api_busy(const struct mr_api_call *call);

/* Goes on to the next query parameter of this name: its form-decoded value in `value`, an initialised buffer. Pairs that
 * cannot be decoded do not count (20 §2.2). *at starts at 0; *ret_found is false at the end. */
MR_MUST_USE mr_result mr_api_next_parameter(struct mr_str query, size_t *at, struct mr_str name,
	struct mr_buf *value, bool *ret_found, struct mr_error *err);
/* The manifest that a writing route got: the raw body in v1, the base64 member `manifest` of the JSON body in v2. A bad
 * v2 body answers the call with 400 and returns false. */
MR_MUST_USE bool mr_api_read_manifest(const struct mr_api_call *call, struct mr_buf *ret_raw);
/* Parses a v2 body: its first JSON value, which must be an object or null. False: answered. */
MR_MUST_USE bool mr_api_read_body(
	const struct mr_api_call *call, struct mr_arena *arena, const struct mr_json **ret);

/* Routes, one function each; `call` is copied where it outlives the function. */
void mr_api_get_status(const struct mr_api_call *call);
void mr_api_get_quote(const struct mr_api_call *call);
void mr_api_get_manifest(const struct mr_api_call *call);
void mr_api_post_manifest(const struct mr_api_call *call);
void mr_api_get_update_log(const struct mr_api_call *call);
void mr_api_post_update(const struct mr_api_call *call);
void mr_api_post_counter(const struct mr_api_call *call);
void mr_api_get_pending_update(const struct mr_api_call *call);
void mr_api_post_acknowledgement(const struct mr_api_call *call);
void mr_api_post_cancellation(const struct mr_api_call *call);
void mr_api_get_secrets(const struct mr_api_call *call);
void mr_api_post_secrets(const struct mr_api_call *call);
void mr_api_post_sign_quote(const struct mr_api_call *call);
void mr_api_post_recover(const struct mr_api_call *call);
void mr_api_get_recovery_key(const struct mr_api_call *call);

#endif
