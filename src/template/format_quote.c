/* SPDX-License-Identifier: Apache-2.0 */
#include "base/unicode.h"
#include "base/utf8.h"
#include "template/format.h"

/* The shortest form that Go's source text has. */
static void put_escaped(struct mr_buf *out, uint32_t rune, char quote, bool ascii)
{
	static const char names[] = "abtnvfr"; /* 0x07 to 0x0D */
	char text[4];

	if (rune == (unsigned char)quote || rune == '\\')
		mr_buf_printf(out, "\\%c", (int)rune);
	else if (mr_unicode_printable(rune) && (!ascii || rune < 0x80))
		mr_buf_put(out, text, mr_utf8_encode(rune, text));
	else if (rune >= 0x07 && rune <= 0x0D)
		mr_buf_printf(out, "\\%c", names[rune - 0x07]);
	else if (rune < ' ' || rune == 0x7F)
		mr_buf_printf(out, "\\x%02x", rune);
	else if (rune < 0x10000)
		mr_buf_printf(out, "\\u%04x", rune);
	else
		mr_buf_printf(out, "\\U%08x", rune);
}

void mr_format_quote(struct mr_buf *out, struct mr_str s, bool ascii)
{
	size_t size;

	mr_buf_put_u8(out, '"');
	for (size_t at = 0; at < s.len; at += size) {
		uint32_t rune = mr_utf8_decode(mr_str_sub(s, at, s.len), &size);
		if (rune == MR_RUNE_ERROR && size == 1)
			mr_buf_printf(out, "\\x%02x", (unsigned char)s.ptr[at]);
		else
			put_escaped(out, rune, '"', ascii);
	}
	mr_buf_put_u8(out, '"');
}

void mr_format_quote_rune(struct mr_buf *out, uint32_t rune, bool ascii)
{
	if (rune > 0x10FFFF || (rune >= 0xD800 && rune <= 0xDFFF))
		rune = MR_RUNE_ERROR;
	mr_buf_put_u8(out, '\'');
	put_escaped(out, rune, '\'', ascii);
	mr_buf_put_u8(out, '\'');
}

bool mr_format_can_backquote(struct mr_str s)
{
	size_t size;

	for (size_t at = 0; at < s.len; at += size) {
		uint32_t rune = mr_utf8_decode(mr_str_sub(s, at, s.len), &size);
		if ((rune == MR_RUNE_ERROR && size == 1) || rune == 0xFEFF || rune == '`' ||
			rune == 0x7F || (rune < ' ' && rune != '\t'))
			return false;
	}
	return true;
}
