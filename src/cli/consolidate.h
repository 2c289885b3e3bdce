/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifest in force: the stored text with the SecurityVersions that package updates have set since
 * (50 §7.3). Nothing else of the text is touched.
 */
#ifndef MR_CLI_CONSOLIDATE_H
#define MR_CLI_CONSOLIDATE_H

#include "base/arena.h"

/* Appends the manifest with the log's versions. The log is oldest first, an entry a JSON object; what
 * is older than the last complete update is in the manifest already. A version that the manifest does
 * not have is added. Error: `package <p> not found in base manifest`. */
MR_MUST_USE mr_result mr_consolidate(struct mr_str manifest, const struct mr_str *log, size_t count,
	struct mr_arena *arena, struct mr_buf *out, struct mr_error *err);

#endif
