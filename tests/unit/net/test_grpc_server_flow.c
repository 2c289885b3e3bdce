/* SPDX-License-Identifier: Apache-2.0 */
/* The gRPC server over time: windows, back-pressure, limits, resets, floods, the end of
 * connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "grpc_service.h"

#define KEEP FIELDS({ ":path", "/rpc.Marble/Keep" })
#define LARGE FIELDS({ ":path", "/rpc.Marble/Large" })

static int32_t start(struct fixture *f, const struct pair_field *changes, struct mr_bytes message)
{
	MR_AUTO(buf) struct mr_buf body = { 0 };
	struct mr_bytes content;

	mr_buf_init(&body, (size_t)8 << 20);
	pair_frame(&body, 0, message);
	content = mr_buf_bytes(&body);
	return pair_request(&f->pair, changes, &content, true);
}

static void check_large(const struct fixture *f, const struct pair_answer *a)
{
	assert_string_equal(a->grpc_status, "0");
	assert_int_equal(a->body.len, f->service.answer_size + 5);
	for (size_t i = 0; i < f->service.answer_size; i++)
		assert_int_equal(a->body.data[i + 5], i % 251);
}

/* --- many at a time --- */

static void test_answers_in_any_order(void **state)
{
	struct fixture *f = *state;
	int32_t streams[100];

	for (size_t i = 0; i < 100; i++)
		streams[i] = start(f, KEEP, mr_bytes_of(&i, sizeof i));
	pair_pump(&f->pair);
	assert_int_equal(f->service.kept_count, 100);
	check_echo(f);
	for (size_t i = 100; i-- > 0;) {
		struct mr_grpc_call *call = f->service.kept[i];

		service_reply(call, mr_grpc_call_message(call));
	}
	f->service.kept_count = 0;
	pair_pump(&f->pair);
	for (size_t i = 0; i < 100; i++) {
		const struct pair_answer *a = pair_answer_of(&f->pair, streams[i]);

		assert_string_equal(a->grpc_status, "0");
		assert_memory_equal(a->body.data + 5, &i, sizeof i);
	}
}

static void test_stream_limit(void **state)
{
	struct fixture *f = *state;
	int32_t last = 0;

	check_echo(f); /* the server's settings have come */
	for (size_t i = 0; i < 256; i++)
		last = start(f, KEEP, TEXT("x"));
	pair_pump(&f->pair);
	assert_int_equal(f->service.kept_count, 256);
	/* a client that keeps the rules waits for a place */
	last = start(f, NULL, TEXT("x"));
	pair_pump(&f->pair);
	assert_false(pair_answer_of(&f->pair, last)->closed);
	service_reply(f->service.kept[--f->service.kept_count], TEXT("done"));
	pair_pump(&f->pair);
	assert_string_equal(pair_answer_of(&f->pair, last)->grpc_status, "0");
}

/* Calls that a peer resets go on in their handlers, and count. */
static void test_reset_calls_count_until_answered(void **state)
{
	struct fixture *f = *state;
	const struct pair_answer *a;

	for (size_t i = 0; i < 256; i++) {
		int32_t stream = start(f, KEEP, TEXT("x"));

		pair_pump(&f->pair);
		assert_int_equal(nghttp2_submit_rst_stream(
					 f->pair.client, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL),
			0);
		pair_pump(&f->pair);
	}
	assert_int_equal(f->service.kept_count, 256);
	a = call_with(f, NULL, TEXT("x"));
	check_refusal(a, "200", "8", "grpc: too many calls on this connection");
	service_reply(f->service.kept[--f->service.kept_count], TEXT("nobody hears this"));
	assert_int_equal(f->service.finished_status, MR_GRPC_OK);
	check_echo(f);
}

static void test_stalled_request_holds_up_nobody(void **state)
{
	struct fixture *f = *state;
	struct mr_bytes part = TEXT("\0\0\0\0\5he");
	int32_t stream = pair_request(&f->pair, NULL, &part, false);

	pair_pump(&f->pair);
	check_echo(f);
	pair_send(&f->pair, stream, TEXT("llo"), true);
	pair_pump(&f->pair);
	assert_string_equal(pair_answer_of(&f->pair, stream)->grpc_status, "0");
}

