/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP client without I/O: a request's parts, and an answer as it comes in. */
#ifndef MR_NET_HTTP_CLIENT_INTERNAL_H
#define MR_NET_HTTP_CLIENT_INTERNAL_H

#include "net/http_client.h"
#include "net/http_parse.h"

struct mr_http_sending {
	const char *method, *target;
	const struct mr_http_header *fields;
	size_t count;
	struct mr_bytes body;
};

struct mr_http_reading {
	struct mr_http_answer *answer; /* filled; the caller releases it, also after a failure */
	bool no_body;                  /* the request was a HEAD */
	size_t max_body;
	size_t seen;    /* by the search for the head's end */
	size_t interim; /* answers with 1xx so far */
	bool in_body;
	bool keep_alive; /* as the head tells */
	struct mr_http_body body;

	bool started;  /* a byte has come */
	bool complete; /* the answer is there */
	bool reusable; /* and the connection is in order for another request */
};

void mr_http_reading_init(
	struct mr_http_reading *r, struct mr_http_answer *answer, bool no_body, size_t max_body);
/* Takes bytes of the server. `malformed HTTP response …`, or MR_CODE_LIMIT. */
MR_MUST_USE mr_result mr_http_reading_take(
	struct mr_http_reading *r, struct mr_bytes data, struct mr_error *err);
/* The server has closed its direction: complete with that, or `EOF` / `unexpected EOF`. */
MR_MUST_USE mr_result mr_http_reading_close(struct mr_http_reading *r, struct mr_error *err);

#endif
