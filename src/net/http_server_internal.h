/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the HTTP server: requests as they come in (http_server.c), exchanges and answers
 * (http_exchange.c). */
#ifndef MR_NET_HTTP_SERVER_INTERNAL_H
#define MR_NET_HTTP_SERVER_INTERNAL_H

#include "net/http.h"
#include "net/http_parse.h"

enum mr_http_state {
	MR_HTTP_AT_HEAD, /* nothing, or a part of a head, has come in */
	MR_HTTP_AT_BODY,
	MR_HTTP_AT_HANDLER, /* somebody works on the answer */
	MR_HTTP_AT_ANSWER,  /* the rest of the answer waits for room in the connection's queue */
	MR_HTTP_AT_REST,    /* skips what no handler wanted */
	MR_HTTP_AT_END,
};

/* One connection's HTTP. Counted, as exchanges may outlive the connection; only the loop's
 * thread counts. */
struct mr_http_conn {
	size_t refs;
	struct mr_conn *conn; /* NULL when it is gone */
	const struct mr_http_server_config *config;
	enum mr_http_state state;
	bool in_process;  /* the stack below goes on when the answer is there */
	bool head_begun;  /* the deadline for a head runs */
	bool close_after; /* this request is the last one */
	bool no_more;     /* the peer has closed its direction */
	struct mr_buf in; /* what is not yet used; without memory when empty */
	size_t seen;      /* of `in`, by the search for a head's end */
	size_t charged;   /* for `in` */
	struct mr_http_body body;
	size_t skipped;
	struct mr_http_exchange
		*exchange; /* the current one, from its head to the end of its answer */
	size_t answered;   /* bytes of its body that are queued */
	char remote[64];
	uint8_t *peer; /* copy of the peer's leaf */
	size_t peer_len;
};

struct mr_http_exchange {
	struct mr_http_request request;
	struct mr_http_conn *http;
	struct mr_loop *loop;
	struct mr_loop_task task;
	struct mr_http_response response;
	struct mr_buf body; /* of the request; secret */
	size_t size;        /* of this */
	size_t charged;     /* for this, and for `body` or the answer */
	struct mr_buf path;
	bool is_head, is_old;                           /* HEAD; HTTP/1.0 */
	_Alignas(struct mr_http_header) uint8_t data[]; /* the fields, then the head itself */
};

/* Changes what is charged to the total of all connections from *charged to `size`; false, and
 * unchanged, when that is above what the peer's share allows. */
MR_MUST_USE bool mr_http_charge(const struct mr_http_conn *h, size_t *charged, size_t size);
void mr_http_discharge(size_t *charged);
void mr_http_conn_unref(struct mr_http_conn *h);
/* A copy of the head with everything in it, for a request that is well formed so far; NULL: see
 * *ret_status. */
struct mr_http_exchange *mr_http_exchange_new(struct mr_http_conn *h,
	const struct mr_http_head *head, struct mr_str text, int *ret_status);
void mr_http_exchange_free(struct mr_http_exchange *exchange);
/* Adds to the request's body: 0, 413 (more than is allowed) or 503 (too much in all connections
 * together). */
MR_MUST_USE int mr_http_exchange_add(struct mr_http_exchange *exchange, struct mr_bytes piece);
/* Queues the head of an answer with `length` bytes of body to come. */
void mr_http_put_head(struct mr_http_conn *h, int status, const char *content_type, bool nosniff,
	size_t length, bool to_old);
/* The answer of `h->exchange` is there: queue it, go on with the next request. */
void mr_http_answer(struct mr_http_conn *h);

#endif
