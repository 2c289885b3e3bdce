/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP/1.1 server's protocol on a connection made of memory (20 §2). */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_conn.h"
#include "net/http.h"
#include "net/http_parse.h"

#define HOST "Host: a\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"

/* A server under test: one connection, and a handler that does what a case wants. */
struct rig {
	struct mr_conn conn;
	void *self;
	struct mr_http_server_config config;
	struct mr_buf log;             /* `METHOD path?query body[error]|` of each request */
	struct mr_http_exchange *held; /* not answered yet */
	bool hold;
	bool is_known;
	bool refuse_bodies;
	size_t answer_size; /* 0: the answer is the path */
};

static void answer(struct rig *rig, struct mr_http_exchange *e)
{
	struct mr_http_response r = { .status = 200, .content_type = "application/json" };

	mr_buf_init_secret(&r.body, (size_t)16 << 20);
	mr_buf_put_str(&r.body, mr_http_request_of(e)->path);
	while (r.body.len < rig->answer_size)
		mr_buf_put_u8(&r.body, 'x');
	mr_http_respond(e, &r);
}

static void handle(void *context, struct mr_http_exchange *e)
{
	struct rig *rig = context;
	const struct mr_http_request *q = mr_http_request_of(e);

	mr_buf_printf(&rig->log, "%.*s %.*s", MR_STR_ARGS(q->method), MR_STR_ARGS(q->path));
	if (q->query.len > 0)
		mr_buf_printf(&rig->log, "?%.*s", MR_STR_ARGS(q->query));
	if (q->body.len > 0)
		mr_buf_printf(&rig->log, " %.*s", MR_STR_ARGS(mr_bytes_str(q->body)));
	if (q->body_error.len > 0)
		mr_buf_printf(&rig->log, " [%.*s]", MR_STR_ARGS(q->body_error));
	mr_buf_put_cstr(&rig->log, "|");
	assert_string_equal(q->remote, "10.0.0.7:51324");
	if (rig->hold) {
		assert_null(rig->held);
		rig->held = e;
	} else {
		answer(rig, e);
	}
}

static bool wants_body(void *context, const struct mr_http_request *request)
{
	const struct rig *rig = context;

	assert_int_equal(request->body.len, 0);
	return !rig->refuse_bodies;
}

static void open_rig(struct rig *rig)
{
	struct mr_error err;

	rig->config = (struct mr_http_server_config){ .handle = handle,
		.context = rig,
		.wants_body = wants_body,
		.max_body = 1000,
		.too_large_body = MR_STR("too large") };
	mr_buf_init(&rig->log, 1 << 20);
	fake_conn_init(&rig->conn);
	rig->conn.certificate = mr_bytes_of("leaf", 4);
	assert_false(mr_failed(
		mr_http_server_protocol.open(&rig->config, &rig->conn, &rig->self, &err)));
}

static void shut(struct rig *rig)
{
	if (rig->self)
		mr_http_server_protocol.close(rig->self);
	rig->self = NULL;
	fake_conn_done(&rig->conn);
	mr_buf_done(&rig->log);
}

static bool feed(struct rig *rig, const char *text, size_t len)
{
	return mr_http_server_protocol.receive(rig->self, mr_bytes_of(text, len));
}

static void send(struct rig *rig, const char *text)
{
	assert_true(feed(rig, text, strlen(text)));
}

/* The connection's queue, taken, with the Date lines cut out. */
static struct mr_str sent(struct rig *rig)
{
	static char text[8192];
	struct mr_str out = mr_buf_str(&rig->conn.out);
	size_t len = 0;

	for (size_t at = 0; at < out.len && len < sizeof(text); at++) {
		if (mr_str_starts(mr_str_sub(out, at, out.len), MR_STR("Date: "))) {
			/* `Date: Mon, 02 Jan 2006 15:04:05 GMT` and its line end */
			assert_true(out.len - at >= 37);
			assert_memory_equal(out.ptr + at + 31, " GMT\r\n", 6);
			at += 36;
			continue;
		}
		text[len++] = out.ptr[at];
	}
	mr_buf_clear(&rig->conn.out);
	return (struct mr_str){ text, len };
}

static void expect(struct rig *rig, const char *expected)
{
	struct mr_str got = sent(rig);

	if (!mr_str_eq(got, mr_str_of(expected)))
		fail_msg("got: %.*s\nexpected: %s", MR_STR_ARGS(got), expected);
}

