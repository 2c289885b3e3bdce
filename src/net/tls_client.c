/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/file.h"
#include "net/dial.h"
#include "net/tls_internal.h"
#include "net/tls_verify.h"

#define RECORD_MAX ((size_t)16 << 10)

struct mr_tls_client {
	struct mr_tls_socket socket;
	SSL_CTX *ctx;
	SSL *ssl;
	struct mr_buf alpn; /* what is offered, wire form */
	struct mr_buf peer; /* leaf DER */
	bool usable;        /* close_notify may be sent */

	/* during the handshake */
	const struct mr_tls_client_config *config;
	bool refused;
	struct mr_error refusal;
};

/* --- the handshake --- */

static int verify(X509_STORE_CTX *received, void *argument)
{
	struct mr_tls_client *c = argument;

	if (c->config->anchor_count == 0)
		return 1;
	if (!mr_failed(mr_tls_verify_server(received, c->config, &c->refusal)))
		return 1;
	c->refused = true;
	X509_STORE_CTX_set_error(received, X509_V_ERR_CERT_UNTRUSTED);
	return 0;
}

static bool is_ip_literal(const char *host)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

static bool set_server_name(SSL *ssl, const char *host)
{
	char name[256]; /* one of the libraries takes it as not const */
	int n = snprintf(name, sizeof name, "%s", host);

	return n > 0 && (size_t)n < sizeof name && SSL_set_tlsext_host_name(ssl, name) == 1;
}

static bool set_up_ssl(struct mr_tls_client *c)
{
	const struct mr_tls_client_config *config = c->config;

	SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(c->ctx, verify, c);
	c->ssl = SSL_new(c->ctx);
	if (!c->ssl || !mr_tls_socket_attach(&c->socket, c->ssl))
		return false;
	if (config->host && !is_ip_literal(config->host) && !set_server_name(c->ssl, config->host))
		return false;
	if (c->alpn.len > 0 &&
		SSL_set_alpn_protos(c->ssl, c->alpn.data, (unsigned)c->alpn.len) != 0)
		return false;
	if (config->identity && !mr_tls_identity_use(config->identity, c->ssl))
		return false;
	SSL_set_connect_state(c->ssl);
	return true;
}

/* After a call to the library that gave `result`: waits if that is what it needs, or fails. */
static mr_result wait_or_fail(
	struct mr_tls_client *c, int result, int64_t deadline_ms, struct mr_error *err)
{
	switch (SSL_get_error(c->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return mr_dial_wait(c->socket.fd, POLLIN, deadline_ms, err);
	case SSL_ERROR_WANT_WRITE:
		return mr_dial_wait(c->socket.fd, POLLOUT, deadline_ms, err);
	default:
		c->usable = false;
		break;
	}
	/* what the socket said counts more than how the library takes it */
	if (c->socket.ended || c->socket.errnum != 0) {
		ERR_clear_error();
		return c->socket.ended ? mr_fail(err, MR_CODE_UNAVAILABLE, "tls: unexpected EOF")
				       : mr_fail_errno(err, c->socket.errnum, "tls");
	}
	return mr_wrap(err, mr_tls_fail(err, "protocol error"), "tls");
}

static mr_result handshake(struct mr_tls_client *c, int64_t deadline_ms, struct mr_error *err)
{
	for (;;) {
		int result;

		ERR_clear_error();
		result = SSL_do_handshake(c->ssl);
		if (result == 1)
			break;
		if (c->refused) {
			ERR_clear_error();
			*err = c->refusal;
			return (mr_result){ err->code };
		}
		MR_TRY(wait_or_fail(c, result, deadline_ms, err));
	}
	c->usable = true;
	if (c->config->alpn_required && mr_tls_client_alpn(c).len == 0)
		return mr_fail(err, MR_CODE_CRYPTO, "tls: the server selected no ALPN protocol");
	return MR_OK;
}

static mr_result keep_peer(struct mr_tls_client *c, struct mr_error *err)
{
	X509 *leaf = SSL_get_peer_certificate(c->ssl);
	bool good = leaf && mr_tls_put_der(leaf, &c->peer);

	X509_free(leaf);
	return good ? MR_OK : mr_fail(err, MR_CODE_CRYPTO, "tls: no server certificate");
}

static mr_result start(struct mr_tls_client *c, int64_t deadline_ms, struct mr_error *err)
{
	const struct mr_tls_client_config *config = c->config;

	MR_TRY(mr_tls_alpn_wire(config->alpn, config->alpn_count, &c->alpn, err));
	MR_TRY(mr_tls_context_new(false, &c->ctx, err));
	if (!set_up_ssl(c))
		return mr_wrap(err, mr_tls_fail(err, "setting up a connection failed"), "tls");
	MR_TRY(handshake(c, deadline_ms, err));
	return keep_peer(c, err);
}

mr_result mr_tls_client_connect(const char *host, const char *port,
	const struct mr_tls_client_config *config, int64_t deadline_ms, struct mr_tls_client **ret,
	struct mr_error *err)
{
	MR_AUTO(fd) int fd = -1;
	struct mr_tls_client *c;
	mr_result r;

