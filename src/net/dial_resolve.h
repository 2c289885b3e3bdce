/* SPDX-License-Identifier: Apache-2.0 */
/* getaddrinfo with an end: it may block for minutes, so names are resolved on a thread that can
 * be left behind. */
#ifndef MR_NET_DIAL_RESOLVE_H
#define MR_NET_DIAL_RESOLVE_H

#include <netdb.h>
#include <stdint.h>

#include "base/error.h"

/* Stream addresses of a host; *ret_list is released with freeaddrinfo. IP literals need no
 * thread. MR_CODE_UNAVAILABLE `lookup x: no such host` and the like, MR_CODE_DEADLINE `lookup x:
 * i/o timeout`. */
MR_MUST_USE mr_result mr_resolve(const char *host, const char *port, int64_t deadline_ms,
	struct addrinfo **ret_list, struct mr_error *err);

#endif
