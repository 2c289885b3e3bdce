/* SPDX-License-Identifier: Apache-2.0 */
/* The first state and view of a process: loaded, begun afresh, or temporary in recovery state (40 §3, §6.5). */
#ifndef MR_COORDINATOR_BEGIN_H
#define MR_COORDINATOR_BEGIN_H

#include "coordinator/view.h"
#include "store/file_store.h"

/* A loaded state is checked completely before anything is written. */
MR_MUST_USE mr_result mr_begin(struct mr_file_store *store, struct mr_logger *log,
	struct mr_str dns_names, int64_t now, struct mr_state **ret_state,
	struct mr_view **ret_view, struct mr_error *err);

#endif
