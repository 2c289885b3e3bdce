/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Server: N event loops, each with its own listening socket (SO_REUSEPORT) for every address,
 * bounded connections, deadlines for handshakes and idle peers, and an orderly stop.
 */
#ifndef MR_NET_SERVER_H
#define MR_NET_SERVER_H

#include "base/bytes.h"
#include "net/protocol.h"
#include "net/tls.h"

struct mr_server;

struct mr_server_limits {
	/* Over all listeners; default 8192. Half of it at most may be in a handshake. */
	size_t max_connections;
	int64_t handshake_ms; /* default 10,000 (30 §1.5) */
	int64_t idle_ms;      /* default 600,000; Marbles and probes reconnect */
	/* What has been idle, or in a handshake, for so long makes room for new peers when there is
	 * none; default 5,000. */
	int64_t shed_after_ms;
};

/* Told about failed handshakes and refused connections (never about ports probed and closed
 * before a byte, 30 §1.1); called on loop threads. `text` e.g. `TLS handshake error from
 * 10.0.0.7:51324: EOF`. */
struct mr_server_events {
	void (*handshake_failed)(void *context, const char *text);
	void *context;
};

struct mr_listener {
	/* `:4433` (all interfaces, both families), `127.0.0.1:0`, `[::1]:4433`, `localhost:4433` */
	const char *address;
	const struct mr_protocol *protocol;
	void *protocol_context;
	struct mr_tls_server *tls; /* NULL: plain TCP (metrics). Borrowed */
	/* What a TLS port answers to a plain HTTP request before closing (20 §1); empty: just
	 * close. */
	struct mr_str plain_http_answer;
	int64_t first_byte_ms; /* time for the first request after the handshake; 0 = idle_ms */
};

/* `loops` 0 means one a core. */
MR_MUST_USE mr_result mr_server_new(size_t loops, const struct mr_server_limits *limits,
	const struct mr_server_events *events, struct mr_server **ret, struct mr_error *err);
/* Binds on every loop, without accepting yet. The effective address (port filled in, as
 * `[::]:2001`) is written to `ret_address`. Errors as `listen tcp 127.0.0.1:80: bind: permission
 * denied`. */
MR_MUST_USE mr_result mr_server_listen(struct mr_server *server, const struct mr_listener *listener,
	char ret_address[static 64], struct mr_error *err);
/* Starts the loops and accepts. */
MR_MUST_USE mr_result mr_server_start(struct mr_server *server, struct mr_error *err);
/* Stops accepting, lets running requests end for at most `grace_ms`, closes all, ends the loops. */
void mr_server_stop(struct mr_server *server, int64_t grace_ms);
void mr_server_free(struct mr_server *server);
/* Connections open now. */
size_t mr_server_connections(const struct mr_server *server);
/* Most that were open at once since the last call. */
size_t mr_server_most_connections(struct mr_server *server);
/* Raises the soft descriptor limit to the hard one, as far as allowed; returns the limit in
 * force. */
size_t mr_server_raise_descriptor_limit(void);

#endif
