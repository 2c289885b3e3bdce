/* SPDX-License-Identifier: Apache-2.0 */
/* One gRPC call as a client: what it sends, and what it makes of every answer. Without sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/grpc_client_internal.h"

/* --- a server of nghttp2's that answers by a script --- */

struct script {
	const char *http, *type;      /* NULL: left out */
	const char *status, *message; /* in the first header block, which ends the stream then */
	struct mr_bytes body;
	const char *trailer_status, *trailer_message; /* NULL: DATA ends the stream */
	bool resets;
	uint32_t reset; /* instead of the end */
	bool interim;   /* 103 first */
	size_t padding; /* header fields of 1,000 bytes */
	bool at_once;   /* answers as soon as the header fields are there */
};

struct peer {
	const struct script *script;
	nghttp2_session *session;
	size_t body_sent;
	struct mr_buf request;
	char path[64], authority[64], fields[256];
	bool answered;
};

static nghttp2_nv nv(const char *name, const char *value)
{
	return mr_grpc_field(mr_str_of(name), mr_str_of(value));
}

static size_t put_status(nghttp2_nv *fields, const char *status, const char *message)
{
	size_t count = 0;

	if (status)
		fields[count++] = nv("grpc-status", status);
	if (message)
		fields[count++] = nv("grpc-message", message);
	return count;
}

static ssize_t read_body(nghttp2_session *session, int32_t stream, uint8_t *to, size_t size,
	uint32_t *flags, nghttp2_data_source *source, void *user_data)
{
	struct peer *p = user_data;
	size_t left = p->script->body.len - p->body_sent, n = left < size ? left : size;
	nghttp2_nv fields[2];

	(void)source;
	if (n > 0)
		memcpy(to, p->script->body.ptr + p->body_sent, n);
	p->body_sent += n;
	if (n < left)
		return (ssize_t)n;
	*flags |= NGHTTP2_DATA_FLAG_EOF;
	if (p->script->resets) {
		*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
		assert_int_equal(nghttp2_submit_rst_stream(
					 session, NGHTTP2_FLAG_NONE, stream, p->script->reset),
			0);
	} else if (p->script->trailer_status || p->script->trailer_message) {
		size_t count = put_status(
			fields, p->script->trailer_status, p->script->trailer_message);

		*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
		assert_int_equal(nghttp2_submit_trailer(session, stream, fields, count), 0);
	}
	return (ssize_t)n;
}

enum { MAX_PADDING = 100 };

static void answer(struct peer *p, int32_t stream)
{
	static char padding[1001];
	const struct script *s = p->script;
	const nghttp2_nv interim = nv(":status", "103");
	nghttp2_nv fields[MAX_PADDING + 8];
	nghttp2_data_provider provider = { .read_callback = read_body };
	size_t count = 0;

	p->answered = true;
	if (s->interim)
		assert_true(nghttp2_submit_headers(p->session, NGHTTP2_FLAG_NONE, stream, NULL,
				    &interim, 1, NULL) == 0);
	if (s->resets && !s->http) {
		assert_int_equal(
			nghttp2_submit_rst_stream(p->session, NGHTTP2_FLAG_NONE, stream, s->reset),
			0);
		return;
	}
	fields[count++] = nv(":status", s->http);
	if (s->type)
		fields[count++] = nv("content-type", s->type);
	memset(padding, 'x', sizeof padding - 1);
	for (size_t i = 0; i < s->padding; i++)
		fields[count++] = nv("x-padding", padding);
	count += put_status(fields + count, s->status, s->message);
	assert_int_equal(nghttp2_submit_response(p->session, stream, fields, count,
				 s->status || s->message ? NULL : &provider),
		0);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
	struct peer *p = user_data;
	bool request = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;

	(void)session;
	if (request && !p->answered &&
		((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) || p->script->at_once))
		answer(p, frame->hd.stream_id);
	return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
	size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *user_data)
{
	struct peer *p = user_data;
	struct mr_str n = { (const char *)name, name_len }, v = { (const char *)value, value_len };

	(void)session;
	(void)frame;
	(void)flags;
	if (mr_str_eq(n, MR_STR(":path")))
		(void)snprintf(p->path, sizeof p->path, "%.*s", MR_STR_ARGS(v));
	else if (mr_str_eq(n, MR_STR(":authority")))
		(void)snprintf(p->authority, sizeof p->authority, "%.*s", MR_STR_ARGS(v));
	else
		(void)snprintf(p->fields + strlen(p->fields), sizeof p->fields - strlen(p->fields),
			"%.*s=%.*s\n", MR_STR_ARGS(n), MR_STR_ARGS(v));
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
	size_t len, void *user_data)
{
	(void)session;
	(void)flags;
	(void)stream;
	mr_buf_put(&((struct peer *)user_data)->request, data, len);
	return 0;
}

