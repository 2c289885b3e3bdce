/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a parsed certificate. */
#include "crypto/cert.h"
#include "crypto/cert_write.h"
#include "crypto/der.h"
#include "crypto/name.h"
#include "crypto/x509_internal.h"

#define BYTES(literal)                                                                             \
	{                                                                                          \
		(const uint8_t *)(literal), sizeof(literal) - 1                                    \
	}

enum { TAG_DNS = 2, TAG_IP = 7 };

static const struct mr_bytes oid_any_purpose = BYTES("\x55\x1D\x25\x00");

bool mr_cert_extension(const struct mr_cert *c, struct mr_bytes oid, struct mr_bytes *ret_value,
	bool *ret_critical)
{
	struct mr_extension e;

	if (!mr_extension_find(c->extensions, oid, &e))
		return false;
	*ret_value = e.value;
	if (ret_critical)
		*ret_critical = e.critical;
	return true;
}

bool mr_cert_common_name(const struct mr_cert *c, struct mr_str *ret)
{
	struct mr_name_reader r = mr_name_read(c->subject);
	struct mr_name_attribute a;
	bool found = false;

	while (mr_name_next(&r, &a)) {
		if (!mr_bytes_eq(a.oid, MR_OID_COMMON_NAME))
			continue;
		found = a.tag == MR_DER_UTF8_STRING || a.tag == MR_DER_PRINTABLE_STRING ||
			a.tag == MR_DER_IA5_STRING;
		if (found)
			*ret = mr_bytes_str(a.value);
	}
	return found;
}

bool mr_cert_key_id(const struct mr_cert *c, struct mr_bytes *ret)
{
	struct mr_extension e;

	if (!mr_extension_find(c->extensions, MR_OID_SUBJECT_KEY_ID, &e))
		return false;
	struct mr_cursor at = mr_cursor_of(e.value);
	return mr_der_expect(&at, MR_DER_OCTET_STRING, ret) && mr_cursor_left(&at) == 0;
}

bool mr_cert_is_ca(const struct mr_cert *c)
{
	struct mr_extension e;
	struct mr_cursor seq;
	uint64_t path_len;
	bool ca;

	if (!mr_extension_find(c->extensions, MR_OID_BASIC_CONSTRAINTS, &e))
		return false;
	struct mr_cursor at = mr_cursor_of(e.value);
	if (!mr_der_enter(&at, MR_DER_SEQUENCE, &seq) || mr_cursor_left(&at) != 0 ||
		!mr_der_default_false(&seq, &ca))
		return false;
	if (mr_cursor_left(&seq) > 0 && (!mr_der_u64(&seq, &path_len) || mr_cursor_left(&seq) != 0))
		return false;
	return ca;
}

bool mr_cert_allows_purpose(const struct mr_cert *c, struct mr_bytes purpose_oid)
{
	struct mr_extension e;
	struct mr_cursor seq;
	struct mr_bytes oid;
	bool allowed = false;

	if (!mr_extension_find(c->extensions, MR_OID_EXT_KEY_USAGE, &e))
		return true;
	struct mr_cursor at = mr_cursor_of(e.value);
	if (!mr_der_enter(&at, MR_DER_SEQUENCE, &seq) || mr_cursor_left(&at) != 0)
		return false;
	while (mr_cursor_left(&seq) > 0) {
		if (!mr_der_oid(&seq, &oid))
			return false;
		allowed = allowed || mr_bytes_eq(oid, purpose_oid) ||
			  mr_bytes_eq(oid, oid_any_purpose);
	}
	return allowed;
}

/* A pattern's first label may be "*" as a whole and stands for exactly one label (RFC 6125). */
static bool name_matches(struct mr_str pattern, struct mr_str host)
{
	if (mr_str_starts(pattern, MR_STR("*."))) {
		size_t dot = mr_str_find(host, '.', 0);

		if (dot == SIZE_MAX || dot == 0 || pattern.len < 3)
			return false;
		return mr_str_eq_nocase(
			mr_str_sub(pattern, 1, pattern.len), mr_str_sub(host, dot, host.len));
	}
	return pattern.len > 0 && mr_str_eq_nocase(pattern, host);
}

/* IPv4 addresses appear in 4 bytes, and mapped into 16. */
static bool address_matches(struct mr_bytes value, const uint8_t *address, size_t size)
{
	static const uint8_t mapped[12] = { [10] = 0xFF, [11] = 0xFF };

	if (value.len == 16 && size == 4 && memcmp(value.ptr, mapped, sizeof mapped) == 0)
		value = mr_bytes_of(value.ptr + sizeof mapped, 4);
	return mr_bytes_eq(value, mr_bytes_of(address, size));
}

/* A host is a literal or a name, and compared with names of its kind only. */
bool mr_cert_matches_host(const struct mr_cert *c, struct mr_str host)
{
	uint8_t address[16];
	struct mr_extension e;
	struct mr_cursor names;
	struct mr_alt_name name;

	if (host.len > 1 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = mr_str_sub(host, 1, host.len - 1);
	size_t size = mr_ip_parse(host, address);
	if (size == 0 && host.len > 1 && host.ptr[host.len - 1] == '.')
		host.len--;
	if (!mr_extension_find(c->extensions, MR_OID_SUBJECT_ALT_NAME, &e) ||
		!mr_alt_names_enter(e.value, &names))
		return false;
	bool matches = false;
	while (mr_alt_name_next(&names, &name)) {
		if (size > 0 && name.tag == TAG_IP)
			matches |= address_matches(name.value, address, size);
		if (size == 0 && name.tag == TAG_DNS)
			matches |= name_matches(mr_bytes_str(name.value), host);
	}
	/* A list that is malformed behind the match does not count. */
	return matches && mr_cursor_left(&names) == 0;
}

enum { KEY_CERT_SIGN = 0x04 }; /* bit 5 of the first octet */

bool mr_cert_may_sign(const struct mr_cert *c)
{
	struct mr_bytes value;
	struct mr_bytes bits;

	if (!mr_cert_extension(c, MR_OID_KEY_USAGE, &value, NULL))
		return true;
	struct mr_cursor all = mr_cursor_of(value);
	if (!mr_der_expect(&all, MR_DER_BIT_STRING, &bits) || bits.len < 2)
		return false;
	return (bits.ptr[1] & KEY_CERT_SIGN) != 0;
}

bool mr_cert_has_foreign_critical(const struct mr_cert *c)
{
	struct mr_cursor extensions = mr_cursor_of(c->extensions);
	struct mr_extension e;

	while (mr_extension_next(&extensions, &e)) {
		if (e.critical && !mr_bytes_eq(e.oid, MR_OID_BASIC_CONSTRAINTS) &&
			!mr_bytes_eq(e.oid, MR_OID_KEY_USAGE))
			return true;
	}
	return false;
}
