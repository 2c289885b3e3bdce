/* SPDX-License-Identifier: Apache-2.0 */
/* QE identity: what a quoting enclave must be (70 §10.2, §9.9). */
#ifndef MR_ATTEST_QE_IDENTITY_H
#define MR_ATTEST_QE_IDENTITY_H

#include "attest/document.h"
#include "attest/sgx_report.h"

/* All in the arena that it was read into. */
struct mr_qe_identity {
	int64_t issue_date, next_update;
	struct mr_str id; /* `QE`, `TD_QE`, `QVE` */
	uint64_t version, evaluation_number;
	uint8_t misc_select[4], misc_select_mask[4];
	uint8_t attributes[16], attributes_mask[16];
	uint8_t mr_signer[32];
	uint16_t isv_prod_id;
	const struct mr_tcb_level *levels;
	size_t level_count;
};

/* As mr_tcb_info_read. */
MR_MUST_USE bool mr_qe_identity_read(struct mr_str object, struct mr_arena *arena,
	struct mr_qe_identity *ret, const char **ret_bad);
/* What of the enclave is not as the identity wants it, or NULL. */
const char *mr_qe_identity_mismatch(
	const struct mr_qe_identity *identity, const struct mr_sgx_report *enclave);
/* Is `value` what `want` says, where `mask` has bits? */
bool mr_masked_eq(const uint8_t *value, const uint8_t *mask, const uint8_t *want, size_t size);

#endif
