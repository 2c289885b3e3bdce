/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP connections to a name, for the clients of this room: resolution and connection within a
 * deadline. No TLS.
 */
#ifndef MR_NET_DIAL_H
#define MR_NET_DIAL_H

#include <stdint.h>

#include "base/error.h"

/* Resolves (30 s at most) and connects: each address in turn, the next one started after 250 ms
 * without success, 20 s each (30 §1.5, §4.5). *ret_fd is non-blocking and close-on-exec.
 * MR_CODE_UNAVAILABLE `dial tcp [::1]:2001: connect: connection refused` (of the first address) or
 * `dial tcp: lookup x: no such host`; MR_CODE_DEADLINE when `deadline_ms` is over. */
MR_MUST_USE mr_result mr_dial(
	const char *host, const char *port, int64_t deadline_ms, int *ret_fd, struct mr_error *err);
/* Waits until poll reports one of `events` on the descriptor. MR_CODE_DEADLINE `deadline
 * exceeded`. */
MR_MUST_USE mr_result mr_dial_wait(int fd, short events, int64_t deadline_ms, struct mr_error *err);

#endif
