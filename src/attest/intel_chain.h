/* SPDX-License-Identifier: Apache-2.0 */
/* Intel's chains: PCK, TCB signing and PCK CRL issuer, up to the pinned root key (70 §9.2, §9.3). */
#ifndef MR_ATTEST_INTEL_CHAIN_H
#define MR_ATTEST_INTEL_CHAIN_H

#include "attest/code.h"
#include "attest/roots.h"
#include "attest/validity.h"
#include "crypto/cert.h"

enum mr_intel_kind {
	MR_INTEL_PCK,         /* leaf, intermediate, root */
	MR_INTEL_TCB_SIGNING, /* leaf, root */
	MR_INTEL_PCK_CA,      /* intermediate, root */
};

enum { MR_INTEL_CHAIN_MAX = 3 };

struct mr_intel_chain {
	struct mr_cert cert[MR_INTEL_CHAIN_MAX]; /* leaf first, root last; owned */
	size_t count;
	struct mr_key *leaf_key; /* owned */
	bool platform_ca;        /* which intermediate; of chains that have one */
};

/* Reads a chain in any order and checks all that does not depend on the time: number, names, rights, keys, signatures,
 * and the root's key. MR_ATTEST_CERT_CHAIN otherwise. */
MR_MUST_USE enum mr_attest_code mr_intel_chain_read(struct mr_str pem, enum mr_intel_kind kind,
	const struct mr_roots *roots, struct mr_intel_chain *ret, struct mr_error *err);
/* Are all its certificates valid at `now`? Narrows `validity`. MR_ATTEST_CERT_EXPIRED otherwise. */
MR_MUST_USE enum mr_attest_code mr_intel_chain_valid_at(const struct mr_intel_chain *chain,
	int64_t now, struct mr_validity *validity, struct mr_error *err);
/* Accepts a zeroed object. */
void mr_intel_chain_done(struct mr_intel_chain *chain);

MR_DEFINE_AUTO(intel_chain, struct mr_intel_chain, mr_intel_chain_done)

#endif
