/* SPDX-License-Identifier: Apache-2.0 */
#include "template/escape.h"

#include "base/unicode.h"
#include "base/utf8.h"

static const char HEX[] = "0123456789ABCDEF";

/* What stands for a character, or NULL. */
static const char *html_entity(char c)
{
	switch (c) {
	case '\0':
		return "\xEF\xBF\xBD";
	case '"':
		return "&#34;";
	case '\'':
		return "&#39;";
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	default:
		return NULL;
	}
}

void mr_escape_html(struct mr_buf *out, struct mr_str s)
{
	size_t start = 0;

	for (size_t at = 0; at < s.len; at++) {
		const char *entity = html_entity(s.ptr[at]);
		if (!entity)
			continue;
		mr_buf_put_str(out, mr_str_sub(s, start, at));
		mr_buf_put_cstr(out, entity);
		start = at + 1;
	}
	mr_buf_put_str(out, mr_str_sub(s, start, s.len));
}

/* Everything that might end a string or a script element, or that is not printable, is escaped. */
static bool js_plain(uint32_t rune)
{
	return rune >= ' ' && rune != '\\' && rune != '\'' && rune != '"' && rune != '<' &&
	       rune != '>' && rune != '&' && rune != '=' &&
	       (rune <= 0x7F || mr_unicode_printable(rune));
}

void mr_escape_js(struct mr_buf *out, struct mr_str s)
{
	size_t size, start = 0;

	for (size_t at = 0; at < s.len; at += size) {
		uint32_t rune = mr_utf8_decode(mr_str_sub(s, at, s.len), &size);
		if (js_plain(rune))
			continue;
		mr_buf_put_str(out, mr_str_sub(s, start, at));
		start = at + size;
		if (rune == '\\' || rune == '\'' || rune == '"')
			mr_buf_printf(out, "\\%c", (int)rune);
		else
			mr_buf_printf(out, "\\u%04X", rune);
	}
	mr_buf_put_str(out, mr_str_sub(s, start, s.len));
}

/* The unreserved characters of RFC 3986 §2.3. */
static bool url_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.' || c == '~';
}

void mr_escape_urlquery(struct mr_buf *out, struct mr_str s)
{
	for (size_t at = 0; at < s.len; at++) {
		unsigned char c = (unsigned char)s.ptr[at];
		const char text[3] = { '%', HEX[c >> 4], HEX[c & 15] };
		if (c == ' ')
			mr_buf_put_u8(out, '+');
		else if (url_plain((char)c))
			mr_buf_put_u8(out, c);
		else
			mr_buf_put(out, text, sizeof(text));
	}
}
