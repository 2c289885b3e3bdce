/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with evidence, as stable codes (70 §18, §21.3). A function that judges evidence returns a
 * code and writes a text for people into the error; MR_ATTEST_OK is the only good one.
 */
#ifndef MR_ATTEST_CODE_H
#define MR_ATTEST_CODE_H

#include "base/error.h"

enum mr_attest_code {
	MR_ATTEST_OK = 0,
	MR_ATTEST_PARSE,       /* malformed */
	MR_ATTEST_UNSUPPORTED, /* well-formed, of a version or kind that is not supported */
	MR_ATTEST_CERT_CHAIN,
	MR_ATTEST_CERT_EXPIRED, /* or not yet valid */
	MR_ATTEST_CERT_REVOKED,
	MR_ATTEST_QE_SIGNATURE,
	MR_ATTEST_QE_BINDING,
	MR_ATTEST_QUOTE_SIGNATURE,
	MR_ATTEST_COLLATERAL_FETCH,
	MR_ATTEST_CRL_MISSING,
	MR_ATTEST_COLLATERAL_PARSE,
	MR_ATTEST_COLLATERAL_SIGNATURE,
	MR_ATTEST_COLLATERAL_EXPIRED, /* or not yet valid */
	MR_ATTEST_QE_IDENTITY,
	MR_ATTEST_FMSPC_MISMATCH,
	MR_ATTEST_TCB_TYPE,
	MR_ATTEST_TDX_MODULE,
	MR_ATTEST_TCB_NOT_SUPPORTED,
	MR_ATTEST_VEK_MISMATCH,
	MR_ATTEST_DEBUG,
	MR_ATTEST_TCB_STATUS,
	MR_ATTEST_ADVISORY,
	MR_ATTEST_REPORT_DATA,
	MR_ATTEST_PACKAGE,
	MR_ATTEST_INFRASTRUCTURE, /* of a manifest: the platform is none of those that are enforced */
	MR_ATTEST_PENDING,        /* no verdict yet: a document is on its way, see verify.h */
	MR_ATTEST_INTERNAL, /* memory, or the crypto library: nothing is known of the evidence */
};

enum mr_attest_step {
	MR_STEP_FORMAT,
	MR_STEP_CERTIFICATES,
	MR_STEP_QE_REPORT,
	MR_STEP_QE_BINDING,
	MR_STEP_SIGNATURE,
	MR_STEP_COLLATERAL,
	MR_STEP_REVOCATION,
	MR_STEP_QE_IDENTITY,
	MR_STEP_TCB,
	MR_STEP_POLICY,
};

/* As in the documents, e.g. `cert-chain`, `qe-report`. */
const char *mr_attest_code_name(enum mr_attest_code code);
const char *mr_attest_step_name(enum mr_attest_step step);

/* Writes the text and returns the code. */
MR_MUST_USE MR_PRINTF(3, 4) enum mr_attest_code
	mr_attest_fail(struct mr_error *err, enum mr_attest_code code, const char *format, ...);
/* The code for a failure whose text is in `err` already; MR_ATTEST_INTERNAL for one that says nothing of
 * the input. */
MR_MUST_USE enum mr_attest_code mr_attest_of(mr_result r, enum mr_attest_code code);

/* Returns early with a code that is not MR_ATTEST_OK. */
#define MR_ATTEST_TRY(expression)                                                                  \
	do {                                                                                       \
		enum mr_attest_code mr_try_code_ = (expression);                                   \
		if (mr_try_code_ != MR_ATTEST_OK)                                                  \
			return mr_try_code_;                                                       \
	} while (0)

#endif
