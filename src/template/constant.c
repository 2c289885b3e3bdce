/* SPDX-License-Identifier: Apache-2.0 */
#include "template/constant.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/unicode.h"
#include "base/utf8.h"

/* Longest text of a number; nobody writes more digits than this. */
enum { NUMBER_MAX = 400 };

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Reads as NUL beyond the end. */
static char at(struct mr_str s, size_t index)
{
	return index < s.len ? s.ptr[index] : '\0';
}

static bool is_sign(char c)
{
	return c == '+' || c == '-';
}

/* --- extent --- */

static size_t skip_any(struct mr_str s, size_t pos, const char *set)
{
	while (pos < s.len && s.ptr[pos] && strchr(set, s.ptr[pos]))
		pos++;
	return pos;
}

/* Sign, prefix of the base, digits, point, exponent, `i`: as far as they come in this order. The
 * digits allowed depend on the base, so that `0b2` ends before its 2. */
static size_t scan_one(struct mr_str s, size_t pos)
{
	const char *digits = "0123456789_";
	char prefix = '\0';

	pos += is_sign(at(s, pos));
	if (at(s, pos) == '0') {
		prefix = lower(at(s, pos + 1));
		if (prefix == 'x')
			digits = "0123456789abcdefABCDEF_";
		else if (prefix == 'o')
			digits = "01234567_";
		else if (prefix == 'b')
			digits = "01_";
		else
			prefix = '\0';
		pos += prefix ? 2 : 1;
	}
	pos = skip_any(s, pos, digits);
	if (at(s, pos) == '.')
		pos = skip_any(s, pos + 1, digits);
	char exponent = lower(at(s, pos));
	if ((!prefix && exponent == 'e') || (prefix == 'x' && exponent == 'p')) {
		pos++;
		pos = skip_any(s, pos + is_sign(at(s, pos)), "0123456789_");
	}
	return pos + (at(s, pos) == 'i');
}

/* Over one more character if it could belong to a name. */
static size_t skip_word(struct mr_str s, size_t pos)
{
	size_t size;

	if (pos < s.len && mr_unicode_word(mr_utf8_decode(mr_str_sub(s, pos, s.len), &size)))
		pos += size;
	return pos;
}

size_t mr_constant_scan_number(struct mr_str text, bool *ret_well_formed)
{
	size_t end = scan_one(text, 0);
	size_t behind = skip_word(text, end);

	*ret_well_formed = behind == end;
	if (behind != end || !is_sign(at(text, end)))
		return behind;
	/* A second number behind a sign makes a complex one. */
	end = scan_one(text, end);
	behind = skip_word(text, end);
	*ret_well_formed = behind == end && text.ptr[end - 1] == 'i';
	return behind;
}

/* --- numbers --- */

/* Underscores stand between digits, or between the base's prefix and a digit. */
static bool underscores_fit(struct mr_str s)
{
	bool hex = lower(at(s, 1)) == 'x';

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != '_')
			continue;
		char before = i > 0 ? lower(s.ptr[i - 1]) : '\0', after = lower(at(s, i + 1));
		bool prefix = i == 2 && s.ptr[0] == '0' && strchr("xob", before);
		bool digit_before = (before >= '0' && before <= '9') ||
				    (hex && before >= 'a' && before <= 'f');
		bool digit_after = (after >= '0' && after <= '9') ||
				   (hex && after >= 'a' && after <= 'f');
		if ((!prefix && !digit_before) || !digit_after)
			return false;
	}
	return true;
}

enum integer { INTEGER, NO_INTEGER, TOO_LARGE };

/* A leading zero alone is an octal prefix. Digits beyond the base are no integer; `08` is so
 * reported as one that is too large, which readers of the messages know. */
static enum integer read_integer(const char *digits, uint64_t *ret)
{
	unsigned base = 10;
	uint64_t value = 0;
	bool overflow = false;

