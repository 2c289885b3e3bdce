/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transparent TLS inside a test program: the exported calls are linked in, so that the test's own
 * socket calls are those of a program under LD_PRELOAD. Both ends of a connection may be here.
 */
#ifndef MR_TESTS_TTLS_RIG_H
#define MR_TESTS_TTLS_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/tls_engine.h"

/* 127.0.0.1; bound before TLS was turned on. */
struct rig {
	int listener; /* incoming and outgoing entries: TLS at both ends */
	uint16_t port;
	int raw_listener; /* an outgoing entry only: the test itself is the server, on raw bytes */
	uint16_t raw_port;
	int foreign_listener; /* an incoming entry only: the test itself is the client */
	uint16_t foreign_port;
	int plain_listener; /* no entry */
	uint16_t plain_port;
	struct mr_tls_engine_context *server; /* for tests that play an end */
	struct mr_tls_engine_context *client;
};
extern struct rig rig;

/* Group setup and teardown for cmocka. */
int rig_set_up(void **state);
int rig_tear_down(void **state);

/* A connection with TLS, both ends here: fds[0] the client's, fds[1] the server's; blocking, the
 * handshake is over. */
void rig_pair(int fds[static 2]);
/* A connecting socket, not blocking. */
int rig_connect(uint16_t port);
void rig_set_blocking(int fd, bool blocking);
/* Does poll say that these events are there at once? */
bool rig_has(int fd, short events);

/* The other end, played by the test: raw bytes on `fd`, TLS by an engine. */
struct rig_peer {
	int fd;
	struct mr_tls_engine *engine;
};
/* Client of ours at the other end of a played server, both ready; *ret_fd blocks. */
void rig_played_server(struct rig_peer *ret, int *ret_fd);
/* Sends what the engine has put out, at most `count` bytes of it. */
void rig_peer_send(struct rig_peer *peer, size_t count);
void rig_peer_write(struct rig_peer *peer, const char *text);
void rig_peer_done(struct rig_peer *peer);

#endif
