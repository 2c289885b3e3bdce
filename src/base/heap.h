/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process's heap, as far as its allocator keeps memory that nobody holds: a large state that was
 * replaced should not stay resident. Where the allocator has no such settings nothing happens.
 */
#ifndef MR_BASE_HEAP_H
#define MR_BASE_HEAP_H

/* Large blocks come from the system and go back to it when they are freed, however many there have
 * been before. To be called at the start, before threads. */
void mr_heap_configure(void);
/* Gives back what is free; takes milliseconds where that is much. Thread-safe. */
void mr_heap_trim(void);

#endif