/* --- windows and back-pressure --- */

static void test_client_windows(void **state)
{
	struct fixture *f = *state;
	const nghttp2_settings_entry small = { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1000 };
	int32_t stream;
	struct pair_answer *a;

	f->pair.manual_window = true;
	fixture_reopen(f);
	f->service.answer_size = 200000;
	assert_int_equal(nghttp2_submit_settings(f->pair.client, NGHTTP2_FLAG_NONE, &small, 1), 0);
	stream = start(f, LARGE, TEXT("x"));
	a = pair_answer_of(&f->pair, stream);
	pair_pump(&f->pair);
	assert_int_equal(a->body.len, 1000);
	assert_int_equal(
		nghttp2_submit_window_update(f->pair.client, NGHTTP2_FLAG_NONE, stream, 1 << 20),
		0);
	pair_pump(&f->pair);
	assert_int_equal(a->body.len, 65535); /* the connection's window */
	assert_int_equal(
		nghttp2_submit_window_update(f->pair.client, NGHTTP2_FLAG_NONE, 0, 1 << 20), 0);
	pair_pump(&f->pair);
	check_large(f, a);
}

static void test_output_waits_for_the_socket(void **state)
{
	struct fixture *f = *state;
	const nghttp2_settings_entry large = { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 24 };
	int32_t stream;
	size_t before;

	f->service.answer_size = 3000000;
	assert_int_equal(nghttp2_submit_settings(f->pair.client, NGHTTP2_FLAG_NONE, &large, 1), 0);
	assert_int_equal(
		nghttp2_submit_window_update(f->pair.client, NGHTTP2_FLAG_NONE, 0, 1 << 24), 0);
	stream = start(f, LARGE, TEXT("x"));
	f->pair.conn.blocked = MR_CONN_HIGH_WATER;
	pair_pump(&f->pair);
	assert_int_equal(f->service.handled, 1);
	assert_int_equal(pair_answer_of(&f->pair, stream)->header_blocks, 0);

	/* one portion at a time */
	f->pair.conn.blocked = MR_CONN_HIGH_WATER - 1;
	mr_grpc_server_protocol.writable(f->pair.self);
	before = f->pair.conn.out.len;
	assert_in_range(before, 1, 20000);
	mr_grpc_server_protocol.writable(f->pair.self);
	assert_int_equal(f->pair.conn.out.len, before);
	f->pair.conn.blocked = 0;
	mr_grpc_server_protocol.writable(f->pair.self);
	assert_in_range(f->pair.conn.out.len, MR_CONN_HIGH_WATER, MR_CONN_HIGH_WATER + 20000);
	pair_pump(&f->pair);
	check_large(f, pair_answer_of(&f->pair, stream));
}

static void test_our_window_grows_with_the_message(void **state)
{
	struct fixture *f = *state;
	struct mr_bytes prefix = TEXT("\0\0\x30\0\0"); /* 3 MiB */
	int32_t stream;

	check_echo(f);
	stream = pair_request(&f->pair, NULL, &prefix, false);
	pair_pump(&f->pair);
	assert_in_range(nghttp2_session_get_stream_remote_window_size(f->pair.client, stream),
		900000, 1 << 20);
	assert_in_range(nghttp2_session_get_remote_window_size(f->pair.client), 900000, 1 << 20);
}

static void test_request_bytes_are_bounded(void **state)
{
	struct fixture *f = *state;
	uint8_t *content = calloc(1, 700000);
	int32_t first;

	assert_non_null(content);
	f->service.config.max_buffered = 1000000;
	fixture_reopen(f);
	first = start(f, KEEP, mr_bytes_of(content, 700000));
	pair_pump(&f->pair);
	assert_int_equal(f->service.kept_count, 1);
	check_refusal(call_with(f, NULL, mr_bytes_of(content, 700000)), "200", "8",
		"grpc: too many request bytes are waiting");
	assert_string_equal(call_with(f, NULL, mr_bytes_of(content, 300000))->grpc_status, "0");
	service_reply(f->service.kept[0], TEXT(""));
	f->service.kept_count = 0;
	pair_pump(&f->pair);
	assert_string_equal(pair_answer_of(&f->pair, first)->grpc_status, "0");
	assert_string_equal(call_with(f, NULL, mr_bytes_of(content, 700000))->grpc_status, "0");
	free(content);
}

