/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_parse.h"

/* What a byte may be part of. */
enum {
	IN_TOKEN = 1,  /* RFC 9110 5.6.2 */
	IN_VALUE = 2,  /* field values: visible, blank, tab, and bytes above ASCII */
	IN_TARGET = 4, /* no blanks, no controls */
	IN_HOST = 8,   /* reg-name, IP literal and port of RFC 3986 */
	C_ = 0,
	CB = IN_VALUE,
	CV = IN_VALUE | IN_TARGET,
	CH = IN_VALUE | IN_TARGET | IN_HOST,
	CT = IN_VALUE | IN_TARGET | IN_TOKEN,
	CA = IN_VALUE | IN_TARGET | IN_TOKEN | IN_HOST,
};

/* clang-format off */
static const uint8_t classes[128] = {
	C_, C_, C_, C_, C_, C_, C_, C_, C_, CB, C_, C_, C_, C_, C_, C_,
	C_, C_, C_, C_, C_, C_, C_, C_, C_, C_, C_, C_, C_, C_, C_, C_,
	/*  !   "   #   $   %   &   '   (   )   *   +   ,   -   .   / */
	CB, CA, CV, CT, CA, CA, CA, CA, CH, CH, CA, CA, CH, CA, CA, CV,
	/* digits                           :   ;   <   =   >   ? */
	CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CH, CH, CV, CH, CV, CV,
	/* @ and letters                                [   \   ]   ^   _ */
	CV, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA,
	CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CH, CV, CH, CT, CA,
	/* ` and letters                                {   |   }   ~ */
	CT, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA,
	CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CV, CT, CV, CA, C_,
};
/* clang-format on */

static bool is_in(char c, unsigned class)
{
	unsigned char u = (unsigned char)c;

	return ((u < 128 ? classes[u] : CV) & class) != 0;
}

bool mr_http_is_token(char c)
{
	return is_in(c, IN_TOKEN);
}

bool mr_http_is_value(char c)
{
	return is_in(c, IN_VALUE);
}

int mr_http_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool all_in(struct mr_str s, unsigned class)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_in(s.ptr[i], class))
			return false;
	}
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct mr_str trim(struct mr_str s)
{
	while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		s = mr_str_sub(s, 1, s.len);
	while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
		s.len--;
	return s;
}

enum mr_http_scan mr_http_scan_head(struct mr_bytes data, size_t *seen, size_t *ret_length)
{
	size_t at = *seen;

	while (at < data.len) {
		const uint8_t *lf = memchr(data.ptr + at, '\n', data.len - at);
		if (!lf)
			break;
		at = (size_t)(lf - data.ptr);
		if (at < 2 || data.ptr[at - 1] != '\r')
			return MR_HTTP_SCAN_BROKEN;
		if (at >= MR_HTTP_HEAD_MAX)
			return MR_HTTP_SCAN_TOO_LONG;
		at++;
		if (data.ptr[at - 3] == '\n') {
			*ret_length = at;
			return MR_HTTP_SCAN_COMPLETE;
		}
	}
	*seen = data.len;
	return data.len >= MR_HTTP_HEAD_MAX ? MR_HTTP_SCAN_TOO_LONG : MR_HTTP_SCAN_PARTIAL;
}

/* The next line of a complete head, without its end; false at the empty line. */
static bool next_line(struct mr_str *head, struct mr_str *ret)
{
	size_t lf = mr_str_find(*head, '\n', 0);

	if (lf == SIZE_MAX || lf < 2)
		return false;
	*ret = mr_str_sub(*head, 0, lf - 1);
	*head = mr_str_sub(*head, lf + 1, head->len);
	return true;
}

/* Field lines up to the empty one: 0 or a status. */
static int parse_fields(
	struct mr_str head, struct mr_http_header *fields, size_t room, struct mr_http_head *h)
{
	struct mr_str line = { NULL, 0 };

