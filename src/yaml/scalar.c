/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "codec/base64.h"
#include "yaml/tree.h"

#define TAG_PREFIX "tag:yaml.org,2002:"

/* Longer ones are numbers to nobody. */
enum { NUMBER_MAX = 512 };

/* --- words: these spellings and no others --- */

static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
static const char *const truths[] = { "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true",
	"True", "TRUE" };
static const char *const untruths[] = { "n", "N", "no", "No", "NO", "off", "Off", "OFF", "false",
	"False", "FALSE" };
static const char *const infinities[] = { ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF" };
static const char *const minus_infinities[] = { "-.inf", "-.Inf", "-.INF" };
static const char *const nans[] = { ".nan", ".NaN", ".NAN" };

#define IS_ONE_OF(text, words) is_one_of(text, words, MR_COUNT(words))

static bool is_one_of(struct mr_str text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (mr_str_eq(text, mr_str_of(words[i])))
			return true;
	}
	return false;
}

static bool resolve_word(struct mr_str text, struct mr_yaml_node *ret)
{
	bool truth = IS_ONE_OF(text, truths);

	if (IS_ONE_OF(text, nulls)) {
		ret->kind = MR_YAML_NULL;
	} else if (truth || IS_ONE_OF(text, untruths)) {
		ret->kind = MR_YAML_BOOL;
		ret->boolean = truth;
	} else if (IS_ONE_OF(text, infinities) || IS_ONE_OF(text, minus_infinities)) {
		ret->kind = MR_YAML_FLOAT;
		ret->real = text.ptr[0] == '-' ? -INFINITY : INFINITY;
	} else if (IS_ONE_OF(text, nans)) {
		ret->kind = MR_YAML_FLOAT;
		ret->real = NAN;
	}
	return ret->kind != MR_YAML_STRING;
}

/* --- numbers; texts are NUL-terminated, without `_` --- */

static unsigned digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

/* Skips a prefix and returns the base it says. */
static unsigned take_base(const char **digits)
{
	const char *at = *digits;

	if (at[0] != '0' || at[1] == '\0')
		return 10;
	*digits += 2;
	if (at[1] == 'x' || at[1] == 'X')
		return 16;
	if (at[1] == 'b' || at[1] == 'B')
		return 2;
	if (at[1] != 'o' && at[1] != 'O')
		*digits -= 1;
	return 8;
}

/* False for no digit, a wrong one, or a number beyond `max`. */
static bool read_digits(const char *digits, unsigned base, uint64_t max, uint64_t *ret)
{
	uint64_t sum = 0;

	if (*digits == '\0')
		return false;
	for (; *digits; digits++) {
		unsigned digit = digit_of(*digits);

		if (digit >= base || sum > (max - digit) / base)
			return false;
		sum = sum * base + digit;
	}
	*ret = sum;
	return true;
}

/* Within int64, or without a sign uint64. */
static bool resolve_integer(const char *text, struct mr_yaml_node *ret)
{
	bool negative = text[0] == '-', sign = negative || text[0] == '+';
	const char *digits = text + sign;
	unsigned base = take_base(&digits);
	uint64_t max = sign ? (uint64_t)INT64_MAX + negative : UINT64_MAX;

	if (!read_digits(digits, base, max, &ret->magnitude))
		return false;
	ret->kind = MR_YAML_INT;
	ret->negative = negative && ret->magnitude > 0;
	return true;
}

