/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aead.h"

#include <limits.h>

#include "crypto/lib.h"
#include "crypto/random.h"

enum { TAG_SIZE = 16 };

static mr_result cipher_of(struct mr_bytes key, const EVP_CIPHER **ret, struct mr_error *err)
{
	switch (key.len) {
	case 16:
		*ret = EVP_aes_128_gcm();
		return MR_OK;
	case 24:
		*ret = EVP_aes_192_gcm();
		return MR_OK;
	case 32:
		*ret = EVP_aes_256_gcm();
		return MR_OK;
	default:
		return mr_fail(err, MR_CODE_CRYPTO, "crypto/aes: invalid key size %zu", key.len);
	}
}

/* The library counts in int. */
static mr_result check_sizes(struct mr_bytes aad, size_t size, struct mr_error *err)
{
	if (aad.len > INT_MAX || size > INT_MAX - MR_BOX_OVERHEAD)
		return mr_fail(err, MR_CODE_LIMIT, "data too large for AES-GCM");
	return MR_OK;
}

static bool encrypt(const EVP_CIPHER *cipher, struct mr_bytes key, const uint8_t *nonce,
	struct mr_bytes aad, struct mr_bytes plaintext, uint8_t *out)
{
	MR_AUTO(cipher_ctx) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;
	int last = 0;

	if (!ctx || EVP_EncryptInit_ex(ctx, cipher, NULL, key.ptr, nonce) != 1)
		return false;
	if (aad.len && EVP_EncryptUpdate(ctx, NULL, &n, aad.ptr, (int)aad.len) != 1)
		return false;
	n = 0;
	if (plaintext.len &&
		EVP_EncryptUpdate(ctx, out, &n, plaintext.ptr, (int)plaintext.len) != 1)
		return false;
	return EVP_EncryptFinal_ex(ctx, out + n, &last) == 1 &&
	       (size_t)n + (size_t)last == plaintext.len &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, out + plaintext.len) == 1;
}

mr_result mr_box_seal_with_nonce(struct mr_bytes key, const uint8_t nonce[static MR_BOX_NONCE_SIZE],
	struct mr_bytes aad, struct mr_bytes plaintext, struct mr_buf *out, struct mr_error *err)
{
	const EVP_CIPHER *cipher = NULL;

	MR_TRY(cipher_of(key, &cipher, err));
	MR_TRY(check_sizes(aad, plaintext.len, err));
	uint8_t *to = mr_buf_reserve(out, plaintext.len + MR_BOX_OVERHEAD);
	if (!to)
		return mr_buf_status(out, err);
	memcpy(to, nonce, MR_BOX_NONCE_SIZE);
	if (!encrypt(cipher, key, nonce, aad, plaintext, to + MR_BOX_NONCE_SIZE))
		return mr_lib_fail(err, "encrypting");
	mr_buf_commit(out, plaintext.len + MR_BOX_OVERHEAD);
	return MR_OK;
}

mr_result mr_box_seal(struct mr_bytes key, struct mr_bytes aad, struct mr_bytes plaintext,
	struct mr_buf *out, struct mr_error *err)
{
	uint8_t nonce[MR_BOX_NONCE_SIZE];

	MR_TRY(mr_random(nonce, sizeof nonce, err));
	return mr_box_seal_with_nonce(key, nonce, aad, plaintext, out, err);
}

/* What it writes before the tag is checked is wiped by the caller when it does not fit. */
static bool decrypt(const EVP_CIPHER *cipher, struct mr_bytes key, struct mr_bytes aad,
	struct mr_bytes box, uint8_t *out)
{
	MR_AUTO(cipher_ctx) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t size = box.len - MR_BOX_OVERHEAD;
	uint8_t tag[TAG_SIZE];
	int n = 0;
	int last = 0;

	if (!ctx || EVP_DecryptInit_ex(ctx, cipher, NULL, key.ptr, box.ptr) != 1)
		return false;
	if (aad.len && EVP_DecryptUpdate(ctx, NULL, &n, aad.ptr, (int)aad.len) != 1)
		return false;
	n = 0;
	if (size && EVP_DecryptUpdate(ctx, out, &n, box.ptr + MR_BOX_NONCE_SIZE, (int)size) != 1)
		return false;
	memcpy(tag, box.ptr + MR_BOX_NONCE_SIZE + size, TAG_SIZE);
	return EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, tag) == 1 &&
	       EVP_DecryptFinal_ex(ctx, out + n, &last) == 1 && (size_t)n + (size_t)last == size;
}

mr_result mr_box_open(struct mr_bytes key, struct mr_bytes aad, struct mr_bytes box,
	struct mr_secret *ret, struct mr_error *err)
{
	MR_AUTO(secret) struct mr_secret out = { NULL, 0 };
	const EVP_CIPHER *cipher = NULL;

	MR_TRY(cipher_of(key, &cipher, err));
	if (box.len <= MR_BOX_NONCE_SIZE)
		return mr_fail(err, MR_CODE_CRYPTO, "ciphertext is too short");
	if (box.len < MR_BOX_OVERHEAD)
		return mr_fail(err, MR_CODE_CRYPTO, "cipher: message authentication failed");
	MR_TRY(check_sizes(aad, box.len - MR_BOX_OVERHEAD, err));
	MR_TRY(mr_secret_new(box.len - MR_BOX_OVERHEAD, &out, err));
	if (!decrypt(cipher, key, aad, box, out.ptr)) {
		ERR_clear_error();
		return mr_fail(err, MR_CODE_CRYPTO, "cipher: message authentication failed");
	}
	*ret = mr_secret_move(&out);
	return MR_OK;
}

bool mr_box_may_begin(struct mr_bytes key, struct mr_bytes box, uint8_t begin)
{
	const EVP_CIPHER *cipher = NULL;
	struct mr_error err;
	uint8_t first = begin;
	int n = 0;

	if (mr_failed(cipher_of(key, &cipher, &err)) || box.len <= MR_BOX_OVERHEAD)
		return false;
	MR_AUTO(cipher_ctx) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	/* Without memory the answer is left to who opens the box. */
	if (!ctx || EVP_DecryptInit_ex(ctx, cipher, NULL, key.ptr, box.ptr) != 1 ||
		EVP_DecryptUpdate(ctx, &first, &n, box.ptr + MR_BOX_NONCE_SIZE, 1) != 1) {
		ERR_clear_error();
		return true;
	}
	return first == begin;
}
