/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of verification; for verify*.c only. */
#ifndef MR_ATTEST_VERIFY_INTERNAL_H
#define MR_ATTEST_VERIFY_INTERNAL_H

#include "attest/verify.h"

struct mr_verify {
	const struct mr_verify_input *in;
	struct mr_arena *arena;
	struct mr_verdict *verdict;
	struct mr_error *err;
};

MR_MUST_USE enum mr_attest_code mr_verify_dcap(struct mr_verify *v);
MR_MUST_USE enum mr_attest_code mr_verify_snp(struct mr_verify *v);
/* Fills in the certificates of the chain, unverified. MR_ATTEST_COLLATERAL_FETCH where one cannot be had. */
MR_MUST_USE enum mr_attest_code mr_snp_read_chain(struct mr_verify *v, struct mr_amd_chain *chain);
/* Steps `collateral` and `revocation` with a chain that is good. */
MR_MUST_USE enum mr_attest_code mr_snp_check_revocation(
	struct mr_verify *v, const struct mr_amd_chain *chain);
/* Level, module and QE: the status that they come to (70 §9.12, §9.13, §15.2). */
MR_MUST_USE enum mr_attest_code mr_verify_tcb(struct mr_verify *v,
	const struct mr_collateral *collateral, const struct mr_tcb_level *qe_level);
/* The module's level: *ret is NULL where the TD runs on the module without identity. */
MR_MUST_USE enum mr_attest_code mr_tdx_module_level(
	struct mr_verify *v, const struct mr_tcb_info *info, const struct mr_tcb_level **ret);
/* Was the platform updated since the TD was launched (70 §15.2.5)? Then *status becomes a relaunch status. */
MR_MUST_USE enum mr_attest_code mr_tdx_relaunch(struct mr_verify *v, const struct mr_tcb_info *info,
	const struct mr_tcb_level *sgx_level, const struct mr_tcb_level *module_level,
	enum mr_tcb_status *status);

#endif
