/* SPDX-License-Identifier: Apache-2.0 */
/* Heads of requests and responses (20 §2.2, RFC 9112). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/http_parse.h"

#define HOST "Host: a\r\n"

/* Scans and parses a text that must be one whole head; 0 or a status. */
static int parse(const char *text, size_t len, struct mr_http_head *ret)
{
	static struct mr_http_header fields[MR_HTTP_FIELDS_MAX];
	size_t seen = 0, length = 0;

	switch (mr_http_scan_head(mr_bytes_of(text, len), &seen, &length)) {
	case MR_HTTP_SCAN_COMPLETE:
		return mr_http_parse_request(
			(struct mr_str){ text, length }, fields, MR_HTTP_FIELDS_MAX, ret);
	case MR_HTTP_SCAN_BROKEN:
		return 400;
	case MR_HTTP_SCAN_TOO_LONG:
		return 431;
	case MR_HTTP_SCAN_PARTIAL:
		break;
	}
	return -1;
}

struct request_case {
	const char *text;
	size_t len;
	int status;
};

#define ROW(text, status)                                                                          \
	{                                                                                          \
		text, sizeof(text) - 1, status                                                     \
	}

/* The table of 20 §2.2 and its neighbours. */
static const struct request_case refusals[] = {
	/* request line */
	ROW("hello\r\n\r\n", 400),
	ROW("\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("GET  / HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("GET /  HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW(" GET / HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("GET /status\r\n" HOST "\r\n", 400),
	ROW("GET / http/1.1\r\n" HOST "\r\n", 400),
	ROW("GET / HTTP/1\r\n" HOST "\r\n", 400),
	ROW("GET / HTTP/1.1x\r\n" HOST "\r\n", 400),
	ROW("GET / HTTP/11\r\n" HOST "\r\n", 400),
	ROW("GET / HTTP/x.y\r\n" HOST "\r\n", 400),
	ROW("GET / HTTP/1.1 \r\n" HOST "\r\n", 400),
	ROW("GET /sta tus HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("GET /\t HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("GET /\x7f HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("GET  HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("G\0T /status HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("G(T / HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("GET /\0 HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("GET / HTTP/2.0\r\n" HOST "\r\n", 505),
	ROW("GET / HTTP/3.0\r\n" HOST "\r\n", 505),
	ROW("GET / HTTP/0.9\r\n" HOST "\r\n", 505),
	ROW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
	/* fields */
	ROW("GET / HTTP/1.1\r\n" HOST "nonsense\r\n\r\n", 400),
	ROW("GET / HTTP/1.1\r\n" HOST "Bad Name: b\r\n\r\n", 400),
	ROW("GET / HTTP/1.1\r\n" HOST "Content-Length : 0\r\n\r\n", 400),
	ROW("GET / HTTP/1.1\r\n" HOST "X\0: 0\r\n\r\n", 400),
	ROW("GET / HTTP/1.1\r\n" HOST ": 0\r\n\r\n", 400),
	ROW("GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n", 400),
	ROW("GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n", 400),
	ROW("GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n", 400),
	ROW("GET / HTTP/1.1\r\n" HOST " folded: b\r\n\r\n", 400),
	ROW("GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n", 400),
	ROW("GET / HTTP/1.1\r\n" HOST "X\xc3\xbc: a\r\n\r\n", 400),
	/* line ends */
	ROW("GET / HTTP/1.1\n" HOST "\n", 400),
	ROW("GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
	ROW("\n", 400),
	/* Host */
	ROW("GET / HTTP/1.1\r\n\r\n", 400),
	ROW("GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400),
	ROW("GET / HTTP/1.1\r\n" HOST "HOST: b\r\n\r\n", 400),
	ROW("GET / HTTP/1.0\r\n" HOST HOST "\r\n", 400),
	ROW("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
	ROW("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
	ROW("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
	/* Content-Length */
	ROW("POST / HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\n", 400),
	ROW("POST / HTTP/1.1\r\n" HOST "Content-Length: -3\r\n\r\n", 400),
	ROW("POST / HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\n", 400),
	ROW("POST / HTTP/1.1\r\n" HOST "Content-Length: 1,2\r\n\r\n", 400),
	ROW("POST / HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\n", 400),
	ROW("POST / HTTP/1.1\r\n" HOST "Content-Length: 1 2\r\n\r\n", 400),
	ROW("POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", 400),
	ROW("POST / HTTP/1.1\r\n" HOST "Content-Length: 3.0\r\n\r\n", 400),
	ROW("POST / HTTP/1.1\r\n" HOST "Content-Length: 9223372036854775808\r\n\r\n", 400),
	ROW("POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n", 400),
	ROW("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", 400),
	ROW("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\ncontent-length: x\r\n\r\n", 400),
	ROW("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 03\r\n\r\n", 400),
	/* Transfer-Encoding */
	ROW("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n", 501),
	ROW("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n", 501),
	ROW("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n", 501),
	ROW("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, chunked\r\n\r\n", 501),
	ROW("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity, chunked\r\n\r\n", 501),
	ROW("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \"chunked\"\r\n\r\n", 501),
	ROW("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked;q=1\r\n\r\n", 501),
	ROW("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n", 501),
	ROW("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n",
		501),
	ROW("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
	    "Content-Length: 3\r\n\r\n",
		400),
	ROW("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n",
		400),
	ROW("POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 400),
	/* Expect */
	ROW("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nExpect: a-miracle\r\n\r\n", 417),
	ROW("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nExpect: 100-continue, x\r\n\r\n", 417),
	ROW("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nExpect:\r\n\r\n", 417),
};

static void test_malformed_requests_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(refusals); i++) {
		struct mr_http_head head;
		int status = parse(refusals[i].text, refusals[i].len, &head);
		if (status != refusals[i].status)
			fail_msg("row %zu: %d instead of %d: %s", i, status, refusals[i].status,
				refusals[i].text);
	}
}

static const struct request_case acceptances[] = {
	ROW("GET / HTTP/1.1\r\nHost:\r\n\r\n", 0),
	ROW("GET / HTTP/1.1\r\nHost: [::1]:4433\r\n\r\n", 0),
	ROW("GET / HTTP/1.1\r\nHost: a_b.example:1\r\n\r\n", 0),
	ROW("GET / HTTP/1.2\r\n" HOST "\r\n", 0),
	ROW("GET / HTTP/1.0\r\n\r\n", 0),
	ROW("M-SEARCH /%zz?a=%zz HTTP/1.1\r\n" HOST "\r\n", 0),
	ROW("GET /\xc3\xbc HTTP/1.1\r\n" HOST "\r\n", 0),
	ROW("GET / HTTP/1.1\r\n" HOST "X:\r\n\r\n", 0),
	ROW("GET / HTTP/1.1\r\n" HOST "X: \xff\t\"\r\n\r\n", 0),
	ROW("GET / HTTP/1.1\r\n" HOST "!#$%&'*+-.^_`|~09azAZ: x\r\n\r\n", 0),
	ROW("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", 0),
	ROW("POST / HTTP/1.1\r\n" HOST "Content-Length: 0003\r\n\r\n", 0),
	ROW("POST / HTTP/1.0\r\nContent-Length: 3\r\nExpect: a-miracle\r\n\r\n", 0),
};

static void test_tolerated_requests_are_served(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(acceptances); i++) {
		struct mr_http_head head;
		int status = parse(acceptances[i].text, acceptances[i].len, &head);
		if (status != 0)
			fail_msg("row %zu: %d: %s", i, status, acceptances[i].text);
	}
}

static void assert_text(struct mr_str s, const char *expected)
{
	if (!mr_str_eq(s, mr_str_of(expected)))
		fail_msg("\"%.*s\" instead of \"%s\"", MR_STR_ARGS(s), expected);
}

static struct mr_http_head parsed(const char *text)
{
	static const struct mr_http_header none[4];
	struct mr_http_head head = { .headers = none };

	assert_int_equal(parse(text, strlen(text), &head), 0);
	return head;
}

static void test_parts_of_a_request(void **state)
{
	(void)state;
	struct mr_http_head h = parsed("POST /a?b=c HTTP/1.1\r\nhOST: x\r\nX-A: \t one two\t \r\n"
				       "Content-Length: 12\r\nX-B:\r\n\r\n");

	assert_text(h.method, "POST");
	assert_text(h.target, "/a?b=c");
	assert_int_equal(h.minor, 1);
	assert_int_equal(h.header_count, 4);
	assert_text(h.headers[0].name, "hOST");
	assert_text(h.headers[1].value, "one two");
	assert_text(h.headers[3].value, "");
	assert_int_equal(h.framing, MR_HTTP_FRAMING_LENGTH);
	assert_int_equal(h.content_length, 12);
	assert_true(h.keep_alive);
	assert_false(h.expect_continue);
	const struct mr_http_header *host = mr_http_field(
		h.headers, h.header_count, MR_STR("HOST"));
	assert_non_null(host);
	assert_text(host->value, "x");
	assert_null(mr_http_field(h.headers, h.header_count, MR_STR("Hos")));
}

static void test_framing_and_persistence(void **state)
{
	(void)state;
	assert_int_equal(parsed("GET / HTTP/1.1\r\n" HOST "\r\n").framing, MR_HTTP_FRAMING_NONE);
	assert_int_equal(
		parsed("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: CHUNKED\r\n\r\n").framing,
		MR_HTTP_FRAMING_CHUNKED);
	assert_false(parsed("GET / HTTP/1.1\r\n" HOST "Connection: x, Close\r\n\r\n").keep_alive);
	assert_false(parsed("GET / HTTP/1.1\r\n" HOST "Connection: x\r\nConnection: close\r\n\r\n")
			     .keep_alive);
	assert_true(parsed("GET / HTTP/1.1\r\n" HOST "Connection: closer\r\n\r\n").keep_alive);
	assert_false(parsed("GET / HTTP/1.0\r\n\r\n").keep_alive);
	assert_true(parsed("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive);
	assert_false(parsed("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n").keep_alive);
	assert_true(parsed("POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n"
			   "Expect: 100-Continue\r\n\r\n")
			    .expect_continue);
	assert_false(parsed("POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n"
			    "Expect: 100-continue\r\n\r\n")
			     .expect_continue);
	assert_true(parsed("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
			   "Expect: 100-continue\r\n\r\n")
			    .expect_continue);
}

static void test_heads_in_pieces(void **state)
{
	(void)state;
	static const char text[] = "GET / HTTP/1.1\r\n" HOST "X: y\r\n\r\nrest";
	size_t seen = 0, length = 0, end = sizeof(text) - 1 - 4;

	for (size_t have = 0; have < end; have++)
		assert_int_equal(mr_http_scan_head(mr_bytes_of(text, have), &seen, &length),
			MR_HTTP_SCAN_PARTIAL);
	assert_int_equal(
		mr_http_scan_head(mr_bytes_of(text, end), &seen, &length), MR_HTTP_SCAN_COMPLETE);
	assert_int_equal(length, end);
	seen = 0;
	assert_int_equal(mr_http_scan_head(mr_bytes_of(text, sizeof(text) - 1), &seen, &length),
		MR_HTTP_SCAN_COMPLETE);
	assert_int_equal(length, end);
}

static void test_limits(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf b = { 0 };
	struct mr_http_head head;

	/* as many fields as there is room, then one more (20 §2.2) */
	mr_buf_init(&b, 1 << 20);
	mr_buf_put_cstr(&b, "GET / HTTP/1.1\r\n" HOST);
	for (size_t i = 1; i < MR_HTTP_FIELDS_MAX; i++)
		mr_buf_put_cstr(&b, "A: b\r\n");
	size_t len = b.len;
	mr_buf_put_cstr(&b, "\r\n");
	assert_int_equal(parse((const char *)b.data, b.len, &head), 0);
	assert_int_equal(head.header_count, MR_HTTP_FIELDS_MAX);
	mr_buf_truncate(&b, len);
	mr_buf_put_cstr(&b, "A: b\r\n\r\n");
	assert_int_equal(parse((const char *)b.data, b.len, &head), 431);

	/* exactly the bytes that are allowed, then one more, and one line without an end */
	for (size_t more = 0; more < 2; more++) {
		mr_buf_clear(&b);
		mr_buf_put_cstr(&b, "GET / HTTP/1.1\r\n" HOST "X: ");
		while (b.len < MR_HTTP_HEAD_MAX - 4 + more)
			mr_buf_put_u8(&b, 'v');
		mr_buf_put_cstr(&b, "\r\n\r\n");
		assert_int_equal(parse((const char *)b.data, b.len, &head), more ? 431 : 0);
	}
	mr_buf_truncate(&b, MR_HTTP_HEAD_MAX - 1);
	assert_int_equal(parse((const char *)b.data, b.len, &head), -1);
	mr_buf_put_cstr(&b, "v");
	assert_int_equal(parse((const char *)b.data, b.len, &head), 431);
}

/* --- responses --- */

struct response_case {
	const char *text;
	bool no_body;
	int status;
	enum mr_http_framing framing;
	bool keep_alive;
};

static const struct response_case responses[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, 200, MR_HTTP_FRAMING_LENGTH,
		true },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, 200,
		MR_HTTP_FRAMING_CHUNKED, true },
	{ "HTTP/1.1 200 OK\r\n\r\n", false, 200, MR_HTTP_FRAMING_CLOSE, false },
	{ "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", false, 200, MR_HTTP_FRAMING_LENGTH, true },
	{ "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", false, 200, MR_HTTP_FRAMING_LENGTH, true },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", false, 200, MR_HTTP_FRAMING_LENGTH,
		false },
	{ "HTTP/1.1 405 Nope\r\nContent-Length: 5\r\n\r\n", true, 405, MR_HTTP_FRAMING_NONE, true },
	{ "HTTP/1.1 204 No Content\r\n\r\n", false, 204, MR_HTTP_FRAMING_NONE, true },
	{ "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", false, 304,
		MR_HTTP_FRAMING_NONE, true },
	{ "HTTP/1.1 100 Continue\r\n\r\n", false, 100, MR_HTTP_FRAMING_NONE, true },
	{ "HTTP/1.1 999 \xc3\xbc\r\nConnection: close\r\nContent-Length: 1\r\n\r\n", false, 999,
		MR_HTTP_FRAMING_LENGTH, false },
};

static void test_responses(void **state)
{
	(void)state;
	struct mr_http_header fields[4];
	struct mr_http_head head;
	struct mr_error err;

	for (size_t i = 0; i < MR_COUNT(responses); i++) {
		const struct response_case *c = &responses[i];
		if (mr_failed(mr_http_parse_response(
			    mr_str_of(c->text), c->no_body, fields, 4, &head, &err)))
			fail_msg("%s: %s", c->text, err.message);
		assert_int_equal(head.status, c->status);
		assert_int_equal(head.framing, c->framing);
		assert_int_equal(head.keep_alive, c->keep_alive);
	}
	assert_false(mr_failed(mr_http_parse_response(
		MR_STR("HTTP/1.1 404 Not Found\r\n\r\n"), false, fields, 4, &head, &err)));
	assert_text(head.reason, "Not Found");
}

static void test_malformed_responses(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"\r\n",
		"HTTP/1.1\r\n\r\n",
		"HTTP/1.1 20 OK\r\n\r\n",
		"HTTP/1.1 2000 OK\r\n\r\n",
		"HTTP/1.1 099 OK\r\n\r\n",
		"HTTP/1.1 2x0 OK\r\n\r\n",
		"HTTP/1.1-200 OK\r\n\r\n",
		"HTTP/2.0 200 OK\r\n\r\n",
		"http/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 200 O\x01K\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
		"HTTP/1.1 200 OK\r\nA: b\r\nA: b\r\nA: b\r\n\r\n",
	};
	struct mr_http_header fields[2];
	struct mr_http_head head;
	struct mr_error err;

	for (size_t i = 0; i < MR_COUNT(texts); i++) {
		mr_result r = mr_http_parse_response(
			mr_str_of(texts[i]), false, fields, 2, &head, &err);
		if (!mr_failed(r))
			fail_msg("accepted: %s", texts[i]);
		assert_int_equal(
			r.code, i == MR_COUNT(texts) - 1 ? MR_CODE_LIMIT : MR_CODE_INVALID);
	}
}

static void test_reasons(void **state)
{
	(void)state;
	assert_string_equal(mr_http_reason(405), "Method Not Allowed");
	assert_string_equal(mr_http_reason(299), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_malformed_requests_are_refused),
		cmocka_unit_test(test_tolerated_requests_are_served),
		cmocka_unit_test(test_parts_of_a_request),
		cmocka_unit_test(test_framing_and_persistence),
		cmocka_unit_test(test_heads_in_pieces),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_malformed_responses),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
