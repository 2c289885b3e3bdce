/* SPDX-License-Identifier: Apache-2.0 */
/* Exported: poll, select and epoll. */
#include <errno.h>
#include <stdlib.h>

#include "ttls/calls.h"
#include "ttls/epoll.h"
#include "ttls/real.h"
#include "ttls/setup.h"
#include "ttls/table.h"
#include "ttls/wait.h"

static const struct timespec *from_ms(int ms, struct timespec *storage)
{
	*storage = (struct timespec){ ms / 1000, (long)(ms % 1000) * 1000000 };
	return ms < 0 ? NULL : storage;
}

/* --- poll --- */

MR_TTLS_EXPORT(int, ppoll, struct pollfd *fds, nfds_t count, const struct timespec *timeout,
	const sigset_t *mask)
{
	return mr_ttls_is_on() ? mr_ttls_poll(fds, count, timeout, mask)
			       : MR_REAL(ppoll)(fds, count, timeout, mask);
}

MR_TTLS_EXPORT(int, poll, struct pollfd *fds, nfds_t count, int ms)
{
	struct timespec storage;

	return mr_call_ppoll(fds, count, from_ms(ms, &storage), NULL);
}

MR_TTLS_EXPORT(int, __poll, struct pollfd *fds, nfds_t count, int ms)
{
	return mr_call_poll(fds, count, ms);
}

MR_TTLS_EXPORT(int, __poll_chk, struct pollfd *fds, nfds_t count, int ms, size_t room)
{
	if (room / sizeof *fds < count)
		__chk_fail();
	return mr_call_poll(fds, count, ms);
}

MR_TTLS_EXPORT(int, __ppoll_chk, struct pollfd *fds, nfds_t count, const struct timespec *timeout,
	const sigset_t *mask, size_t room)
{
	if (room / sizeof *fds < count)
		__chk_fail();
	return mr_call_ppoll(fds, count, timeout, mask);
}

/* --- select --- */

/* The three sets of a select, as poll takes them. */
struct selection {
	int count; /* descriptors to look at */
	fd_set *in, *out, *special;
	struct pollfd *polled;
	nfds_t polled_count;
};

/* Sets may be longer than fd_set, for programs that ask so: bits are counted in words. */
static bool is_in(const fd_set *set, int fd)
{
	const unsigned long *words = (const unsigned long *)(const void *)set;
	const unsigned bits = 8 * sizeof *words;

	return set && (words[(unsigned)fd / bits] >> ((unsigned)fd % bits) & 1);
}

static void put_in(fd_set *set, int fd, bool value)
{
	unsigned long *words = (unsigned long *)(void *)set;
	const unsigned bits = 8 * sizeof *words;
	unsigned long bit = 1UL << ((unsigned)fd % bits);

	if (set)
		words[(unsigned)fd / bits] = (words[(unsigned)fd / bits] & ~bit) |
					     (value ? bit : 0);
}

static bool any_connection(const struct selection *s)
{
	if (mr_ttls_conn_any_unsent())
		return true;
	for (int fd = mr_ttls_table_next(0); fd >= 0 && fd < s->count;
		fd = mr_ttls_table_next(fd + 1)) {
		if (is_in(s->in, fd) || is_in(s->out, fd) || is_in(s->special, fd))
			return true;
	}
	return false;
}

static void to_poll(struct selection *s)
{
	for (int fd = 0; fd < s->count; fd++) {
		int events = (is_in(s->in, fd) ? POLLIN : 0) | (is_in(s->out, fd) ? POLLOUT : 0) |
			     (is_in(s->special, fd) ? POLLPRI : 0);
		if (events)
			s->polled[s->polled_count++] = (struct pollfd){ .fd = fd,
				.events = (short)events };
	}
}

static int from_poll(struct selection *s)
{
	int count = 0;

	for (nfds_t i = 0; i < s->polled_count; i++) {
		const struct pollfd *p = &s->polled[i];
		bool in = (p->events & POLLIN) && (p->revents & (POLLIN | POLLHUP | POLLERR));
		bool out = (p->events & POLLOUT) && (p->revents & (POLLOUT | POLLERR));
		bool special = (p->events & POLLPRI) && (p->revents & POLLPRI);
		if (p->revents & POLLNVAL) {
			errno = EBADF;
			return -1;
		}
		put_in(s->in, p->fd, in);
		put_in(s->out, p->fd, out);
		put_in(s->special, p->fd, special);
		count += in + out + special;
	}
	return count;
}

