/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "net/tls_internal.h"
#include "net/tls_stream.h"

/* A chain of a client: more is refused in the handshake, so that handshakes cannot hoard memory. */
#define CLIENT_CHAIN_MAX (32 << 10)
#define CLIENT_RSA_MAX 8192
#define RECORD_MAX ((size_t)16 << 10)

struct mr_tls_server {
	SSL_CTX *ctx;
	struct mr_buf alpn; /* wire form */
	bool alpn_required;
	struct mr_tls_identity *(*identity)(void *context);
	void *context;
};

struct mr_tls_stream {
	SSL *ssl;
	struct mr_tls_socket socket;
	struct mr_tls_server *server;
	bool has_alpn;
	uint8_t *peer; /* leaf; NULL until known */
	size_t peer_len;
	bool peer_lost; /* there was no memory for it */
	bool shut;
	bool dead; /* the library must not be asked any more */
};

static struct mr_tls_stream *stream_of(const SSL *ssl)
{
	return SSL_get_app_data(ssl);
}

static bool set_peer(struct mr_tls_stream *s, struct mr_bytes der)
{
	uint8_t *copy = malloc(der.len ? der.len : 1);

	if (!copy)
		return false;
	memcpy(copy, der.ptr, der.len);
	free(s->peer);
	s->peer = copy;
	s->peer_len = der.len;
	return true;
}

static bool usable_key(EVP_PKEY *key)
{
	if (!key)
		return false;
	int type = EVP_PKEY_id(key);
	return type == EVP_PKEY_EC || type == EVP_PKEY_ED25519 ||
	       (type == EVP_PKEY_RSA && EVP_PKEY_bits(key) <= CLIENT_RSA_MAX);
}

#ifdef OPENSSL_IS_AWSLC
#include <openssl/bytestring.h>
#include <openssl/pool.h>

/* The leaf's SubjectPublicKeyInfo: behind version, serial, algorithm, issuer, validity and
 * subject. */
static EVP_PKEY *leaf_key(CBS der)
{
	CBS certificate, tbs;

	if (!CBS_get_asn1(&der, &certificate, CBS_ASN1_SEQUENCE) ||
		!CBS_get_asn1(&certificate, &tbs, CBS_ASN1_SEQUENCE) ||
		!CBS_get_optional_asn1(
			&tbs, NULL, NULL, CBS_ASN1_CONTEXT_SPECIFIC | CBS_ASN1_CONSTRUCTED | 0) ||
		!CBS_get_asn1(&tbs, NULL, CBS_ASN1_INTEGER))
		return NULL;
	for (int i = 0; i < 4; i++) {
		if (!CBS_get_asn1(&tbs, NULL, CBS_ASN1_SEQUENCE))
			return NULL;
	}
	return EVP_parse_public_key(&tbs);
}

/* Any certificate will do (20 §1, 30 §1.2); the library has checked, or will, that the peer has
 * the key. */
static enum ssl_verify_result_t verify(SSL *ssl, uint8_t *out_alert)
{
	const STACK_OF(CRYPTO_BUFFER) *chain = SSL_get0_peer_certificates(ssl);
	CBS der;

	*out_alert = SSL_AD_BAD_CERTIFICATE;
	if (!chain || sk_CRYPTO_BUFFER_num(chain) == 0)
		return ssl_verify_invalid;
	CRYPTO_BUFFER_init_CBS(sk_CRYPTO_BUFFER_value(chain, 0), &der);
	struct mr_bytes leaf = mr_bytes_of(CBS_data(&der), CBS_len(&der));
	EVP_PKEY *key = leaf_key(der);
	bool good = usable_key(key) && set_peer(stream_of(ssl), leaf);
	EVP_PKEY_free(key);
	return good ? ssl_verify_ok : ssl_verify_invalid;
}

static void set_verify(SSL_CTX *ctx, int mode)
{
	SSL_CTX_set_custom_verify(ctx, mode, verify);
}

