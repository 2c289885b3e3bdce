/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One end of a TLS connection without a socket: bytes of the peer go in, bytes for the peer come
 * out, and nothing waits. For who moves the bytes himself, as Transparent TLS does below a program's
 * own calls (30 §6). Unlike the server's streams both ends verify chains against given anchors.
 */
#ifndef MR_NET_TLS_ENGINE_H
#define MR_NET_TLS_ENGINE_H

#include "net/tls.h"

struct mr_tls_engine_config {
	bool server;
	/* Own certificate; may be NULL for a client. A reference is taken. */
	struct mr_tls_identity *identity;
	/* Exactly these are trusted; borrowed for the context's life. */
	const struct mr_cert *anchors;
	size_t anchor_count;
	/* Of a server: a client has to show a certificate that leads to an anchor; off: none is
	 * asked for. A client verifies always. */
	bool verify_client;
};

/* What the connections of one entry share. Immutable, thread-safe. */
struct mr_tls_engine_context;
MR_MUST_USE mr_result mr_tls_engine_context_new(const struct mr_tls_engine_config *config,
	struct mr_tls_engine_context **ret, struct mr_error *err);
void mr_tls_engine_context_free(struct mr_tls_engine_context *context);

/* One connection; not thread-safe. The context must outlive it. */
struct mr_tls_engine;
/* `server_name` of a client: sent as SNI and looked for in the server's certificate; NULL: neither.
 * It is copied. */
MR_MUST_USE mr_result mr_tls_engine_new(struct mr_tls_engine_context *context,
	const char *server_name, struct mr_tls_engine **ret, struct mr_error *err);
void mr_tls_engine_free(struct mr_tls_engine *e);

/* Bytes of the peer for the next steps; borrowed until they are used up (mr_tls_engine_unused is 0)
 * or replaced by the next call. */
void mr_tls_engine_feed(struct mr_tls_engine *e, struct mr_bytes bytes);
size_t mr_tls_engine_unused(const struct mr_tls_engine *e);
/* What has to be sent, to be consumed by the caller; steps append to it, failing ones an alert. */
struct mr_buf *mr_tls_engine_output(struct mr_tls_engine *e);

/* MR_IO_DONE when complete, MR_IO_WANT_READ when it needs more, or MR_IO_FAILED: MR_CODE_DENIED for
 * a peer whose certificate is not accepted, MR_CODE_CRYPTO for all else. */
enum mr_io mr_tls_engine_handshake(struct mr_tls_engine *e, struct mr_error *err);
/* 1 to `size` bytes; MR_IO_CLOSED after the peer's close_notify. */
enum mr_io mr_tls_engine_read(
	struct mr_tls_engine *e, void *to, size_t size, size_t *ret_count, struct mr_error *err);
/* Decrypted bytes that can be read without more input. */
size_t mr_tls_engine_pending(const struct mr_tls_engine *e);
/* Takes up to one record (16 KiB) of `data`, not empty. */
enum mr_io mr_tls_engine_write(
	struct mr_tls_engine *e, struct mr_bytes data, size_t *ret_count, struct mr_error *err);
/* Puts close_notify behind the output, once; nothing before the handshake is complete. */
void mr_tls_engine_shutdown(struct mr_tls_engine *e);

#endif
