/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http.h"
#include "net/http_parse.h"

/* The byte of the escape that `s` begins with, or -1. */
static int escaped(struct mr_str s)
{
	if (s.len < 3)
		return -1;
	int high = mr_http_hex_digit(s.ptr[1]), low = mr_http_hex_digit(s.ptr[2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static bool decode_path(struct mr_str raw, struct mr_buf *path)
{
	while (raw.len > 0) {
		size_t plain = mr_str_find(raw, '%', 0);
		plain = plain == SIZE_MAX ? raw.len : plain;
		mr_buf_put(path, raw.ptr, plain);
		raw = mr_str_sub(raw, plain, raw.len);
		if (raw.len == 0)
			break;
		int byte = escaped(raw);
		if (byte < 0)
			return false;
		if (byte == '/')
			mr_buf_put(path, raw.ptr, 3);
		else
			mr_buf_put_u8(path, (uint8_t)byte);
		raw = mr_str_sub(raw, 3, raw.len);
	}
	return true;
}

/* Cuts `https://host:port` off an absolute-form target; false if there is none. */
static bool cut_authority(struct mr_str *target)
{
	size_t from = 0;

	if (target->len >= 7 && mr_str_eq_nocase(mr_str_sub(*target, 0, 7), MR_STR("http://")))
		from = 7;
	else if (target->len >= 8 &&
		 mr_str_eq_nocase(mr_str_sub(*target, 0, 8), MR_STR("https://")))
		from = 8;
	size_t to = from;
	while (from && to < target->len && target->ptr[to] != '/' && target->ptr[to] != '?')
		to++;
	if (to == from)
		return false;
	*target = mr_str_sub(*target, to, target->len);
	return true;
}

bool mr_http_split_target(
	struct mr_str method, struct mr_str target, struct mr_buf *path, struct mr_str *ret_query)
{
	struct mr_str query = { "", 0 };

	if (mr_str_eq(target, MR_STR("*"))) {
		mr_buf_put_str(path, target);
		*ret_query = query;
		return mr_str_eq(method, MR_STR("OPTIONS"));
	}
	bool absolute = target.len > 0 && target.ptr[0] != '/';
	if (absolute && !cut_authority(&target))
		return false;
	size_t mark = mr_str_find(target, '?', 0);
	if (mark != SIZE_MAX) {
		query = mr_str_sub(target, mark + 1, target.len);
		target = mr_str_sub(target, 0, mark);
	}
	/* an absolute form may leave the path out */
	if (target.len == 0)
		target = MR_STR("/");
	*ret_query = query;
	return decode_path(target, path);
}

/* --- application/x-www-form-urlencoded --- */

bool mr_http_form_decode(struct mr_str text, struct mr_buf *out)
{
	while (text.len > 0) {
		size_t used = 1;
		char c = text.ptr[0];
		if (c == '%') {
			int byte = escaped(text);
			if (byte < 0)
				return false;
			c = (char)byte;
			used = 3;
		} else if (c == '+') {
			c = ' ';
		}
		mr_buf_put_u8(out, (uint8_t)c);
		text = mr_str_sub(text, used, text.len);
	}
	return true;
}

bool mr_http_query_next(
	struct mr_str query, size_t *at, struct mr_str *ret_name, struct mr_str *ret_value)
{
	while (*at < query.len) {
		size_t end = mr_str_find(query, '&', *at);
		end = end == SIZE_MAX ? query.len : end;
		struct mr_str pair = mr_str_sub(query, *at, end);
		*at = end + 1;
		if (pair.len == 0 || mr_str_find(pair, ';', 0) != SIZE_MAX)
			continue;
		size_t equals = mr_str_find(pair, '=', 0);
		*ret_name = mr_str_sub(pair, 0, equals == SIZE_MAX ? pair.len : equals);
		*ret_value = equals == SIZE_MAX ? (struct mr_str){ "", 0 }
						: mr_str_sub(pair, equals + 1, pair.len);
		return true;
	}
	return false;
}

bool mr_http_query_get(struct mr_str query, struct mr_str name, struct mr_buf *out, bool *ret_bad)
{
	MR_AUTO(buf) struct mr_buf decoded = { 0 };
	struct mr_str raw_name, raw_value;
	size_t at = 0, begin = out->len;

	mr_buf_init(&decoded, MR_HTTP_HEAD_MAX);
	while (mr_http_query_next(query, &at, &raw_name, &raw_value)) {
		mr_buf_clear(&decoded);
		if (!mr_http_form_decode(raw_name, &decoded)) {
			*ret_bad = true;
		} else if (mr_str_eq(mr_buf_str(&decoded), name)) {
			if (mr_http_form_decode(raw_value, out))
				return true;
			*ret_bad = true;
			mr_buf_truncate(out, begin);
		}
	}
	return false;
}
