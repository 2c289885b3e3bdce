/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk that loses power: records what the store does to its directory, and lays out what such a
 * disk may hold afterwards. What was synced is there. Of the names changed since the directory was
 * last synced any may be there and any may not, each by itself (of two changes of one name the later
 * one wins, and a rename is one change); a file that was not synced holds
 * nothing, a part, zeros or all of what was written.
 */
#ifndef MR_TEST_FAULT_DISK_H
#define MR_TEST_FAULT_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes what is in `directory` for durable and records from now on. */
void mr_disk_begin(const char *directory);
/* All hard links fail with this errno value from now on; 0: they work. */
void mr_disk_no_links(int errnum);
/* Ends recording. The number of calls that changed something or synced it. */
size_t mr_disk_end(void);

/* How many names were changed, and not synced, when the power goes behind the first `count` calls. */
unsigned mr_disk_pending(size_t count);
enum { MR_DISK_CONTENTS = 4 }; /* what an unsynced file may hold */
/* Makes `target` what is there then: with those of the pending changes whose bit is set in `kept`,
 * and unsynced files with one of the contents. False when the same was
 * laid out before since mr_disk_begin. */
bool mr_disk_lay_out(const char *target, size_t count, uint32_t kept, unsigned contents);
/* The calls up to the last one laid out, for messages. */
const char *mr_disk_story(void);

#endif
