/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Update rules (10 §10): what kind an update is, what it may change, what becomes of each secret;
 * the pending update and its JSON (40 §8). Pure: nothing here touches the state. The log lines are
 * in update_log.h.
 */
#ifndef MR_MANIFEST_UPDATE_H
#define MR_MANIFEST_UPDATE_H

#include "manifest/manifest.h"
#include "manifest/users.h"

/* Is the submitted manifest a package update: no section but Packages (and Config, which does not
 * count)? */
bool mr_update_is_package_update(const struct mr_manifest *update);

/* Checks a package update against the current packages (sorted) with the texts of 10 §10.1, in
 * order: `loading current package "<p>" from store: requested value not set`, then those behind
 * `checking update manifest: `. Permission comes before it: mr_user_check_packages. What passes is
 * applied by copying `security_version`. */
MR_MUST_USE mr_result mr_package_update_check(const struct mr_manifest *update,
	const struct mr_package *current, size_t current_count, struct mr_error *err);

/* What a full update does with one secret of the new manifest (10 §10.3). Secrets that are missing
 * in it are deleted, current and previous. */
enum mr_secret_plan {
	MR_PLAN_KEEP,    /* nothing changes, current and previous */
	MR_PLAN_RENEW,   /* generate; the old current value becomes the previous one */
	MR_PLAN_REPLACE, /* generate; current and previous are the new value */
	MR_PLAN_RESET,   /* user-defined: both become the definition, with its literals */
};

/* `old` is the stored definition, NULL for a new secret; `rotate` is RotateRootSecret of the new
 * manifest. */
enum mr_secret_plan mr_update_secret_plan(
	const struct mr_secret_def *old, const struct mr_secret_def *new_def, bool rotate);
/* Equal Type, Size, Shared, UserDefined and ValidFor? BEYOND: 0 and 365 days are the same for
 * certificates. */
bool mr_secret_unchanged(const struct mr_secret_def *old, const struct mr_secret_def *new_def);
/* Do names, keys or effective thresholds of the recovery keys differ (40 §7.1)? */
bool mr_recovery_keys_changed(
	const struct mr_manifest *old, const struct mr_manifest *new_manifest);

/* --- pending update --- */

struct mr_required_user {
	struct mr_str name;
	bool acknowledged;
};

struct mr_pending_update {
	struct mr_bytes manifest_raw;
	struct mr_required_user *users; /* sorted */
	size_t users_count;
	uint64_t missing; /* acknowledgements */
};

/* A new one: required are all `users` with UpdateManifest, the submitter's acknowledgement is
 * counted; `threshold` is that of the active manifest (0: all). In the arena; raw bytes and names
 * are borrowed. */
MR_MUST_USE mr_result mr_pending_update_new(struct mr_bytes manifest_raw,
	const struct mr_user *users, size_t count, uint64_t threshold, struct mr_str submitter,
	struct mr_arena *arena, struct mr_pending_update *ret, struct mr_error *err);
/* Counts the user's acknowledgement of these raw bytes; a second one changes nothing. Errors, the
 * first one first: `user <user> is not allowed to acknowledge manifest updates`, `provided manifest
 * does not match the pending manifest`. */
MR_MUST_USE mr_result mr_pending_update_acknowledge(struct mr_pending_update *p, struct mr_str user,
	struct mr_bytes manifest_raw, struct mr_error *err);
/* Names that have not acknowledged, sorted, in the arena; all of them, even if fewer are needed. */
MR_MUST_USE mr_result mr_pending_update_missing(const struct mr_pending_update *p,
	struct mr_arena *arena, struct mr_str_list *ret, struct mr_error *err);
/* JSON of 40 §8. Reading copies into the arena; a missing number is the count of those who have not
 * acknowledged. */
void mr_pending_update_encode(struct mr_buf *out, const struct mr_pending_update *p);
MR_MUST_USE mr_result mr_pending_update_decode(struct mr_bytes json, struct mr_arena *arena,
	struct mr_pending_update *ret, struct mr_error *err);

#endif
