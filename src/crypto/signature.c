/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/signature.h"

#include "crypto/der.h"
#include "crypto/key_internal.h"

#define BYTES(literal)                                                                             \
	{                                                                                          \
		(const uint8_t *)(literal), sizeof(literal) - 1                                    \
	}

enum family { ECDSA, RSA_PKCS1, RSA_PSS, ED25519 };

struct algorithm {
	enum family family;
	enum mr_hash hash;
	struct mr_bytes oid;
};

/* SHA-224 and older, and DSA, are not among them: nobody in a mesh signs so. */
static const struct algorithm algorithms[] = {
	{ ECDSA, MR_HASH_SHA1, BYTES("\x2A\x86\x48\xCE\x3D\x04\x01") },
	{ ECDSA, MR_HASH_SHA256, BYTES("\x2A\x86\x48\xCE\x3D\x04\x03\x02") },
	{ ECDSA, MR_HASH_SHA384, BYTES("\x2A\x86\x48\xCE\x3D\x04\x03\x03") },
	{ ECDSA, MR_HASH_SHA512, BYTES("\x2A\x86\x48\xCE\x3D\x04\x03\x04") },
	{ RSA_PKCS1, MR_HASH_SHA1, BYTES("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x05") },
	{ RSA_PKCS1, MR_HASH_SHA256, BYTES("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B") },
	{ RSA_PKCS1, MR_HASH_SHA384, BYTES("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0C") },
	{ RSA_PKCS1, MR_HASH_SHA512, BYTES("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0D") },
	/* its hash is in the parameters */
	{ RSA_PSS, MR_HASH_SHA256, BYTES("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A") },
	{ ED25519, MR_HASH_SHA512, BYTES("\x2B\x65\x70") },
};

static const struct algorithm hashes[] = {
	{ RSA_PSS, MR_HASH_SHA256, BYTES("\x60\x86\x48\x01\x65\x03\x04\x02\x01") },
	{ RSA_PSS, MR_HASH_SHA384, BYTES("\x60\x86\x48\x01\x65\x03\x04\x02\x02") },
	{ RSA_PSS, MR_HASH_SHA512, BYTES("\x60\x86\x48\x01\x65\x03\x04\x02\x03") },
};

static const struct mr_bytes oid_mgf1 = BYTES("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x08");

static const struct algorithm *find(
	const struct algorithm *table, size_t count, struct mr_bytes oid)
{
	for (size_t i = 0; i < count; i++)
		if (mr_bytes_eq(table[i].oid, oid))
			return &table[i];
	return NULL;
}

/* RSA has NULL there, the others nothing; both are taken for both, as peers vary. */
static bool at_end_or_null(struct mr_cursor *parameters)
{
	struct mr_bytes null;

	if (mr_cursor_left(parameters) == 0)
		return true;
	return mr_der_expect(parameters, MR_DER_NULL, &null) && null.len == 0 &&
	       mr_cursor_left(parameters) == 0;
}

/* One explicitly tagged member of RSASSA-PSS-params. */
static bool enter_member(struct mr_cursor *params, uint8_t number, struct mr_cursor *ret)
{
	return mr_der_enter(params, (uint8_t)(MR_DER_CONTEXT_CONSTRUCTED | number), ret);
}

static const struct algorithm *read_hash(struct mr_cursor *member)
{
	struct mr_cursor identifier;
	struct mr_bytes oid;

	if (!mr_der_enter(member, MR_DER_SEQUENCE, &identifier) || mr_cursor_left(member) != 0 ||
		!mr_der_oid(&identifier, &oid) || !at_end_or_null(&identifier))
		return NULL;
	return find(hashes, MR_COUNT(hashes), oid);
}