/* Many connections that each keep their own bounds do not get all memory either; small requests
 * go on. */
static void test_request_bytes_of_all_are_bounded(void **state)
{
	enum { CONNECTIONS = 12, EACH = 4 };
	static uint8_t content[(4 << 20) - 8];
	struct fixture *f = *state;
	struct pair *others = calloc(CONNECTIONS, sizeof *others);
	struct mr_bytes body = { content, sizeof content };
	size_t refused = 0;

	assert_non_null(others);
	content[2] = 0x40; /* 4 MiB, a few bytes of which never come */
	for (size_t i = 0; i < CONNECTIONS; i++) {
		pair_open(&others[i], &f->service.config);
		for (size_t j = 0; j < EACH - 1; j++) {
			int32_t stream = pair_request(&others[i], NULL, &body, false);

			pair_pump(&others[i]);
			refused += strcmp(pair_answer_of(&others[i], stream)->grpc_status, "8") ==
				   0;
		}
	}
	/* 36 messages of 4 MiB are more than 128 MiB */
	assert_in_range(refused, 3, 6);
	check_echo(f);
	for (size_t i = 0; i < CONNECTIONS; i++)
		pair_close(&others[i]);
	free(others);
	assert_string_equal(call_with(f, NULL, body)->grpc_status, "0");
}

/* A peer that asks and does not take its answers gets errors, not our memory. */
static void test_held_answers_are_bounded(void **state)
{
	struct fixture *f = *state;
	int32_t streams[4];

	f->pair.manual_window = true;
	fixture_reopen(f);
	f->service.answer_size = (size_t)30 << 20;
	for (size_t i = 0; i < 4; i++) {
		streams[i] = start(f, LARGE, TEXT("x"));
		pair_pump(&f->pair);
	}
	assert_string_equal(pair_answer_of(&f->pair, streams[0])->grpc_status, "");
	assert_string_equal(pair_answer_of(&f->pair, streams[1])->grpc_status, "");
	check_refusal(pair_answer_of(&f->pair, streams[2]), "200", "8",
		"grpc: too many answers are not taken");
	/* one that gives up its answers may ask again */
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(nghttp2_submit_rst_stream(f->pair.client, NGHTTP2_FLAG_NONE,
					 streams[i], NGHTTP2_CANCEL),
			0);
	pair_pump(&f->pair);
	f->service.answer_size = 5;
	assert_string_equal(call_with(f, LARGE, TEXT("x"))->status, "200");
}

/* Behind one that is above the bound by itself nothing has room. */
static void test_a_large_answer_stays_alone(void **state)
{
	struct fixture *f = *state;
	int32_t streams[2];

	f->pair.manual_window = true;
	fixture_reopen(f);
	f->service.answer_size = (size_t)70 << 20;
	for (size_t i = 0; i < 2; i++) {
		streams[i] = start(f, LARGE, TEXT("x"));
		pair_pump(&f->pair);
		f->service.answer_size = 100000;
	}
	assert_string_equal(pair_answer_of(&f->pair, streams[0])->grpc_status, "");
	check_refusal(pair_answer_of(&f->pair, streams[1]), "200", "8",
		"grpc: too many answers are not taken");
}

/* What one connection may do, many may not do together: streams. */
static void test_streams_of_all_are_bounded(void **state)
{
	struct fixture *f = *state;
	struct pair *others = calloc(2, sizeof *others);
	struct mr_bytes part = TEXT("\0\0\0\0\5he");
	const size_t counts[] = { 9,
		5 }; /* all there are and one more; four that everybody has, and one more */

	assert_non_null(others);
	f->service.config.max_open = 8;
	fixture_reopen(f);
	for (size_t k = 0; k < 2; k++) {
		int32_t last = 0;
		pair_open(&others[k], &f->service.config);
		for (size_t i = 0; i < counts[k]; i++)
			last = pair_request(&others[k], NULL, &part, false);
		pair_pump(&others[k]);
		assert_int_equal(pair_answer_of(&others[k], last)->reset, NGHTTP2_REFUSED_STREAM);
		assert_false(pair_answer_of(&others[k], last - 2)->closed);
	}
	check_echo(f);
	pair_close(&others[0]);
	/* there is room again */
	int32_t stream = pair_request(&others[1], NULL, &part, false);
	pair_pump(&others[1]);
	assert_false(pair_answer_of(&others[1], stream)->closed);
	pair_close(&others[1]);
	free(others);
}

