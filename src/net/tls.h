/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS of the house: identities (certificate chain and key), server and client contexts with one
 * policy (TLS 1.2 with ECDHE and AEAD suites, TLS 1.3; NIST curves and X25519; 20 §1, 30 §1.2).
 * tls*.c of this room are, with the crypto room, the only files that see the TLS library.
 */
#ifndef MR_NET_TLS_H
#define MR_NET_TLS_H

#include "base/bytes.h"
#include "crypto/cert.h"
#include "crypto/key.h"

/* A certificate chain (leaf first) with its private key. Immutable, reference-counted. */
struct mr_tls_identity;

MR_MUST_USE mr_result mr_tls_identity_new(const struct mr_bytes *chain_der, size_t count,
	struct mr_key *key, struct mr_tls_identity **ret, struct mr_error *err);
struct mr_tls_identity *mr_tls_identity_ref(struct mr_tls_identity *identity);
void mr_tls_identity_unref(struct mr_tls_identity *identity);

enum mr_tls_client_auth {
	MR_TLS_CLIENT_OPTIONAL, /* asked for, any accepted, none is fine (client API) */
	MR_TLS_CLIENT_REQUIRED, /* any accepted, none fails the handshake (Marble API) */
};

struct mr_tls_server_config {
	enum mr_tls_client_auth client_auth;
	/* Protocols in order of preference, e.g. {"h2"}; an offer without any of them fails the
	 * handshake. */
	const char *const *alpn;
	size_t alpn_count;
	bool alpn_required; /* close a client that offers no ALPN at all */
	/* Looked up in every handshake, on the loop's thread: a reference the caller releases,
	 * or NULL to fail. */
	struct mr_tls_identity *(*identity)(void *context);
	void *context;
};

struct mr_tls_server;
MR_MUST_USE mr_result mr_tls_server_new(const struct mr_tls_server_config *config,
	struct mr_tls_server **ret, struct mr_error *err);
void mr_tls_server_free(struct mr_tls_server *server);

struct mr_tls_client_config {
	/* Own certificate, or NULL; borrowed for the object's life. */
	struct mr_tls_identity *identity;
	/* Trust: exactly these certificates are anchors, and the server's chain must lead to one
	 * or be it, valid now, for serverAuth, with a name that matches `host`. With count 0
	 * nothing of the server is verified. */
	const struct mr_cert *anchors;
	size_t anchor_count;
	bool check_host;  /* off: only the chain is checked (30 §4.5) */
	const char *host; /* name or IP literal without port; SNI for names */
	const char *const *alpn;
	size_t alpn_count;
	bool alpn_required; /* fail when the server selects none */
};

/* What a step on a connection that does not wait came to. */
enum mr_io {
	MR_IO_DONE,
	MR_IO_WANT_READ,
	MR_IO_WANT_WRITE,
	MR_IO_CLOSED, /* the peer ended its direction, orderly or not */
	MR_IO_RESET,  /* the connection is gone */
	MR_IO_FAILED, /* see the error */
};

/* Names of the TLS policy for tests and docs. */
extern const char mr_tls_groups[], mr_tls12_ciphers[];

MR_DEFINE_AUTO_PTR(tls_identity, struct mr_tls_identity, mr_tls_identity_unref)

#endif
