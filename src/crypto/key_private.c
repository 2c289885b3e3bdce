/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys, read. */
#include "crypto/der.h"
#include "crypto/key.h"
#include "crypto/key_internal.h"
#include "crypto/lib.h"

enum { MAX_PRIVATE = 64 << 10, MAX_PUBLIC = 8192 };

/* 0 < scalar < order, without telling by the time where they differ. */
static bool scalar_in_range(const uint8_t *scalar, const struct mr_ec_curve *curve)
{
	unsigned borrow = 0;
	uint8_t any = 0;

	for (size_t i = curve->field; i > 0; i--) {
		unsigned difference = (unsigned)scalar[i - 1] - curve->order[i - 1] - borrow;

		borrow = difference >> 8 & 1;
		any = (uint8_t)(any | scalar[i - 1]);
	}
	return borrow == 1 && any != 0;
}

/* Without the public point: the library computes it, so that the two halves cannot disagree. */
static void put_sec1(struct mr_buf *b, const struct mr_ec_curve *curve, const uint8_t *scalar)
{
	size_t all = mr_der_open(b, MR_DER_SEQUENCE);

	mr_der_put_u64(b, 1);
	mr_der_put(b, MR_DER_OCTET_STRING, mr_bytes_of(scalar, curve->field));
	size_t at = mr_der_open(b, MR_DER_CONTEXT_CONSTRUCTED);
	mr_der_put_oid(b, curve->oid);
	mr_der_close(b, at);
	mr_der_close(b, all);
}

static mr_result from_scalar(const struct mr_ec_curve *curve, const uint8_t *scalar,
	struct mr_bytes claimed_point, struct mr_key **ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf sec1 = { 0 };
	uint8_t point[MR_EC_MAX_POINT];
	size_t size = 1 + 2 * curve->field;

	mr_buf_init_secret(&sec1, MAX_PRIVATE);
	if (!scalar_in_range(scalar, curve))
		return mr_fail(
			err, MR_CODE_INVALID, "x509: invalid elliptic curve private key value");
	put_sec1(&sec1, curve, scalar);
	MR_TRY(mr_buf_status(&sec1, err));
	const uint8_t *der = sec1.data;
	MR_AUTO(pkey) EVP_PKEY *pkey = d2i_PrivateKey(EVP_PKEY_EC, NULL, &der, (long)sec1.len);
	if (!pkey || !mr_lib_ec_point(pkey, point, size))
		return mr_lib_fail(err, "x509: failed to parse EC private key");
	if (claimed_point.len && !mr_bytes_eq(claimed_point, mr_bytes_of(point, size)))
		return mr_fail(
			err, MR_CODE_INVALID, "x509: public key of EC private key does not match");
	return mr_key_wrap(pkey, curve->type, true, mr_bytes_of(point, size), ret, err);
}

struct ec_fields {
	struct mr_bytes scalar;
	struct mr_bytes curve_oid; /* empty if absent */
	struct mr_bytes point;     /* empty if absent */
};

/*
 * ECPrivateKey, RFC 5915, 3:
 *
 *   SEQUENCE { version INTEGER { 1 }, privateKey OCTET STRING,
 *              parameters [0] EXPLICIT OID OPTIONAL, publicKey [1] EXPLICIT BIT STRING OPTIONAL }
 */
static bool read_ec_fields(struct mr_bytes der, struct ec_fields *f)
{
	struct mr_cursor all = mr_cursor_of(der);
	struct mr_cursor seq;
	struct mr_cursor inner;
	uint64_t version;

	if (!mr_der_enter(&all, MR_DER_SEQUENCE, &seq) || mr_cursor_left(&all) != 0)
		return false;
	if (!mr_der_u64(&seq, &version) || version != 1 ||
		!mr_der_expect(&seq, MR_DER_OCTET_STRING, &f->scalar))
		return false;
	if (mr_der_peek(&seq, MR_DER_CONTEXT_CONSTRUCTED) &&
		(!mr_der_enter(&seq, MR_DER_CONTEXT_CONSTRUCTED, &inner) ||
			!mr_der_oid(&inner, &f->curve_oid) || mr_cursor_left(&inner) != 0))
		return false;
	if (mr_der_peek(&seq, MR_DER_CONTEXT_CONSTRUCTED | 1) &&
		(!mr_der_enter(&seq, MR_DER_CONTEXT_CONSTRUCTED | 1, &inner) ||
			!mr_der_bits(&inner, &f->point) || mr_cursor_left(&inner) != 0))
		return false;
	return mr_cursor_left(&seq) == 0;
}