	if (digits[0] == '0' && digits[1]) {
		char prefix = lower(digits[1]);
		base = prefix == 'x' ? 16 : prefix == 'b' ? 2 : 8;
		digits += prefix == 'x' || prefix == 'b' || prefix == 'o' ? 2 : 1;
	}
	if (!*digits)
		return NO_INTEGER;
	for (; *digits; digits++) {
		char c = lower(*digits);
		unsigned digit = c >= 'a' ? (unsigned)(c - 'a') + 10 : (unsigned)(c - '0');
		if (c < '0' || (c > '9' && c < 'a') || digit >= base)
			return NO_INTEGER;
		overflow = overflow || value > (UINT64_MAX - digit) / base;
		value = value * base + digit;
	}
	*ret = value;
	return overflow ? TOO_LARGE : INTEGER;
}

/* Reads what strtod also takes, but none of its extensions. */
static bool read_float(const char *text, bool hex, double *ret)
{
	char *end;
	const char *digits = text + is_sign(text[0]);

	if (!strpbrk(digits, "0123456789") || (hex && !strpbrk(digits, "pP")))
		return false;
	if (!hex && (digits[strspn(digits, "0123456789.eE+-")] != '\0' || digits[0] == 'e' ||
			    digits[0] == 'E'))
		return false;
	double value = strtod(text, &end);
	if (*end || isinf(value))
		return false;
	*ret = value;
	return true;
}

/* `what`, and the text in quotes. */
static mr_result fail_quoted(struct mr_error *err, const char *what, struct mr_str text)
{
	MR_AUTO(buf) struct mr_buf quoted = { 0 };

	mr_buf_init(&quoted, 256);
	mr_utf8_put_quoted(&quoted, text);
	return mr_fail(err, MR_CODE_INVALID, "%s: %.*s", what, MR_STR_ARGS(mr_buf_str(&quoted)));
}

mr_result mr_constant_number(struct mr_str text, struct mr_value *ret, struct mr_error *err)
{
	static const char illegal[] = "illegal number syntax";
	char plain[NUMBER_MAX + 1];
	size_t len = 0;
	uint64_t integer = 0;
	double real;

	if (text.ptr[text.len - 1] == 'i')
		return mr_fail(err, MR_CODE_UNSUPPORTED, "imaginary numbers have no use");
	if (text.len > NUMBER_MAX)
		return fail_quoted(err, illegal, text);
	if (!underscores_fit(is_sign(text.ptr[0]) ? mr_str_sub(text, 1, text.len) : text))
		return fail_quoted(err, illegal, text);
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] != '_')
			plain[len++] = text.ptr[i];
	plain[len] = '\0';
	const char *digits = plain + is_sign(plain[0]);
	bool negative = plain[0] == '-';
	uint64_t most = digits == plain ? UINT64_MAX : (uint64_t)INT64_MAX + negative;
	if (read_integer(digits, &integer) == INTEGER && integer <= most) {
		if (integer > INT64_MAX && !negative)
			*ret = (struct mr_value){ .kind = MR_VALUE_UINT, .u = integer };
		else
			*ret = (struct mr_value){ .kind = MR_VALUE_INT,
				.i = (int64_t)(negative ? 0 - integer : integer) };
		return MR_OK;
	}
	bool hex = digits[0] == '0' && lower(digits[1]) == 'x';
	if (!strpbrk(digits, hex ? ".pP" : ".eEpP")) {
		bool number = *digits && digits[strspn(digits, "0123456789")] == '\0';
		return fail_quoted(err, number ? "integer overflow" : illegal, text);
	}
	if (!read_float(plain, hex, &real))
		return fail_quoted(err, illegal, text);
	*ret = (struct mr_value){ .kind = MR_VALUE_FLOAT, .f = real };
	return MR_OK;
}

/* --- characters and strings --- */

static mr_result fail_syntax(struct mr_error *err)
{
	return mr_fail(err, MR_CODE_INVALID, "invalid syntax");
}

/* `count` digits of an escape. */
static bool read_digits(struct mr_str *s, size_t count, unsigned base, uint32_t *ret)
{
	uint32_t value = 0;

	if (s->len < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		char c = lower(s->ptr[i]);
		unsigned digit = c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
						      : (unsigned)(c - '0');
		if ((c < '0' || c > '9') && (c < 'a' || c > 'f'))
			return false;
		if (digit >= base)
			return false;
		value = value * base + digit;
	}
	*s = mr_str_sub(*s, count, s->len);
	*ret = value;
	return true;
}

