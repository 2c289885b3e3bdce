/* SPDX-License-Identifier: Apache-2.0 */
/* A server on a port of this machine that serves HTTP, and clients for it: raw sockets, and TLS
 * with every setting. */
#ifndef MR_TESTS_NET_SERVER_RIG_H
#define MR_TESTS_NET_SERVER_RIG_H

#include <pthread.h>

#include "crypto/key.h"
#include "net/http.h"
#include "net/server.h"

/* Everything that takes longer than this has failed. */
#define RIG_PATIENCE_S INT64_C(60)

#define RIG_PLAIN_ANSWER "HTTP/1.0 400 Bad Request\r\n\r\nno TLS\n"

/* Answers paths: /cert the peer's certificate, /big RIG_BIG bytes, /hold when rig_release is
 * called, else the path. */
#define RIG_BIG ((size_t)3000000)

struct rig {
	struct mr_server_limits limits;
	struct mr_tls_server_config tls_config;
	struct mr_http_server_config http;
	size_t loops;
	bool plain; /* without TLS */
	int64_t first_byte_ms;

	struct mr_server *server;
	struct mr_tls_server *tls;
	char address[64];
	uint16_t port;
	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t changed;
	struct mr_tls_identity *identity; /* of the server, for the next handshakes */
	char events[64][256];
	size_t event_count;
	struct mr_http_exchange *held;
};

/* Defaults: one loop, TLS with optional client certificates, ALPN http/1.1, an identity. Change,
 * then start. */
void rig_init(struct rig *rig);
void rig_start(struct rig *rig);
void rig_stop(struct rig *rig);
/* Appends a self-signed certificate. */
void rig_certificate(struct mr_key *key, struct mr_buf *out);
/* A new self-signed certificate with its key. */
struct mr_tls_identity *rig_identity(enum mr_key_type type, unsigned rsa_bits);
void rig_set_identity(struct rig *rig, struct mr_tls_identity *take_identity);
/* Waits for a report of the server that contains this text. */
void rig_wait_event(struct rig *rig, const char *text);
size_t rig_event_count(struct rig *rig);
/* Waits until a request for /hold is there; answers it. */
void rig_wait_held(struct rig *rig);
void rig_release(struct rig *rig);
/* Waits until the server has this many connections. */
void rig_wait_connections(const struct rig *rig, size_t count);

/* --- raw sockets --- */

/* A blocking socket with a time limit. */
int raw_connect(const struct rig *rig);
/* Sends all; false when the peer has gone. */
bool raw_send(int fd, const void *data, size_t len);
/* Reads up to the end of the connection (orderly or not), appending to `out` (may be NULL). */
void raw_drain(int fd, struct mr_buf *out);
/* Closes with a reset. */
void raw_reset(int fd);

/* --- TLS --- */

struct peer_options {
	int version; /* 0x0303 or 0x0304; 0: both */
	const char *ciphers, *groups;
	const char *alpn; /* wire form */
	size_t alpn_len;
	struct mr_tls_identity *identity;
	struct ssl_session_st *session;
};

struct peer {
	int fd;
	struct ssl_ctx_st *ctx;
	struct ssl_st *ssl;
	struct mr_buf in; /* received behind the last answer */
};

/* Connects and completes the handshake, as far as the client sees it; false: refused. Close it
 * in either case. */
bool peer_connect(struct peer *p, const struct rig *rig, const struct peer_options *options);
bool peer_send(struct peer *p, const char *text);
/* Reads one answer and appends its body (may be NULL); false when the connection ends before. */
bool peer_answer(struct peer *p, struct mr_buf *body);
/* Sends a GET and appends the answer's body; false when there is none. */
bool peer_get(struct peer *p, const char *path, struct mr_buf *body);
/* Is the connection ended by the server without another byte? */
bool peer_is_closed(struct peer *p);
void peer_close(struct peer *p);
/* The server's certificates, DER, one behind the other. */
void peer_chain(const struct peer *p, struct mr_buf *out, size_t *ret_count);
/* A whole exchange on a connection of its own. */
bool rig_get(const struct rig *rig, const char *path, struct mr_buf *body);

#endif
