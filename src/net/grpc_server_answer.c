/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers. A handler's answer travels to the connection's loop inside the call: fields are written
 * first, then the call is posted, and from then on it belongs to the loop.
 */
#include <event2/event.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "net/grpc_server_internal.h"
#include "net/loop_internal.h"

/* grpc-message before encoding; clients take header lists of 8 KiB without asking. */
#define MAX_TEXT ((size_t)4096)
/* Answers that one connection's peer has not taken yet, where a single one may be of any size; and
 * those of all, small ones left out. */
#define MAX_HELD ((size_t)64 << 20)
#define MAX_HELD_BY_ALL ((size_t)256 << 20)
#define SMALL ((size_t)64 << 10)
static atomic_size_t held_by_all;

struct mr_bytes mr_grpc_call_message(const struct mr_grpc_call *call)
{
	return mr_buf_bytes(&call->message);
}

struct mr_bytes mr_grpc_call_peer_certificate(const struct mr_grpc_call *call)
{
	return mr_buf_bytes(&call->peer);
}

const char *mr_grpc_call_remote(const struct mr_grpc_call *call)
{
	return call->remote;
}

/* --- DATA frames --- */

// NOLINTNEXTLINE(readability-non-const-parameter): the library's type
static ssize_t next_data(nghttp2_session *session, int32_t stream, uint8_t *buf, size_t length,
	uint32_t *flags, nghttp2_data_source *source, void *user_data)
{
	static uint8_t name[] = "grpc-status", value[] = "0";
	nghttp2_nv trailer = { name, value, sizeof name - 1, sizeof value - 1,
		NGHTTP2_NV_FLAG_NONE };
	const struct mr_grpc_call *call = source->ptr;
	size_t left = MR_GRPC_PREFIX_SIZE + call->answer.len - call->answer_sent;

	(void)buf;
	(void)user_data;
	*flags |= NGHTTP2_DATA_FLAG_NO_COPY;
	if (left > length)
		return (ssize_t)length;
	*flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
	if (nghttp2_submit_trailer(session, stream, &trailer, 1) != 0)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	return (ssize_t)left;
}

/* The library never holds the message, so no copy of a secret stays in its buffers. */
int mr_grpc_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *frame_header,
	size_t length, nghttp2_data_source *source, void *user_data)
{
	struct mr_grpc_connection *c = user_data;
	struct mr_grpc_call *call = source->ptr;
	uint8_t prefix[MR_GRPC_PREFIX_SIZE] = { 0, (uint8_t)(call->answer.len >> 24),
		(uint8_t)(call->answer.len >> 16), (uint8_t)(call->answer.len >> 8),
		(uint8_t)call->answer.len };

	(void)session;
	(void)frame; /* no padding: nghttp2 adds none unless asked */
	if (mr_conn_pending(c->conn) >= MR_CONN_HIGH_WATER)
		return NGHTTP2_ERR_WOULDBLOCK;
	mr_conn_write(c->conn, mr_bytes_of(frame_header, 9));
	if (call->answer_sent < sizeof prefix) {
		size_t n = sizeof prefix - call->answer_sent;

		if (n > length)
			n = length;
		mr_conn_write(c->conn, mr_bytes_of(prefix + call->answer_sent, n));
		call->answer_sent += n;
		length -= n;
	}
	if (length > 0)
		mr_conn_write(c->conn,
			mr_bytes_of(call->answer.data + call->answer_sent - sizeof prefix, length));
	call->answer_sent += length;
	return 0;
}

/* --- handing answers to nghttp2 --- */

static bool submit_error(
	struct mr_grpc_call *call, int http_status, enum mr_grpc_status status, struct mr_str text)
{
	MR_AUTO(buf) struct mr_buf encoded = { 0 };
	char http[12], grpc[12];
	nghttp2_nv fields[4];

	mr_buf_init(&encoded, 3 * MAX_TEXT);
	mr_grpc_message_encode(&encoded, text);
	(void)snprintf(http, sizeof http, "%d", http_status);
	(void)snprintf(grpc, sizeof grpc, "%d", (int)status);
	fields[0] = mr_grpc_field(MR_STR(":status"), mr_str_of(http));
	fields[1] = mr_grpc_field(MR_STR("content-type"), MR_STR("application/grpc"));
	fields[2] = mr_grpc_field(MR_STR("grpc-status"), mr_str_of(grpc));
	fields[3] = mr_grpc_field(MR_STR("grpc-message"), mr_buf_str(&encoded));
	return nghttp2_submit_response(call->connection->session, call->stream, fields,
		       encoded.len > 0 ? 4 : 3, NULL) == 0;
}

static bool submit_message(struct mr_grpc_call *call)
{
	const nghttp2_data_provider provider = { { .ptr = call }, next_data };
	const nghttp2_nv fields[] = {
		mr_grpc_field(MR_STR(":status"), MR_STR("200")),
		mr_grpc_field(MR_STR("content-type"), MR_STR("application/grpc")),
	};

	call->connection->held += call->answer.len;
	atomic_fetch_add_explicit(&held_by_all, call->answer.len, memory_order_relaxed);
	return nghttp2_submit_response(call->connection->session, call->stream, fields,
		       MR_COUNT(fields), &provider) == 0;
}

/* The one answer of the call goes to its stream: `call->answer`, or an error. */
static void submit(
	struct mr_grpc_call *call, int http_status, enum mr_grpc_status status, struct mr_str text)
{
	bool ok;

