/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of the client API about secrets (50 §4.3, §9); as those of api_calls.h. */
#ifndef MR_CLIENT_API_SECRETS_H
#define MR_CLIENT_API_SECRETS_H

#include "client/api_calls.h"

/* Bytes that may be absent, which is not the same as empty. */
struct mr_api_bytes {
	struct mr_bytes bytes;
	bool present;
};

struct mr_api_secret {
	struct mr_str name, type;
	uint64_t size, valid_for;
	bool shared, user_defined;
	struct mr_api_bytes cert, private_part, public_part;
};

/* The secrets of these names, sorted by name; of a repeated name the last one. `retrieving secrets:
 * …` */
MR_MUST_USE mr_result mr_api_get_secrets(struct mr_api *api, const char *const *names, size_t count,
	struct mr_arena *arena, const struct mr_api_secret **ret, size_t *ret_count,
	struct mr_error *err);
/* Sets secrets; `map` is the JSON of names and values. `setting secrets: …` */
MR_MUST_USE mr_result mr_api_set_secrets(
	struct mr_api *api, struct mr_str map, struct mr_error *err);

#endif
