/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's side of one TLS connection on a non-blocking socket: handshake, read, write, orderly
 * end. It waits for nothing and holds no buffers while nothing moves. For the connections of this
 * room.
 */
#ifndef MR_NET_TLS_STREAM_H
#define MR_NET_TLS_STREAM_H

#include "base/bytes.h"
#include "net/tls.h"

struct mr_tls_stream;

/* `fd` stays the caller's; `server` must outlive the stream's handshake. */
MR_MUST_USE mr_result mr_tls_stream_new(
	struct mr_tls_server *server, int fd, struct mr_tls_stream **ret, struct mr_error *err);
/* MR_IO_DONE when complete; every other outcome is as for reading. The error's text is the
 * library's reason. */
enum mr_io mr_tls_stream_handshake(struct mr_tls_stream *s, struct mr_error *err);
/* May this connection be used? False: it has no ALPN protocol where one is required. */
bool mr_tls_stream_acceptable(const struct mr_tls_stream *s);
/* Reads 1 to `size` bytes. */
enum mr_io mr_tls_stream_read(
	struct mr_tls_stream *s, void *to, size_t size, size_t *ret_count, struct mr_error *err);
/* Is there something to read that the socket's events do not tell of? */
bool mr_tls_stream_has_pending(const struct mr_tls_stream *s);
/* Writes some of `data`, not empty. After WANT_WRITE it must be called with the same bytes (or
 * more behind them), but they may have moved. */
enum mr_io mr_tls_stream_write(
	struct mr_tls_stream *s, struct mr_bytes data, size_t *ret_count, struct mr_error *err);
/* Sends close_notify, once, if the socket takes it. */
void mr_tls_stream_shutdown(struct mr_tls_stream *s);
/* Leaf DER of the peer as received; empty if it has shown none. Lives as long as the stream. */
struct mr_bytes mr_tls_stream_peer_certificate(const struct mr_tls_stream *s);
void mr_tls_stream_free(struct mr_tls_stream *s);

#endif