	MR_TRY(mr_dial(host, port, deadline_ms, &fd, err));
	c = calloc(1, sizeof *c);
	if (!c)
		return mr_fail_nomem(err);
	c->socket.fd = fd;
	fd = -1;
	c->config = config;
	mr_buf_init(&c->alpn, 4096);
	mr_buf_init(&c->peer, MR_CERT_MAX_SIZE);
	r = start(c, deadline_ms, err);
	c->config = NULL;
	if (r.code == MR_CODE_UNAVAILABLE || r.code == MR_CODE_IO) /* reached, but no TLS */
		r.code = err->code = MR_CODE_CRYPTO;
	if (mr_failed(r)) {
		mr_tls_client_free(c);
		return r;
	}
	*ret = c;
	return MR_OK;
}

/* --- data --- */

mr_result mr_tls_client_read(struct mr_tls_client *c, void *to, size_t size, int64_t deadline_ms,
	size_t *ret_count, struct mr_error *err)
{
	for (;;) {
		int result;

		ERR_clear_error();
		result = SSL_read(c->ssl, to, (int)(size < RECORD_MAX ? size : RECORD_MAX));
		if (result > 0) {
			*ret_count = (size_t)result;
			return MR_OK;
		}
		if (SSL_get_error(c->ssl, result) == SSL_ERROR_ZERO_RETURN) {
			*ret_count = 0;
			return MR_OK;
		}
		MR_TRY(wait_or_fail(c, result, deadline_ms, err));
	}
}

mr_result mr_tls_client_write(
	struct mr_tls_client *c, struct mr_bytes data, int64_t deadline_ms, struct mr_error *err)
{
	while (data.len > 0) {
		int result;

		ERR_clear_error();
		result = SSL_write(
			c->ssl, data.ptr, (int)(data.len < RECORD_MAX ? data.len : RECORD_MAX));
		if (result > 0)
			data = mr_bytes_of(data.ptr + result, data.len - (size_t)result);
		else
			MR_TRY(wait_or_fail(c, result, deadline_ms, err));
	}
	return MR_OK;
}

struct mr_str mr_tls_client_alpn(const struct mr_tls_client *c)
{
	const unsigned char *name = NULL;
	unsigned len = 0;

	SSL_get0_alpn_selected(c->ssl, &name, &len);
	return (struct mr_str){ (const char *)name, len };
}

struct mr_bytes mr_tls_client_peer_certificate(const struct mr_tls_client *c)
{
	return mr_buf_bytes(&c->peer);
}

void mr_tls_client_free(struct mr_tls_client *c)
{
	if (!c)
		return;
	if (c->usable)
		(void)SSL_shutdown(c->ssl);
	ERR_clear_error();
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	mr_fd_close(&c->socket.fd);
	mr_buf_done(&c->alpn);
	mr_buf_done(&c->peer);
	free(c);
}
