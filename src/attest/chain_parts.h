/* SPDX-License-Identifier: Apache-2.0 */
/* What the chains of both vendors need: certificates out of PEM text, names compared. For intel_chain and amd_chain. */
#ifndef MR_ATTEST_CHAIN_PARTS_H
#define MR_ATTEST_CHAIN_PARTS_H

#include "attest/code.h"
#include "crypto/cert.h"

/* Parses all certificates of a PEM text, which may end with NUL bytes. MR_ATTEST_CERT_CHAIN where one is malformed or
 * there are not exactly `count`; then nothing is left in `ret`. */
MR_MUST_USE enum mr_attest_code mr_chain_from_pem(
	struct mr_str pem, struct mr_cert *ret, size_t count, struct mr_error *err);
/* Has the subject exactly one attribute of this OID, with this text? */
bool mr_subject_has(const struct mr_cert *c, struct mr_bytes oid, struct mr_str text);
bool mr_cert_self_issued(const struct mr_cert *c);

#endif
