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

/* A document of AMD's that did not come with a report (70 §16.2). */
struct mr_amd_request {
	enum { MR_AMD_VCEK, MR_AMD_CHAIN, MR_AMD_CRL } what;
	enum mr_snp_line line;
	bool is_vlek;                       /* of a chain */
	const struct mr_snp_report *report; /* of a VCEK */
	bool peek;                          /* only if it is there at once */
};

/*
 * Where documents come from that did not come with the evidence. Results are the callee's and outlive the verification.
 * MR_ATTEST_PENDING: the document is being fetched; mr_verify gives that back, and is to be called again.
 */
struct mr_verify_source {
	void *context;
	/* Intel's documents for a platform whose PCK chain is good. */
	enum mr_attest_code (*collateral)(void *context, const struct mr_intel_chain *pck,
		const struct mr_pck_extension *platform, bool is_td,
		const struct mr_collateral **ret, struct mr_error *err);
	/* The PEM chain of a quote without certificates. NULL: none can be had. */
	enum mr_attest_code (*pck_chain)(void *context, const struct mr_dcap_quote *quote,
		struct mr_str *ret, struct mr_error *err);
	/* NULL: nothing of AMD's can be had. */
	enum mr_attest_code (*amd)(void *context, const struct mr_amd_request *request,
		struct mr_bytes *ret, struct mr_error *err);
	/* A current list of this line's ARK, wherever it came from, is about to count. False: it may not, a newer one was
	 * seen. NULL: nothing is remembered. */
	bool (*take_crl)(void *context, enum mr_snp_line line, const struct mr_crl *crl);
	/* The list that `amd` gave last is none that counts, for this reason: another one is to be fetched. May be NULL. */
	void (*refuse_crl)(void *context, enum mr_attest_code code, const struct mr_error *err);
};

struct mr_verify_input {
	const struct mr_evidence *evidence;
	const struct mr_roots *roots;
	int64_t now;           /* Unix seconds */
	int64_t grace_seconds; /* for collateral that has ended (70 §18) */
	struct mr_verify_source source;
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
	uint16_t qe_svn;                     /* of the quoting enclave's report */
	uint8_t root_digest[MR_SHA256_SIZE]; /* of the DER of the PCK chain's root */
	enum mr_snp_line line;
	bool crl_waived;
	bool grace_used; /* documents had ended */
	bool has_tcb;    /* the step `tcb` is good */
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
