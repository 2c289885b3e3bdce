/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is evidence genuine, and what is it worth? All checks of 70 §9, §15.2 and §16.3 in the order of 70 §21.3, but for the
 * policy (policy.h). Nothing of the evidence may be believed unless mr_verify says MR_ATTEST_OK.
 */
#ifndef MR_ATTEST_VERIFY_H
#define MR_ATTEST_VERIFY_H

#include "attest/amd_chain.h"
#include "attest/collateral.h"
#include "attest/evidence.h"

/* AMD's documents as they were received; empty where there is none. Borrowed. */
struct mr_snp_files {
	struct mr_bytes vek;   /* DER */
	struct mr_bytes chain; /* PEM: ASK or ASVK, then ARK */
	struct mr_bytes crl;   /* DER */
};

struct mr_verify_input {
	const struct mr_evidence *evidence;
	const struct mr_roots *roots;
	int64_t now; /* Unix seconds */
	/* Intel's documents for a platform whose PCK chain is good. The result is the callee's and outlives the call. */
	enum mr_attest_code (*collateral)(void *context, const struct mr_intel_chain *pck,
		const struct mr_pck_extension *platform, bool is_td,
		const struct mr_collateral **ret, struct mr_error *err);
	void *context;
	struct mr_str pck_chain; /* for quotes that carry none; empty: not at hand */
	struct mr_snp_files snp; /* take precedence over what comes with the report */
	bool allow_missing_crl;  /* SNP, 70 §16.3.2 */
};

/* What is known, as far as it got. Texts and lists live in the arena of mr_verify. */
struct mr_verdict {
	enum mr_attest_step step; /* the one that failed */
	bool has_platform;        /* certificates are good */
	struct mr_pck_extension pck;
	bool is_platform_ca;
	enum mr_snp_line line;
	bool crl_waived;
	bool has_tcb; /* the step `tcb` is good */
	enum mr_tcb_status status;
	const struct mr_str *advisories; /* sorted, no duplicates */
	size_t advisory_count;
	/* SGX, TDX */
	enum mr_tcb_status platform_status, qe_status, module_status;
	bool has_module_status;
	struct mr_str tcb_date;
	uint64_t evaluation_number;
	const struct mr_str *qe_advisories; /* sorted, no duplicates */
	size_t qe_advisory_count;
	const struct mr_str *all_advisories; /* those of level, module and QE */
	size_t all_advisory_count;
	bool has_validity;
	struct mr_validity validity;
};

MR_MUST_USE enum mr_attest_code mr_verify(const struct mr_verify_input *in, struct mr_arena *arena,
	struct mr_verdict *ret, struct mr_error *err);

#endif
