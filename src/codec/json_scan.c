/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_scan.h"

#include <stdio.h>

void mr_json_scanner_init(struct mr_json_scanner *s, struct mr_str text, bool first_only)
{
	*s = (struct mr_json_scanner){
		.text = text, .first_only = first_only, .expect = MR_JSON_EXPECT_VALUE
	};
}

static bool at_end(const struct mr_json_scanner *s)
{
	return s->at >= s->text.len;
}

/* The byte at the position; at the end a blank, which fits where a token may end and nowhere else.
 *  */
static char peek(const struct mr_json_scanner *s)
{
	return at_end(s) ? ' ' : s->text.ptr[s->at];
}

/* --- errors --- */

/* A byte in single quotes, shown as the code point of the same number. */
static void quote_byte(unsigned char c, char out[static 12])
{
	static const char names[] = "abtnvfr"; /* 0x07 to 0x0D */

	if (c == '\'' || c == '\\')
		(void)snprintf(out, 12, "'\\%c'", c);
	else if (c >= 0x07 && c <= 0x0D)
		(void)snprintf(out, 12, "'\\%c'", names[c - 0x07]);
	else if (c < 0x20 || c == 0x7F)
		(void)snprintf(out, 12, "'\\x%02x'", c);
	else if (c < 0x80)
		(void)snprintf(out, 12, "'%c'", c);
	else if (c <= 0xA0 || c == 0xAD)
		(void)snprintf(out, 12, "'\\u%04x'", c);
	else
		(void)snprintf(out, 12, "'%c%c'", 0xC0 | c >> 6, 0x80 | (c & 0x3F));
}

static mr_result fail_end(const struct mr_json_scanner *s, struct mr_error *err)
{
	return mr_fail(err, MR_CODE_INVALID, "%s",
		s->first_only ? "unexpected EOF" : "unexpected end of JSON input");
}

/* Fails at the current byte, where a new token begins. */
static mr_result fail_at(const struct mr_json_scanner *s, const char *where, struct mr_error *err)
{
	char quoted[12];

	if (at_end(s))
		return fail_end(s, err);
	quote_byte((unsigned char)peek(s), quoted);
	return mr_fail(err, MR_CODE_INVALID, "invalid character %s %s", quoted, where);
}

/* Fails at the current byte, inside a token: at the end of the text the blank that does not fit is
 * reported. */
static mr_result fail_inside(
	const struct mr_json_scanner *s, const char *where, struct mr_error *err)
{
	if (at_end(s) && !s->first_only)
		return mr_fail(err, MR_CODE_INVALID, "invalid character ' ' %s", where);
	return fail_at(s, where, err);
}

/* --- tokens; each is entered with the position on its first byte --- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex_digit(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static void skip_digits(struct mr_json_scanner *s)
{
	while (is_digit(peek(s)))
		s->at++;
}

static mr_result scan_number(struct mr_json_scanner *s, struct mr_error *err)
{
	if (peek(s) == '-')
		s->at++;
	if (!is_digit(peek(s)))
		return fail_inside(s, "in numeric literal", err);
	if (peek(s) == '0')
		s->at++;
	else
		skip_digits(s);
	if (peek(s) == '.') {
		s->at++;
		if (!is_digit(peek(s)))
			return fail_inside(s, "after decimal point in numeric literal", err);
		skip_digits(s);
	}
	if (peek(s) == 'e' || peek(s) == 'E') {
		s->at++;
		if (peek(s) == '+' || peek(s) == '-')
			s->at++;
		if (!is_digit(peek(s)))
			return fail_inside(s, "in exponent of numeric literal", err);
		skip_digits(s);
	}
	return MR_OK;
}

static mr_result scan_literal(struct mr_json_scanner *s, const char *literal, struct mr_error *err)
{
	char where[48];

	for (size_t i = 0; literal[i]; i++, s->at++) {
		if (!at_end(s) && peek(s) == literal[i])
			continue;
		(void)snprintf(
			where, sizeof where, "in literal %s (expecting '%c')", literal, literal[i]);
		return fail_inside(s, where, err);
	}
	return MR_OK;
}

static mr_result scan_escape(struct mr_json_scanner *s, struct mr_error *err)
{
	s->at++;
	switch (peek(s)) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		s->at++;
		return MR_OK;
	case 'u':
		s->at++;
		for (int i = 0; i < 4; i++, s->at++)
			if (!is_hex_digit(peek(s)))
				return fail_inside(s, "in \\u hexadecimal character escape", err);
		return MR_OK;
	default:
		return fail_inside(s, "in string escape code", err);
	}
}

static mr_result scan_string(struct mr_json_scanner *s, bool *ret_plain, struct mr_error *err)
{
	bool plain = true;

	for (s->at++; !at_end(s);) {
		unsigned char c = (unsigned char)s->text.ptr[s->at];
		if (c == '"') {
			s->at++;
			*ret_plain = plain;
			return MR_OK;
		}
		if (c == '\\') {
			plain = false;
			MR_TRY(scan_escape(s, err));
			continue;
		}
		if (c < 0x20)
			return fail_at(s, "in string literal", err);
		if (c >= 0x80)
			plain = false;
		s->at++;
	}
	return fail_end(s, err);
}

/* --- structure --- */

static void skip_white_space(struct mr_json_scanner *s)
{
	while (!at_end(s)) {
		char c = s->text.ptr[s->at];
		if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
			return;
		s->at++;
	}
}

