/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys, read. */
#include <openssl/x509.h>

#include "crypto/der.h"
#include "crypto/key.h"
#include "crypto/key_internal.h"
#include "crypto/lib.h"

enum { MAX_SPKI = 8192, RSA_MIN_BITS = 1024, RSA_MAX_BITS = 16384, RSA_MAX_EXPONENT_BYTES = 4 };

static unsigned bit_length(struct mr_bytes big_endian)
{
	unsigned top = big_endian.ptr[0];

	return top ? (unsigned)big_endian.len * 8 - (unsigned)__builtin_clz(top << 24) : 0;
}

mr_result mr_rsa_check_public(struct mr_bytes bits, struct mr_error *err)
{
	struct mr_cursor all = mr_cursor_of(bits);
	struct mr_cursor seq;
	struct mr_bytes n;
	struct mr_bytes e;

	if (!mr_der_enter(&all, MR_DER_SEQUENCE, &seq) || mr_cursor_left(&all) != 0 ||
		!mr_der_unsigned(&seq, &n) || !mr_der_unsigned(&seq, &e) ||
		mr_cursor_left(&seq) != 0)
		return mr_fail(err, MR_CODE_INVALID, "x509: invalid RSA public key");
	if (n.len > RSA_MAX_BITS / 8 || bit_length(n) < RSA_MIN_BITS)
		return mr_fail(err, MR_CODE_INVALID,
			"x509: RSA key sizes from %d to %d bits are accepted", RSA_MIN_BITS,
			RSA_MAX_BITS);
	/* A large exponent would make every verification as slow as a signature. */
	if (!(n.ptr[n.len - 1] & 1) || !(e.ptr[e.len - 1] & 1) || e.len > RSA_MAX_EXPONENT_BYTES ||
		(e.len == 1 && e.ptr[0] == 1))
		return mr_fail(err, MR_CODE_INVALID, "x509: invalid RSA modulus or exponent");
	return MR_OK;
}

/* What the library reads is exactly what was checked. */
static mr_result from_rsa(struct mr_bytes der, struct mr_cursor *parameters, struct mr_bytes bits,
	struct mr_key **ret, struct mr_error *err)
{
	struct mr_bytes null;

	if (!mr_der_expect(parameters, MR_DER_NULL, &null) || null.len != 0 ||
		mr_cursor_left(parameters) != 0)
		return mr_fail(err, MR_CODE_INVALID, "x509: RSA key missing NULL parameters");
	MR_TRY(mr_rsa_check_public(bits, err));
	const uint8_t *from = der.ptr;
	MR_AUTO(pkey) EVP_PKEY *pkey = d2i_PUBKEY(NULL, &from, (long)der.len);
	if (!pkey || from != der.ptr + der.len)
		return mr_lib_fail(err, "x509: invalid public key");
	return mr_key_wrap(pkey, MR_KEY_RSA, false, bits, ret, err);
}

static mr_result from_ec(struct mr_bytes der, struct mr_cursor *parameters, struct mr_bytes bits,
	struct mr_key **ret, struct mr_error *err)
{
	const struct mr_ec_curve *curve = NULL;
	struct mr_bytes oid;

	if (mr_der_oid(parameters, &oid) && mr_cursor_left(parameters) == 0)
		curve = mr_ec_curve_by_oid(oid);
	if (!curve)
		return mr_fail(err, MR_CODE_UNSUPPORTED, "x509: unsupported elliptic curve");
	if (bits.len != 1 + 2 * curve->field || bits.ptr[0] != 4)
		return mr_fail(
			err, MR_CODE_INVALID, "x509: failed to unmarshal elliptic curve point");
	MR_AUTO(pkey) EVP_PKEY *pkey = mr_lib_ec_public(curve->nid, bits, der);
	if (!pkey)
		return mr_lib_fail(err, "x509: invalid public key");
	return mr_key_wrap(pkey, curve->type, false, bits, ret, err);
}

static mr_result from_ed25519(struct mr_cursor *parameters, struct mr_bytes bits,
	struct mr_key **ret, struct mr_error *err)
{
	if (mr_cursor_left(parameters) != 0)
		return mr_fail(
			err, MR_CODE_INVALID, "x509: Ed25519 key encoded with illegal parameters");
	if (bits.len != 32)
		return mr_fail(err, MR_CODE_INVALID, "x509: wrong Ed25519 public key size");
	MR_AUTO(pkey)
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bits.ptr, bits.len);
	if (!pkey)
		return mr_lib_fail(err, "x509: invalid public key");
	return mr_key_wrap(pkey, MR_KEY_ED25519, false, bits, ret, err);
}

/*
 * SubjectPublicKeyInfo, RFC 5280, 4.1: SEQUENCE { SEQUENCE { algorithm OID, parameters ANY }, BIT
 * STRING }. Only the form that we would write ourselves is taken, so that the bytes of a key can be
 * compared: named curves, uncompressed points, NULL for RSA, nothing for Ed25519.
 */
mr_result mr_key_from_spki(struct mr_bytes der, struct mr_key **ret, struct mr_error *err)
{
	struct mr_cursor all = mr_cursor_of(der);
	struct mr_cursor seq;
	struct mr_cursor parameters;
	struct mr_bytes oid;
	struct mr_bytes bits;

	if (der.len > MAX_SPKI)
		return mr_fail(err, MR_CODE_LIMIT, "x509: public key too large");
	if (!mr_der_enter(&all, MR_DER_SEQUENCE, &seq) || mr_cursor_left(&all) != 0 ||
		!mr_der_enter(&seq, MR_DER_SEQUENCE, &parameters) ||
		!mr_der_oid(&parameters, &oid) || !mr_der_bits(&seq, &bits) ||
		mr_cursor_left(&seq) != 0)
		return mr_fail(err, MR_CODE_INVALID, "x509: failed to parse public key");
	if (mr_bytes_eq(oid, MR_OID_RSA_ENCRYPTION))
		return from_rsa(der, &parameters, bits, ret, err);
	if (mr_bytes_eq(oid, MR_OID_EC_PUBLIC_KEY))
		return from_ec(der, &parameters, bits, ret, err);
	if (mr_bytes_eq(oid, MR_OID_ED25519))
		return from_ed25519(&parameters, bits, ret, err);
	return mr_fail(err, MR_CODE_UNSUPPORTED, "x509: unknown public key algorithm");
}
