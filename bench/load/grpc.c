/* SPDX-License-Identifier: Apache-2.0 */
#include "grpc.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "load.h"
#include "net/tls_client.h"

enum { PREFIX_SIZE = 5, WINDOW = 1 << 20, READ_SIZE = 16 << 10 };

struct mr_load_grpc {
	struct mr_tls_client *tls;
	nghttp2_session *session;
	const char *address;
	bool ponged;

	/* the call */
	uint8_t prefix[PREFIX_SIZE];
	struct mr_bytes message;
	size_t sent; /* of prefix and message */
	struct mr_buf *answer;
	char status[8], text[512]; /* grpc-status, grpc-message */
	bool closed;
};

/* --- what nghttp2 asks and tells --- */

static ssize_t next_data(nghttp2_session *session, int32_t stream, uint8_t *to, size_t size,
	uint32_t *flags, nghttp2_data_source *source, void *context)
{
	struct mr_load_grpc *g = source->ptr;
	size_t done = 0;

	(void)session;
	(void)stream;
	(void)context;
	while (done < size && g->sent < PREFIX_SIZE)
		to[done++] = g->prefix[g->sent++];
	if (g->sent >= PREFIX_SIZE) {
		struct mr_bytes left = mr_bytes_of(g->message.ptr + (g->sent - PREFIX_SIZE),
			g->message.len - (g->sent - PREFIX_SIZE));
		size_t n = left.len < size - done ? left.len : size - done;
		memcpy(to + done, left.ptr, n);
		done += n;
		g->sent += n;
		if (n == left.len)
			*flags |= NGHTTP2_DATA_FLAG_EOF;
	}
	return (ssize_t)done;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
	size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *context)
{
	struct mr_load_grpc *g = context;
	struct mr_str field = { (const char *)name, name_len };

	(void)session;
	(void)frame;
	(void)flags;
	if (mr_str_eq(field, MR_STR("grpc-status")))
		(void)snprintf(
			g->status, sizeof g->status, "%.*s", (int)value_len, (const char *)value);
	else if (mr_str_eq(field, MR_STR("grpc-message")))
		(void)snprintf(
			g->text, sizeof g->text, "%.*s", (int)value_len, (const char *)value);
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
	size_t len, void *context)
{
	struct mr_load_grpc *g = context;

	(void)session;
	(void)flags;
	(void)stream;
	if (g->answer)
		mr_buf_put(g->answer, data, len);
	return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *context)
{
	struct mr_load_grpc *g = context;

	(void)session;
	(void)stream;
	(void)error;
	g->closed = true;
	return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
	struct mr_load_grpc *g = context;

	(void)session;
	if (frame->hd.type == NGHTTP2_PING && frame->hd.flags & NGHTTP2_FLAG_ACK)
		g->ponged = true;
	return 0;
}

static nghttp2_session *session_new(struct mr_load_grpc *g)
{
	nghttp2_session_callbacks *callbacks = NULL;
	nghttp2_session *session = NULL;

	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		return NULL;
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	if (nghttp2_session_client_new(&session, callbacks, g) != 0)
		session = NULL;
	nghttp2_session_callbacks_del(callbacks);
	return session;
}

/* --- bytes out and in --- */

static mr_result send_all(struct mr_load_grpc *g, int64_t deadline_ms, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };
	const uint8_t *data;
	ssize_t n;

	mr_buf_init(&out, (size_t)16 << 20);
	while ((n = nghttp2_session_mem_send(g->session, &data)) > 0)
		mr_buf_put(&out, data, (size_t)n);
	if (n < 0)
		return mr_fail(err, MR_CODE_INTERNAL, "%s", nghttp2_strerror((int)n));
	MR_TRY(mr_buf_status(&out, err));
	return mr_tls_client_write(g->tls, mr_buf_bytes(&out), deadline_ms, err);
}

static mr_result run_until(struct mr_load_grpc *g, const bool *done, struct mr_error *err)
{
	int64_t deadline_ms = mr_clock_monotonic_ms() + MR_LOAD_TIMEOUT_MS;
	uint8_t buffer[READ_SIZE];

	for (;;) {
		size_t got = 0;

		MR_TRY(send_all(g, deadline_ms, err));
		if (*done)
			return MR_OK;
		MR_TRY(mr_tls_client_read(g->tls, buffer, sizeof buffer, deadline_ms, &got, err));
		if (got == 0)
			return mr_fail(
				err, MR_CODE_UNAVAILABLE, "the server closed the connection");
		ssize_t n = nghttp2_session_mem_recv(g->session, buffer, got);
		if (n < 0)
			return mr_fail(err, MR_CODE_INVALID, "%s", nghttp2_strerror((int)n));
	}
}

