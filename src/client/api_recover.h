/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of the client API about recovery (50 §4.3, §11), which API v1 does not have. */
#ifndef MR_CLIENT_API_RECOVER_H
#define MR_CLIENT_API_RECOVER_H

#include "client/api_calls.h"

/* Hands in one recovery secret; *ret_remaining others are still needed. `sending recovery request: …`
 */
MR_MUST_USE mr_result mr_api_recover(struct mr_api *api, struct mr_bytes secret,
	struct mr_bytes signature, struct mr_arena *arena, int64_t *ret_remaining,
	struct mr_error *err);
/* The key that secrets may be encrypted with on their way, as SubjectPublicKeyInfo. `retrieving
 * recovery public key: …` */
MR_MUST_USE mr_result mr_api_get_recovery_key(
	struct mr_api *api, struct mr_arena *arena, struct mr_bytes *ret_der, struct mr_error *err);

#endif
