/* SPDX-License-Identifier: Apache-2.0 */
/* The platform that evidence says it comes from, read and not verified: for people who look at evidence. */
#ifndef MR_ATTEST_PLATFORM_H
#define MR_ATTEST_PLATFORM_H

#include "attest/verify.h"

/* Fills in the platform of *ret if the certificates that come with the evidence tell it; has_platform is false
 * otherwise. Never believe it. */
void mr_platform_read(const struct mr_evidence *evidence, struct mr_verdict *ret);

#endif
