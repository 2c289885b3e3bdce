/* SPDX-License-Identifier: Apache-2.0 */
/* Extensions and alternative names, read. */
#include "crypto/cert.h"
#include "crypto/der.h"
#include "crypto/x509_internal.h"

#define BYTES(literal)                                                                             \
	{                                                                                          \
		(const uint8_t *)(literal), sizeof(literal) - 1                                    \
	}

enum { MAX_EXTENSIONS = 128, TAG_DNS = 2, TAG_IP = 7, TAG_LAST = 8 };

const struct mr_bytes MR_OID_SUBJECT_KEY_ID = BYTES("\x55\x1D\x0E");
const struct mr_bytes MR_OID_KEY_USAGE = BYTES("\x55\x1D\x0F");
const struct mr_bytes MR_OID_SUBJECT_ALT_NAME = BYTES("\x55\x1D\x11");
const struct mr_bytes MR_OID_BASIC_CONSTRAINTS = BYTES("\x55\x1D\x13");
const struct mr_bytes MR_OID_AUTHORITY_KEY_ID = BYTES("\x55\x1D\x23");
const struct mr_bytes MR_OID_EXT_KEY_USAGE = BYTES("\x55\x1D\x25");
const struct mr_bytes MR_OID_SERVER_AUTH = BYTES("\x2B\x06\x01\x05\x05\x07\x03\x01");
const struct mr_bytes MR_OID_CLIENT_AUTH = BYTES("\x2B\x06\x01\x05\x05\x07\x03\x02");
const struct mr_bytes MR_OID_MARBLE_TYPE = BYTES("\x2B\xCD\x2F\x02\x01");

bool mr_der_whole_sequence(struct mr_cursor *c, struct mr_bytes *ret)
{
	struct mr_bytes content;
	uint8_t tag;

	return mr_der_peek(c, MR_DER_SEQUENCE) && mr_der_next(c, &tag, &content, ret);
}

/* Extension ::= SEQUENCE { OID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING } */
bool mr_extension_next(struct mr_cursor *c, struct mr_extension *ret)
{
	struct mr_cursor at = *c;
	struct mr_cursor seq;

	if (!mr_der_enter(&at, MR_DER_SEQUENCE, &seq) || !mr_der_oid(&seq, &ret->oid) ||
		!mr_der_default_false(&seq, &ret->critical) ||
		!mr_der_expect(&seq, MR_DER_OCTET_STRING, &ret->value) || mr_cursor_left(&seq) != 0)
		return false;
	*c = at;
	return true;
}

/* Two of one kind would let two readers see different things (RFC 5280, 4.2). */
bool mr_extensions_valid(struct mr_bytes content)
{
	struct mr_bytes seen[MAX_EXTENSIONS];
	struct mr_cursor c = mr_cursor_of(content);
	struct mr_extension e;
	size_t count = 0;

	while (mr_cursor_left(&c) > 0) {
		if (count == MAX_EXTENSIONS || !mr_extension_next(&c, &e))
			return false;
		for (size_t i = 0; i < count; i++)
			if (mr_bytes_eq(seen[i], e.oid))
				return false;
		seen[count++] = e.oid;
	}
	return true;
}

bool mr_extension_find(struct mr_bytes content, struct mr_bytes oid, struct mr_extension *ret)
{
	struct mr_cursor c = mr_cursor_of(content);
	struct mr_extension e;

	while (mr_extension_next(&c, &e)) {
		if (!mr_bytes_eq(e.oid, oid))
			continue;
		*ret = e;
		return true;
	}
	return false;
}

static bool is_constructed_choice(unsigned number)
{
	/* otherName, x400Address, directoryName, ediPartyName */
	return number == 0 || number == 3 || number == 4 || number == 5;
}

/* GeneralName is a choice of [0] to [8]; names and addresses are primitive strings. */
bool mr_alt_name_next(struct mr_cursor *names, struct mr_alt_name *ret)
{
	struct mr_cursor at = *names;
	struct mr_bytes value;
	uint8_t tag;

	if (!mr_der_next(&at, &tag, &value, NULL) || (tag & 0xC0) != MR_DER_CONTEXT)
		return false;
	unsigned number = tag & 0x1Fu;
	if (number > TAG_LAST || is_constructed_choice(number) != ((tag & 0x20) != 0))
		return false;
	if (number == TAG_IP && value.len != 4 && value.len != 16)
		return false;
	if (number == 1 || number == TAG_DNS || number == 6)
		for (size_t i = 0; i < value.len; i++)
			if (value.ptr[i] >= 0x80)
				return false;
	*ret = (struct mr_alt_name){ (uint8_t)number, value };
	*names = at;
	return true;
}

bool mr_alt_names_enter(struct mr_bytes value, struct mr_cursor *ret)
{
	struct mr_cursor all = mr_cursor_of(value);

	return mr_der_enter(&all, MR_DER_SEQUENCE, ret) && mr_cursor_left(&all) == 0;
}

mr_result mr_alt_names_parse(struct mr_bytes value, struct mr_alt_name *ret, size_t max,
	size_t *ret_count, struct mr_error *err)
{
	struct mr_cursor names;
	size_t count = 0;

	if (!mr_alt_names_enter(value, &names))
		return mr_fail(err, MR_CODE_INVALID, "x509: invalid subject alternative names");
	while (mr_cursor_left(&names) > 0) {
		struct mr_alt_name name;

		if (count == max)
			return mr_fail(err, MR_CODE_LIMIT,
				"x509: more than %zu subject alternative names", max);
		if (!mr_alt_name_next(&names, &name))
			return mr_fail(
				err, MR_CODE_INVALID, "x509: invalid subject alternative names");
		ret[count++] = name;
	}
	*ret_count = count;
	return MR_OK;
}
