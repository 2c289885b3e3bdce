/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the calls of api_calls.h are made of: answers kept in an arena and the fields read from them.
 * Not for commands.
 */
#ifndef MR_CLIENT_API_READ_H
#define MR_CLIENT_API_READ_H

#include "client/api_calls.h"

/* Room for the texts of requests and answers. */
#define MR_API_BODY_MAX ((size_t)128 << 20)
#define MR_API_DATA_MAX ((size_t)64 << 20)
#define MR_API_QUERY_MAX ((size_t)8 << 10)

/* As mr_api_call, the text of `data` kept in the arena. */
MR_MUST_USE mr_result mr_api_call_text(struct mr_api *api, const struct mr_api_request *request,
	const struct mr_api_request *v1, struct mr_arena *arena, struct mr_str *ret,
	bool *ret_is_v1, struct mr_error *err);
/* The same of an answer that has to be an object. */
MR_MUST_USE mr_result mr_api_call_object(struct mr_api *api, const struct mr_api_request *request,
	const struct mr_api_request *v1, struct mr_arena *arena, const struct mr_json **ret,
	bool *ret_is_v1, struct mr_error *err);

/* `unmarshalling Coordinator response: …`, of a field that has the wrong type, or base64 that is
 * none. */
MR_MUST_USE mr_result mr_api_wrap_field(struct mr_error *err, mr_result r);
/* Fields of an answer; missing ones and null are empty. */
MR_MUST_USE mr_result mr_api_read_bytes(const struct mr_json *object, struct mr_str field,
	struct mr_arena *arena, struct mr_bytes *ret, struct mr_error *err);
MR_MUST_USE mr_result mr_api_read_str(const struct mr_json *object, struct mr_str field,
	struct mr_str *ret, struct mr_error *err);
MR_MUST_USE mr_result mr_api_read_i64(
	const struct mr_json *object, struct mr_str field, int64_t *ret, struct mr_error *err);
MR_MUST_USE mr_result mr_api_read_strs(const struct mr_json *object, struct mr_str field,
	struct mr_arena *arena, const struct mr_str **ret, size_t *ret_count, struct mr_error *err);
/* A map of names to recovery secrets, sorted by name; of a repeated name the last member counts, as
 * everywhere inside `data`. */
MR_MUST_USE mr_result mr_api_read_recovery(const struct mr_json *object, struct mr_str field,
	struct mr_arena *arena, const struct mr_recovery_secret **ret, size_t *ret_count,
	struct mr_error *err);

/* Appends `{"manifest":"<base64>"}`, the body of three routes; fails as mr_buf_status does. */
MR_MUST_USE mr_result mr_api_put_manifest(
	struct mr_buf *out, struct mr_bytes manifest, struct mr_error *err);

#endif
