/* SPDX-License-Identifier: Apache-2.0 */
/* The gRPC server's answers: the good one, and every row of bad input in 30 §1.4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "grpc_service.h"

static void test_good_call(void **state)
{
	struct fixture *f = *state;
	const struct pair_answer *a = call_with(f, NULL, TEXT("hello"));

	assert_string_equal(a->status, "200");
	assert_string_equal(a->content_type, "application/grpc");
	assert_int_equal(a->header_blocks, 2);
	assert_false(a->headers_ended);
	assert_true(a->ended && a->closed);
	assert_int_equal(a->reset, UINT32_MAX);
	assert_string_equal(a->grpc_status, "0");
	assert_int_equal(a->message.len, 0);
	assert_int_equal(a->body.len, 10);
	assert_memory_equal(a->body.data, "\0\0\0\0\5hello", 10);
	assert_int_equal(f->service.finished_count, 1);
	assert_string_equal(f->service.finished_method, "Activate");
	assert_int_equal(f->service.finished_status, MR_GRPC_OK);
	assert_string_equal(f->service.seen_remote, "10.0.0.7:51324");
	assert_int_equal(f->service.seen_peer.len, 5);
	assert_memory_equal(f->service.seen_peer.data, f->pair.conn.certificate.ptr, 5);
}

static void test_empty_message(void **state)
{
	struct fixture *f = *state;
	const struct pair_answer *a = call_with(f, NULL, TEXT(""));

	assert_string_equal(a->grpc_status, "0");
	assert_int_equal(a->body.len, 5);
	assert_memory_equal(a->body.data, "\0\0\0\0\0", 5);
}

static void test_handler_failure(void **state)
{
	struct fixture *f = *state;
	const struct pair_field *deny = FIELDS({ ":path", "/rpc.Marble/Deny" });
	char *text;

	check_refusal(call_with(f, deny, TEXT("no: 100%\n\xC3\xA9\x7F\x1F ~")), "200", "7",
		"no: 100%25%0A%C3%A9%7F%1F ~");
	assert_string_equal(f->service.finished_method, "Deny");
	assert_int_equal(f->service.finished_status, MR_GRPC_PERMISSION_DENIED);

	/* a message that no client would take is cut, between characters */
	text = malloc(5001);
	assert_non_null(text);
	memset(text, 'x', 5000);
	text[4095] = '\xC3';
	text[4096] = '\xA9';
	const struct pair_answer *a = call_with(f, deny, mr_bytes_of(text, 5000));
	free(text);
	assert_string_equal(a->grpc_status, "7");
	assert_int_equal(a->message.len, 4095);
	check_echo(f);
}

