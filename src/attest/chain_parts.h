/* SPDX-License-Identifier: Apache-2.0 */
/* What the chains of both vendors need: certificates out of PEM text, names compared, rights,
 * signatures and times checked. For intel_chain and amd_chain. */
#ifndef MR_ATTEST_CHAIN_PARTS_H
#define MR_ATTEST_CHAIN_PARTS_H

#include "attest/code.h"
#include "attest/validity.h"
#include "crypto/cert.h"

/* Parses all certificates of a PEM text, which may end with NUL bytes. MR_ATTEST_CERT_CHAIN where one is malformed or
 * there are not exactly `count`; then nothing is left in `ret`. */
MR_MUST_USE enum mr_attest_code mr_chain_from_pem(
	struct mr_str pem, struct mr_cert *ret, size_t count, struct mr_error *err);
/* Has the subject exactly one attribute of this OID, with this text? */
bool mr_subject_has(const struct mr_cert *c, struct mr_bytes oid, struct mr_str text);
bool mr_cert_self_issued(const struct mr_cert *c);

/* MR_ATTEST_CERT_CHAIN with `certificate chain: <what>`. */
MR_MUST_USE enum mr_attest_code mr_chain_fail(struct mr_error *err, const char *what);
/* Has it the rights of a CA, or of a leaf, and is it signed by this key? */
MR_MUST_USE enum mr_attest_code mr_chain_check(
	const struct mr_cert *c, bool is_ca, const struct mr_key *issuer_key, struct mr_error *err);
/* Is it valid at `now`? Narrows `validity`. MR_ATTEST_CERT_EXPIRED otherwise. */
MR_MUST_USE enum mr_attest_code mr_chain_valid_at(
	const struct mr_cert *c, int64_t now, struct mr_validity *validity, struct mr_error *err);

#endif
