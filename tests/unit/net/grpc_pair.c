/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "grpc_pair.h"
#include "net/grpc_internal.h"

/* --- the connection --- */

void mr_conn_write(struct mr_conn *conn, struct mr_bytes data)
{
	mr_buf_put_bytes(&conn->out, data);
	assert_int_equal(conn->out.failure, MR_CODE_OK);
}

size_t mr_conn_pending(const struct mr_conn *conn)
{
	return conn->out.len + conn->blocked;
}

void mr_conn_finish(struct mr_conn *conn)
{
	conn->finished = true;
	conn->finishes++;
}

void mr_conn_set_deadline(struct mr_conn *conn, int64_t milliseconds)
{
	conn->deadline_ms = milliseconds;
	conn->deadlines++;
}

void mr_conn_pause(struct mr_conn *conn, bool paused)
{
	(void)conn;
	(void)paused;
}

struct mr_bytes mr_conn_peer_certificate(const struct mr_conn *conn)
{
	return conn->certificate;
}

const char *mr_conn_remote(const struct mr_conn *conn)
{
	(void)conn;
	return "10.0.0.7:51324";
}

struct mr_loop *mr_conn_loop(const struct mr_conn *conn)
{
	return conn->loop;
}

/* --- the client --- */

struct pair_answer *pair_answer_of(struct pair *p, int32_t stream)
{
	assert_true(stream > 0 && stream / 2 < PAIR_STREAMS);
	return &p->answers[stream / 2];
}

static void keep(char *to, size_t size, struct mr_str value)
{
	(void)snprintf(to, size, "%.*s", MR_STR_ARGS(value));
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
	size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *user_data)
{
	struct pair_answer *a = pair_answer_of(user_data, frame->hd.stream_id);
	struct mr_str n = { (const char *)name, name_len }, v = { (const char *)value, value_len };

	(void)session;
	(void)flags;
	if (mr_str_eq(n, MR_STR(":status")))
		keep(a->status, sizeof a->status, v);
	else if (mr_str_eq(n, MR_STR("content-type")))
		keep(a->content_type, sizeof a->content_type, v);
	else if (mr_str_eq(n, MR_STR("grpc-status")))
		keep(a->grpc_status, sizeof a->grpc_status, v);
	else if (mr_str_eq(n, MR_STR("grpc-message")))
		mr_buf_put_str(&a->message, v);
	return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
	struct pair *p = user_data;
	struct pair_answer *a = frame->hd.stream_id ? pair_answer_of(p, frame->hd.stream_id) : NULL;

	(void)session;
	if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK))
		p->pings++;
	if (frame->hd.type == NGHTTP2_GOAWAY)
		p->goaway = frame->goaway.error_code;
	if (!a)
		return 0;
	if (frame->hd.type == NGHTTP2_HEADERS) {
		a->header_blocks++;
		if (a->header_blocks == 1)
			a->headers_ended = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
	}
	if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
		(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		a->ended = true;
	if (frame->hd.type == NGHTTP2_RST_STREAM)
		a->reset = frame->rst_stream.error_code;
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
	size_t len, void *user_data)
{
	(void)session;
	(void)flags;
	mr_buf_put(&pair_answer_of(user_data, stream)->body, data, len);
	return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *user_data)
{
	struct pair *p = user_data;
	struct mr_buf *body = nghttp2_session_get_stream_user_data(session, stream);

	(void)error;
	pair_answer_of(p, stream)->closed = true;
	if (body) {
		mr_buf_done(body);
		free(body);
	}
	return 0;
}

static void open_client(struct pair *p)
{
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *option;

	assert_int_equal(nghttp2_session_callbacks_new(&callbacks), 0);
	assert_int_equal(nghttp2_option_new(&option), 0);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	nghttp2_option_set_no_auto_window_update(option, p->manual_window);
	nghttp2_option_set_no_http_messaging(option, 1);
	nghttp2_option_set_peer_max_concurrent_streams(option, PAIR_STREAMS);
	nghttp2_option_set_max_send_header_block_length(option, (size_t)4 << 20);
	assert_int_equal(nghttp2_session_client_new2(&p->client, callbacks, p, option), 0);
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(callbacks);
}

