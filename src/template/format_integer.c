/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/unicode.h"
#include "base/utf8.h"
#include "template/format.h"

/* What stands before the digits: sign, and the base if it is asked for. */
static size_t put_prefix(const struct mr_format *f, bool negative, unsigned base, uint32_t verb,
	bool zero_comes, char prefix[static 4])
{
	size_t len = 0;

	if (negative || f->plus || f->space)
		prefix[len++] = negative ? '-' : f->plus ? '+' : ' ';
	if (verb == 'O') {
		prefix[len++] = '0';
		prefix[len++] = 'o';
	}
	if (!f->sharp || base == 10 || (base == 8 && zero_comes))
		return len;
	prefix[len++] = '0';
	if (base == 2)
		prefix[len++] = 'b';
	else if (base == 16)
		prefix[len++] = verb == 'X' ? 'X' : 'x';
	return len;
}

/* Blanks, sign, prefix, zeros, digits, blanks. Zeros come from the precision or, without one,
 * from the flag: then they fill the width, and a prefix goes beyond it. */
static void put_integer(
	struct mr_format *f, uint64_t magnitude, bool negative, unsigned base, uint32_t verb)
{
	const char *digits = verb == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	bool sign = negative || f->plus || f->space;
	size_t wanted = 1;
	char text[64], prefix[4];
	size_t at = sizeof(text);

	if (f->has_precision && f->precision == 0 && magnitude == 0) {
		mr_format_repeat(f->out, ' ', f->has_width ? f->width : 0);
		return;
	}
	for (uint64_t left = magnitude; left > 0; left /= base)
		text[--at] = digits[left % base];
	if (f->has_precision)
		wanted = f->precision;
	else if (f->zero && !f->minus && f->has_width && f->width > sign)
		wanted = f->width - sign;
	if (wanted == 0)
		wanted = 1;
	size_t len = sizeof(text) - at;
	size_t zeros = wanted > len ? wanted - len : 0;
	size_t prefix_len = put_prefix(f, negative, base, verb, zeros > 0, prefix);
	size_t have = prefix_len + zeros + len;
	size_t fill = f->has_width && f->width > have ? f->width - have : 0;
	if (!f->minus)
		mr_format_repeat(f->out, ' ', fill);
	mr_buf_put(f->out, prefix, prefix_len);
	mr_format_repeat(f->out, '0', zeros);
	mr_buf_put(f->out, text + at, len);
	if (f->minus)
		mr_format_repeat(f->out, ' ', fill);
}

/* `U+0041`, with `#` the character behind it. */
static void put_unicode(struct mr_format *f, uint64_t code)
{
	size_t wanted = f->has_precision && f->precision > 4 ? f->precision : 4;
	char digits[16], rune[4], behind[8];
	size_t at = sizeof(digits), size = 0;

	for (uint64_t left = code; left > 0; left >>= 4)
		digits[--at] = "0123456789ABCDEF"[left & 15];
	if (f->sharp && code <= 0x10FFFF && mr_unicode_printable((uint32_t)code)) {
		size_t len = mr_utf8_encode((uint32_t)code, rune);
		size = (size_t)snprintf(behind, sizeof(behind), " '%.*s'", (int)len, rune);
	}
	size_t len = sizeof(digits) - at;
	size_t zeros = wanted > len ? wanted - len : 0;
	size_t have = 2 + zeros + len + (size ? 4 : 0);
	size_t fill = f->has_width && f->width > have ? f->width - have : 0;
	if (!f->minus)
		mr_format_repeat(f->out, ' ', fill);
	mr_buf_put_cstr(f->out, "U+");
	mr_format_repeat(f->out, '0', zeros);
	mr_buf_put(f->out, digits + at, len);
	mr_buf_put(f->out, behind, size);
	if (f->minus)
		mr_format_repeat(f->out, ' ', fill);
}

/* %c and %q; what is no code point becomes U+FFFD. */
static void put_rune(struct mr_format *f, uint64_t code, bool quoted)
{
	uint32_t rune = code > 0x10FFFF ? MR_RUNE_ERROR : (uint32_t)code;
	struct mr_buf text;
	char encoded[4];

	if (!quoted) {
		mr_format_pad(f, (struct mr_str){ encoded, mr_utf8_encode(rune, encoded) });
		return;
	}
	mr_buf_init(&text, 64);
	mr_format_quote_rune(&text, rune, f->plus);
	mr_format_pad(f, mr_buf_str(&text));
	mr_buf_done(&text);
}

/* %#v of an unsigned number. */
static void put_source(struct mr_format *f, uint64_t magnitude)
{
	struct mr_format sharp = *f;

	sharp.sharp = true;
	put_integer(&sharp, magnitude, false, 16, 'v');
}

mr_result mr_format_integer(struct mr_format *f, uint32_t verb, const struct mr_value *v)
{
	bool is_signed = v->kind == MR_VALUE_INT;
	bool negative = is_signed && v->i < 0;
	uint64_t magnitude = !is_signed ? v->u : negative ? 0 - (uint64_t)v->i : (uint64_t)v->i;

	switch (verb) {
	case 'v':
		if (f->sharp_v && !is_signed) {
			put_source(f, magnitude);
			return MR_OK;
		}
		put_integer(f, magnitude, negative, 10, verb);
		return MR_OK;
	case 'd':
		put_integer(f, magnitude, negative, 10, verb);
		return MR_OK;
	case 'b':
		put_integer(f, magnitude, negative, 2, verb);
		return MR_OK;
	case 'o':
	case 'O':
		put_integer(f, magnitude, negative, 8, verb);
		return MR_OK;
	case 'x':
	case 'X':
		put_integer(f, magnitude, negative, 16, verb);
		return MR_OK;
	case 'c':
	case 'q':
		put_rune(f, negative ? UINT64_MAX : magnitude, verb == 'q');
		return MR_OK;
	case 'U':
		put_unicode(f, is_signed ? (uint64_t)v->i : v->u);
		return MR_OK;
	default:
		return mr_format_bad_verb(f, verb, v);
	}
}
