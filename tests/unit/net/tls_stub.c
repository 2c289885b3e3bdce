/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_stub.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* A peer that lets us wait this long has gone wrong. */
#define PATIENCE_MS 60000

/* --- one connection --- */

static bool await(const struct stub_peer *peer, enum mr_io io)
{
	struct pollfd p = { .fd = peer->fd, .events = io == MR_IO_WANT_WRITE ? POLLOUT : POLLIN };

	return (io == MR_IO_WANT_READ || io == MR_IO_WANT_WRITE) && poll(&p, 1, PATIENCE_MS) == 1;
}

size_t stub_read(struct stub_peer *peer, void *to, size_t size)
{
	struct mr_error err;
	size_t count = 0;
	enum mr_io io;

	if (!peer->tls) {
		struct pollfd p = { .fd = peer->fd, .events = POLLIN };
		ssize_t n = poll(&p, 1, PATIENCE_MS) == 1 ? recv(peer->fd, to, size, 0) : 0;

		return n > 0 ? (size_t)n : 0;
	}
	do
		io = mr_tls_stream_read(peer->tls, to, size, &count, &err);
	while (io != MR_IO_DONE && await(peer, io));
	return io == MR_IO_DONE ? count : 0;
}

size_t stub_read_until(struct stub_peer *peer, struct mr_buf *to, const char *end)
{
	uint8_t part[4096];
	size_t n;

	while (!mr_str_ends(mr_buf_str(to), mr_str_of(end)) &&
		(n = stub_read(peer, part, sizeof part)) > 0)
		mr_buf_put(to, part, n);
	return to->len;
}

static enum mr_io write_some(struct stub_peer *peer, struct mr_bytes data, size_t *ret_count)
{
	struct mr_error err;

	if (!peer->tls) {
		ssize_t n = send(peer->fd, data.ptr, data.len, MSG_NOSIGNAL);

		*ret_count = n > 0 ? (size_t)n : 0;
		return n > 0 ? MR_IO_DONE : errno == EAGAIN ? MR_IO_WANT_WRITE : MR_IO_RESET;
	}
	return mr_tls_stream_write(peer->tls, data, ret_count, &err);
}

bool stub_write(struct stub_peer *peer, struct mr_bytes data)
{
	while (data.len > 0) {
		size_t count = 0;
		enum mr_io io = write_some(peer, data, &count);

		if (io == MR_IO_DONE)
			data = mr_bytes_of(data.ptr + count, data.len - count);
		else if (!await(peer, io))
			return false;
	}
	return true;
}

static void handshake(struct stub_peer *peer)
{
	struct mr_error err;
	enum mr_io io;

	if (mr_failed(mr_tls_stream_new(peer->stub->tls, peer->fd, &peer->tls, &err)))
		return;
	do
		io = mr_tls_stream_handshake(peer->tls, &err);
	while (io != MR_IO_DONE && await(peer, io));
	if (io != MR_IO_DONE) {
		mr_tls_stream_free(peer->tls);
		peer->tls = NULL;
		return;
	}
	mr_buf_clear(&peer->stub->client_certificate);
	mr_buf_put_bytes(
		&peer->stub->client_certificate, mr_tls_stream_peer_certificate(peer->tls));
}

/* --- the thread --- */

static void serve(struct stub *stub, int fd)
{
	struct stub_peer peer = { .stub = stub, .fd = fd, .number = stub->connections++ };

	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	if (stub->tls)
		handshake(&peer);
	if (!stub->tls || peer.tls)
		stub->serve(&peer);
	if (peer.tls)
		mr_tls_stream_shutdown(peer.tls);
	mr_tls_stream_free(peer.tls);
	if (peer.fd >= 0)
		(void)close(peer.fd);
}

static void *run(void *argument)
{
	struct stub *stub = argument;
	sigset_t pipe;
	int fd;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, NULL);
	/* ended by shutting the listening socket down */
	while ((fd = accept(stub->listener, NULL, NULL)) >= 0)
		serve(stub, fd);
	return NULL;
}

static struct mr_tls_identity *show_identity(void *context)
{
	return mr_tls_identity_ref(((struct stub *)context)->identity);
}

static void make_tls(struct stub *stub)
{
	const struct mr_tls_server_config config = {
		.client_auth = stub->client_auth,
		.alpn = &stub->alpn,
		.alpn_count = stub->alpn ? 1 : 0,
		.identity = show_identity,
		.context = stub,
	};
	struct mr_error err;

	assert_false(mr_failed(mr_tls_server_new(&config, &stub->tls, &err)));
}

void stub_start(struct stub *stub)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof address;

	mr_buf_init(&stub->client_certificate, 65536);
	if (stub->identity)
		make_tls(stub);
	stub->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(stub->listener >= 0);
	assert_int_equal(bind(stub->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(stub->listener, 16), 0);
	assert_int_equal(getsockname(stub->listener, (struct sockaddr *)&address, &size), 0);
	(void)snprintf(stub->port, sizeof stub->port, "%u", ntohs(address.sin_port));
	(void)snprintf(stub->address, sizeof stub->address, "127.0.0.1:%s", stub->port);
	assert_int_equal(pthread_create(&stub->thread, NULL, run, stub), 0);
}

void stub_join(struct stub *stub)
{
	if (stub->joined)
		return;
	stub->joined = true;
	(void)shutdown(stub->listener, SHUT_RDWR);
	pthread_join(stub->thread, NULL);
	(void)close(stub->listener);
}

void stub_stop(struct stub *stub)
{
	stub_join(stub);
	mr_tls_server_free(stub->tls);
	stub->tls = NULL;
	mr_buf_done(&stub->client_certificate);
}
