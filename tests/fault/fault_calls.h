/* SPDX-License-Identifier: Apache-2.0 */
/* What the wrapped system calls fail with, and a record of them. */
#ifndef MR_TEST_FAULT_CALLS_H
#define MR_TEST_FAULT_CALLS_H

#include "fault.h"

/* The errno value of calls that fail from now on. EIO until set. */
void mr_fault_errno(int errnum);
/* All hard links fail with this errno value from now on, not counted as faults; 0: they work. */
void mr_fault_no_links(int errnum);
/* flock and record locks fail with these from now on, not counted as faults; 0: that works. */
void mr_fault_locks(int whole, int record_lock);
/* A write that fails has written half of its bytes before. */
void mr_fault_torn_writes(bool torn);
/* The calls since mr_fault_set, each as `name argument;`, to compare with what is expected. */
const char *mr_fault_record(void);

#endif