	while (next_line(&head, &line)) {
		size_t colon = mr_str_find(line, ':', 0);
		if (colon == SIZE_MAX || colon == 0)
			return 400;
		struct mr_http_header field = { mr_str_sub(line, 0, colon),
			trim(mr_str_sub(line, colon + 1, line.len)) };
		if (!all_in(field.name, IN_TOKEN) || !all_in(field.value, IN_VALUE))
			return 400;
		if (h->header_count == room)
			return 431;
		fields[h->header_count++] = field;
	}
	h->headers = fields;
	return 0;
}

const struct mr_http_header *mr_http_field(
	const struct mr_http_header *headers, size_t count, struct mr_str name)
{
	for (size_t i = 0; i < count; i++) {
		if (mr_str_eq_nocase(headers[i].name, name))
			return &headers[i];
	}
	return NULL;
}

static bool next_element(struct mr_str *list, struct mr_str *ret)
{
	if (!list->ptr)
		return false;
	size_t comma = mr_str_find(*list, ',', 0);
	*ret = trim(mr_str_sub(*list, 0, comma == SIZE_MAX ? list->len : comma));
	*list = comma == SIZE_MAX ? (struct mr_str){ NULL, 0 }
				  : mr_str_sub(*list, comma + 1, list->len);
	return true;
}

bool mr_http_field_has(const struct mr_http_header *headers, size_t count, struct mr_str name,
	struct mr_str element)
{
	for (size_t i = 0; i < count; i++) {
		if (!mr_str_eq_nocase(headers[i].name, name))
			continue;
		struct mr_str list = headers[i].value, found;
		while (next_element(&list, &found)) {
			if (mr_str_eq_nocase(found, element))
				return true;
		}
	}
	return false;
}

static bool parse_length(struct mr_str digits, uint64_t *ret)
{
	uint64_t n = 0;

	if (digits.len == 0)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		if (!is_digit(digits.ptr[i]) || n > ((uint64_t)INT64_MAX - 9) / 10)
			return false;
		n = n * 10 + (uint64_t)(digits.ptr[i] - '0');
	}
	*ret = n;
	return true;
}

/* Content-Length and Transfer-Encoding: 0 or a status. Framing stays NONE when neither is there. */
static int parse_framing(struct mr_http_head *h)
{
	struct mr_str length = { NULL, 0 };
	bool chunked = false;

	for (size_t i = 0; i < h->header_count; i++) {
		const struct mr_http_header *field = &h->headers[i];
		if (mr_str_eq_nocase(field->name, MR_STR("Content-Length"))) {
			if (length.ptr && !mr_str_eq(length, field->value))
				return 400;
			length = field->value;
			if (!parse_length(length, &h->content_length))
				return 400;
		} else if (mr_str_eq_nocase(field->name, MR_STR("Transfer-Encoding"))) {
			if (chunked || !mr_str_eq_nocase(field->value, MR_STR("chunked")))
				return 501;
			chunked = true;
		}
	}
	/* two framings, or chunks where they do not exist, are how requests are smuggled */
	if (chunked && (length.ptr || h->minor == 0))
		return 400;
	h->framing = chunked      ? MR_HTTP_FRAMING_CHUNKED
		     : length.ptr ? MR_HTTP_FRAMING_LENGTH
				  : MR_HTTP_FRAMING_NONE;
	return 0;
}

static void parse_connection(struct mr_http_head *h)
{
	const struct mr_str name = MR_STR("Connection");
	bool close = mr_http_field_has(h->headers, h->header_count, name, MR_STR("close"));

	h->keep_alive = !close && (h->minor > 0 || mr_http_field_has(h->headers, h->header_count,
							   name, MR_STR("keep-alive")));
}

static int parse_host(const struct mr_http_head *h)
{
	size_t count = 0;

	for (size_t i = 0; i < h->header_count; i++) {
		if (mr_str_eq_nocase(h->headers[i].name, MR_STR("Host"))) {
			count++;
			if (!all_in(h->headers[i].value, IN_HOST))
				return 400;
		}
	}
	return count == 1 || (count == 0 && h->minor == 0) ? 0 : 400;
}

