/* SPDX-License-Identifier: Apache-2.0 */
#include "net/stream_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/file.h"
#include "net/dial.h"
#include "net/tls_client.h"

struct mr_stream_client {
	struct mr_tls_client *tls; /* NULL: the descriptor is used as it is */
	int fd;
};

bool mr_host_is_loopback(const char *host)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* `localhost` may be resolved to anything, so what was reached is looked at. */
static bool reached_loopback(int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t size = sizeof address;

	if (getpeername(fd, (struct sockaddr *)&address, &size) != 0)
		return false;
	if (address.ss_family == AF_INET)
		return ntohl(((struct sockaddr_in *)&address)->sin_addr.s_addr) >> 24 == 127;
	return address.ss_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&address)->sin6_addr);
}

static mr_result connect_plain(struct mr_stream_client *c, const char *host, const char *port,
	int64_t deadline_ms, struct mr_error *err)
{
	if (!mr_host_is_loopback(host))
		return mr_fail(err, MR_CODE_INVALID,
			"no connection without TLS but to a loopback address");
	MR_TRY(mr_dial(host, port, deadline_ms, &c->fd, err));
	if (!reached_loopback(c->fd))
		return mr_fail(err, MR_CODE_INVALID, "%s is no loopback address", host);
	return MR_OK;
}

mr_result mr_stream_client_connect(const char *host, const char *port,
	const struct mr_tls_client_config *tls, int64_t deadline_ms, struct mr_stream_client **ret,
	struct mr_error *err)
{
	struct mr_stream_client *c = calloc(1, sizeof *c);

	if (!c)
		return mr_fail_nomem(err);
	c->fd = -1;
	mr_result r = tls ? mr_tls_client_connect(host, port, tls, deadline_ms, &c->tls, err)
			  : connect_plain(c, host, port, deadline_ms, err);
	if (mr_failed(r)) {
		mr_stream_client_free(c);
		return r;
	}
	*ret = c;
	return MR_OK;
}

mr_result mr_stream_client_read(struct mr_stream_client *c, void *to, size_t size,
	int64_t deadline_ms, size_t *ret_count, struct mr_error *err)
{
	if (c->tls)
		return mr_tls_client_read(c->tls, to, size, deadline_ms, ret_count, err);
	for (;;) {
		ssize_t n = recv(c->fd, to, size, 0);

		if (n >= 0) {
			*ret_count = (size_t)n;
			return MR_OK;
		}
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			MR_TRY(mr_dial_wait(c->fd, POLLIN, deadline_ms, err));
		else if (errno != EINTR)
			return mr_fail_errno(err, errno, "read");
	}
}

mr_result mr_stream_client_write(
	struct mr_stream_client *c, struct mr_bytes data, int64_t deadline_ms, struct mr_error *err)
{
	if (c->tls)
		return mr_tls_client_write(c->tls, data, deadline_ms, err);
	while (data.len > 0) {
		ssize_t n = send(c->fd, data.ptr, data.len, MSG_NOSIGNAL);

		if (n >= 0)
			data = mr_bytes_of(data.ptr + n, data.len - (size_t)n);
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			MR_TRY(mr_dial_wait(c->fd, POLLOUT, deadline_ms, err));
		else if (errno != EINTR)
			return mr_fail_errno(err, errno, "write");
	}
	return MR_OK;
}

void mr_stream_client_free(struct mr_stream_client *c)
{
	if (!c)
		return;
	mr_tls_client_free(c->tls);
	mr_fd_close(&c->fd);
	free(c);
}
