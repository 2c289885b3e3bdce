/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shamir's secret sharing, byte by byte over GF(2^8) with the polynomial 0x11B (40 §7.1). A share
 * is the y bytes, as many as the secret has, followed by the one x byte that they belong to.
 * Field arithmetic takes the same time for all values.
 */
#ifndef MR_CRYPTO_SHAMIR_H
#define MR_CRYPTO_SHAMIR_H

#include "base/secret.h"

#define MR_SHAMIR_MAX_SHARES 255

/* Makes `parts` shares, any `threshold` of which give the secret back; fewer tell nothing about it.
 * 2 <= threshold <= parts <= 255, and the secret is not empty. ret_shares has room for `parts` and
 * owns them afterwards; on failure it holds nothing. */
MR_MUST_USE mr_result mr_shamir_split(struct mr_bytes secret, unsigned parts, unsigned threshold,
	struct mr_secret *ret_shares, struct mr_error *err);
/* As mr_shamir_split with the randomness given: `xs` has `parts` distinct values other than 0,
 * `coefficients` threshold - 1 bytes for each byte of the secret, that of x first. For vectors and
 * tests only. */
MR_MUST_USE mr_result mr_shamir_split_with(struct mr_bytes secret, struct mr_bytes xs,
	unsigned threshold, struct mr_bytes coefficients, struct mr_secret *ret_shares,
	struct mr_error *err);
/* The secret of these shares (2 to 255 of one length). Too few or foreign shares give a wrong
 * secret and no error. Errors: `duplicate part detected`, and MR_CODE_INVALID for malformed
 * ones. */
MR_MUST_USE mr_result mr_shamir_combine(
	const struct mr_bytes *shares, size_t count, struct mr_secret *ret, struct mr_error *err);

#endif
