/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <sys/socket.h>

#include "net/tls_internal.h"

/* The libraries' own socket BIO raises SIGPIPE, and one of them asks for SO_ERROR with every
 * call. */

static int result(BIO *bio, ssize_t n, bool writing)
{
	struct mr_tls_socket *s = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	s->errnum = n < 0 ? errno : 0;
	s->ended = n == 0 && !writing;
	if (n >= 0)
		return (int)n;
	if (errno == EAGAIN || errno == EINTR) {
		if (writing)
			BIO_set_retry_write(bio);
		else
			BIO_set_retry_read(bio);
	}
	return -1;
}

static int socket_write(BIO *bio, const char *data, int len)
{
	const struct mr_tls_socket *s = BIO_get_data(bio);

	return result(bio, send(s->fd, data, (size_t)len, MSG_NOSIGNAL), true);
}

static int socket_read(BIO *bio, char *to, int len)
{
	const struct mr_tls_socket *s = BIO_get_data(bio);

	return result(bio, recv(s->fd, to, (size_t)len, 0), false);
}

static long socket_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *method;

static void make_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");

	if (m && BIO_meth_set_write(m, socket_write) && BIO_meth_set_read(m, socket_read) &&
		BIO_meth_set_ctrl(m, socket_ctrl))
		method = m;
	else
		BIO_meth_free(m);
}

bool mr_tls_socket_attach(struct mr_tls_socket *socket, struct ssl_st *ssl)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, make_method);
	BIO *bio = method ? BIO_new(method) : NULL;
	if (!bio)
		return false;
	BIO_set_data(bio, socket);
	BIO_set_init(bio, 1);
	SSL_set_bio(ssl, bio, bio);
	return true;
}
