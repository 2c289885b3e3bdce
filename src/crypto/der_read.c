/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "crypto/der.h"

static bool read_length(struct mr_cursor *c, size_t *ret)
{
	uint8_t first;
	uint64_t value = 0;

	if (!mr_cursor_u8(c, &first))
		return false;
	if (first < 0x80) {
		*ret = first;
		return true;
	}
	unsigned count = first & 0x7Fu;
	if (count == 0 || count > 4)
		return false;
	for (unsigned i = 0; i < count; i++) {
		uint8_t byte;

		if (!mr_cursor_u8(c, &byte))
			return false;
		value = value << 8 | byte;
	}
	/* DER knows one form of each length: the shortest. */
	if (value < 0x80 || value >> (8 * (count - 1)) == 0 || value > SIZE_MAX)
		return false;
	*ret = (size_t)value;
	return true;
}

/* The next element, whatever it is. */
static bool enter_any(struct mr_cursor *c, uint8_t *ret_tag, struct mr_cursor *ret_content)
{
	struct mr_cursor at = *c;
	uint8_t tag;
	size_t len;

	if (!mr_cursor_u8(&at, &tag) || tag == 0 || (tag & 0x1F) == 0x1F)
		return false;
	if (!read_length(&at, &len) || !mr_cursor_enter(&at, len, ret_content))
		return false;
	*ret_tag = tag;
	*c = at;
	return true;
}

bool mr_der_next(struct mr_cursor *c, uint8_t *ret_tag, struct mr_bytes *ret_content,
	struct mr_bytes *ret_whole)
{
	struct mr_cursor whole = *c;
	struct mr_cursor content;

	if (!enter_any(c, ret_tag, &content))
		return false;
	whole.end = c->at;
	*ret_content = mr_cursor_rest(&content);
	if (ret_whole)
		*ret_whole = mr_cursor_rest(&whole);
	return true;
}

bool mr_der_enter(struct mr_cursor *c, uint8_t tag, struct mr_cursor *ret)
{
	struct mr_cursor at = *c;
	struct mr_cursor content;
	uint8_t found;

	if (!enter_any(&at, &found, &content) || found != tag)
		return false;
	*ret = content;
	*c = at;
	return true;
}

bool mr_der_expect(struct mr_cursor *c, uint8_t tag, struct mr_bytes *ret_content)
{
	struct mr_cursor content;

	if (!mr_der_enter(c, tag, &content))
		return false;
	*ret_content = mr_cursor_rest(&content);
	return true;
}

bool mr_der_peek(const struct mr_cursor *c, uint8_t tag)
{
	struct mr_cursor at = *c;
	uint8_t found;

	return mr_cursor_u8(&at, &found) && found == tag;
}

bool mr_der_unsigned(struct mr_cursor *c, struct mr_bytes *ret)
{
	struct mr_cursor at = *c;
	struct mr_bytes content;

	if (!mr_der_expect(&at, MR_DER_INTEGER, &content) || content.len == 0)
		return false;
	if (content.ptr[0] & 0x80)
		return false;
	if (content.len > 1 && content.ptr[0] == 0) {
		content = mr_bytes_of(content.ptr + 1, content.len - 1);
		if (!(content.ptr[0] & 0x80))
			return false;
	}
	*ret = content;
	*c = at;
	return true;
}

bool mr_der_u64(struct mr_cursor *c, uint64_t *ret)
{
	struct mr_cursor at = *c;
	struct mr_cursor digits;
	uint64_t value;
	uint8_t digit;

	if (!mr_der_enter(&at, MR_DER_INTEGER, &digits) || !mr_cursor_u8(&digits, &digit) ||
		(digit & 0x80))
		return false;
	value = digit;
	/* a zero in front is there for a number that would look negative, and for no other */
	if (digit == 0 && mr_cursor_left(&digits) > 0) {
		if (!mr_cursor_u8(&digits, &digit) || !(digit & 0x80))
			return false;
		value = digit;
	}
	while (mr_cursor_left(&digits) > 0) {
		if (value >> 56 || !mr_cursor_u8(&digits, &digit))
			return false;
		value = value << 8 | digit;
	}
	*ret = value;
	*c = at;
	return true;
}

