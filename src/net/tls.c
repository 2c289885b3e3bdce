/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "crypto/key_internal.h"
#include "net/tls_internal.h"

#if defined(__clang__) && !defined(OPENSSL_IS_AWSLC)
/* Macros of OpenSSL's headers cast const away, which clang, unlike gcc, reports where they are
 * used. */
#pragma clang diagnostic ignored "-Wcast-qual"
#endif

#define CHAIN_MAX 16
#define ALPN_MAX 16

/* The fast ones first: the server's order counts. */
#ifdef OPENSSL_IS_AWSLC
const char mr_tls_groups[] = "X25519:P-256:P-384:P-521:X25519MLKEM768";
#else
const char mr_tls_groups[] = "X25519:P-256:P-384:P-521";
#endif
const char mr_tls12_ciphers[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
				"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
				"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

#ifdef OPENSSL_IS_AWSLC
typedef CRYPTO_BUFFER *certificate;

static certificate certificate_new(struct mr_bytes der)
{
	return CRYPTO_BUFFER_new(der.ptr, der.len, NULL);
}

static void certificate_free(certificate c)
{
	CRYPTO_BUFFER_free(c);
}
#else
typedef X509 *certificate;

static certificate certificate_new(struct mr_bytes der)
{
	const unsigned char *at = der.ptr;
	X509 *x = der.len <= MR_CERT_MAX_SIZE ? d2i_X509(NULL, &at, (long)der.len) : NULL;

	if (x && at != der.ptr + der.len) {
		X509_free(x);
		x = NULL;
	}
	return x;
}

static void certificate_free(certificate c)
{
	X509_free(c);
}
#endif

struct mr_tls_identity {
	atomic_size_t refs;
	struct mr_key *key;
	uint8_t *leaf;
	size_t leaf_len;
	size_t count;
	certificate chain[CHAIN_MAX];
};

mr_result mr_tls_fail(struct mr_error *err, const char *fallback)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());
	char text[128];
	size_t n = 0;

	ERR_clear_error();
	if (!reason)
		return mr_fail(err, MR_CODE_CRYPTO, "%s", fallback);
	/* one library writes its reasons in capitals */
	for (; n < sizeof(text) - 1 && reason[n]; n++) {
		char c = reason[n];
		text[n] = c == '_' ? ' ' : c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
	}
	text[n] = '\0';
	return mr_fail(err, MR_CODE_CRYPTO, "%s", text);
}

/* --- identities --- */

mr_result mr_tls_identity_new(const struct mr_bytes *chain_der, size_t count, struct mr_key *key,
	struct mr_tls_identity **ret, struct mr_error *err)
{
	if (count < 1 || count > CHAIN_MAX || !mr_key_is_private(key))
		return mr_fail(err, MR_CODE_INVALID, "tls: incomplete identity");
	struct mr_tls_identity *identity = calloc(1, sizeof(*identity));
	if (!identity)
		return mr_fail_nomem(err);

	atomic_init(&identity->refs, 1);
	identity->key = mr_key_ref(key);
	identity->leaf_len = chain_der[0].len;
	identity->leaf = malloc(chain_der[0].len ? chain_der[0].len : 1);
	if (!identity->leaf) {
		mr_tls_identity_unref(identity);
		return mr_fail_nomem(err);
	}
	memcpy(identity->leaf, chain_der[0].ptr, chain_der[0].len);
	for (; identity->count < count; identity->count++) {
		certificate c = certificate_new(chain_der[identity->count]);
		if (!c) {
			mr_tls_identity_unref(identity);
			return mr_tls_fail(err, "tls: malformed certificate");
		}
		identity->chain[identity->count] = c;
	}
	*ret = identity;
	return MR_OK;
}

struct mr_tls_identity *mr_tls_identity_ref(struct mr_tls_identity *identity)
{
	atomic_fetch_add_explicit(&identity->refs, 1, memory_order_relaxed);
	return identity;
}

void mr_tls_identity_unref(struct mr_tls_identity *identity)
{
	if (!identity || atomic_fetch_sub_explicit(&identity->refs, 1, memory_order_acq_rel) > 1)
		return;
	for (size_t i = 0; i < identity->count; i++)
		certificate_free(identity->chain[i]);
	mr_key_unref(identity->key);
	free(identity->leaf);
	free(identity);
}

