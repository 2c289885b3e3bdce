/* SPDX-License-Identifier: Apache-2.0 */
#include "net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/conn.h"

#define BACKLOG 4096

struct address {
	struct sockaddr_storage storage;
	socklen_t len;
};

static void set_any(struct address *a, sa_family_t family, uint16_t port)
{
	memset(a, 0, sizeof(*a));
	if (family == AF_INET6) {
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
		memcpy(&a->storage, &in6, a->len = sizeof(in6));
	} else {
		struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
		memcpy(&a->storage, &in, a->len = sizeof(in));
	}
}

static bool parse_port(struct mr_str s, uint16_t *ret)
{
	unsigned port = 0;

	if (s.len < 1 || s.len > 5)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		port = port * 10 + (unsigned)(s.ptr[i] - '0');
	}
	*ret = (uint16_t)port;
	return port <= UINT16_MAX;
}

/* `host:port` and `[v6]:port`; the host may be empty. */
static bool split(struct mr_str s, char ret_host[static 256], uint16_t *ret_port)
{
	size_t colon = s.len;

	while (colon > 0 && s.ptr[colon - 1] != ':')
		colon--;
	if (colon == 0 || !parse_port(mr_str_sub(s, colon, s.len), ret_port))
		return false;
	struct mr_str host = mr_str_sub(s, 0, colon - 1);
	if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = mr_str_sub(host, 1, host.len - 1);
	else if (mr_str_find(host, ':', 0) != SIZE_MAX)
		return false;
	if (host.len > 255)
		return false;
	(void)snprintf(ret_host, 256, "%.*s", MR_STR_ARGS(host));
	return true;
}

static mr_result look_up(const char *host, uint16_t port, struct address *ret, struct mr_error *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE },
			*found = NULL;
	char service[8];

	(void)snprintf(service, sizeof(service), "%u", port);
	int failed = getaddrinfo(host, service, &hints, &found);
	if (failed || !found)
		return mr_fail(err, MR_CODE_NOT_FOUND, "lookup %s: %s", host, gai_strerror(failed));
	const struct addrinfo *best = found;
	for (const struct addrinfo *a = found; a; a = a->ai_next) {
		if (a->ai_family == AF_INET) {
			best = a;
			break;
		}
	}
	memcpy(&ret->storage, best->ai_addr, best->ai_addrlen);
	ret->len = best->ai_addrlen;
	freeaddrinfo(found);
	return MR_OK;
}

/* A bound socket; with `shared`, one of several on the address. */
static mr_result open_socket(const struct address *a, bool shared, int *ret, struct mr_error *err)
{
	const int one = 1, zero = 0;
	int family = a->storage.ss_family;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return mr_fail_errno(err, errno, "socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	const char *step = "setsockopt";
	if (!shared || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) == 0) {
		step = "bind";
		if (bind(fd, (const struct sockaddr *)&a->storage, a->len) == 0) {
			step = "listen";
			if (listen(fd, BACKLOG) == 0) {
				*ret = fd;
				return MR_OK;
			}
		}
	}
	int errnum = errno;
	(void)close(fd);
	return mr_fail_errno(err, errnum, "%s", step);
}

static void close_all(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		(void)close(fds[i]);
}

/* `fd` and duplicates of it. */
static mr_result share(int fd, size_t count, int *ret_fds, struct mr_error *err)
{
	ret_fds[0] = fd;
	for (size_t i = 1; i < count; i++) {
		ret_fds[i] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (ret_fds[i] < 0) {
			int errnum = errno;
			close_all(ret_fds, i);
			return mr_fail_errno(err, errnum, "dup");
		}
	}
	return MR_OK;
}

/* Opens all; *a gets the port if it has none yet. */
static mr_result open_sockets(struct address *a, size_t count, int *ret_fds, struct mr_error *err)
{
	int first = -1;

	/* alone at first: SO_REUSEPORT would share the port with another program of this user */
	MR_TRY(open_socket(a, false, &first, err));
	a->len = sizeof(a->storage);
	if (getsockname(first, (struct sockaddr *)&a->storage, &a->len) < 0) {
		int errnum = errno;
		(void)close(first);
		return mr_fail_errno(err, errnum, "getsockname");
	}
	if (count == 1)
		return share(first, 1, ret_fds, err);
	(void)close(first);
	for (size_t i = 0; i < count; i++) {
		struct mr_error ignored;
		if (!mr_failed(open_socket(a, true, &ret_fds[i], &ignored)))
			continue;
		close_all(ret_fds, i);
		MR_TRY(open_socket(a, false, &first, err));
		return share(first, count, ret_fds, err);
	}
	return MR_OK;
}

static bool has_ipv6(void)
{
	struct address any;
	struct mr_error ignored;
	int fd = -1;

	set_any(&any, AF_INET6, 0);
	if (mr_failed(open_socket(&any, false, &fd, &ignored)))
		return false;
	(void)close(fd);
	return true;
}

mr_result mr_listener_open(const char *address, size_t count, int *ret_fds,
	char ret_address[static 64], struct mr_error *err)
{
	char host[256];
	uint16_t port = 0;
	struct address a = { .len = 0 };

	if (!split(mr_str_of(address), host, &port))
		return mr_fail(err, MR_CODE_INVALID, "listen tcp: address %.200s: invalid address",
			address);
	mr_result r = MR_OK;
	if (host[0] == '\0')
		set_any(&a, has_ipv6() ? AF_INET6 : AF_INET, port);
	else
		r = look_up(host, port, &a, err);
	if (mr_failed(r))
		return mr_wrap(err, r, "listen tcp");
	r = open_sockets(&a, count, ret_fds, err);
	if (mr_failed(r))
		return mr_wrap(err, r, "listen tcp %.200s", address);
	mr_address_text((const struct sockaddr *)&a.storage, ret_address);
	return MR_OK;
}
