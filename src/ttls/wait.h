/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting as the program's own calls do: its modes, timeouts and signals. */
#ifndef MR_TTLS_WAIT_H
#define MR_TTLS_WAIT_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* A deadline from SO_RCVTIMEO or SO_SNDTIMEO, on the monotonic clock in ms; INT64_MAX: none. */
int64_t mr_ttls_wait_deadline(int fd, int option);
/* Waits for events of a socket: 0, or -1 with EAGAIN where the call must not wait (MSG_DONTWAIT in
 * `flags`, O_NONBLOCK) or the timeout `option` is over, or with EINTR. */
int mr_ttls_wait(int fd, short events, int option, int flags);
/* Waits until then, whatever the socket's mode: as poll. */
int mr_ttls_wait_until(int fd, short events, int64_t deadline_ms);
/* Would a write to the socket be taken now? */
bool mr_ttls_has_room(int fd);

/* poll() over any descriptors of the program; `timeout` NULL: none. `mask` may be NULL. */
struct timespec;
int mr_ttls_poll(
	struct pollfd *fds, nfds_t count, const struct timespec *timeout, const void *mask);
/* What is left of a timeout that began at `began_ns`; false when nothing is. */
bool mr_ttls_time_left(const struct timespec *timeout, int64_t began_ns, struct timespec *ret);
int64_t mr_ttls_now_ns(void);

#endif
