/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection for programs that do one thing at a time, with TLS or, towards services on the same machine (70 §21.2),
 * without. As tls_client.h otherwise.
 */
#ifndef MR_NET_STREAM_CLIENT_H
#define MR_NET_STREAM_CLIENT_H

#include "base/bytes.h"
#include "net/tls.h"

struct mr_stream_client;

/* `tls` NULL: no TLS, and then only to a loopback address (MR_CODE_INVALID otherwise). Errors are those of
 * mr_tls_client_connect. */
MR_MUST_USE mr_result mr_stream_client_connect(const char *host, const char *port,
	const struct mr_tls_client_config *tls, int64_t deadline_ms, struct mr_stream_client **ret,
	struct mr_error *err);
/* Reads at least one byte, at most `size`; *ret_count 0 is the peer's orderly close. */
MR_MUST_USE mr_result mr_stream_client_read(struct mr_stream_client *c, void *to, size_t size,
	int64_t deadline_ms, size_t *ret_count, struct mr_error *err);
MR_MUST_USE mr_result mr_stream_client_write(struct mr_stream_client *c, struct mr_bytes data,
	int64_t deadline_ms, struct mr_error *err);
/* Accepts NULL. */
void mr_stream_client_free(struct mr_stream_client *c);

/* Is this a loopback address, or `localhost`? */
bool mr_host_is_loopback(const char *host);

#endif
