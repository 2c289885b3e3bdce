/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages of the Marble API in proto3 wire form (30 §1.6): request and response of
 * rpc.Marble/Activate, for both sides. A codec of our own, because the four fixed messages need
 * proto3's rules exactly (groups skipped, strings checked for UTF-8 with their NUL bytes kept, last
 * one wins) and their content in memory that is wiped.
 */
#ifndef MR_CODEC_MARBLE_MSG_H
#define MR_CODEC_MARBLE_MSG_H

#include "base/arena.h"
#include "base/bytes.h"

struct mr_activation_request {
	struct mr_bytes quote;
	struct mr_bytes csr;
	struct mr_str marble_type;
	struct mr_str uuid;
};

struct mr_param {
	struct mr_str name;
	struct mr_bytes value;
};

struct mr_parameters {
	struct mr_param *files;
	size_t files_count;
	struct mr_param *env;
	size_t env_count;
	struct mr_str *argv;
	size_t argv_count;
};

/* Decodes a request; the fields are borrowed from `body`. Error (MR_CODE_INVALID): what was wrong,
 * without prefix; the API puts `grpc: error unmarshalling request: ` in front. */
MR_MUST_USE mr_result mr_activation_request_decode(
	struct mr_bytes body, struct mr_activation_request *ret, struct mr_error *err);
void mr_activation_request_encode(struct mr_buf *out, const struct mr_activation_request *request);

/* Decodes a response. *ret_present tells whether `Parameters` was there. Duplicate map keys: the
 * last wins. Lists in the arena, contents borrowed from `body`. Bounded to 65536 entries a list. */
MR_MUST_USE mr_result mr_activation_response_decode(struct mr_bytes body, struct mr_arena *arena,
	struct mr_parameters *ret, bool *ret_present, struct mr_error *err);
/* Appends the response; `Parameters` is always written, even if empty. */
void mr_activation_response_encode(struct mr_buf *out, const struct mr_parameters *parameters);

#endif
