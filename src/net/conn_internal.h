/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of connections: conn.c (what a protocol asks for), conn_io.c (events), conn_group.c
 * (life and bounds). */
#ifndef MR_NET_CONN_INTERNAL_H
#define MR_NET_CONN_INTERNAL_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/queue.h>

#include "net/conn.h"
#include "net/loop_internal.h"
#include "net/tls_stream.h"

enum mr_conn_state {
	MR_CONN_SILENT, /* no byte yet, TLS to come */
	MR_CONN_HANDSHAKE,
	MR_CONN_OPEN,
	MR_CONN_ENDING, /* all is sent, our direction closed; the peer closes its own */
	MR_CONN_DEAD,   /* closed, waits for its deferred task */
};

TAILQ_HEAD(mr_conn_list, mr_conn);

struct mr_conn {
	TAILQ_ENTRY(mr_conn) link;
	struct mr_conn_list *list;
	struct mr_conn_group *group;
	const struct mr_listener *listener;
	struct mr_tls_stream *tls; /* NULL: plain TCP */
	void *self;                /* the protocol's; NULL: not opened, or closed */
	struct event event;
	short interest; /* what the event is added for */
	int fd;
	enum mr_conn_state state;
	bool paused;
	bool finishing;
	bool input_ended;
	bool blocked;   /* the socket takes no more for now */
	bool congested; /* the protocol waits for `writable` */
	bool again;     /* there is more to read of which the socket tells nothing */
	bool deferred;  /* `flush` is queued */
	bool idle;      /* the peer owes nothing: may be shed */
	struct mr_loop_task flush;
	struct mr_buf out;
	size_t sent; /* of `out` */
	int64_t deadline;
	int64_t active; /* time of the last event */
	char remote[64];
};

struct mr_conn_group {
	struct mr_loop *loop;
	struct mr_conn_limits *limits;
	void (*vacancy)(void *context);
	void *context;
	struct mr_conn_list handshaking, open, ending; /* each with the oldest first */
	size_t handshakes, count;
	struct event tick;
	bool ticking;
	bool draining;
};

/* Moves to the end of a list. */
void mr_conn_move(struct mr_conn *conn, struct mr_conn_list *list);
/* Takes the connection down at once; the caller must not touch it any more. */
void mr_conn_close(struct mr_conn *conn);
/* Reports a failed handshake to whoever wants to know. */
void mr_conn_report(struct mr_conn *conn, const char *reason);
/* Queues the task that sends what is queued, or goes on with finishing. */
void mr_conn_defer_flush(struct mr_conn *conn);
/* Sets the event to what the connection waits for now. */
void mr_conn_update_interest(struct mr_conn *conn);
/* Callbacks of the event and of the deferred task. */
void mr_conn_on_event(evutil_socket_t fd, short what, void *argument);
void mr_conn_on_flush(struct mr_loop_task *task);
/* The protocol may run: opens it on a plain connection, or after the handshake. False: closed. */
bool mr_conn_open_protocol(struct mr_conn *conn);

#endif
