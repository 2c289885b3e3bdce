/* SPDX-License-Identifier: Apache-2.0 */
/* Exported: sockets, from socket() to shutdown(). */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "ttls/adopt.h"
#include "ttls/calls.h"
#include "ttls/names.h"
#include "ttls/real.h"
#include "ttls/setup.h"

/* A socket that may be connected to a listed address is known from its beginning, so that epoll sets
 * and copies of the descriptor are, too. */
MR_TTLS_EXPORT(int, socket, int domain, int type, int protocol)
{
	int fd = MR_REAL(socket)(domain, type, protocol);

	if (fd < 0 || !mr_ttls_is_on() || (domain != AF_INET && domain != AF_INET6) ||
		(type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) != SOCK_STREAM ||
		!mr_ttls_config_has_outgoing(mr_ttls_loaded()))
		return fd;
	mr_ttls_conn_unref(mr_ttls_table_remove(fd));
	struct mr_ttls_conn *c = mr_ttls_track(fd);
	int failure = errno;
	mr_ttls_conn_unref(c);
	if (c)
		return fd;
	(void)MR_REAL(close)(fd);
	errno = failure;
	return -1;
}

MR_TTLS_EXPORT(int, __socket, int domain, int type, int protocol)
{
	return mr_call_socket(domain, type, protocol);
}

/* --- connect --- */

static const struct mr_ttls_entry *entry_for(
	int fd, const struct sockaddr *address, socklen_t len, const char **ret_name)
{
	struct in6_addr ip;
	uint16_t port;

	if (!mr_ttls_config_has_outgoing(mr_ttls_loaded()) ||
		!mr_ttls_sockaddr(address, len, &ip, &port))
		return NULL;
	const struct mr_ttls_entry *entry = mr_ttls_names_find(
		mr_ttls_loaded(), &ip, port, ret_name);
	return entry && mr_ttls_is_tcp(fd) ? entry : NULL;
}

static bool is_non_blocking(int fd)
{
	int mode = MR_REAL(fcntl)(fd, F_GETFL);

	return mode >= 0 && (mode & O_NONBLOCK);
}

/* TCP is there or under way: from here on nothing but TLS may pass. */
static int start_tls(struct mr_ttls_conn *c, int fd, const struct mr_ttls_entry *entry,
	const char *name, int connected)
{
	int failure = errno;

	if (MR_REAL(fcntl)(fd, F_SETFD, FD_CLOEXEC) != 0 ||
		!mr_ttls_conn_start(c, fd, entry, name, connected != 0)) {
		failure = errno;
		(void)MR_REAL(shutdown)(fd, SHUT_RDWR);
		errno = failure;
		return -1;
	}
	if (connected == 0 && !is_non_blocking(fd))
		return mr_ttls_conn_wait_handshake(c, fd);
	(void)mr_ttls_conn_ready(c, fd);
	errno = connected == 0 ? EINPROGRESS : failure;
	return -1;
}

static int connect_tls(struct mr_ttls_conn *c, int fd, const struct sockaddr *address,
	socklen_t len, const struct mr_ttls_entry *entry, const char *name)
{
	if (mr_ttls_conn_is_tls(c))
		return mr_ttls_conn_connect_again(c, fd);
	int result = MR_REAL(connect)(fd, address, len);
	/* an interrupted connect goes on by itself */
	if (result != 0 && errno != EINPROGRESS && errno != EINTR && errno != EISCONN)
		return result;
	if (result != 0 && errno == EISCONN)
		result = 0;
	return start_tls(c, fd, entry, name, result);
}

static int finish(struct mr_ttls_conn *c, int result)
{
	int failure = errno;

	mr_ttls_conn_unref(c);
	errno = failure;
	return result;
}

MR_TTLS_EXPORT(int, connect, int fd, const struct sockaddr *address, socklen_t len)
{
	const char *name = NULL;

	if (!mr_ttls_is_on())
		return MR_REAL(connect)(fd, address, len);
	struct mr_ttls_conn *c = mr_ttls_tls_of(fd);
	if (c)
		return finish(c, mr_ttls_conn_connect_again(c, fd));
	const struct mr_ttls_entry *entry = entry_for(fd, address, len, &name);
	if (!entry)
		return MR_REAL(connect)(fd, address, len);
	c = mr_ttls_track(fd);
	return c ? finish(c, connect_tls(c, fd, address, len, entry, name)) : -1;
}

MR_TTLS_EXPORT(int, __connect, int fd, const struct sockaddr *address, socklen_t len)
{
	return mr_call_connect(fd, address, len);
}

/* --- accept --- */

static int accepted(int fd)
{
	if (fd < 0 || !mr_ttls_is_on())
		return fd;
	mr_ttls_conn_unref(mr_ttls_table_remove(fd));
	if (!mr_ttls_config_has_incoming(mr_ttls_loaded()))
		return fd;
	const struct mr_ttls_entry *entry = mr_ttls_accepted_entry(fd);
	if (!entry || mr_ttls_adopt_server(fd, entry))
		return fd;
	int failure = errno;
	(void)MR_REAL(close)(fd);
	errno = failure;
	return -1;
}

MR_TTLS_EXPORT(int, accept, int fd, struct sockaddr *address, socklen_t *len)
{
	return accepted(MR_REAL(accept)(fd, address, len));
}

MR_TTLS_EXPORT(int, accept4, int fd, struct sockaddr *address, socklen_t *len, int flags)
{
	return accepted(MR_REAL(accept4)(fd, address, len, flags));
}

/* --- the rest --- */

MR_TTLS_EXPORT(int, shutdown, int fd, int how)
{
	struct mr_ttls_conn *c = mr_ttls_tls_of(fd);

	return c ? finish(c, mr_ttls_conn_shutdown(c, fd, how)) : MR_REAL(shutdown)(fd, how);
}

MR_TTLS_EXPORT(int, getsockopt, int fd, int level, int option, void *value, socklen_t *len)
{
	struct mr_ttls_conn *c = level == SOL_SOCKET && option == SO_ERROR ? mr_ttls_tls_of(fd)
									   : NULL;

	if (!c)
		return MR_REAL(getsockopt)(fd, level, option, value, len);
	if (!value || !len || *len < sizeof(int)) {
		errno = EINVAL;
		return finish(c, -1);
	}
	int failure = mr_ttls_conn_take_error(c, fd);
	memcpy(value, &failure, sizeof failure);
	*len = sizeof failure;
	return finish(c, 0);
}

MR_TTLS_EXPORT(int, setsockopt, int fd, int level, int option, const void *value, socklen_t len)
{
	struct mr_ttls_conn *c = level == IPPROTO_TCP && option == TCP_NODELAY ? mr_ttls_tls_of(fd)
									       : NULL;

	/* ours goes; what the program says holds from now on */
	if (c)
		mr_ttls_conn_note_nodelay(c);
	return finish(c, MR_REAL(setsockopt)(fd, level, option, value, len));
}
