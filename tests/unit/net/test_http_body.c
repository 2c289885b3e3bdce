/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies by length, in chunks, and up to the end of the connection (20 §2.2, RFC 9112 §6, §7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/http_parse.h"

static struct mr_http_body body_of(enum mr_http_framing framing, uint64_t length)
{
	struct mr_http_head head = { .framing = framing, .content_length = length };
	struct mr_http_body body;

	mr_http_body_init(&body, &head);
	return body;
}

/* Feeds `text` in pieces of `step` bytes; the content goes to `out`, what is left behind the
 * body to *ret_left. */
static enum mr_http_body_event feed(struct mr_http_body *body, const char *text, size_t len,
	size_t step, struct mr_buf *out, size_t *ret_left)
{
	enum mr_http_body_event event = MR_HTTP_BODY_MORE;

	for (size_t at = 0; at <= len; at += step) {
		size_t count = len - at < step ? len - at : step;
		struct mr_bytes data = mr_bytes_of(text + at, count), piece;
		do {
			event = mr_http_body_read(body, &data, &piece);
			if (event == MR_HTTP_BODY_CONTENT)
				mr_buf_put_bytes(out, piece);
		} while (event == MR_HTTP_BODY_CONTENT);
		*ret_left = data.len + (len - at - count);
		if (event != MR_HTTP_BODY_MORE)
			break;
		assert_int_equal(data.len, 0);
	}
	return event;
}

struct body_case {
	const char *text, *content, *error;
	size_t left;
};

static const struct body_case chunked[] = {
	{ "0\r\n\r\n", "", NULL, 0 },
	{ "5\r\nhello\r\n0\r\n\r\nGET", "hello", NULL, 3 },
	{ "0005\r\nhello\r\n6\r\n world\r\n000\r\n\r\n", "hello world", NULL, 0 },
	{ "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", NULL, 0 },
	{ "5;a=b;c=\"d\"\r\nhello\r\n0;last\r\n\r\n", "hello", NULL, 0 },
	{ "5 ; a\r\nhello\r\n0\t\r\n\r\n", "hello", NULL, 0 },
	{ "0\r\nX-Sum: 5\r\nX:\r\n\r\nrest", "", NULL, 4 },
	{ "zz\r\nnull\r\n0\r\n\r\n", "", "invalid byte in chunk length", 0 },
	{ "-4\r\nnull\r\n", "", "invalid byte in chunk length", 0 },
	{ "0x4\r\nnull\r\n", "", "invalid byte in chunk length", 0 },
	{ "\r\n", "", "invalid byte in chunk length", 0 },
	{ ";a\r\n", "", "invalid byte in chunk length", 0 },
	{ "4\nnull\n", "", "invalid byte in chunk length", 0 },
	{ "fffffffffffffffff\r\n", "", "http chunk length too large", 0 },
	{ "8000000000000000\r\n", "", "http chunk length too large", 0 },
	{ "4\r\nnullx\r\n0\r\n\r\n", "null", "malformed chunked encoding", 0 },
	{ "4\r\nnull\rx", "null", "malformed chunked encoding", 0 },
	{ "4\r\nnull\n", "null", "malformed chunked encoding", 0 },
	{ "4\rx", "", "malformed chunked encoding", 0 },
	{ "4;\x01\r\n", "", "malformed chunked encoding", 0 },
	{ "4;a\n", "", "malformed chunked encoding", 0 },
	{ "0\r\n\rx", "", "malformed chunked encoding", 0 },
	{ "0\r\n: x\r\n\r\n", "", "malformed trailer", 0 },
	{ "0\r\nX Y: x\r\n\r\n", "", "malformed trailer", 0 },
	{ "0\r\nX\r\n\r\n", "", "malformed trailer", 0 },
	{ "0\r\nX: a\x7f\r\n\r\n", "", "malformed trailer", 0 },
	{ "0\r\nX: a\n\r\n", "", "malformed trailer", 0 },
	{ "0\r\nX: a\rb\r\n\r\n", "", "malformed trailer", 0 },
	{ "0\r\n folded\r\n\r\n", "", "malformed trailer", 0 },
};

static void check_chunked(const struct body_case *c, size_t step)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_http_body body = body_of(MR_HTTP_FRAMING_CHUNKED, 0);
	size_t left = 0;

	mr_buf_init(&out, 1024);
	enum mr_http_body_event event = feed(&body, c->text, strlen(c->text), step, &out, &left);
	if (event != (c->error ? MR_HTTP_BODY_BROKEN : MR_HTTP_BODY_END) ||
		!mr_str_eq(mr_buf_str(&out), mr_str_of(c->content)))
		fail_msg("event %d, content %.*s of: %s", (int)event, MR_STR_ARGS(mr_buf_str(&out)),
			c->text);
	if (c->error)
		assert_true(mr_str_eq(mr_http_body_error(&body), mr_str_of(c->error)));
	else
		assert_int_equal(left, c->left);
}

static void test_chunks(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(chunked); i++) {
		for (size_t step = 1; step < 8; step++)
			check_chunked(&chunked[i], step);
		check_chunked(&chunked[i], 1000);
	}
}