bool mr_der_default_false(struct mr_cursor *c, bool *ret)
{
	struct mr_bytes content;

	if (!mr_der_peek(c, MR_DER_BOOLEAN)) {
		*ret = false;
		return true;
	}
	struct mr_cursor at = *c;
	if (!mr_der_expect(&at, MR_DER_BOOLEAN, &content) || content.len != 1 ||
		(content.ptr[0] != 0 && content.ptr[0] != 0xFF))
		return false;
	*ret = content.ptr[0] != 0;
	*c = at;
	return true;
}

/* Base 128, high bit set but in the last byte of a number, no number padded (X.690, 8.19). */
bool mr_der_oid(struct mr_cursor *c, struct mr_bytes *ret)
{
	struct mr_cursor at = *c;
	struct mr_cursor content;
	bool starts = true;
	bool any = false;
	uint8_t byte;

	if (!mr_der_enter(&at, MR_DER_OID, &content))
		return false;
	struct mr_bytes id = mr_cursor_rest(&content);
	while (mr_cursor_u8(&content, &byte)) {
		if (starts && byte == 0x80)
			return false;
		starts = !(byte & 0x80);
		any = true;
	}
	if (!any || !starts)
		return false;
	*ret = id;
	*c = at;
	return true;
}

bool mr_der_bits(struct mr_cursor *c, struct mr_bytes *ret)
{
	struct mr_cursor at = *c;
	struct mr_bytes content;

	if (!mr_der_expect(&at, MR_DER_BIT_STRING, &content) || content.len == 0 ||
		content.ptr[0] != 0)
		return false;
	*ret = mr_bytes_of(content.ptr + 1, content.len - 1);
	*c = at;
	return true;
}

static bool read_digits(struct mr_cursor *c, unsigned count, int *ret)
{
	int value = 0;

	for (unsigned i = 0; i < count; i++) {
		uint8_t byte;

		if (!mr_cursor_u8(c, &byte) || byte < '0' || byte > '9')
			return false;
		value = value * 10 + (byte - '0');
	}
	*ret = value;
	return true;
}

static int days_of_month(int year, int month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* The 60th second is no time in certificates (RFC 5280, 4.1.2.5). */
static bool in_range(const struct mr_civil_time *t)
{
	return t->year >= 1 && t->month >= 1 && t->month <= 12 && t->day >= 1 &&
	       t->day <= days_of_month(t->year, t->month) && t->hour <= 23 && t->minute <= 59 &&
	       t->second <= 59;
}

bool mr_der_time(struct mr_cursor *c, int64_t *ret)
{
	struct mr_cursor at = *c;
	struct mr_civil_time t;
	struct mr_bytes content;
	uint8_t tag;
	uint8_t zone;

	if (!mr_der_next(&at, &tag, &content, NULL))
		return false;
	if (tag != MR_DER_UTC_TIME && tag != MR_DER_GENERALIZED_TIME)
		return false;
	struct mr_cursor text = mr_cursor_of(content);
	if (!read_digits(&text, tag == MR_DER_UTC_TIME ? 2 : 4, &t.year) ||
		!read_digits(&text, 2, &t.month) || !read_digits(&text, 2, &t.day) ||
		!read_digits(&text, 2, &t.hour) || !read_digits(&text, 2, &t.minute) ||
		!read_digits(&text, 2, &t.second))
		return false;
	if (!mr_cursor_u8(&text, &zone) || zone != 'Z' || mr_cursor_left(&text) != 0)
		return false;
	if (tag == MR_DER_UTC_TIME)
		t.year += t.year < 50 ? 2000 : 1900;
	if (!in_range(&t))
		return false;
	*ret = mr_clock_unix(&t);
	*c = at;
	return true;
}