/* Answers that are not taken: large ones find no room, small ones do. */
static void test_held_answers_of_all_are_bounded(void **state)
{
	struct fixture *f = *state;
	struct pair *other = calloc(1, sizeof *other);

	assert_non_null(other);
	f->service.config.max_held = 300000;
	f->pair.manual_window = true;
	fixture_reopen(f);
	pair_open(other, &f->service.config);
	f->service.answer_size = 200000;
	int32_t held = start(f, LARGE, TEXT("x"));
	pair_pump(&f->pair);
	assert_string_equal(pair_answer_of(&f->pair, held)->grpc_status, "");
	check_refusal(pair_call(other, LARGE, TEXT("\0\0\0\0\0")), "200", "8",
		"grpc: too many answers are not taken");
	f->service.answer_size = 5;
	assert_string_equal(pair_call(other, LARGE, TEXT("\0\0\0\0\0"))->grpc_status, "0");
	pair_close(other);
	free(other);
}

/* --- time --- */

static void test_step_deadlines(void **state)
{
	struct fixture *f = *state;
	struct mr_bytes part = TEXT("\0\0\0\0\5he");
	int32_t stream;
	size_t before;

	check_echo(f);
	assert_int_equal(f->pair.conn.deadline_ms, 0);
	stream = pair_request(&f->pair, NULL, &part, false);
	pair_pump(&f->pair);
	assert_int_equal(f->pair.conn.deadline_ms, 120000);
	/* more bytes of one step do not extend it, another request that gets done does */
	before = f->pair.conn.deadlines;
	pair_send(&f->pair, stream, TEXT("l"), false);
	pair_pump(&f->pair);
	assert_int_equal(f->pair.conn.deadlines, before);
	check_echo(f);
	assert_true(f->pair.conn.deadlines > before);
	assert_int_equal(f->pair.conn.deadline_ms, 120000);
	pair_send(&f->pair, stream, TEXT("lo"), true);
	pair_pump(&f->pair);
	assert_int_equal(f->pair.conn.deadline_ms, 0);
	/* a call in its handler is ours to hurry, and its connection not idle */
	(void)start(f, KEEP, TEXT("x"));
	pair_pump(&f->pair);
	assert_int_equal(f->pair.conn.deadline_ms, 600000);
	service_reply(f->service.kept[0], TEXT(""));
	f->service.kept_count = 0;
	pair_pump(&f->pair);
	assert_int_equal(f->pair.conn.deadline_ms, 0);
	/* every call done at once gives the idle time anew */
	before = f->pair.conn.deadlines;
	check_echo(f);
	assert_true(f->pair.conn.deadlines > before);
	assert_int_equal(f->pair.conn.deadline_ms, 0);
}

/* --- peers that change their mind, or flood --- */

static void test_reset_requests_are_forgotten(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < 20; i++) {
		struct mr_bytes part = TEXT("\0\0\0\0\5he");
		int32_t stream = pair_request(&f->pair, NULL, &part, false);

		pair_pump(&f->pair);
		assert_int_equal(nghttp2_submit_rst_stream(
					 f->pair.client, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL),
			0);
	}
	pair_pump(&f->pair);
	assert_int_equal(f->service.finished_count, 0);
	check_echo(f);
}

static void test_reset_while_answering(void **state)
{
	struct fixture *f = *state;
	int32_t stream;

	f->pair.manual_window = true;
	fixture_reopen(f);
	f->service.answer_size = 200000;
	stream = start(f, LARGE, TEXT("x"));
	pair_pump(&f->pair);
	assert_int_equal(pair_answer_of(&f->pair, stream)->body.len, 65535);
	assert_int_equal(nghttp2_submit_rst_stream(
				 f->pair.client, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL),
		0);
	assert_int_equal(
		nghttp2_submit_window_update(f->pair.client, NGHTTP2_FLAG_NONE, 0, 1 << 20), 0);
	pair_pump(&f->pair);
	check_echo(f);
}

