/* SPDX-License-Identifier: Apache-2.0 */
/* What the TLS files of this room share: the policy on a context, identities on a connection,
 * the library's errors. */
#ifndef MR_NET_TLS_INTERNAL_H
#define MR_NET_TLS_INTERNAL_H

#include "net/tls.h"

struct ssl_ctx_st;
struct ssl_st;

/* A context with the policy of the house: versions, groups, suites, signature algorithms, no
 * sessions, and buffers held only while they are used. A server's context of AWS-LC reads
 * certificates as bytes only. */
MR_MUST_USE mr_result mr_tls_context_new(
	bool server, struct ssl_ctx_st **ret, struct mr_error *err);
/* Presents the identity on this connection; false on failure. */
bool mr_tls_identity_use(const struct mr_tls_identity *identity, struct ssl_st *ssl);
/* Shows a chain whose key is elsewhere; for a library whose TLS asks for each signature. */
struct crypto_buffer_st;
bool mr_tls_use_external_key(struct ssl_st *ssl, struct crypto_buffer_st *const *chain,
	size_t count, const struct mr_key *key);
/* The leaf of an identity, DER. */
struct mr_bytes mr_tls_identity_leaf(const struct mr_tls_identity *identity);
/* The names of an ALPN list in wire form, each behind its length. Fails on empty, long (above
 * 255 bytes) or more than 16 names. */
MR_MUST_USE mr_result mr_tls_alpn_wire(
	const char *const *names, size_t count, struct mr_buf *out, struct mr_error *err);
/* A socket as the library sees it: never a SIGPIPE. Embedded in its stream, which outlives the
 * SSL. */
struct mr_tls_socket {
	int fd;
	int errnum; /* of the last call; 0 when it succeeded, also with the peer's end */
	bool ended; /* the last call read the peer's end */
};
/* Makes the connection read from and write to the socket; false on failure. */
bool mr_tls_socket_attach(struct mr_tls_socket *socket, struct ssl_st *ssl);
/* MR_CODE_CRYPTO with the library's reason, in lower case, or `fallback`. Empties the error
 * queue. */
MR_MUST_USE mr_result mr_tls_fail(struct mr_error *err, const char *fallback);

#endif
