/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secrets that one activation sees (30 §2.5): shared and user-defined ones as stored, the others derived or made for
 * this Marble, at their first use by a template and once an activation.
 */
#ifndef MR_COORDINATOR_SECRET_SOURCE_H
#define MR_COORDINATOR_SECRET_SOURCE_H

#include "coordinator/view.h"
#include "manifest/secret.h"

struct mr_secret_source {
	const struct mr_view *view;
	const struct mr_view_marble *marble;
	struct mr_uuid uuid;
	int64_t now;
	struct mr_key_pool *keys;
	struct mr_arena *arena; /* where made secrets live; wiped by its owner */
	struct mr_cert_issuer issuer;
	const struct mr_secret_value *
		*made[2]; /* by epoch, beside the view's table; NULL until needed */
};

/* Fills in what follows from the view. */
MR_MUST_USE mr_result mr_secret_source_init(struct mr_secret_source *s, const struct mr_view *view,
	const struct mr_view_marble *marble, const struct mr_uuid *uuid, int64_t now,
	struct mr_key_pool *keys, struct mr_arena *arena, struct mr_error *err);
/* Its functions for a rendering; `reserved` is borrowed. */
struct mr_parameters_source mr_secret_source_of(
	struct mr_secret_source *s, const struct mr_reserved_values *reserved);

#endif
