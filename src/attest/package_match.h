/* SPDX-License-Identifier: Apache-2.0 */
/* Is verified evidence that of a package (70 §3.3, §17.2)? */
#ifndef MR_ATTEST_PACKAGE_MATCH_H
#define MR_ATTEST_PACKAGE_MATCH_H

#include "attest/verify.h"
#include "manifest/package_rules.h"

/* NULL, or the rule that the evidence does not keep. DEBUG is not looked at here. */
const char *mr_package_mismatch(const struct mr_package *package,
	const struct mr_evidence *evidence, const struct mr_verdict *verdict);
/* The status that the package's minima give an SNP guest (70 §16.3). */
enum mr_tcb_status mr_package_snp_status(const struct mr_package *package,
	const struct mr_evidence *evidence, enum mr_snp_line line);

#endif
