/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that are elsewhere (50 §6): played by keys of the library, behind the interface that tokens have. They sign and decrypt as
 * others, and serve TLS at both ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/clock.h"
#include "crypto/cert_write.h"
#include "crypto/key_internal.h"
#include "crypto/lib.h"
#include "net/tls_engine.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

struct token {
	struct mr_key *key;
	int signatures[4], decryptions, released;
	bool fails;
};

static const EVP_MD *md_of(enum mr_hash hash)
{
	return hash == MR_HASH_SHA384   ? EVP_sha384()
	       : hash == MR_HASH_SHA512 ? EVP_sha512()
					: EVP_sha256();
}

static void sign_rsa(struct token *t, enum mr_key_scheme scheme, enum mr_hash hash,
	struct mr_bytes input, struct mr_buf *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(mr_key_evp(t->key), NULL);
	uint8_t signature[1024];
	size_t size = sizeof signature;
	int padding = scheme == MR_SCHEME_RSA_PKCS1 ? RSA_PKCS1_PADDING
		      : scheme == MR_SCHEME_RSA_PSS ? RSA_PKCS1_PSS_PADDING
						    : RSA_NO_PADDING;

	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, padding), 1);
	if (scheme == MR_SCHEME_RSA_PSS) {
		assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, md_of(hash)), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, -1), 1);
	}
	assert_int_equal(EVP_PKEY_sign(ctx, signature, &size, input.ptr, input.len), 1);
	EVP_PKEY_CTX_free(ctx);
	mr_buf_put(out, signature, size);
}

static void sign_ec(struct token *t, struct mr_bytes input, struct mr_buf *out)
{
	const EC_KEY *ec = EVP_PKEY_get0_EC_KEY(mr_key_evp(t->key));
	const BIGNUM *r, *s;
	uint8_t pair[2 * 48];
	EC_KEY *own = EC_KEY_dup(ec);

	ECDSA_SIG *signature = ECDSA_do_sign(input.ptr, MR_LIB_LEN(input.len), own);
	assert_non_null(signature);
	ECDSA_SIG_get0(signature, &r, &s);
	assert_int_equal(BN_bn2binpad(r, pair, 48), 48);
	assert_int_equal(BN_bn2binpad(s, pair + 48, 48), 48);
	ECDSA_SIG_free(signature);
	EC_KEY_free(own);
	mr_buf_put(out, pair, sizeof pair);
}

static mr_result sign(void *context, enum mr_key_scheme scheme, enum mr_hash hash,
	struct mr_bytes input, struct mr_buf *out, struct mr_error *err)
{
	struct token *t = context;

	t->signatures[scheme]++;
	if (t->fails)
		return mr_fail(err, MR_CODE_IO, "the token is gone");
	if (scheme == MR_SCHEME_ECDSA)
		sign_ec(t, input, out);
	else
		sign_rsa(t, scheme, hash, input, out);
	return mr_buf_status(out, err);
}

static mr_result decrypt(
	void *context, struct mr_bytes ciphertext, struct mr_secret *ret, struct mr_error *err)
{
	struct token *t = context;

	t->decryptions++;
	return mr_key_oaep_decrypt(t->key, ciphertext, ret, err);
}

static void release(void *context)
{
	((struct token *)context)->released++;
}

static const struct mr_key_external operations = { sign, decrypt, release };

static struct mr_key *make(struct token *t, enum mr_key_type type)
{
	struct mr_key *half = NULL, *key = NULL;
	struct mr_error err;

	*t = (struct token){ 0 };
	assert_false(mr_failed(mr_key_generate(type, 2048, &t->key, &err)));
	assert_false(mr_failed(mr_key_from_spki(mr_key_spki(t->key), &half, &err)));
	assert_false(mr_failed(mr_key_from_external(half, &operations, t, &key, &err)));
	mr_key_unref(half);
	assert_true(mr_key_is_private(key));
	assert_true(mr_key_same_public(key, t->key));
	return key;
}

static void done(struct token *t, struct mr_key *key)
{
	mr_key_unref(key);
	assert_int_equal(t->released, 1);
	mr_key_unref(t->key);
}

static void test_signs_and_decrypts(void **state)
{
	static const enum mr_key_type types[] = { MR_KEY_RSA, MR_KEY_EC_P384 };
	static const enum mr_hash hashes[] = { MR_HASH_SHA256, MR_HASH_SHA384, MR_HASH_SHA512 };
	const struct mr_bytes data = mr_str_bytes(MR_STR("data"));

	(void)state;
	for (size_t i = 0; i < MR_COUNT(types); i++) {
		struct token t;
		struct mr_key *key = make(&t, types[i]);
		MR_AUTO(secret) struct mr_secret secret = { NULL, 0 };
		struct mr_error err;
		for (size_t h = 0; h < MR_COUNT(hashes); h++) {
			MR_AUTO(buf) struct mr_buf out = { .max = 4096 };
			assert_false(mr_failed(mr_key_sign(key, hashes[h], data, &out, &err)));
			assert_false(mr_failed(
				mr_key_verify(t.key, hashes[h], data, mr_buf_bytes(&out), &err)));
		}
		assert_int_equal(t.signatures[types[i] == MR_KEY_RSA ? MR_SCHEME_RSA_PKCS1
								     : MR_SCHEME_ECDSA],
			3);
		assert_true(mr_failed(mr_key_to_pkcs8(key, &secret, &err)));
		t.fails = true;
		MR_AUTO(buf) struct mr_buf out = { .max = 4096 };
		assert_true(mr_failed(mr_key_sign(key, MR_HASH_SHA256, data, &out, &err)));
		assert_string_equal(err.message, "the token is gone");
		if (types[i] == MR_KEY_RSA) {
			assert_false(mr_failed(mr_key_oaep_encrypt(t.key, data, &out, &err)));
			assert_false(mr_failed(
				mr_key_oaep_decrypt(key, mr_buf_bytes(&out), &secret, &err)));
			assert_int_equal(t.decryptions, 1);
			assert_memory_equal(secret.ptr, "data", 4);
		}
		done(&t, key);
	}
}

