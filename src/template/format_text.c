/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "template/format.h"
#include "template/value.h"

void mr_format_repeat(struct mr_buf *out, char c, size_t count)
{
	uint8_t *to = count > 0 ? mr_buf_reserve(out, count) : NULL;

	if (!to)
		return;
	memset(to, c, count);
	mr_buf_commit(out, count);
}

void mr_format_fill(struct mr_format *f, size_t count)
{
	mr_format_repeat(f->out, f->zero && !f->minus ? '0' : ' ', count);
}

/* An invalid byte counts as one. */
static size_t count_runes(struct mr_str s)
{
	size_t count = 0, size;

	for (size_t at = 0; at < s.len; at += size, count++)
		(void)mr_utf8_decode(mr_str_sub(s, at, s.len), &size);
	return count;
}

void mr_format_pad(struct mr_format *f, struct mr_str s)
{
	size_t have = f->has_width ? count_runes(s) : 0;
	size_t fill = f->has_width && f->width > have ? f->width - have : 0;

	if (!f->minus)
		mr_format_fill(f, fill);
	mr_buf_put_str(f->out, s);
	if (f->minus)
		mr_format_fill(f, fill);
}

struct mr_str mr_format_truncate(const struct mr_format *f, struct mr_str s)
{
	size_t at = 0, size;

	if (!f->has_precision)
		return s;
	for (size_t left = f->precision; at < s.len && left > 0; left--, at += size)
		(void)mr_utf8_decode(mr_str_sub(s, at, s.len), &size);
	return mr_str_sub(s, 0, at);
}

/* Two digits a byte; ` ` between them, `#` writes 0x before all, or before each one. */
static void put_hex_text(struct mr_format *f, struct mr_bytes bytes, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	size_t count = f->has_precision && f->precision < bytes.len ? f->precision : bytes.len;
	size_t per = f->space && f->sharp ? 4 : 2;

	if (count == 0) {
		mr_format_fill(f, f->has_width ? f->width : 0);
		return;
	}
	size_t have = count * per + (f->space ? count - 1 : f->sharp ? 2 : 0);
	size_t fill = f->has_width && f->width > have ? f->width - have : 0;
	if (!f->minus)
		mr_format_fill(f, fill);
	for (size_t i = 0; i < count; i++) {
		char text[5] = { ' ', '0', upper ? 'X' : 'x', digits[bytes.ptr[i] >> 4],
			digits[bytes.ptr[i] & 15] };
		bool blank = f->space && i > 0, prefix = f->sharp && (f->space || i == 0);
		if (blank)
			mr_buf_put(f->out, text, 1);
		if (prefix)
			mr_buf_put(f->out, text + 1, 2);
		mr_buf_put(f->out, text + 3, 2);
	}
	if (f->minus)
		mr_format_fill(f, fill);
}

/* `#` prefers back quotes where they can be. */
static void write_quoted(const struct mr_format *f, struct mr_str s, struct mr_buf *out)
{
	if (f->sharp && mr_format_can_backquote(s)) {
		mr_buf_put_u8(out, '`');
		mr_buf_put_str(out, s);
		mr_buf_put_u8(out, '`');
	} else {
		mr_format_quote(out, s, f->plus);
	}
}

/* The width needs the length first; without one it goes straight to the output. */
static void put_quoted(struct mr_format *f, struct mr_str s)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	s = mr_format_truncate(f, s);
	if (!f->has_width) {
		write_quoted(f, s, f->out);
		return;
	}
	mr_buf_init_secret(&text, f->out->max);
	write_quoted(f, s, &text);
	if (text.failure != MR_CODE_OK)
		mr_buf_set_failure(f->out, text.failure);
	mr_format_pad(f, mr_buf_str(&text));
}

mr_result mr_format_text(struct mr_format *f, uint32_t verb, const struct mr_value *v)
{
	struct mr_str s = v->kind == MR_VALUE_BYTES ? mr_bytes_str(v->bytes) : v->str;

	switch (verb) {
	case 'v':
		if (f->sharp_v)
			put_quoted(f, s);
		else
			mr_format_pad(f, mr_format_truncate(f, s));
		return MR_OK;
	case 's':
		mr_format_pad(f, mr_format_truncate(f, s));
		return MR_OK;
	case 'q':
		put_quoted(f, s);
		return MR_OK;
	case 'x':
	case 'X':
		put_hex_text(f, mr_str_bytes(s), verb == 'X');
		return MR_OK;
	default:
		return mr_format_bad_verb(f, verb, v);
	}
}

/* Each byte by itself, in brackets; with %#v (or %#w) as in source text. */
mr_result mr_format_bytes(struct mr_format *f, uint32_t verb, const struct mr_value *v)
{
	bool source = f->sharp_v && (verb == 'v' || verb == 'w');

	if (verb == 's' || verb == 'q' || verb == 'x' || verb == 'X')
		return mr_format_text(f, verb, v);
	if (source) {
		mr_buf_put_cstr(f->out, verb == 'v' && !v->go_type ? "[]byte" : mr_value_type(v));
		if (!v->bytes.ptr) {
			mr_buf_put_cstr(f->out, "(nil)");
			return MR_OK;
		}
	}
	mr_buf_put_u8(f->out, source ? '{' : '[');
	for (size_t i = 0; i < v->bytes.len; i++) {
		struct mr_value byte = mr_value_of_byte(v->bytes.ptr[i]);
		if (i > 0)
			mr_buf_put_cstr(f->out, source ? ", " : " ");
		MR_TRY(mr_format_operand(f, verb, &byte));
	}
	mr_buf_put_u8(f->out, source ? '}' : ']');
	return MR_OK;
}
