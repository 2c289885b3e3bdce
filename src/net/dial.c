/* SPDX-License-Identifier: Apache-2.0 */
#include "net/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "net/dial_resolve.h"
#include "net/tls_client.h"

#define RESOLVE_MS 30000
#define ADDRESS_MS 20000 /* for each address */
#define NEXT_MS 250      /* without success until the next one is tried as well */
#define ADDRESSES_MAX 16
#define ADDRESS_TEXT (INET6_ADDRSTRLEN + 16)
#define PORT_MAX 65535

/* --- waiting --- */

/* Milliseconds for poll, -1 for no end. */
static int poll_time(int64_t deadline_ms)
{
	int64_t left;

	if (deadline_ms == INT64_MAX)
		return -1;
	left = deadline_ms - mr_clock_monotonic_ms();
	return left <= 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}

mr_result mr_dial_wait(int fd, short events, int64_t deadline_ms, struct mr_error *err)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int time = poll_time(deadline_ms);
		int n = poll(&p, 1, time);

		if (n > 0)
			return MR_OK;
		if (n < 0 && errno != EINTR)
			return mr_fail_errno(err, errno, "poll");
		if (n == 0 && time == 0)
			return mr_fail(err, MR_CODE_DEADLINE, "deadline exceeded");
	}
}

/* --- connecting --- */

struct attempt {
	int fd; /* -1: not started, or over */
	int64_t end_ms;
	const struct addrinfo *address;
};

struct dialing {
	struct attempt attempts[ADDRESSES_MAX];
	size_t count, started, open;
	int64_t next_ms; /* when another one is started */
	bool has_failed;
	struct mr_error first_error;
};

static void dialing_done(struct dialing *d)
{
	for (size_t i = 0; i < d->started; i++)
		mr_fd_close(&d->attempts[i].fd);
}

static const char *address_text(const struct sockaddr *address, char out[static ADDRESS_TEXT])
{
	char host[INET6_ADDRSTRLEN] = "?";

	if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)(const void *)address;

		(void)inet_ntop(AF_INET6, &a->sin6_addr, host, sizeof host);
		(void)snprintf(out, ADDRESS_TEXT, "[%s]:%u", host, ntohs(a->sin6_port));
	} else {
		const struct sockaddr_in *a = (const struct sockaddr_in *)(const void *)address;

		(void)inet_ntop(AF_INET, &a->sin_addr, host, sizeof host);
		(void)snprintf(out, ADDRESS_TEXT, "%s:%u", host, ntohs(a->sin_port));
	}
	return out;
}

/* The attempt is over; the first failure is the one reported (as Go does). */
static void fail_attempt(struct dialing *d, struct attempt *a, const char *what, int errnum)
{
	char text[ADDRESS_TEXT], system[128];

	mr_fd_close(&a->fd);
	if (a->end_ms != 0)
		d->open--;
	if (!d->has_failed)
		(void)mr_failed(mr_fail(&d->first_error, MR_CODE_UNAVAILABLE, "dial tcp %s: %s%s",
			address_text(a->address->ai_addr, text), what,
			errnum ? mr_errno_text(errnum, system, sizeof system) : ""));
	d->has_failed = true;
	d->next_ms = 0;
}

static void start_attempt(struct dialing *d, int64_t now)
{
	struct attempt *a = &d->attempts[d->started++];
	int one = 1;

	d->next_ms = now + NEXT_MS;
	a->fd = socket(a->address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->fd < 0) {
		fail_attempt(d, a, "socket: ", errno);
		return;
	}
	(void)setsockopt(a->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	a->end_ms = now + ADDRESS_MS;
	d->open++;
	if (connect(a->fd, a->address->ai_addr, a->address->ai_addrlen) < 0 &&
		errno != EINPROGRESS && errno != EINTR)
		fail_attempt(d, a, "connect: ", errno);
}

/* The time of the next thing to do other than what poll reports. */
static int64_t next_event(const struct dialing *d, int64_t deadline_ms)
{
	int64_t next = deadline_ms;

	if (d->started < d->count && d->next_ms < next)
		next = d->next_ms;
	for (size_t i = 0; i < d->started; i++) {
		if (d->attempts[i].fd >= 0 && d->attempts[i].end_ms < next)
			next = d->attempts[i].end_ms;
	}
	return next;
}

/* Waits for the attempts under way; the index of one that is connected, or -1. */
static int watch(struct dialing *d, int64_t deadline_ms)
{
	struct pollfd polled[ADDRESSES_MAX];
	int64_t now;

	for (size_t i = 0; i < d->started; i++)
		polled[i] = (struct pollfd){ .fd = d->attempts[i].fd, .events = POLLOUT };
	if (poll(polled, (nfds_t)d->started, poll_time(next_event(d, deadline_ms))) < 0)
		return -1;
	now = mr_clock_monotonic_ms();
	for (size_t i = 0; i < d->started; i++) {
		struct attempt *a = &d->attempts[i];
		int failure = 0;
		socklen_t size = sizeof failure;

		if (a->fd < 0)
			continue;
		if (polled[i].revents == 0) {
			if (now >= a->end_ms)
				fail_attempt(d, a, "i/o timeout", 0);
			continue;
		}
		if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &failure, &size) < 0)
			failure = errno;
		if (failure == 0)
			return (int)i;
		fail_attempt(d, a, "connect: ", failure);
	}
	return -1;
}