static bool in_object(const struct mr_json_scanner *s)
{
	return s->in_object[s->depth / 8] >> (s->depth % 8) & 1;
}

static mr_result scan_begin(
	struct mr_json_scanner *s, struct mr_json_token *ret, struct mr_error *err)
{
	bool object = peek(s) == '{';

	if (s->depth == MR_JSON_MAX_DEPTH)
		return mr_fail(
			err, MR_CODE_LIMIT, "invalid character '%c' exceeded max depth", peek(s));
	s->depth++;
	uint8_t bit = (uint8_t)(1u << (s->depth % 8));
	uint8_t *bits = &s->in_object[s->depth / 8];
	*bits = (uint8_t)(object ? *bits | bit : *bits & ~bit);
	s->expect = object ? MR_JSON_EXPECT_NAME_OR_END : MR_JSON_EXPECT_VALUE_OR_END;
	*ret = (struct mr_json_token){ .kind = MR_JSON_TOKEN_BEGIN,
		.value_kind = object ? MR_JSON_OBJECT : MR_JSON_ARRAY,
		.text = { s->text.ptr + s->at, 1 } };
	s->at++;
	return MR_OK;
}

static mr_result scan_end(struct mr_json_scanner *s, struct mr_json_token *ret)
{
	*ret = (struct mr_json_token){ .kind = MR_JSON_TOKEN_END,
		.text = { s->text.ptr + s->at, 1 } };
	s->at++;
	s->depth--;
	s->expect = MR_JSON_EXPECT_SEPARATOR;
	return MR_OK;
}

static mr_result scan_name(
	struct mr_json_scanner *s, struct mr_json_token *ret, struct mr_error *err)
{
	size_t from = s->at + 1;
	bool plain;

	if (at_end(s) || peek(s) != '"')
		return fail_at(s, "looking for beginning of object key string", err);
	MR_TRY(scan_string(s, &plain, err));
	struct mr_str text = mr_str_sub(s->text, from, s->at - 1);
	skip_white_space(s);
	if (at_end(s) || peek(s) != ':')
		return fail_at(s, "after object key", err);
	s->at++;
	s->expect = MR_JSON_EXPECT_VALUE;
	*ret = (struct mr_json_token){ .kind = MR_JSON_TOKEN_NAME, .plain = plain, .text = text };
	return MR_OK;
}

static mr_result scan_value(
	struct mr_json_scanner *s, struct mr_json_token *ret, struct mr_error *err)
{
	enum mr_json_kind kind;
	bool plain = false;
	size_t from = s->at;

	switch (peek(s)) {
	case '{':
	case '[':
		return scan_begin(s, ret, err);
	case '"':
		kind = MR_JSON_STRING;
		MR_TRY(scan_string(s, &plain, err));
		break;
	case 'n':
		kind = MR_JSON_NULL;
		MR_TRY(scan_literal(s, "null", err));
		break;
	case 't':
		kind = MR_JSON_BOOL;
		MR_TRY(scan_literal(s, "true", err));
		break;
	case 'f':
		kind = MR_JSON_BOOL;
		MR_TRY(scan_literal(s, "false", err));
		break;
	default:
		if (peek(s) != '-' && !is_digit(peek(s)))
			return fail_at(s, "looking for beginning of value", err);
		kind = MR_JSON_NUMBER;
		MR_TRY(scan_number(s, err));
	}
	s->expect = MR_JSON_EXPECT_SEPARATOR;
	*ret = (struct mr_json_token){ .kind = MR_JSON_TOKEN_VALUE,
		.value_kind = kind,
		.plain = plain,
		.text = mr_str_sub(s->text, from, s->at) };
	return MR_OK;
}

/* Between values: consumes a comma, an end, or finds that the value is complete (*ret is set unless
 * after a comma). */
static mr_result scan_separator(
	struct mr_json_scanner *s, struct mr_json_token *ret, struct mr_error *err)
{
	if (s->depth == 0) {
		if (!s->first_only && !at_end(s))
			return fail_at(s, "after top-level value", err);
		*ret = (struct mr_json_token){ .kind = MR_JSON_TOKEN_DONE };
		return MR_OK;
	}
	bool object = in_object(s);
	if (!at_end(s) && peek(s) == (object ? '}' : ']'))
		return scan_end(s, ret);
	if (at_end(s) || peek(s) != ',')
		return fail_at(
			s, object ? "after object key:value pair" : "after array element", err);
	s->at++;
	skip_white_space(s);
	return object ? scan_name(s, ret, err) : scan_value(s, ret, err);
}

mr_result mr_json_scan(struct mr_json_scanner *s, struct mr_json_token *ret, struct mr_error *err)
{
	skip_white_space(s);
	switch (s->expect) {
	case MR_JSON_EXPECT_VALUE_OR_END:
		if (!at_end(s) && peek(s) == ']')
			return scan_end(s, ret);
		return scan_value(s, ret, err);
	case MR_JSON_EXPECT_NAME_OR_END:
		if (!at_end(s) && peek(s) == '}')
			return scan_end(s, ret);
		return scan_name(s, ret, err);
	case MR_JSON_EXPECT_SEPARATOR:
		return scan_separator(s, ret, err);
	case MR_JSON_EXPECT_VALUE:
	default:
		if (s->first_only && s->depth == 0 && at_end(s))
			return mr_fail(err, MR_CODE_INVALID, "EOF");
		return scan_value(s, ret, err);
	}
}
