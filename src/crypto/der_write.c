/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/utf8.h"
#include "crypto/der.h"

/* Bytes behind the first byte of the length: 0 when that holds the length itself. */
static unsigned length_bytes(uint64_t len)
{
	unsigned count = 0;

	if (len < 0x80)
		return 0;
	for (; len > 0; len >>= 8)
		count++;
	return count;
}

static void write_length(uint8_t *to, uint64_t len, unsigned count)
{
	if (count == 0) {
		to[0] = (uint8_t)len;
		return;
	}
	to[0] = (uint8_t)(0x80 | count);
	for (unsigned i = count; i > 0; i--, len >>= 8)
		to[i] = (uint8_t)len;
}

size_t mr_der_open(struct mr_buf *b, uint8_t tag)
{
	size_t at = b->len;

	mr_buf_put_u8(b, tag);
	mr_buf_put_u8(b, 0);
	return at;
}

void mr_der_close(struct mr_buf *b, size_t at)
{
	if (b->failure != MR_CODE_OK)
		return;
	size_t len = b->len - at - 2;
	unsigned count = length_bytes(len);
	if (len > UINT32_MAX) {
		mr_buf_set_failure(b, MR_CODE_LIMIT);
		return;
	}
	if (count > 0) {
		if (!mr_buf_reserve(b, count))
			return;
		memmove(b->data + at + 2 + count, b->data + at + 2, len);
		mr_buf_commit(b, count);
	}
	write_length(b->data + at + 1, len, count);
}

static void put_header(struct mr_buf *b, uint8_t tag, size_t len)
{
	uint8_t header[6] = { tag };
	unsigned count = length_bytes(len);

	if (len > UINT32_MAX) {
		mr_buf_set_failure(b, MR_CODE_LIMIT);
		return;
	}
	write_length(header + 1, len, count);
	mr_buf_put(b, header, 2 + count);
}

void mr_der_put(struct mr_buf *b, uint8_t tag, struct mr_bytes content)
{
	put_header(b, tag, content.len);
	mr_buf_put_bytes(b, content);
}

void mr_der_put_bool(struct mr_buf *b, bool v)
{
	uint8_t content = v ? 0xFF : 0;

	mr_der_put(b, MR_DER_BOOLEAN, mr_bytes_of(&content, 1));
}

void mr_der_put_unsigned(struct mr_buf *b, struct mr_bytes big_endian)
{
	while (big_endian.len > 0 && big_endian.ptr[0] == 0)
		big_endian = mr_bytes_of(big_endian.ptr + 1, big_endian.len - 1);
	bool pad = big_endian.len == 0 || (big_endian.ptr[0] & 0x80);
	put_header(b, MR_DER_INTEGER, big_endian.len + pad);
	if (pad)
		mr_buf_put_u8(b, 0);
	mr_buf_put_bytes(b, big_endian);
}

void mr_der_put_u64(struct mr_buf *b, uint64_t v)
{
	uint8_t bytes[8];

	for (unsigned i = sizeof bytes; i > 0; i--, v >>= 8)
		bytes[i - 1] = (uint8_t)v;
	mr_der_put_unsigned(b, mr_bytes_of(bytes, sizeof bytes));
}

void mr_der_put_oid(struct mr_buf *b, struct mr_bytes oid_content)
{
	mr_der_put(b, MR_DER_OID, oid_content);
}

void mr_der_put_bits(struct mr_buf *b, struct mr_bytes bits, unsigned unused)
{
	put_header(b, MR_DER_BIT_STRING, bits.len + 1);
	mr_buf_put_u8(b, (uint8_t)unused);
	mr_buf_put_bytes(b, bits);
}

static char *put_two(char *to, int v)
{
	*to++ = (char)('0' + v / 10 % 10);
	*to++ = (char)('0' + v % 10);
	return to;
}

void mr_der_put_time(struct mr_buf *b, int64_t unix_seconds)
{
	static const int64_t year_1 = INT64_C(-62135596800);
	static const int64_t year_10000 = INT64_C(253402300800);
	char text[16];
	char *to = text;

	if (unix_seconds < year_1 || unix_seconds >= year_10000) {
		mr_buf_set_failure(b, MR_CODE_INVALID);
		return;
	}
	struct mr_civil_time t = mr_clock_civil(unix_seconds);
	bool utc = t.year >= 1950 && t.year < 2050;
	if (!utc)
		to = put_two(to, t.year / 100);
	to = put_two(to, t.year);
	to = put_two(to, t.month);
	to = put_two(to, t.day);
	to = put_two(to, t.hour);
	to = put_two(to, t.minute);
	to = put_two(to, t.second);
	*to++ = 'Z';
	mr_der_put(b, utc ? MR_DER_UTC_TIME : MR_DER_GENERALIZED_TIME,
		mr_bytes_of(text, (size_t)(to - text)));
}

static bool is_printable_string(struct mr_str text)
{
	static const char others[] = " '()+,-./:=?";

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
			continue;
		if (!memchr(others, c, sizeof others - 1))
			return false;
	}
	return true;
}

void mr_der_put_directory_string(struct mr_buf *b, struct mr_str text)
{
	bool printable = is_printable_string(text);

	if (!printable && !mr_utf8_valid(text)) {
		mr_buf_set_failure(b, MR_CODE_INVALID);
		return;
	}
	mr_der_put(b, printable ? MR_DER_PRINTABLE_STRING : MR_DER_UTF8_STRING, mr_str_bytes(text));
}
