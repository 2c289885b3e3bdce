/* SPDX-License-Identifier: Apache-2.0 */
/* Intel's own services; for pccs*.c. */
#ifndef MR_ATTEST_PCCS_INTERNAL_H
#define MR_ATTEST_PCCS_INTERNAL_H

#include "attest/service_url.h"

/* Where the root certificate says that its revocation list is (70 §20). */
#define MR_INTEL_ROOT_CRL_HOST "certificates.trustedservices.intel.com"
#define MR_INTEL_ROOT_CRL_PATH "/IntelSGXRootCA.der"

bool mr_pccs_is_intel(const struct mr_service_url *service);

#endif
