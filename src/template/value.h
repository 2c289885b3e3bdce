/* SPDX-License-Identifier: Apache-2.0 */
/* Values: what kind they are, whether they count as true, how they compare, how an action prints
 * them (10 §6.4). */
#ifndef MR_TEMPLATE_VALUE_H
#define MR_TEMPLATE_VALUE_H

#include "template/template.h"

/* A missing value or nil? */
static inline bool mr_value_is_nil(const struct mr_value *v)
{
	return v->kind == MR_VALUE_NONE || v->kind == MR_VALUE_NIL;
}

/* The Go type for messages and %T; `<nil>` without a value. */
const char *mr_value_type(const struct mr_value *v);
/* Is it other than false, 0, empty or missing? Records always are. */
bool mr_value_truth(const struct mr_value *v);
/* Values of the engine's own; a byte has Go's type uint8. */
struct mr_value mr_value_of_bool(bool b);
struct mr_value mr_value_of_int(int64_t i);
struct mr_value mr_value_of_byte(uint8_t byte);
struct mr_value mr_value_of_str(struct mr_str s);

/* `eq` of two values. Errors: `incompatible types for comparison: …`, `non-comparable type …`. */
MR_MUST_USE mr_result mr_value_equal(
	const struct mr_value *a, const struct mr_value *b, bool *ret, struct mr_error *err);
/* `lt` of two values. Errors: as above, `invalid type for comparison`. */
MR_MUST_USE mr_result mr_value_less(
	const struct mr_value *a, const struct mr_value *b, bool *ret, struct mr_error *err);

#endif