static void expect_log(struct rig *rig, const char *expected)
{
	if (!mr_str_eq(mr_buf_str(&rig->log), mr_str_of(expected)))
		fail_msg("got: %.*s\nexpected: %s", MR_STR_ARGS(mr_buf_str(&rig->log)), expected);
	mr_buf_clear(&rig->log);
}

#define OK(length, more, body)                                                                     \
	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " length "\r\n" more \
	"\r\n" body

/* --- cases --- */

static void test_one_request(void **state)
{
	struct rig *rig = *state;

	send(rig, GET("/a?b=c"));
	expect_log(rig, "GET /a?b=c|");
	expect(rig, OK("2", "", "/a"));
	assert_false(rig->conn.finished);
	assert_int_equal(rig->conn.deadline_ms, 0);
}

static void test_response_fields(void **state)
{
	struct rig *rig = *state;

	rig->hold = true;
	send(rig, GET("/"));
	struct mr_http_response r = {
		.status = 500, .content_type = "text/plain; charset=utf-8", .nosniff = true
	};
	mr_buf_init(&r.body, 100);
	mr_buf_put_cstr(&r.body, "{}\n");
	mr_http_respond(rig->held, &r);
	assert_null(r.body.data);
	expect(rig,
		"HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"X-Content-Type-Options: nosniff\r\nContent-Length: 3\r\n\r\n{}\n");
	rig->held = NULL;
	send(rig, GET("/"));
	r = (struct mr_http_response){ .status = 204 };
	mr_http_respond(rig->held, &r);
	expect(rig, "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n");
}

static void test_date(void **state)
{
	struct rig *rig = *state;

	send(rig, GET("/"));
	struct mr_str out = mr_buf_str(&rig->conn.out);
	size_t at = 0;
	while (!mr_str_starts(mr_str_sub(out, at, out.len), MR_STR("Date: ")))
		at++;
	struct mr_str day = mr_str_sub(out, at + 6, at + 9);
	bool known = false;
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
	for (size_t i = 0; i < MR_COUNT(days); i++)
		known |= mr_str_eq(day, mr_str_of(days[i]));
	assert_true(known);
	assert_int_equal(out.ptr[at + 9], ',');
}

static void test_head_request(void **state)
{
	struct rig *rig = *state;

	send(rig, "HEAD /abc HTTP/1.1\r\n" HOST "\r\n");
	expect(rig, OK("4", "", ""));
	send(rig, GET("/"));
	expect(rig, OK("1", "", "/"));
}

static void test_pipelining(void **state)
{
	struct rig *rig = *state;

	send(rig, GET("/1") "POST /2 HTTP/1.1\r\n" HOST
			    "Content-Length: 3\r\n\r\nabc" GET("/3") "GET /4 HT");
	expect_log(rig, "GET /1|POST /2 abc|GET /3|");
	expect(rig, OK("2", "", "/1") OK("2", "", "/2") OK("2", "", "/3"));
	send(rig, "TP/1.1\r\n" HOST "\r\n");
	expect(rig, OK("2", "", "/4"));
}

static void test_byte_by_byte(void **state)
{
	struct rig *rig = *state;
	static const char text[] = "POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
				   "3\r\nabc\r\n2;e\r\nde\r\n0\r\nT: v\r\n\r\n" GET("/y");

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		assert_true(feed(rig, text + i, 1));
	expect_log(rig, "POST /x abcde|GET /y|");
	expect(rig, OK("2", "", "/x") OK("2", "", "/y"));
}

static void test_pipelined_while_working(void **state)
{
	struct rig *rig = *state;

	rig->hold = true;
	send(rig, GET("/1") GET("/2"));
	send(rig, GET("/3"));
	expect_log(rig, "GET /1|");
	expect(rig, "");
	assert_int_equal(rig->conn.deadline_ms, INT64_MAX);
	struct mr_http_exchange *first = rig->held;
	rig->hold = false;
	answer(rig, first);
	expect_log(rig, "GET /2|GET /3|");
	expect(rig, OK("2", "", "/1") OK("2", "", "/2") OK("2", "", "/3"));
}

static void test_back_pressure_on_input(void **state)
{
	struct rig *rig = *state;
	static char more[17000];

	rig->hold = true;
	memset(more, 'G', sizeof(more));
	send(rig, GET("/1"));
	assert_false(rig->conn.paused);
	assert_true(feed(rig, more, sizeof(more)));
	assert_true(rig->conn.paused);
	/* what comes nevertheless is not kept without bound */
	bool good = true;
	for (size_t i = 0; i < 20 && good; i++)
		good = feed(rig, more, sizeof(more));
	assert_false(good);
	answer(rig, rig->held);
}

static void test_back_pressure_on_output(void **state)
{
	struct rig *rig = *state;

	rig->answer_size = 300000;
	send(rig, GET("/1") GET("/2"));
	expect_log(rig, "GET /1|");
	size_t total = 0;
	for (size_t turns = 0; turns < 40 && rig->conn.out.len > 0; turns++) {
		assert_in_range(rig->conn.out.len, 1, MR_CONN_HIGH_WATER + 20000);
		total += rig->conn.out.len;
		mr_buf_clear(&rig->conn.out);
		mr_http_server_protocol.writable(rig->self);
	}
	expect_log(rig, "GET /2|");
	assert_in_range(total, 600000, 601000);
}

static void test_no_new_request_while_output_waits(void **state)
{
	struct rig *rig = *state;

	rig->conn.blocked = MR_CONN_HIGH_WATER;
	send(rig, GET("/1"));
	expect_log(rig, "");
	rig->conn.blocked = 0;
	mr_http_server_protocol.writable(rig->self);
	expect_log(rig, "GET /1|");
}

static void test_connection_close(void **state)
{
	struct rig *rig = *state;

	send(rig, "GET /1 HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n" GET("/2"));
	expect_log(rig, "GET /1|");
	expect(rig, OK("2", "Connection: close\r\n", "/1"));
	assert_true(rig->conn.finished);
	send(rig, GET("/3"));
	expect_log(rig, "");
}

static void test_http_10(void **state)
{
	struct rig *rig = *state;

	send(rig, "GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	expect(rig, OK("2", "Connection: keep-alive\r\n", "/1"));
	assert_false(rig->conn.finished);
	send(rig, "GET /2 HTTP/1.0\r\n\r\n");
	expect(rig, OK("2", "Connection: close\r\n", "/2"));
	assert_true(rig->conn.finished);
}

static void test_malformed_requests_end_the_connection(void **state)
{
	struct rig *rig = *state;

	send(rig, GET("/1") "GET /2 HTTP/1.1\r\n\r\n" GET("/3"));
	expect_log(rig, "GET /1|");
	expect(rig,
		OK("2", "",
			"/1") "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
			      "Content-Length: 15\r\nConnection: close\r\n\r\n400 Bad Request");
	assert_true(rig->conn.finished);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *request, *status;
	} cases[] = {
		{ "GET /%zz HTTP/1.1\r\n" HOST "\r\n", "400 Bad Request" },
		{ "GET /status HTTP/3.0\r\n" HOST "\r\n", "505 HTTP Version Not Supported" },
		{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n",
			"501 Not Implemented" },
		{ "POST / HTTP/1.1\r\n" HOST "Expect: x\r\n\r\n", "417 Expectation Failed" },
		{ "GET / HTTP/1.1\n", "400 Bad Request" },
		{ "\r\n", "400 Bad Request" },
	};

	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		struct rig rig = { .hold = false };
		(void)state;
		open_rig(&rig);
		send(&rig, cases[i].request);
		struct mr_str got = sent(&rig);
		assert_true(got.len > 40);
		assert_true(mr_str_eq(mr_str_sub(got, 9, 9 + strlen(cases[i].status)),
			mr_str_of(cases[i].status)));
		assert_true(mr_str_ends(got, mr_str_of(cases[i].status)));
		assert_true(rig.conn.finished);
		expect_log(&rig, "");
		shut(&rig);
	}
}

