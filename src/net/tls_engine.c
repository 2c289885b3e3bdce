/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls_engine.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>

#include "net/tls_internal.h"
#include "net/tls_verify.h"

#if defined(__clang__) && !defined(OPENSSL_IS_AWSLC)
/* Macros of OpenSSL's headers cast const away, which clang, unlike gcc, reports where they are
 * used. */
#pragma clang diagnostic ignored "-Wcast-qual"
#endif

#define RECORD_MAX ((size_t)16 << 10)
#define OUTPUT_MAX ((size_t)1 << 20)
#define CHAIN_BYTES_MAX ((size_t)64 << 10)
#define NAME_MAX_LEN 255

struct mr_tls_engine_context {
	SSL_CTX *ctx;
	struct mr_tls_engine_config config;
};

struct mr_tls_engine {
	struct mr_tls_engine_context *context;
	SSL *ssl;
	char *server_name;
	struct mr_bytes in;
	struct mr_buf out;
	bool refused;         /* the peer's certificate */
	bool shut;            /* close_notify was written */
	bool dead;            /* a step failed */
	struct mr_error *err; /* of the step that runs */
};

/* --- the library's view of the two ends --- */

static int engine_read(BIO *bio, char *to, int len)
{
	struct mr_tls_engine *e = BIO_get_data(bio);
	size_t n = (size_t)len < e->in.len ? (size_t)len : e->in.len;

	BIO_clear_retry_flags(bio);
	if (n == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	memcpy(to, e->in.ptr, n);
	e->in = mr_bytes_of(e->in.ptr + n, e->in.len - n);
	return (int)n;
}

static int engine_write(BIO *bio, const char *data, int len)
{
	struct mr_tls_engine *e = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	mr_buf_put(&e->out, data, (size_t)len);
	return e->out.failure == MR_CODE_OK ? len : -1;
}

static long engine_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *method;

static void make_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "engine");

	if (m && BIO_meth_set_write(m, engine_write) && BIO_meth_set_read(m, engine_read) &&
		BIO_meth_set_ctrl(m, engine_ctrl))
		method = m;
	else
		BIO_meth_free(m);
}

static bool attach(struct mr_tls_engine *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, make_method);
	BIO *bio = method ? BIO_new(method) : NULL;
	if (!bio)
		return false;
	BIO_set_data(bio, e);
	BIO_set_init(bio, 1);
	SSL_set_bio(e->ssl, bio, bio);
	return true;
}

/* --- contexts --- */

static mr_result judge(
	const struct mr_tls_engine *e, X509_STORE_CTX *received, struct mr_error *err)
{
	const struct mr_tls_engine_config *own = &e->context->config;
	const struct mr_tls_client_config server = {
		.anchors = own->anchors,
		.anchor_count = own->anchor_count,
		.check_host = e->server_name != NULL,
		.host = e->server_name,
	};

	return own->server ? mr_tls_verify_client(received, own->anchors, own->anchor_count, err)
			   : mr_tls_verify_server(received, &server, err);
}

static int verify(X509_STORE_CTX *received, void *argument)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(received, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct mr_tls_engine *e = SSL_get_app_data(ssl);

	(void)argument;
	if (!mr_failed(judge(e, received, e->err)))
		return 1;
	e->refused = true;
	X509_STORE_CTX_set_error(received, X509_V_ERR_CERT_UNTRUSTED);
	return 0;
}

static int verify_mode(const struct mr_tls_engine_config *config)
{
	if (!config->server)
		return SSL_VERIFY_PEER;
	return config->verify_client ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
				     : SSL_VERIFY_NONE;
}

mr_result mr_tls_engine_context_new(const struct mr_tls_engine_config *config,
	struct mr_tls_engine_context **ret, struct mr_error *err)
{
	if (config->server && !config->identity)
		return mr_fail(err, MR_CODE_INVALID, "tls: a server needs a certificate");
	struct mr_tls_engine_context *c = calloc(1, sizeof *c);
	if (!c)
		return mr_fail_nomem(err);
	c->config = *config;
	if (c->config.identity)
		(void)mr_tls_identity_ref(c->config.identity);
	/* Both ends look into certificates here, which a server's context leaves to its caller. */
	mr_result r = mr_tls_context_new(false, &c->ctx, err);
	if (mr_failed(r)) {
		mr_tls_engine_context_free(c);
		return r;
	}
	SSL_CTX_set_verify(c->ctx, verify_mode(config), NULL);
	SSL_CTX_set_cert_verify_callback(c->ctx, verify, NULL);
	SSL_CTX_set_max_cert_list(c->ctx, CHAIN_BYTES_MAX);
	*ret = c;
	return MR_OK;
}

void mr_tls_engine_context_free(struct mr_tls_engine_context *context)
{
	if (!context)
		return;
	SSL_CTX_free(context->ctx);
	mr_tls_identity_unref(context->config.identity);
	free(context);
}

/* --- connections --- */