static void test_paths(void **state)
{
	static const struct {
		const char *path, *message;
	} cases[] = {
		{ "/rpc.Marble/Deactivate", "unknown method Deactivate for service rpc.Marble" },
		{ "/rpc.Marble/activate", "unknown method activate for service rpc.Marble" },
		{ "/rpc.Marble/Activate?x=1",
			"unknown method Activate?x=1 for service rpc.Marble" },
		{ "/rpc.Marble/", "unknown method  for service rpc.Marble" },
		{ "/grpc.health.v1.Health/Check", "unknown service grpc.health.v1.Health" },
		{ "/rpc.marble/Activate", "unknown service rpc.marble" },
		{ "/rpc.Marble/Activate/more", "unknown service rpc.Marble/Activate" },
		{ "//Activate", "unknown service " },
		{ "/Activate", "malformed method name: \"/Activate\"" },
		{ "/rpc.Marble", "malformed method name: \"/rpc.Marble\"" },
		{ "/", "malformed method name: \"/\"" },
		{ "/a\\b", "malformed method name: \"/a\\\\b\"" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		check_refusal(call_with(f, FIELDS({ ":path", cases[i].path }), TEXT("x")), "200",
			"12", cases[i].message);
		assert_string_equal(f->service.finished_method, "");
		assert_int_equal(f->service.finished_status, MR_GRPC_UNIMPLEMENTED);
	}
	assert_int_equal(f->service.handled, 0);
	assert_int_equal(f->service.finished_count, MR_COUNT(cases));
	check_echo(f);
}

static void test_long_path(void **state)
{
	struct fixture *f = *state;
	char path[5000];
	const struct pair_answer *a;

	memset(path, 'a', sizeof path - 1);
	path[0] = '/';
	path[sizeof path - 1] = '\0';
	a = call_with(f, FIELDS({ ":path", path }), TEXT("x"));
	assert_string_equal(a->grpc_status, "12");
	assert_in_range(a->message.len, 100, 1024);
	path[2000] = '/';
	a = call_with(f, FIELDS({ ":path", path }), TEXT("x"));
	assert_string_equal(a->grpc_status, "12");
	assert_in_range(a->message.len, 100, 1024);
	check_echo(f);
}

static void test_http_methods(void **state)
{
	static const char *const methods[] = { "GET", "PUT", "HEAD", "post", "OPTIONS" };
	struct fixture *f = *state;
	char message[100];

	for (size_t i = 0; i < MR_COUNT(methods); i++) {
		(void)snprintf(message, sizeof message,
			"Received a HEADERS frame with :method \"%s\" which should be POST",
			methods[i]);
		check_refusal(call_with(f, FIELDS({ ":method", methods[i] }), TEXT("x")), "405",
			"13", message);
	}
	check_echo(f);
}

static void test_content_types(void **state)
{
	static const char *const bad[] = { "application/json", "application/grpc-web",
		"application/grpcx", "APPLICATION/GRPC", "application/grp", "", NULL };
	static const char *const good[] = { "application/grpc", "application/grpc+proto",
		"application/grpc;charset=utf-8", "application/grpc+" };
	struct fixture *f = *state;
	char message[100];

	for (size_t i = 0; i < MR_COUNT(bad); i++) {
		(void)snprintf(message, sizeof message, "invalid gRPC request content-type \"%s\"",
			bad[i] ? bad[i] : "");
		check_refusal(call_with(f, FIELDS({ "content-type", bad[i] }), TEXT("x")), "415",
			"3", message);
	}
	for (size_t i = 0; i < MR_COUNT(good); i++)
		assert_string_equal(
			call_with(f, FIELDS({ "content-type", good[i] }), TEXT("x"))->grpc_status,
			"0");
}

static void test_optional_fields(void **state)
{
	struct fixture *f = *state;
	const struct pair_field *cases[] = {
		FIELDS({ "te", NULL }),
		FIELDS({ "user-agent", NULL }),
		FIELDS({ ":authority", NULL }, { "host", "x:1" }),
		FIELDS({ "x-extra", "1" }),
		FIELDS({ "grpc-timeout", "10S" }),
		FIELDS({ "grpc-timeout", "99999999H" }),
		FIELDS({ "grpc-timeout", "99999999n" }),
		FIELDS({ "grpc-timeout", "1M" }),
		FIELDS({ "grpc-encoding", "identity" }),
		FIELDS({ "grpc-encoding", "" }),
		FIELDS({ "grpc-accept-encoding", "gzip,deflate" }),
	};

	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		const struct pair_answer *a = call_with(f, cases[i], TEXT("x"));

		assert_string_equal(a->grpc_status, "0");
		assert_int_equal(a->body.data[0], 0);
	}
}

