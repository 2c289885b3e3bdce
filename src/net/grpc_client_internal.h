/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One unary call as a client sees it, without I/O: bytes in, bytes out, an outcome at the end.
 */
#ifndef MR_NET_GRPC_CLIENT_INTERNAL_H
#define MR_NET_GRPC_CLIENT_INTERNAL_H

#include "net/grpc_client.h"
#include "net/grpc_internal.h"

#define MR_GRPC_CLIENT_HEADERS ((size_t)65536) /* most bytes of an answer's header list */

struct mr_grpc_exchange {
	nghttp2_session *session;
	int32_t stream;
	size_t max_response;

	uint8_t request_prefix[MR_GRPC_PREFIX_SIZE];
	struct mr_bytes request;
	size_t request_sent; /* of prefix and message */

	/* the answer so far */
	unsigned http_status; /* 0: none yet */
	bool has_grpc_type;
	bool has_grpc_status;
	unsigned grpc_status;
	size_t header_list;
	struct mr_buf content_type, text;
	uint8_t prefix[MR_GRPC_PREFIX_SIZE];
	size_t prefix_len;
	size_t message_len;     /* announced */
	size_t message_start;   /* in `message` */
	struct mr_buf *message; /* the caller's */

	bool done;   /* the outcome is known */
	bool failed; /* it is a local one, in `outcome` */
	struct mr_grpc_outcome outcome;
};

/* --- grpc_client_exchange.c --- */

/* Prepares a request. The exchange borrows the request's texts and message and `message` for its
 * life; it needs mr_grpc_exchange_done also after a failure. */
MR_MUST_USE mr_result mr_grpc_exchange_open(struct mr_grpc_exchange *x,
	const struct mr_grpc_request *request, struct mr_buf *message, struct mr_error *err);
/* Appends what is to be sent now, in portions; nothing when the peer's turn has come. */
void mr_grpc_exchange_send(struct mr_grpc_exchange *x, struct mr_buf *out);
/* Takes bytes of the server. */
void mr_grpc_exchange_receive(struct mr_grpc_exchange *x, struct mr_bytes data);
void mr_grpc_exchange_done(struct mr_grpc_exchange *x);

/* --- grpc_client_answer.c --- */

void mr_grpc_exchange_set_callbacks(nghttp2_session_callbacks *callbacks);
/* Ends the exchange with a local outcome, unless it is over already. */
MR_PRINTF(3, 4)
void mr_grpc_exchange_fail(struct mr_grpc_exchange *x, unsigned status, const char *format, ...);
/* The outcome of an exchange that is done; the message is in place if the status is OK, and as it
 * was before otherwise. */
void mr_grpc_exchange_finish(struct mr_grpc_exchange *x, struct mr_grpc_outcome *ret);

#endif
