/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP as a client: requests, every kind of answer, the kept connection, and servers that break
 * the rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "net/http_client.h"
#include "test_identity.h"
#include "tls_stub.h"

/* --- a server that gives the next answer of a list to each request --- */

struct script {
	const char *const *answers; /* NULL: hangs up */
	size_t count;
	size_t next;
	bool in_pieces;
	size_t per_connection; /* hangs up after that many; 0: never */
	struct mr_buf requests;
};

/* One request: its head, and as many bytes as it announces. */
static bool read_request(struct stub_peer *peer, struct mr_buf *all)
{
	MR_AUTO(buf) struct mr_buf one = { 0 };
	const char *length;
	size_t body = 0, head;
	char byte;

	mr_buf_init(&one, 1 << 20);
	while (!mr_str_ends(mr_buf_str(&one), MR_STR("\r\n\r\n"))) {
		if (stub_read(peer, &byte, 1) == 0)
			return false;
		mr_buf_put(&one, &byte, 1);
	}
	head = one.len;
	mr_buf_put_u8(&one, 0);
	length = strstr((const char *)one.data, "Content-Length: ");
	for (const char *p = length ? length + 16 : ""; *p >= '0' && *p <= '9'; p++)
		body = body * 10 + (size_t)(*p - '0');
	mr_buf_truncate(&one, head);
	while (one.len < head + body && stub_read(peer, &byte, 1) == 1)
		mr_buf_put(&one, &byte, 1);
	mr_buf_put_bytes(all, mr_buf_bytes(&one));
	return true;
}

static void serve_script(struct stub_peer *peer)
{
	struct script *s = peer->stub->context;

	for (size_t n = 0; !s->per_connection || n < s->per_connection; n++) {
		const char *answer;
		size_t len;

		if (!read_request(peer, &s->requests) || s->next >= s->count)
			return;
		answer = s->answers[s->next++];
		if (!answer)
			return;
		len = strlen(answer);
		for (size_t i = 0; i < len; i += s->in_pieces ? 1 : len)
			(void)stub_write(peer, mr_bytes_of(answer + i, s->in_pieces ? 1 : len));
	}
}

struct rig {
	struct test_identity server;
	struct script script;
	struct stub stub;
	struct mr_http_client *client;
	struct mr_http_client_config config;
};

static int set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof *rig);

	if (!rig)
		return -1;
	test_identity_make(&rig->server, &(struct test_profile){ .name = "server" });
	*state = rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	test_identity_done(&rig->server);
	free(rig);
	return 0;
}

static void start(struct rig *rig, const char *const *answers, size_t count)
{
	struct mr_error err;

	rig->script.answers = answers;
	rig->script.count = count;
	rig->script.next = 0;
	mr_buf_init(&rig->script.requests, 1 << 20);
	rig->stub = (struct stub){
		.serve = serve_script, .context = &rig->script, .identity = rig->server.tls
	};
	stub_start(&rig->stub);
	rig->config.endpoint = rig->stub.address;
	rig->config.tls.anchors = &rig->server.cert;
	rig->config.tls.anchor_count = 1;
	rig->config.tls.check_host = true;
	assert_false(mr_failed(mr_http_client_new(&rig->config, &rig->client, &err)));
}

/* The number of connections there were. */
static size_t stop(struct rig *rig)
{
	mr_http_client_free(rig->client);
	rig->client = NULL;
	stub_stop(&rig->stub);
	mr_buf_done(&rig->script.requests);
	return rig->stub.connections;
}

static void check_get(struct rig *rig, int status, const char *body)
{
	MR_AUTO(http_answer) struct mr_http_answer answer = { 0 };
	struct mr_error err = { .message = "" };
	mr_result r = mr_http_client_request(
		rig->client, "GET", "/path", NULL, mr_bytes_of(NULL, 0), &answer, &err);

	assert_false(mr_failed(r));
	assert_int_equal(answer.status, status);
	assert_int_equal(answer.body.len, strlen(body));
	if (answer.body.len > 0)
		assert_memory_equal(answer.body.data, body, answer.body.len);
}

