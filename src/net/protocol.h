/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seam between a server connection (sockets, TLS, deadlines) and a protocol on it (HTTP/1.1,
 * gRPC): protocols do no I/O, so they are tested and fuzzed without sockets. All calls happen on
 * the connection's loop.
 */
#ifndef MR_NET_PROTOCOL_H
#define MR_NET_PROTOCOL_H

#include "base/bytes.h"
#include "net/loop.h"

/* What a protocol may ask of its connection. */
struct mr_conn;

/* Queues bytes; sent together when the current event is done (one write, one TLS record where
 * they fit). */
void mr_conn_write(struct mr_conn *conn, struct mr_bytes data);
/* Bytes queued and not yet given to the kernel. A protocol stops producing above
 * MR_CONN_HIGH_WATER. */
size_t mr_conn_pending(const struct mr_conn *conn);
#define MR_CONN_HIGH_WATER ((size_t)64 << 10)
/* Closes when what is queued has been sent. */
void mr_conn_finish(struct mr_conn *conn);
/* Time left for the peer to make the protocol's current step complete: from now, in milliseconds;
 * INT64_MAX = none. 0 = the idle time: the peer owes nothing, and when there is no room for others
 * the connection may go before that. When it is over the connection closes. */
void mr_conn_set_deadline(struct mr_conn *conn, int64_t milliseconds);
/* Stops (true) or resumes reading from the socket: back-pressure while a request is being worked
 * on. */
void mr_conn_pause(struct mr_conn *conn, bool paused);
/* DER of the peer's leaf certificate, byte for byte as received; empty if none. Lives as long as
 * the connection. */
struct mr_bytes mr_conn_peer_certificate(const struct mr_conn *conn);
/* The peer's address as text, `10.0.0.7:51324`. */
const char *mr_conn_remote(const struct mr_conn *conn);
/* The loop, for answers that come from other threads; NULL when the connection has none (tests). */
struct mr_loop *mr_conn_loop(const struct mr_conn *conn);

struct mr_protocol {
	/* The connection is ready (after the TLS handshake). *ret_self is the protocol's state. */
	mr_result (*open)(
		void *context, struct mr_conn *conn, void **ret_self, struct mr_error *err);
	/* Bytes came in; all are consumed (or buffered, bounded). False: close after what is
	 * queued is sent. */
	bool (*receive)(void *self, struct mr_bytes data);
	/* The peer closed its direction. False: close. */
	bool (*end_of_input)(void *self);
	/* The queue fell below the high-water mark: produce more. */
	void (*writable)(void *self);
	/* The server is stopping: finish what runs, take nothing new; call mr_conn_finish when
	 * done. */
	void (*drain)(void *self);
	/* The connection is gone. Calls still open elsewhere must be answered into nothing. */
	void (*close)(void *self);
};

#endif