static int select_polling(struct selection *s, const struct timespec *timeout, const sigset_t *mask)
{
	s->polled = calloc((size_t)s->count + 1, sizeof *s->polled);
	if (!s->polled) {
		errno = ENOMEM;
		return -1;
	}
	to_poll(s);
	int result = mr_ttls_poll(s->polled, s->polled_count, timeout, mask);
	if (result >= 0)
		result = from_poll(s);
	int failure = errno;
	free(s->polled);
	errno = failure;
	return result;
}

MR_TTLS_EXPORT(int, pselect, int count, fd_set *in, fd_set *out, fd_set *special,
	const struct timespec *timeout, const sigset_t *mask)
{
	struct selection s = { .count = count, .in = in, .out = out, .special = special };

	if (count < 0 || !mr_ttls_is_on() || !any_connection(&s))
		return MR_REAL(pselect)(count, in, out, special, timeout, mask);
	return select_polling(&s, timeout, mask);
}

/* Tells the program what is left of its timeout, as the system's does. */
static void store_left(struct timeval *timeout, const struct timespec *was, int64_t began)
{
	struct timespec left;

	(void)mr_ttls_time_left(was, began, &left);
	*timeout = (struct timeval){ left.tv_sec, left.tv_nsec / 1000 };
}

MR_TTLS_EXPORT(
	int, select, int count, fd_set *in, fd_set *out, fd_set *special, struct timeval *timeout)
{
	struct selection s = { .count = count, .in = in, .out = out, .special = special };
	struct timespec t = { 0 };

	if (count < 0 || !mr_ttls_is_on() || !any_connection(&s))
		return MR_REAL(select)(count, in, out, special, timeout);
	if (timeout && (timeout->tv_sec < 0 || timeout->tv_usec < 0)) {
		errno = EINVAL;
		return -1;
	}
	int64_t began = mr_ttls_now_ns();
	if (timeout)
		t = (struct timespec){ timeout->tv_sec + timeout->tv_usec / 1000000,
			timeout->tv_usec % 1000000 * 1000 };
	int result = select_polling(&s, timeout ? &t : NULL, NULL);
	int failure = errno;
	if (timeout)
		store_left(timeout, &t, began);
	errno = failure;
	return result;
}

MR_TTLS_EXPORT(
	int, __select, int count, fd_set *in, fd_set *out, fd_set *special, struct timeval *timeout)
{
	return mr_call_select(count, in, out, special, timeout);
}

/* --- epoll --- */

MR_TTLS_EXPORT(int, epoll_ctl, int epfd, int operation, int fd, struct epoll_event *event)
{
	struct mr_ttls_conn *c = mr_ttls_table_get(fd);

	if (!c)
		return MR_REAL(epoll_ctl)(epfd, operation, fd, event);
	int result = mr_ttls_epoll_ctl(c, epfd, operation, fd, event);
	int failure = errno;
	mr_ttls_conn_unref(c);
	errno = failure;
	return result;
}

MR_TTLS_EXPORT(int, epoll_pwait, int epfd, struct epoll_event *events, int max, int ms,
	const sigset_t *mask)
{
	struct timespec storage;

	if (!mr_ttls_is_on())
		return MR_REAL(epoll_pwait)(epfd, events, max, ms, mask);
	return mr_ttls_epoll_wait(epfd, events, max, from_ms(ms, &storage), mask);
}

MR_TTLS_EXPORT(int, epoll_wait, int epfd, struct epoll_event *events, int max, int ms)
{
	return mr_call_epoll_pwait(epfd, events, max, ms, NULL);
}

MR_TTLS_EXPORT(int, epoll_pwait2, int epfd, struct epoll_event *events, int max,
	const struct timespec *timeout, const sigset_t *mask)
{
	return mr_ttls_is_on() ? mr_ttls_epoll_wait(epfd, events, max, timeout, mask)
			       : MR_REAL(epoll_pwait2)(epfd, events, max, timeout, mask);
}
