/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gRPC server's protocol on a connection made of memory, and an HTTP/2 client (nghttp2's, which
 * lets every mistake through) at its other end.
 */
#ifndef MR_TESTS_NET_GRPC_PAIR_H
#define MR_TESTS_NET_GRPC_PAIR_H

#include <nghttp2/nghttp2.h>

#include "net/grpc.h"

/* The connection: what a protocol may do to it is recorded. */
struct mr_conn {
	struct mr_buf out; /* queued and not taken yet */
	size_t blocked;    /* bytes that count as not taken although they are */
	bool finished;
	size_t finishes;
	int64_t deadline_ms; /* the last one set, -1 before */
	size_t deadlines;    /* how often */
	struct mr_bytes certificate;
	struct mr_loop *loop;
};

/* What the client has seen of one stream. */
struct pair_answer {
	char status[8], content_type[64], grpc_status[8];
	struct mr_buf message; /* grpc-message as sent */
	struct mr_buf body;
	size_t header_blocks;
	bool headers_ended; /* END_STREAM on the first block */
	bool ended, closed;
	uint32_t reset; /* error code if closed by RST_STREAM, UINT32_MAX if not */
};

#define PAIR_STREAMS 2048

struct pair {
	struct mr_conn conn;
	void *self;
	bool open;  /* the protocol has not been closed */
	bool alive; /* neither side has given up */
	nghttp2_session *client;
	size_t chunk; /* bytes handed to the server at a time; 0: all */
	bool manual_window;
	struct pair_answer answers[PAIR_STREAMS]; /* by stream / 2 */
	size_t pings;
	uint32_t goaway; /* UINT32_MAX: none */
};

/* A header field for pair_request; name NULL ends the list. */
struct pair_field {
	const char *name, *value;
};

void pair_open(struct pair *p, struct mr_grpc_server_config *config);
void pair_open_on(struct pair *p, struct mr_grpc_server_config *config, struct mr_loop *loop);
/* Ends the connection (the server's side first) and frees all. */
void pair_close(struct pair *p);
/* The server's side alone. */
void pair_close_server(struct pair *p);
/* Carries bytes to and fro until there are none. */
void pair_pump(struct pair *p);
/* Sends these bytes to the server as they are. */
void pair_raw(struct pair *p, struct mr_bytes data);

/* Header fields of a good request with `changes` (by name; value NULL removes), then `body`, and
 * the end of the stream if `end`. A NULL body ends the stream with the headers. Returns the
 * stream; nothing is pumped. */
int32_t pair_request(
	struct pair *p, const struct pair_field *changes, const struct mr_bytes *body, bool end);
/* More of a body that was not ended. */
void pair_send(struct pair *p, int32_t stream, struct mr_bytes body, bool end);
/* pair_request with the end, and pair_pump: the answer. */
struct pair_answer *pair_call(
	struct pair *p, const struct pair_field *changes, struct mr_bytes body);
struct pair_answer *pair_answer_of(struct pair *p, int32_t stream);
/* Appends flag, length and message. */
void pair_frame(struct mr_buf *out, uint8_t flag, struct mr_bytes message);

#endif
