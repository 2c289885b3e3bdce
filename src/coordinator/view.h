/* SPDX-License-Identifier: Apache-2.0 */
/*
 * View: everything the Coordinator derives from a state (40 §4.2), decoded once and immutable: authority, keys,
 * manifest, Marbles with their compiled parameters, users, secrets. Small commits (counters, activation counts) keep
 * the view; what changes it builds the next one from the candidate state, with the very code that loads a state, so
 * that nothing is committed that would not load again.
 */
#ifndef MR_COORDINATOR_VIEW_H
#define MR_COORDINATOR_VIEW_H

#include "base/shared.h"
#include "coordinator/authority.h"
#include "manifest/manifest.h"
#include "manifest/parameters.h"
#include "manifest/users.h"
#include "store/state.h"

/* Values of the key `state`, also the status codes of the API (40 §3). */
enum mr_coordinator_state {
	MR_STATE_UNINITIALIZED = 0,
	MR_STATE_RECOVERY = 1,
	MR_STATE_ACCEPTING_MANIFEST = 2,
	MR_STATE_ACCEPTING_MARBLES = 3,
};

struct mr_view_marble {
	const struct mr_marble *definition;
	const struct mr_package *package;          /* NULL when the state has none of that name */
	struct mr_compiled_parameters *parameters; /* NULL: they do not compile */
	bool slow; /* rendering may generate an RSA key: not on an event loop */
};

struct mr_view {
	struct mr_shared shared;
	struct mr_arena arena;   /* of all that is decoded below */
	struct mr_state *source; /* the state that it was built from */
	enum mr_coordinator_state state;
	struct mr_authority *authority;
	struct mr_secret root_secret, previous_root_secret;

	/* Without a manifest: NULL, empty. */
	struct mr_manifest *manifest;
	struct mr_bytes manifest_raw, manifest_signature;
	char fingerprint[65]; /* lower-case hex SHA-256 of the raw manifest */

	struct mr_package *packages;
	size_t packages_count;
	struct mr_infrastructure *infrastructures;
	size_t infrastructures_count;
	struct mr_tls_tag *tls_tags;
	size_t tls_tags_count;
	struct mr_marble *marbles;
	struct mr_view_marble *compiled; /* beside `marbles` */
	size_t marbles_count;
	struct mr_user *users;
	size_t users_count;
	struct mr_secret_value *secrets[2]; /* by enum mr_secret_epoch, sorted by name */
	size_t secrets_count[2];
};

/* Builds the view of a state. Errors name the key that is wrong; `unmarshaling manifest: …` (40 §6.5). */
MR_MUST_USE mr_result mr_view_build(
	struct mr_state *state, struct mr_view **ret, struct mr_error *err);
struct mr_view *mr_view_ref(struct mr_view *view);
/* Accepts NULL. */
void mr_view_unref(struct mr_view *view);

/* The Marble of that type, or NULL. */
const struct mr_view_marble *mr_view_marble(const struct mr_view *view, struct mr_str type);
const struct mr_secret_value *mr_view_secret(
	const struct mr_view *view, enum mr_secret_epoch epoch, struct mr_str name);

/* Writes the key `state`. */
MR_MUST_USE mr_result mr_view_put_state(
	struct mr_tx *tx, enum mr_coordinator_state number, struct mr_error *err);
/* A key such as `package:<name>` into `out`. */
struct mr_str mr_view_key(struct mr_buf *out, const char *kind, struct mr_str name);

MR_DEFINE_AUTO_PTR(view, struct mr_view, mr_view_unref)

#endif