static void test_end_and_failure_are_final(void **state)
{
	(void)state;
	struct mr_http_body body = body_of(MR_HTTP_FRAMING_CHUNKED, 0);
	struct mr_bytes data = mr_bytes_of("0\r\n\r\n5\r\n", 8), piece;

	assert_int_equal(mr_http_body_read(&body, &data, &piece), MR_HTTP_BODY_END);
	assert_int_equal(mr_http_body_read(&body, &data, &piece), MR_HTTP_BODY_END);
	assert_int_equal(data.len, 3);
	assert_true(mr_http_body_at_close(&body));

	body = body_of(MR_HTTP_FRAMING_CHUNKED, 0);
	data = mr_bytes_of("x0\r\n\r\n", 6);
	assert_int_equal(mr_http_body_read(&body, &data, &piece), MR_HTTP_BODY_BROKEN);
	assert_int_equal(mr_http_body_read(&body, &data, &piece), MR_HTTP_BODY_BROKEN);
	assert_false(mr_http_body_at_close(&body));
	assert_true(mr_str_eq(mr_http_body_error(&body), MR_STR("invalid byte in chunk length")));
}

/* Counts the bytes of `unit` (repeated) that are taken before the body is broken; at most
 * `most`. */
static size_t taken_of(const char *begin, const char *unit, size_t most)
{
	struct mr_http_body body = body_of(MR_HTTP_FRAMING_CHUNKED, 0);
	struct mr_bytes data = mr_bytes_of(begin, strlen(begin)), piece;
	size_t taken = 0, unit_len = strlen(unit);

	while (mr_http_body_read(&body, &data, &piece) == MR_HTTP_BODY_CONTENT)
		;
	while (taken < most) {
		enum mr_http_body_event event;
		data = mr_bytes_of(unit, unit_len);
		while ((event = mr_http_body_read(&body, &data, &piece)) == MR_HTTP_BODY_CONTENT)
			;
		if (event == MR_HTTP_BODY_BROKEN) {
			assert_true(mr_str_eq(mr_http_body_error(&body),
				MR_STR("chunked encoding contains too much non-data")));
			break;
		}
		taken += unit_len;
	}
	return taken;
}

static void test_what_is_not_content_is_bounded(void **state)
{
	(void)state;
	const size_t most = 1 << 20;

	assert_in_range(taken_of("1;", "e", most), 16000, 17000);
	assert_in_range(taken_of("0", "0", most), 16000, 17000);
	assert_in_range(taken_of("0\r\n", "Trailer: x\r\n", most), 16000, 17000);
	/* in every chunk a bit of it */
	assert_in_range(taken_of("", "1;a=0123456789abcdef\r\nx\r\n", most), 32000, 140000);
	/* the smallest chunks there are need no more than is free */
	assert_int_equal(taken_of("", "1\r\nx\r\n", 1200000), 1200000);
}

static void test_length(void **state)
{
	(void)state;
	for (size_t step = 1; step < 9; step++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };
		struct mr_http_body body = body_of(MR_HTTP_FRAMING_LENGTH, 5);
		size_t left = 0;
		mr_buf_init(&out, 100);
		assert_int_equal(feed(&body, "helloGET", 8, step, &out, &left), MR_HTTP_BODY_END);
		assert_true(mr_str_eq(mr_buf_str(&out), MR_STR("hello")));
		assert_int_equal(left, 3);
		assert_true(mr_http_body_at_close(&body));
	}
	struct mr_http_body body = body_of(MR_HTTP_FRAMING_LENGTH, 5);
	struct mr_bytes data = mr_bytes_of("hell", 4), piece;
	assert_int_equal(mr_http_body_read(&body, &data, &piece), MR_HTTP_BODY_CONTENT);
	assert_int_equal(mr_http_body_read(&body, &data, &piece), MR_HTTP_BODY_MORE);
	assert_true(mr_str_eq(mr_http_body_error(&body), MR_STR("")));
	assert_false(mr_http_body_at_close(&body));
	assert_true(mr_str_eq(mr_http_body_error(&body), MR_STR("unexpected EOF")));
}

static void test_no_body(void **state)
{
	(void)state;
	struct mr_bytes data = mr_bytes_of("GET", 3), piece;
	struct mr_http_body none = body_of(MR_HTTP_FRAMING_NONE, 0);
	struct mr_http_body empty = body_of(MR_HTTP_FRAMING_LENGTH, 0);

	assert_int_equal(mr_http_body_read(&none, &data, &piece), MR_HTTP_BODY_END);
	assert_int_equal(mr_http_body_read(&empty, &data, &piece), MR_HTTP_BODY_END);
	assert_int_equal(data.len, 3);
}

static void test_up_to_the_end(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_http_body body = body_of(MR_HTTP_FRAMING_CLOSE, 0);
	size_t left = 0;

	mr_buf_init(&out, 100);
	assert_int_equal(feed(&body, "hello", 5, 2, &out, &left), MR_HTTP_BODY_MORE);
	assert_true(mr_str_eq(mr_buf_str(&out), MR_STR("hello")));
	assert_true(mr_http_body_at_close(&body));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_end_and_failure_are_final),
		cmocka_unit_test(test_what_is_not_content_is_bounded),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_no_body),
		cmocka_unit_test(test_up_to_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
