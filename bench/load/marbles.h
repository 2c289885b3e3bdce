/* SPDX-License-Identifier: Apache-2.0 */
/* Marbles as a load: each with a key, a certificate, a request and a UUID of its own, made before
 * the clock runs; and what they must get for it. */
#ifndef MR_BENCH_MARBLES_H
#define MR_BENCH_MARBLES_H

#include "base/uuid.h"
#include "marble/premain.h"

struct mr_load_marble {
	struct mr_premain_credentials credentials;
	struct mr_tls_identity *identity;
	char uuid[MR_UUID_TEXT_LEN + 1];
	struct mr_buf request; /* ActivationReq */
};

/* Makes `count` Marbles of a type, on all cores. */
MR_MUST_USE mr_result mr_load_marbles_new(
	size_t count, const char *type, struct mr_load_marble **ret, struct mr_error *err);
/* Accepts NULL. */
void mr_load_marbles_free(struct mr_load_marble *marbles, size_t count);

/* What an activation hands out. */
struct mr_load_grant {
	struct mr_key *key;
	struct mr_cert leaf, intermediate;
};

/* Checks an answer: the leaf is signed by the Marbles' root and names this Marble, the key fits it,
 * the intermediate is signed by the Coordinator's root, and so many files came along. */
MR_MUST_USE mr_result mr_load_grant_check(const struct mr_load_marble *marble,
	struct mr_bytes answer, size_t files, struct mr_load_grant *ret, struct mr_error *err);
void mr_load_grant_done(struct mr_load_grant *grant);

MR_DEFINE_AUTO(load_grant, struct mr_load_grant, mr_load_grant_done)

#endif