static void test_compression(void **state)
{
	static const struct {
		uint8_t flag;
		const char *encoding, *status, *message;
	} cases[] = {
		{ 1, "gzip", "12",
			"grpc: Decompressor is not installed for grpc-encoding \"gzip\"" },
		{ 0, "gzip", "12",
			"grpc: Decompressor is not installed for grpc-encoding \"gzip\"" },
		{ 1, "snappy", "12",
			"grpc: Decompressor is not installed for grpc-encoding \"snappy\"" },
		{ 1, NULL, "13", "grpc: compressed flag set with identity or empty encoding" },
		{ 1, "identity", "13",
			"grpc: compressed flag set with identity or empty encoding" },
		{ 2, NULL, "13", "grpc: received unexpected payload format 2" },
		{ 255, NULL, "13", "grpc: received unexpected payload format 255" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		MR_AUTO(buf) struct mr_buf body = { 0 };

		mr_buf_init(&body, 100);
		pair_frame(&body, cases[i].flag, TEXT("hello"));
		check_refusal(pair_call(&f->pair, FIELDS({ "grpc-encoding", cases[i].encoding }),
				      mr_buf_bytes(&body)),
			"200", cases[i].status, cases[i].message);
	}
	assert_int_equal(f->service.handled, 0);
	check_echo(f);
}

static void test_truncated_messages(void **state)
{
	static const struct {
		size_t len;
		const char *message;
	} cases[] = {
		{ 0, "EOF" },
		{ 1, "EOF" },
		{ 4, "EOF" },
		{ 5, "unexpected EOF" },
		{ 9, "unexpected EOF" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < MR_COUNT(cases); i++)
		check_refusal(
			pair_call(&f->pair, NULL, mr_bytes_of("\0\0\0\0\5hello", cases[i].len)),
			"200", "2", cases[i].message);
	/* the end in an empty frame of its own */
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		struct mr_bytes part = { (const uint8_t *)"\0\0\0\0\5hello", cases[i].len };
		int32_t stream = pair_request(&f->pair, NULL, &part, false);

		pair_pump(&f->pair);
		pair_send(&f->pair, stream, mr_bytes_of("", 0), true);
		pair_pump(&f->pair);
		check_refusal(pair_answer_of(&f->pair, stream), "200", "2", cases[i].message);
	}
	assert_int_equal(f->service.handled, 0);
	check_echo(f);
}

static void test_end_with_the_headers(void **state)
{
	struct fixture *f = *state;
	int32_t stream = pair_request(&f->pair, NULL, NULL, true);

	pair_pump(&f->pair);
	check_refusal(pair_answer_of(&f->pair, stream), "200", "2", "EOF");
	check_echo(f);
}

static void test_second_message(void **state)
{
	static const struct {
		const char *data;
		size_t len;
	} cases[] = { { "\0\0\0\0\1a\0\0\0\0\1b", 12 }, { "\0\0\0\0\1ab", 7 },
		{ "\0\0\0\0\0a", 6 } };
	struct fixture *f = *state;

	for (size_t i = 0; i < MR_COUNT(cases); i++)
		check_refusal(pair_call(&f->pair, NULL, mr_bytes_of(cases[i].data, cases[i].len)),
			"200", "13", "grpc: more than one message in a unary request");
	assert_int_equal(f->service.handled, 0);
	check_echo(f);
}

static void test_timeouts(void **state)
{
	static const char *const over[] = { "1n", "0m", "0H", "999999n", "999u", "00000000S" };
	static const char *const malformed[] = { "soon", "10", "S", "-1S", "999999999S", "1s",
		"1 S", "", "1SS", "+1S", "0x1S" };
	struct fixture *f = *state;
	char message[100];

	for (size_t i = 0; i < MR_COUNT(over); i++)
		check_refusal(call_with(f, FIELDS({ "grpc-timeout", over[i] }), TEXT("x")), "200",
			"4", "context deadline exceeded");
	for (size_t i = 0; i < MR_COUNT(malformed); i++) {
		(void)snprintf(
			message, sizeof message, "malformed grpc-timeout: \"%s\"", malformed[i]);
		check_refusal(call_with(f, FIELDS({ "grpc-timeout", malformed[i] }), TEXT("x")),
			"400", "13", message);
	}
	assert_int_equal(f->service.handled, 0);
	check_echo(f);
}

/* --- sizes --- */

static void test_largest_message(void **state)
{
	struct fixture *f = *state;
	uint8_t *content = calloc(1, MR_GRPC_MESSAGE_LIMIT);
	const struct pair_answer *a;

	assert_non_null(content);
	content[MR_GRPC_MESSAGE_LIMIT - 1] = 7;
	a = call_with(f, NULL, mr_bytes_of(content, MR_GRPC_MESSAGE_LIMIT));
	assert_string_equal(a->grpc_status, "0");
	assert_int_equal(a->body.len, MR_GRPC_MESSAGE_LIMIT + 5);
	assert_int_equal(a->body.data[MR_GRPC_MESSAGE_LIMIT + 4], 7);
	free(content);
}

static void test_too_large_message(void **state)
{
	struct fixture *f = *state;
	uint8_t *content = calloc(1, MR_GRPC_MESSAGE_LIMIT + 70000);
	const struct pair_answer *a;

	assert_non_null(content);
	a = call_with(f, NULL, mr_bytes_of(content, MR_GRPC_MESSAGE_LIMIT + 1));
	check_refusal(
		a, "200", "8", "grpc: received message larger than max (4194305 vs. 4194304)");
	/* still sending: told to stop, without blame */
	assert_int_equal(a->reset, NGHTTP2_NO_ERROR);
	a = call_with(f, NULL, mr_bytes_of(content, MR_GRPC_MESSAGE_LIMIT + 70000));
	check_refusal(
		a, "200", "8", "grpc: received message larger than max (4264304 vs. 4194304)");
	free(content);
	check_echo(f);
}

static void test_announced_size_is_enough(void **state)
{
	struct fixture *f = *state;
	struct mr_bytes prefix = TEXT("\0\xFF\xFF\xFF\xFF");
	int32_t stream = pair_request(&f->pair, NULL, &prefix, false);

	pair_pump(&f->pair);
	check_refusal(pair_answer_of(&f->pair, stream), "200", "8",
		"grpc: received message larger than max (4294967295 vs. 4194304)");
	assert_int_equal(pair_answer_of(&f->pair, stream)->reset, NGHTTP2_NO_ERROR);
	check_echo(f);
}

/* Header fields of about `size` bytes in all, each below a frame's size. */
static struct pair_answer *call_with_padding(struct fixture *f, size_t size)
{
	enum { VALUE = 6000, MOST = 200 };
	static char value[VALUE + 1], names[MOST][16];
	static struct pair_field fields[MOST + 1];
	size_t count = size / VALUE;

	memset(value, 'v', VALUE);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(names[i], sizeof names[i], "x-pad-%zu", i);
		fields[i] = (struct pair_field){ names[i], value };
	}
	fields[count] = (struct pair_field){ NULL, NULL };
	return call_with(f, fields, TEXT("x"));
}