/* RSASSA-PSS-params, RFC 4055, 3.1. The defaults are SHA-1, hence refused. */
static bool read_pss(struct mr_cursor *parameters, enum mr_hash *ret_hash, size_t *ret_salt)
{
	struct mr_cursor params;
	struct mr_cursor member;
	struct mr_cursor identifier;
	struct mr_bytes oid;
	uint64_t salt = 20;
	uint64_t trailer = 1;

	if (!mr_der_enter(parameters, MR_DER_SEQUENCE, &params) ||
		mr_cursor_left(parameters) != 0 || !enter_member(&params, 0, &member))
		return false;
	const struct algorithm *hash = read_hash(&member);
	if (!hash || !enter_member(&params, 1, &member) ||
		!mr_der_enter(&member, MR_DER_SEQUENCE, &identifier) ||
		!mr_der_oid(&identifier, &oid) || !mr_bytes_eq(oid, oid_mgf1) ||
		read_hash(&identifier) != hash)
		return false;
	if (mr_der_peek(&params, MR_DER_CONTEXT_CONSTRUCTED | 2) &&
		(!enter_member(&params, 2, &member) || !mr_der_u64(&member, &salt) ||
			mr_cursor_left(&member) != 0))
		return false;
	if (mr_der_peek(&params, MR_DER_CONTEXT_CONSTRUCTED | 3) &&
		(!enter_member(&params, 3, &member) || !mr_der_u64(&member, &trailer) ||
			mr_cursor_left(&member) != 0))
		return false;
	if (mr_cursor_left(&params) != 0 || trailer != 1 || salt > MR_DIGEST_MAX)
		return false;
	*ret_hash = hash->hash;
	*ret_salt = (size_t)salt;
	return true;
}

static bool fits(enum family family, enum mr_key_type type)
{
	switch (type) {
	case MR_KEY_RSA:
		return family == RSA_PKCS1 || family == RSA_PSS;
	case MR_KEY_ED25519:
		return family == ED25519;
	default:
		return family == ECDSA;
	}
}

mr_result mr_signature_check(const struct mr_key *key, struct mr_bytes algorithm,
	struct mr_bytes data, struct mr_bytes signature, bool allow_sha1, struct mr_error *err)
{
	struct mr_cursor all = mr_cursor_of(algorithm);
	const struct algorithm *known = NULL;
	struct mr_cursor parameters;
	struct mr_bytes oid;
	enum mr_hash hash;
	size_t salt;

	if (mr_der_enter(&all, MR_DER_SEQUENCE, &parameters) && mr_cursor_left(&all) == 0 &&
		mr_der_oid(&parameters, &oid))
		known = find(algorithms, MR_COUNT(algorithms), oid);
	if (!known)
		return mr_fail(err, MR_CODE_UNSUPPORTED, "x509: unknown signature algorithm");
	if (!fits(known->family, mr_key_type_of(key)))
		return mr_fail(err, MR_CODE_CRYPTO,
			"x509: signature algorithm does not fit the public key");
	if (known->family == RSA_PSS) {
		if (!read_pss(&parameters, &hash, &salt))
			return mr_fail(
				err, MR_CODE_UNSUPPORTED, "x509: unsupported RSA-PSS parameters");
		return mr_wrap(
			err, mr_key_verify_pss(key, hash, salt, data, signature, err), "x509");
	}
	if (!at_end_or_null(&parameters))
		return mr_fail(err, MR_CODE_INVALID, "x509: invalid signature algorithm");
	if (known->hash == MR_HASH_SHA1 && !allow_sha1)
		return mr_fail(err, MR_CODE_CRYPTO, "x509: insecure signature algorithm SHA-1");
	return mr_wrap(err, mr_key_verify(key, known->hash, data, signature, err), "x509");
}

static enum family family_of(enum mr_key_type type)
{
	return type == MR_KEY_RSA ? RSA_PKCS1 : type == MR_KEY_ED25519 ? ED25519 : ECDSA;
}

void mr_signature_put_algorithm(struct mr_buf *b, const struct mr_key *key, enum mr_hash hash)
{
	enum family family = family_of(mr_key_type_of(key));
	size_t at = mr_der_open(b, MR_DER_SEQUENCE);

	for (size_t i = 0; i < MR_COUNT(algorithms); i++) {
		if (algorithms[i].family != family ||
			(family != ED25519 && algorithms[i].hash != hash))
			continue;
		mr_der_put_oid(b, algorithms[i].oid);
		break;
	}
	if (family == RSA_PKCS1)
		mr_der_put(b, MR_DER_NULL, mr_bytes_of(NULL, 0));
	mr_der_close(b, at);
}
