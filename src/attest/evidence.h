/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence in any framing: the Open Enclave header, the envelope, or bare (70 §7, §17.4). The first thing that looks at
 * what a stranger sent. Nothing is verified here; all is views into the bytes.
 */
#ifndef MR_ATTEST_EVIDENCE_H
#define MR_ATTEST_EVIDENCE_H

#include "attest/dcap_quote.h"
#include "attest/snp_report.h"
#include "attest/snp_table.h"

#define MR_EVIDENCE_MAX ((size_t)1 << 20)

enum mr_tee { MR_TEE_SGX, MR_TEE_TDX, MR_TEE_SNP };
enum mr_framing { MR_FRAMING_RAW, MR_FRAMING_HEADER, MR_FRAMING_ENVELOPE };

struct mr_evidence {
	enum mr_tee tee;
	enum mr_framing framing;
	struct mr_bytes raw;        /* the quote or report alone */
	struct mr_dcap_quote quote; /* SGX, TDX */
	struct mr_snp_report snp;   /* SNP */
	struct mr_snp_table table;  /* of an envelope; empty if there is none */
	/* SNP: certificates that came as PEM or DER instead of a table; empty if none. */
	struct mr_bytes certificates;
};

/* MR_ATTEST_PARSE or MR_ATTEST_UNSUPPORTED for what is not evidence. */
MR_MUST_USE enum mr_attest_code mr_evidence_read(
	struct mr_bytes bytes, struct mr_evidence *ret, struct mr_error *err);

/* `SGX`, `TDX`, `SNP`; `raw`, `header`, `envelope`. */
const char *mr_tee_name(enum mr_tee tee);
const char *mr_framing_name(enum mr_framing framing);
/* Quote or report version. */
unsigned mr_evidence_version(const struct mr_evidence *e);
bool mr_evidence_is_debug(const struct mr_evidence *e);
/* The 64 bytes of report data. */
struct mr_bytes mr_evidence_report_data(const struct mr_evidence *e);

#endif
