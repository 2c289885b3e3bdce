/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 on the server side (20 §2; RFC 9110, 9112): what a handler sees of a request and how it
 * answers.
 */
#ifndef MR_NET_HTTP_H
#define MR_NET_HTTP_H

#include "base/bytes.h"
#include "net/protocol.h"

struct mr_http_header {
	struct mr_str name, value;
};

struct mr_http_request {
	struct mr_str method;
	/* Percent-decoded per segment, once; a decoded '/' never equals a separator: such a path is
	 * given with %2F left in, so that it matches no route (20 §2.1). */
	struct mr_str path;
	struct mr_str query; /* raw, without '?' */
	const struct mr_http_header *headers;
	size_t header_count;
	struct mr_bytes body;
	/* Not empty when the body could not be read to its end although the peer is there, e.g.
	 * `invalid byte in chunk length`; the connection is closed after the answer. */
	struct mr_str body_error;
	struct mr_bytes peer_certificate; /* leaf DER, empty if none */
	const char *remote;
};

/* One request and its answer; lives until mr_http_respond. */
struct mr_http_exchange;

const struct mr_http_request *mr_http_request_of(const struct mr_http_exchange *exchange);

struct mr_http_response {
	int status;
	const char *content_type; /* NULL: none; a literal */
	bool nosniff;             /* X-Content-Type-Options */
	struct mr_buf body;       /* owned: taken over by mr_http_respond */
};

/* Answers, exactly once an exchange, from any thread; the exchange and the response's body are
 * consumed. */
void mr_http_respond(struct mr_http_exchange *exchange, struct mr_http_response *take_response);

struct mr_http_server_config {
	/* Called on the loop for every well-formed request with its whole body. Must not block. */
	void (*handle)(void *context, struct mr_http_exchange *exchange);
	void *context;
	/* Is a body wanted for this request? False: answered without reading it (the rest is
	 * skipped, up to 256 KiB, or the connection closed); may be NULL. */
	bool (*wants_body)(void *context, const struct mr_http_request *request);
	size_t max_body; /* default 16 MiB: above it 413 with `too_large_body` */
	struct mr_str too_large_body;
	/* Bytes of requests and of answers that wait for slow peers, in all connections of the
	 * process; default 256 MiB. Above it 503, or the end of the connection; a few KiB are always
	 * allowed. */
	size_t max_total;
	/* Is this the leaf of somebody known? Strangers together have half of max_total. May be NULL:
	 * there are no strangers. Called on the loop. */
	bool (*knows)(void *context, struct mr_bytes peer_certificate);
	int64_t header_ms, body_ms; /* defaults 10,000 and 60,000 */
};

/* The protocol for mr_listener; its context is a const struct mr_http_server_config *. */
extern const struct mr_protocol mr_http_server_protocol;

/* The first value of a query parameter (exact name, which may be escaped in the query),
 * form-decoded behind `out`; false if absent. Pairs with a raw ';' or a malformed escape do not
 * count (20 §2.2); *ret_bad is set by the latter. */
bool mr_http_query_get(struct mr_str query, struct mr_str name, struct mr_buf *out, bool *ret_bad);
/* Walks all parameters: *at starts at 0; false at the end. Name and value raw (not decoded);
 * pairs with a raw ';' are left out. */
bool mr_http_query_next(
	struct mr_str query, size_t *at, struct mr_str *ret_name, struct mr_str *ret_value);
/* Appends the form-decoded text ('+' is a blank); false when an escape is malformed. */
MR_MUST_USE bool mr_http_form_decode(struct mr_str text, struct mr_buf *out);

/* Standard reason phrase of a status code, "" if unknown. */
const char *mr_http_reason(int status);

#endif
