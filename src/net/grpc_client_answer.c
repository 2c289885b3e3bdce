/* SPDX-License-Identifier: Apache-2.0 */
/* What the server says, and what it means. */
#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"
#include "net/grpc_client_internal.h"
#include "net/http.h"

#define MAX_QUOTED ((size_t)128)
#define MAX_STATUS 1000000U

void mr_grpc_exchange_fail(struct mr_grpc_exchange *x, unsigned status, const char *format, ...)
{
	va_list args;

	if (x->done)
		return;
	x->done = x->failed = true;
	x->outcome.status = status;
	va_start(args, format);
	(void)vsnprintf(x->outcome.text, sizeof x->outcome.text, format, args);
	va_end(args);
}

/* --- the answer's header fields --- */

/* A short decimal number; false otherwise. */
static bool parse_number(struct mr_str text, unsigned *ret)
{
	unsigned value = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9' || value > MAX_STATUS)
			return false;
		value = value * 10 + (unsigned)(text.ptr[i] - '0');
	}
	*ret = value;
	return text.len > 0;
}

/* Fails with a text and a value of the server's, quoted and bounded. */
static void fail_value(
	struct mr_grpc_exchange *x, unsigned status, const char *text, struct mr_str value)
{
	MR_AUTO(buf) struct mr_buf quoted = { 0 };

	mr_buf_init(&quoted, 8 * MAX_QUOTED);
	mr_utf8_put_quoted(
		&quoted, mr_str_sub(value, 0, value.len < MAX_QUOTED ? value.len : MAX_QUOTED));
	mr_grpc_exchange_fail(x, status, "%s%.*s", text, MR_STR_ARGS(mr_buf_str(&quoted)));
}

static void take_field(struct mr_grpc_exchange *x, struct mr_str name, struct mr_str value)
{
	if (mr_str_eq(name, MR_STR(":status"))) {
		(void)parse_number(value, &x->http_status);
	} else if (mr_str_eq(name, MR_STR("content-type"))) {
		x->has_grpc_type = mr_grpc_is_content_type(value);
		mr_buf_clear(&x->content_type);
		mr_buf_put_str(&x->content_type, value);
	} else if (mr_str_eq(name, MR_STR("grpc-status"))) {
		x->has_grpc_status = parse_number(value, &x->grpc_status);
		if (!x->has_grpc_status)
			fail_value(x, MR_GRPC_UNKNOWN, "malformed grpc-status: ", value);
	} else if (mr_str_eq(name, MR_STR("grpc-message"))) {
		mr_buf_clear(&x->text);
		mr_grpc_message_decode(&x->text, value);
	}
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
	size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *user_data)
{
	struct mr_grpc_exchange *x = user_data;

	(void)session;
	(void)flags;
	if (frame->hd.stream_id != x->stream || x->done)
		return 0;
	x->header_list += name_len + value_len + MR_GRPC_FIELD_OVERHEAD;
	if (x->header_list > MR_GRPC_CLIENT_HEADERS)
		mr_grpc_exchange_fail(x, MR_GRPC_INTERNAL,
			"header list larger than max (%zu vs. %zu)", x->header_list,
			MR_GRPC_CLIENT_HEADERS);
	else
		take_field(x, mr_bytes_str(mr_bytes_of(name, name_len)),
			mr_bytes_str(mr_bytes_of(value, value_len)));
	return 0;
}

/* --- the answer's message --- */

static void check_prefix(struct mr_grpc_exchange *x)
{
	struct mr_cursor cursor = mr_cursor_of(mr_bytes_of(x->prefix, sizeof x->prefix));
	uint8_t flag = 0;
	uint32_t size = 0;

	if (!mr_cursor_u8(&cursor, &flag) || !mr_cursor_u32be(&cursor, &size))
		return;
	x->message_len = size;
	if (size > x->max_response)
		mr_grpc_exchange_fail(x, MR_GRPC_RESOURCE_EXHAUSTED,
			"grpc: received message larger than max (%lu vs. %zu)", (unsigned long)size,
			x->max_response);
	else if (flag == 1)
		mr_grpc_exchange_fail(x, MR_GRPC_INTERNAL,
			"grpc: compressed flag set with identity or empty encoding");
	else if (flag > 1)
		mr_grpc_exchange_fail(
			x, MR_GRPC_INTERNAL, "grpc: received unexpected payload format %u", flag);
}

