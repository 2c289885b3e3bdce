/* SPDX-License-Identifier: Apache-2.0 */
/* The body of an SGX report: what an enclave is (70 §8.2; Intel SDM, REPORT). */
#ifndef MR_ATTEST_SGX_REPORT_H
#define MR_ATTEST_SGX_REPORT_H

#include "base/bytes.h"

enum { MR_SGX_REPORT_SIZE = 384, MR_SGX_FLAG_DEBUG = 0x2 };

/* Views into the body, which must outlive it. */
struct mr_sgx_report {
	struct mr_bytes cpu_svn;         /* 16 */
	struct mr_bytes misc_select_raw; /* 4, as it lies */
	uint32_t misc_select;
	struct mr_bytes isv_ext_prod_id; /* 16 */
	struct mr_bytes attributes;      /* 16: flags, xfrm */
	uint64_t flags;
	struct mr_bytes mr_enclave; /* 32 */
	struct mr_bytes mr_signer;  /* 32 */
	struct mr_bytes config_id;  /* 64 */
	uint16_t isv_prod_id, isv_svn, config_svn;
	struct mr_bytes isv_family_id; /* 16 */
	struct mr_bytes report_data;   /* 64 */
};

/* False unless there are exactly MR_SGX_REPORT_SIZE bytes. */
MR_MUST_USE bool mr_sgx_report_read(struct mr_bytes body, struct mr_sgx_report *ret);

#endif