static void test_head_above_the_limit(void **state)
{
	struct rig *rig = *state;
	static char big[MR_HTTP_HEAD_MAX];

	memset(big, 'a', sizeof(big));
	send(rig, "GET /");
	assert_true(feed(rig, big, 16384));
	assert_false(rig->conn.finished);
	assert_true(feed(rig, big, sizeof(big) - 16384));
	assert_true(mr_str_starts(sent(rig), MR_STR("HTTP/1.1 431 ")));
	assert_true(rig->conn.finished);
}

static void test_bodies(void **state)
{
	struct rig *rig = *state;

	send(rig, "POST /1 HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n01234");
	expect_log(rig, "");
	assert_int_equal(rig->conn.deadline_ms, 60000);
	send(rig, "56789" GET("/2"));
	expect_log(rig, "POST /1 0123456789|GET /2|");
	send(rig, "POST /3 HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n" GET("/4"));
	expect_log(rig, "POST /3|GET /4|");
}

static void test_broken_chunks(void **state)
{
	struct rig *rig = *state;

	send(rig, "POST /1 HTTP/1.1\r\n" HOST
		  "Transfer-Encoding: chunked\r\n\r\n4\r\nnullx\r\n" GET("/2"));
	expect_log(rig, "POST /1 null [malformed chunked encoding]|");
	expect(rig, OK("2", "Connection: close\r\n", "/1"));
	assert_true(rig->conn.finished);
}

