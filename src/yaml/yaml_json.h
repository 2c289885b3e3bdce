/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML 1.1 to the one JSON text that is hashed and uploaded (50 §7.1): strict about duplicate keys,
 * keys in byte order, no blanks. Nesting, aliases and size are bounded.
 */
#ifndef MR_YAML_JSON_H
#define MR_YAML_JSON_H

#include "base/bytes.h"

enum { MR_YAML_MAX_DEPTH = 64 };

#define MR_YAML_MAX_INPUT ((size_t)4 << 20)
#define MR_YAML_MAX_OUTPUT ((size_t)16 << 20)

/* Appends the JSON of the first document. What follows it must be YAML, too, and is ignored. Errors
 * (MR_CODE_INVALID; MR_CODE_LIMIT at a bound) begin `yaml: `, those of values that JSON cannot hold
 * `json: `. On failure `out` holds rubbish behind its old end. */
MR_MUST_USE mr_result mr_yaml_to_json(
	struct mr_bytes yaml, struct mr_buf *out, struct mr_error *err);

#endif
