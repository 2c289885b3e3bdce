/* SPDX-License-Identifier: Apache-2.0 */
/* Collateral out of a folder, for sites without network (70 §21.2). */
#ifndef MR_ATTEST_COLLATERAL_DIR_H
#define MR_ATTEST_COLLATERAL_DIR_H

#include "attest/collateral.h"
#include "attest/verify.h"

/* What the folder has; views into the arena. A file that is not there is left out. */
struct mr_collateral_dir {
	struct mr_collateral_files intel;
	struct mr_str pck_chain;
	struct mr_snp_files snp;
};

/* A document above its limit, or one that cannot be read, fails. */
MR_MUST_USE mr_result mr_collateral_dir_read(const char *path, struct mr_arena *arena,
	struct mr_collateral_dir *ret, struct mr_error *err);

#endif