static void open_peer(struct peer *p, const struct script *script)
{
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *option;

	memset(p, 0, sizeof *p);
	p->script = script;
	mr_buf_init(&p->request, (size_t)16 << 20);
	assert_int_equal(nghttp2_session_callbacks_new(&callbacks), 0);
	assert_int_equal(nghttp2_option_new(&option), 0);
	nghttp2_option_set_no_http_messaging(option, 1);
	nghttp2_option_set_max_send_header_block_length(option, (size_t)1 << 20);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	assert_int_equal(nghttp2_session_server_new2(&p->session, callbacks, p, option), 0);
	assert_int_equal(nghttp2_submit_settings(p->session, NGHTTP2_FLAG_NONE, NULL, 0), 0);
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(callbacks);
}

static void close_peer(struct peer *p)
{
	nghttp2_session_del(p->session);
	mr_buf_done(&p->request);
}

/* --- one exchange with it --- */

struct run {
	struct peer peer;
	struct mr_grpc_exchange exchange;
	struct mr_grpc_outcome outcome;
	struct mr_buf message;
};

static bool step(struct run *r)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };
	const uint8_t *data;
	ssize_t n;

	mr_buf_init(&out, (size_t)1 << 20);
	mr_grpc_exchange_send(&r->exchange, &out);
	assert_int_equal(nghttp2_session_mem_recv(r->peer.session, out.data, out.len), out.len);
	n = nghttp2_session_mem_send(r->peer.session, &data);
	assert_true(n >= 0);
	for (ssize_t i = 0; i < n; i += 7) /* cut anywhere */
		mr_grpc_exchange_receive(
			&r->exchange, mr_bytes_of(data + i, (size_t)(n - i < 7 ? n - i : 7)));
	return out.len > 0 || n > 0;
}

static void run_with(
	struct run *r, const struct script *script, struct mr_bytes message, size_t max_response)
{
	const struct mr_grpc_request request = {
		.address = "localhost:2001",
		.path = "/rpc.Marble/Activate",
		.message = message,
		.max_response = max_response,
	};
	struct mr_error err;

	open_peer(&r->peer, script);
	mr_buf_init_secret(&r->message, (size_t)8 << 20);
	mr_buf_put_cstr(&r->message, "before");
	assert_false(mr_failed(mr_grpc_exchange_open(&r->exchange, &request, &r->message, &err)));
	while (!r->exchange.done && step(r))
		;
	mr_grpc_exchange_fail(&r->exchange, MR_GRPC_DATA_LOSS, "nothing more came");
	mr_grpc_exchange_finish(&r->exchange, &r->outcome);
}

static void run_done(struct run *r)
{
	mr_grpc_exchange_done(&r->exchange);
	mr_buf_done(&r->message);
	close_peer(&r->peer);
}

static void check(const struct script *script, unsigned status, const char *text)
{
	struct run *r = calloc(1, sizeof *r);

	assert_non_null(r);
	run_with(r, script, mr_bytes_of("x", 1), 100);
	assert_string_equal(r->outcome.text, text);
	assert_int_equal(r->outcome.status, status);
	/* what was there before stays alone after a failure */
	if (status != MR_GRPC_OK)
		assert_true(mr_str_eq(mr_buf_str(&r->message), MR_STR("before")));
	run_done(r);
	free(r);
}

#define GRPC .http = "200", .type = "application/grpc"
#define BYTES(literal)                                                                             \
	{                                                                                          \
		(const uint8_t *)(literal), sizeof(literal) - 1                                    \
	}
#define MESSAGE BYTES("\0\0\0\0\5hello")

