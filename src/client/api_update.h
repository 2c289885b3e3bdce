/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of the client API about manifest updates (50 §4.3, §7.7, §7.8); as those of api_calls.h. */
#ifndef MR_CLIENT_API_UPDATE_H
#define MR_CLIENT_API_UPDATE_H

#include "client/api_calls.h"

/* What became of an update that was submitted or acknowledged. */
struct mr_api_update {
	int64_t missing;            /* acknowledgments; 0: the update is applied */
	const struct mr_str *users; /* who may give them */
	size_t user_count;
	const struct mr_recovery_secret *secrets; /* for changed recovery keys, sorted by name */
	size_t secret_count;
};
/* Submits an update. `applying manifest update: …` */
MR_MUST_USE mr_result mr_api_apply_update(struct mr_api *api, struct mr_bytes manifest,
	struct mr_arena *arena, struct mr_api_update *ret, struct mr_error *err);
/* Acknowledges the pending update. API v1 gives a number of users, who become `User0`, `User1`, ….
 * `sending manifest update acknowledgement: …` */
MR_MUST_USE mr_result mr_api_acknowledge_update(struct mr_api *api, struct mr_bytes manifest,
	struct mr_arena *arena, struct mr_api_update *ret, struct mr_error *err);
/* `sending manifest update cancel: …` */
MR_MUST_USE mr_result mr_api_cancel_update(struct mr_api *api, struct mr_error *err);

struct mr_api_pending {
	struct mr_bytes manifest;
	const struct mr_str *users; /* who have not acknowledged it */
	size_t user_count;
};
/* `retrieving pending manifest update: …` of the request, `unmarshalling Coordinator response: …` of
 * the answer. */
MR_MUST_USE mr_result mr_api_get_pending(struct mr_api *api, struct mr_arena *arena,
	struct mr_api_pending *ret, struct mr_error *err);

#endif
