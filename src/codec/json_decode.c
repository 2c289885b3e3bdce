/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/base64_raw.h"
#include "codec/json.h"

/* --- names --- */

static char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Bytes of `member` from `at` on that match one character of a field's name, or 0. */
static size_t match_char(struct mr_str member, size_t at, char want)
{
	struct mr_str rest = mr_str_sub(member, at, member.len);

	want = ascii_lower(want);
	if (ascii_lower(rest.ptr[0]) == want)
		return 1;
	if (want == 's' && mr_str_starts(rest, MR_STR("\xC5\xBF"))) /* U+017F */
		return 2;
	if (want == 'k' && mr_str_starts(rest, MR_STR("\xE2\x84\xAA"))) /* U+212A */
		return 3;
	return 0;
}

bool mr_json_name_matches(struct mr_str member, struct mr_str field)
{
	size_t at = 0;

	for (size_t i = 0; i < field.len; i++) {
		size_t size = at < member.len ? match_char(member, at, field.ptr[i]) : 0;
		if (size == 0)
			return false;
		at += size;
	}
	return at == member.len;
}

const struct mr_json *mr_json_member(const struct mr_json *object, struct mr_str name)
{
	const struct mr_json *found = NULL;

	if (!object || object->kind != MR_JSON_OBJECT)
		return NULL;
	for (const struct mr_json *member = object->first; member; member = member->next)
		if (mr_str_eq(member->name, name))
			found = member;
	return found;
}

const struct mr_json *mr_json_field(const struct mr_json *object, struct mr_str field)
{
	const struct mr_json *found = NULL;

	if (!object || object->kind != MR_JSON_OBJECT)
		return NULL;
	for (const struct mr_json *member = object->first; member; member = member->next)
		if (mr_json_name_matches(member->name, field))
			found = member;
	return found;
}

/* --- values --- */

static bool is_null(const struct mr_json *value)
{
	return !value || value->kind == MR_JSON_NULL;
}

static mr_result fail_kind(const struct mr_json *value, const char *go_type, struct mr_error *err)
{
	static const char *const kinds[] = { "null", "bool", "number", "string", "array",
		"object" };

	return mr_fail(err, MR_CODE_INVALID, "json: cannot unmarshal %s into Go value of type %s",
		kinds[value->kind], go_type);
}

/* Go names the number itself where an integer is wanted, but not elsewhere. */
static mr_result fail_number(const struct mr_json *value, const char *go_type, struct mr_error *err)
{
	if (value->kind != MR_JSON_NUMBER)
		return fail_kind(value, go_type, err);
	return mr_fail(err, MR_CODE_INVALID,
		"json: cannot unmarshal number %.*s into Go value of type %s",
		MR_STR_ARGS(value->text), go_type);
}

mr_result mr_json_want(const struct mr_json *value, enum mr_json_kind kind, const char *go_type,
	struct mr_error *err)
{
	return is_null(value) || value->kind == kind ? MR_OK : fail_kind(value, go_type, err);
}

mr_result mr_json_get_str(const struct mr_json *value, struct mr_str *ret, struct mr_error *err)
{
	if (is_null(value))
		return MR_OK;
	if (value->kind != MR_JSON_STRING)
		return fail_kind(value, "string", err);
	*ret = value->text;
	return MR_OK;
}

mr_result mr_json_get_bool(const struct mr_json *value, bool *ret, struct mr_error *err)
{
	if (is_null(value))
		return MR_OK;
	if (value->kind != MR_JSON_BOOL)
		return fail_kind(value, "bool", err);
	*ret = value->boolean;
	return MR_OK;
}

/* Plain decimal digits up to `max`; the grammar has already ruled out leading zeros. */
static bool read_digits(struct mr_str digits, uint64_t max, uint64_t *ret)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < digits.len; i++) {
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
			return false;
		uint64_t digit = (uint64_t)(digits.ptr[i] - '0');
		if (sum > (max - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	*ret = sum;
	return true;
}

static mr_result get_unsigned(const struct mr_json *value, uint64_t max, const char *go_type,
	uint64_t *ret, struct mr_error *err)
{
	if (value->kind != MR_JSON_NUMBER || !read_digits(value->text, max, ret))
		return fail_number(value, go_type, err);
	return MR_OK;
}

mr_result mr_json_get_u64(const struct mr_json *value, uint64_t *ret, struct mr_error *err)
{
	return is_null(value) ? MR_OK : get_unsigned(value, UINT64_MAX, "uint64", ret, err);
}

mr_result mr_json_get_u16(const struct mr_json *value, uint16_t *ret, struct mr_error *err)
{
	uint64_t wide;

	if (is_null(value))
		return MR_OK;
	MR_TRY(get_unsigned(value, UINT16_MAX, "uint16", &wide, err));
	*ret = (uint16_t)wide;
	return MR_OK;
}

mr_result mr_json_get_i64(const struct mr_json *value, int64_t *ret, struct mr_error *err)
{
	uint64_t size;

	if (is_null(value))
		return MR_OK;
	if (value->kind != MR_JSON_NUMBER)
		return fail_number(value, "int64", err);
	bool negative = value->text.ptr[0] == '-';
	struct mr_str digits = mr_str_sub(value->text, negative, value->text.len);
	if (!read_digits(digits, (uint64_t)INT64_MAX + negative, &size))
		return fail_number(value, "int64", err);
	*ret = !negative ? (int64_t)size : size == 0 ? 0 : -(int64_t)(size - 1) - 1;
	return MR_OK;
}

static mr_result bytes_of_text(const struct mr_json *value, struct mr_arena *arena,
	struct mr_bytes *ret, struct mr_error *err)
{
	const struct mr_base64_rules rules = { .alphabet = MR_BASE64_STANDARD };
	uint8_t *out = mr_arena_alloc(arena, mr_base64_decoded_max(value->text));
	size_t len, bad;

	if (!out)
		return mr_arena_fail(arena, err);
	if (!mr_base64_decode_raw(value->text, rules, out, &len, &bad))
		return mr_base64_fail(bad, err);
	*ret = (struct mr_bytes){ out, len };
	return MR_OK;
}

/* null is 0, as for any element that Go leaves at its default. */
static mr_result bytes_of_array(const struct mr_json *value, struct mr_arena *arena,
	struct mr_bytes *ret, struct mr_error *err)
{
	uint8_t *out = mr_arena_alloc(arena, value->count);
	size_t at = 0;

	if (!out)
		return mr_arena_fail(arena, err);
	for (const struct mr_json *element = value->first; element; element = element->next, at++) {
		uint64_t wide = 0;
		if (!is_null(element))
			MR_TRY(get_unsigned(element, UINT8_MAX, "uint8", &wide, err));
		out[at] = (uint8_t)wide;
	}
	*ret = (struct mr_bytes){ out, at };
	return MR_OK;
}

mr_result mr_json_get_bytes(const struct mr_json *value, struct mr_arena *arena,
	struct mr_bytes *ret, bool *ret_present, struct mr_error *err)
{
	if (is_null(value)) {
		*ret = (struct mr_bytes){ NULL, 0 };
		*ret_present = false;
		return MR_OK;
	}
	if (value->kind == MR_JSON_STRING)
		MR_TRY(bytes_of_text(value, arena, ret, err));
	else if (value->kind == MR_JSON_ARRAY)
		MR_TRY(bytes_of_array(value, arena, ret, err));
	else
		return fail_kind(value, "[]uint8", err);
	*ret_present = true;
	return MR_OK;
}
