/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "crypto/der.h"
#include "crypto/key_internal.h"
#include "crypto/lib.h"

enum { RSA_MIN_BITS = 1024, RSA_MAX_BITS = 16384, RSA_STEP = 128, MAX_SPKI = 8192 };

struct mr_key {
	atomic_uint references;
	enum mr_key_type type;
	unsigned bits;
	bool is_private;
	const struct mr_key_external *external; /* NULL: all of the key is here */
	void *context;
	EVP_PKEY *pkey;
	size_t public_at; /* the BIT STRING's content in spki goes from here to its end */
	size_t spki_len;
	uint8_t spki[];
};

#define BYTES(literal)                                                                             \
	{                                                                                          \
		(const uint8_t *)(literal), sizeof(literal) - 1                                    \
	}

const struct mr_bytes MR_OID_EC_PUBLIC_KEY = BYTES("\x2A\x86\x48\xCE\x3D\x02\x01");
const struct mr_bytes MR_OID_RSA_ENCRYPTION = BYTES("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01");
const struct mr_bytes MR_OID_ED25519 = BYTES("\x2B\x65\x70");

void mr_key_put_algorithm(struct mr_buf *b, enum mr_key_type type)
{
	const struct mr_ec_curve *curve = mr_ec_curve_of(type);
	size_t at = mr_der_open(b, MR_DER_SEQUENCE);

	if (curve) {
		mr_der_put_oid(b, MR_OID_EC_PUBLIC_KEY);
		mr_der_put_oid(b, curve->oid);
	} else if (type == MR_KEY_RSA) {
		mr_der_put_oid(b, MR_OID_RSA_ENCRYPTION);
		mr_der_put(b, MR_DER_NULL, mr_bytes_of(NULL, 0));
	} else {
		mr_der_put_oid(b, MR_OID_ED25519);
	}
	mr_der_close(b, at);
}

static unsigned bits_of(const EVP_PKEY *pkey, enum mr_key_type type)
{
	const struct mr_ec_curve *curve = mr_ec_curve_of(type);

	if (curve)
		return curve->bits;
	return type == MR_KEY_RSA ? (unsigned)EVP_PKEY_bits(pkey) : 256;
}

mr_result mr_key_wrap(EVP_PKEY *pkey, enum mr_key_type type, bool is_private,
	struct mr_bytes public_bits, struct mr_key **ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf spki = { 0 };

	mr_buf_init(&spki, MAX_SPKI);
	size_t at = mr_der_open(&spki, MR_DER_SEQUENCE);
	mr_key_put_algorithm(&spki, type);
	mr_der_put_bits(&spki, public_bits, 0);
	mr_der_close(&spki, at);
	MR_TRY(mr_buf_status(&spki, err));

	struct mr_key *key = malloc(sizeof *key + spki.len);
	if (!key)
		return mr_fail_nomem(err);
	if (EVP_PKEY_up_ref(pkey) != 1) {
		free(key);
		return mr_lib_fail(err, "sharing key");
	}
	atomic_init(&key->references, 1);
	key->type = type;
	key->bits = bits_of(pkey, type);
	key->is_private = is_private;
	key->external = NULL;
	key->context = NULL;
	key->pkey = pkey;
	key->spki_len = spki.len;
	key->public_at = spki.len - public_bits.len;
	memcpy(key->spki, spki.data, spki.len);
	*ret = key;
	return MR_OK;
}

bool mr_key_put_public_bits(const EVP_PKEY *pkey, enum mr_key_type type, struct mr_buf *out)
{
	const struct mr_ec_curve *curve = mr_ec_curve_of(type);
	uint8_t raw[MR_EC_MAX_POINT];
	size_t size = curve ? 1 + 2 * curve->field : 32;

	if (type == MR_KEY_RSA) {
		uint8_t *der = NULL;
		int len = i2d_PublicKey(pkey, &der);

		if (len > 0)
			mr_buf_put(out, der, (size_t)len);
		OPENSSL_free(der);
		return len > 0;
	}
	if (curve ? !mr_lib_ec_point(pkey, raw, size)
		  : EVP_PKEY_get_raw_public_key(pkey, raw, &size) != 1)
		return false;
	mr_buf_put(out, raw, size);
	return true;
}

static mr_result check_rsa_bits(unsigned bits, struct mr_error *err)
{
	if (bits < RSA_MIN_BITS)
		return mr_fail(err, MR_CODE_INVALID,
			"crypto/rsa: %u-bit keys are insecure (see "
			"https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)",
			bits);
	if (bits > RSA_MAX_BITS)
		return mr_fail(err, MR_CODE_LIMIT, "crypto/rsa: keys above %d bits are not made",
			RSA_MAX_BITS);
	return MR_OK;
}

static bool configure(EVP_PKEY_CTX *ctx, const struct mr_ec_curve *curve, enum mr_key_type type,
	unsigned rsa_bits)
{
	if (curve)
		return EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, curve->nid) == 1;
	if (type == MR_KEY_RSA)
		return EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)rsa_bits) == 1;
	return true;
}

