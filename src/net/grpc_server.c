/* SPDX-License-Identifier: Apache-2.0 */
/* The connection: nghttp2's session between the bytes of mr_conn and the calls. */
#include <stdlib.h>

#include "net/grpc_server_internal.h"

#define DEFAULT_MAX_STREAMS 256
#define DEFAULT_MAX_HEADER_LIST 65536
#define DEFAULT_MAX_BUFFERED ((size_t)16 << 20)
/* A peer gets this long to send a request, or to take an answer, before others get its place. */
#define STEP_MS 120000
#define RUNNING_MS 600000
/* Frames that carry no request bytes: what a busy peer needs (window updates, pings), bounded. */
#define FRAME_BURST 5000
#define FRAMES_PER_SECOND 500
#define FRAMES_PER_CALL 50
#define RESET_BURST 1000
#define RESETS_PER_SECOND 50
#define MAX_SETTINGS 32

/* --- nghttp2's callbacks --- */

static struct mr_grpc_call *call_of(nghttp2_session *session, int32_t stream)
{
	return nghttp2_session_get_stream_user_data(session, stream);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
	struct mr_grpc_call *call;

	if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	if (!mr_grpc_has_place(user_data))
		return nghttp2_submit_rst_stream(
			session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_REFUSED_STREAM);
	call = mr_grpc_call_new(user_data, frame->hd.stream_id);
	if (!call)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	if (nghttp2_session_set_stream_user_data(session, call->stream, call) != 0) {
		mr_grpc_call_closed(call);
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	}
	return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, nghttp2_rcbuf *name,
	nghttp2_rcbuf *value, uint8_t flags, void *user_data)
{
	struct mr_grpc_call *call = call_of(session, frame->hd.stream_id);

	(void)flags;
	(void)user_data;
	if (call && !mr_grpc_call_header(call, name, value))
		return nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM);
	return 0;
}

/* Names in upper case and the like; the library's default is to leave such a field out (RFC
 * 9113, 8.1.1). */
static int on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame,
	nghttp2_rcbuf *name, nghttp2_rcbuf *value, uint8_t flags, void *user_data)
{
	(void)session;
	(void)frame;
	(void)name;
	(void)value;
	(void)flags;
	(void)user_data;
	return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
	size_t len, void *user_data)
{
	struct mr_grpc_call *call = call_of(session, stream);

	(void)flags;
	(void)user_data;
	if (call)
		mr_grpc_call_data(call, mr_bytes_of(data, len));
	return 0;
}

/* False for a connection that sends next to nothing but frames to be acted on. */
static bool count_frame(struct mr_grpc_connection *c, const nghttp2_frame_hd *frame)
{
	bool request = frame->type == NGHTTP2_HEADERS ||
		       (frame->type == NGHTTP2_DATA && frame->length > 0);

	if (frame->type == NGHTTP2_RST_STREAM &&
		!mr_grpc_bucket_take(&c->resets, 1, RESET_BURST, RESETS_PER_SECOND))
		return false;
	return request || mr_grpc_bucket_take(&c->frames, 1, FRAME_BURST, FRAMES_PER_SECOND);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
	struct mr_grpc_connection *c = user_data;
	struct mr_grpc_call *call = frame->hd.stream_id ? call_of(session, frame->hd.stream_id)
							: NULL;

	if (!count_frame(c, &frame->hd))
		return nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM);
	if (!call || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
		return 0;
	if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		mr_grpc_call_begin(call);
	if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) {
		mr_grpc_call_end(call);
		c->frames.tokens += FRAMES_PER_CALL;
	}
	return 0;
}

/* After the end of an answer a peer that is still sending is told to stop, without blame (RFC
 * 9113, 8.1). */
static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
	(void)user_data;
	if (frame->hd.type == NGHTTP2_HEADERS && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) &&
		nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) == 0)
		return nghttp2_submit_rst_stream(
			session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
	return 0;
}

static int on_stream_close(
	nghttp2_session *session, int32_t stream, uint32_t error, void *user_data)
{
	struct mr_grpc_call *call = call_of(session, stream);

	(void)error;
	(void)user_data;
	if (call)
		mr_grpc_call_closed(call);
	return 0;
}

/* --- the protocol --- */

static nghttp2_session *session_new(struct mr_grpc_connection *c)
{
	nghttp2_session_callbacks *callbacks = NULL;
	nghttp2_option *option = NULL;
	nghttp2_session *session = NULL;
	nghttp2_mem memory = mr_grpc_memory(c);

	if (nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0) {
		nghttp2_session_callbacks_set_on_begin_headers_callback(
			callbacks, on_begin_headers);
		nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
		nghttp2_session_callbacks_set_on_invalid_header_callback2(
			callbacks, on_invalid_header);
		nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
		nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
		nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
		nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
		nghttp2_session_callbacks_set_send_data_callback(callbacks, mr_grpc_send_data);
		nghttp2_option_set_no_closed_streams(option, 1);
		nghttp2_option_set_max_settings(option, MAX_SETTINGS);
		if (nghttp2_session_server_new3(&session, callbacks, c, option, &memory) != 0)
			session = NULL;
	}
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(callbacks);
	return session;
}

