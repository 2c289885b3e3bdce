/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <poll.h>

#include "ttls/epoll_internal.h"
#include "ttls/real.h"
#include "ttls/wait.h"

#define UNSENT_MAX 64
#define IN_EVENTS (EPOLLIN | EPOLLRDNORM)
#define OUT_EVENTS (EPOLLOUT | EPOLLWRNORM)

static uint32_t true_events(const struct mr_ttls_seen *seen, uint32_t events)
{
	struct mr_ttls_ready ready = mr_ttls_conn_ready(seen->conn, seen->fd);
	uint32_t out = events & ~(uint32_t)(IN_EVENTS | OUT_EVENTS);

	if (ready.readable)
		out |= seen->wanted.events & IN_EVENTS;
	if (ready.failed || (ready.writable && (events & OUT_EVENTS)))
		out |= seen->wanted.events & OUT_EVENTS;
	if (ready.failed)
		out |= EPOLLERR | EPOLLHUP;
	return out & (seen->wanted.events | EPOLLERR | EPOLLHUP);
}

/* Turns the event into the program's; false: there is nothing to tell. */
static bool translate(struct epoll_event *event)
{
	struct mr_ttls_seen seen;
	bool keep = false;

	if (!mr_ttls_epoll_look(event->data.u64, &seen))
		return true;
	if (seen.conn) {
		uint32_t events = mr_ttls_conn_is_tls(seen.conn) ? true_events(&seen, event->events)
								 : event->events;
		keep = events != 0;
		mr_ttls_epoll_one_shot(&seen, keep);
		event->events = events;
		event->data = seen.wanted.data;
		mr_ttls_conn_unref(seen.conn);
	}
	return keep;
}

static int filter(struct epoll_event *events, int count)
{
	int kept = 0;

	for (int i = 0; i < count; i++) {
		struct epoll_event event = events[i];
		if (translate(&event))
			events[kept++] = event;
	}
	return kept;
}

/* Sends what is unsent while nothing happens in the set; its events are asked for afterwards. */
static int wait_sending(int epfd, const struct timespec *left, const sigset_t *mask)
{
	struct pollfd p[1 + UNSENT_MAX] = { { .fd = epfd, .events = POLLIN } };
	int fds[UNSENT_MAX];
	size_t count = mr_ttls_conn_unsent(fds, UNSENT_MAX);

	for (size_t i = 0; i < count; i++)
		p[1 + i] = (struct pollfd){ .fd = fds[i], .events = POLLOUT };
	int n = MR_REAL(ppoll)(p, 1 + count, left, mask);
	if (n > 0)
		mr_ttls_conn_send_unsent();
	return n;
}

static int milliseconds(const struct timespec *t)
{
	if (!t)
		return -1;
	if (t->tv_sec >= INT_MAX / 1000 - 1)
		return INT_MAX;
	return (int)(t->tv_sec * 1000 + (t->tv_nsec + 999999) / 1000000);
}

int mr_ttls_epoll_wait(int epfd, struct epoll_event *events, int max,
	const struct timespec *timeout, const sigset_t *mask)
{
	int64_t began = mr_ttls_now_ns();
	struct timespec left = timeout ? *timeout : (struct timespec){ 0 };
	bool time_over = timeout && left.tv_sec == 0 && left.tv_nsec == 0;

	for (;;) {
		const struct timespec *until = timeout ? &left : NULL;
		bool sending = mr_ttls_conn_any_unsent();
		int n = sending ? wait_sending(epfd, until, mask) : 0;
		if (n >= 0)
			n = MR_REAL(epoll_pwait)(
				epfd, events, max, sending ? 0 : milliseconds(until), mask);
		if (n < 0)
			return n;
		n = filter(events, n);
		if (n > 0 || time_over)
			return n;
		time_over = timeout && !mr_ttls_time_left(timeout, began, &left);
	}
}
