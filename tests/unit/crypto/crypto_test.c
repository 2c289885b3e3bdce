/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto_test.h"

#include <openssl/err.h>

#include "codec/base64.h"

enum { POOL_SIZE = 1 << 20, RSA_BITS = 2048 };

static uint8_t pool[POOL_SIZE];
static size_t pool_used;
static struct mr_key *keys[MR_KEY_RSA + 1];

bool error_queue_is_empty(void)
{
	return ERR_peek_error() == 0;
}

struct mr_bytes hex(const char *text)
{
	MR_AUTO(buf) struct mr_buf digits = { 0 };
	MR_AUTO(buf) struct mr_buf bytes = { 0 };
	struct mr_error err;

	mr_buf_init(&digits, POOL_SIZE);
	mr_buf_init(&bytes, POOL_SIZE);
	for (; *text; text++)
		if (*text != ' ')
			mr_buf_put_u8(&digits, (uint8_t)*text);
	OK(mr_hex_decode(mr_buf_str(&digits), &bytes, &err));
	assert_true(bytes.len <= POOL_SIZE - pool_used);
	struct mr_bytes out = mr_bytes_of(pool + pool_used, bytes.len);
	if (bytes.len)
		memcpy(pool + pool_used, bytes.data, bytes.len);
	pool_used += bytes.len;
	return out;
}

struct mr_bytes text_bytes(const char *text)
{
	return mr_str_bytes(mr_str_of(text));
}

uint8_t *writable(struct mr_bytes bytes)
{
	uint8_t *out;

	memcpy(&out, &bytes.ptr, sizeof out);
	return out;
}

void assert_bytes_equal(struct mr_bytes got, struct mr_bytes expected)
{
	assert_int_equal(got.len, expected.len);
	if (got.len)
		assert_memory_equal(got.ptr, expected.ptr, got.len);
}

struct mr_key *key_of(enum mr_key_type type)
{
	struct mr_error err;

	if (!keys[type])
		OK(mr_key_generate(type, RSA_BITS, &keys[type], &err));
	return keys[type];
}

void free_keys(void)
{
	for (size_t i = 0; i < MR_COUNT(keys); i++) {
		mr_key_unref(keys[i]);
		keys[i] = NULL;
	}
}