static mr_result connect_first(
	struct dialing *d, const char *host, int64_t deadline_ms, int *ret_fd, struct mr_error *err)
{
	while (d->open > 0 || d->started < d->count) {
		int64_t now = mr_clock_monotonic_ms();
		int connected;

		if (now >= deadline_ms)
			return mr_fail(err, MR_CODE_DEADLINE, "dial tcp %s: i/o timeout", host);
		if (d->started < d->count && (d->open == 0 || now >= d->next_ms)) {
			start_attempt(d, now);
			continue;
		}
		connected = watch(d, deadline_ms);
		if (connected >= 0) {
			*ret_fd = d->attempts[connected].fd;
			d->attempts[connected].fd = -1;
			return MR_OK;
		}
	}
	*err = d->first_error;
	return (mr_result){ err->code };
}

/* Our own bound is not the caller's deadline. */
static mr_result resolve(const char *host, const char *port, int64_t deadline_ms,
	struct addrinfo **ret, struct mr_error *err)
{
	int64_t own_ms = mr_clock_monotonic_ms() + RESOLVE_MS;
	mr_result r = mr_resolve(host, port, own_ms < deadline_ms ? own_ms : deadline_ms, ret, err);

	if (r.code != MR_CODE_DEADLINE || mr_clock_monotonic_ms() >= deadline_ms)
		return r;
	err->code = MR_CODE_UNAVAILABLE;
	return (mr_result){ MR_CODE_UNAVAILABLE };
}

mr_result mr_dial(
	const char *host, const char *port, int64_t deadline_ms, int *ret_fd, struct mr_error *err)
{
	struct dialing d = { .count = 0 };
	struct addrinfo *list = NULL;
	mr_result r = resolve(host, port, deadline_ms, &list, err);

	if (mr_failed(r))
		return mr_wrap(err, r, "dial tcp");
	for (const struct addrinfo *a = list; a && d.count < ADDRESSES_MAX; a = a->ai_next) {
		if (a->ai_family == AF_INET || a->ai_family == AF_INET6)
			d.attempts[d.count++] = (struct attempt){ .fd = -1, .address = a };
	}
	if (d.count == 0)
		r = mr_fail(err, MR_CODE_UNAVAILABLE, "dial tcp: lookup %s: no such host", host);
	else
		r = connect_first(&d, host, deadline_ms, ret_fd, err);
	dialing_done(&d);
	freeaddrinfo(list);
	return r;
}

/* --- addresses --- */

static mr_result take_port(
	const char *address, const char *port, char ret_port[static 8], struct mr_error *err)
{
	unsigned value = 0;
	size_t len = strlen(port);

	for (size_t i = 0; i < len; i++) {
		if (port[i] < '0' || port[i] > '9' || len > 5)
			return mr_fail(err, MR_CODE_INVALID, "address %s: invalid port", address);
		value = value * 10 + (unsigned)(port[i] - '0');
	}
	if (len == 0 || value > PORT_MAX)
		return mr_fail(err, MR_CODE_INVALID, "address %s: invalid port", address);
	(void)snprintf(ret_port, 8, "%s", port);
	return MR_OK;
}

mr_result mr_split_host_port(const char *address, const char *default_port,
	char ret_host[static 256], char ret_port[static 8], struct mr_error *err)
{
	const char *first = strchr(address, ':'), *last = strrchr(address, ':');
	const char *host = address, *end, *port = default_port;
	char checked[8];

	if (address[0] == '[') {
		host++;
		end = strchr(address, ']');
		if (!end || (end[1] != '\0' && end[1] != ':'))
			return mr_fail(err, MR_CODE_INVALID, "address %s: missing ']' in address",
				address);
		if (end[1] == ':')
			port = end + 2;
	} else if (first && first == last) {
		end = last;
		port = last + 1;
	} else { /* no colon, or an IPv6 address without port */
		end = address + strlen(address);
	}
	if (end == host || end - host > 255)
		return mr_fail(err, MR_CODE_INVALID, "address %s: invalid host", address);
	MR_TRY(take_port(address, port, checked, err));
	memcpy(ret_host, host, (size_t)(end - host));
	ret_host[end - host] = '\0';
	memcpy(ret_port, checked, sizeof checked);
	return MR_OK;
}