static void check_failure(struct rig *rig, enum mr_code code, const char *cause)
{
	struct mr_http_answer answer = { 0 };
	struct mr_error err = { .message = "" };
	char text[300];

	assert_int_equal(mr_http_client_request(rig->client, "GET", "/path", NULL,
				 mr_bytes_of(NULL, 0), &answer, &err)
				 .code,
		code);
	(void)snprintf(text, sizeof text, "Get \"https://%s/path\": %s", rig->stub.address, cause);
	assert_string_equal(err.message, text);
	assert_null(answer.body.data);
}

#define LENGTH(n) "HTTP/1.1 200 OK\r\nContent-Length: " #n "\r\n\r\n"

/* --- requests --- */

static void put_common(struct mr_buf *out, const char *line, const struct rig *rig)
{
	mr_buf_printf(out, "%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: marblerun-c/" MR_VERSION "\r\n",
		line, rig->stub.address);
}

static void check_requests(struct rig *rig)
{
	MR_AUTO(buf) struct mr_buf expected = { 0 };

	mr_buf_init(&expected, 4096);
	put_common(&expected, "GET /path", rig);
	mr_buf_put_cstr(&expected, "\r\n");
	put_common(&expected, "POST /api/v2/manifest?x=%20", rig);
	mr_buf_put_cstr(&expected, "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
	put_common(&expected, "POST /empty", rig);
	mr_buf_put_cstr(&expected, "Content-Length: 0\r\n\r\n");
	put_common(&expected, "GET /with", rig);
	mr_buf_put_cstr(&expected, "Authorization: Bearer x y\r\nX-Empty: \r\n\r\n");
	assert_true(mr_str_eq(mr_buf_str(&rig->script.requests), mr_buf_str(&expected)));
}

static void test_requests(void **state)
{
	static const char *const answers[] = { LENGTH(0), LENGTH(0), LENGTH(0), LENGTH(0) };
	struct rig *rig = *state;
	const struct mr_http_header fields[] = { { MR_STR("Authorization"), MR_STR("Bearer x y") },
		{ MR_STR("X-Empty"), MR_STR("") } };
	struct mr_http_answer answer;
	struct mr_error err;

	start(rig, answers, MR_COUNT(answers));
	check_get(rig, 200, "");
	assert_false(mr_failed(mr_http_client_request(rig->client, "POST", "/api/v2/manifest?x=%20",
		"application/json", mr_bytes_of("{}", 2), &answer, &err)));
	mr_http_answer_done(&answer);
	assert_false(mr_failed(mr_http_client_request(
		rig->client, "POST", "/empty", NULL, mr_bytes_of(NULL, 0), &answer, &err)));
	mr_http_answer_done(&answer);
	assert_false(mr_failed(mr_http_client_request_with(
		rig->client, "GET", "/with", fields, 2, mr_bytes_of(NULL, 0), &answer, &err)));
	mr_http_answer_done(&answer);
	mr_http_client_free(rig->client);
	rig->client = NULL;
	stub_join(&rig->stub);
	check_requests(rig);
	assert_int_equal(stop(rig), 1);
}

static void test_requests_that_are_refused(void **state)
{
	static const char *const targets[] = { "", "path", "/a b", "/a\r\nX: y", "/\x7F",
		"/\xC3\xA9" };
	static const struct mr_http_header fields[] = {
		{ { "", 0 }, { "x", 1 } },
		{ { "a b", 3 }, { "x", 1 } },
		{ { "a", 1 }, { "x\r\nb: c", 7 } },
		{ { "a:", 2 }, { "x", 1 } },
	};
	struct rig *rig = *state;
	struct mr_http_answer answer;
	struct mr_error err;

	start(rig, NULL, 0);
	for (size_t i = 0; i < MR_COUNT(targets); i++)
		assert_int_equal(mr_http_client_request(rig->client, "GET", targets[i], NULL,
					 mr_bytes_of(NULL, 0), &answer, &err)
					 .code,
			MR_CODE_INVALID);
	for (size_t i = 0; i < MR_COUNT(fields); i++)
		assert_int_equal(mr_http_client_request_with(rig->client, "GET", "/", &fields[i], 1,
					 mr_bytes_of(NULL, 0), &answer, &err)
					 .code,
			MR_CODE_INVALID);
	(void)stop(rig);
}

/* --- answers --- */

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static void test_answers(void **state)
{
	static const char *const answers[] = {
		LENGTH(5) "hello",
		LENGTH(0),
		CHUNKED "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: x\r\n\r\n",
		CHUNKED "0\r\n\r\n",
		"HTTP/1.1 204 No Content\r\n\r\n",
		"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" LENGTH(
			2) "ok",
		"HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\nnone",
		"HTTP/1.1 299\r\ncontent-length: 1\r\n\r\nx",
	};
	static const struct {
		int status;
		const char *body;
	} expected[] = { { 200, "hello" }, { 200, "" }, { 200, "hello world" }, { 200, "" },
		{ 204, "" }, { 304, "" }, { 200, "ok" }, { 404, "none" }, { 299, "x" } };
	struct rig *rig = *state;

	for (int in_pieces = 0; in_pieces < 2; in_pieces++) {
		rig->script.in_pieces = in_pieces;
		start(rig, answers, MR_COUNT(answers) - 1);
		for (size_t i = 0; i + 1 < MR_COUNT(answers); i++)
			check_get(rig, expected[i].status, expected[i].body);
		assert_int_equal(stop(rig), 1); /* all on the kept connection */
	}
}

static void test_answer_to_head(void **state)
{
	static const char *const answers[] = { LENGTH(5), LENGTH(2) "ok" };
	MR_AUTO(http_answer) struct mr_http_answer answer = { 0 };
	struct rig *rig = *state;
	struct mr_error err;

	start(rig, answers, MR_COUNT(answers));
	assert_false(mr_failed(mr_http_client_request(
		rig->client, "HEAD", "/", NULL, mr_bytes_of(NULL, 0), &answer, &err)));
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.body.len, 0);
	check_get(rig, 200, "ok");
	assert_int_equal(stop(rig), 1);
}

