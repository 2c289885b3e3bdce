/* SPDX-License-Identifier: Apache-2.0 */
/* UUIDs of Marbles: the spellings that are accepted and the one that is written (30 §4.3). */
#ifndef MR_BASE_UUID_H
#define MR_BASE_UUID_H

#include "base/bytes.h"

#define MR_UUID_TEXT_LEN 36

struct mr_uuid {
	uint8_t bytes[16];
};

/* Parses 8-4-4-4-12, the same after "urn:uuid:", in any two characters for braces, or 32 hex digits, in any case.
 * Errors: `invalid UUID length: <n>`, `invalid urn prefix: "<9 chars>"`, `invalid UUID format` (30 §2.2 E). */
MR_MUST_USE mr_result mr_uuid_parse(struct mr_str text, struct mr_uuid *ret, struct mr_error *err);
/* Canonical lower-case text, NUL-terminated. */
void mr_uuid_format(const struct mr_uuid *uuid, char out[static MR_UUID_TEXT_LEN + 1]);
bool mr_uuid_is_nil(const struct mr_uuid *uuid);
/* Makes a version 4 UUID of 16 random bytes. */
struct mr_uuid mr_uuid_from_random(const uint8_t random[static 16]);

#endif
