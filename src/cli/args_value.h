/* SPDX-License-Identifier: Apache-2.0 */
/* The words of flags' values (50 §2.2): booleans, integers with prefixes, lists in CSV. */
#ifndef MR_CLI_ARGS_VALUE_H
#define MR_CLI_ARGS_VALUE_H

#include "cli/args.h"

/* Takes `text` as one more occurrence of the flag. `first`: it replaces what is there (lists). Lists
 * live in the arena, texts are borrowed. Errors say what is wrong with the text, without naming the
 * flag: `strconv.ParseUint: parsing "abc": invalid syntax`. */
MR_MUST_USE mr_result mr_args_set_value(struct mr_flag_value *value, const char *text, bool first,
	struct mr_arena *arena, struct mr_error *err);
/* Appends the text in double quotes, as Go's %q does for what a command line holds. */
void mr_args_put_quoted(struct mr_buf *out, const char *text);

#endif