static void test_answer_fields(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nTCB-Info-Issuer-Chain:  %2D%2D \r\nContent-Length: 3\r\nX-Empty:\r\n\r\nabc"
	};
	MR_AUTO(http_answer) struct mr_http_answer answer = { 0 };
	struct rig *rig = *state;
	struct mr_error err;
	struct mr_str value = MR_STR("untouched");

	start(rig, answers, MR_COUNT(answers));
	assert_false(mr_failed(mr_http_client_request(
		rig->client, "GET", "/", NULL, mr_bytes_of(NULL, 0), &answer, &err)));
	assert_false(mr_http_answer_field(&answer, MR_STR("X-Other"), &value));
	assert_true(mr_str_eq(value, MR_STR("untouched")));
	assert_true(mr_http_answer_field(&answer, MR_STR("tcb-info-issuer-chain"), &value));
	assert_true(mr_str_eq(value, MR_STR("%2D%2D")));
	assert_true(mr_http_answer_field(&answer, MR_STR("X-Empty"), &value));
	assert_int_equal(value.len, 0);
	(void)stop(rig);
}

/* --- the kept connection --- */

static void test_answers_that_end_the_connection(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na",
		"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nb",
		LENGTH(1) "cmore than that",
		"HTTP/1.1 200 OK\r\n\r\nup to the end",
		LENGTH(1) "d",
	};
	struct rig *rig = *state;

	rig->script.per_connection = 1;
	start(rig, answers, MR_COUNT(answers));
	check_get(rig, 200, "a");
	check_get(rig, 200, "b");
	check_get(rig, 200, "c");
	check_get(rig, 200, "up to the end");
	check_get(rig, 200, "d");
	assert_int_equal(stop(rig), 5);
}

