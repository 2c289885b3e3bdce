/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "codec/base64.h"

/* '0' to '9', 'a' to 'f', without a branch or a table that would depend on a secret. */
static uint8_t encode_nibble(uint32_t v)
{
	uint32_t letter = (uint32_t)0 - (((9 - v) >> 31) & 1);

	return (uint8_t)('0' + v + (letter & ('a' - '0' - 10)));
}

void mr_hex_encode(struct mr_buf *out, struct mr_bytes data)
{
	size_t size;
	uint8_t *to;

	if (!mr_size_mul(data.len, 2, &size)) {
		mr_buf_set_failure(out, MR_CODE_LIMIT);
		return;
	}
	to = mr_buf_reserve(out, size);
	if (!to)
		return;
	for (size_t i = 0; i < data.len; i++) {
		*to++ = encode_nibble(data.ptr[i] >> 4);
		*to++ = encode_nibble(data.ptr[i] & 15);
	}
	mr_buf_commit(out, size);
}

static int decode_nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* A byte is shown as the code point of the same number. */
static mr_result bad_byte(unsigned char c, struct mr_error *err)
{
	char utf8[4];

	if (!mr_utf8_printable(c))
		return mr_fail(err, MR_CODE_INVALID, "encoding/hex: invalid byte: U+%04X", c);
	size_t size = mr_utf8_encode(c, utf8);
	return mr_fail(err, MR_CODE_INVALID, "encoding/hex: invalid byte: U+%04X '%.*s'", c,
		(int)size, utf8);
}

mr_result mr_hex_decode(struct mr_str text, struct mr_buf *out, struct mr_error *err)
{
	uint8_t *to = mr_buf_reserve(out, text.len / 2);
	int high = 0;

	if (!to)
		return mr_buf_status(out, err);
	for (size_t i = 0; i < text.len; i++) {
		int value = decode_nibble(text.ptr[i]);
		if (value < 0)
			return bad_byte((unsigned char)text.ptr[i], err);
		if (i % 2)
			*to++ = (uint8_t)(high << 4 | value);
		else
			high = value;
	}
	if (text.len % 2)
		return mr_fail(err, MR_CODE_INVALID, "encoding/hex: odd length hex string");
	mr_buf_commit(out, text.len / 2);
	return MR_OK;
}