struct mr_bytes mr_tls_identity_leaf(const struct mr_tls_identity *identity)
{
	return mr_bytes_of(identity->leaf, identity->leaf_len);
}

#ifdef OPENSSL_IS_AWSLC
bool mr_tls_identity_use(const struct mr_tls_identity *identity, struct ssl_st *ssl)
{
	if (mr_key_is_external(identity->key))
		return mr_tls_use_external_key(
			ssl, identity->chain, identity->count, identity->key);
	return SSL_set_chain_and_key(
		       ssl, identity->chain, identity->count, mr_key_evp(identity->key), NULL) == 1;
}
#else
bool mr_tls_identity_use(const struct mr_tls_identity *identity, struct ssl_st *ssl)
{
	STACK_OF(X509) *rest = NULL;
	bool good = true;

	if (identity->count > 1)
		good = (rest = sk_X509_new_null()) != NULL;
	for (size_t i = 1; good && i < identity->count; i++)
		good = sk_X509_push(rest, identity->chain[i]) > 0;
	good = good && SSL_use_cert_and_key(
			       ssl, identity->chain[0], mr_key_evp(identity->key), rest, 1) == 1;
	sk_X509_free(rest);
	return good;
}
#endif

/* --- policy --- */

#ifdef OPENSSL_IS_AWSLC
/* Its defaults lack Ed25519. */
static const uint16_t signature_algorithms[] = { SSL_SIGN_ECDSA_SECP256R1_SHA256,
	SSL_SIGN_ECDSA_SECP384R1_SHA384, SSL_SIGN_ECDSA_SECP521R1_SHA512, SSL_SIGN_ED25519,
	SSL_SIGN_RSA_PSS_RSAE_SHA256, SSL_SIGN_RSA_PSS_RSAE_SHA384, SSL_SIGN_RSA_PSS_RSAE_SHA512,
	SSL_SIGN_RSA_PKCS1_SHA256, SSL_SIGN_RSA_PKCS1_SHA384, SSL_SIGN_RSA_PKCS1_SHA512 };

static bool set_library_policy(SSL_CTX *ctx)
{
	return SSL_CTX_set_verify_algorithm_prefs(
		       ctx, signature_algorithms, MR_COUNT(signature_algorithms)) == 1;
}

static SSL_CTX *context_new(bool server)
{
	return SSL_CTX_new(server ? TLS_with_buffers_method() : TLS_method());
}
#else
static bool set_library_policy(SSL_CTX *ctx)
{
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_options(ctx,
		SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
#ifdef SSL_OP_CLEANSE_PLAINTEXT
	/* OpenSSL; AWS-LC frees the buffer of each record, which base/heap_wipe.c wipes */
	SSL_CTX_set_options(ctx, SSL_OP_CLEANSE_PLAINTEXT);
#endif
	SSL_CTX_set_num_tickets(ctx, 0);
	return SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
					     "TLS_CHACHA20_POLY1305_SHA256") == 1 &&
	       SSL_CTX_set1_sigalgs_list(ctx, "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:"
					      "RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:"
					      "RSA+SHA256:RSA+SHA384:RSA+SHA512") == 1;
}

static SSL_CTX *context_new(bool server)
{
	(void)server;
	return SSL_CTX_new(TLS_method());
}
#endif

mr_result mr_tls_context_new(bool server, struct ssl_ctx_st **ret, struct mr_error *err)
{
	SSL_CTX *ctx = context_new(server);

	if (!ctx || !SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) ||
		!SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) ||
		!SSL_CTX_set_cipher_list(ctx, mr_tls12_ciphers) ||
		!SSL_CTX_set1_groups_list(ctx, mr_tls_groups) || !set_library_policy(ctx)) {
		SSL_CTX_free(ctx);
		return mr_tls_fail(err, "tls: setting up a context failed");
	}
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	*ret = ctx;
	return MR_OK;
}

mr_result mr_tls_alpn_wire(
	const char *const *names, size_t count, struct mr_buf *out, struct mr_error *err)
{
	if (count > ALPN_MAX)
		return mr_fail(err, MR_CODE_INVALID, "tls: too many ALPN protocols");
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(names[i]);
		if (len < 1 || len > 255)
			return mr_fail(err, MR_CODE_INVALID, "tls: invalid ALPN protocol");
		mr_buf_put_u8(out, (uint8_t)len);
		mr_buf_put(out, names[i], len);
	}
	return mr_buf_status(out, err);
}
