/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/http_parse.h"
#include "net/tls_internal.h"
#include "server_rig.h"

#ifdef OPENSSL_IS_AWSLC
#define STACK_INDEX(i) (i)
#else
#define STACK_INDEX(i) ((int)(i))
#endif

static int accept_any(X509_STORE_CTX *store, void *argument)
{
	(void)store;
	(void)argument;
	return 1;
}

/* One of the libraries takes the list without const. */
static void set_groups(SSL_CTX *ctx, const char *groups)
{
	char list[64];

	(void)snprintf(list, sizeof(list), "%s", groups);
	assert_int_equal(SSL_CTX_set1_groups_list(ctx, list), 1);
}

static void set_options(struct peer *p, const struct peer_options *o)
{
	if (o->version) {
		assert_int_equal(SSL_CTX_set_min_proto_version(p->ctx, (uint16_t)o->version), 1);
		assert_int_equal(SSL_CTX_set_max_proto_version(p->ctx, (uint16_t)o->version), 1);
	}
	if (o->ciphers)
		assert_int_equal(SSL_CTX_set_cipher_list(p->ctx, o->ciphers), 1);
	if (o->groups)
		set_groups(p->ctx, o->groups);
	if (o->alpn)
		assert_int_equal(SSL_CTX_set_alpn_protos(
					 p->ctx, (const uint8_t *)o->alpn, (unsigned)o->alpn_len),
			0);
	SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(p->ctx, accept_any, NULL);
}

bool peer_connect(struct peer *p, const struct rig *rig, const struct peer_options *options)
{
	*p = (struct peer){ .fd = raw_connect(rig), .in = { .max = RIG_BIG + 100000 } };
	p->ctx = SSL_CTX_new(TLS_client_method());
	assert_non_null(p->ctx);
	set_options(p, options);
	p->ssl = SSL_new(p->ctx);
	assert_non_null(p->ssl);
	assert_int_equal(SSL_set_fd(p->ssl, p->fd), 1);
	if (options->identity)
		assert_true(mr_tls_identity_use(options->identity, p->ssl));
	if (options->session)
		assert_int_equal(SSL_set_session(p->ssl, options->session), 1);
	return SSL_connect(p->ssl) == 1;
}

bool peer_send(struct peer *p, const char *text)
{
	int len = (int)strlen(text);

	return SSL_write(p->ssl, text, len) == len;
}

/* Reads some more; false at the end of the connection. */
static bool read_more(struct peer *p)
{
	char bytes[16384];
	int n = SSL_read(p->ssl, bytes, sizeof(bytes));

	if (n > 0)
		mr_buf_put(&p->in, bytes, (size_t)n);
	return n > 0;
}

bool peer_answer(struct peer *p, struct mr_buf *body)
{
	struct mr_http_header fields[16];
	struct mr_http_head head = { .status = 0 };
	size_t seen = 0, length = 0;
	struct mr_error err;

	while (mr_http_scan_head(mr_buf_bytes(&p->in), &seen, &length) != MR_HTTP_SCAN_COMPLETE) {
		if (!read_more(p))
			return false;
	}
	if (mr_failed(mr_http_parse_response(mr_str_sub(mr_buf_str(&p->in), 0, length), false,
		    fields, MR_COUNT(fields), &head, &err)))
		fail_msg("%s", err.message);
	int status = head.status;
	size_t end = length + (size_t)head.content_length;
	while (p->in.len < end) {
		if (!read_more(p))
			return false;
	}
	if (body)
		mr_buf_put(body, p->in.data + length, end - length);
	mr_buf_consume(&p->in, end);
	return status == 200;
}

bool peer_get(struct peer *p, const char *path, struct mr_buf *body)
{
	char request[128];

	(void)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
	return peer_send(p, request) && peer_answer(p, body);
}

bool peer_is_closed(struct peer *p)
{
	return p->in.len == 0 && !read_more(p);
}

void peer_close(struct peer *p)
{
	if (p->ssl && p->fd >= 0 && SSL_is_init_finished(p->ssl))
		(void)SSL_shutdown(p->ssl);
	SSL_free(p->ssl);
	SSL_CTX_free(p->ctx);
	(void)close(p->fd);
	mr_buf_done(&p->in);
	*p = (struct peer){ .fd = -1 };
}

void peer_chain(const struct peer *p, struct mr_buf *out, size_t *ret_count)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(p->ssl);

	*ret_count = chain ? (size_t)sk_X509_num(chain) : 0;
	for (size_t i = 0; i < *ret_count; i++) {
		X509 *x = sk_X509_value(chain, STACK_INDEX(i));
		int len = i2d_X509(x, NULL);
		assert_true(len > 0);
		unsigned char *to = mr_buf_reserve(out, (size_t)len);
		assert_non_null(to);
		assert_int_equal(i2d_X509(x, &to), len);
		mr_buf_commit(out, (size_t)len);
	}
}

bool rig_get(const struct rig *rig, const char *path, struct mr_buf *body)
{
	struct peer p;
	bool good = peer_connect(&p, rig, &(struct peer_options){ .version = 0 }) &&
		    peer_get(&p, path, body);

	peer_close(&p);
	return good;
}