static void test_reset_flood(void **state)
{
	struct fixture *f = *state;
	size_t sent = 0;

	while (f->pair.alive && sent < 1900) {
		int32_t stream = pair_request(&f->pair, NULL, NULL, false);

		pair_pump(&f->pair);
		assert_int_equal(nghttp2_submit_rst_stream(
					 f->pair.client, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL),
			0);
		pair_pump(&f->pair);
		sent++;
	}
	assert_in_range(sent, 300, 1899);
	assert_false(f->pair.alive);
}

static size_t flood(struct fixture *f, const char *frame, size_t len, size_t most)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";
	size_t sent = 0;

	fixture_reopen(f);
	pair_raw(&f->pair, mr_bytes_of(preface, sizeof preface));
	while (f->pair.alive && sent < most) {
		pair_raw(&f->pair, mr_bytes_of(frame, len));
		mr_buf_clear(&f->pair.conn.out);
		sent++;
	}
	return sent;
}

static void test_frame_floods(void **state)
{
	struct fixture *f = *state;

	assert_in_range(flood(f, "\0\0\x08\6\0\0\0\0\0ABCDEFGH", 17, 100000), 2000, 99999);
	assert_in_range(flood(f, "\0\0\0\4\0\0\0\0\0", 9, 100000), 500, 99999);
	assert_in_range(flood(f, "\0\0\4\x08\0\0\0\0\0\0\0\0\1", 13, 100000), 2000, 99999);
	assert_in_range(flood(f, "\0\0\5\2\0\0\0\0\1\0\0\0\0\0", 14, 100000), 2000, 99999);
}

/* Acknowledgements that the peer does not read are bounded as well. */
static void test_unread_acknowledgements(void **state)
{
	struct fixture *f = *state;
	size_t sent = 0;

	check_echo(f);
	f->pair.conn.blocked = MR_CONN_HIGH_WATER;
	while (f->pair.alive && sent++ < 4000)
		pair_raw(&f->pair, mr_bytes_of("\0\0\x08\6\0\0\0\0\0ABCDEFGH", 17));
	assert_in_range(sent, 100, 3999);
	assert_int_equal(f->pair.conn.out.len, 0);
}

/* Busy and well-behaved peers are not taken for a flood. */
static void test_busy_peer(void **state)
{
	static const uint8_t data[8] = { 0 };
	struct fixture *f = *state;

	for (size_t i = 0; i < 2000; i++) {
		int32_t stream = start(f, NULL, TEXT("x"));

		for (size_t j = 0; j < 4; j++)
			assert_int_equal(
				nghttp2_submit_ping(f->pair.client, NGHTTP2_FLAG_NONE, data), 0);
		pair_pump(&f->pair);
		assert_string_equal(pair_answer_of(&f->pair, stream)->grpc_status, "0");
	}
	assert_true(f->pair.alive);
	assert_int_equal(f->pair.pings, 8000);
}

/* --- the end --- */

static void test_connection_ends_before_the_answer(void **state)
{
	struct fixture *f = *state;
	struct mr_bytes part = TEXT("\0\0\0\0\5he");

	(void)start(f, KEEP, TEXT("outlives"));
	(void)start(f, KEEP, TEXT("x"));
	(void)pair_request(&f->pair, NULL, &part, false);
	pair_pump(&f->pair);
	assert_int_equal(f->service.kept_count, 2);
	pair_close_server(&f->pair);
	assert_memory_equal(mr_grpc_call_message(f->service.kept[0]).ptr, "outlives", 8);
	assert_int_equal(mr_grpc_call_peer_certificate(f->service.kept[0]).len, 5);
	mr_grpc_fail(f->service.kept[0], MR_GRPC_ABORTED, MR_STR("late"));
	assert_int_equal(f->service.finished_status, MR_GRPC_ABORTED);
	f->service.kept[0] = f->service.kept[1];
	f->service.kept_count = 1;
}