static void test_too_large_bodies(void **state)
{
	(void)state;
	static const char *const heads[] = { "Content-Length: 1001\r\n\r\n",
		"Transfer-Encoding: chunked\r\n\r\n3e9\r\n" };

	for (size_t i = 0; i < 2; i++) {
		struct rig rig = { .hold = false };
		char body[1002];
		open_rig(&rig);
		memset(body, 'b', sizeof(body));
		send(&rig, "POST /1 HTTP/1.1\r\n" HOST);
		send(&rig, heads[i]);
		assert_true(feed(&rig, body, sizeof(body)));
		expect_log(&rig, "");
		expect(&rig, "HTTP/1.1 413 Request Entity Too Large\r\n"
			     "Content-Type: text/plain; charset=utf-8\r\n"
			     "X-Content-Type-Options: nosniff\r\nContent-Length: 9\r\n"
			     "Connection: close\r\n\r\ntoo large");
		assert_true(rig.conn.finished);
		shut(&rig);
	}
}

static void test_unwanted_bodies_are_skipped(void **state)
{
	struct rig *rig = *state;

	rig->refuse_bodies = true;
	send(rig, "PUT /1 HTTP/1.1\r\n" HOST "Content-Length: 30\r\n\r\nGET /x HTTP");
	expect_log(rig, "PUT /1|");
	expect(rig, OK("2", "", "/1"));
	send(rig, "/1.1\r\nHost: a\r\n\r\n!!" GET("/2"));
	expect_log(rig, "GET /2|");
	send(rig, "PUT /3 HTTP/1.1\r\n" HOST
		  "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n" GET("/4"));
	expect_log(rig, "PUT /3|GET /4|");
	assert_false(rig->conn.finished);
}

static void test_long_unwanted_bodies_end_the_connection(void **state)
{
	(void)state;
	static char filler[65536];
	struct rig rig = { .refuse_bodies = true };

	open_rig(&rig);
	send(&rig, "PUT /1 HTTP/1.1\r\n" HOST "Content-Length: 262145\r\n\r\n");
	expect(&rig, OK("2", "Connection: close\r\n", "/1"));
	assert_true(rig.conn.finished);
	shut(&rig);

	rig = (struct rig){ .refuse_bodies = true };
	open_rig(&rig);
	memset(filler, 'f', sizeof(filler));
	send(&rig, "PUT /1 HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nfffffff\r\n");
	for (size_t i = 0; i < 4; i++)
		assert_true(feed(&rig, filler, sizeof(filler)));
	assert_false(rig.conn.finished);
	send(&rig, "f");
	assert_true(rig.conn.finished);
	shut(&rig);
}

static bool knows(void *context, struct mr_bytes peer_certificate)
{
	const struct rig *rig = context;

	assert_true(mr_str_eq(mr_bytes_str(peer_certificate), MR_STR("leaf")));
	return rig->is_known;
}

static void open_small_rig(struct rig *rig, bool is_known)
{
	open_rig(rig);
	rig->is_known = is_known;
	rig->config.max_total = 60000;
	rig->config.max_body = 60000;
	rig->config.knows = knows;
}

#define IS_BUSY(rig) assert_true(mr_str_starts(sent(rig), MR_STR("HTTP/1.1 503 ")))
#define IS_SERVED(rig) assert_true(mr_str_starts(sent(rig), MR_STR("HTTP/1.1 200 ")))
#define POST(length) "POST /1 HTTP/1.1\r\n" HOST "Content-Length: " length "\r\n\r\n"

/* What all peers hold together is bounded: bodies, heads, and answers that are not taken. Strangers have a half of it,
 * and everybody has room for a small request. */
