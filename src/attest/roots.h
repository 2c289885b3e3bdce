/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What attestation trusts in the end: the key of Intel's SGX root and AMD's root keys (70 §20). In builds with test
 * roots (`-Dtest_roots=true`, 70 §21.1) the directory in MR_TEST_TRUST_ROOTS replaces them.
 */
#ifndef MR_ATTEST_ROOTS_H
#define MR_ATTEST_ROOTS_H

#include "attest/snp_report.h"
#include "crypto/digest.h"

enum { MR_INTEL_POINT_SIZE = 65 };

struct mr_roots {
	uint8_t intel_key[MR_INTEL_POINT_SIZE]; /* uncompressed P-256 point */
	bool has_ark[MR_SNP_LINE_COUNT];
	uint8_t ark[MR_SNP_LINE_COUNT][MR_SHA256_SIZE]; /* SHA-256 of the certificate's DER */
};

/* The roots of this build. Fails only where test roots cannot be read. */
MR_MUST_USE mr_result mr_roots_load(struct mr_roots *ret, struct mr_error *err);

#endif
