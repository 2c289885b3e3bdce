/* SPDX-License-Identifier: Apache-2.0 */
/* What a VCEK or VLEK certificate says of its chip (70 §16.2; AMD 57230). */
#ifndef MR_ATTEST_VEK_EXTENSION_H
#define MR_ATTEST_VEK_EXTENSION_H

#include "attest/snp_report.h"
#include "crypto/cert.h"

struct mr_vek_extension {
	struct mr_str product; /* e.g. `Milan-B0` */
	struct mr_snp_tcb tcb;
	bool has_fmc;
	struct mr_bytes chip_id; /* 64 or 8 bytes; empty in a VLEK */
};

/* NULL, or what is wrong with it. Borrowed from the certificate. */
MR_MUST_USE const char *mr_vek_extension_read(
	const struct mr_cert *certificate, bool is_vlek, struct mr_vek_extension *ret);

#endif
