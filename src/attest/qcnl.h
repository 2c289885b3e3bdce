/* SPDX-License-Identifier: Apache-2.0 */
/* sgx_default_qcnl.conf: where collateral comes from (70 §12), as far as it concerns who verifies. */
#ifndef MR_ATTEST_QCNL_H
#define MR_ATTEST_QCNL_H

#include "attest/service_url.h"

#define MR_QCNL_PATH "/etc/sgx_default_qcnl.conf"
/* A text above this size is refused. */
#define MR_QCNL_MAX ((size_t)64 << 10)

struct mr_qcnl {
	struct mr_service_url pccs;       /* for PCK certificates */
	struct mr_service_url collateral; /* for everything else */
	bool use_secure_cert;             /* verify the services' TLS certificates */
	bool early;                       /* update=early */
	bool api_31;                      /* pccs_api_version "3.1" */
	unsigned retry_times;
	unsigned retry_delay;  /* seconds; 0: 1, 2, 4, … */
	int64_t cache_seconds; /* age at which documents are to be fetched again; 0: not given */
};

/* What holds without a file. */
void mr_qcnl_defaults(struct mr_qcnl *ret);
/* One service for everything, in the form of `pccs_url`. */
MR_MUST_USE mr_result mr_qcnl_of_url(struct mr_str url, struct mr_qcnl *ret, struct mr_error *err);
/* Reads the text of a file: JSON with comments if it begins with `{`, lines of KEY=VALUE otherwise. Unknown members, and
 * in JSON those of a wrong type, are ignored; text that is neither, a bad address and an unknown update type fail. */
MR_MUST_USE mr_result mr_qcnl_parse(struct mr_str text, struct mr_qcnl *ret, struct mr_error *err);
/* The file in QCNL_CONF_PATH, else the default one, which may be missing. */
MR_MUST_USE mr_result mr_qcnl_load(struct mr_qcnl *ret, struct mr_error *err);

#endif