static void take_message(struct mr_grpc_exchange *x, struct mr_bytes data)
{
	size_t have = x->message->len - x->message_start;

	if (data.len > x->message_len - have) {
		mr_grpc_exchange_fail(
			x, MR_GRPC_INTERNAL, "grpc: more than one message in a unary response");
		return;
	}
	mr_buf_put_bytes(x->message, data);
	if (x->message->failure != MR_CODE_OK)
		mr_grpc_exchange_fail(
			x, MR_GRPC_RESOURCE_EXHAUSTED, "grpc: the response cannot be held");
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes,
	size_t len, void *user_data)
{
	struct mr_grpc_exchange *x = user_data;
	struct mr_bytes data = mr_bytes_of(bytes, len);
	size_t n = sizeof x->prefix - x->prefix_len;

	(void)session;
	(void)flags;
	if (stream != x->stream || x->done || x->http_status != 200 || !x->has_grpc_type)
		return 0;
	if (n > data.len)
		n = data.len;
	if (n > 0) {
		memcpy(x->prefix + x->prefix_len, data.ptr, n);
		x->prefix_len += n;
		data = mr_bytes_of(data.ptr + n, data.len - n);
		if (x->prefix_len == sizeof x->prefix)
			check_prefix(x);
	}
	if (data.len > 0 && !x->done)
		take_message(x, data);
	return 0;
}

/* --- the end --- */

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
	struct mr_grpc_exchange *x = user_data;

	(void)session;
	if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.last_stream_id < x->stream)
		mr_grpc_exchange_fail(x, MR_GRPC_UNAVAILABLE, "connection closed by the server: %s",
			nghttp2_http2_strerror(frame->goaway.error_code));
	if (frame->hd.stream_id != x->stream)
		return 0;
	if (frame->hd.type == NGHTTP2_HEADERS && x->http_status < 200) {
		x->http_status = 0; /* an interim answer: the real one follows */
		x->header_list = 0;
	}
	if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
		(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		x->done = true;
	return 0;
}

/* We end the connection only when the server breaks the rules of HTTP/2. */
static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
	(void)session;
	if (frame->hd.type == NGHTTP2_GOAWAY)
		mr_grpc_exchange_fail(user_data, MR_GRPC_UNAVAILABLE, "connection error: %s",
			nghttp2_http2_strerror(frame->goaway.error_code));
	return 0;
}

/* The statuses that gRPC gives to HTTP/2's error codes. */
static unsigned status_of_reset(uint32_t error)
{
	switch (error) {
	case NGHTTP2_REFUSED_STREAM:
		return MR_GRPC_UNAVAILABLE;
	case NGHTTP2_CANCEL:
		return MR_GRPC_CANCELED;
	case NGHTTP2_ENHANCE_YOUR_CALM:
		return MR_GRPC_RESOURCE_EXHAUSTED;
	case NGHTTP2_INADEQUATE_SECURITY:
		return MR_GRPC_PERMISSION_DENIED;
	default:
		return MR_GRPC_INTERNAL;
	}
}

static int on_stream_close(
	nghttp2_session *session, int32_t stream, uint32_t error, void *user_data)
{
	struct mr_grpc_exchange *x = user_data;

	(void)session;
	if (stream == x->stream)
		mr_grpc_exchange_fail(x, status_of_reset(error),
			"stream terminated by RST_STREAM with error code: %s",
			nghttp2_http2_strerror(error));
	return 0;
}

void mr_grpc_exchange_set_callbacks(nghttp2_session_callbacks *callbacks)
{
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
}

static unsigned status_of_http(unsigned status)
{
	switch (status) {
	case 400:
		return MR_GRPC_INTERNAL;
	case 401:
		return MR_GRPC_UNAUTHENTICATED;
	case 403:
		return MR_GRPC_PERMISSION_DENIED;
	case 404:
		return MR_GRPC_UNIMPLEMENTED;
	case 429:
	case 502:
	case 503:
	case 504:
		return MR_GRPC_UNAVAILABLE;
	default:
		return MR_GRPC_UNKNOWN;
	}
}

/* What the answer of the server, which has come to its end, means. */
static void judge(struct mr_grpc_exchange *x)
{
	bool complete = x->prefix_len == sizeof x->prefix &&
			x->message->len - x->message_start == x->message_len;

	x->done = false; /* lets it fail after all */
	if (x->has_grpc_status && x->has_grpc_type &&
		(x->grpc_status != MR_GRPC_OK || x->http_status == 200)) {
		if (x->grpc_status == MR_GRPC_OK && !complete)
			mr_grpc_exchange_fail(
				x, MR_GRPC_INTERNAL, "the server sent no complete message");
		else
			mr_grpc_exchange_fail(
				x, x->grpc_status, "%.*s", MR_STR_ARGS(mr_buf_str(&x->text)));
	} else if (x->http_status != 200) {
		mr_grpc_exchange_fail(x, status_of_http(x->http_status),
			"unexpected HTTP status code received from server: %u (%s)", x->http_status,
			mr_http_reason((int)x->http_status));
	} else if (!x->has_grpc_type) {
		fail_value(x, MR_GRPC_UNKNOWN, "transport: received unexpected content-type ",
			mr_buf_str(&x->content_type));
	} else {
		mr_grpc_exchange_fail(
			x, MR_GRPC_INTERNAL, "server closed the stream without sending trailers");
	}
}

void mr_grpc_exchange_finish(struct mr_grpc_exchange *x, struct mr_grpc_outcome *ret)
{
	if (!x->failed)
		judge(x);
	if (x->outcome.status != MR_GRPC_OK)
		mr_buf_truncate(x->message, x->message_start);
	*ret = x->outcome;
}