static void test_header_list(void **state)
{
	struct fixture *f = *state;
	const struct pair_answer *a = call_with_padding(f, 36000);

	assert_string_equal(a->grpc_status, "0");
	a = call_with_padding(f, 80000);
	assert_string_equal(a->status, "431");
	assert_string_equal(a->grpc_status, "8");
	assert_true(
		mr_str_starts(mr_buf_str(&a->message), MR_STR("header list larger than max (")));
	check_echo(f);
	a = call_with_padding(f, 1000000);
	assert_string_equal(a->grpc_status, "");
	assert_false(f->pair.alive);
}

/* --- HTTP/2 --- */

static void test_malformed_requests_are_reset(void **state)
{
	struct fixture *f = *state;
	const struct pair_field *cases[] = {
		FIELDS({ "connection", "close" }),
		FIELDS({ "X-Upper", "1" }),
		FIELDS({ "x bad", "1" }),
		FIELDS({ "te", "gzip" }),
		FIELDS({ "transfer-encoding", "chunked" }),
		FIELDS({ ":path", NULL }),
		FIELDS({ ":path", "rpc.Marble/Activate" }),
		FIELDS({ ":unknown", "1" }),
		FIELDS({ "content-length", "1" }),
	};

	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		const struct pair_answer *a = call_with(f, cases[i], TEXT("x"));

		assert_int_equal(a->reset, NGHTTP2_PROTOCOL_ERROR);
		assert_string_equal(a->grpc_status, "");
		check_echo(f);
	}
}

static void test_any_cut(void **state)
{
	struct fixture *f = *state;

	for (size_t chunk = 1; chunk < 20; chunk++) {
		f->pair.chunk = chunk;
		check_echo(f);
	}
}