static void test_refuses_ed25519(void **state)
{
	struct token t = { 0 };
	struct mr_key *key = NULL;
	struct mr_error err;

	(void)state;
	assert_false(mr_failed(mr_key_generate(MR_KEY_ED25519, 0, &t.key, &err)));
	assert_true(mr_failed(mr_key_from_external(t.key, &operations, &t, &key, &err)));
	assert_int_equal(t.released, 1);
	mr_key_unref(t.key);
}

/* --- TLS --- */

static void issue(const struct mr_key *subject, const struct mr_key *issuer, struct mr_cert *ret)
{
	const struct mr_bytes usages[] = { MR_OID_CLIENT_AUTH, MR_OID_SERVER_AUTH };
	MR_AUTO(buf) struct mr_buf name = { .max = 1024 };
	MR_AUTO(buf) struct mr_buf extensions = { .max = 4096 };
	MR_AUTO(buf) struct mr_buf der = { .max = 8192 };
	struct mr_error err;

	mr_name_put_common_name(&name, MR_STR("token"));
	mr_ext_put_key_usage(&extensions, 1);
	mr_ext_put_ext_key_usage(&extensions, usages, 2);
	const struct mr_cert_profile profile = { .issuer = mr_buf_bytes(&name),
		.subject = mr_buf_bytes(&name),
		.not_before = mr_clock_wall() - 100,
		.not_after = mr_clock_wall() + 100000,
		.spki = mr_key_spki(subject),
		.extensions = mr_buf_bytes(&extensions) };
	assert_false(mr_failed(mr_cert_issue(&profile, issuer, &der, &err)));
	assert_false(mr_failed(mr_cert_parse(mr_buf_bytes(&der), ret, &err)));
}

static void move(struct mr_tls_engine *from, struct mr_tls_engine *to, uint8_t *room)
{
	struct mr_buf *out = mr_tls_engine_output(from);

	if (mr_tls_engine_unused(to) > 0 || out->len == 0)
		return;
	memcpy(room, out->data, out->len);
	mr_tls_engine_feed(to, mr_bytes_of(room, out->len));
	mr_buf_clear(out);
}

static bool shake(struct mr_tls_engine_context *server, struct mr_tls_engine_context *client)
{
	static uint8_t rooms[2][65536];
	struct mr_tls_engine *s = NULL, *c = NULL;
	struct mr_error err;
	enum mr_io server_is = MR_IO_WANT_READ, client_is = MR_IO_WANT_READ;

	assert_false(mr_failed(mr_tls_engine_new(server, NULL, &s, &err)));
	assert_false(mr_failed(mr_tls_engine_new(client, NULL, &c, &err)));
	for (int i = 0; i < 10 && (server_is != MR_IO_DONE || client_is != MR_IO_DONE); i++) {
		client_is = mr_tls_engine_handshake(c, &err);
		move(c, s, rooms[0]);
		server_is = mr_tls_engine_handshake(s, &err);
		move(s, c, rooms[1]);
		if (server_is == MR_IO_FAILED || client_is == MR_IO_FAILED)
			break;
	}
	mr_tls_engine_free(s);
	mr_tls_engine_free(c);
	return server_is == MR_IO_DONE && client_is == MR_IO_DONE;
}

static void test_serves_tls(void **state)
{
	static const enum mr_key_type types[] = { MR_KEY_RSA, MR_KEY_EC_P384 };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(types); i++) {
		struct token t;
		struct mr_key *key = make(&t, types[i]);
		MR_AUTO(cert) struct mr_cert cert = { 0 };
		struct mr_tls_identity *identity = NULL;
		struct mr_tls_engine_context *contexts[2] = { 0 };
		struct mr_error err;
		issue(key, key, &cert);
		assert_false(mr_failed(mr_tls_identity_new(&cert.der, 1, key, &identity, &err)));
		for (int end = 0; end < 2; end++) {
			const struct mr_tls_engine_config config = { .server = end == 1,
				.identity = identity,
				.anchors = &cert,
				.anchor_count = 1,
				.verify_client = true };
			assert_false(mr_failed(
				mr_tls_engine_context_new(&config, &contexts[end], &err)));
		}
		assert_true(shake(contexts[1], contexts[0]));
		t.fails = true;
		assert_false(shake(contexts[1], contexts[0]));
		mr_tls_engine_context_free(contexts[0]);
		mr_tls_engine_context_free(contexts[1]);
		mr_tls_identity_unref(identity);
		done(&t, key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signs_and_decrypts),
		cmocka_unit_test(test_refuses_ed25519),
		cmocka_unit_test(test_serves_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