/* Noticed before the request or after it, a GET gets its answer. */
static void test_closed_while_kept(void **state)
{
	static const char *const answers[] = { LENGTH(1) "a", LENGTH(1) "b", LENGTH(1) "c" };
	struct rig *rig = *state;

	rig->script.per_connection = 1;
	start(rig, answers, MR_COUNT(answers));
	check_get(rig, 200, "a");
	check_get(rig, 200, "b");
	check_get(rig, 200, "c");
	assert_int_equal(stop(rig), 3);
}

/* The server takes the second request and hangs up: a GET is asked again, once. */
static void test_hang_up_instead_of_an_answer(void **state)
{
	static const char *const answers[] = { LENGTH(1) "a", NULL, LENGTH(1) "b", NULL, NULL };
	static const char *const again[] = { LENGTH(1) "a", NULL, LENGTH(1) "b" };
	struct mr_http_answer answer;
	struct rig *rig = *state;
	struct mr_error err;

	start(rig, answers, MR_COUNT(answers));
	check_get(rig, 200, "a");
	check_get(rig, 200, "b");
	check_failure(rig, MR_CODE_UNAVAILABLE, "EOF");
	assert_int_equal(stop(rig), 3);

	start(rig, again, MR_COUNT(again));
	check_get(rig, 200, "a");
	assert_int_equal(mr_http_client_request(
				 rig->client, "POST", "/", NULL, mr_bytes_of("x", 1), &answer, &err)
				 .code,
		MR_CODE_UNAVAILABLE);
	assert_true(mr_str_starts(mr_str_of(err.message), MR_STR("Post \"https://127.0.0.1:")));
	check_get(rig, 200, "b");
	assert_int_equal(stop(rig), 2);
}

/* --- servers that break the rules --- */

static void test_bad_answers(void **state)
{
	static const struct {
		const char *answer;
		enum mr_code code;
		const char *cause;
	} cases[] = {
		{ "SSH-2.0-x\r\n\r\n", MR_CODE_INVALID, NULL },
		{ "HTTP/1.1 200 OK\nContent-Length: 0\n\n", MR_CODE_INVALID,
			"malformed HTTP response head" },
		{ "\r\nHTTP/1.1 200 OK\r\n\r\n", MR_CODE_INVALID, "malformed HTTP response head" },
		{ "HTTP/1.1 101 Switching Protocols\r\n\r\n", MR_CODE_INVALID,
			"unexpected HTTP response 101" },
		{ CHUNKED "x\r\n", MR_CODE_INVALID,
			"malformed HTTP response: invalid byte in chunk length" },
		{ CHUNKED "5\r\nhel", MR_CODE_UNAVAILABLE, "unexpected EOF" },
		{ LENGTH(5) "hel", MR_CODE_UNAVAILABLE, "unexpected EOF" },
		{ "HTTP/1.1 200 O", MR_CODE_UNAVAILABLE, "unexpected EOF" },
		{ LENGTH(101), MR_CODE_UNAVAILABLE, "unexpected EOF" },
		{ CHUNKED "65\r\n"
			  "01234567890123456789012345678901234567890123456789"
			  "01234567890123456789012345678901234567890123456789x",
			MR_CODE_LIMIT, "response body larger than 100 bytes" },
		{ "HTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\n"
		  "HTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\n"
		  "HTTP/1.1 100 a\r\n\r\n",
			MR_CODE_INVALID, "unexpected HTTP response 100" },
	};
	struct rig *rig = *state;

	rig->config.max_body = 100;
	rig->script.per_connection = 1;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		struct mr_http_answer answer;
		struct mr_error err;

		start(rig, &cases[i].answer, 1);
		if (cases[i].cause)
			check_failure(rig, cases[i].code, cases[i].cause);
		else
			assert_int_equal(mr_http_client_request(rig->client, "GET", "/", NULL,
						 mr_bytes_of(NULL, 0), &answer, &err)
						 .code,
				cases[i].code);
		(void)stop(rig);
	}
}

