/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON values of the state (40 §4.2) for the keys `package:`, `infrastructure:`, `marble:`, `TLS:`
 * and `secret:`; `user:` is in users.h, the pending update in update.h.
 *
 * Writers give the exact members in the reference's order. Readers follow the rules of 10 §2:
 * members in any order and case, unknown ones ignored, missing ones (older states) at their
 * defaults. `name` is what follows the kind in the key; it and all contents are copied into
 * `arena`. A JSON null gives the default record.
 */
#ifndef MR_MANIFEST_RECORDS_H
#define MR_MANIFEST_RECORDS_H

#include "manifest/manifest.h"

void mr_package_encode(struct mr_buf *out, const struct mr_package *p);
MR_MUST_USE mr_result mr_package_decode(struct mr_bytes json, struct mr_str name,
	struct mr_arena *arena, struct mr_package *ret, struct mr_error *err);

void mr_infrastructure_encode(struct mr_buf *out, const struct mr_infrastructure *i);
MR_MUST_USE mr_result mr_infrastructure_decode(struct mr_bytes json, struct mr_str name,
	struct mr_arena *arena, struct mr_infrastructure *ret, struct mr_error *err);

/* Data are written in the entry's own encoding: standard base64, lower-case hex, or as text. */
void mr_marble_encode(struct mr_buf *out, const struct mr_marble *m);
MR_MUST_USE mr_result mr_marble_decode(struct mr_bytes json, struct mr_str name,
	struct mr_arena *arena, struct mr_marble *ret, struct mr_error *err);

void mr_tls_tag_encode(struct mr_buf *out, const struct mr_tls_tag *t);
MR_MUST_USE mr_result mr_tls_tag_decode(struct mr_bytes json, struct mr_str name,
	struct mr_arena *arena, struct mr_tls_tag *ret, struct mr_error *err);

/* Form of 10 §8.2, used by the read API too. `Cert` is the issued or uploaded certificate; a
 * template is not written. Give a secret buffer and an arena of its own: both hold the private
 * part. */
void mr_secret_value_encode(struct mr_buf *out, const struct mr_secret_value *s);
/* `Cert` that is no base64 reads as absent, bad DER is an error (40 §4.2). No template comes out of
 * here. */
MR_MUST_USE mr_result mr_secret_value_decode(struct mr_bytes json, struct mr_str name,
	struct mr_arena *arena, struct mr_secret_value *ret, struct mr_error *err);

#endif
