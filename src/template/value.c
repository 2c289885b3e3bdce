/* SPDX-License-Identifier: Apache-2.0 */
#include "template/value.h"

const char *mr_value_type(const struct mr_value *v)
{
	if (v->kind == MR_VALUE_OBJECT)
		return v->object.class->go_type;
	if (v->go_type)
		return v->go_type;
	switch (v->kind) {
	case MR_VALUE_BOOL:
		return "bool";
	case MR_VALUE_INT:
		return "int";
	case MR_VALUE_UINT:
		return "uint";
	case MR_VALUE_FLOAT:
		return "float64";
	case MR_VALUE_STRING:
		return "string";
	case MR_VALUE_BYTES:
		return "[]uint8";
	default:
		return "<nil>";
	}
}

bool mr_value_truth(const struct mr_value *v)
{
	switch (v->kind) {
	case MR_VALUE_BOOL:
		return v->boolean;
	case MR_VALUE_INT:
		return v->i != 0;
	case MR_VALUE_UINT:
		return v->u != 0;
	case MR_VALUE_FLOAT:
		return v->f < 0 || v->f > 0;
	case MR_VALUE_STRING:
		return v->str.len > 0;
	case MR_VALUE_BYTES:
		return v->bytes.len > 0;
	case MR_VALUE_OBJECT:
		return v->object.class->kind == MR_OBJECT_RECORD ||
		       v->object.class->count(v->object.self) > 0;
	default:
		return false;
	}
}

struct mr_value mr_value_of_bool(bool b)
{
	return (struct mr_value){ .kind = MR_VALUE_BOOL, .boolean = b };
}

struct mr_value mr_value_of_int(int64_t i)
{
	return (struct mr_value){ .kind = MR_VALUE_INT, .i = i };
}

struct mr_value mr_value_of_byte(uint8_t byte)
{
	return (struct mr_value){ .kind = MR_VALUE_UINT, .go_type = "uint8", .u = byte };
}

struct mr_value mr_value_of_str(struct mr_str s)
{
	return (struct mr_value){ .kind = MR_VALUE_STRING, .str = s };
}

/* --- comparison --- */

/* Those that comparisons take. */
static bool is_basic(const struct mr_value *v)
{
	return v->kind >= MR_VALUE_BOOL && v->kind <= MR_VALUE_STRING;
}

/* The two types, never the values. */
static mr_result fail_types(
	const struct mr_value *a, const struct mr_value *b, const char *what, struct mr_error *err)
{
	const char *between = what[0] == 'i' ? " and " : ", ";

	return mr_fail(err, MR_CODE_INVALID, "%s %s%s%s", what, mr_value_type(a), between,
		mr_value_type(b));
}

/* Signed with unsigned: a negative one is smaller than all of them. */
static int compare_mixed(int64_t i, uint64_t u)
{
	if (i < 0 || (uint64_t)i < u)
		return -1;
	return (uint64_t)i > u;
}

/* Order of two basic values of one kind, or of integers. */
static int compare(const struct mr_value *a, const struct mr_value *b)
{
	if (a->kind != b->kind)
		return a->kind == MR_VALUE_INT ? compare_mixed(a->i, b->u)
					       : -compare_mixed(b->i, a->u);
	switch (a->kind) {
	case MR_VALUE_BOOL:
		return a->boolean - b->boolean;
	case MR_VALUE_INT:
		return (a->i > b->i) - (a->i < b->i);
	case MR_VALUE_UINT:
		return (a->u > b->u) - (a->u < b->u);
	case MR_VALUE_FLOAT:
		return (a->f > b->f) - (a->f < b->f);
	default:
		return mr_str_cmp(a->str, b->str);
	}
}

/* Of one kind, or integers with and without sign. */
static bool comparable(const struct mr_value *a, const struct mr_value *b)
{
	if (a->kind == b->kind)
		return true;
	return (a->kind == MR_VALUE_INT && b->kind == MR_VALUE_UINT) ||
	       (a->kind == MR_VALUE_UINT && b->kind == MR_VALUE_INT);
}

static const char INCOMPATIBLE[] = "incompatible types for comparison:";

/* Nothing, or bytes that were never set, which compare like it. */
static bool is_unset(const struct mr_value *v)
{
	return mr_value_is_nil(v) || (v->kind == MR_VALUE_BYTES && !v->bytes.ptr);
}

/* Two bytes, two records or two maps. */
static bool same_shape(const struct mr_value *a, const struct mr_value *b)
{
	return a->kind == b->kind &&
	       (a->kind != MR_VALUE_OBJECT || a->object.class->kind == b->object.class->kind);
}

/* Bytes, records and maps are equal to nothing; those that are unset equal nothing itself. */
mr_result mr_value_equal(
	const struct mr_value *a, const struct mr_value *b, bool *ret, struct mr_error *err)
{
	if (is_basic(a) && is_basic(b)) {
		if (!comparable(a, b))
			return fail_types(a, b, INCOMPATIBLE, err);
		*ret = compare(a, b) == 0;
		return MR_OK;
	}
	if (mr_value_is_nil(a) || mr_value_is_nil(b)) {
		*ret = is_unset(a) && is_unset(b);
		return MR_OK;
	}
	if (is_basic(a) || is_basic(b))
		return fail_types(a, b, INCOMPATIBLE, err);
	if (!same_shape(a, b))
		return fail_types(a, b, "non-comparable types", err);
	if (is_unset(a) || is_unset(b)) {
		*ret = is_unset(a) && is_unset(b);
		return MR_OK;
	}
	return mr_fail(err, MR_CODE_INVALID, "non-comparable type %s", mr_value_type(b));
}

mr_result mr_value_less(
	const struct mr_value *a, const struct mr_value *b, bool *ret, struct mr_error *err)
{
	if (!is_basic(a) || !is_basic(b))
		return mr_fail(err, MR_CODE_INVALID, "invalid type for comparison");
	if (!comparable(a, b))
		return fail_types(a, b, INCOMPATIBLE, err);
	if (a->kind == MR_VALUE_BOOL)
		return mr_fail(err, MR_CODE_INVALID, "invalid type for comparison");
	*ret = compare(a, b) < 0;
	return MR_OK;
}
