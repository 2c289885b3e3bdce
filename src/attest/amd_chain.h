/* SPDX-License-Identifier: Apache-2.0 */
/* AMD's chains: VCEK or VLEK, ASK or ASVK, up to a pinned ARK (70 §16.2). */
#ifndef MR_ATTEST_AMD_CHAIN_H
#define MR_ATTEST_AMD_CHAIN_H

#include "attest/code.h"
#include "attest/roots.h"
#include "attest/validity.h"
#include "attest/vek_extension.h"
#include "crypto/cert.h"

struct mr_amd_chain {
	struct mr_cert vek, ask, ark;     /* owned */
	struct mr_key *vek_key, *ark_key; /* owned */
	enum mr_snp_line line;
	struct mr_vek_extension extension; /* borrowed from vek */
};

/* The line that an ARK's name says, or MR_SNP_UNKNOWN. */
enum mr_snp_line mr_amd_line_of_ark(const struct mr_cert *ark);
/* Checks a chain that the caller has parsed, but for times and revocation, and keeps its certificates, on failure too:
 * the caller releases `chain`. MR_ATTEST_CERT_CHAIN. */
MR_MUST_USE enum mr_attest_code mr_amd_chain_check(struct mr_amd_chain *chain, bool is_vlek,
	const struct mr_roots *roots, struct mr_error *err);
/* As mr_intel_chain_valid_at. */
MR_MUST_USE enum mr_attest_code mr_amd_chain_valid_at(const struct mr_amd_chain *chain, int64_t now,
	struct mr_validity *validity, struct mr_error *err);
/* Accepts a zeroed object. */
void mr_amd_chain_done(struct mr_amd_chain *chain);

MR_DEFINE_AUTO(amd_chain, struct mr_amd_chain, mr_amd_chain_done)

#endif
