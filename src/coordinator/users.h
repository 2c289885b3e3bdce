/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks? Users and Marbles as clients of the client API (20 §4.3, 4.4), by the leaf certificate alone. */
#ifndef MR_COORDINATOR_USERS_H
#define MR_COORDINATOR_USERS_H

#include "base/uuid.h"
#include "coordinator/view.h"

/* The user whose certificate is this leaf. Error (MR_CODE_UNAUTHENTICATED): `unauthorized user: client certificate did
 * not match any MarbleRun users`. */
MR_MUST_USE mr_result mr_authenticate_user(const struct mr_view *view, struct mr_bytes leaf_der,
	const struct mr_user **ret, struct mr_error *err);

/* A Marble known by its leaf: issued by the current Marble root, valid now, for serverAuth, with UUID and type.
 * *ret_type points into *ret_cert, which the caller releases. Errors begin `unauthorized marble: `:
 * MR_CODE_UNAUTHENTICATED, or MR_CODE_NOMEM. `now` in Unix seconds. */
MR_MUST_USE mr_result mr_authenticate_marble(const struct mr_view *view, struct mr_bytes leaf_der,
	int64_t now, struct mr_cert *ret_cert, struct mr_uuid *ret_uuid, struct mr_bytes *ret_type,
	struct mr_error *err);

#endif
