/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/code.h"

#include <stdio.h>

static const char *const code_names[] = {
	[MR_ATTEST_OK] = "ok",
	[MR_ATTEST_PARSE] = "parse",
	[MR_ATTEST_UNSUPPORTED] = "unsupported",
	[MR_ATTEST_CERT_CHAIN] = "cert-chain",
	[MR_ATTEST_CERT_EXPIRED] = "cert-expired",
	[MR_ATTEST_CERT_REVOKED] = "cert-revoked",
	[MR_ATTEST_QE_SIGNATURE] = "qe-signature",
	[MR_ATTEST_QE_BINDING] = "qe-binding",
	[MR_ATTEST_QUOTE_SIGNATURE] = "quote-signature",
	[MR_ATTEST_COLLATERAL_FETCH] = "collateral-fetch",
	[MR_ATTEST_CRL_MISSING] = "crl-missing",
	[MR_ATTEST_COLLATERAL_PARSE] = "collateral-parse",
	[MR_ATTEST_COLLATERAL_SIGNATURE] = "collateral-signature",
	[MR_ATTEST_COLLATERAL_EXPIRED] = "collateral-expired",
	[MR_ATTEST_QE_IDENTITY] = "qe-identity",
	[MR_ATTEST_FMSPC_MISMATCH] = "fmspc-mismatch",
	[MR_ATTEST_TCB_TYPE] = "tcb-type",
	[MR_ATTEST_TDX_MODULE] = "tdx-module",
	[MR_ATTEST_TCB_NOT_SUPPORTED] = "tcb-not-supported",
	[MR_ATTEST_VEK_MISMATCH] = "vek-mismatch",
	[MR_ATTEST_DEBUG] = "debug",
	[MR_ATTEST_TCB_STATUS] = "tcb-status",
	[MR_ATTEST_ADVISORY] = "advisory",
	[MR_ATTEST_REPORT_DATA] = "report-data",
	[MR_ATTEST_PACKAGE] = "package",
	[MR_ATTEST_INFRASTRUCTURE] = "infrastructure",
	[MR_ATTEST_PENDING] = "pending",
	[MR_ATTEST_INTERNAL] = "internal",
};

static const char *const step_names[] = {
	[MR_STEP_FORMAT] = "format",
	[MR_STEP_CERTIFICATES] = "certificates",
	[MR_STEP_QE_REPORT] = "qe-report",
	[MR_STEP_QE_BINDING] = "qe-binding",
	[MR_STEP_SIGNATURE] = "signature",
	[MR_STEP_COLLATERAL] = "collateral",
	[MR_STEP_REVOCATION] = "revocation",
	[MR_STEP_QE_IDENTITY] = "qe-identity",
	[MR_STEP_TCB] = "tcb",
	[MR_STEP_POLICY] = "policy",
};

const char *mr_attest_code_name(enum mr_attest_code code)
{
	return code_names[code];
}

const char *mr_attest_step_name(enum mr_attest_step step)
{
	return step_names[step];
}

enum mr_attest_code mr_attest_fail(
	struct mr_error *err, enum mr_attest_code code, const char *format, ...)
{
	va_list args;

	err->code = code == MR_ATTEST_INTERNAL ? MR_CODE_INTERNAL : MR_CODE_CRYPTO;
	va_start(args, format);
	(void)vsnprintf(err->message, sizeof err->message, format, args);
	va_end(args);
	return code;
}

enum mr_attest_code mr_attest_of(mr_result r, enum mr_attest_code code)
{
	if (!mr_failed(r))
		return MR_ATTEST_OK;
	return r.code == MR_CODE_NOMEM || r.code == MR_CODE_INTERNAL ? MR_ATTEST_INTERNAL : code;
}