void pair_open_on(struct pair *p, struct mr_grpc_server_config *config, struct mr_loop *loop)
{
	static const uint8_t certificate[] = { 0x30, 0x03, 0x02, 0x01, 0x07 };
	struct mr_error err;
	bool manual = p->manual_window;

	memset(p, 0, sizeof *p);
	p->manual_window = manual;
	p->conn.loop = loop;
	p->conn.deadline_ms = -1;
	p->conn.certificate = mr_bytes_of(certificate, sizeof certificate);
	mr_buf_init(&p->conn.out, (size_t)64 << 20);
	p->goaway = UINT32_MAX;
	for (size_t i = 0; i < PAIR_STREAMS; i++) {
		p->answers[i].reset = UINT32_MAX;
		mr_buf_init(&p->answers[i].message, (size_t)64 << 10);
		mr_buf_init(&p->answers[i].body, (size_t)64 << 20);
	}
	open_client(p);
	assert_false(mr_failed(mr_grpc_server_protocol.open(config, &p->conn, &p->self, &err)));
	p->open = p->alive = true;
	assert_int_equal(nghttp2_submit_settings(p->client, NGHTTP2_FLAG_NONE, NULL, 0), 0);
}

void pair_open(struct pair *p, struct mr_grpc_server_config *config)
{
	pair_open_on(p, config, NULL);
}

void pair_close_server(struct pair *p)
{
	if (p->open)
		mr_grpc_server_protocol.close(p->self);
	p->open = p->alive = false;
}

void pair_close(struct pair *p)
{
	pair_close_server(p);
	for (int32_t stream = 1; stream / 2 < PAIR_STREAMS; stream += 2) {
		struct pair_answer *a = pair_answer_of(p, stream);

		if (!a->closed && nghttp2_session_find_stream(p->client, stream))
			(void)on_close(p->client, stream, 0, p);
		mr_buf_done(&a->message);
		mr_buf_done(&a->body);
	}
	nghttp2_session_del(p->client);
	mr_buf_done(&p->conn.out);
}

/* --- bytes --- */

void pair_raw(struct pair *p, struct mr_bytes data)
{
	while (p->alive && data.len > 0) {
		size_t n = p->chunk && p->chunk < data.len ? p->chunk : data.len;

		if (!mr_grpc_server_protocol.receive(p->self, mr_bytes_of(data.ptr, n)))
			p->alive = false;
		data = mr_bytes_of(data.ptr + n, data.len - n);
	}
}

static bool pump_to_server(struct pair *p)
{
	const uint8_t *data;
	ssize_t n = nghttp2_session_mem_send(p->client, &data);

	assert_true(n >= 0);
	if (n == 0)
		return false;
	pair_raw(p, mr_bytes_of(data, (size_t)n));
	return true;
}

static bool pump_to_client(struct pair *p)
{
	bool was_high = mr_conn_pending(&p->conn) >= MR_CONN_HIGH_WATER;
	size_t len = p->conn.out.len;

	if (len == 0)
		return false;
	assert_int_equal(nghttp2_session_mem_recv(p->client, p->conn.out.data, len), len);
	mr_buf_consume(&p->conn.out, len);
	if (was_high && mr_conn_pending(&p->conn) < MR_CONN_HIGH_WATER && p->alive)
		mr_grpc_server_protocol.writable(p->self);
	return true;
}

void pair_pump(struct pair *p)
{
	bool moved;

	do {
		moved = pump_to_client(p);
		moved = (p->alive && pump_to_server(p)) || moved;
	} while (moved);
}

/* --- requests --- */

void pair_frame(struct mr_buf *out, uint8_t flag, struct mr_bytes message)
{
	mr_buf_put_u8(out, flag);
	mr_buf_put_u32be(out, (uint32_t)message.len);
	mr_buf_put_bytes(out, message);
}

