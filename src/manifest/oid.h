/* SPDX-License-Identifier: Apache-2.0 */
/* Object identifiers as DER content (X.690, 8.19), from the forms that templates have. Private to
 * this room. */
#ifndef MR_MANIFEST_OID_H
#define MR_MANIFEST_OID_H

#include "base/arena.h"
#include "base/bytes.h"

#define MR_OID_MAX_COMPONENTS 128

/* From components: at least two, the first 0 to 2, the second below 40 unless the first is 2;
 * otherwise *ret is empty. */
MR_MUST_USE mr_result mr_oid_from_components(const uint64_t *components, size_t count,
	struct mr_arena *arena, struct mr_bytes *ret, struct mr_error *err);
/* From dotted text such as "1.2.840". Error: `invalid oid`. */
MR_MUST_USE mr_result mr_oid_from_text(
	struct mr_str text, struct mr_arena *arena, struct mr_bytes *ret, struct mr_error *err);

#endif
