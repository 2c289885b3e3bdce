/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 client over TLS, and without it to this machine alone, for the CLI, libmarblerun and workers (20 §11, 50 §4.1): no proxy, no
 * redirects, bounded answers, chunked or with a length, one kept connection.
 */
#ifndef MR_NET_HTTP_CLIENT_H
#define MR_NET_HTTP_CLIENT_H

#include "base/bytes.h"
#include "net/http.h"
#include "net/tls.h"

struct mr_http_client;

struct mr_http_client_config {
	const char *endpoint;            /* `host:port`, port 443 (plain: 80) if absent */
	bool plain;                      /* no TLS; to loopback addresses only */
	struct mr_tls_client_config tls; /* host is filled in from the endpoint */
	size_t max_body;                 /* default 64 MiB */
	int64_t connect_ms;              /* default 20,000 */
	int64_t request_ms;              /* default 120,000 */
};

struct mr_http_answer {
	int status;
	struct mr_buf head; /* as received; see mr_http_answer_field */
	struct mr_buf body; /* wiped when released */
};

/* Copies what it needs of the configuration, but for anchors and identity, which are borrowed
 * for its life. */
MR_MUST_USE mr_result mr_http_client_new(const struct mr_http_client_config *config,
	struct mr_http_client **ret, struct mr_error *err);
/* Sends a request, on the kept connection where there is one, and reads the whole answer.
 * `content_type` may be NULL. Transport errors read `Get "https://h:4433/api/v2/quote": <cause>`
 * (50 §4.2). */
MR_MUST_USE mr_result mr_http_client_request(struct mr_http_client *c, const char *method,
	const char *target, const char *content_type, struct mr_bytes body,
	struct mr_http_answer *ret, struct mr_error *err);
/* The same with header fields of the caller's, which must be valid and not Host, Content-Length
 * or Connection. */
MR_MUST_USE mr_result mr_http_client_request_with(struct mr_http_client *c, const char *method,
	const char *target, const struct mr_http_header *fields, size_t count, struct mr_bytes body,
	struct mr_http_answer *ret, struct mr_error *err);
/* The value of the first field with this name (any case); false if there is none. Lives as long
 * as the answer. */
bool mr_http_answer_field(
	const struct mr_http_answer *answer, struct mr_str name, struct mr_str *ret);
void mr_http_answer_done(struct mr_http_answer *answer);
void mr_http_client_free(struct mr_http_client *c);

MR_DEFINE_AUTO_PTR(http_client, struct mr_http_client, mr_http_client_free)
MR_DEFINE_AUTO(http_answer, struct mr_http_answer, mr_http_answer_done)

#endif
