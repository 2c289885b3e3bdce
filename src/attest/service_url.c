/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/service_url.h"

#include "net/stream_client.h"
#include "net/tls_client.h"

static mr_result invalid(struct mr_error *err, const char *why)
{
	return mr_fail(err, MR_CODE_INVALID, "invalid address of a service: %s", why);
}

static bool copy(struct mr_str from, const char *end, char *to, size_t size)
{
	size_t tail = strlen(end);

	if (from.len + tail >= size)
		return false;
	memcpy(to, from.ptr, from.len);
	memcpy(to + from.len, end, tail + 1);
	return true;
}

static bool is_plain_text(struct mr_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c <= ' ' || c >= 0x7f || c == '?' || c == '#' || c == '@' || c == '"' ||
			c == '\\')
			return false;
	}
	return text.len > 0;
}

mr_result mr_service_url_parse(struct mr_str text, struct mr_service_url *ret, struct mr_error *err)
{
	const struct mr_str https = MR_STR("https://");
	const struct mr_str http = MR_STR("http://");
	char host[256];
	char port[8];

	*ret = (struct mr_service_url){ .plain = mr_str_starts(text, http) };
	if (!ret->plain && !mr_str_starts(text, https))
		return invalid(err, "it does not begin with https://");
	if (!is_plain_text(text))
		return invalid(err, "it has characters that it may not have");
	struct mr_str rest = mr_str_sub(text, ret->plain ? http.len : https.len, text.len);
	size_t slash = mr_str_find(rest, '/', 0);
	struct mr_str path = slash == SIZE_MAX ? MR_STR("/") : mr_str_sub(rest, slash, rest.len);
	struct mr_str endpoint = mr_str_sub(rest, 0, slash == SIZE_MAX ? rest.len : slash);
	if (!copy(endpoint, "", ret->endpoint, sizeof ret->endpoint) ||
		!copy(path, mr_str_ends(path, MR_STR("/")) ? "" : "/", ret->path, sizeof ret->path))
		return invalid(err, "it is too long");
	MR_TRY(mr_split_host_port(ret->endpoint, ret->plain ? "80" : "443", host, port, err));
	if (!host[0])
		return invalid(err, "it names no host");
	if (ret->plain && !mr_host_is_loopback(host))
		return invalid(err, "http:// is for loopback addresses alone");
	return MR_OK;
}

void mr_percent_encode(struct mr_buf *out, struct mr_str text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';

		if (kept) {
			mr_buf_put_u8(out, c);
			continue;
		}
		mr_buf_put_u8(out, '%');
		mr_buf_put_u8(out, (uint8_t)digits[c >> 4]);
		mr_buf_put_u8(out, (uint8_t)digits[c & 15]);
	}
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool mr_percent_decode(struct mr_buf *out, struct mr_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '%') {
			mr_buf_put_u8(out, (uint8_t)text.ptr[i]);
			continue;
		}
		if (text.len - i < 3)
			return false;
		int high = digit_of(text.ptr[i + 1]);
		int low = digit_of(text.ptr[i + 2]);
		if (high < 0 || low < 0)
			return false;
		mr_buf_put_u8(out, (uint8_t)(high << 4 | low));
		i += 2;
	}
	return true;
}