static bool submit_settings(struct mr_grpc_connection *c)
{
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, (uint32_t)c->max_streams },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)c->max_header_list },
	};

	return nghttp2_submit_settings(
		       c->session, NGHTTP2_FLAG_NONE, settings, MR_COUNT(settings)) == 0;
}

static mr_result server_open(
	void *context, struct mr_conn *conn, void **ret_self, struct mr_error *err)
{
	struct mr_grpc_connection *c = calloc(1, sizeof *c);

	if (!c)
		return mr_fail_nomem(err);
	c->config = context;
	c->max_streams = c->config->max_streams ? c->config->max_streams : DEFAULT_MAX_STREAMS;
	c->max_header_list = c->config->max_header_list ? c->config->max_header_list
							: DEFAULT_MAX_HEADER_LIST;
	c->max_buffered = c->config->max_buffered ? c->config->max_buffered : DEFAULT_MAX_BUFFERED;
	c->conn = conn;
	c->window = NGHTTP2_INITIAL_WINDOW_SIZE;
	c->session = session_new(c);
	if (!c->session || !submit_settings(c)) {
		nghttp2_session_del(c->session);
		free(c);
		return mr_fail_nomem(err);
	}
	mr_grpc_connection_flush(c);
	*ret_self = c;
	return MR_OK;
}

static bool is_over(struct mr_grpc_connection *c)
{
	return (!nghttp2_session_want_read(c->session) &&
		       !nghttp2_session_want_write(c->session)) ||
	       (c->draining && c->streams == 0 && !nghttp2_session_want_write(c->session));
}

/* The peer has STEP_MS for each request sent or answer taken. A connection whose calls are with
 * their handlers is not idle either, so that it is not given up for another one. */
static void update_deadline(struct mr_grpc_connection *c)
{
	int64_t wanted = c->waiting > 0 ? STEP_MS : c->running > 0 ? RUNNING_MS : 0;

	if (wanted != c->deadline_ms || c->step_done)
		mr_conn_set_deadline(c->conn, wanted);
	c->deadline_ms = wanted;
	c->step_done = false;
}

/* False when the connection is of no use any more. */
static bool send_output(struct mr_grpc_connection *c)
{
	ssize_t n = 0;

	c->inside = true;
	while (mr_conn_pending(c->conn) < MR_CONN_HIGH_WATER) {
		const uint8_t *data;

		n = nghttp2_session_mem_send(c->session, &data);
		if (n <= 0)
			break;
		mr_conn_write(c->conn, mr_bytes_of(data, (size_t)n));
	}
	c->inside = false;
	update_deadline(c);
	return n >= 0 && !is_over(c);
}

void mr_grpc_connection_flush(struct mr_grpc_connection *c)
{
	if (!c->inside && !send_output(c))
		mr_conn_finish(c->conn);
}

static bool server_receive(void *self, struct mr_bytes data)
{
	struct mr_grpc_connection *c = self;
	ssize_t n;

	c->inside = true;
	n = nghttp2_session_mem_recv(c->session, data.ptr, data.len);
	c->inside = false;
	return n >= 0 && send_output(c);
}

static bool server_end_of_input(void *self)
{
	(void)self;
	return false; /* TLS peers close both directions; answers would reach nobody */
}

static void server_writable(void *self)
{
	mr_grpc_connection_flush(self);
}

static void server_drain(void *self)
{
	struct mr_grpc_connection *c = self;

	if (c->draining)
		return;
	c->draining = true;
	(void)nghttp2_submit_goaway(c->session, NGHTTP2_FLAG_NONE,
		nghttp2_session_get_last_proc_stream_id(c->session), NGHTTP2_NO_ERROR, NULL, 0);
	mr_grpc_connection_flush(c);
}

static void server_close(void *self)
{
	struct mr_grpc_connection *c = self;

	c->inside = true; /* nothing is sent any more */
	while (c->calls) {
		struct mr_grpc_call *call = c->calls;

		if (call->open) {
			bool running = call->running;

			(void)nghttp2_session_set_stream_user_data(c->session, call->stream, NULL);
			mr_grpc_call_closed(call);
			if (!running)
				continue;
		}
		mr_grpc_call_unlink(call);
	}
	nghttp2_session_del(c->session);
	free(c);
}

const struct mr_protocol mr_grpc_server_protocol = {
	.open = server_open,
	.receive = server_receive,
	.end_of_input = server_end_of_input,
	.writable = server_writable,
	.drain = server_drain,
	.close = server_close,
};
