/* SPDX-License-Identifier: Apache-2.0 */
#include "ttls/adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>

#include "ttls/names.h"
#include "ttls/real.h"
#include "ttls/setup.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
/* Descriptors that are looked at when the process starts. */
#define INHERITED_MAX 4096

static int option_of(int fd, int option)
{
	int value = -1;
	socklen_t len = sizeof value;

	return MR_REAL(getsockopt)(fd, SOL_SOCKET, option, &value, &len) == 0 ? value : -1;
}

bool mr_ttls_is_tcp(int fd)
{
	int domain = option_of(fd, SO_DOMAIN);

	if ((domain != AF_INET && domain != AF_INET6) || option_of(fd, SO_TYPE) != SOCK_STREAM)
		return false;
	int protocol = option_of(fd, SO_PROTOCOL);
	return protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP;
}

const struct mr_ttls_entry *mr_ttls_accepted_entry(int fd)
{
	struct sockaddr_storage own;
	socklen_t len = sizeof own;
	struct in6_addr address;
	uint16_t port;

	if (getsockname(fd, (struct sockaddr *)&own, &len) != 0 ||
		!mr_ttls_sockaddr((struct sockaddr *)&own, len, &address, &port))
		return NULL;
	const struct mr_ttls_entry *entry = mr_ttls_config_incoming(mr_ttls_loaded(), port);
	return entry && mr_ttls_is_tcp(fd) ? entry : NULL;
}

struct mr_ttls_conn *mr_ttls_track(int fd)
{
	struct mr_ttls_conn *c = mr_ttls_table_get(fd);

	if (c)
		return c;
	c = mr_ttls_conn_new();
	if (!c) {
		errno = ENOMEM;
		return NULL;
	}
	if (!mr_ttls_table_put(fd, c)) {
		mr_ttls_conn_unref(c);
		errno = EMFILE;
		return NULL;
	}
	return c;
}

bool mr_ttls_adopt_server(int fd, const struct mr_ttls_entry *entry)
{
	struct mr_ttls_conn *stale = mr_ttls_table_remove(fd);

	mr_ttls_conn_unref(stale);
	struct mr_ttls_conn *c = mr_ttls_track(fd);
	bool good = c && MR_REAL(fcntl)(fd, F_SETFD, FD_CLOEXEC) == 0 &&
		    mr_ttls_conn_serve(c, fd, entry);
	if (c && !good)
		mr_ttls_conn_unref(mr_ttls_table_remove(fd));
	mr_ttls_conn_unref(c);
	return good;
}

static bool adopt_client(int fd, const struct mr_ttls_entry *entry, const char *name)
{
	struct mr_ttls_conn *c = mr_ttls_track(fd);
	bool good = c && MR_REAL(fcntl)(fd, F_SETFD, FD_CLOEXEC) == 0 &&
		    mr_ttls_conn_start(c, fd, entry, name, false);

	if (c && !good)
		mr_ttls_conn_unref(mr_ttls_table_remove(fd));
	mr_ttls_conn_unref(c);
	return good;
}

/* What an entry says of a connected socket; *ret_incoming or *ret_outgoing, or neither. */
static void entries_of(int fd, const struct mr_ttls_entry **ret_incoming,
	const struct mr_ttls_entry **ret_outgoing, const char **ret_name)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof peer;
	struct in6_addr address;
	uint16_t port;

	*ret_incoming = *ret_outgoing = NULL;
	if (getpeername(fd, (struct sockaddr *)&peer, &len) != 0 ||
		!mr_ttls_sockaddr((struct sockaddr *)&peer, len, &address, &port))
		return;
	*ret_incoming = mr_ttls_accepted_entry(fd);
	const struct mr_ttls_entry *to = mr_ttls_names_find(
		mr_ttls_loaded(), &address, port, ret_name);
	if (!*ret_incoming && to && mr_ttls_is_tcp(fd))
		*ret_outgoing = to;
}

bool mr_ttls_adopt_foreign(int fd)
{
	const struct mr_ttls_entry *incoming, *outgoing;
	const char *name = NULL;

	entries_of(fd, &incoming, &outgoing, &name);
	if (incoming)
		return mr_ttls_adopt_server(fd, incoming);
	return !outgoing || adopt_client(fd, outgoing, name);
}

bool mr_ttls_adopt_inherited(int *ret_fd)
{
	const struct mr_ttls_entry *incoming, *outgoing;
	struct rlimit limit = { INHERITED_MAX, INHERITED_MAX };
	const char *name;

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	for (int fd = 0; fd < INHERITED_MAX && (rlim_t)fd < limit.rlim_cur; fd++) {
		*ret_fd = fd;
		if (mr_ttls_table_has(fd))
			continue;
		if (fd > 2) {
			if (!mr_ttls_adopt_foreign(fd))
				return false;
			continue;
		}
		/* libc's streams go around this library (30 §6.3) */
		entries_of(fd, &incoming, &outgoing, &name);
		if (incoming || outgoing)
			return false;
	}
	return true;
}
