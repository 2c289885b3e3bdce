/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"

#include <limits.h>
#include <openssl/hmac.h>

#include "base/wipe.h"
#include "crypto/lib.h"

size_t mr_hash_size(enum mr_hash hash)
{
	switch (hash) {
	case MR_HASH_SHA1:
		return 20;
	case MR_HASH_SHA256:
		return 32;
	case MR_HASH_SHA384:
		return 48;
	case MR_HASH_SHA512:
		return 64;
	}
	return 0;
}

mr_result mr_digest(enum mr_hash hash, struct mr_bytes data, uint8_t out[static MR_DIGEST_MAX],
	struct mr_error *err)
{
	const EVP_MD *md = mr_lib_md(hash);

	if (!md || EVP_Digest(data.ptr, data.len, out, NULL, md, NULL) != 1)
		return mr_lib_fail(err, "computing digest");
	return MR_OK;
}

mr_result mr_sha256(struct mr_bytes data, uint8_t out[static MR_SHA256_SIZE], struct mr_error *err)
{
	const EVP_MD *md = mr_lib_md(MR_HASH_SHA256);

	if (!md || EVP_Digest(data.ptr, data.len, out, NULL, md, NULL) != 1)
		return mr_lib_fail(err, "computing digest");
	return MR_OK;
}

static bool hmac_sha256(struct mr_bytes key, struct mr_bytes data, uint8_t out[MR_SHA256_SIZE])
{
	/* A NULL key would mean "go on with the key of before" to one of the libraries. */
	const void *key_data = key.len ? (const void *)key.ptr : "";
	unsigned size = MR_SHA256_SIZE;

	return key.len <= INT_MAX && HMAC(mr_lib_md(MR_HASH_SHA256), key_data, MR_LIB_LEN(key.len),
					     data.ptr, data.len, out, &size) != NULL;
}

/* T(i) = HMAC(PRK, T(i-1) || info || i), RFC 5869, 2.3. */
static mr_result expand(const uint8_t prk[MR_SHA256_SIZE], struct mr_bytes info,
	struct mr_secret *out, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf input = { 0 };
	uint8_t block[MR_SHA256_SIZE];
	size_t done = 0;
	bool good = true;

	mr_buf_init_secret(&input, SIZE_MAX);
	for (uint8_t i = 1; done < out->len && good; i++) {
		size_t part = out->len - done;

		mr_buf_put_bytes(&input, info);
		mr_buf_put_u8(&input, i);
		good = input.failure == MR_CODE_OK &&
		       hmac_sha256(mr_bytes_of(prk, MR_SHA256_SIZE), mr_buf_bytes(&input), block);
		if (!good)
			break;
		part = part < sizeof block ? part : sizeof block;
		memcpy(out->ptr + done, block, part);
		done += part;
		mr_buf_clear(&input);
		mr_buf_put(&input, block, sizeof block);
	}
	mr_wipe(block, sizeof block);
	MR_TRY(mr_buf_status(&input, err));
	return good ? MR_OK : mr_lib_fail(err, "hkdf");
}

mr_result mr_hkdf_sha256(struct mr_bytes key_material, struct mr_bytes salt, struct mr_bytes info,
	size_t size, struct mr_secret *ret, struct mr_error *err)
{
	MR_AUTO(secret) struct mr_secret out = { NULL, 0 };
	uint8_t prk[MR_SHA256_SIZE];

	if (size > 255 * (size_t)MR_SHA256_SIZE)
		return mr_fail(err, MR_CODE_INVALID, "hkdf: requested key length too large");
	MR_TRY(mr_secret_new(size, &out, err));
	if (!hmac_sha256(salt, key_material, prk))
		return mr_lib_fail(err, "hkdf");
	mr_result r = expand(prk, info, &out, err);
	mr_wipe(prk, sizeof prk);
	if (!mr_failed(r))
		*ret = mr_secret_move(&out);
	return r;
}
