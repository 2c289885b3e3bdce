/* SPDX-License-Identifier: Apache-2.0 */
/* Users and what they may do (10 §9): permissions made of roles, checks with their texts, the
 * state's `user:` values. */
#ifndef MR_MANIFEST_USERS_H
#define MR_MANIFEST_USERS_H

#include "manifest/manifest.h"

enum mr_action {
	MR_ACTION_READ_SECRET,
	MR_ACTION_WRITE_SECRET,
	MR_ACTION_UPDATE_SECURITY_VERSION,
	MR_ACTION_UPDATE_MANIFEST,
	MR_ACTIONS,
};

struct mr_permission {
	bool granted;
	struct mr_str *resources; /* sorted */
	size_t resources_count;
};

struct mr_user {
	struct mr_str name;
	struct mr_bytes certificate; /* DER */
	struct mr_permission permissions[MR_ACTIONS];
};

/* All users of a manifest (sorted, in the arena), certificates parsed: the first PEM block,
 * whatever its label. Errors without the caller's prefix (`generating users from manifest: `):
 * `received invalid certificate for user <user>` or the DER error. */
MR_MUST_USE mr_result mr_users_from_manifest(const struct mr_manifest *m, struct mr_arena *arena,
	struct mr_user **ret, size_t *ret_count, struct mr_error *err);
/* The user whose certificate is this DER, or NULL. */
const struct mr_user *mr_users_by_certificate(
	const struct mr_user *users, size_t count, struct mr_bytes der);

/* Has the user this permission for every one of the names? Without names, having it suffices. */
bool mr_user_may(const struct mr_user *user, enum mr_action action, const struct mr_str *names,
	size_t count);

/* Checks with their texts (MR_CODE_DENIED):
 * `user <user> is not allowed to read one or more secrets of: [<a> <b>]`, names as given; */
MR_MUST_USE mr_result mr_user_check_read(
	const struct mr_user *user, const struct mr_str *names, size_t count, struct mr_error *err);
/* `user <user> is not allowed to update secret: <name>`; */
MR_MUST_USE mr_result mr_user_check_write(
	const struct mr_user *user, struct mr_str name, struct mr_error *err);
/* `user <user> is not allowed to update one or more packages of [<p> …]`; */
MR_MUST_USE mr_result mr_user_check_packages(const struct mr_user *user,
	const struct mr_package *packages, size_t count, struct mr_error *err);
/* `user <user> is not allowed to <what>`, for "update the complete manifest", "acknowledge manifest
 * updates", "cancel the manifest update". */
MR_MUST_USE mr_result mr_user_check_update(
	const struct mr_user *user, const char *what, struct mr_error *err);

/* Value of `user:<name>` (40 §4.2). Reading ignores permissions of other names. */
void mr_user_encode(struct mr_buf *out, const struct mr_user *user);
MR_MUST_USE mr_result mr_user_decode(struct mr_bytes json, struct mr_str name,
	struct mr_arena *arena, struct mr_user *ret, struct mr_error *err);

#endif
