/* SPDX-License-Identifier: Apache-2.0 */
#include "base/uuid.h"

#include "base/utf8.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool read_hex(struct mr_str s, bool dashes, struct mr_uuid *ret)
{
	size_t at = 0;

	for (size_t i = 0; i < sizeof ret->bytes; i++) {
		if (dashes && (i == 4 || i == 6 || i == 8 || i == 10) && s.ptr[at++] != '-')
			return false;
		int high = hex_value(s.ptr[at]);
		int low = hex_value(s.ptr[at + 1]);
		if (high < 0 || low < 0)
			return false;
		ret->bytes[i] = (uint8_t)(high << 4 | low);
		at += 2;
	}
	return true;
}

static mr_result bad_prefix(struct mr_str prefix, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf quoted = { 0 };

	mr_buf_init(&quoted, 256);
	mr_utf8_put_quoted(&quoted, prefix);
	MR_TRY(mr_buf_status(&quoted, err));
	return mr_fail(
		err, MR_CODE_INVALID, "invalid urn prefix: %.*s", MR_STR_ARGS(mr_buf_str(&quoted)));
}

mr_result mr_uuid_parse(struct mr_str text, struct mr_uuid *ret, struct mr_error *err)
{
	const struct mr_str urn = MR_STR("urn:uuid:");
	struct mr_uuid uuid;
	bool dashes = true;

	switch (text.len) {
	case 36:
		break;
	case 36 + 9:
		if (!mr_str_eq_nocase(mr_str_sub(text, 0, urn.len), urn))
			return bad_prefix(mr_str_sub(text, 0, urn.len), err);
		text = mr_str_sub(text, urn.len, text.len);
		break;
	case 36 + 2:
		text = mr_str_sub(text, 1, 37);
		break;
	case 32:
		dashes = false;
		break;
	default:
		return mr_fail(err, MR_CODE_INVALID, "invalid UUID length: %zu", text.len);
	}
	if (!read_hex(text, dashes, &uuid))
		return mr_fail(err, MR_CODE_INVALID, "invalid UUID format");
	*ret = uuid;
	return MR_OK;
}

void mr_uuid_format(const struct mr_uuid *uuid, char out[static MR_UUID_TEXT_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	for (size_t i = 0; i < sizeof uuid->bytes; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[at++] = '-';
		out[at++] = digits[uuid->bytes[i] >> 4];
		out[at++] = digits[uuid->bytes[i] & 15];
	}
	out[at] = '\0';
}

bool mr_uuid_is_nil(const struct mr_uuid *uuid)
{
	static const struct mr_uuid nil;

	return memcmp(uuid, &nil, sizeof nil) == 0;
}

struct mr_uuid mr_uuid_from_random(const uint8_t random[static 16])
{
	struct mr_uuid uuid;

	memcpy(uuid.bytes, random, sizeof uuid.bytes);
	uuid.bytes[6] = (uint8_t)((uuid.bytes[6] & 0x0F) | 0x40);
	uuid.bytes[8] = (uint8_t)((uuid.bytes[8] & 0x3F) | 0x80);
	return uuid;
}
