/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/lib.h"

#include <openssl/bn.h>
#include <pthread.h>

#include "crypto/key_internal.h"

#ifdef OPENSSL_IS_AWSLC
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/x509.h>
#else
#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <stdio.h>
#endif

mr_result mr_lib_fail(struct mr_error *err, const char *what)
{
	bool told = ERR_peek_last_error() != 0;
	const char *reason = told ? ERR_reason_error_string(ERR_peek_last_error()) : NULL;

	ERR_clear_error();
	if (!reason)
		return mr_fail(err, MR_CODE_CRYPTO, "%s", what);
	return mr_fail(err, MR_CODE_CRYPTO, "%s: %s", what, reason);
}

static const EVP_MD *static_md(enum mr_hash hash)
{
	switch (hash) {
	case MR_HASH_SHA1:
		return EVP_sha1();
	case MR_HASH_SHA256:
		return EVP_sha256();
	case MR_HASH_SHA384:
		return EVP_sha384();
	case MR_HASH_SHA512:
		return EVP_sha512();
	}
	return NULL;
}

#ifdef OPENSSL_IS_AWSLC

const EVP_MD *mr_lib_md(enum mr_hash hash)
{
	return static_md(hash);
}

bool mr_lib_ec_scalar(const EVP_PKEY *pkey, uint8_t *out, size_t size)
{
	const EC_KEY *ec = EVP_PKEY_get0_EC_KEY(pkey);
	const BIGNUM *scalar = ec ? EC_KEY_get0_private_key(ec) : NULL;

	return scalar && BN_bn2bin_padded(out, size, scalar);
}

bool mr_lib_ec_point(const EVP_PKEY *pkey, uint8_t *out, size_t size)
{
	const EC_KEY *ec = EVP_PKEY_get0_EC_KEY(pkey);
	const EC_GROUP *group = ec ? EC_KEY_get0_group(ec) : NULL;
	const EC_POINT *point = ec ? EC_KEY_get0_public_key(ec) : NULL;

	return group && point &&
	       EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out, size, NULL) ==
		       size;
}

EVP_PKEY *mr_lib_ec_public(int nid, struct mr_bytes point, struct mr_bytes spki)
{
	const uint8_t *from = spki.ptr;

	(void)nid;
	(void)point;
	return d2i_PUBKEY(NULL, &from, (long)spki.len);
}

#else

static EVP_MD *fetched[MR_HASH_SHA512 + 1];
static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;

static void fetch_digests(void)
{
	static const char *const names[] = { "SHA1", "SHA256", "SHA384", "SHA512" };

	for (size_t i = 0; i < MR_COUNT(names); i++)
		fetched[i] = EVP_MD_fetch(NULL, names[i], NULL);
}

const EVP_MD *mr_lib_md(enum mr_hash hash)
{
	(void)pthread_once(&fetch_once, fetch_digests);
	if ((size_t)hash < MR_COUNT(fetched) && fetched[hash])
		return fetched[hash];
	/* Fetched anew at every use, but it works. */
	return static_md(hash);
}

bool mr_lib_ec_scalar(const EVP_PKEY *pkey, uint8_t *out, size_t size)
{
	BIGNUM *scalar = NULL;
	bool good = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) &&
		    BN_bn2binpad(scalar, out, (int)size) == (int)size;

	BN_clear_free(scalar);
	return good;
}

bool mr_lib_ec_point(const EVP_PKEY *pkey, uint8_t *out, size_t size)
{
	size_t len = 0;

	return EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, out, size, &len) &&
	       len == size;
}

/* Six times as fast as decoding SubjectPublicKeyInfo. */
EVP_PKEY *mr_lib_ec_public(int nid, struct mr_bytes point, struct mr_bytes spki)
{
	MR_AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pkey = NULL;
	uint8_t public_key[MR_EC_MAX_POINT]; /* parameters are not const */
	char group[32];

	(void)spki;
	if (point.len > sizeof public_key)
		return NULL;
	memcpy(public_key, point.ptr, point.len);
	(void)snprintf(group, sizeof group, "%s", OBJ_nid2sn(nid));
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, public_key, point.len),
		OSSL_PARAM_construct_end(),
	};
	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return NULL;
	return pkey;
}

#endif