static void shed(SSL *ssl)
{
	SSL_set_shed_handshake_config(ssl, 1);
}
#else
static int verify(X509_STORE_CTX *store, void *argument)
{
	X509 *leaf = X509_STORE_CTX_get0_cert(store);

	(void)argument;
	if (leaf && usable_key(X509_get0_pubkey(leaf)))
		return 1;
	X509_STORE_CTX_set_error(store, X509_V_ERR_EE_KEY_TOO_SMALL);
	return 0;
}

/* The leaf of a Certificate message, as it was received: re-encoding an X509 need not give the
 * same bytes. */
static void on_message(
	int write, int version, int type, const void *data, size_t len, SSL *ssl, void *argument)
{
	const uint8_t *p = data;
	struct mr_cursor c = mr_cursor_of(mr_bytes_of(data, len));
	struct mr_bytes leaf;
	struct mr_bytes size;
	uint8_t context = 0;

	(void)argument;
	if (write || type != SSL3_RT_HANDSHAKE || len < 4 || p[0] != SSL3_MT_CERTIFICATE)
		return;
	if (!mr_cursor_skip(&c, 4) ||
		(version == TLS1_3_VERSION &&
			(!mr_cursor_u8(&c, &context) || !mr_cursor_skip(&c, context))) ||
		!mr_cursor_skip(&c, 3) || !mr_cursor_take(&c, 3, &size))
		return;
	if (mr_cursor_take(
		    &c, (size_t)size.ptr[0] << 16 | (size_t)size.ptr[1] << 8 | size.ptr[2], &leaf))
		stream_of(ssl)->peer_lost = !set_peer(stream_of(ssl), leaf);
}

static void set_verify(SSL_CTX *ctx, int mode)
{
	SSL_CTX_set_verify(ctx, mode, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, verify, NULL);
	SSL_CTX_set_msg_callback(ctx, on_message);
}

static void shed(SSL *ssl)
{
	(void)ssl;
}
#endif

