/* SPDX-License-Identifier: Apache-2.0 */
/* SIGSTRUCT: what an SGX enclave's author has signed (50 §12.2, 70 §14.1). */
#ifndef MR_PACKAGE_SIGSTRUCT_H
#define MR_PACKAGE_SIGSTRUCT_H

#include "base/bytes.h"
#include "crypto/digest.h"

#define MR_SIGSTRUCT_SIZE 1808

struct mr_sigstruct {
	struct mr_bytes bytes; /* borrowed */
	struct mr_bytes mrenclave, modulus, signature;
	uint8_t mrsigner[MR_SHA256_SIZE]; /* SHA-256 of the modulus as stored */
	uint16_t isv_prod_id, isv_svn;
	uint32_t date; /* BCD 0xYYYYMMDD */
	uint32_t misc_select, misc_mask, exponent;
	struct mr_bytes flags, xfrm; /* 8 bytes each, as stored */
};

/* The first one in the bytes, by its header. Errors as 50 §12.1: `could not find SIGSTRUCT header in given file`, `SGX
 * metadata/SIGSTRUCT appears to be too small`, `found first SIGSTRUCT header, but cannot find second one`. */
MR_MUST_USE mr_result mr_sigstruct_find(
	struct mr_bytes bytes, struct mr_sigstruct *ret, struct mr_error *err);
bool mr_sigstruct_is_debug(const struct mr_sigstruct *s);
/* Is it signed by the key of its modulus, with exponent 3? (q1 and q2 follow from that; the processor checks them.) */
MR_MUST_USE mr_result mr_sigstruct_verify(const struct mr_sigstruct *s, struct mr_error *err);

#endif
