/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys that are elsewhere, in a library whose TLS asks for each signature. The other one takes keys with methods of
 * their own (crypto/key_external.c). */
#include <openssl/ssl.h>

#include "crypto/key_internal.h"
#include "net/tls_internal.h"

#ifdef OPENSSL_IS_AWSLC
#include <pthread.h>

enum { SIGNATURE_MAX = 2048 };

static int key_index = -1;

static void make_index(void)
{
	key_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

static bool hash_of(uint16_t algorithm, enum mr_hash *ret)
{
	const EVP_MD *md = SSL_get_signature_algorithm_digest(algorithm);

	switch (md ? EVP_MD_type(md) : NID_undef) {
	case NID_sha1:
		*ret = MR_HASH_SHA1;
		return true;
	case NID_sha256:
		*ret = MR_HASH_SHA256;
		return true;
	case NID_sha384:
		*ret = MR_HASH_SHA384;
		return true;
	case NID_sha512:
		*ret = MR_HASH_SHA512;
		return true;
	default:
		return false;
	}
}

static enum ssl_private_key_result_t sign(SSL *ssl, uint8_t *out, size_t *out_len, size_t max_out,
	uint16_t algorithm, const uint8_t *in, size_t in_len)
{
	const struct mr_key *key = SSL_get_ex_data(ssl, key_index);
	MR_AUTO(buf) struct mr_buf signature = { 0 };
	uint8_t digest[MR_DIGEST_MAX];
	enum mr_hash hash;
	struct mr_error err;

	mr_buf_init(&signature, SIGNATURE_MAX);
	if (!key || !hash_of(algorithm, &hash) ||
		mr_failed(mr_digest(hash, mr_bytes_of(in, in_len), digest, &err)) ||
		mr_failed(mr_key_external_sign_digest(key,
			SSL_is_signature_algorithm_rsa_pss(algorithm) == 1, hash,
			mr_bytes_of(digest, mr_hash_size(hash)), &signature, &err)) ||
		signature.len > max_out)
		return ssl_private_key_failure;
	memcpy(out, signature.data, signature.len);
	*out_len = signature.len;
	return ssl_private_key_success;
}

// NOLINTBEGIN(readability-non-const-parameter): the library's types
/* RSA key exchange, which the policy excludes. */
static enum ssl_private_key_result_t decrypt(
	SSL *ssl, uint8_t *out, size_t *out_len, size_t max_out, const uint8_t *in, size_t in_len)
{
	(void)ssl;
	(void)out;
	(void)out_len;
	(void)max_out;
	(void)in;
	(void)in_len;
	return ssl_private_key_failure;
}

static enum ssl_private_key_result_t complete(
	SSL *ssl, uint8_t *out, size_t *out_len, size_t max_out)
{
	(void)ssl;
	(void)out;
	(void)out_len;
	(void)max_out;
	return ssl_private_key_failure;
}

// NOLINTEND(readability-non-const-parameter)

bool mr_tls_use_external_key(struct ssl_st *ssl, struct crypto_buffer_st *const *chain,
	size_t count, const struct mr_key *key)
{
	static const SSL_PRIVATE_KEY_METHOD method = { sign, decrypt, complete };
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	void *stored;

	(void)pthread_once(&once, make_index);
	/* what is stored there is not const; it is only read */
	memcpy(&stored, &key, sizeof stored);
	return key_index >= 0 && SSL_set_ex_data(ssl, key_index, stored) == 1 &&
	       SSL_set_chain_and_key(ssl, chain, count, NULL, &method) == 1;
}
#endif
