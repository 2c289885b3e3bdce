/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of keys that are elsewhere, in the forms that X.509 and TLS want. */
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

#include "crypto/der.h"
#include "crypto/key_internal.h"
#include "crypto/lib.h"

enum { DIGEST_INFO_MAX = 128, SIGNATURE_MAX = 2048 };

#define BYTES(literal)                                                                             \
	{                                                                                          \
		(const uint8_t *)(literal), sizeof(literal) - 1                                    \
	}

/* id-sha1, id-sha256, id-sha384, id-sha512 (RFC 8017, B.1) */
static const struct mr_bytes digest_oids[] = {
	[MR_HASH_SHA1] = BYTES("\x2B\x0E\x03\x02\x1A"),
	[MR_HASH_SHA256] = BYTES("\x60\x86\x48\x01\x65\x03\x04\x02\x01"),
	[MR_HASH_SHA384] = BYTES("\x60\x86\x48\x01\x65\x03\x04\x02\x02"),
	[MR_HASH_SHA512] = BYTES("\x60\x86\x48\x01\x65\x03\x04\x02\x03"),
};

static mr_result sign_pkcs1(const struct mr_key *key, enum mr_hash hash, struct mr_bytes digest,
	struct mr_buf *out, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf info = { 0 };

	mr_buf_init(&info, DIGEST_INFO_MAX);
	size_t at = mr_der_open(&info, MR_DER_SEQUENCE);
	size_t algorithm = mr_der_open(&info, MR_DER_SEQUENCE);
	mr_der_put_oid(&info, digest_oids[hash]);
	mr_der_put(&info, MR_DER_NULL, mr_bytes_of(NULL, 0));
	mr_der_close(&info, algorithm);
	mr_der_put(&info, MR_DER_OCTET_STRING, digest);
	mr_der_close(&info, at);
	MR_TRY(mr_buf_status(&info, err));
	return mr_key_external_sign(key, MR_SCHEME_RSA_PKCS1, hash, mr_buf_bytes(&info), out, err);
}

/* r and s, one behind the other, as SEQUENCE { r, s }. */
static mr_result put_ecdsa(struct mr_bytes pair, struct mr_buf *out, struct mr_error *err)
{
	if (pair.len == 0 || pair.len % 2 != 0 || pair.len > 2 * MR_EC_MAX_FIELD)
		return mr_fail(err, MR_CODE_CRYPTO, "the token's signature is malformed");
	size_t half = pair.len / 2;
	size_t at = mr_der_open(out, MR_DER_SEQUENCE);
	mr_der_put_unsigned(out, mr_bytes_of(pair.ptr, half));
	mr_der_put_unsigned(out, mr_bytes_of(pair.ptr + half, half));
	mr_der_close(out, at);
	return mr_buf_status(out, err);
}

static mr_result sign_ecdsa(const struct mr_key *key, enum mr_hash hash, struct mr_bytes digest,
	struct mr_buf *out, struct mr_error *err)
{
	const struct mr_ec_curve *curve = mr_ec_curve_of(mr_key_type_of(key));
	MR_AUTO(buf) struct mr_buf pair = { 0 };

	/* only the leftmost bits count (FIPS 186-4, 6.4), and tokens take no more */
	if (curve && digest.len > curve->field)
		digest.len = curve->field;
	mr_buf_init(&pair, SIGNATURE_MAX);
	MR_TRY(mr_key_external_sign(key, MR_SCHEME_ECDSA, hash, digest, &pair, err));
	return put_ecdsa(mr_buf_bytes(&pair), out, err);
}

mr_result mr_key_external_sign_digest(const struct mr_key *key, bool pss, enum mr_hash hash,
	struct mr_bytes digest, struct mr_buf *out, struct mr_error *err)
{
	if (mr_key_type_of(key) != MR_KEY_RSA)
		return sign_ecdsa(key, hash, digest, out, err);
	if (pss)
		return mr_key_external_sign(key, MR_SCHEME_RSA_PSS, hash, digest, out, err);
	return sign_pkcs1(key, hash, digest, out, err);
}

#ifdef OPENSSL_IS_AWSLC
/* Its TLS has a method for this (net/tls_external.c). */
EVP_PKEY *mr_key_external_evp(EVP_PKEY *public_half, struct mr_key *key)
{
	(void)key;
	return EVP_PKEY_up_ref(public_half) == 1 ? public_half : NULL;
}
#else
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static int rsa_index = -1, ec_index = -1;
static RSA_METHOD *rsa_method;
static EC_KEY_METHOD *ec_method;

