/* SPDX-License-Identifier: Apache-2.0 */
#include "package/sigstruct.h"

#include "crypto/der.h"
#include "crypto/key.h"

enum {
	HEADER_SIZE = 16,
	SECOND_AT = 24,
	KEY_SIZE = 384,
	MODULUS_AT = 128,
	BODY_AT = 900,
	BODY_END = 1028,
	EXPONENT = 3,
	FLAG_DEBUG = 2,
};

static const uint8_t header[HEADER_SIZE] = { 6, 0, 0, 0, 0xe1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0 };
static const uint8_t second[HEADER_SIZE] = { 1, 1, 0, 0, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 1, 0, 0, 0 };

static bool read_fields(struct mr_sigstruct *s)
{
	struct mr_cursor c = mr_cursor_of(s->bytes);

	return mr_cursor_skip(&c, 20) && mr_cursor_u32le(&c, &s->date) &&
	       mr_cursor_skip(&c, MODULUS_AT - 24) && mr_cursor_take(&c, KEY_SIZE, &s->modulus) &&
	       mr_cursor_u32le(&c, &s->exponent) && mr_cursor_take(&c, KEY_SIZE, &s->signature) &&
	       mr_cursor_u32le(&c, &s->misc_select) && mr_cursor_u32le(&c, &s->misc_mask) &&
	       mr_cursor_skip(&c, 20) && mr_cursor_take(&c, 8, &s->flags) &&
	       mr_cursor_take(&c, 8, &s->xfrm) && mr_cursor_skip(&c, 16) &&
	       mr_cursor_take(&c, 32, &s->mrenclave) && mr_cursor_skip(&c, 32) &&
	       mr_cursor_u16le(&c, &s->isv_prod_id) && mr_cursor_u16le(&c, &s->isv_svn);
}

mr_result mr_sigstruct_find(struct mr_bytes bytes, struct mr_sigstruct *ret, struct mr_error *err)
{
	const uint8_t *at = bytes.len ? memmem(bytes.ptr, bytes.len, header, sizeof header) : NULL;

	if (!at)
		return mr_fail(
			err, MR_CODE_NOT_FOUND, "could not find SIGSTRUCT header in given file");
	if (bytes.len - (size_t)(at - bytes.ptr) < MR_SIGSTRUCT_SIZE)
		return mr_fail(
			err, MR_CODE_INVALID, "SGX metadata/SIGSTRUCT appears to be too small");
	if (memcmp(at + SECOND_AT, second, sizeof second) != 0)
		return mr_fail(err, MR_CODE_INVALID,
			"found first SIGSTRUCT header, but cannot find second one");
	*ret = (struct mr_sigstruct){ .bytes = mr_bytes_of(at, MR_SIGSTRUCT_SIZE) };
	if (!read_fields(ret))
		return mr_fail(err, MR_CODE_INTERNAL, "reading a SIGSTRUCT");
	return mr_sha256(ret->modulus, ret->mrsigner, err);
}

bool mr_sigstruct_is_debug(const struct mr_sigstruct *s)
{
	return s->flags.ptr[0] & FLAG_DEBUG;
}

/* --- the signature --- */

static void reverse(struct mr_bytes from, uint8_t to[static KEY_SIZE])
{
	for (size_t i = 0; i < KEY_SIZE; i++)
		to[i] = from.ptr[KEY_SIZE - 1 - i];
}

/* SubjectPublicKeyInfo of an RSA key (RFC 8017, A.1.1). */
static mr_result make_key(const struct mr_sigstruct *s, struct mr_key **ret, struct mr_error *err)
{
	static const uint8_t rsa_encryption[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1 };
	MR_AUTO(buf) struct mr_buf key = { 0 };
	MR_AUTO(buf) struct mr_buf spki = { 0 };
	uint8_t modulus[KEY_SIZE];

	reverse(s->modulus, modulus);
	mr_buf_init(&key, 1024);
	mr_buf_init(&spki, 1024);
	size_t outer = mr_der_open(&key, 0x30);
	mr_der_put_unsigned(&key, mr_bytes_of(modulus, sizeof modulus));
	mr_der_put_u64(&key, EXPONENT);
	mr_der_close(&key, outer);
	outer = mr_der_open(&spki, 0x30);
	size_t algorithm = mr_der_open(&spki, 0x30);
	mr_der_put_oid(&spki, mr_bytes_of(rsa_encryption, sizeof rsa_encryption));
	mr_der_put(&spki, 0x05, mr_bytes_of(NULL, 0));
	mr_der_close(&spki, algorithm);
	mr_der_put_bits(&spki, mr_buf_bytes(&key), 0);
	mr_der_close(&spki, outer);
	MR_TRY(mr_buf_status(&key, err));
	MR_TRY(mr_buf_status(&spki, err));
	return mr_key_from_spki(mr_buf_bytes(&spki), ret, err);
}

mr_result mr_sigstruct_verify(const struct mr_sigstruct *s, struct mr_error *err)
{
	uint8_t signed_bytes[MODULUS_AT + BODY_END - BODY_AT];
	MR_AUTO(key) struct mr_key *key = NULL;
	uint8_t signature[KEY_SIZE];

	if (s->exponent != EXPONENT)
		return mr_fail(err, MR_CODE_CRYPTO, "the exponent is %u, not 3", s->exponent);
	memcpy(signed_bytes, s->bytes.ptr, MODULUS_AT);
	memcpy(signed_bytes + MODULUS_AT, s->bytes.ptr + BODY_AT, BODY_END - BODY_AT);
	reverse(s->signature, signature);
	MR_TRY(make_key(s, &key, err));
	return mr_key_verify(key, MR_HASH_SHA256, mr_bytes_of(signed_bytes, sizeof signed_bytes),
		mr_bytes_of(signature, sizeof signature), err);
}
