/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ECDSA quotes of Intel's DCAP: version 3 (SGX), 4 and 5 (SGX and TDX), read strictly (70 §8, §15.1). Nothing is
 * verified; all is views into the quote.
 */
#ifndef MR_ATTEST_DCAP_QUOTE_H
#define MR_ATTEST_DCAP_QUOTE_H

#include "attest/code.h"
#include "attest/sgx_report.h"
#include "attest/td_report.h"

enum {
	MR_DCAP_PPID_FIRST = 1,
	MR_DCAP_PPID_LAST = 3,
	MR_DCAP_PCK_CHAIN = 5,
	MR_DCAP_QE_REPORT = 6
};

struct mr_dcap_quote {
	uint16_t version;
	bool is_td;
	struct mr_bytes signed_bytes;    /* what the attestation key signs */
	struct mr_sgx_report sgx;        /* unless is_td */
	struct mr_td_report td;          /* if is_td */
	struct mr_bytes signature;       /* r, s: 64 */
	struct mr_bytes attestation_key; /* x, y: 64 */
	struct mr_bytes qe_report_body;
	struct mr_sgx_report qe_report;
	struct mr_bytes qe_signature; /* r, s: 64 */
	struct mr_bytes qe_auth_data;
	uint16_t certification_type; /* the innermost */
	struct mr_bytes certification_data;
};

/* Reads a raw quote. What lies behind the signature data of an SGX quote must be at most 4,096 zeros; behind those of a
 * TDX quote it is ignored: it is outside every signature. MR_ATTEST_PARSE or MR_ATTEST_UNSUPPORTED otherwise. */
MR_MUST_USE enum mr_attest_code mr_dcap_quote_read(
	struct mr_cursor raw, struct mr_dcap_quote *ret, struct mr_error *err);

#endif
