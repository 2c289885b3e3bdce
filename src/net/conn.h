/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connections of a server, grouped by loop: accepted sockets become TLS streams, then protocols
 * run on them (net/protocol.h). Bounded in number and in time: what is in the way of new peers is
 * shed, oldest first. For server.c.
 */
#ifndef MR_NET_CONN_H
#define MR_NET_CONN_H

#include <stdatomic.h>
#include <sys/socket.h>

#include "net/server.h"

/* Shared by the groups of a server. */
struct mr_conn_limits {
	size_t max;            /* connections of all groups */
	size_t max_handshakes; /* in handshake, of one group */
	int64_t handshake_ms, idle_ms, shed_after_ms;
	struct mr_server_events events;
	atomic_size_t open; /* connections of all groups now */
	atomic_size_t most; /* of them since somebody asked */
};

struct mr_conn_group;

/* `vacancy` (may be NULL) is called on the loop when a connection of the group has gone. */
MR_MUST_USE mr_result mr_conn_group_new(struct mr_loop *loop, struct mr_conn_limits *limits,
	void (*vacancy)(void *context), void *context, struct mr_conn_group **ret,
	struct mr_error *err);
/* Is there no room for one more connection as things are? */
bool mr_conn_group_is_full(const struct mr_conn_group *group);
/* Makes room by shedding one; false if nobody may be shed. For when a peer is waiting. */
bool mr_conn_group_make_room(struct mr_conn_group *group);
/* Takes over an accepted, non-blocking socket; `listener` must outlive the connection. */
void mr_conn_group_take(struct mr_conn_group *group, const struct mr_listener *listener,
	int take_fd, const struct sockaddr *peer);
/* Ends handshakes, lets protocols end what they are doing. */
void mr_conn_group_drain(struct mr_conn_group *group);
/* Closes all at once. */
void mr_conn_group_close(struct mr_conn_group *group);
/* Frees a group without connections; its loop must not be running. Accepts NULL. */
void mr_conn_group_free(struct mr_conn_group *group);

/* Text of an address: `10.0.0.7:51324`, `[::1]:443`; mapped IPv4 addresses as IPv4. */
void mr_address_text(const struct sockaddr *address, char ret[static 64]);

#endif