static void test_good_answer(void **state)
{
	static const struct script script = { GRPC, .body = MESSAGE, .trailer_status = "0" };
	struct run *r = calloc(1, sizeof *r);

	(void)state;
	assert_non_null(r);
	run_with(r, &script, mr_bytes_of("request", 7), 0);
	assert_int_equal(r->outcome.status, MR_GRPC_OK);
	assert_string_equal(r->outcome.text, "");
	assert_true(mr_str_eq(mr_buf_str(&r->message), MR_STR("beforehello")));
	assert_string_equal(r->peer.path, "/rpc.Marble/Activate");
	assert_string_equal(r->peer.authority, "localhost:2001");
	assert_string_equal(r->peer.fields,
		":method=POST\n:scheme=https\ncontent-type=application/grpc\n"
		"user-agent=marblerun-c/" MR_VERSION "\nte=trailers\n");
	assert_int_equal(r->peer.request.len, 12);
	assert_memory_equal(r->peer.request.data, "\0\0\0\0\7request", 12);
	run_done(r);
	free(r);
}

static void test_other_good_answers(void **state)
{
	(void)state;
	check(&(struct script){ GRPC, .body = BYTES("\0\0\0\0\0"), .trailer_status = "0" }, 0, "");
	check(&(struct script){ .http = "200",
		      .type = "application/grpc+proto",
		      .body = MESSAGE,
		      .trailer_status = "0" },
		0, "");
	check(&(struct script){ GRPC, .body = MESSAGE, .trailer_status = "0", .interim = true }, 0,
		"");
	check(&(struct script){ GRPC, .body = MESSAGE, .trailer_status = "0", .at_once = true }, 0,
		"");
	check(&(struct script){ GRPC, .body = MESSAGE, .trailer_status = "0",
		      .trailer_message = "fine" },
		0, "fine");
}

static void test_statuses(void **state)
{
	(void)state;
	check(&(struct script){ GRPC, .status = "7",
		      .message = "marble verification failed: 100%25%0A%C3%A9" },
		7, "marble verification failed: 100%\n\xC3\xA9");
	check(&(struct script){ GRPC, .status = "9" }, 9, "");
	check(&(struct script){ GRPC, .status = "99", .message = "odd%zz%4" }, 99, "odd%zz%4");
	check(&(struct script){ GRPC, .body = MESSAGE, .trailer_status = "13",
		      .trailer_message = "after all" },
		13, "after all");
	check(&(struct script){ GRPC, .status = "x", .message = "odd" }, 2,
		"malformed grpc-status: \"x\"");
	check(&(struct script){ GRPC, .status = "", .message = "odd" }, 2,
		"malformed grpc-status: \"\"");
	check(&(struct script){ GRPC, .status = "99999999999999999999" }, 2,
		"malformed grpc-status: \"99999999999999999999\"");
	check(&(struct script){ .http = "405",
		      .type = "application/grpc",
		      .status = "13",
		      .message = "with the other status" },
		13, "with the other status");
}

static void test_bad_messages(void **state)
{
	static const char incomplete[] = "the server sent no complete message";

	(void)state;
	check(&(struct script){ GRPC, .status = "0" }, 13, incomplete);
	check(&(struct script){ GRPC, .trailer_status = "0" }, 13, incomplete);
	check(&(struct script){ GRPC, .body = BYTES("\0\0\0\0"), .trailer_status = "0" }, 13,
		incomplete);
	check(&(struct script){ GRPC, .body = BYTES("\0\0\0\0\5hell"), .trailer_status = "0" }, 13,
		incomplete);
	check(&(struct script){ GRPC, .body = BYTES("\0\0\0\0\5hello!"), .trailer_status = "0" },
		13, "grpc: more than one message in a unary response");
	check(&(struct script){ GRPC, .body = BYTES("\1\0\0\0\5hello"), .trailer_status = "0" }, 13,
		"grpc: compressed flag set with identity or empty encoding");
	check(&(struct script){ GRPC, .body = BYTES("\2\0\0\0\5hello"), .trailer_status = "0" }, 13,
		"grpc: received unexpected payload format 2");
	check(&(struct script){ GRPC, .body = BYTES("\0\0\0\0\x65"), .trailer_status = "0" }, 8,
		"grpc: received message larger than max (101 vs. 100)");
	check(&(struct script){ GRPC, .body = BYTES("\0\xFF\xFF\xFF\xFF"), .trailer_status = "0" },
		8, "grpc: received message larger than max (4294967295 vs. 100)");
	check(&(struct script){ GRPC, .body = MESSAGE }, 13,
		"server closed the stream without sending trailers");
	check(&(struct script){ GRPC, .body = MESSAGE, .trailer_message = "no status" }, 13,
		"server closed the stream without sending trailers");
	check(&(struct script){ GRPC, .body = MESSAGE, .trailer_status = "0", .padding = 80 }, 13,
		"header list larger than max (65685 vs. 65536)");
}

