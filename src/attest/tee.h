/* SPDX-License-Identifier: Apache-2.0 */
/* Which trusted execution environment is this, by what it offers (70 §13.1)? For programs that run in all of them. */
#ifndef MR_ATTEST_TEE_H
#define MR_ATTEST_TEE_H

#include "attest/issuer.h"

enum mr_tee_runtime {
	MR_RUNTIME_NONE,
	MR_RUNTIME_GRAMINE, /* with remote attestation */
	MR_RUNTIME_OCCLUM,
	MR_RUNTIME_TDX,
	MR_RUNTIME_SNP,
};

/* Gramine without attestation, as gramine-direct, is none. */
enum mr_tee_runtime mr_tee_detect(void);
/* Never NULL. */
const struct mr_issuer *mr_tee_issuer(enum mr_tee_runtime runtime);
const char *mr_tee_runtime_name(enum mr_tee_runtime runtime);

#endif