static void test_endless_head(void **state)
{
	struct rig *rig = *state;
	char *text = malloc(200001);
	const char *answer = text;

	assert_non_null(text);
	(void)snprintf(text, 200001, "HTTP/1.1 200 OK\r\nX: ");
	memset(text + strlen(text), 'x', 200000 - strlen(text));
	text[200000] = '\0';
	start(rig, &answer, 1);
	check_failure(rig, MR_CODE_INVALID, "malformed HTTP response head");
	(void)stop(rig);
	free(text);
}

static void test_body_up_to_the_maximum(void **state)
{
	static const char *const answers[] = { LENGTH(10) "0123456789",
		CHUNKED "a\r\n0123456789\r\n0\r\n\r\n" };
	struct rig *rig = *state;

	rig->config.max_body = 10;
	start(rig, answers, MR_COUNT(answers));
	check_get(rig, 200, "0123456789");
	check_get(rig, 200, "0123456789");
	(void)stop(rig);
}

/* --- no server, and none to trust --- */

static void test_no_connection(void **state)
{
	struct rig *rig = *state;
	struct mr_error err;
	char text[200];

	start(rig, NULL, 0);
	stub_join(&rig->stub);
	(void)snprintf(
		text, sizeof text, "dial tcp %s: connect: connection refused", rig->stub.address);
	check_failure(rig, MR_CODE_UNAVAILABLE, text);
	(void)stop(rig);
	rig->config.endpoint = "a:b";
	assert_int_equal(
		mr_http_client_new(&rig->config, &rig->client, &err).code, MR_CODE_INVALID);
}

static void test_no_trust(void **state)
{
	struct rig *rig = *state;
	struct test_identity other;

	test_identity_make(&other, &(struct test_profile){ .name = "other" });
	start(rig, NULL, 0);
	mr_http_client_free(rig->client);
	rig->config.tls.anchors = &other.cert;
	struct mr_error err;
	assert_false(mr_failed(mr_http_client_new(&rig->config, &rig->client, &err)));
	check_failure(rig, MR_CODE_CRYPTO, "x509: certificate signed by unknown authority");
	(void)stop(rig);
	test_identity_done(&other);
}

static void serve_nothing(struct stub_peer *peer)
{
	char bytes[4096];

	while (stub_read(peer, bytes, sizeof bytes) > 0)
		;
}

static void test_no_answer_in_time(void **state)
{
	struct rig *rig = *state;
	struct mr_http_answer answer;
	struct mr_error err;

	rig->config.request_ms = 500;
	start(rig, NULL, 0);
	rig->stub.serve = serve_nothing;
	assert_int_equal(mr_http_client_request(
				 rig->client, "GET", "/", NULL, mr_bytes_of(NULL, 0), &answer, &err)
				 .code,
		MR_CODE_DEADLINE);
	(void)stop(rig);
}

static void test_reasons(void **state)
{
	(void)state;
	assert_string_equal(mr_http_reason(200), "OK");
	assert_string_equal(mr_http_reason(404), "Not Found");
	assert_string_equal(mr_http_reason(503), "Service Unavailable");
	assert_string_equal(mr_http_reason(299), "");
	assert_string_equal(mr_http_reason(-1), "");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_requests),
		CASE(test_requests_that_are_refused),
		CASE(test_answers),
		CASE(test_answer_to_head),
		CASE(test_answer_fields),
		CASE(test_answers_that_end_the_connection),
		CASE(test_closed_while_kept),
		CASE(test_hang_up_instead_of_an_answer),
		CASE(test_bad_answers),
		CASE(test_endless_head),
		CASE(test_body_up_to_the_maximum),
		CASE(test_no_connection),
		CASE(test_no_trust),
		CASE(test_no_answer_in_time),
		CASE(test_reasons),
	};

	return cmocka_run_group_tests_name("http_client", tests, NULL, NULL);
}