static void test_no_grpc(void **state)
{
	static const struct {
		const char *http;
		unsigned status;
		const char *reason;
	} cases[] = {
		{ "400", 13, "Bad Request" },
		{ "401", 16, "Unauthorized" },
		{ "403", 7, "Forbidden" },
		{ "404", 12, "Not Found" },
		{ "429", 14, "Too Many Requests" },
		{ "502", 14, "Bad Gateway" },
		{ "503", 14, "Service Unavailable" },
		{ "504", 14, "Gateway Timeout" },
		{ "500", 2, "Internal Server Error" },
		{ "302", 2, "Found" },
		{ "299", 2, "" },
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		(void)snprintf(text, sizeof text,
			"unexpected HTTP status code received from server: %s (%s)", cases[i].http,
			cases[i].reason);
		check(
			&(struct script){
				.http = cases[i].http, .type = "text/html", .body = MESSAGE },
			cases[i].status, text);
	}
	check(&(struct script){ .http = "200",
		      .type = "text/html",
		      .body = MESSAGE,
		      .trailer_status = "0" },
		2, "transport: received unexpected content-type \"text/html\"");
	check(&(struct script){ .http = "200", .body = MESSAGE, .trailer_status = "0" }, 2,
		"transport: received unexpected content-type \"\"");
}

static void test_resets(void **state)
{
	static const struct {
		uint32_t code;
		unsigned status;
		const char *name;
	} cases[] = {
		{ NGHTTP2_NO_ERROR, 13, "NO_ERROR" },
		{ NGHTTP2_PROTOCOL_ERROR, 13, "PROTOCOL_ERROR" },
		{ NGHTTP2_REFUSED_STREAM, 14, "REFUSED_STREAM" },
		{ NGHTTP2_CANCEL, 1, "CANCEL" },
		{ NGHTTP2_ENHANCE_YOUR_CALM, 8, "ENHANCE_YOUR_CALM" },
		{ NGHTTP2_INADEQUATE_SECURITY, 7, "INADEQUATE_SECURITY" },
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		(void)snprintf(text, sizeof text,
			"stream terminated by RST_STREAM with error code: %s", cases[i].name);
		check(&(struct script){ .resets = true, .reset = cases[i].code }, cases[i].status,
			text);
		check(&(struct script){ GRPC, .body = MESSAGE, .resets = true,
			      .reset = cases[i].code },
			cases[i].status, text);
	}
}

/* --- bytes that are no answer --- */

static void check_bytes(struct mr_bytes bytes, unsigned status, const char *text)
{
	const struct mr_grpc_request request = { .address = "a:1", .path = "/a/b" };
	MR_AUTO(buf) struct mr_buf message = { 0 };
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_grpc_exchange x;
	struct mr_grpc_outcome outcome;
	struct mr_error err;

	mr_buf_init_secret(&message, 100);
	mr_buf_init(&out, 65536);
	assert_false(mr_failed(mr_grpc_exchange_open(&x, &request, &message, &err)));
	mr_grpc_exchange_send(&x, &out);
	mr_grpc_exchange_receive(&x, bytes);
	mr_grpc_exchange_send(&x, &out);
	assert_true(x.done);
	mr_grpc_exchange_finish(&x, &outcome);
	assert_string_equal(outcome.text, text);
	assert_int_equal(outcome.status, status);
	mr_grpc_exchange_done(&x);
}

static void test_no_http2(void **state)
{
#define SETTINGS "\0\0\0\4\0\0\0\0\0"
	static const struct {
		struct mr_bytes bytes;
		const char *text;
	} cases[] = {
		{ BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), "connection error: PROTOCOL_ERROR" },
		{ BYTES(SETTINGS "\0\0\x04\1\4\0\0\0\1\xFF\xFF\xFF\xFF"),
			"connection error: COMPRESSION_ERROR" },
		{ BYTES(SETTINGS "\0\0\1\0\0\0\0\0\0x"), "connection error: PROTOCOL_ERROR" },
		{ BYTES(SETTINGS "\0\0\x08\7\0\0\0\0\0\0\0\0\0\0\0\0\x0b"),
			"connection closed by the server: ENHANCE_YOUR_CALM" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(cases); i++)
		check_bytes(cases[i].bytes, MR_GRPC_UNAVAILABLE, cases[i].text);
}