static void test_the_total_is_bounded(void **state)
{
	(void)state;
	static char filler[60000];
	struct rig one = { .hold = false }, other = { .hold = false }, known = { .hold = false },
		   answers = { .answer_size = 100000 };

	memset(filler, 'f', sizeof(filler));
	open_small_rig(&one, false);
	open_small_rig(&other, false);
	open_small_rig(&known, true);
	open_small_rig(&answers, true);
	answers.config.max_total = 0;
	/* a stranger takes nearly all of the half */
	send(&one, POST("60000"));
	assert_true(feed(&one, filler, 28000));
	send(&other, POST("5"));
	send(&other, "hello");
	IS_SERVED(&other);
	send(&other, POST("5000"));
	assert_true(feed(&other, filler, 5000));
	IS_BUSY(&other);
	assert_true(other.conn.finished);
	shut(&other);
	/* a part of a head is held, too */
	other = (struct rig){ .hold = false };
	open_small_rig(&other, false);
	send(&other, "GET /");
	assert_false(feed(&other, filler, 9000));
	shut(&other);
	/* who is known has the other half, but no more */
	send(&known, POST("60000"));
	assert_true(feed(&known, filler, 25000));
	assert_int_equal(known.conn.out.len, 0);
	assert_true(feed(&known, filler, 10000));
	IS_BUSY(&known);
	shut(&known);
	shut(&one);

	/* there is room again; an answer that is not taken holds it */
	send(&answers, GET("/3"));
	IS_SERVED(&answers);
	known = (struct rig){ .answer_size = 100000 };
	open_small_rig(&known, true);
	send(&known, GET("/4"));
	expect(&known, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
	shut(&known);
	shut(&answers);
}

static void test_expect_continue(void **state)
{
	struct rig *rig = *state;

	send(rig, "POST /1 HTTP/1.1\r\n" HOST "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n");
	expect(rig, "HTTP/1.1 100 Continue\r\n\r\n");
	send(rig, "null");
	expect_log(rig, "POST /1 null|");
	expect(rig, OK("2", "", "/1"));
	/* a refusal needs no body, and the connection cannot go on */
	rig->refuse_bodies = true;
	send(rig, "POST /2 HTTP/1.1\r\n" HOST "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n");
	expect(rig, OK("2", "Connection: close\r\n", "/2"));
	assert_true(rig->conn.finished);
}

static void test_deadlines(void **state)
{
	struct rig *rig = *state;

	rig->config.header_ms = 1234;
	rig->config.body_ms = 4321;
	send(rig, "G");
	assert_int_equal(rig->conn.deadline_ms, 1234);
	/* dribbling does not move it */
	rig->conn.deadline_ms = -2;
	send(rig, "ET / HTTP/1.1\r\n");
	assert_int_equal(rig->conn.deadline_ms, -2);
	send(rig, HOST "Content-Length: 3\r\n\r\n");
	assert_int_equal(rig->conn.deadline_ms, 4321);
	rig->conn.deadline_ms = -2;
	send(rig, "ab");
	assert_int_equal(rig->conn.deadline_ms, -2);
	send(rig, "cG");
	assert_int_equal(rig->conn.deadline_ms, 1234);
}

static void test_end_of_input(void **state)
{
	(void)state;
	static const char *const open_ends[] = { "", "GET", GET("/1"),
		"POST /1 HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nab",
		"POST /1 HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc" };

	for (size_t i = 0; i < MR_COUNT(open_ends); i++) {
		struct rig rig = { .hold = false };
		open_rig(&rig);
		send(&rig, open_ends[i]);
		mr_buf_clear(&rig.log);
		(void)mr_http_server_protocol.end_of_input(rig.self);
		assert_true(rig.conn.finished);
		expect_log(&rig, "");
		shut(&rig);
	}
}

static void test_half_closed_peers_are_answered(void **state)
{
	struct rig *rig = *state;

	rig->hold = true;
	send(rig, GET("/1") GET("/2") "GE");
	assert_true(mr_http_server_protocol.end_of_input(rig->self));
	assert_false(rig->conn.finished);
	rig->hold = false;
	answer(rig, rig->held);
	expect(rig, OK("2", "", "/1") OK("2", "", "/2"));
	assert_true(rig->conn.finished);
}

static void test_answers_into_nothing(void **state)
{
	struct rig *rig = *state;

	rig->hold = true;
	send(rig, "POST /1 HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc");
	mr_http_server_protocol.close(rig->self);
	rig->self = NULL;
	/* all of it is still there for whoever works on it */
	const struct mr_http_request *q = mr_http_request_of(rig->held);
	assert_true(mr_str_eq(q->path, MR_STR("/1")));
	assert_true(mr_str_eq(mr_bytes_str(q->body), MR_STR("abc")));
	assert_true(mr_str_eq(mr_bytes_str(q->peer_certificate), MR_STR("leaf")));
	assert_true(mr_str_eq(
		mr_http_field(q->headers, q->header_count, MR_STR("host"))->value, MR_STR("a")));
	assert_string_equal(q->remote, "10.0.0.7:51324");
	answer(rig, rig->held);
	expect(rig, "");
}

static void test_close_in_any_state(void **state)
{
	(void)state;
	static const char *const texts[] = { "", "GET",
		"POST /1 HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nab" };

	for (size_t i = 0; i < MR_COUNT(texts); i++) {
		struct rig rig = { .hold = false };
		open_rig(&rig);
		send(&rig, texts[i]);
		shut(&rig);
	}
	/* in the middle of an answer */
	struct rig rig = { .answer_size = 200000 };
	open_rig(&rig);
	send(&rig, GET("/1"));
	shut(&rig);
}

static void test_drain(void **state)
{
	(void)state;
	struct rig idle = { .hold = false }, busy = { .hold = true }, half = { .hold = false };

	open_rig(&idle);
	send(&idle, GET("/1"));
	mr_http_server_protocol.drain(idle.self);
	assert_true(idle.conn.finished);
	shut(&idle);

	open_rig(&busy);
	send(&busy, GET("/1") GET("/2"));
	mr_http_server_protocol.drain(busy.self);
	assert_false(busy.conn.finished);
	answer(&busy, busy.held);
	expect(&busy, OK("2", "Connection: close\r\n", "/1"));
	assert_true(busy.conn.finished);
	expect_log(&busy, "GET /1|");
	shut(&busy);

	open_rig(&half);
	send(&half, "GET /1 HT");
	mr_http_server_protocol.drain(half.self);
	assert_false(half.conn.finished);
	send(&half, "TP/1.1\r\n" HOST "\r\n");
	expect(&half, OK("2", "Connection: close\r\n", "/1"));
	assert_true(half.conn.finished);
	shut(&half);
}

/* --- answers from other threads --- */

static void *answer_elsewhere(void *argument)
{
	struct rig *rig = argument;

	answer(rig, rig->held);
	return NULL;
}

static void answer_in_thread(struct rig *rig)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, answer_elsewhere, rig), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void test_answers_from_other_threads_take_the_loop(void **state)
{
	(void)state;
	for (int gone = 0; gone < 2; gone++) {
		struct rig rig = { .hold = true };
		struct mr_error err;
		open_rig(&rig);
		assert_false(mr_failed(mr_loop_new(&rig.conn.loop, &err)));
		send(&rig, GET("/1"));
		answer_in_thread(&rig);
		expect(&rig, "");
		if (gone) {
			mr_http_server_protocol.close(rig.self);
			rig.self = NULL;
		}
		/* freeing the loop runs what was posted */
		mr_loop_free(rig.conn.loop);
		expect(&rig, gone ? "" : OK("2", "", "/1"));
		shut(&rig);
	}
}

