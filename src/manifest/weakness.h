/* SPDX-License-Identifier: Apache-2.0 */
/* What a manifest gives away of attestation (70 §18): obeyed, and named where people see it. */
#ifndef MR_MANIFEST_WEAKNESS_H
#define MR_MANIFEST_WEAKNESS_H

#include "manifest/manifest.h"

/* One remark that names all of it, and none if there is nothing: accepted statuses that are worth nothing, debug, missing
 * revocation lists, grace for expired collateral. */
void mr_manifest_remark_weakness(const struct mr_manifest *m, const struct mr_warn *warn);

/* Is this one of the statuses of 70 §4? */
bool mr_tcb_status_is_known(struct mr_str status);

#endif
