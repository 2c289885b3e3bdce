/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quote issuers (30 §5.7): who signs, in this runtime, that report data belong to this enclave. The result always
 * carries the Open Enclave envelope. One issuer a runtime; more kinds of evidence plug in here.
 */
#ifndef MR_ATTEST_ISSUER_H
#define MR_ATTEST_ISSUER_H

#include "base/bytes.h"

#define MR_REPORT_DATA_SIZE                                                                        \
	32 /* the SHA-256 that is bound; the runtime pads it with zeros to 64 bytes */

struct mr_issuer {
	/* Appends the quote, envelope included. MR_CODE_UNSUPPORTED with the text `OE_UNSUPPORTED` where there is no
	 * enclave; any other failure means that there is one whose quoting fails. */
	mr_result (*issue)(const struct mr_issuer *issuer,
		const uint8_t report_data[static MR_REPORT_DATA_SIZE], struct mr_buf *out,
		struct mr_error *err);
	const char *device; /* folder or file that the issuer talks to */
};

/* Outside any enclave: always `OE_UNSUPPORTED`. */
extern const struct mr_issuer mr_issuer_none;
/* Gramine's pseudo-files below /dev/attestation. */
extern const struct mr_issuer mr_issuer_gramine;
/* Occlum's ioctls on /dev/sgx. */
extern const struct mr_issuer mr_issuer_occlum;
/* EdgelessRT's and EGo's, through Open Enclave; the functions are the application's (30 §5.1). */
extern const struct mr_issuer mr_issuer_ert;

/* Appends the 16-byte Open Enclave header for a remote SGX report and the raw quote. */
void mr_quote_put_envelope(struct mr_buf *out, struct mr_bytes quote);

#endif