static int rsa_private(int len, const unsigned char *from, unsigned char *to, RSA *rsa, int padding)
{
	const struct mr_key *key = RSA_get_ex_data(rsa, rsa_index);
	MR_AUTO(buf) struct mr_buf signature = { 0 };
	struct mr_error err;

	mr_buf_init(&signature, SIGNATURE_MAX);
	if (len < 0 || (padding != RSA_PKCS1_PADDING && padding != RSA_NO_PADDING) ||
		mr_failed(mr_key_external_sign(key,
			padding == RSA_NO_PADDING ? MR_SCHEME_RSA_RAW : MR_SCHEME_RSA_PKCS1,
			MR_HASH_SHA256, mr_bytes_of(from, (size_t)len), &signature, &err)) ||
		signature.len != (size_t)RSA_size(rsa))
		return -1;
	memcpy(to, signature.data, signature.len);
	return (int)signature.len;
}

static int ec_sign(int type, const unsigned char *digest, int len, unsigned char *to,
	unsigned int *to_len, const BIGNUM *kinv, const BIGNUM *r, EC_KEY *ec)
{
	const struct mr_key *key = EC_KEY_get_ex_data(ec, ec_index);
	MR_AUTO(buf) struct mr_buf signature = { 0 };
	struct mr_error err;

	(void)type;
	(void)kinv;
	(void)r;
	mr_buf_init(&signature, SIGNATURE_MAX);
	if (len < 0 ||
		mr_failed(sign_ecdsa(
			key, MR_HASH_SHA256, mr_bytes_of(digest, (size_t)len), &signature, &err)) ||
		signature.len > (size_t)ECDSA_size(ec))
		return 0;
	memcpy(to, signature.data, signature.len);
	*to_len = (unsigned)signature.len;
	return 1;
}

static bool make_methods(void)
{
	if (rsa_method)
		return true;
	rsa_index = RSA_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	ec_index = EC_KEY_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	rsa_method = RSA_meth_dup(RSA_PKCS1_OpenSSL());
	ec_method = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
	if (rsa_index < 0 || ec_index < 0 || !rsa_method || !ec_method ||
		RSA_meth_set_priv_enc(rsa_method, rsa_private) != 1)
		return false;
	EC_KEY_METHOD_set_sign(ec_method, ec_sign, NULL, NULL);
	return true;
}

static EVP_PKEY *wrap_rsa(const EVP_PKEY *public_half, struct mr_key *key)
{
	const RSA *from = EVP_PKEY_get0_RSA(public_half);
	RSA *rsa = from ? RSAPublicKey_dup(from) : NULL;
	EVP_PKEY *pkey = EVP_PKEY_new();

	if (!rsa || !pkey || RSA_set_method(rsa, rsa_method) != 1 ||
		RSA_set_ex_data(rsa, rsa_index, key) != 1 || EVP_PKEY_assign_RSA(pkey, rsa) != 1) {
		RSA_free(rsa);
		EVP_PKEY_free(pkey);
		return NULL;
	}
	return pkey;
}

static EVP_PKEY *wrap_ec(const EVP_PKEY *public_half, struct mr_key *key)
{
	const EC_KEY *from = EVP_PKEY_get0_EC_KEY(public_half);
	EC_KEY *ec = from ? EC_KEY_dup(from) : NULL;
	EVP_PKEY *pkey = EVP_PKEY_new();

	if (!ec || !pkey || EC_KEY_set_method(ec, ec_method) != 1 ||
		EC_KEY_set_ex_data(ec, ec_index, key) != 1 ||
		EVP_PKEY_assign_EC_KEY(pkey, ec) != 1) {
		EC_KEY_free(ec);
		EVP_PKEY_free(pkey);
		return NULL;
	}
	return pkey;
}

EVP_PKEY *mr_key_external_evp(EVP_PKEY *public_half, struct mr_key *key)
{
	if (!make_methods())
		return NULL;
	return mr_key_type_of(key) == MR_KEY_RSA ? wrap_rsa(public_half, key)
						 : wrap_ec(public_half, key);
}
#endif