static mr_result generate_by_library(
	enum mr_key_type type, unsigned rsa_bits, struct mr_key **ret, struct mr_error *err)
{
	const struct mr_ec_curve *curve = mr_ec_curve_of(type);
	MR_AUTO(pkey) EVP_PKEY *pkey = NULL;
	MR_AUTO(buf) struct mr_buf public_bits = { 0 };

	mr_buf_init(&public_bits, MAX_SPKI);
	int id = curve ? EVP_PKEY_EC : type == MR_KEY_RSA ? EVP_PKEY_RSA : EVP_PKEY_ED25519;
	MR_AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(id, NULL);
	if (!ctx || EVP_PKEY_keygen_init(ctx) != 1 || !configure(ctx, curve, type, rsa_bits) ||
		EVP_PKEY_keygen(ctx, &pkey) != 1 ||
		!mr_key_put_public_bits(pkey, type, &public_bits))
		return mr_lib_fail(err, "generating key");
	MR_TRY(mr_buf_status(&public_bits, err));
	return mr_key_wrap(pkey, type, true, mr_buf_bytes(&public_bits), ret, err);
}

mr_result mr_key_generate(
	enum mr_key_type type, unsigned rsa_bits, struct mr_key **ret, struct mr_error *err)
{
	MR_AUTO(secret) struct mr_secret pkcs1 = { NULL, 0 };

	if (type != MR_KEY_RSA)
		return generate_by_library(type, 0, ret, err);
	MR_TRY(check_rsa_bits(rsa_bits, err));
	/* The libraries round other sizes down, one to a multiple of 128, the other to an even
	 * one. */
	if (rsa_bits % RSA_STEP == 0)
		return generate_by_library(type, rsa_bits, ret, err);
	MR_TRY(mr_rsa_generate_pkcs1(rsa_bits, &pkcs1, err));
	return mr_key_from_pkcs1(mr_secret_bytes(&pkcs1), ret, err);
}

struct mr_key *mr_key_ref(struct mr_key *key)
{
	atomic_fetch_add_explicit(&key->references, 1, memory_order_relaxed);
	return key;
}

void mr_key_unref(struct mr_key *key)
{
	if (!key || atomic_fetch_sub_explicit(&key->references, 1, memory_order_acq_rel) != 1)
		return;
	EVP_PKEY_free(key->pkey);
	if (key->external)
		key->external->release(key->context);
	free(key);
}

/* --- keys that are elsewhere --- */

mr_result mr_key_from_external(const struct mr_key *public_key,
	const struct mr_key_external *external, void *context, struct mr_key **ret,
	struct mr_error *err)
{
	struct mr_key *key = NULL;
	mr_result r = public_key->type == MR_KEY_ED25519
			      ? mr_fail(err, MR_CODE_UNSUPPORTED, "not an RSA or ECDSA key")
			      : mr_key_wrap(public_key->pkey, public_key->type, true,
					mr_key_public_bits(public_key), &key, err);

	if (!key) {
		external->release(context);
		return r;
	}
	key->external = external;
	key->context = context;
	EVP_PKEY *own = mr_key_external_evp(key->pkey, key);
	if (!own) {
		mr_key_unref(key);
		return mr_lib_fail(err, "using an external key");
	}
	EVP_PKEY_free(key->pkey);
	key->pkey = own;
	*ret = key;
	return MR_OK;
}

bool mr_key_is_external(const struct mr_key *key)
{
	return key->external != NULL;
}

mr_result mr_key_external_sign(const struct mr_key *key, enum mr_key_scheme scheme,
	enum mr_hash hash, struct mr_bytes input, struct mr_buf *out, struct mr_error *err)
{
	return key->external->sign(key->context, scheme, hash, input, out, err);
}

mr_result mr_key_external_decrypt(const struct mr_key *key, struct mr_bytes ciphertext,
	struct mr_secret *ret, struct mr_error *err)
{
	return key->external->decrypt(key->context, ciphertext, ret, err);
}

enum mr_key_type mr_key_type_of(const struct mr_key *key)
{
	return key->type;
}

unsigned mr_key_bits(const struct mr_key *key)
{
	return key->bits;
}

bool mr_key_is_private(const struct mr_key *key)
{
	return key->is_private;
}

bool mr_key_same_public(const struct mr_key *a, const struct mr_key *b)
{
	return mr_bytes_eq(mr_key_spki(a), mr_key_spki(b));
}

struct mr_bytes mr_key_spki(const struct mr_key *key)
{
	return mr_bytes_of(key->spki, key->spki_len);
}

struct mr_bytes mr_key_public_bits(const struct mr_key *key)
{
	return mr_bytes_of(key->spki + key->public_at, key->spki_len - key->public_at);
}

EVP_PKEY *mr_key_evp(const struct mr_key *key)
{
	return key->pkey;
}
