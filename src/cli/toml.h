/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TOML 1.0, read as far as editing a file by hand needs it: which keys there are, flattened, and where
 * in the text their values stand. The syntax is checked; values are not decoded.
 */
#ifndef MR_CLI_TOML_H
#define MR_CLI_TOML_H

#include "base/arena.h"
#include "base/bytes.h"

#define MR_TOML_MAX_DEPTH 64

struct mr_toml_entry {
	struct mr_str key;   /* dotted, tables and inline tables included, quotes taken off */
	struct mr_str value; /* as written, in the text */
	const struct mr_toml_entry *next;
};

struct mr_toml {
	const struct mr_toml_entry *first;
	size_t first_table; /* where the first table header begins; the text's length if there is none */
};

/* Keys and values are borrowed from the text or live in the arena. Errors: `toml: line <n>: <what>`. */
MR_MUST_USE mr_result mr_toml_parse(
	struct mr_str text, struct mr_arena *arena, struct mr_toml *ret, struct mr_error *err);
/* The last entry of this key, or NULL. */
const struct mr_toml_entry *mr_toml_find(const struct mr_toml *toml, struct mr_str key);

#endif