/* The body is what is left in the stream's buffer; `max` tells whether its end is the stream's. */
static ssize_t read_body(nghttp2_session *session, int32_t stream, uint8_t *to, size_t size,
	uint32_t *flags, nghttp2_data_source *source, void *user_data)
{
	struct mr_buf *body = source->ptr;
	size_t n = body->len < size ? body->len : size;

	(void)session;
	(void)stream;
	(void)user_data;
	if (n > 0)
		memcpy(to, body->data, n);
	mr_buf_consume(body, n);
	if (body->len == 0) {
		*flags |= NGHTTP2_DATA_FLAG_EOF;
		if (body->secret)
			*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
	}
	return (ssize_t)n;
}

/* Marked as secret: the stream goes on after it. */
static struct mr_buf *body_new(struct mr_bytes content, bool end)
{
	struct mr_buf *body = calloc(1, sizeof *body);

	assert_non_null(body);
	mr_buf_init(body, (size_t)64 << 20);
	body->secret = !end;
	mr_buf_put_bytes(body, content);
	return body;
}

static nghttp2_nv nv_of(const char *name, const char *value)
{
	nghttp2_nv nv = mr_grpc_field(mr_str_of(name), mr_str_of(value));

	nv.flags = NGHTTP2_NV_FLAG_NO_COPY_NAME; /* goes out as it is, also in upper case */
	return nv;
}

#define MAX_FIELDS 600

static size_t make_fields(const struct pair_field *changes, nghttp2_nv fields[static MAX_FIELDS])
{
	static const struct pair_field base[] = {
		{ ":method", "POST" },
		{ ":scheme", "https" },
		{ ":path", "/rpc.Marble/Activate" },
		{ ":authority", "localhost:2001" },
		{ "content-type", "application/grpc" },
		{ "te", "trailers" },
		{ "user-agent", "raw" },
	};
	size_t count = 0;

	for (size_t i = 0; i < MR_COUNT(base); i++) {
		const char *value = base[i].value;

		for (const struct pair_field *c = changes; c && c->name; c++) {
			if (strcmp(c->name, base[i].name) == 0)
				value = c->value;
		}
		if (value)
			fields[count++] = nv_of(base[i].name, value);
	}
	for (const struct pair_field *c = changes; c && c->name; c++) {
		bool known = false;

		for (size_t i = 0; i < MR_COUNT(base); i++)
			known = known || strcmp(c->name, base[i].name) == 0;
		assert_true(count < MAX_FIELDS);
		if (!known && c->value)
			fields[count++] = nv_of(c->name, c->value);
	}
	return count;
}

int32_t pair_request(
	struct pair *p, const struct pair_field *changes, const struct mr_bytes *body, bool end)
{
	static nghttp2_nv fields[MAX_FIELDS];
	size_t count = make_fields(changes, fields);
	struct mr_buf *source = body ? body_new(*body, end) : NULL;
	nghttp2_data_provider provider = { { .ptr = source }, read_body };
	int32_t stream = nghttp2_submit_request(
		p->client, NULL, fields, count, body ? &provider : NULL, source);

	assert_true(stream > 0);
	return stream;
}

void pair_send(struct pair *p, int32_t stream, struct mr_bytes body, bool end)
{
	struct mr_buf *source = nghttp2_session_get_stream_user_data(p->client, stream);
	nghttp2_data_provider provider = { { .ptr = source }, read_body };

	assert_non_null(source);
	mr_buf_put_bytes(source, body);
	source->secret = !end;
	assert_int_equal(
		nghttp2_submit_data(p->client, end ? NGHTTP2_FLAG_END_STREAM : NGHTTP2_FLAG_NONE,
			stream, &provider),
		0);
}

struct pair_answer *pair_call(
	struct pair *p, const struct pair_field *changes, struct mr_bytes body)
{
	int32_t stream = pair_request(p, changes, &body, true);

	pair_pump(p);
	return pair_answer_of(p, stream);
}
