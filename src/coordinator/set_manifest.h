/* SPDX-License-Identifier: Apache-2.0 */
/* Setting the first manifest (10 §5): everything that can fail or takes time, before anything is changed. */
#ifndef MR_COORDINATOR_SET_MANIFEST_H
#define MR_COORDINATOR_SET_MANIFEST_H

#include "coordinator/core.h"
#include "coordinator/manifest_state.h"

struct mr_new_manifest {
	struct mr_manifest *manifest; /* `change.recovery` borrows names from it */
	struct mr_change change;
};

/* Steps 1 to 7 of 10 §5 over a snapshot in state 1 or 2, each failure with its prefix. Takes as long as the manifest's
 * shared RSA keys do. Committing is the caller's part. */
MR_MUST_USE mr_result mr_set_manifest_prepare(struct mr_core *core,
	const struct mr_snapshot *snapshot, struct mr_bytes raw, int64_t wall_ns,
	struct mr_new_manifest *ret, struct mr_error *err);
void mr_new_manifest_done(struct mr_new_manifest *m);

MR_DEFINE_AUTO(new_manifest, struct mr_new_manifest, mr_new_manifest_done)

#endif
