/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

static bool continuation(struct mr_str s, size_t at)
{
	return at < s.len && ((unsigned char)s.ptr[at] & 0xC0) == 0x80;
}

uint32_t mr_utf8_decode(struct mr_str s, size_t *ret_size)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	uint32_t rune;

	*ret_size = 1;
	if (p[0] < 0x80)
		return p[0];
	if (p[0] >= 0xC2 && p[0] <= 0xDF && continuation(s, 1)) {
		*ret_size = 2;
		return (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
	}
	if (p[0] >= 0xE0 && p[0] <= 0xEF && continuation(s, 1) && continuation(s, 2)) {
		rune = (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
		if (rune < 0x800 || (rune >= 0xD800 && rune <= 0xDFFF))
			return MR_RUNE_ERROR;
		*ret_size = 3;
		return rune;
	}
	if (p[0] >= 0xF0 && p[0] <= 0xF4 && continuation(s, 1) && continuation(s, 2) &&
		continuation(s, 3)) {
		rune = (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 |
		       (uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
		if (rune < 0x10000 || rune > 0x10FFFF)
			return MR_RUNE_ERROR;
		*ret_size = 4;
		return rune;
	}
	return MR_RUNE_ERROR;
}

size_t mr_utf8_encode(uint32_t rune, char out[static 4])
{
	if (rune > 0x10FFFF || (rune >= 0xD800 && rune <= 0xDFFF))
		rune = MR_RUNE_ERROR;
	if (rune < 0x80) {
		out[0] = (char)rune;
		return 1;
	}
	if (rune < 0x800) {
		out[0] = (char)(0xC0 | rune >> 6);
		out[1] = (char)(0x80 | (rune & 0x3F));
		return 2;
	}
	if (rune < 0x10000) {
		out[0] = (char)(0xE0 | rune >> 12);
		out[1] = (char)(0x80 | (rune >> 6 & 0x3F));
		out[2] = (char)(0x80 | (rune & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | rune >> 18);
	out[1] = (char)(0x80 | (rune >> 12 & 0x3F));
	out[2] = (char)(0x80 | (rune >> 6 & 0x3F));
	out[3] = (char)(0x80 | (rune & 0x3F));
	return 4;
}

bool mr_utf8_valid(struct mr_str s)
{
	for (size_t at = 0; at < s.len;) {
		size_t size;
		uint32_t rune = mr_utf8_decode(mr_str_sub(s, at, s.len), &size);
		if (rune == MR_RUNE_ERROR && size == 1)
			return false;
		at += size;
	}
	return true;
}

void mr_utf8_put_valid(struct mr_buf *out, struct mr_str s)
{
	for (size_t at = 0; at < s.len;) {
		size_t size;
		uint32_t rune = mr_utf8_decode(mr_str_sub(s, at, s.len), &size);
		if (rune == MR_RUNE_ERROR && size == 1)
			mr_buf_put_str(out, MR_STR("\xEF\xBF\xBD"));
		else
			mr_buf_put(out, s.ptr + at, size);
		at += size;
	}
}

static void put_escape(struct mr_buf *out, uint32_t rune, bool invalid_byte)
{
	static const char names[] = "abtnvfr"; /* 0x07 to 0x0D */

	if (invalid_byte)
		mr_buf_printf(out, "\\x%02x", rune);
	else if (rune >= 0x07 && rune <= 0x0D)
		mr_buf_printf(out, "\\%c", names[rune - 0x07]);
	else if (rune < 0x20 || rune == 0x7F)
		mr_buf_printf(out, "\\x%02x", rune);
	else if (rune < 0x10000)
		mr_buf_printf(out, "\\u%04x", rune);
	else
		mr_buf_printf(out, "\\U%08x", rune);
}

void mr_utf8_put_quoted(struct mr_buf *out, struct mr_str s)
{
	mr_buf_put_u8(out, '"');
	for (size_t at = 0; at < s.len;) {
		size_t size;
		uint32_t rune = mr_utf8_decode(mr_str_sub(s, at, s.len), &size);
		if (rune == MR_RUNE_ERROR && size == 1)
			put_escape(out, (unsigned char)s.ptr[at], true);
		else if (rune == '"' || rune == '\\')
			mr_buf_printf(out, "\\%c", (int)rune);
		else if (mr_utf8_printable(rune))
			mr_buf_put(out, s.ptr + at, size);
		else
			put_escape(out, rune, false);
		at += size;
	}
	mr_buf_put_u8(out, '"');
}