static size_t count_digits(const char *at)
{
	size_t n = 0;

	while (at[n] >= '0' && at[n] <= '9')
		n++;
	return n;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool looks_like_float(const char *at)
{
	at += *at == '-' || *at == '+';
	size_t whole = count_digits(at), fraction = 0;
	at += whole;
	if (*at == '.') {
		fraction = count_digits(at + 1);
		at += 1 + fraction;
	}
	if (whole + fraction == 0)
		return false;
	if (*at != 'e' && *at != 'E')
		return *at == '\0';
	at++;
	at += *at == '-' || *at == '+';
	size_t exponent = count_digits(at);
	return exponent > 0 && at[exponent] == '\0';
}

/* One that is too large for a double stays a string. */
static bool resolve_float(const char *text, struct mr_yaml_node *ret)
{
	if (!looks_like_float(text))
		return false;
	double value = strtod(text, NULL);
	if (isinf(value))
		return false;
	ret->kind = MR_YAML_FLOAT;
	ret->real = value;
	return true;
}

/* Go's order: an integer in the syntax of its source code, then a float in YAML's. `_` may stand
 * anywhere but in a number that begins with a point. */
static bool resolve_number(struct mr_str text, struct mr_yaml_node *ret)
{
	char plain[NUMBER_MAX];
	size_t len = 0;

	if (text.len == 0 || text.len >= sizeof plain || text.ptr[0] == '\0' ||
		!strchr("+-.0123456789", text.ptr[0]))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\0')
			return false;
		if (text.ptr[i] != '_' || text.ptr[0] == '.')
			plain[len++] = text.ptr[i];
	}
	plain[len] = '\0';
	return (plain[0] != '.' && resolve_integer(plain, ret)) || resolve_float(plain, ret);
}

/* --- tags --- */

/* What a text is that carries no tag. */
static void resolve_form(struct mr_str text, struct mr_yaml_node *ret)
{
	ret->kind = MR_YAML_STRING;
	ret->text = text;
	if (!resolve_word(text, ret))
		(void)resolve_number(text, ret);
}

static mr_result decode_binary(const struct mr_yaml_scalar *scalar, struct mr_arena *arena,
	struct mr_yaml_node *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf bytes = { 0 };

	mr_buf_init(&bytes, MR_YAML_MAX_INPUT);
	if (mr_failed(mr_base64_decode(scalar->text, MR_BASE64_STANDARD, &bytes, err)))
		return mr_fail(err, MR_CODE_INVALID, "!!binary value contains invalid base64 data");
	ret->kind = MR_YAML_STRING;
	return mr_arena_str(arena, mr_buf_str(&bytes), &ret->text, err);
}

static const char *kind_tag(enum mr_yaml_kind kind)
{
	switch (kind) {
	case MR_YAML_NULL:
		return "null";
	case MR_YAML_BOOL:
		return "bool";
	case MR_YAML_INT:
		return "int";
	case MR_YAML_FLOAT:
		return "float";
	default:
		return "str";
	}
}

/* A tag that says what the text must be. */
static mr_result resolve_as(enum mr_yaml_kind kind, const struct mr_yaml_scalar *scalar,
	struct mr_yaml_node *ret, struct mr_error *err)
{
	resolve_form(scalar->text, ret);
	if (kind == MR_YAML_FLOAT && ret->kind == MR_YAML_INT) {
		ret->kind = MR_YAML_FLOAT;
		ret->real = ret->negative ? -(double)ret->magnitude : (double)ret->magnitude;
	}
	if (ret->kind == kind)
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID, "cannot decode !!%s `%.*s` as a !!%s",
		kind_tag(ret->kind), MR_STR_ARGS(scalar->text), kind_tag(kind));
}

mr_result mr_yaml_resolve(const struct mr_yaml_scalar *scalar, struct mr_arena *arena,
	struct mr_yaml_node *ret, struct mr_error *err)
{
	const char *tag = scalar->tag;

	*ret = (struct mr_yaml_node){ .kind = MR_YAML_STRING, .text = scalar->text };
	if (!tag) {
		if (scalar->plain)
			resolve_form(scalar->text, ret);
		return MR_OK;
	}
	if (strcmp(tag, TAG_PREFIX "binary") == 0)
		return decode_binary(scalar, arena, ret, err);
	for (enum mr_yaml_kind kind = MR_YAML_NULL; kind < MR_YAML_STRING; kind++) {
		if (strncmp(tag, TAG_PREFIX, strlen(TAG_PREFIX)) == 0 &&
			strcmp(tag + strlen(TAG_PREFIX), kind_tag(kind)) == 0)
			return resolve_as(kind, scalar, ret, err);
	}
	/* any other tag, known or not, leaves the text as it is */
	return MR_OK;
}
