/* SPDX-License-Identifier: Apache-2.0 */
/* Servers, identities and TLS connections without memory. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "fault.h"
#include "net/tls_internal.h"
#include "net/tls_stream.h"
#include "server_rig.h"

static mr_result bring_up(void *context, struct mr_error *err)
{
	static const char *const alpn[] = { "http/1.1" };
	struct mr_tls_server_config config = { .alpn = alpn, .alpn_count = 1 };
	struct mr_listener listener = { .address = "127.0.0.1:0",
		.protocol = &mr_http_server_protocol };
	struct mr_server *server = NULL;
	char address[64];

	(void)context;
	MR_TRY(mr_tls_server_new(&config, &listener.tls, err));
	mr_result r = mr_server_new(2, NULL, NULL, &server, err);
	if (!mr_failed(r))
		r = mr_server_listen(server, &listener, address, err);
	if (!mr_failed(r))
		r = mr_server_start(server, err);
	mr_server_free(server);
	mr_tls_server_free(listener.tls);
	return r;
}

static void test_bringing_up_a_server(void **state)
{
	(void)state;
	assert_true(mr_fault_each("a server", bring_up, NULL, false) > 5);
}

struct maker {
	struct mr_key *key;
	struct mr_bytes chain[2];
};

static mr_result make_identity(void *context, struct mr_error *err)
{
	const struct maker *maker = context;
	struct mr_tls_identity *identity = NULL;

	MR_TRY(mr_tls_identity_new(maker->chain, 2, maker->key, &identity, err));
	mr_tls_identity_unref(mr_tls_identity_ref(identity));
	mr_tls_identity_unref(identity);
	return MR_OK;
}

static void test_identities(void **state)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	MR_AUTO(buf) struct mr_buf leaf = { .max = 10000 };
	struct mr_error err;

	(void)state;
	assert_false(mr_failed(mr_key_generate(MR_KEY_EC_P256, 0, &key, &err)));
	rig_certificate(key, &leaf);
	struct maker maker = { key, { mr_buf_bytes(&leaf), mr_buf_bytes(&leaf) } };
	assert_true(mr_fault_each("an identity", make_identity, &maker, false) >= 2);
}

/* --- a handshake, and some bytes each way, in one thread --- */

struct talk {
	struct mr_tls_server *server;
	SSL_CTX *ctx; /* the client's */
	struct mr_tls_identity *identity;
};

static struct mr_tls_identity *get_identity(void *context)
{
	return mr_tls_identity_ref(context);
}

static int accept_any(X509_STORE_CTX *store, void *argument)
{
	(void)store;
	(void)argument;
	return 1;
}

static bool client_step(SSL *client)
{
	mr_fault_pause();
	int result = SSL_do_handshake(client);
	int reason = SSL_get_error(client, result);
	mr_fault_resume();
	return result == 1 || reason == SSL_ERROR_WANT_READ;
}

static mr_result talk_on(struct mr_tls_stream *s, SSL *client, struct mr_error *err)
{
	enum mr_io io = MR_IO_WANT_READ;
	char bytes[16];
	size_t count = 0;

	for (size_t turns = 0; turns < 10 && io == MR_IO_WANT_READ; turns++) {
		if (!client_step(client))
			return mr_fail(err, MR_CODE_CRYPTO, "the client gave up");
		io = mr_tls_stream_handshake(s, err);
	}
	if (io != MR_IO_DONE)
		return mr_fail(err, MR_CODE_CRYPTO, "handshake failed");
	assert_true(mr_tls_stream_acceptable(s));
	assert_true(mr_tls_stream_peer_certificate(s).len > 0);
	assert_true(client_step(client));
	mr_fault_pause();
	assert_int_equal(SSL_write(client, "ping", 4), 4);
	mr_fault_resume();
	if (mr_tls_stream_read(s, bytes, sizeof(bytes), &count, err) != MR_IO_DONE)
		return mr_fail(err, MR_CODE_CRYPTO, "reading failed");
	assert_int_equal(count, 4);
	if (mr_tls_stream_read(s, bytes, sizeof(bytes), &count, err) != MR_IO_WANT_READ)
		return mr_fail(err, MR_CODE_CRYPTO, "reading nothing failed");
	if (mr_tls_stream_write(s, mr_bytes_of("pong", 4), &count, err) != MR_IO_DONE)
		return mr_fail(err, MR_CODE_CRYPTO, "writing failed");
	mr_tls_stream_shutdown(s);
	return MR_OK;
}

static mr_result talk(void *context, struct mr_error *err)
{
	const struct talk *t = context;
	struct mr_tls_stream *s = NULL;
	int fds[2];

	mr_fault_pause();
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	SSL *client = SSL_new(t->ctx);
	assert_non_null(client);
	assert_int_equal(SSL_set_fd(client, fds[1]), 1);
	assert_true(mr_tls_identity_use(t->identity, client));
	SSL_set_connect_state(client);
	mr_fault_resume();
	mr_result r = mr_tls_stream_new(t->server, fds[0], &s, err);
	if (!mr_failed(r))
		r = talk_on(s, client, err);
	mr_tls_stream_free(s);
	mr_fault_pause();
	SSL_free(client);
	mr_fault_resume();
	(void)close(fds[0]);
	(void)close(fds[1]);
	return r;
}

static void test_connections(void **state)
{
	struct talk t = { .ctx = SSL_CTX_new(TLS_client_method()) };
	struct mr_error err;

	(void)state;
	assert_non_null(t.ctx);
	SSL_CTX_set_verify(t.ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(t.ctx, accept_any, NULL);
	t.identity = rig_identity(MR_KEY_EC_P256, 0);
	struct mr_tls_server_config config = { .client_auth = MR_TLS_CLIENT_REQUIRED,
		.identity = get_identity,
		.context = t.identity };
	assert_false(mr_failed(mr_tls_server_new(&config, &t.server, &err)));
	assert_true(mr_fault_each("a TLS connection", talk, &t, true) >= 2);
	mr_tls_server_free(t.server);
	SSL_CTX_free(t.ctx);
	mr_tls_identity_unref(t.identity);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bringing_up_a_server),
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
