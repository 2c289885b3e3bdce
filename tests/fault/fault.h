/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fault injection: calls that are wrapped by the linker (--wrap) are counted, and the one that a
 * test asks for fails. What is wrapped depends on what the program is linked with:
 *
 *   fault_alloc.c     malloc, calloc, realloc, strdup, strndup: out of memory
 *   fault_calls.c     the system calls of a commit, and pthread_create: an errno value
 *   fault_crypto      every call of src/crypto into the crypto library that can fail: 0 or NULL
 *
 * meson.build tells how a test program of another room takes part.
 */
#ifndef MR_TEST_FAULT_H
#define MR_TEST_FAULT_H

#include <stdbool.h>

#include "base/error.h"

/* The n-th wrapped call from now on fails, that one alone; 0: none. Forgets what was before. */
void mr_fault_set(unsigned long n);
/* As mr_fault_set, but all calls from the n-th on fail. */
void mr_fault_set_from(unsigned long n);
/* Calls between pause and resume do not count: for checks inside a run. */
void mr_fault_pause(void);
void mr_fault_resume(void);
/* Wrapped calls since it was set. */
unsigned long mr_fault_count(void);
/* Has a call failed since it was set? */
bool mr_fault_hit(void);
/* Name of the function that failed first, or "nothing". */
const char *mr_fault_name(void);

/* For the wrappers: counts a call and tells whether it has to fail. Any thread. */
bool mr_fault_now(const char *function);

/*
 * Runs `run` again and again, each time with the next one of its wrapped calls failing, until it
 * runs to its end without meeting one. `run` does everything anew from its context, frees what it
 * made also after a failure, and checks with cmocka that nothing is half done.
 *
 * A run that met its fault may succeed only if `may_succeed` (a log line was dropped, say); the
 * last one, without a fault, must succeed. A failure must come with one of our codes and a text.
 * Prints how many calls failed, and returns that number.
 */
unsigned long mr_fault_each(const char *what, mr_result (*run)(void *context, struct mr_error *err),
	void *context, bool may_succeed);

#endif
