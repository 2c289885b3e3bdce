/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/pck_extension.h"

#include "crypto/der.h"

enum {
	PPID = 1,
	TCB = 2,
	PCE_ID = 3,
	FMSPC = 4,
	SGX_TYPE = 5,
	PLATFORM_INSTANCE_ID = 6,
	CONFIGURATION = 7,
	TCB_PCE_SVN = 17,
	TCB_CPU_SVN = 18,
	ENUMERATED = 0x0A,
	MEMBERS_MAX = 64,
	REQUIRED = 1 << PPID | 1 << TCB | 1 << PCE_ID | 1 << FMSPC | 1 << SGX_TYPE,
	TCB_REQUIRED = (1 << (TCB_CPU_SVN + 1)) - 2,
};

/* 1.2.840.113741.1.13.1 */
static const uint8_t oid[] = { 0x2A, 0x86, 0x48, 0x86, 0xF8, 0x4D, 0x01, 0x0D, 0x01 };
const struct mr_bytes MR_OID_SGX_EXTENSION = { oid, sizeof oid };

/* The number behind the extension's OID, and `inner`, if that is not 0; 0 for any other OID. */
static unsigned suffix_of(struct mr_cursor id, unsigned inner)
{
	struct mr_bytes prefix;
	uint8_t byte = 0;

	if (!mr_cursor_take(&id, sizeof oid, &prefix) ||
		!mr_bytes_eq(prefix, mr_bytes_of(oid, sizeof oid)))
		return 0;
	if (inner && (!mr_cursor_u8(&id, &byte) || byte != inner))
		return 0;
	if (!mr_cursor_u8(&id, &byte) || mr_cursor_left(&id) != 0)
		return 0;
	return byte < 0x80 ? byte : 0;
}

/* The next SEQUENCE { OID, value }: its cursor behind the OID. */
static bool next_member(struct mr_cursor *members, unsigned inner, unsigned *ret_suffix,
	struct mr_cursor *ret_value)
{
	struct mr_cursor again;
	struct mr_cursor id;
	struct mr_bytes checked;

	if (!mr_der_enter(members, MR_DER_SEQUENCE, ret_value))
		return false;
	again = *ret_value;
	if (!mr_der_oid(ret_value, &checked) || !mr_der_enter(&again, MR_DER_OID, &id))
		return false;
	*ret_suffix = suffix_of(id, inner);
	return true;
}

/* An element of exactly this tag and length, and nothing behind it. */
static bool octets(struct mr_cursor *value, size_t length, uint8_t *out)
{
	struct mr_cursor content;
	struct mr_bytes bytes;

	if (!mr_der_enter(value, MR_DER_OCTET_STRING, &content) || mr_cursor_left(value) != 0 ||
		!mr_cursor_take(&content, length, &bytes) || mr_cursor_left(&content) != 0)
		return false;
	memcpy(out, bytes.ptr, length);
	return true;
}

static bool number(struct mr_cursor *value, uint64_t max, uint64_t *ret)
{
	return mr_der_u64(value, ret) && *ret <= max && mr_cursor_left(value) == 0;
}

static bool read_tcb_member(unsigned suffix, struct mr_cursor *value, struct mr_pck_extension *e)
{
	uint8_t cpu_svn[16];
	uint64_t n;

	if (suffix == TCB_CPU_SVN)
		return octets(value, sizeof cpu_svn, cpu_svn);
	if (!number(value, suffix == TCB_PCE_SVN ? UINT16_MAX : UINT8_MAX, &n))
		return false;
	if (suffix == TCB_PCE_SVN)
		e->pce_svn = (uint16_t)n;
	else
		e->component[suffix - 1] = (uint8_t)n;
	return true;
}

static bool read_tcb(struct mr_cursor *value, struct mr_pck_extension *e)
{
	struct mr_cursor members;
	unsigned seen = 0;

	if (!mr_der_enter(value, MR_DER_SEQUENCE, &members) || mr_cursor_left(value) != 0)
		return false;
	for (unsigned i = 0; i < MEMBERS_MAX && mr_cursor_left(&members) > 0; i++) {
		struct mr_cursor member;
		unsigned suffix;

		if (!next_member(&members, TCB, &suffix, &member))
			return false;
		if (suffix == 0 || suffix > TCB_CPU_SVN)
			continue;
		if (seen & 1u << suffix || !read_tcb_member(suffix, &member, e))
			return false;
		seen |= 1u << suffix;
	}
	return mr_cursor_left(&members) == 0 && seen == TCB_REQUIRED;
}

static bool read_member(unsigned suffix, struct mr_cursor *value, struct mr_pck_extension *e)
{
	struct mr_bytes content;
	uint8_t ppid[16];

	switch (suffix) {
	case PPID:
		return octets(value, sizeof ppid, ppid);
	case TCB:
		return read_tcb(value, e);
	case PCE_ID:
		return octets(value, sizeof e->pce_id, e->pce_id);
	case FMSPC:
		return octets(value, sizeof e->fmspc, e->fmspc);
	case SGX_TYPE:
		return mr_der_expect(value, ENUMERATED, &content) && content.len == 1 &&
		       mr_cursor_left(value) == 0;
	case PLATFORM_INSTANCE_ID:
		e->has_platform_instance_id = true;
		return octets(value, sizeof e->platform_instance_id, e->platform_instance_id);
	case CONFIGURATION:
		return mr_der_expect(value, MR_DER_SEQUENCE, &content) &&
		       mr_cursor_left(value) == 0;
	default:
		return true;
	}
}

const char *mr_pck_extension_read(struct mr_bytes value, struct mr_pck_extension *ret)
{
	struct mr_cursor all = mr_cursor_of(value);
	struct mr_pck_extension e = { .pce_svn = 0 };
	struct mr_cursor members;
	unsigned seen = 0;

	if (!mr_der_enter(&all, MR_DER_SEQUENCE, &members) || mr_cursor_left(&all) != 0)
		return "malformed SGX extension";
	for (unsigned i = 0; i < MEMBERS_MAX && mr_cursor_left(&members) > 0; i++) {
		struct mr_cursor member;
		unsigned suffix;

		if (!next_member(&members, 0, &suffix, &member))
			return "malformed SGX extension";
		if (suffix == 0 || suffix > CONFIGURATION)
			continue;
		if (seen & 1u << suffix)
			return "a member of the SGX extension is there twice";
		if (!read_member(suffix, &member, &e))
			return "a member of the SGX extension is malformed or out of range";
		seen |= 1u << suffix;
	}
	if (mr_cursor_left(&members) != 0)
		return "too many members in the SGX extension";
	if ((seen & REQUIRED) != REQUIRED)
		return "a member of the SGX extension is missing";
	*ret = e;
	return NULL;
}