/* Some writers drop leading zeros of the scalar, some add more. */
static bool pad_scalar(struct mr_bytes scalar, size_t field, struct mr_secret *out)
{
	while (scalar.len > field) {
		if (scalar.ptr[0] != 0)
			return false;
		scalar = mr_bytes_of(scalar.ptr + 1, scalar.len - 1);
	}
	if (scalar.len)
		memcpy(out->ptr + field - scalar.len, scalar.ptr, scalar.len);
	return true;
}

/* The curve may be named inside, around, or in both places alike. `outer` is that of a PKCS#8
 * wrapping, or NULL. */
static mr_result from_ec(struct mr_bytes der, const struct mr_ec_curve *outer, struct mr_key **ret,
	struct mr_error *err)
{
	MR_AUTO(secret) struct mr_secret scalar = { NULL, 0 };
	struct ec_fields f = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };

	if (!read_ec_fields(der, &f))
		return mr_fail(err, MR_CODE_INVALID, "x509: failed to parse EC private key");
	const struct mr_ec_curve *curve = f.curve_oid.len ? mr_ec_curve_by_oid(f.curve_oid) : outer;
	if (!curve || (outer && curve != outer))
		return mr_fail(err, MR_CODE_INVALID, "x509: unknown elliptic curve");
	MR_TRY(mr_secret_new(curve->field, &scalar, err));
	if (!pad_scalar(f.scalar, curve->field, &scalar))
		return mr_fail(err, MR_CODE_INVALID, "x509: invalid private key length");
	return from_scalar(curve, scalar.ptr, f.point, ret, err);
}

/* RSAPrivateKey, RFC 8017, A.1.2. The public half is checked as a public key is. */
static mr_result from_rsa(struct mr_bytes der, struct mr_key **ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf public_bits = { 0 };
	struct mr_cursor all = mr_cursor_of(der);
	struct mr_cursor seq;
	struct mr_bytes n;
	struct mr_bytes e;
	uint64_t version;

	mr_buf_init(&public_bits, MAX_PUBLIC);
	if (!mr_der_enter(&all, MR_DER_SEQUENCE, &seq) || mr_cursor_left(&all) != 0 ||
		!mr_der_u64(&seq, &version) || version != 0 || !mr_der_unsigned(&seq, &n) ||
		!mr_der_unsigned(&seq, &e))
		return mr_fail(err, MR_CODE_INVALID, "x509: failed to parse RSA private key");
	size_t at = mr_der_open(&public_bits, MR_DER_SEQUENCE);
	mr_der_put_unsigned(&public_bits, n);
	mr_der_put_unsigned(&public_bits, e);
	mr_der_close(&public_bits, at);
	MR_TRY(mr_buf_status(&public_bits, err));
	MR_TRY(mr_rsa_check_public(mr_buf_bytes(&public_bits), err));

	const uint8_t *from = der.ptr;
	MR_AUTO(pkey) EVP_PKEY *pkey = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &from, (long)der.len);
	if (!pkey || from != der.ptr + der.len)
		return mr_lib_fail(err, "x509: failed to parse RSA private key");
	return mr_key_wrap(pkey, MR_KEY_RSA, true, mr_buf_bytes(&public_bits), ret, err);
}