static void test_large_request(void **state)
{
	static const struct script script = { GRPC, .body = MESSAGE, .trailer_status = "0" };
	static uint8_t content[MR_GRPC_MESSAGE_LIMIT];
	struct run *r = calloc(1, sizeof *r);

	(void)state;
	assert_non_null(r);
	for (size_t i = 0; i < MR_GRPC_MESSAGE_LIMIT; i++)
		content[i] = (uint8_t)(i % 251);
	run_with(r, &script, mr_bytes_of(content, MR_GRPC_MESSAGE_LIMIT), 0);
	assert_int_equal(r->outcome.status, MR_GRPC_OK);
	assert_int_equal(r->peer.request.len, MR_GRPC_MESSAGE_LIMIT + 5);
	assert_memory_equal(r->peer.request.data, "\0\0\x40\0\0", 5);
	assert_memory_equal(r->peer.request.data + 5, content, MR_GRPC_MESSAGE_LIMIT);
	run_done(r);
	free(r);
}

static void test_response_that_does_not_fit(void **state)
{
	static const struct script script = { GRPC, .body = MESSAGE, .trailer_status = "0" };
	const struct mr_grpc_request request = { .address = "a:1", .path = "/a/b" };
	struct run *r = calloc(1, sizeof *r);
	struct mr_error err;

	(void)state;
	assert_non_null(r);
	open_peer(&r->peer, &script);
	mr_buf_init_secret(&r->message, 3);
	assert_false(mr_failed(mr_grpc_exchange_open(&r->exchange, &request, &r->message, &err)));
	while (!r->exchange.done && step(r))
		;
	mr_grpc_exchange_finish(&r->exchange, &r->outcome);
	assert_int_equal(r->outcome.status, MR_GRPC_RESOURCE_EXHAUSTED);
	assert_string_equal(r->outcome.text, "grpc: the response cannot be held");
	run_done(r);
	free(r);
}

static void test_status_names(void **state)
{
	(void)state;
	assert_string_equal(mr_grpc_status_name(0), "OK");
	assert_string_equal(mr_grpc_status_name(1), "Canceled");
	assert_string_equal(mr_grpc_status_name(7), "PermissionDenied");
	assert_string_equal(mr_grpc_status_name(16), "Unauthenticated");
	assert_string_equal(mr_grpc_status_name(17), "Unknown");
	assert_string_equal(mr_grpc_status_name(UINT32_MAX), "Unknown");
}

static void test_message_coding(void **state)
{
	static const struct {
		const char *encoded, *decoded;
	} cases[] = {
		{ "", "" },
		{ "%", "%" },
		{ "%4", "%4" },
		{ "%4x", "%4x" },
		{ "%41", "A" },
		{ "%c3%A9", "\xC3\xA9" },
		{ "a%2", "a%2" },
		{ "%%41", "%A" },
		{ "%25", "%" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };
		MR_AUTO(buf) struct mr_buf again = { 0 };
		MR_AUTO(buf) struct mr_buf back = { 0 };

		mr_buf_init(&out, 100);
		mr_buf_init(&again, 100);
		mr_buf_init(&back, 100);
		mr_grpc_message_decode(&out, mr_str_of(cases[i].encoded));
		assert_true(mr_str_eq(mr_buf_str(&out), mr_str_of(cases[i].decoded)));
		mr_grpc_message_encode(&again, mr_buf_str(&out));
		mr_grpc_message_decode(&back, mr_buf_str(&again));
		assert_true(mr_bytes_eq(mr_buf_bytes(&back), mr_buf_bytes(&out)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_answer),
		cmocka_unit_test(test_other_good_answers),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_bad_messages),
		cmocka_unit_test(test_no_grpc),
		cmocka_unit_test(test_resets),
		cmocka_unit_test(test_no_http2),
		cmocka_unit_test(test_large_request),
		cmocka_unit_test(test_response_that_does_not_fit),
		cmocka_unit_test(test_status_names),
		cmocka_unit_test(test_message_coding),
	};

	return cmocka_run_group_tests_name("grpc_client", tests, NULL, NULL);
}
