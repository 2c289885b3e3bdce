/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoll sets with connections in them (30 §6.3). The kernel gets a token of ours as the event's
 * data, so that an event leads to its connection, and during a handshake it is asked for other
 * events than the program wants.
 */
#ifndef MR_TTLS_EPOLL_H
#define MR_TTLS_EPOLL_H

#include <signal.h>
#include <sys/epoll.h>
#include <time.h>

#include "ttls/conn.h"

/* epoll_ctl on a connection's descriptor. */
int mr_ttls_epoll_ctl(
	struct mr_ttls_conn *c, int epfd, int operation, int fd, struct epoll_event *event);
/* epoll_pwait2 on any set; `timeout` NULL: none. */
int mr_ttls_epoll_wait(int epfd, struct epoll_event *events, int max,
	const struct timespec *timeout, const sigset_t *mask);
/* Is nothing of ours in any set? */
bool mr_ttls_epoll_is_unused(void);
/* May the descriptor be a set with something of ours in it? False only if it is none. */
bool mr_ttls_epoll_is_set(int fd);
/* The descriptor is about to be closed, be it a set's or a connection's. */
void mr_ttls_epoll_forget(struct mr_ttls_conn *c, int fd);
/* Around fork(). */
void mr_ttls_epoll_lock(void);
void mr_ttls_epoll_unlock(void);

#endif
