/* SPDX-License-Identifier: Apache-2.0 */
/* What keys do: signatures and RSA-OAEP. */
#include <openssl/rsa.h>

#include "crypto/key.h"
#include "crypto/key_internal.h"
#include "crypto/lib.h"

enum { MAX_SIGNATURE = 2048 };

/* Ed25519 hashes by itself. */
static const EVP_MD *digest_for(const struct mr_key *key, enum mr_hash hash)
{
	return mr_key_type_of(key) == MR_KEY_ED25519 ? NULL : mr_lib_md(hash);
}

enum mr_hash mr_key_default_hash(const struct mr_key *key)
{
	switch (mr_key_type_of(key)) {
	case MR_KEY_EC_P384:
		return MR_HASH_SHA384;
	case MR_KEY_EC_P521:
		return MR_HASH_SHA512;
	default:
		return MR_HASH_SHA256;
	}
}

mr_result mr_key_sign(const struct mr_key *key, enum mr_hash hash, struct mr_bytes data,
	struct mr_buf *out, struct mr_error *err)
{
	MR_AUTO(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t signature[MAX_SIGNATURE];
	size_t size = sizeof signature;

	if (!mr_key_is_private(key))
		return mr_fail(err, MR_CODE_INVALID, "not a private key");
	if (mr_key_is_external(key)) {
		uint8_t digest[MR_DIGEST_MAX];
		MR_TRY(mr_digest(hash, data, digest, err));
		return mr_key_external_sign_digest(
			key, false, hash, mr_bytes_of(digest, mr_hash_size(hash)), out, err);
	}
	if (!ctx ||
		EVP_DigestSignInit(ctx, NULL, digest_for(key, hash), NULL, mr_key_evp(key)) != 1 ||
		EVP_DigestSign(ctx, signature, &size, data.ptr, data.len) != 1)
		return mr_lib_fail(err, "signing");
	mr_buf_put(out, signature, size);
	return mr_buf_status(out, err);
}

/* `salt_len` < 0: not PSS. */
static bool verify(const struct mr_key *key, enum mr_hash hash, int salt_len, struct mr_bytes data,
	struct mr_bytes signature)
{
	MR_AUTO(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pkey_ctx = NULL; /* the digest context's */

	if (!ctx || EVP_DigestVerifyInit(
			    ctx, &pkey_ctx, digest_for(key, hash), NULL, mr_key_evp(key)) != 1)
		return false;
	if (salt_len >= 0 && (EVP_PKEY_CTX_set_rsa_padding(pkey_ctx, RSA_PKCS1_PSS_PADDING) != 1 ||
				     EVP_PKEY_CTX_set_rsa_pss_saltlen(pkey_ctx, salt_len) != 1 ||
				     EVP_PKEY_CTX_set_rsa_mgf1_md(pkey_ctx, mr_lib_md(hash)) != 1))
		return false;
	return EVP_DigestVerify(ctx, signature.ptr, signature.len, data.ptr, data.len) == 1;
}

static mr_result check(const struct mr_key *key, enum mr_hash hash, int salt_len,
	struct mr_bytes data, struct mr_bytes signature, struct mr_error *err)
{
	if (signature.len > 0 && verify(key, hash, salt_len, data, signature))
		return MR_OK;
	ERR_clear_error();
	return mr_fail(err, MR_CODE_CRYPTO, "signature is invalid");
}

mr_result mr_key_verify(const struct mr_key *key, enum mr_hash hash, struct mr_bytes data,
	struct mr_bytes signature, struct mr_error *err)
{
	return check(key, hash, -1, data, signature, err);
}

mr_result mr_key_verify_pss(const struct mr_key *key, enum mr_hash hash, size_t salt_len,
	struct mr_bytes data, struct mr_bytes signature, struct mr_error *err)
{
	if (mr_key_type_of(key) != MR_KEY_RSA || salt_len > MR_DIGEST_MAX)
		return mr_fail(err, MR_CODE_CRYPTO, "signature is invalid");
	return check(key, hash, (int)salt_len, data, signature, err);
}

static bool use_oaep(EVP_PKEY_CTX *ctx)
{
	const EVP_MD *md = mr_lib_md(MR_HASH_SHA256);

	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1;
}

mr_result mr_key_oaep_encrypt(const struct mr_key *key, struct mr_bytes plaintext,
	struct mr_buf *out, struct mr_error *err)
{
	uint8_t ciphertext[MAX_SIGNATURE];
	size_t size = sizeof ciphertext;
	size_t overhead = 2 * MR_SHA256_SIZE + 2;

	if (mr_key_type_of(key) != MR_KEY_RSA)
		return mr_fail(err, MR_CODE_INVALID, "not an RSA key");
	if (plaintext.len > (mr_key_bits(key) + 7) / 8 - overhead)
		return mr_fail(
			err, MR_CODE_INVALID, "crypto/rsa: message too long for RSA key size");
	MR_AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(mr_key_evp(key), NULL);
	if (!ctx || EVP_PKEY_encrypt_init(ctx) != 1 || !use_oaep(ctx) ||
		EVP_PKEY_encrypt(ctx, ciphertext, &size, plaintext.ptr, plaintext.len) != 1)
		return mr_lib_fail(err, "encrypting");
	mr_buf_put(out, ciphertext, size);
	return mr_buf_status(out, err);
}

mr_result mr_key_oaep_decrypt(const struct mr_key *key, struct mr_bytes ciphertext,
	struct mr_secret *ret, struct mr_error *err)
{
	MR_AUTO(secret) struct mr_secret plaintext = { NULL, 0 };
	size_t size = (mr_key_bits(key) + 7) / 8;

	if (mr_key_type_of(key) != MR_KEY_RSA || !mr_key_is_private(key))
		return mr_fail(err, MR_CODE_INVALID, "not an RSA private key");
	if (mr_key_is_external(key))
		return mr_key_external_decrypt(key, ciphertext, ret, err);
	MR_TRY(mr_secret_new(size, &plaintext, err));
	MR_AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(mr_key_evp(key), NULL);
	if (!ctx || EVP_PKEY_decrypt_init(ctx) != 1 || !use_oaep(ctx) ||
		EVP_PKEY_decrypt(ctx, plaintext.ptr, &size, ciphertext.ptr, ciphertext.len) != 1) {
		ERR_clear_error();
		return mr_fail(err, MR_CODE_CRYPTO, "crypto/rsa: decryption error");
	}
	return mr_secret_copy(mr_bytes_of(plaintext.ptr, size), ret, err);
}
