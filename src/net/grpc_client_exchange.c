/* SPDX-License-Identifier: Apache-2.0 */
/* What the client says: its one request. */
#include "net/grpc_client_internal.h"

#define WINDOW (1 << 20)
#define MAX_OUTPUT ((size_t)16 << 10)

/* --- bytes --- */

void mr_grpc_exchange_receive(struct mr_grpc_exchange *x, struct mr_bytes data)
{
	ssize_t n = nghttp2_session_mem_recv(x->session, data.ptr, data.len);

	if (n < 0)
		mr_grpc_exchange_fail(
			x, MR_GRPC_UNAVAILABLE, "connection error: %s", nghttp2_strerror((int)n));
}

void mr_grpc_exchange_send(struct mr_grpc_exchange *x, struct mr_buf *out)
{
	while (out->len < MAX_OUTPUT) {
		const uint8_t *data;
		ssize_t n = nghttp2_session_mem_send(x->session, &data);

		if (n < 0)
			mr_grpc_exchange_fail(x, MR_GRPC_INTERNAL, "connection error: %s",
				nghttp2_strerror((int)n));
		if (n <= 0)
			return;
		mr_buf_put(out, data, (size_t)n);
	}
}

static ssize_t next_data(nghttp2_session *session, int32_t stream, uint8_t *to, size_t size,
	uint32_t *flags, nghttp2_data_source *source, void *user_data)
{
	struct mr_grpc_exchange *x = source->ptr;
	size_t done = 0;

	(void)session;
	(void)stream;
	(void)user_data;
	while (done < size && x->request_sent < sizeof x->request_prefix)
		to[done++] = x->request_prefix[x->request_sent++];
	if (x->request_sent >= sizeof x->request_prefix) {
		size_t at = x->request_sent - sizeof x->request_prefix, left = x->request.len - at;
		size_t n = left < size - done ? left : size - done;

		if (n > 0)
			memcpy(to + done, x->request.ptr + at, n);
		done += n;
		x->request_sent += n;
		if (n == left)
			*flags |= NGHTTP2_DATA_FLAG_EOF;
	}
	return (ssize_t)done;
}

/* --- opening --- */

static bool submit(struct mr_grpc_exchange *x, const struct mr_grpc_request *request)
{
	static const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, MR_GRPC_CLIENT_HEADERS },
	};
	const nghttp2_nv fields[] = {
		mr_grpc_field(MR_STR(":method"), MR_STR("POST")),
		mr_grpc_field(MR_STR(":scheme"), MR_STR("https")),
		mr_grpc_field(MR_STR(":path"), mr_str_of(request->path)),
		mr_grpc_field(MR_STR(":authority"), mr_str_of(request->address)),
		mr_grpc_field(MR_STR("content-type"), MR_STR("application/grpc")),
		mr_grpc_field(MR_STR("user-agent"), MR_STR("marblerun-c/" MR_VERSION)),
		mr_grpc_field(MR_STR("te"), MR_STR("trailers")),
	};
	const nghttp2_data_provider provider = { { .ptr = x }, next_data };

	if (nghttp2_submit_settings(x->session, NGHTTP2_FLAG_NONE, settings, MR_COUNT(settings)) !=
			0 ||
		nghttp2_session_set_local_window_size(x->session, NGHTTP2_FLAG_NONE, 0, WINDOW) !=
			0)
		return false;
	x->stream = nghttp2_submit_request(
		x->session, NULL, fields, MR_COUNT(fields), &provider, NULL);
	return x->stream > 0;
}

static nghttp2_session *session_new(struct mr_grpc_exchange *x)
{
	nghttp2_session_callbacks *callbacks = NULL;
	nghttp2_session *session = NULL;

	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		return NULL;
	mr_grpc_exchange_set_callbacks(callbacks);
	if (nghttp2_session_client_new(&session, callbacks, x) != 0)
		session = NULL;
	nghttp2_session_callbacks_del(callbacks);
	return session;
}

mr_result mr_grpc_exchange_open(struct mr_grpc_exchange *x, const struct mr_grpc_request *request,
	struct mr_buf *message, struct mr_error *err)
{
	memset(x, 0, sizeof *x);
	mr_buf_init(&x->content_type, MR_GRPC_CLIENT_HEADERS);
	mr_buf_init(&x->text, MR_GRPC_CLIENT_HEADERS);
	x->message = message;
	x->message_start = message->len;
	x->max_response = request->max_response ? request->max_response : MR_GRPC_MESSAGE_LIMIT;
	x->request = request->message;
	if (request->message.len > UINT32_MAX)
		return mr_fail(err, MR_CODE_LIMIT, "grpc: message too large");
	for (size_t i = 0; i < 4; i++)
		x->request_prefix[1 + i] = (uint8_t)(request->message.len >> (24 - 8 * i));
	x->session = session_new(x);
	if (!x->session || !submit(x, request))
		return mr_fail_nomem(err);
	return MR_OK;
}

void mr_grpc_exchange_done(struct mr_grpc_exchange *x)
{
	nghttp2_session_del(x->session);
	x->session = NULL;
	mr_buf_done(&x->content_type);
	mr_buf_done(&x->text);
}
