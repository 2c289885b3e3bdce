/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the public interface share (include/marblerun). */
#ifndef MR_CLIENT_LIB_H
#define MR_CLIENT_LIB_H

#include <marblerun/client.h>

#include "client/api_calls.h"
#include "client/chain.h"
#include "client/policy.h"
#include "crypto/key.h"

struct marblerun_key {
	struct mr_key *key;
};

enum { MR_LIB_LIST_MAX = 64 };

struct marblerun_policy {
	struct mr_arena arena;
	struct mr_policy policy;
	const char *statuses[MR_LIB_LIST_MAX], *advisories[MR_LIB_LIST_MAX];
	size_t status_count, advisory_count;
	struct mr_bytes nonce;
	bool skip;
	void (*line)(void *context, const char *text);
	void *context;
};

struct marblerun_coordinator {
	struct mr_arena arena; /* of the texts below and of the verification */
	const char *endpoint;
	struct mr_chain chain; /* certificates without DER: not known */
	const char *root_pem, *intermediate_pem;
	struct mr_bytes quote;
	struct mr_tls_identity *identity;
	struct mr_api *api;
};

/* Fills in `to`, which may be NULL; 0 or -1. */
int mr_lib_result(marblerun_error *to, mr_result r, const struct mr_error *err);
/* A number that a Coordinator answered; cut to an int, a count of 2^32 would be 0. `ret` may be NULL. MR_CODE_INVALID */
MR_MUST_USE mr_result mr_lib_put_int(int *ret, int64_t number, struct mr_error *err);
/* A copy with a 0 behind it. `ret` may be NULL. */
MR_MUST_USE mr_result mr_lib_put_bytes(
	marblerun_bytes *ret, struct mr_bytes bytes, struct mr_error *err);
/* A list of copies; `names` or `data` of an entry may be empty. `ret` may be NULL. */
struct mr_lib_entry {
	struct mr_str name;
	struct mr_bytes data;
};
MR_MUST_USE mr_result mr_lib_put_list(marblerun_list *ret, const struct mr_lib_entry *entries,
	size_t count, struct mr_error *err);
/* A PEM block with a SubjectPublicKeyInfo. */
MR_MUST_USE mr_result mr_lib_public_key(const char *pem, struct mr_key **ret, struct mr_error *err);
/* A memory for one call. */
void mr_lib_scratch(struct mr_arena *arena);

#endif
