/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/url.h"

enum part { PART_HOST, PART_PATH, PART_FRAGMENT };

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* RFC 3986: unreserved characters stay, and the delimiters that have no meaning in the part. */
static bool stays(char c, enum part part)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	if (is_one_of(c, "-_.~"))
		return true;
	switch (part) {
	case PART_HOST:
		return is_one_of(c, "!$&'()*+,;=:[]<>\"");
	case PART_PATH:
		return is_one_of(c, "$&+,/:;=@");
	case PART_FRAGMENT:
		return is_one_of(c, "$&+,/:;=?@!()*");
	}
	return false;
}

static void put_escaped(struct mr_buf *out, struct mr_str text, enum part part)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (stays((char)c, part)) {
			mr_buf_put_u8(out, c);
			continue;
		}
		mr_buf_put_u8(out, '%');
		mr_buf_put_u8(out, (uint8_t)digits[c >> 4]);
		mr_buf_put_u8(out, (uint8_t)digits[c & 15]);
	}
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Is `raw` an acceptable encoding of exactly `text`? Then it is used as it is. */
static bool is_encoding_of(struct mr_str raw, struct mr_str text, enum part part)
{
	size_t at = 0;

	for (size_t i = 0; i < raw.len; i++, at++) {
		char c = raw.ptr[i];
		if (c == '%') {
			if (raw.len - i < 3)
				return false;
			int high = hex_value(raw.ptr[i + 1]), low = hex_value(raw.ptr[i + 2]);
			if (high < 0 || low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (!stays(c, part) && !is_one_of(c, "!$&'()*+,;=:@[]")) {
			return false;
		}
		if (at >= text.len || text.ptr[at] != c)
			return false;
	}
	return at == text.len;
}

static void put_part(struct mr_buf *out, struct mr_str text, struct mr_str raw, enum part part)
{
	if (raw.len && is_encoding_of(raw, text, part))
		mr_buf_put_str(out, raw);
	else if (part == PART_PATH && mr_str_eq(text, MR_STR("*")))
		mr_buf_put_u8(out, '*');
	else
		put_escaped(out, text, part);
}

static void put_authority(struct mr_buf *out, const struct mr_url *u)
{
	if (!u->scheme.len && !u->host.len && !u->has_user)
		return;
	if (u->omit_host && !u->host.len && !u->has_user)
		return;
	if (u->host.len || u->path.len || u->has_user)
		mr_buf_put_cstr(out, "//");
	if (u->has_user)
		mr_buf_put_u8(out, '@');
	put_escaped(out, u->host, PART_HOST);
}

static void put_path(struct mr_buf *out, const struct mr_url *u, size_t begin)
{
	size_t slash = mr_str_find(u->path, '/', 0);
	size_t colon = mr_str_find(u->path, ':', 0);

	if (u->path.len && u->path.ptr[0] != '/' && u->host.len)
		mr_buf_put_u8(out, '/');
	/* a first segment with a colon would read as a scheme */
	if (out->len == begin && colon != SIZE_MAX && colon < slash)
		mr_buf_put_cstr(out, "./");
	put_part(out, u->path, u->raw_path, PART_PATH);
}

void mr_url_put(struct mr_buf *out, const struct mr_url *u)
{
	size_t begin = out->len;

	if (u->scheme.len) {
		mr_buf_put_str(out, u->scheme);
		mr_buf_put_u8(out, ':');
	}
	if (u->opaque.len) {
		mr_buf_put_str(out, u->opaque);
	} else {
		put_authority(out, u);
		put_path(out, u, begin);
	}
	if (u->force_query || u->raw_query.len) {
		mr_buf_put_u8(out, '?');
		mr_buf_put_str(out, u->raw_query);
	}
	if (u->fragment.len) {
		mr_buf_put_u8(out, '#');
		put_part(out, u->fragment, u->raw_fragment, PART_FRAGMENT);
	}
}
