/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server on a thread of its own, one connection after the other, that does what a test tells it:
 * with TLS, without, or half of it.
 */
#ifndef MR_TESTS_NET_TLS_STUB_H
#define MR_TESTS_NET_TLS_STUB_H

#include <pthread.h>

#include "net/tls.h"
#include "net/tls_stream.h"

struct stub;

struct stub_peer {
	struct stub *stub;
	int fd;
	struct mr_tls_stream *tls; /* NULL without TLS, or after a failed handshake */
	size_t number;             /* of the connection, from 0 */
};

struct stub {
	void (*serve)(struct stub_peer *peer);
	void *context;                    /* of the test */
	struct mr_tls_identity *identity; /* NULL: plain TCP */
	const char *alpn;                 /* the one protocol selected, or NULL */
	enum mr_tls_client_auth client_auth;

	struct mr_tls_server *tls;
	int listener;
	char address[32], port[8];
	pthread_t thread;
	bool joined;
	size_t connections;               /* valid after stub_join */
	struct mr_buf client_certificate; /* of the last one; valid after stub_join */
};

/* Fill in the first fields, zero the others. Asserts that all goes well. */
void stub_start(struct stub *stub);
/* Lets the current connection end, and waits; the port is closed then. */
void stub_join(struct stub *stub);
/* The same, and releases all. */
void stub_stop(struct stub *stub);

/* At least one byte; 0 at the peer's end and after failures. */
size_t stub_read(struct stub_peer *peer, void *to, size_t size);
/* Reads until what came ends with `end` (or the peer's end): the number of bytes. */
size_t stub_read_until(struct stub_peer *peer, struct mr_buf *to, const char *end);
/* False after failures. */
bool stub_write(struct stub_peer *peer, struct mr_bytes data);

#endif