static int set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	if (!rig)
		return -1;
	open_rig(rig);
	*state = rig;
	return 0;
}

static int tear_down(void **state)
{
	shut(*state);
	free(*state);
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_one_request),
		CASE(test_response_fields),
		CASE(test_date),
		CASE(test_head_request),
		CASE(test_pipelining),
		CASE(test_byte_by_byte),
		CASE(test_pipelined_while_working),
		CASE(test_back_pressure_on_input),
		CASE(test_back_pressure_on_output),
		CASE(test_no_new_request_while_output_waits),
		CASE(test_connection_close),
		CASE(test_http_10),
		CASE(test_malformed_requests_end_the_connection),
		cmocka_unit_test(test_refusals),
		CASE(test_head_above_the_limit),
		CASE(test_bodies),
		CASE(test_broken_chunks),
		cmocka_unit_test(test_too_large_bodies),
		CASE(test_unwanted_bodies_are_skipped),
		cmocka_unit_test(test_long_unwanted_bodies_end_the_connection),
		cmocka_unit_test(test_the_total_is_bounded),
		CASE(test_expect_continue),
		CASE(test_deadlines),
		cmocka_unit_test(test_end_of_input),
		CASE(test_half_closed_peers_are_answered),
		CASE(test_answers_into_nothing),
		cmocka_unit_test(test_close_in_any_state),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_answers_from_other_threads_take_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
