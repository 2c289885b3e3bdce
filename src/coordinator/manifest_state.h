/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the parts of a manifest into the state (40 §4.2): what setting the first one and updating share. */
#ifndef MR_COORDINATOR_MANIFEST_STATE_H
#define MR_COORDINATOR_MANIFEST_STATE_H

#include "coordinator/state_key.h"
#include "coordinator/view.h"
#include "store/file_store.h"

/* A change of the state that is ready to be committed: the changed keys, the view that the changed state gives, and the
 * protection if that changes too. Made outside the commit queue, replayed inside it. */
struct mr_change {
	struct mr_tx *tx;
	struct mr_view *view;
	bool protects;  /* `protection` is to be set with the commit */
	bool keeps_key; /* the seal mode alone changes: DEK and recovery data stay */
	struct mr_state_key recovery;
	struct mr_protection protection;
};

void mr_change_done(struct mr_change *change);
/* Builds the state and view that the transaction gives. */
MR_MUST_USE mr_result mr_change_build_view(struct mr_change *change, struct mr_error *err);
/* Makes a new DEK and recovery secrets, and notes the manifest's seal mode. Errors of 40 §7.1 without prefix. */
MR_MUST_USE mr_result mr_change_protect(
	struct mr_change *change, const struct mr_manifest *manifest, struct mr_error *err);
enum mr_seal_mode mr_seal_mode_of(const struct mr_manifest *manifest);

/* Packages, infrastructures, Marbles, TLS tags; those that the manifest does not have are removed. */
MR_MUST_USE mr_result mr_state_put_definitions(
	struct mr_tx *tx, const struct mr_manifest *manifest, struct mr_error *err);
MR_MUST_USE mr_result mr_state_put_users(
	struct mr_tx *tx, const struct mr_user *users, size_t count, struct mr_error *err);
MR_MUST_USE mr_result mr_state_put_package(
	struct mr_tx *tx, const struct mr_package *package, struct mr_error *err);
/* `kind` is `secret:` or `previousSecret:`. */
MR_MUST_USE mr_result mr_state_put_secret(struct mr_tx *tx, const char *kind,
	const struct mr_secret_value *secret, struct mr_error *err);
/* Raw bytes and their signature by the root key (10 §1). Error prefix: `signing manifest: `. */
MR_MUST_USE mr_result mr_state_put_manifest(struct mr_tx *tx, const struct mr_authority *authority,
	struct mr_bytes raw, struct mr_error *err);

MR_DEFINE_AUTO(change, struct mr_change, mr_change_done)

#endif
