/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No input of 0 to MAX bytes makes the readers of evidence read outside of it, overflow or use what was not initialized
 * (tools/prove.sh): quotes of versions 3 to 5 with all their bodies, the Open Enclave header, the envelope with its
 * items, SNP reports and the certificate table. MAX holds the largest quote, with its header, without its PEM chain.
 * The one precondition is the cursor's: `len` bytes are at `ptr`.
 */
#include "attest/evidence.h"
#include "prove.h"

/* header 16, quote header 54, body 648, length 4, signature data 134 + 384 + 64 + 2 + 32 + 6; and some more */
enum { MAX = 1400 };

static unsigned char input[MAX];

/* The proof is about the readers; what they say in words is printf's. */
enum mr_attest_code mr_attest_fail(
	struct mr_error *err, enum mr_attest_code code, const char *format, ...)
{
	(void)format;
	err->message[0] = '\0';
	return code;
}

/* Each length by itself: the analyzer does not relate a length to a pointer. */
int main(void)
{
	/*@ loop unroll MAX + 1; */
	for (unsigned size = 0; size <= MAX; size++) {
		struct mr_bytes all = { any_input(input, MAX, size), size };
		struct mr_evidence e;
		struct mr_error err;

		if (mr_evidence_read(all, &e, &err) == MR_ATTEST_OK)
			(void)mr_evidence_is_debug(&e);
	}
	return 0;
}
