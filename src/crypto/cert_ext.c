/* SPDX-License-Identifier: Apache-2.0 */
/* Extensions, written. */
#include "crypto/cert_write.h"
#include "crypto/der.h"

/* Opens Extension and the OCTET STRING in it. */
struct open_extension {
	size_t all, value;
};

static struct open_extension open_extension(struct mr_buf *b, struct mr_bytes oid, bool critical)
{
	struct open_extension e;

	e.all = mr_der_open(b, MR_DER_SEQUENCE);
	mr_der_put_oid(b, oid);
	if (critical)
		mr_der_put_bool(b, true);
	e.value = mr_der_open(b, MR_DER_OCTET_STRING);
	return e;
}

static void close_extension(struct mr_buf *b, struct open_extension e)
{
	mr_der_close(b, e.value);
	mr_der_close(b, e.all);
}

void mr_ext_put(struct mr_buf *b, struct mr_bytes oid, bool critical, struct mr_bytes value)
{
	struct open_extension e = open_extension(b, oid, critical);

	mr_buf_put_bytes(b, value);
	close_extension(b, e);
}

void mr_ext_put_key_usage(struct mr_buf *b, unsigned bits)
{
	uint8_t octets[2] = { 0, 0 };
	unsigned highest = 0;

	if ((bits & 0x1FF) == 0)
		return;
	/* Bit 0 of a named bit list is the first octet's most significant one. */
	for (unsigned i = 0; i < 9; i++) {
		if (!(bits >> i & 1))
			continue;
		octets[i / 8] = (uint8_t)(octets[i / 8] | 0x80u >> i % 8);
		highest = i;
	}
	struct open_extension e = open_extension(b, MR_OID_KEY_USAGE, true);
	mr_der_put_bits(b, mr_bytes_of(octets, highest / 8 + 1), 7 - highest % 8);
	close_extension(b, e);
}

void mr_ext_put_ext_key_usage(struct mr_buf *b, const struct mr_bytes *oids, size_t count)
{
	if (count == 0)
		return;
	struct open_extension e = open_extension(b, MR_OID_EXT_KEY_USAGE, false);
	size_t at = mr_der_open(b, MR_DER_SEQUENCE);
	for (size_t i = 0; i < count; i++)
		mr_der_put_oid(b, oids[i]);
	mr_der_close(b, at);
	close_extension(b, e);
}

void mr_ext_put_basic_constraints(struct mr_buf *b, bool ca, int path_len)
{
	struct open_extension e = open_extension(b, MR_OID_BASIC_CONSTRAINTS, true);
	size_t at = mr_der_open(b, MR_DER_SEQUENCE);

	if (ca)
		mr_der_put_bool(b, true);
	if (ca && path_len >= 0)
		mr_der_put_u64(b, (uint64_t)path_len);
	mr_der_close(b, at);
	close_extension(b, e);
}

void mr_ext_put_subject_key_id(struct mr_buf *b, struct mr_bytes id)
{
	struct open_extension e = open_extension(b, MR_OID_SUBJECT_KEY_ID, false);

	mr_der_put(b, MR_DER_OCTET_STRING, id);
	close_extension(b, e);
}

void mr_ext_put_authority_key_id(struct mr_buf *b, struct mr_bytes id)
{
	struct open_extension e = open_extension(b, MR_OID_AUTHORITY_KEY_ID, false);
	size_t at = mr_der_open(b, MR_DER_SEQUENCE);

	mr_der_put(b, MR_DER_CONTEXT | 0, id);
	mr_der_close(b, at);
	close_extension(b, e);
}

static uint8_t tag_of(uint8_t choice)
{
	bool constructed = choice == 0 || choice == 3 || choice == 4 || choice == 5;

	return (uint8_t)((constructed ? MR_DER_CONTEXT_CONSTRUCTED : MR_DER_CONTEXT) | choice);
}

void mr_ext_put_alt_names(
	struct mr_buf *b, const struct mr_alt_name *names, size_t count, bool critical)
{
	if (count == 0)
		return;
	struct open_extension e = open_extension(b, MR_OID_SUBJECT_ALT_NAME, critical);
	size_t at = mr_der_open(b, MR_DER_SEQUENCE);
	for (size_t i = 0; i < count; i++)
		mr_der_put(b, tag_of(names[i].tag), names[i].value);
	mr_der_close(b, at);
	close_extension(b, e);
}

mr_result mr_key_identifier(const struct mr_key *key, uint8_t out[static 20], struct mr_error *err)
{
	uint8_t digest[MR_SHA256_SIZE];

	MR_TRY(mr_sha256(mr_key_public_bits(key), digest, err));
	memcpy(out, digest, 20);
	return MR_OK;
}
