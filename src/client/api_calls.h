/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls of the client API that the commands need (50 §4.3): each with its fallback to API v1 and
 * its reading of the answer. Results live in the caller's arena. Errors begin with what 50 §4.4 says
 * every command's begin with; the command's own prefix is the command's.
 */
#ifndef MR_CLIENT_API_CALLS_H
#define MR_CLIENT_API_CALLS_H

#include "client/api.h"

/* Answers of one command, in text and tree. */
#define MR_API_ARENA_LIMIT ((size_t)1 << 30)

struct mr_api_quote {
	struct mr_str chain;   /* PEM: intermediate, root */
	struct mr_bytes quote; /* may be empty */
};
/* The Coordinator's certificates and quote; `nonce` empty: none. `retrieving Coordinator quote: …`;
 * a nonce needs v2: `using custom nonce requires /api/v2, …` without a prefix. */
MR_MUST_USE mr_result mr_api_get_quote(struct mr_api *api, struct mr_bytes nonce,
	struct mr_arena *arena, struct mr_api_quote *ret, struct mr_error *err);

/* `retrieving Coordinator status: …` */
MR_MUST_USE mr_result mr_api_get_status(struct mr_api *api, struct mr_arena *arena,
	int64_t *ret_code, struct mr_str *ret_message, struct mr_error *err);

struct mr_api_manifest {
	struct mr_bytes manifest;  /* the stored bytes; empty if the server sent none */
	struct mr_str fingerprint; /* lower-case hex as sent; empty: no manifest is set */
	struct mr_bytes signature; /* ECDSA by the root key; empty if the server sent none */
};
/* `retrieving Coordinator manifest: …` */
MR_MUST_USE mr_result mr_api_get_manifest(struct mr_api *api, struct mr_arena *arena,
	struct mr_api_manifest *ret, struct mr_error *err);

/* The entries of the update log, oldest first. `retrieving Coordinator update log: …` */
MR_MUST_USE mr_result mr_api_get_update_log(struct mr_api *api, struct mr_arena *arena,
	const struct mr_str **ret, size_t *ret_count, struct mr_error *err);

/* One recovery secret, encrypted for its owner. */
struct mr_recovery_secret {
	struct mr_str name;
	struct mr_bytes data;
	bool present; /* false: the server sent null */
};
/* Sets the manifest; the secrets, sorted by name, are what the owners of recovery keys get. `setting
 * manifest: …` */
MR_MUST_USE mr_result mr_api_set_manifest(struct mr_api *api, struct mr_bytes manifest,
	struct mr_arena *arena, const struct mr_recovery_secret **ret, size_t *ret_count,
	struct mr_error *err);

#endif
