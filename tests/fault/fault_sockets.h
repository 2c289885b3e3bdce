/* SPDX-License-Identifier: Apache-2.0 */
/* What fails of sockets beyond the counted calls (fault.h). */
#ifndef MR_TEST_FAULT_SOCKETS_H
#define MR_TEST_FAULT_SOCKETS_H

#include "fault.h"

/* This option of SOL_SOCKET is not supported from now on; 0: all are. */
void mr_fault_refuse_option(int option);
/* The next `count` accepts, on any thread, fail with this errno value. */
void mr_fault_accepts(int count, int errnum);
int mr_fault_accepts_left(void);

#endif
