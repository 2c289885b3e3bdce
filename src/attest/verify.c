/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/verify_internal.h"

enum mr_attest_code mr_verify(const struct mr_verify_input *in, struct mr_arena *arena,
	struct mr_verdict *ret, struct mr_error *err)
{
	struct mr_verify v = { in, arena, ret, err };

	*ret = (struct mr_verdict){ .step = MR_STEP_CERTIFICATES,
		.line = MR_SNP_UNKNOWN,
		.validity = mr_validity_always() };
	return in->evidence->tee == MR_TEE_SNP ? mr_verify_snp(&v) : mr_verify_dcap(&v);
}