static bool set_up(struct mr_tls_engine *e)
{
	const struct mr_tls_engine_config *config = &e->context->config;

	e->ssl = SSL_new(e->context->ctx);
	if (!e->ssl || !attach(e) || !SSL_set_app_data(e->ssl, e))
		return false;
	if (config->identity && !mr_tls_identity_use(config->identity, e->ssl))
		return false;
	if (e->server_name && SSL_set_tlsext_host_name(e->ssl, e->server_name) != 1)
		return false;
	if (config->server)
		SSL_set_accept_state(e->ssl);
	else
		SSL_set_connect_state(e->ssl);
#ifdef OPENSSL_IS_AWSLC
	SSL_set_shed_handshake_config(e->ssl, 1);
#endif
	return true;
}

mr_result mr_tls_engine_new(struct mr_tls_engine_context *context, const char *server_name,
	struct mr_tls_engine **ret, struct mr_error *err)
{
	if (server_name && strlen(server_name) > NAME_MAX_LEN)
		return mr_fail(err, MR_CODE_INVALID, "tls: the server's name is too long");
	struct mr_tls_engine *e = calloc(1, sizeof *e);
	if (!e)
		return mr_fail_nomem(err);
	e->context = context;
	mr_buf_init(&e->out, OUTPUT_MAX);
	e->server_name = server_name ? strdup(server_name) : NULL;
	if ((server_name && !e->server_name) || !set_up(e)) {
		mr_tls_engine_free(e);
		return mr_wrap(err, mr_tls_fail(err, "setting up a connection failed"), "tls");
	}
	*ret = e;
	return MR_OK;
}

void mr_tls_engine_free(struct mr_tls_engine *e)
{
	if (!e)
		return;
	SSL_free(e->ssl);
	mr_buf_done(&e->out);
	free(e->server_name);
	free(e);
}

void mr_tls_engine_feed(struct mr_tls_engine *e, struct mr_bytes bytes)
{
	e->in = bytes;
}

size_t mr_tls_engine_unused(const struct mr_tls_engine *e)
{
	return e->in.len;
}

struct mr_buf *mr_tls_engine_output(struct mr_tls_engine *e)
{
	return &e->out;
}

/* --- steps --- */

static enum mr_io outcome(struct mr_tls_engine *e, int result, struct mr_error *err)
{
	switch (SSL_get_error(e->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return MR_IO_WANT_READ;
	case SSL_ERROR_ZERO_RETURN:
		return MR_IO_CLOSED;
	default:
		break;
	}
	e->dead = true;
	if (e->refused) {
		ERR_clear_error();
		err->code = MR_CODE_DENIED;
	} else {
		(void)mr_failed(mr_wrap(err, mr_tls_fail(err, "protocol error"), "tls"));
	}
	return MR_IO_FAILED;
}

/* A failed connection stays so: the library would go on with some of them. */
static enum mr_io failed_before(struct mr_error *err)
{
	(void)mr_failed(mr_fail(err, MR_CODE_CRYPTO, "tls: the connection has failed"));
	return MR_IO_FAILED;
}

enum mr_io mr_tls_engine_handshake(struct mr_tls_engine *e, struct mr_error *err)
{
	if (e->dead)
		return failed_before(err);
	ERR_clear_error();
	e->err = err;
	int result = SSL_do_handshake(e->ssl);
	e->err = NULL;
	return result == 1 ? MR_IO_DONE : outcome(e, result, err);
}

enum mr_io mr_tls_engine_read(
	struct mr_tls_engine *e, void *to, size_t size, size_t *ret_count, struct mr_error *err)
{
	if (e->dead)
		return failed_before(err);
	ERR_clear_error();
	e->err = err;
	int result = SSL_read(e->ssl, to, (int)(size < RECORD_MAX ? size : RECORD_MAX));
	e->err = NULL;
	if (result <= 0)
		return outcome(e, result, err);
	*ret_count = (size_t)result;
	return MR_IO_DONE;
}

size_t mr_tls_engine_pending(const struct mr_tls_engine *e)
{
	int n = SSL_pending(e->ssl);

	return n > 0 ? (size_t)n : 0;
}

enum mr_io mr_tls_engine_write(
	struct mr_tls_engine *e, struct mr_bytes data, size_t *ret_count, struct mr_error *err)
{
	if (e->dead)
		return failed_before(err);
	ERR_clear_error();
	e->err = err;
	int result = SSL_write(
		e->ssl, data.ptr, (int)(data.len < RECORD_MAX ? data.len : RECORD_MAX));
	e->err = NULL;
	if (result <= 0)
		return outcome(e, result, err);
	*ret_count = (size_t)result;
	return MR_IO_DONE;
}

void mr_tls_engine_shutdown(struct mr_tls_engine *e)
{
	if (e->shut || e->dead || !SSL_is_init_finished(e->ssl))
		return;
	e->shut = true;
	(void)SSL_shutdown(e->ssl);
	ERR_clear_error();
}
