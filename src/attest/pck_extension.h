/* SPDX-License-Identifier: Apache-2.0 */
/* What a PCK certificate says of its platform (70 §9.1; Intel, PCK Certificate and CRL Profile). */
#ifndef MR_ATTEST_PCK_EXTENSION_H
#define MR_ATTEST_PCK_EXTENSION_H

#include "base/bytes.h"

enum { MR_TCB_COMPONENTS = 16 };

struct mr_pck_extension {
	uint8_t component[MR_TCB_COMPONENTS]; /* their SVNs */
	uint16_t pce_svn;
	uint8_t pce_id[2];
	uint8_t fmspc[6];
	bool has_platform_instance_id;
	uint8_t platform_instance_id[16];
};

/* OID content of the extension. */
extern const struct mr_bytes MR_OID_SGX_EXTENSION;

/* Reads the extension's value. NULL, or what is wrong: members that are missing, twice there, of a wrong length or out
 * of range. Unknown members are skipped. */
MR_MUST_USE const char *mr_pck_extension_read(struct mr_bytes value, struct mr_pck_extension *ret);

#endif
