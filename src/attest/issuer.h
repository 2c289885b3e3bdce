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
	/* As ioctl(2), for issuers that talk to a device. */
	int (*control)(int fd, unsigned long number, void *argument);
};

/* Outside any enclave: always `OE_UNSUPPORTED`. */
extern const struct mr_issuer mr_issuer_none;
/* Gramine's pseudo-files below /dev/attestation. */
extern const struct mr_issuer mr_issuer_gramine;
/* Occlum's ioctls on /dev/sgx. */
extern const struct mr_issuer mr_issuer_occlum;
/* EdgelessRT's and EGo's, through Open Enclave; the functions are the application's (30 §5.1). */
extern const struct mr_issuer mr_issuer_ert;

/* Confidential VMs (70 §15.4, §16.4, §16.5): the kernel's configfs-tsm, for TDX and SEV-SNP alike, and the guest device of
 * SEV-SNP, for kernels without. TDX quotes carry the Open Enclave header, SNP reports an envelope with their certificates. */
extern const struct mr_issuer mr_issuer_tsm, mr_issuer_sev_guest;
/* The first of them that is there. */
extern const struct mr_issuer mr_issuer_cvm;

enum mr_cvm_kind { MR_CVM_NONE, MR_CVM_TDX, MR_CVM_SNP };
/* Which kind of confidential VM is this, by the interfaces that its kernel offers? */
enum mr_cvm_kind mr_cvm_detect(void);

/* Appends the envelope for an SNP report and its certificate table, which may be empty (70 §17.4). */
void mr_evidence_put_snp(struct mr_buf *out, struct mr_bytes report, struct mr_bytes certificates);

/* Appends the 16-byte Open Enclave header for a remote SGX report and the raw quote. */
void mr_quote_put_envelope(struct mr_buf *out, struct mr_bytes quote);

#endif
