/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The premain inside an EdgelessRT enclave (30 §5.1): libertmeshpremain.a, which the runtime calls before the
 * application's main.
 */
#ifndef MR_MARBLE_ERT_H
#define MR_MARBLE_ERT_H

#include "marble/premain.h"

/* Where the runtime mounts the host's file system. */
#define MR_ERT_HOSTFS "/edg/hostfs"

/* Activates, puts files and environment in place and sets the arguments, which stay valid. Does not return on failure: says
 * why, and ends the enclave. */
void ert_meshentry_premain(int *argc, char ***argv);

/* The UUID file below the host's file system; `path` is cleaned, and leads never above it. */
MR_MUST_USE mr_result mr_ert_host_path(
	const char *path, char *ret, size_t size, struct mr_error *err);

#endif
