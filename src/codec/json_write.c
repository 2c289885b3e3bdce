/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "codec/base64.h"
#include "codec/json.h"

/* Which of the two forms of a string: Go's encoding/json, or the plain one of the update log. */
enum form { FORM_GO, FORM_PLAIN };

static void put_escaped_rune(struct mr_buf *out, uint32_t rune)
{
	uint8_t text[6] = { '\\', 'u', (uint8_t)(rune >> 12), (uint8_t)(rune >> 8 & 15),
		(uint8_t)(rune >> 4 & 15), (uint8_t)(rune & 15) };

	for (size_t i = 2; i < sizeof text; i++)
		text[i] = (uint8_t)(text[i] + (text[i] < 10 ? '0' : 'a' - 10));
	mr_buf_put(out, text, sizeof text);
}

/* The letter of the short escape for an ASCII character, or 0. */
static uint8_t short_escape(unsigned char c, enum form form)
{
	switch (c) {
	case '"':
	case '\\':
		return c;
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	case '\b':
		return form == FORM_GO ? 'b' : 0;
	case '\f':
		return form == FORM_GO ? 'f' : 0;
	default:
		return 0;
	}
}

static bool is_html(unsigned char c)
{
	return c == '<' || c == '>' || c == '&';
}

/* Bytes from `at` on that are written as they are. */
static size_t clean_run(struct mr_str s, size_t at, enum form form)
{
	size_t from = at;

	for (; at < s.len; at++) {
		unsigned char c = (unsigned char)s.ptr[at];
		if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\' ||
			(form == FORM_GO && is_html(c)))
			break;
	}
	return at - from;
}

/* One character that is not part of a clean run; its size. */
static size_t put_special(struct mr_buf *out, struct mr_str s, size_t at, enum form form)
{
	unsigned char c = (unsigned char)s.ptr[at];
	size_t size;

	if (c < 0x80) {
		uint8_t letter = short_escape(c, form);
		if (letter) {
			mr_buf_put_u8(out, '\\');
			mr_buf_put_u8(out, letter);
		} else {
			put_escaped_rune(out, c);
		}
		return 1;
	}
	uint32_t rune = mr_utf8_decode(mr_str_sub(s, at, s.len), &size);
	bool invalid = rune == MR_RUNE_ERROR && size == 1;
	if (invalid || (form == FORM_GO && (rune == 0x2028 || rune == 0x2029)))
		put_escaped_rune(out, rune);
	else
		mr_buf_put(out, s.ptr + at, size);
	return size;
}

static void put_string(struct mr_buf *out, struct mr_str s, enum form form)
{
	mr_buf_put_u8(out, '"');
	for (size_t at = 0; at < s.len;) {
		size_t clean = clean_run(s, at, form);
		mr_buf_put(out, s.ptr + at, clean);
		at += clean;
		if (at < s.len)
			at += put_special(out, s, at, form);
	}
	mr_buf_put_u8(out, '"');
}

void mr_json_put_str(struct mr_buf *out, struct mr_str s)
{
	put_string(out, s, FORM_GO);
}

void mr_json_put_str_plain(struct mr_buf *out, struct mr_str s)
{
	put_string(out, s, FORM_PLAIN);
}

void mr_json_put_bytes(struct mr_buf *out, struct mr_bytes bytes)
{
	mr_buf_put_u8(out, '"');
	mr_base64_encode(out, bytes, MR_BASE64_STANDARD);
	mr_buf_put_u8(out, '"');
}

void mr_json_put_name(struct mr_buf *out, const char *name, bool first)
{
	if (!first)
		mr_buf_put_u8(out, ',');
	mr_buf_put_u8(out, '"');
	mr_buf_put_cstr(out, name);
	mr_buf_put(out, "\":", 2);
}