static void test_body_in_one_byte_frames(void **state)
{
	struct fixture *f = *state;
	const char *data = "\0\0\0\0\5hello";
	struct mr_bytes first = { (const uint8_t *)data, 1 };
	int32_t stream = pair_request(&f->pair, NULL, &first, false);

	for (size_t i = 1; i < 10; i++) {
		pair_pump(&f->pair);
		pair_send(&f->pair, stream, mr_bytes_of(data + i, 1), i == 9);
	}
	pair_pump(&f->pair);
	assert_string_equal(pair_answer_of(&f->pair, stream)->grpc_status, "0");
	assert_int_equal(pair_answer_of(&f->pair, stream)->body.len, 10);
}

static void test_end_in_an_empty_frame(void **state)
{
	struct fixture *f = *state;
	struct mr_bytes body = TEXT("\0\0\0\0\5hello");
	int32_t stream = pair_request(&f->pair, NULL, &body, false);

	pair_pump(&f->pair);
	assert_int_equal(f->service.handled, 0);
	pair_send(&f->pair, stream, mr_bytes_of("", 0), true);
	pair_pump(&f->pair);
	assert_string_equal(pair_answer_of(&f->pair, stream)->grpc_status, "0");
}

static void test_trailers_end_a_request(void **state)
{
	static uint8_t name[] = "x-trailer", value[] = "1";
	const nghttp2_nv trailer = { name, value, sizeof name - 1, sizeof value - 1,
		NGHTTP2_NV_FLAG_NONE };
	struct fixture *f = *state;
	struct mr_bytes body = TEXT("\0\0\0\0\5hello");
	int32_t stream = pair_request(&f->pair, NULL, &body, false);

	pair_pump(&f->pair);
	assert_int_equal(nghttp2_submit_trailer(f->pair.client, stream, &trailer, 1), 0);
	pair_pump(&f->pair);
	assert_string_equal(pair_answer_of(&f->pair, stream)->grpc_status, "0");
}

static void test_garbage(void **state)
{
	static const struct {
		const char *data;
		size_t len;
	} cases[] = {
#define GARBAGE(text) { text, sizeof text - 1 }
#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define SETTINGS "\0\0\0\4\0\0\0\0\0"
		GARBAGE("POST /rpc.Marble/Activate HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"),
		GARBAGE("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
		GARBAGE(PREFACE "\0\0\3\4\0\0\0\0\0\0\0\0"),
		GARBAGE(PREFACE SETTINGS "\0\0\1\0\0\0\0\0\0x"),
		GARBAGE(PREFACE SETTINGS "\0\0\1\1\4\0\0\0\0\x82"),
		GARBAGE(PREFACE SETTINGS "\0\0\4\1\4\0\0\0\1\xff\xff\xff\xff"),
		GARBAGE(PREFACE SETTINGS "\xff\xff\xff\0\0\0\0\0\1xxxx"),
		GARBAGE(PREFACE SETTINGS "\0\0\0\x09\4\0\0\0\1"),
		GARBAGE(PREFACE SETTINGS "\0\0\4\x08\0\0\0\0\0\0\0\0\0"),
		GARBAGE(PREFACE SETTINGS "\0\0\5\6\0\0\0\0\0short"),
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		fixture_reopen(f);
		pair_raw(&f->pair, mr_bytes_of(cases[i].data, cases[i].len));
		assert_false(f->pair.alive);
	}
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_good_call),
		CASE(test_empty_message),
		CASE(test_handler_failure),
		CASE(test_paths),
		CASE(test_long_path),
		CASE(test_http_methods),
		CASE(test_content_types),
		CASE(test_optional_fields),
		CASE(test_compression),
		CASE(test_truncated_messages),
		CASE(test_end_with_the_headers),
		CASE(test_second_message),
		CASE(test_timeouts),
		CASE(test_largest_message),
		CASE(test_too_large_message),
		CASE(test_announced_size_is_enough),
		CASE(test_header_list),
		CASE(test_malformed_requests_are_reset),
		CASE(test_any_cut),
		CASE(test_body_in_one_byte_frames),
		CASE(test_end_in_an_empty_frame),
		CASE(test_trailers_end_a_request),
		CASE(test_garbage),
	};

	return cmocka_run_group_tests_name("grpc_server", tests, NULL, NULL);
}
