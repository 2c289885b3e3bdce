/* SPDX-License-Identifier: Apache-2.0 */
/* What epoll.c (which descriptors are in which sets) and epoll_wait.c (their events) share. */
#ifndef MR_TTLS_EPOLL_INTERNAL_H
#define MR_TTLS_EPOLL_INTERNAL_H

#include <stdint.h>

#include "ttls/epoll.h"

/* What an event's data stands for: a copy that stays valid. */
struct mr_ttls_seen {
	struct mr_ttls_conn *conn; /* a reference */
	uint64_t token;
	int fd;
	struct epoll_event wanted;
};

/* False: not one of ours. With conn NULL the event is stale. */
bool mr_ttls_epoll_look(uint64_t data, struct mr_ttls_seen *ret);
/* An event of a one-shot registration was told to the program, or was for us alone. */
void mr_ttls_epoll_one_shot(const struct mr_ttls_seen *seen, bool told);

#endif