/* --- the connection --- */

static mr_result open_into(
	struct mr_load_grpc *g, struct mr_tls_identity *identity, struct mr_error *err)
{
	static const char *const h2[] = { "h2" };
	static const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW },
	};
	char host[256], port[8];

	MR_TRY(mr_split_host_port(g->address, "443", host, port, err));
	const struct mr_tls_client_config config = { .identity = identity,
		.host = host,
		.alpn = h2,
		.alpn_count = 1,
		.alpn_required = true };
	MR_TRY(mr_tls_client_connect(
		host, port, &config, mr_clock_monotonic_ms() + MR_LOAD_TIMEOUT_MS, &g->tls, err));
	g->session = session_new(g);
	if (!g->session || nghttp2_submit_settings(g->session, NGHTTP2_FLAG_NONE, settings,
				   MR_COUNT(settings)) != 0)
		return mr_fail_nomem(err);
	return MR_OK;
}

mr_result mr_load_grpc_open(const char *address, struct mr_tls_identity *identity,
	struct mr_load_grpc **ret, struct mr_error *err)
{
	struct mr_load_grpc *g = calloc(1, sizeof *g);

	if (!g)
		return mr_fail_nomem(err);
	g->address = address;
	mr_result r = open_into(g, identity, err);
	if (mr_failed(r))
		mr_load_grpc_close(g);
	else
		*ret = g;
	return r;
}

void mr_load_grpc_close(struct mr_load_grpc *g)
{
	if (!g)
		return;
	nghttp2_session_del(g->session);
	mr_tls_client_free(g->tls);
	free(g);
}

mr_result mr_load_grpc_ping(struct mr_load_grpc *g, struct mr_error *err)
{
	g->ponged = false;
	if (nghttp2_submit_ping(g->session, NGHTTP2_FLAG_NONE, NULL) != 0)
		return mr_fail_nomem(err);
	return run_until(g, &g->ponged, err);
}

/* --- a call --- */

static nghttp2_nv field(const char *name, const char *value)
{
	/* nghttp2 copies both, and takes them as not const */
	union {
		const char *from;
		uint8_t *to;
	} n = { name }, v = { value };

	return (nghttp2_nv){ n.to, v.to, strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE };
}

static mr_result submit(struct mr_load_grpc *g, struct mr_error *err)
{
	const nghttp2_data_provider provider = { { .ptr = g }, next_data };
	const nghttp2_nv fields[] = {
		field(":method", "POST"),
		field(":scheme", "https"),
		field(":path", "/rpc.Marble/Activate"),
		field(":authority", g->address),
		field("content-type", "application/grpc"),
		field("te", "trailers"),
	};

	if (nghttp2_submit_request(g->session, NULL, fields, MR_COUNT(fields), &provider, NULL) <=
		0)
		return mr_fail_nomem(err);
	return MR_OK;
}

static mr_result take_answer(struct mr_load_grpc *g, struct mr_error *err)
{
	struct mr_buf *answer = g->answer;
	size_t len = 0;

	MR_TRY(mr_buf_status(answer, err));
	if (strcmp(g->status, "0") != 0)
		return mr_fail(err, MR_CODE_DENIED, "gRPC status %s: %s",
			*g->status ? g->status : "none", g->text);
	if (answer->len < PREFIX_SIZE || answer->data[0] != 0)
		return mr_fail(err, MR_CODE_INVALID, "no message in the answer");
	for (size_t i = 1; i < PREFIX_SIZE; i++)
		len = len << 8 | answer->data[i];
	mr_buf_consume(answer, PREFIX_SIZE);
	if (answer->len != len)
		return mr_fail(err, MR_CODE_INVALID, "the answer has another length");
	return MR_OK;
}

mr_result mr_load_grpc_activate(struct mr_load_grpc *g, struct mr_bytes message,
	struct mr_buf *answer, struct mr_error *err)
{
	mr_buf_clear(answer);
	g->message = message;
	for (size_t i = 0; i < 4; i++)
		g->prefix[1 + i] = (uint8_t)(message.len >> (24 - 8 * i));
	g->sent = 0;
	g->status[0] = g->text[0] = '\0';
	g->closed = false;
	g->answer = answer;
	mr_result r = submit(g, err);
	if (!mr_failed(r))
		r = run_until(g, &g->closed, err);
	if (!mr_failed(r))
		r = take_answer(g, err);
	g->answer = NULL;
	return r;
}
