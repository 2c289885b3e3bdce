/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys, written. Our own DER, so that it is the same with every crypto library. */
#include "base/wipe.h"
#include "crypto/der.h"
#include "crypto/key.h"
#include "crypto/key_internal.h"
#include "crypto/lib.h"

enum { MAX_PRIVATE = 64 << 10 };

static mr_result private_only(const struct mr_key *key, struct mr_error *err)
{
	return mr_key_is_private(key) && !mr_key_is_external(key)
		       ? MR_OK
		       : mr_fail(err, MR_CODE_INVALID, "not a private key");
}

mr_result mr_key_scalar(const struct mr_key *key, struct mr_secret *ret, struct mr_error *err)
{
	const struct mr_ec_curve *curve = mr_ec_curve_of(mr_key_type_of(key));
	MR_AUTO(secret) struct mr_secret scalar = { NULL, 0 };

	MR_TRY(private_only(key, err));
	if (!curve)
		return mr_fail(err, MR_CODE_INVALID, "not an elliptic curve key");
	MR_TRY(mr_secret_new(curve->field, &scalar, err));
	if (!mr_lib_ec_scalar(mr_key_evp(key), scalar.ptr, scalar.len))
		return mr_lib_fail(err, "exporting private key");
	*ret = mr_secret_move(&scalar);
	return MR_OK;
}

/* ECPrivateKey, RFC 5915, 3. */
static mr_result put_ec(
	struct mr_buf *b, const struct mr_key *key, bool with_curve, struct mr_error *err)
{
	const struct mr_ec_curve *curve = mr_ec_curve_of(mr_key_type_of(key));
	MR_AUTO(secret) struct mr_secret scalar = { NULL, 0 };
	size_t at;

	MR_TRY(mr_key_scalar(key, &scalar, err));
	size_t all = mr_der_open(b, MR_DER_SEQUENCE);
	mr_der_put_u64(b, 1);
	mr_der_put(b, MR_DER_OCTET_STRING, mr_secret_bytes(&scalar));
	if (with_curve) {
		at = mr_der_open(b, MR_DER_CONTEXT_CONSTRUCTED);
		mr_der_put_oid(b, curve->oid);
		mr_der_close(b, at);
	}
	at = mr_der_open(b, MR_DER_CONTEXT_CONSTRUCTED | 1);
	mr_der_put_bits(b, mr_key_public_bits(key), 0);
	mr_der_close(b, at);
	mr_der_close(b, all);
	return MR_OK;
}

static mr_result put_ed25519(struct mr_buf *b, const struct mr_key *key, struct mr_error *err)
{
	uint8_t seed[32];
	size_t size = sizeof seed;

	if (EVP_PKEY_get_raw_private_key(mr_key_evp(key), seed, &size) != 1)
		return mr_lib_fail(err, "exporting private key");
	mr_der_put(b, MR_DER_OCTET_STRING, mr_bytes_of(seed, size));
	mr_wipe(seed, sizeof seed);
	return MR_OK;
}

static mr_result put_rsa(struct mr_buf *b, const struct mr_key *key, struct mr_error *err)
{
	uint8_t *der = NULL;
	int len = i2d_PrivateKey(mr_key_evp(key), &der);

	if (len <= 0)
		return mr_lib_fail(err, "exporting private key");
	mr_buf_put(b, der, (size_t)len);
	mr_wipe(der, (size_t)len);
	OPENSSL_free(der);
	return MR_OK;
}

static mr_result put_inner(struct mr_buf *b, const struct mr_key *key, struct mr_error *err)
{
	switch (mr_key_type_of(key)) {
	case MR_KEY_RSA:
		return put_rsa(b, key, err);
	case MR_KEY_ED25519:
		return put_ed25519(b, key, err);
	default:
		return put_ec(b, key, false, err);
	}
}

mr_result mr_key_to_pkcs8(const struct mr_key *key, struct mr_secret *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf b = { 0 };

	mr_buf_init_secret(&b, MAX_PRIVATE);
	MR_TRY(private_only(key, err));
	size_t all = mr_der_open(&b, MR_DER_SEQUENCE);
	mr_der_put_u64(&b, 0);
	mr_key_put_algorithm(&b, mr_key_type_of(key));
	size_t at = mr_der_open(&b, MR_DER_OCTET_STRING);
	MR_TRY(put_inner(&b, key, err));
	mr_der_close(&b, at);
	mr_der_close(&b, all);
	return mr_secret_take_buf(&b, ret, err);
}

mr_result mr_key_to_sec1(const struct mr_key *key, struct mr_secret *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf b = { 0 };

	mr_buf_init_secret(&b, MAX_PRIVATE);
	MR_TRY(put_ec(&b, key, true, err));
	return mr_secret_take_buf(&b, ret, err);
}
