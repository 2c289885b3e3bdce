/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the Coordinator does, cut into runs in which one call after the other can fail: authority, view, activation,
 * manifests and updates as functions, starts, then whole requests to a running core. Each run checks that a failure has
 * left memory and disk as they were; the last one, without a fault, is the same request again, which has to succeed.
 */
#ifndef MR_TEST_COORDINATOR_RUNS_H
#define MR_TEST_COORDINATOR_RUNS_H

/* What all runs stand on, made without faults. */
void coordinator_runs_begin(void);
void coordinator_runs_end(void);
/* All runs, with mr_fault_each. How many calls have failed. */
unsigned long coordinator_runs_each(void);

#endif