static int parse_expect(struct mr_http_head *h)
{
	for (size_t i = 0; h->minor > 0 && i < h->header_count; i++) {
		if (!mr_str_eq_nocase(h->headers[i].name, MR_STR("Expect")))
			continue;
		if (!mr_str_eq_nocase(h->headers[i].value, MR_STR("100-continue")))
			return 417;
		h->expect_continue = h->framing == MR_HTTP_FRAMING_CHUNKED ||
				     (h->framing == MR_HTTP_FRAMING_LENGTH &&
					     h->content_length > 0);
	}
	return 0;
}

/* `HTTP/1.1`: 0 or a status. */
static int parse_version(struct mr_str s, int *ret_minor)
{
	if (s.len != 8 || !mr_str_starts(s, MR_STR("HTTP/")) || !is_digit(s.ptr[5]) ||
		s.ptr[6] != '.' || !is_digit(s.ptr[7]))
		return 400;
	if (s.ptr[5] != '1')
		return 505;
	*ret_minor = s.ptr[7] == '0' ? 0 : 1;
	return 0;
}

int mr_http_parse_request(
	struct mr_str head, struct mr_http_header *fields, size_t room, struct mr_http_head *ret)
{
	struct mr_http_head h = { .headers = fields };
	struct mr_str line = { NULL, 0 };

	if (!next_line(&head, &line))
		return 400;
	size_t first = mr_str_find(line, ' ', 0);
	size_t second = first == SIZE_MAX ? SIZE_MAX : mr_str_find(line, ' ', first + 1);
	if (second == SIZE_MAX)
		return 400;
	h.method = mr_str_sub(line, 0, first);
	h.target = mr_str_sub(line, first + 1, second);
	if (h.method.len == 0 || !all_in(h.method, IN_TOKEN) || h.target.len == 0 ||
		!all_in(h.target, IN_TARGET))
		return 400;

	int status = parse_version(mr_str_sub(line, second + 1, line.len), &h.minor);
	if (!status)
		status = parse_fields(head, fields, room, &h);
	if (!status)
		status = parse_host(&h);
	if (!status)
		status = parse_framing(&h);
	if (!status)
		status = parse_expect(&h);
	if (status)
		return status;
	parse_connection(&h);
	*ret = h;
	return 0;
}

static bool parse_status_line(struct mr_str line, struct mr_http_head *h)
{
	if (line.len < 12 || parse_version(mr_str_sub(line, 0, 8), &h->minor) != 0 ||
		line.ptr[8] != ' ')
		return false;
	for (size_t i = 9; i < 12; i++) {
		if (!is_digit(line.ptr[i]))
			return false;
		h->status = h->status * 10 + (line.ptr[i] - '0');
	}
	/* the blank before an empty reason is often left out */
	if (h->status < 100 || (line.len > 12 && line.ptr[12] != ' '))
		return false;
	h->reason = mr_str_sub(line, line.len > 12 ? 13 : 12, line.len);
	return all_in(h->reason, IN_VALUE);
}

mr_result mr_http_parse_response(struct mr_str head, bool no_body, struct mr_http_header *fields,
	size_t room, struct mr_http_head *ret, struct mr_error *err)
{
	struct mr_http_head h = { .headers = fields };
	struct mr_str line = { NULL, 0 };

	if (!next_line(&head, &line) || !parse_status_line(line, &h))
		return mr_fail(err, MR_CODE_INVALID, "malformed HTTP response");
	int status = parse_fields(head, fields, room, &h);
	if (status == 431)
		return mr_fail(err, MR_CODE_LIMIT, "HTTP response has too many header fields");
	if (status)
		return mr_fail(err, MR_CODE_INVALID, "malformed HTTP response header");
	if (parse_framing(&h))
		return mr_fail(err, MR_CODE_INVALID, "malformed HTTP response framing");
	parse_connection(&h);
	if (no_body || h.status < 200 || h.status == 204 || h.status == 304) {
		h.framing = MR_HTTP_FRAMING_NONE;
	} else if (h.framing == MR_HTTP_FRAMING_NONE) {
		h.framing = MR_HTTP_FRAMING_CLOSE;
		h.keep_alive = false;
	}
	*ret = h;
	return MR_OK;
}