static void test_drain(void **state)
{
	struct fixture *f = *state;
	int32_t running = start(f, KEEP, TEXT("x")), late;

	pair_pump(&f->pair);
	mr_grpc_server_protocol.drain(f->pair.self);
	mr_grpc_server_protocol.drain(f->pair.self);
	late = start(f, NULL, TEXT("x"));
	pair_pump(&f->pair);
	assert_int_equal(f->pair.goaway, NGHTTP2_NO_ERROR);
	assert_false(f->pair.conn.finished);
	assert_string_equal(pair_answer_of(&f->pair, late)->grpc_status, "");
	service_reply(f->service.kept[0], TEXT("done"));
	f->service.kept_count = 0;
	assert_true(f->pair.conn.finished);
	pair_pump(&f->pair);
	assert_string_equal(pair_answer_of(&f->pair, running)->grpc_status, "0");
}

static void test_drain_when_idle(void **state)
{
	struct fixture *f = *state;

	check_echo(f);
	assert_false(f->pair.conn.finished);
	mr_grpc_server_protocol.drain(f->pair.self);
	assert_true(f->pair.conn.finished);
	assert_int_equal(f->pair.conn.finishes, 1);
}

static void test_end_of_input(void **state)
{
	struct fixture *f = *state;

	check_echo(f);
	assert_false(mr_grpc_server_protocol.end_of_input(f->pair.self));
}

static void test_goaway_of_the_peer(void **state)
{
	struct fixture *f = *state;
	int32_t stream = start(f, KEEP, TEXT("x"));

	pair_pump(&f->pair);
	assert_int_equal(nghttp2_submit_goaway(
				 f->pair.client, NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, NULL, 0),
		0);
	pair_pump(&f->pair);
	assert_false(f->pair.conn.finished);
	service_reply(f->service.kept[0], TEXT("done"));
	f->service.kept_count = 0;
	pair_pump(&f->pair);
	assert_string_equal(pair_answer_of(&f->pair, stream)->grpc_status, "0");
}

static void test_answers_that_cannot_be(void **state)
{
	struct fixture *f = *state;
	struct mr_buf message;
	int32_t streams[2];

	for (size_t i = 0; i < 2; i++)
		streams[i] = start(f, KEEP, TEXT("x"));
	pair_pump(&f->pair);
	mr_buf_init_secret(&message, 2);
	mr_buf_put_cstr(&message, "too long");
	mr_grpc_reply(f->service.kept[0], &message);
	mr_grpc_fail(f->service.kept[1], MR_GRPC_OK, MR_STR("no error"));
	f->service.kept_count = 0;
	pair_pump(&f->pair);
	check_refusal(pair_answer_of(&f->pair, streams[0]), "200", "8",
		"grpc: the answer cannot be held");
	check_refusal(pair_answer_of(&f->pair, streams[1]), "200", "13", "no error");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_answers_in_any_order),
		CASE(test_stream_limit),
		CASE(test_reset_calls_count_until_answered),
		CASE(test_stalled_request_holds_up_nobody),
		CASE(test_client_windows),
		CASE(test_output_waits_for_the_socket),
		CASE(test_our_window_grows_with_the_message),
		CASE(test_request_bytes_are_bounded),
		CASE(test_request_bytes_of_all_are_bounded),
		CASE(test_held_answers_are_bounded),
		CASE(test_a_large_answer_stays_alone),
		CASE(test_streams_of_all_are_bounded),
		CASE(test_held_answers_of_all_are_bounded),
		CASE(test_step_deadlines),
		CASE(test_reset_requests_are_forgotten),
		CASE(test_reset_while_answering),
		CASE(test_reset_flood),
		CASE(test_frame_floods),
		CASE(test_unread_acknowledgements),
		CASE(test_busy_peer),
		CASE(test_connection_ends_before_the_answer),
		CASE(test_drain),
		CASE(test_drain_when_idle),
		CASE(test_end_of_input),
		CASE(test_goaway_of_the_peer),
		CASE(test_answers_that_cannot_be),
	};

	return cmocka_run_group_tests_name("grpc_server_flow", tests, NULL, NULL);
}