/* One character or escape at the front of a constant; a byte (\x, octal) is not a code point. */
static bool read_character(struct mr_str *s, char quote, uint32_t *ret, bool *ret_byte)
{
	static const char names[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
	size_t size;

	*ret_byte = false;
	if (s->len == 0 || s->ptr[0] == quote || s->ptr[0] == '\n')
		return false;
	if (s->ptr[0] != '\\') {
		*ret = mr_utf8_decode(*s, &size);
		*s = mr_str_sub(*s, size, s->len);
		return true;
	}
	if (s->len < 2)
		return false;
	char c = s->ptr[1];
	const char *name = c ? strchr(names, c) : NULL;
	if (c >= '0' && c <= '7') {
		*s = mr_str_sub(*s, 1, s->len);
		*ret_byte = true;
		return read_digits(s, 3, 8, ret) && *ret <= 0xFF;
	}
	*s = mr_str_sub(*s, 2, s->len);
	if (name || c == quote) {
		*ret = (unsigned char)(name ? values[name - names] : quote);
		return true;
	}
	*ret_byte = c == 'x';
	if (c == 'x')
		return read_digits(s, 2, 16, ret);
	if (c != 'u' && c != 'U')
		return false;
	return read_digits(s, c == 'u' ? 4 : 8, 16, ret) && *ret <= 0x10FFFF &&
	       (*ret < 0xD800 || *ret > 0xDFFF);
}

mr_result mr_constant_character(struct mr_str quoted, struct mr_value *ret, struct mr_error *err)
{
	struct mr_str inner = mr_str_sub(quoted, 1, quoted.len - 1);
	uint32_t rune;
	bool byte;

	if (!read_character(&inner, '\'', &rune, &byte))
		return fail_syntax(err);
	if (inner.len > 0)
		return mr_fail(err, MR_CODE_INVALID, "malformed character constant: %.*s",
			MR_STR_ARGS(quoted));
	*ret = (struct mr_value){ .kind = MR_VALUE_INT, .i = rune };
	return MR_OK;
}

/* Back quotes: all as it stands, without carriage returns. */
static mr_result unquote_raw(
	struct mr_str inner, struct mr_arena *arena, struct mr_str *ret, struct mr_error *err)
{
	if (mr_str_find(inner, '\r', 0) == SIZE_MAX) {
		*ret = inner;
		return MR_OK;
	}
	char *out = mr_arena_alloc(arena, inner.len);
	size_t len = 0;
	if (!out)
		return mr_arena_fail(arena, err);
	for (size_t i = 0; i < inner.len; i++)
		if (inner.ptr[i] != '\r')
			out[len++] = inner.ptr[i];
	*ret = (struct mr_str){ out, len };
	return MR_OK;
}

mr_result mr_constant_unquote(
	struct mr_str quoted, struct mr_arena *arena, struct mr_str *ret, struct mr_error *err)
{
	struct mr_str inner = mr_str_sub(quoted, 1, quoted.len - 1);
	char encoded[4];
	size_t size, len = 0;
	uint32_t rune;
	bool byte;

	if (quoted.ptr[0] == '`')
		return unquote_raw(inner, arena, ret, err);
	if (mr_str_find(inner, '\\', 0) == SIZE_MAX && mr_utf8_valid(inner)) {
		*ret = inner;
		return MR_OK;
	}
	/* An invalid byte becomes U+FFFD, which is three times as long. */
	char *out = mr_size_mul(inner.len, 3, &size) ? mr_arena_alloc(arena, size) : NULL;
	if (!out)
		return mr_arena_fail(arena, err);
	while (inner.len > 0) {
		if (!read_character(&inner, '"', &rune, &byte))
			return fail_syntax(err);
		if (byte) {
			out[len++] = (char)rune;
			continue;
		}
		size = mr_utf8_encode(rune, encoded);
		memcpy(out + len, encoded, size);
		len += size;
	}
	*ret = (struct mr_str){ out, len };
	return MR_OK;
}
