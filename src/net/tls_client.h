/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TLS connection for programs that do one thing at a time (premain, CLI, workers): calls block,
 * but never beyond their deadline. Server connections live on loops and do not use this.
 */
#ifndef MR_NET_TLS_CLIENT_H
#define MR_NET_TLS_CLIENT_H

#include "base/bytes.h"
#include "net/tls.h"

struct mr_tls_client;

/*
 * Resolves, connects (each address in turn, the next one started after 250 ms without success; 20 s
 * each) and completes the handshake before `deadline_ms` of mr_clock_monotonic_ms (INT64_MAX:
 * none). Errors are MR_CODE_UNAVAILABLE (`dial tcp 127.0.0.1:2001: connect: connection refused`,
 * `lookup x: …`), MR_CODE_CRYPTO for TLS (`tls: …` or `x509: …`) or MR_CODE_DEADLINE.
 */
MR_MUST_USE mr_result mr_tls_client_connect(const char *host, const char *port,
	const struct mr_tls_client_config *config, int64_t deadline_ms, struct mr_tls_client **ret,
	struct mr_error *err);
/* Reads at least one byte, at most `size`; *ret_count 0 is the peer's orderly close. */
MR_MUST_USE mr_result mr_tls_client_read(struct mr_tls_client *c, void *to, size_t size,
	int64_t deadline_ms, size_t *ret_count, struct mr_error *err);
MR_MUST_USE mr_result mr_tls_client_write(
	struct mr_tls_client *c, struct mr_bytes data, int64_t deadline_ms, struct mr_error *err);
/* Protocol selected by ALPN, empty if none. */
struct mr_str mr_tls_client_alpn(const struct mr_tls_client *c);
/* Leaf DER of the server. */
struct mr_bytes mr_tls_client_peer_certificate(const struct mr_tls_client *c);
void mr_tls_client_free(struct mr_tls_client *c);

/* Splits `host:port`, `[v6]:port`, `host`; a missing port is `default_port`. Names up to 255
 * bytes. */
MR_MUST_USE mr_result mr_split_host_port(const char *address, const char *default_port,
	char ret_host[static 256], char ret_port[static 8], struct mr_error *err);

MR_DEFINE_AUTO_PTR(tls_client, struct mr_tls_client, mr_tls_client_free)

#endif
