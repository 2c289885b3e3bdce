/* SPDX-License-Identifier: Apache-2.0 */
/* The text for evidence that is not of its package (70 §3.3). */
#ifndef MR_ATTEST_PACKAGE_TEXT_H
#define MR_ATTEST_PACKAGE_TEXT_H

#include "attest/evidence.h"
#include "manifest/manifest.h"

/* Writes `PackageProperties not compliant:\nexpected: …\ngot: …` into `err`. A confidential VM is told by MRTD or
 * MEASUREMENT, MROWNER or ID key digest, and guest SVN (70 §17.2). */
MR_MUST_USE mr_result mr_package_not_compliant(const struct mr_package *package,
	const struct mr_evidence *evidence, const char *rule, struct mr_error *err);
/* Appends the properties as `{Debug: true, UniqueID: "…"}`, without those that are empty. */
void mr_package_put_properties(struct mr_buf *out, const struct mr_package *package);

#endif
