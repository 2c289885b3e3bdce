/* SPDX-License-Identifier: Apache-2.0 */
/* TCB info: which levels a platform can have, and what they are worth (70 §10.1, §9.12, §15.2). */
#ifndef MR_ATTEST_TCB_INFO_H
#define MR_ATTEST_TCB_INFO_H

#include "attest/document.h"

enum { MR_MODULE_MAX_IDENTITIES = 256 };

struct mr_tdx_module {
	uint8_t mr_signer[48];
	uint8_t attributes[8], attributes_mask[8];
	struct mr_str id; /* `TDX_01`; empty for the module without identity */
	const struct mr_tcb_level *levels;
	size_t level_count;
};

/* All in the arena that it was read into. */
struct mr_tcb_info {
	int64_t issue_date, next_update;
	bool is_tdx;
	uint64_t tcb_type, evaluation_number;
	uint8_t fmspc[6], pce_id[2];
	const struct mr_tcb_level *levels; /* newest first */
	size_t level_count;
	struct mr_tdx_module module; /* TDX only */
	const struct mr_tdx_module *identities;
	size_t identity_count;
};

/* Reads a signed object. False: *ret_bad is the member that is missing or wrong, or NULL where it is no JSON object. */
MR_MUST_USE bool mr_tcb_info_read(struct mr_str object, struct mr_arena *arena,
	struct mr_tcb_info *ret, const char **ret_bad);
/* The identity of the module with this major version, or NULL. */
const struct mr_tdx_module *mr_tcb_info_module(const struct mr_tcb_info *info, uint8_t major);

#endif
