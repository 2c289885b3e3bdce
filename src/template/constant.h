/* SPDX-License-Identifier: Apache-2.0 */
/* Number, character and string constants of templates (10 §6.3): their extent and their value. */
#ifndef MR_TEMPLATE_CONSTANT_H
#define MR_TEMPLATE_CONSTANT_H

#include "base/arena.h"
#include "template/template.h"

/* How many bytes at the front of `text`, which begins with a sign, a digit or a dot, belong to a
 * number; with the character that spoils it, if *ret_well_formed is false. */
size_t mr_constant_scan_number(struct mr_str text, bool *ret_well_formed);
/* The value: MR_VALUE_INT, MR_VALUE_FLOAT (it has a point or exponent), or MR_VALUE_UINT beyond the
 * range of int, which has no use but is an error of the run, not of the parse. Imaginary numbers
 * are refused. */
MR_MUST_USE mr_result mr_constant_number(
	struct mr_str text, struct mr_value *ret, struct mr_error *err);
/* The code point of a quoted character, as MR_VALUE_INT. */
MR_MUST_USE mr_result mr_constant_character(
	struct mr_str quoted, struct mr_value *ret, struct mr_error *err);
/* What a string constant in "…" or `…` stands for; in the arena, or a view of `quoted` where
 * nothing changes. */
MR_MUST_USE mr_result mr_constant_unquote(
	struct mr_str quoted, struct mr_arena *arena, struct mr_str *ret, struct mr_error *err);

#endif
