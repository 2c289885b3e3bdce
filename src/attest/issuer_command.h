/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence from a program, in builds with test roots alone (70 §21.1): no other has any of this. */
#ifndef MR_ATTEST_ISSUER_COMMAND_H
#define MR_ATTEST_ISSUER_COMMAND_H

#include "attest/issuer.h"

/* The program of MR_TEST_EVIDENCE_COMMAND, or NULL where that is not set, or in a production build. */
const struct mr_issuer *mr_issuer_command(void);

/* What programs of this build say at their start; NULL in a production build. */
const char *mr_test_roots_warning(void);

#endif
