/* SPDX-License-Identifier: Apache-2.0 */
#include "ttls/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "base/clock.h"
#include "ttls/conn.h"
#include "ttls/real.h"
#include "ttls/table.h"

#define ON_STACK 64
#define UNSENT_MAX 64

/* --- one socket --- */

int64_t mr_ttls_wait_deadline(int fd, int option)
{
	struct timeval t = { 0 };
	socklen_t len = sizeof t;

	if (MR_REAL(getsockopt)(fd, SOL_SOCKET, option, &t, &len) != 0 ||
		(t.tv_sec == 0 && t.tv_usec == 0))
		return INT64_MAX;
	return mr_clock_monotonic_ms() + (int64_t)t.tv_sec * 1000 + (t.tv_usec + 999) / 1000;
}

int mr_ttls_wait_until(int fd, short events, int64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	struct timespec left;

	if (deadline_ms == INT64_MAX)
		return MR_REAL(ppoll)(&p, 1, NULL, NULL);
	int64_t ms = deadline_ms - mr_clock_monotonic_ms();
	if (ms < 0)
		ms = 0;
	left = (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
	return MR_REAL(ppoll)(&p, 1, &left, NULL);
}

int mr_ttls_wait(int fd, short events, int option, int flags)
{
	int mode = (flags & MSG_DONTWAIT) ? O_NONBLOCK : MR_REAL(fcntl)(fd, F_GETFL);

	if (mode < 0)
		return -1;
	if (mode & O_NONBLOCK) {
		errno = EAGAIN;
		return -1;
	}
	int n = mr_ttls_wait_until(fd, events, mr_ttls_wait_deadline(fd, option));
	if (n == 0)
		errno = EAGAIN;
	return n > 0 ? 0 : -1;
}

bool mr_ttls_has_room(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	const struct timespec now = { 0 };

	return MR_REAL(syscall)(SYS_ppoll, &p, 1, &now, NULL, 0) > 0;
}

/* --- time --- */

int64_t mr_ttls_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

bool mr_ttls_time_left(const struct timespec *timeout, int64_t began_ns, struct timespec *ret)
{
	int64_t passed = mr_ttls_now_ns() - began_ns;
	int64_t seconds = timeout->tv_sec - passed / 1000000000;
	int64_t ns = timeout->tv_nsec - passed % 1000000000;

	if (ns < 0) {
		ns += 1000000000;
		seconds--;
	}
	if (seconds < 0)
		seconds = ns = 0;
	*ret = (struct timespec){ seconds, ns };
	return ret->tv_sec > 0 || ret->tv_nsec > 0;
}

/* --- many descriptors --- */

/* One descriptor of the program's list, and what is known of it. */
struct watched {
	struct mr_ttls_conn *conn; /* NULL: any other descriptor */
	struct mr_ttls_ready ready;
};

struct poll_call {
	struct pollfd *fds; /* the program's */
	nfds_t count;
	struct pollfd *asked; /* what the kernel is asked for, and unsent output behind */
	struct watched *watched;
};

#define IN_EVENTS (POLLIN | POLLRDNORM)
#define OUT_EVENTS (POLLOUT | POLLWRNORM)

static bool satisfied(const struct pollfd *p, const struct mr_ttls_ready *ready)
{
	return ((p->events & IN_EVENTS) && ready->readable) || ready->failed;
}

/* What of `revents` is true for the program. */
static short told(const struct pollfd *p, const struct mr_ttls_ready *ready, short revents)
{
	int out = revents & ~(IN_EVENTS | OUT_EVENTS);

	if (ready->readable)
		out |= p->events & IN_EVENTS;
	if (ready->failed || (ready->writable && (revents & OUT_EVENTS)))
		out |= p->events & OUT_EVENTS;
	if (ready->failed)
		out |= POLLERR | POLLHUP;
	return (short)out;
}

/* Brings all connections on; true when one of them has something to tell at once. */
static bool prepare(struct poll_call *call)
{
	bool any = false;

	for (nfds_t i = 0; i < call->count; i++) {
		struct pollfd *p = &call->fds[i];
		struct watched *w = &call->watched[i];
		call->asked[i] = *p;
		if (!w->conn || !mr_ttls_conn_is_tls(w->conn))
			continue;
		w->ready = mr_ttls_conn_ready(w->conn, p->fd);
		any = any || satisfied(p, &w->ready);
		int events = p->events;
		if (w->ready.handshaking)
			events = (events & ~(IN_EVENTS | OUT_EVENTS)) | POLLIN;
		if (w->ready.wants_out)
			events |= POLLOUT;
		call->asked[i].events = (short)events;
	}
	return any;
}

static int answer(struct poll_call *call)
{
	int count = 0;

	for (nfds_t i = 0; i < call->count; i++) {
		struct pollfd *p = &call->fds[i];
		struct watched *w = &call->watched[i];
		p->revents = call->asked[i].revents;
		if (w->conn && mr_ttls_conn_is_tls(w->conn)) {
			w->ready = mr_ttls_conn_ready(w->conn, p->fd);
			p->revents = told(p, &w->ready, p->revents);
		}
		count += p->revents != 0;
	}
	return count;
}

static nfds_t add_unsent(struct pollfd *to)
{
	int fds[UNSENT_MAX];
	size_t count = mr_ttls_conn_any_unsent() ? mr_ttls_conn_unsent(fds, UNSENT_MAX) : 0;

	for (size_t i = 0; i < count; i++)
		to[i] = (struct pollfd){ .fd = fds[i], .events = POLLOUT };
	return count;
}

static int poll_until_true(
	struct poll_call *call, const struct timespec *timeout, const sigset_t *mask)
{
	const struct timespec none = { 0 };
	int64_t began = mr_ttls_now_ns();
	struct timespec left = timeout ? *timeout : none;
	bool time_over = timeout && left.tv_sec == 0 && left.tv_nsec == 0;

	for (;;) {
		bool at_once = prepare(call) || time_over;
		nfds_t more = add_unsent(call->asked + call->count);
		int n = MR_REAL(ppoll)(call->asked, call->count + more,
			at_once   ? &none
			: timeout ? &left
				  : NULL,
			mask);
		if (n < 0)
			return n;
		if (more > 0)
			mr_ttls_conn_send_unsent();
		int count = answer(call);
		if (count > 0 || time_over)
			return count;
		time_over = timeout && !mr_ttls_time_left(timeout, began, &left);
	}
}

static void find_connections(struct poll_call *call)
{
	for (nfds_t i = 0; i < call->count; i++)
		call->watched[i] = (struct watched){ .conn = mr_ttls_table_get(call->fds[i].fd) };
}

static bool any_tls(const struct pollfd *fds, nfds_t count)
{
	if (mr_ttls_conn_any_unsent())
		return true;
	for (nfds_t i = 0; i < count; i++) {
		if (mr_ttls_table_has(fds[i].fd))
			return true;
	}
	return false;
}

int mr_ttls_poll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const void *mask)
{
	struct pollfd asked[ON_STACK + UNSENT_MAX];
	struct watched watched[ON_STACK];
	struct poll_call call = { .fds = fds, .count = count, .asked = asked, .watched = watched };

	if (!any_tls(fds, count))
		return MR_REAL(ppoll)(fds, count, timeout, mask);
	if (count > ON_STACK) {
		call.asked = calloc(count + UNSENT_MAX, sizeof *call.asked);
		call.watched = calloc(count, sizeof *call.watched);
	}
	int result = -1;
	if (call.asked && call.watched) {
		find_connections(&call);
		result = poll_until_true(&call, timeout, mask);
		for (nfds_t i = 0; i < count; i++)
			mr_ttls_conn_unref(call.watched[i].conn);
	} else {
		errno = ENOMEM;
	}
	int failure = errno;
	if (count > ON_STACK) {
		free(call.asked);
		free(call.watched);
	}
	errno = failure;
	return result;
}
