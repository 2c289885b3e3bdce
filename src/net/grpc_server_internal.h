/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the gRPC server share: the connection and its calls. Everything here happens on
 * the connection's loop, but for the fields of a call that a handler's thread writes before it
 * posts the answer (grpc_server_answer.c).
 */
#ifndef MR_NET_GRPC_SERVER_INTERNAL_H
#define MR_NET_GRPC_SERVER_INTERNAL_H

#include "net/grpc_internal.h"

struct event;

/* A rate with a burst: `tokens` refill with time. */
struct mr_grpc_bucket {
	int64_t tokens;
	int64_t filled_ms;
};

struct mr_grpc_connection {
	const struct mr_grpc_server_config *config;
	size_t max_streams, max_header_list, max_buffered; /* those of `config`, or defaults */
	struct mr_conn *conn;
	nghttp2_session *session;
	void *block; /* grpc_server_memory.c */
	size_t block_size;
	struct mr_grpc_call *calls; /* all that refer to this connection */
	size_t streams;             /* of them, open ones */
	size_t waiting;             /* of them, those whose next step is the peer's */
	size_t running;             /* calls that a handler holds, cancelled ones included */
	size_t buffered;            /* request bytes held */
	size_t held;                /* answer bytes held */
	int32_t window;             /* our receive window of the connection */
	struct mr_grpc_bucket frames, resets;
	bool inside;         /* in a call to nghttp2, after which the output is sent anyway */
	bool step_done;      /* the peer got something done since the deadline was set */
	int64_t deadline_ms; /* set last, 0: idle */
	bool draining;
};

/* Header fields that decide, kept until the header block is complete. */
enum mr_grpc_field {
	MR_GRPC_FIELD_METHOD,
	MR_GRPC_FIELD_PATH,
	MR_GRPC_FIELD_CONTENT_TYPE,
	MR_GRPC_FIELD_ENCODING,
	MR_GRPC_FIELD_TIMEOUT,
	MR_GRPC_FIELD_COUNT,
};

/* Freed when its stream is closed and no handler holds it. */
struct mr_grpc_call {
	struct mr_grpc_connection *connection; /* NULL when it is gone */
	struct mr_grpc_call *next, *previous;
	const struct mr_grpc_server_config *config;
	struct mr_loop *loop; /* of the connection, NULL if it has none */
	struct mr_loop_task task;
	int32_t stream;
	bool open;     /* nghttp2 knows the stream */
	bool waiting;  /* counted in connection->waiting */
	bool running;  /* a handler holds it */
	bool answered; /* an answer has been handed to nghttp2 */

	nghttp2_rcbuf *fields[MR_GRPC_FIELD_COUNT];
	size_t header_list;
	const struct mr_grpc_method *method;
	int64_t deadline_ms; /* INT64_MAX: none */
	struct event *timer;
	uint8_t prefix[MR_GRPC_PREFIX_SIZE];
	size_t prefix_len;
	size_t message_len; /* announced */
	struct mr_buf message;
	struct mr_buf peer;
	char remote[64];

	/* what the handler's thread hands over; the loop looks at it when the task has come */
	enum mr_grpc_status reply_status;
	struct mr_buf reply; /* the message (secret), or the text of an error */

	struct mr_buf answer; /* secret: the message on its way */
	size_t answer_sent;   /* of prefix and message */
};

/* --- grpc_server.c --- */

/* Sends what nghttp2 has to say, as far as the connection takes it, unless nghttp2 is being
 * called already. */
void mr_grpc_connection_flush(struct mr_grpc_connection *c);

/* --- grpc_server_memory.c --- */

/* The allocator for the connection's session, which the connection outlives. */
nghttp2_mem mr_grpc_memory(struct mr_grpc_connection *c);

/* --- grpc_server_call.c --- */

/* May the connection open one more stream, as many as all have open? */
bool mr_grpc_has_place(const struct mr_grpc_connection *c);
/* A call for a stream just opened, or NULL without memory. */
struct mr_grpc_call *mr_grpc_call_new(struct mr_grpc_connection *c, int32_t stream);
/* The stream is gone, whoever ended it. The call stays as long as its handler has it. */
void mr_grpc_call_closed(struct mr_grpc_call *call);
/* The connection forgets the call. */
void mr_grpc_call_unlink(struct mr_grpc_call *call);
/* Frees a call that is neither open nor running. */
void mr_grpc_call_release(struct mr_grpc_call *call);
/* Counts the call among those whose next step is the peer's, or not. */
void mr_grpc_call_set_waiting(struct mr_grpc_call *call, bool waiting);
/* Takes `cost` tokens of a bucket that holds `burst` and refills by `per_second`; false when
 * they are used up. */
bool mr_grpc_bucket_take(
	struct mr_grpc_bucket *bucket, int64_t cost, int64_t burst, int64_t per_second);

/* --- grpc_server_request.c: each may answer the call --- */

/* Keeps a header field; false when memory is short. */
bool mr_grpc_call_header(struct mr_grpc_call *call, nghttp2_rcbuf *name, nghttp2_rcbuf *value);
/* The header block is complete. */
void mr_grpc_call_begin(struct mr_grpc_call *call);
void mr_grpc_call_data(struct mr_grpc_call *call, struct mr_bytes data);
/* The peer has ended the stream. */
void mr_grpc_call_end(struct mr_grpc_call *call);
/* Lets go of the request's bytes. */
void mr_grpc_call_drop_request(struct mr_grpc_call *call);

/* --- grpc_server_answer.c --- */

/* Answers on the loop with an error, `http_status` 200 or what an HTTP client should see (30
 * §1.4). */
MR_PRINTF(4, 5)
void mr_grpc_call_refuse(struct mr_grpc_call *call, int http_status, enum mr_grpc_status status,
	const char *format, ...);
/* Wipes and frees the message on its way, if there is one. */
void mr_grpc_call_drop_answer(struct mr_grpc_call *call);
/* Starts the timer of a call with a deadline; without a loop there is none. */
void mr_grpc_call_arm(struct mr_grpc_call *call);
void mr_grpc_call_disarm(struct mr_grpc_call *call);
/* nghttp2's callback that writes a DATA frame. */
int mr_grpc_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *frame_header,
	size_t length, nghttp2_data_source *source, void *user_data);

#endif
