/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/name.h"

#include "base/utf8.h"
#include "crypto/der.h"

#define BYTES(literal)                                                                             \
	{                                                                                          \
		(const uint8_t *)(literal), sizeof(literal) - 1                                    \
	}

const struct mr_bytes MR_OID_COMMON_NAME = BYTES("\x55\x04\x03");
const struct mr_bytes MR_OID_SERIAL_NUMBER = BYTES("\x55\x04\x05");
const struct mr_bytes MR_OID_COUNTRY = BYTES("\x55\x04\x06");
const struct mr_bytes MR_OID_LOCALITY = BYTES("\x55\x04\x07");
const struct mr_bytes MR_OID_PROVINCE = BYTES("\x55\x04\x08");
const struct mr_bytes MR_OID_STREET = BYTES("\x55\x04\x09");
const struct mr_bytes MR_OID_ORGANIZATION = BYTES("\x55\x04\x0A");
const struct mr_bytes MR_OID_ORGANIZATIONAL_UNIT = BYTES("\x55\x04\x0B");
const struct mr_bytes MR_OID_POSTAL_CODE = BYTES("\x55\x04\x11");

enum { NUMERIC_STRING = 0x12, TELETEX_STRING = 0x14, VISIBLE_STRING = 0x1A, BMP_STRING = 0x1E };

enum step { STEP_ATTRIBUTE, STEP_END, STEP_MALFORMED };

/* Name ::= SEQUENCE OF SET SIZE (1..MAX) OF SEQUENCE { type OID, value ANY } */
static enum step step(struct mr_name_reader *r, struct mr_name_attribute *ret)
{
	struct mr_cursor attribute;

	if (mr_cursor_left(&r->rdn) == 0) {
		if (mr_cursor_left(&r->rdns) == 0)
			return STEP_END;
		if (!mr_der_enter(&r->rdns, MR_DER_SET, &r->rdn))
			return STEP_MALFORMED;
	}
	if (!mr_der_enter(&r->rdn, MR_DER_SEQUENCE, &attribute) ||
		!mr_der_oid(&attribute, &ret->oid) ||
		!mr_der_next(&attribute, &ret->tag, &ret->value, NULL) ||
		mr_cursor_left(&attribute) != 0)
		return STEP_MALFORMED;
	return STEP_ATTRIBUTE;
}

struct mr_name_reader mr_name_read(struct mr_bytes name)
{
	struct mr_name_reader r = { .rdns = { NULL, 0, 0 } };
	struct mr_cursor all = mr_cursor_of(name);

	if (!mr_der_enter(&all, MR_DER_SEQUENCE, &r.rdns))
		r.rdns = (struct mr_cursor){ NULL, 0, 0 };
	return r;
}

bool mr_name_next(struct mr_name_reader *r, struct mr_name_attribute *ret)
{
	return step(r, ret) == STEP_ATTRIBUTE;
}

bool mr_name_valid(struct mr_bytes name)
{
	struct mr_name_reader r = { .rdns = { NULL, 0, 0 } };
	struct mr_cursor all = mr_cursor_of(name);
	struct mr_name_attribute a;
	enum step s;

	if (!mr_der_enter(&all, MR_DER_SEQUENCE, &r.rdns) || mr_cursor_left(&all) != 0)
		return false;
	do
		s = step(&r, &a);
	while (s == STEP_ATTRIBUTE);
	return s == STEP_END;
}

/* UTF-16BE without surrogates. */
static bool put_bmp(struct mr_bytes value, struct mr_buf *out)
{
	if (value.len % 2 != 0)
		return false;
	for (size_t i = 0; i < value.len; i += 2)
		if (value.ptr[i] >= 0xD8 && value.ptr[i] <= 0xDF)
			return false;
	for (size_t i = 0; i < value.len; i += 2) {
		char text[4];
		uint32_t rune = (uint32_t)value.ptr[i] << 8 | value.ptr[i + 1];

		mr_buf_put(out, text, mr_utf8_encode(rune, text));
	}
	return true;
}

static bool is_ascii(struct mr_bytes value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.ptr[i] >= 0x80)
			return false;
	return true;
}

bool mr_name_put_text(const struct mr_name_attribute *a, struct mr_buf *out)
{
	switch (a->tag) {
	case MR_DER_UTF8_STRING:
		if (!mr_utf8_valid(mr_bytes_str(a->value)))
			return false;
		break;
	case MR_DER_PRINTABLE_STRING:
	case MR_DER_IA5_STRING:
	case NUMERIC_STRING:
	case TELETEX_STRING:
	case VISIBLE_STRING:
		if (!is_ascii(a->value))
			return false;
		break;
	case BMP_STRING:
		return put_bmp(a->value, out);
	default:
		return false;
	}
	mr_buf_put_bytes(out, a->value);
	return true;
}

static void put_attribute(struct mr_buf *b, struct mr_bytes oid, struct mr_str value)
{
	size_t at = mr_der_open(b, MR_DER_SEQUENCE);

	mr_der_put_oid(b, oid);
	mr_der_put_directory_string(b, value);
	mr_der_close(b, at);
}

void mr_name_put_rdn(struct mr_buf *b, struct mr_bytes oid, struct mr_str value)
{
	size_t at = mr_der_open(b, MR_DER_SET);

	put_attribute(b, oid, value);
	mr_der_close(b, at);
}

/* DER sorts the elements of a SET OF by their encodings (X.690, 11.6). */
static void sort(struct mr_bytes *elements, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct mr_bytes moving = elements[i];
		size_t j = i;

		for (; j > 0 && mr_str_cmp(mr_bytes_str(moving), mr_bytes_str(elements[j - 1])) < 0;
			j--)
			elements[j] = elements[j - 1];
		elements[j] = moving;
	}
}

void mr_name_put_multi_rdn(
	struct mr_buf *b, struct mr_bytes oid, const struct mr_str *values, size_t count)
{
	MR_AUTO(buf) struct mr_buf encoded = { 0 };
	struct mr_bytes elements[MR_NAME_MAX_VALUES];
	struct mr_name_attribute ignored;

	mr_buf_init(&encoded, b->max);
	if (count == 0)
		return;
	if (count > MR_NAME_MAX_VALUES) {
		mr_buf_set_failure(b, MR_CODE_LIMIT);
		return;
	}
	for (size_t i = 0; i < count; i++)
		put_attribute(&encoded, oid, values[i]);
	if (encoded.failure != MR_CODE_OK) {
		mr_buf_set_failure(b, encoded.failure);
		return;
	}
	struct mr_cursor c = mr_cursor_of(mr_buf_bytes(&encoded));
	for (size_t i = 0; i < count; i++)
		if (!mr_der_next(&c, &ignored.tag, &ignored.value, &elements[i]))
			return;
	sort(elements, count);
	size_t at = mr_der_open(b, MR_DER_SET);
	for (size_t i = 0; i < count; i++)
		mr_buf_put_bytes(b, elements[i]);
	mr_der_close(b, at);
}

void mr_name_put_common_name(struct mr_buf *b, struct mr_str common_name)
{
	size_t at = mr_der_open(b, MR_DER_SEQUENCE);

	mr_name_put_rdn(b, MR_OID_COMMON_NAME, common_name);
	mr_der_close(b, at);
}