/* CurvePrivateKey, RFC 8410, 7. */
static mr_result from_ed25519(struct mr_bytes der, struct mr_key **ret, struct mr_error *err)
{
	struct mr_cursor all = mr_cursor_of(der);
	uint8_t public_bits[32];
	size_t size = sizeof public_bits;
	struct mr_bytes seed;

	if (!mr_der_expect(&all, MR_DER_OCTET_STRING, &seed) || mr_cursor_left(&all) != 0 ||
		seed.len != 32)
		return mr_fail(err, MR_CODE_INVALID, "x509: invalid Ed25519 private key");
	MR_AUTO(pkey)
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed.ptr, seed.len);
	if (!pkey || EVP_PKEY_get_raw_public_key(pkey, public_bits, &size) != 1)
		return mr_lib_fail(err, "x509: invalid Ed25519 private key");
	return mr_key_wrap(pkey, MR_KEY_ED25519, true, mr_bytes_of(public_bits, size), ret, err);
}

/*
 * PrivateKeyInfo, RFC 5208; also OneAsymmetricKey of RFC 5958, whose attributes and public key are
 * not looked at:
 *
 *   SEQUENCE { version INTEGER, SEQUENCE { algorithm OID, parameters ANY }, OCTET STRING,
 *              attributes [0] OPTIONAL, publicKey [1] OPTIONAL }
 */
static bool read_pkcs8(struct mr_bytes der, struct mr_bytes *algorithm,
	struct mr_cursor *parameters, struct mr_bytes *key)
{
	struct mr_cursor all = mr_cursor_of(der);
	struct mr_cursor seq;
	uint64_t version;

	if (!mr_der_enter(&all, MR_DER_SEQUENCE, &seq) || mr_cursor_left(&all) != 0 ||
		!mr_der_u64(&seq, &version) || version > 1 ||
		!mr_der_enter(&seq, MR_DER_SEQUENCE, parameters) ||
		!mr_der_oid(parameters, algorithm) ||
		!mr_der_expect(&seq, MR_DER_OCTET_STRING, key))
		return false;
	while (mr_cursor_left(&seq) > 0) {
		struct mr_bytes ignored;
		uint8_t tag;

		if (!mr_der_next(&seq, &tag, &ignored, NULL) || !(tag & MR_DER_CONTEXT))
			return false;
	}
	return true;
}

mr_result mr_key_from_pkcs8(struct mr_bytes der, struct mr_key **ret, struct mr_error *err)
{
	struct mr_bytes algorithm;
	struct mr_cursor parameters;
	struct mr_bytes curve_oid;
	struct mr_bytes key;

	if (der.len > MAX_PRIVATE)
		return mr_fail(err, MR_CODE_LIMIT, "x509: private key too large");
	if (!read_pkcs8(der, &algorithm, &parameters, &key))
		return mr_fail(err, MR_CODE_INVALID, "x509: failed to parse private key");
	if (mr_bytes_eq(algorithm, MR_OID_RSA_ENCRYPTION))
		return from_rsa(key, ret, err);
	if (mr_bytes_eq(algorithm, MR_OID_ED25519))
		return from_ed25519(key, ret, err);
	if (!mr_bytes_eq(algorithm, MR_OID_EC_PUBLIC_KEY))
		return mr_fail(err, MR_CODE_UNSUPPORTED,
			"x509: PKCS#8 wrapping contained private key with unknown algorithm");
	const struct mr_ec_curve *curve = NULL;
	if (mr_der_oid(&parameters, &curve_oid) && mr_cursor_left(&parameters) == 0)
		curve = mr_ec_curve_by_oid(curve_oid);
	if (!curve)
		return mr_fail(err, MR_CODE_UNSUPPORTED, "x509: unknown elliptic curve");
	return from_ec(key, curve, ret, err);
}

mr_result mr_key_from_sec1(struct mr_bytes der, struct mr_key **ret, struct mr_error *err)
{
	if (der.len > MAX_PRIVATE)
		return mr_fail(err, MR_CODE_LIMIT, "x509: private key too large");
	return from_ec(der, NULL, ret, err);
}

mr_result mr_key_from_pkcs1(struct mr_bytes der, struct mr_key **ret, struct mr_error *err)
{
	if (der.len > MAX_PRIVATE)
		return mr_fail(err, MR_CODE_LIMIT, "x509: private key too large");
	return from_rsa(der, ret, err);
}
