/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intel's collateral for one kind of platform: TCB info, QE identity and the two revocation lists, authentic but for
 * the times (70 §9.3 to §9.6, §10). Immutable, so that many verifications may use one.
 */
#ifndef MR_ATTEST_COLLATERAL_H
#define MR_ATTEST_COLLATERAL_H

#include "attest/intel_chain.h"
#include "attest/qe_identity.h"
#include "attest/tcb_info.h"
#include "base/shared.h"
#include "crypto/crl.h"

/* Documents as they were received; the pointer is NULL where there is none. Borrowed. */
struct mr_collateral_files {
	struct mr_bytes tcb_info, tcb_info_chain, qe_identity, qe_identity_chain;
	struct mr_bytes pck_crl, pck_crl_chain, root_crl;
};

struct mr_collateral {
	struct mr_shared shared;
	struct mr_arena arena;
	struct mr_tcb_info tcb_info;
	struct mr_qe_identity qe_identity;
	struct mr_intel_chain tcb_info_chain, qe_identity_chain, pck_crl_chain;
	struct mr_crl pck_crl, root_crl;
};

/* Reads and authenticates all; one reference, the caller's. MR_ATTEST_COLLATERAL_FETCH where a document is missing, _PARSE, _SIGNATURE or
 * MR_ATTEST_CERT_CHAIN. */
MR_MUST_USE enum mr_attest_code mr_collateral_new(const struct mr_collateral_files *files,
	const struct mr_roots *roots, struct mr_collateral **ret, struct mr_error *err);
/* Drops a reference. Accepts NULL. */
void mr_collateral_unref(struct mr_collateral *collateral);

/* When it is to be used. */
struct mr_collateral_time {
	int64_t now;
	int64_t grace; /* seconds for which documents that have ended are taken all the same (70 §18) */
	bool grace_used; /* out: it was needed */
};

/* Is all of it current, and does it come from signers that are not revoked? Narrows `validity`.
 * MR_ATTEST_COLLATERAL_EXPIRED, MR_ATTEST_CERT_EXPIRED or _REVOKED. */
MR_MUST_USE enum mr_attest_code mr_collateral_current(const struct mr_collateral *c,
	struct mr_collateral_time *time, struct mr_validity *validity, struct mr_error *err);
/* The same, and is the PCK list that of this PCK chain's issuer? MR_ATTEST_COLLATERAL_SIGNATURE otherwise. */
MR_MUST_USE enum mr_attest_code mr_collateral_check(const struct mr_collateral *c,
	const struct mr_intel_chain *pck, struct mr_collateral_time *time,
	struct mr_validity *validity, struct mr_error *err);

/* A list in DER, PEM or hex text (70 §11). */
MR_MUST_USE enum mr_attest_code mr_collateral_crl(
	struct mr_bytes bytes, struct mr_crl *ret, struct mr_error *err);

MR_DEFINE_AUTO_PTR(collateral, struct mr_collateral, mr_collateral_unref)

#endif