	mr_grpc_call_disarm(call);
	call->answered = true;
	mr_grpc_call_set_waiting(call, true);
	ok = status == MR_GRPC_OK ? submit_message(call)
				  : submit_error(call, http_status, status, text);
	if (!ok)
		(void)nghttp2_submit_rst_stream(call->connection->session, NGHTTP2_FLAG_NONE,
			call->stream, NGHTTP2_INTERNAL_ERROR);
}

static void tell_finished(const struct mr_grpc_call *call, enum mr_grpc_status status)
{
	if (call->config->finished)
		call->config->finished(call->config->context,
			mr_str_of(call->method ? call->method->name : ""), status);
}

void mr_grpc_call_refuse(struct mr_grpc_call *call, int http_status, enum mr_grpc_status status,
	const char *format, ...)
{
	char text[1024];
	va_list args;

	if (call->answered)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (!call->running)
		mr_grpc_call_drop_request(call);
	submit(call, http_status, status, mr_str_of(text));
	tell_finished(call, status);
}

/* --- deadlines --- */

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct mr_grpc_call *call = arg;
	struct mr_grpc_connection *c = call->connection;
	struct mr_loop *loop = call->loop;

	(void)fd;
	(void)what;
	mr_grpc_call_refuse(call, 200, MR_GRPC_DEADLINE_EXCEEDED, "context deadline exceeded");
	mr_grpc_connection_flush(c);
	mr_loop_end_event(loop);
}

void mr_grpc_call_arm(struct mr_grpc_call *call)
{
	int64_t left = call->deadline_ms - mr_clock_monotonic_ms();
	struct timeval time = { left / 1000, left % 1000 * 1000 };

	if (call->deadline_ms == INT64_MAX || !call->loop)
		return;
	/* Without memory for a timer the deadline is looked at when the request or the answer
	 * comes. */
	call->timer = event_new(mr_loop_base(call->loop), -1, 0, on_deadline, call);
	if (call->timer)
		(void)event_add(call->timer, &time);
}

void mr_grpc_call_disarm(struct mr_grpc_call *call)
{
	if (call->timer)
		event_free(call->timer);
	call->timer = NULL;
}

/* --- what handlers call --- */

/* Of an answer that was handed to nghttp2. */
void mr_grpc_call_drop_answer(struct mr_grpc_call *call)
{
	call->connection->held -= call->answer.len;
	atomic_fetch_sub_explicit(&held_by_all, call->answer.len, memory_order_relaxed);
	mr_buf_done(&call->answer);
}

static bool may_hold(const struct mr_grpc_connection *c, size_t len)
{
	size_t max = c->config->max_held ? c->config->max_held : MAX_HELD_BY_ALL;
	size_t all = atomic_load_explicit(&held_by_all, memory_order_relaxed);

	return (c->held == 0 || c->held + len <= MAX_HELD) && (len <= SMALL || all + len <= max);
}

/* The answer has come, on the loop. The stream, or the whole connection, may be gone. */
static void arrive(struct mr_grpc_call *call)
{
	struct mr_grpc_connection *c = call->connection;
	enum mr_grpc_status status = call->reply_status;
	struct mr_str text = MR_STR("");

	call->running = false;
	if (c)
		c->running--;
	mr_grpc_call_drop_request(call);
	if (call->answered) { /* the deadline was first */
		mr_grpc_call_release(call);
		return;
	}
	tell_finished(call, status);
	if (c && call->open) {
		if (status == MR_GRPC_OK && !may_hold(c, call->reply.len)) {
			status = MR_GRPC_RESOURCE_EXHAUSTED;
			text = MR_STR("grpc: too many answers are not taken");
			mr_buf_done(&call->reply);
		} else if (status == MR_GRPC_OK) {
			call->answer = call->reply;
			call->reply = (struct mr_buf){ 0 };
		} else {
			text = mr_buf_str(&call->reply);
		}
		submit(call, 200, status, text);
		mr_buf_done(&call->reply);
	}
	mr_grpc_call_release(call);
	if (c)
		mr_grpc_connection_flush(c);
}

static void run_task(struct mr_loop_task *task)
{
	arrive(MR_CONTAINER_OF(task, struct mr_grpc_call, task));
}

static void hand_over(struct mr_grpc_call *call)
{
	if (!call->loop || mr_loop_is_current(call->loop)) {
		arrive(call);
		return;
	}
	call->task.run = run_task;
	mr_loop_post(call->loop, &call->task);
}

void mr_grpc_reply(struct mr_grpc_call *call, struct mr_buf *take_message)
{
	if (take_message->failure != MR_CODE_OK || take_message->len > UINT32_MAX) {
		mr_buf_done(take_message);
		mr_grpc_fail(call, MR_GRPC_RESOURCE_EXHAUSTED,
			MR_STR("grpc: the answer cannot be held"));
		return;
	}
	call->reply_status = MR_GRPC_OK;
	call->reply = *take_message;
	call->reply.secret = true;
	*take_message = (struct mr_buf){ 0 };
	hand_over(call);
}

void mr_grpc_fail(struct mr_grpc_call *call, enum mr_grpc_status status, struct mr_str message)
{
	size_t len = message.len < MAX_TEXT ? message.len : MAX_TEXT;

	while (len < message.len && len > 0 && ((uint8_t)message.ptr[len] & 0xC0) == 0x80)
		len--;
	call->reply_status = status == MR_GRPC_OK ? MR_GRPC_INTERNAL : status;
	mr_buf_init(&call->reply, MAX_TEXT);
	mr_buf_put(&call->reply, message.ptr, len);
	hand_over(call);
}
