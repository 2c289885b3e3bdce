/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest that is set at start (40 §2.6). */
#ifndef MR_COORDINATOR_STARTUP_MANIFEST_H
#define MR_COORDINATOR_STARTUP_MANIFEST_H

#include "coordinator/core.h"

/* Sets the manifest of the file that the configuration names and waits for it. With a manifest in force nothing is set:
 * the same bytes are fine, others are warned about. Refused in recovery state. The recovery secrets go to a new file
 * (mode 0600) where the configuration names one. Before the servers start. */
MR_MUST_USE mr_result mr_startup_manifest_set(struct mr_core *core, struct mr_error *err);

#endif