static int choose_identity(SSL *ssl, void *argument)
{
	struct mr_tls_server *server = argument;
	struct mr_tls_identity *identity = server->identity(server->context);
	bool good = identity && mr_tls_identity_use(identity, ssl);

	mr_tls_identity_unref(identity);
	return good;
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
	const unsigned char *offer, unsigned int offer_len, void *argument)
{
	const struct mr_tls_server *server = argument;
	const struct mr_bytes own = mr_buf_bytes(&server->alpn);

	for (size_t i = 0; i < own.len; i += 1u + own.ptr[i]) {
		for (size_t j = 0; j < offer_len; j += 1u + offer[j]) {
			if (own.ptr[i] != offer[j] || offer_len - j < 1u + offer[j] ||
				memcmp(own.ptr + i + 1, offer + j + 1, offer[j]) != 0)
				continue;
			*out = own.ptr + i + 1;
			*out_len = own.ptr[i];
			stream_of(ssl)->has_alpn = true;
			return SSL_TLSEXT_ERR_OK;
		}
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

mr_result mr_tls_server_new(
	const struct mr_tls_server_config *config, struct mr_tls_server **ret, struct mr_error *err)
{
	static const unsigned char session_context[] = "marblerun";
	struct mr_tls_server *server = calloc(1, sizeof(*server));

	if (!server)
		return mr_fail_nomem(err);
	mr_buf_init(&server->alpn, 4096);
	server->alpn_required = config->alpn_required;
	server->identity = config->identity;
	server->context = config->context;
	mr_result r = mr_tls_alpn_wire(config->alpn, config->alpn_count, &server->alpn, err);
	if (!mr_failed(r))
		r = mr_tls_context_new(true, &server->ctx, err);
	if (mr_failed(r)) {
		mr_tls_server_free(server);
		return r;
	}
	set_verify(server->ctx, config->client_auth == MR_TLS_CLIENT_REQUIRED
					? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
					: SSL_VERIFY_PEER);
	SSL_CTX_set_max_cert_list(server->ctx, CLIENT_CHAIN_MAX);
	SSL_CTX_set_read_ahead(server->ctx, 1);
	/* without it a session that a client offers could fail the handshake instead of being
	 * passed over */
	(void)SSL_CTX_set_session_id_context(
		server->ctx, session_context, sizeof(session_context) - 1);
	SSL_CTX_set_cert_cb(server->ctx, choose_identity, server);
	if (server->alpn.len > 0)
		SSL_CTX_set_alpn_select_cb(server->ctx, choose_alpn, server);
	*ret = server;
	return MR_OK;
}

void mr_tls_server_free(struct mr_tls_server *server)
{
	if (!server)
		return;
	SSL_CTX_free(server->ctx);
	mr_buf_done(&server->alpn);
	free(server);
}

/* --- streams --- */

mr_result mr_tls_stream_new(
	struct mr_tls_server *server, int fd, struct mr_tls_stream **ret, struct mr_error *err)
{
	struct mr_tls_stream *s = calloc(1, sizeof(*s));

	if (!s)
		return mr_fail_nomem(err);
	s->server = server;
	s->socket.fd = fd;
	s->ssl = SSL_new(server->ctx);
	if (!s->ssl || !mr_tls_socket_attach(&s->socket, s->ssl) || !SSL_set_app_data(s->ssl, s)) {
		mr_tls_stream_free(s);
		return mr_tls_fail(err, "tls: setting up a connection failed");
	}
	SSL_set_accept_state(s->ssl);
	shed(s->ssl);
	*ret = s;
	return MR_OK;
}

static enum mr_io outcome(struct mr_tls_stream *s, int result, struct mr_error *err)
{
	switch (SSL_get_error(s->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return MR_IO_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return MR_IO_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return MR_IO_CLOSED;
	case SSL_ERROR_SYSCALL:
		s->dead = true;
		ERR_clear_error();
		return s->socket.errnum == 0 ? MR_IO_CLOSED : MR_IO_RESET;
	default:
		s->dead = true;
		(void)mr_failed(mr_tls_fail(err, "protocol error"));
		return MR_IO_FAILED;
	}
}

enum mr_io mr_tls_stream_handshake(struct mr_tls_stream *s, struct mr_error *err)
{
	ERR_clear_error();
	int result = SSL_do_handshake(s->ssl);
	if (result != 1)
		return outcome(s, result, err);
	/* a peer with a certificate must not pass for one without */
	if (s->peer_lost) {
		s->dead = true;
		(void)mr_failed(mr_fail_nomem(err));
		return MR_IO_FAILED;
	}
	return MR_IO_DONE;
}

bool mr_tls_stream_acceptable(const struct mr_tls_stream *s)
{
	return s->has_alpn || !s->server->alpn_required;
}

enum mr_io mr_tls_stream_read(
	struct mr_tls_stream *s, void *to, size_t size, size_t *ret_count, struct mr_error *err)
{
	ERR_clear_error();
	int result = SSL_read(s->ssl, to, (int)(size < RECORD_MAX ? size : RECORD_MAX));
	if (result <= 0)
		return outcome(s, result, err);
	*ret_count = (size_t)result;
	return MR_IO_DONE;
}

bool mr_tls_stream_has_pending(const struct mr_tls_stream *s)
{
	return SSL_has_pending(s->ssl) == 1;
}

enum mr_io mr_tls_stream_write(
	struct mr_tls_stream *s, struct mr_bytes data, size_t *ret_count, struct mr_error *err)
{
	ERR_clear_error();
	int result = SSL_write(
		s->ssl, data.ptr, (int)(data.len < RECORD_MAX ? data.len : RECORD_MAX));
	if (result <= 0)
		return outcome(s, result, err);
	*ret_count = (size_t)result;
	return MR_IO_DONE;
}

void mr_tls_stream_shutdown(struct mr_tls_stream *s)
{
	if (s->shut || s->dead || !SSL_is_init_finished(s->ssl))
		return;
	s->shut = true;
	(void)SSL_shutdown(s->ssl);
	ERR_clear_error();
}

struct mr_bytes mr_tls_stream_peer_certificate(const struct mr_tls_stream *s)
{
	return mr_bytes_of(s->peer, s->peer_len);
}

void mr_tls_stream_free(struct mr_tls_stream *s)
{
	if (!s)
		return;
	SSL_free(s->ssl);
	free(s->peer);
	free(s);
}
