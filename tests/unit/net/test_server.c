/* SPDX-License-Identifier: Apache-2.0 */
/* Connections and their bounds: what peers do that are slow, silent, rude or many (20 §1, 30
 * §1.1, 1.5). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "server_rig.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

/* The begin of a ClientHello that never comes. */
static const char half_hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";

static int set_up(void **state)
{
	static struct rig rig;

	rig_init(&rig);
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	rig_stop(*state);
	return 0;
}

static const struct peer_options any = { .version = 0 };

static void assert_ends_with(const struct mr_buf *got, const char *text)
{
	if (!mr_str_ends(mr_buf_str(got), mr_str_of(text)))
		fail_msg("got: %.*s", MR_STR_ARGS(mr_buf_str(got)));
}

/* --- what is no TLS --- */

static void test_plain_http_gets_a_plain_answer(void **state)
{
	static const char *const texts[] = { GET("/"), "HEAD / HTTP/1.0\r\n\r\n", "POST",
		"OPTIONS * HTTP/1.1\r\n" };
	struct rig *rig = *state;

	rig_start(rig);
	for (size_t i = 0; i < MR_COUNT(texts); i++) {
		MR_AUTO(buf) struct mr_buf got = { 0 };
		int fd = raw_connect(rig);
		mr_buf_init(&got, 1000);
		assert_true(raw_send(fd, texts[i], strlen(texts[i])));
		raw_drain(fd, &got);
		assert_true(mr_str_eq(mr_buf_str(&got), MR_STR(RIG_PLAIN_ANSWER)));
		(void)close(fd);
	}
	rig_wait_event(rig, "client sent an HTTP request to an HTTPS server");
	rig_wait_connections(rig, 0);
}

static void test_garbage_ends_its_connection_only(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} texts[] = { { "SSH-2.0-OpenSSH_9.2\r\n", 21 },
		{ "\x16\x03\x01\xff\xff"
		  "AAAAAAAAAAAAAAAA",
			21 },
		{ "\0\0\0\0\0\0\0\0", 8 },
		{ "\x80\x2e\x01\0\x02"
		  "aaaaaaaaaaaaaaaaaa",
			23 },
		{ "\x15\x03\x03\0\x02\x02\x28", 7 }, { "GETTING", 7 }, { "Q", 1 } };
	struct rig *rig = *state;

	rig_start(rig);
	for (size_t i = 0; i < MR_COUNT(texts); i++) {
		MR_AUTO(buf) struct mr_buf got = { 0 };
		int fd = raw_connect(rig);
		mr_buf_init(&got, 1000);
		(void)raw_send(fd, texts[i].bytes, texts[i].len);
		(void)shutdown(fd, SHUT_WR);
		raw_drain(fd, &got);
		/* an alert at most */
		assert_true(got.len == 0 || got.data[0] == 0x15);
		(void)close(fd);
		assert_true(rig_get(rig, "/", NULL));
	}
	rig_wait_connections(rig, 0);
}

static void test_probes_are_not_reported(void **state)
{
	struct rig *rig = *state;

	rig_start(rig);
	for (size_t i = 0; i < 5; i++)
		(void)close(raw_connect(rig));
	for (size_t i = 0; i < 5; i++)
		raw_reset(raw_connect(rig));
	rig_wait_connections(rig, 0);
	assert_int_equal(rig_event_count(rig), 0);
	/* going away in the middle is */
	int fd = raw_connect(rig);
	assert_true(raw_send(fd, half_hello, sizeof(half_hello) - 1));
	(void)close(fd);
	rig_wait_event(rig, ": EOF");
	assert_int_equal(rig_event_count(rig), 1);
}

/* --- time --- */

static void test_handshakes_have_a_deadline(void **state)
{
	struct rig *rig = *state;

	rig->limits.handshake_ms = 300;
	rig_start(rig);
	int silent = raw_connect(rig), slow = raw_connect(rig);
	assert_true(raw_send(slow, half_hello, sizeof(half_hello) - 1));
	raw_drain(silent, NULL);
	raw_drain(slow, NULL);
	rig_wait_event(rig, ": i/o timeout");
	(void)close(silent);
	(void)close(slow);
	rig_wait_connections(rig, 0);
	/* who had nothing to say is not worth a line */
	assert_int_equal(rig_event_count(rig), 1);
}

static void test_idle_connections_end(void **state)
{
	struct rig *rig = *state;
	struct peer p;

	rig->limits.idle_ms = 300;
	rig_start(rig);
	assert_true(peer_connect(&p, rig, &any));
	assert_true(peer_get(&p, "/", NULL));
	assert_true(peer_is_closed(&p));
	peer_close(&p);
}

static void test_the_first_request_has_a_time_of_its_own(void **state)
{
	struct rig *rig = *state;
	struct peer silent, kept;

	rig->first_byte_ms = 300;
	rig_start(rig);
	assert_true(peer_connect(&kept, rig, &any));
	assert_true(peer_get(&kept, "/", NULL));
	assert_true(peer_connect(&silent, rig, &any));
	assert_true(peer_is_closed(&silent));
	assert_true(peer_get(&kept, "/", NULL));
	peer_close(&silent);
	peer_close(&kept);
}

static void test_heads_and_bodies_have_deadlines(void **state)
{
	struct rig *rig = *state;
	struct peer head, body;

	rig->http.header_ms = 300;
	rig->http.body_ms = 300;
	rig_start(rig);
	assert_true(peer_connect(&head, rig, &any));
	assert_true(peer_send(&head, "GET / HTT"));
	assert_true(peer_connect(&body, rig, &any));
	assert_true(
		peer_send(&body, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123"));
	assert_true(peer_is_closed(&head));
	assert_true(peer_is_closed(&body));
	peer_close(&head);
	peer_close(&body);
}

/* --- numbers --- */

enum { STALLED = 40 };

static void test_stalled_handshakes_keep_nobody_out(void **state)
{
	struct rig *rig = *state;
	int stalled[STALLED];

	rig->limits.max_connections = 16;
	rig_start(rig);
	for (size_t i = 0; i < STALLED; i++) {
		stalled[i] = raw_connect(rig);
		if (i % 2)
			(void)raw_send(stalled[i], half_hello, sizeof(half_hello) - 1);
		if (i % 8 == 7)
			assert_true(rig_get(rig, "/", NULL));
	}
	/* the oldest ones had to go */
	raw_drain(stalled[0], NULL);
	rig_wait_event(rig, "too many handshakes");
	for (size_t i = 0; i < STALLED; i++)
		(void)close(stalled[i]);
	rig_wait_connections(rig, 0);
}

static void test_a_full_server_makes_others_wait(void **state)
{
	enum { MAX = 4 };
	struct rig *rig = *state;
	struct peer busy[MAX];

	rig->limits.max_connections = MAX;
	rig_start(rig);
	for (size_t i = 0; i < MAX; i++) {
		assert_true(peer_connect(&busy[i], rig, &any));
		assert_true(peer_send(&busy[i], "GET / HT"));
	}
	rig_wait_connections(rig, MAX);
	/* the system takes the connection, the server does not; it is there when there is room */
	int waiting = raw_connect(rig);
	assert_true(raw_send(waiting, GET("/"), strlen(GET("/"))));
	assert_true(peer_send(&busy[1], "TP/1.1\r\nHost: a\r\n\r\n"));
	assert_true(peer_answer(&busy[1], NULL));
	assert_int_equal(mr_server_connections(rig->server), MAX);
	assert_int_equal(mr_server_most_connections(rig->server), MAX);
	peer_close(&busy[0]);
	MR_AUTO(buf) struct mr_buf got = { 0 };
	mr_buf_init(&got, 1000);
	raw_drain(waiting, &got);
	assert_true(mr_str_eq(mr_buf_str(&got), MR_STR(RIG_PLAIN_ANSWER)));
	(void)close(waiting);
	for (size_t i = 1; i < MAX; i++)
		peer_close(&busy[i]);
	rig_wait_connections(rig, 0);
}

static void test_a_full_server_lets_go_of_idle_ones(void **state)
{
	enum { MAX = 4 };
	struct rig *rig = *state;
	struct peer busy, idle[MAX - 1];

	rig->limits.max_connections = MAX;
	rig->limits.shed_after_ms = 1;
	rig_start(rig);
	assert_true(peer_connect(&busy, rig, &any));
	assert_true(peer_send(&busy, "GET / HT"));
	for (size_t i = 0; i < MAX - 1; i++) {
		assert_true(peer_connect(&idle[i], rig, &any));
		assert_true(peer_get(&idle[i], "/", NULL));
	}
	assert_true(rig_get(rig, "/", NULL));
	/* the one that was idle for longest had to go, and nobody else */
	assert_true(peer_is_closed(&idle[0]));
	assert_true(peer_get(&idle[1], "/", NULL));
	assert_true(peer_get(&idle[2], "/", NULL));
	assert_true(peer_send(&busy, "TP/1.1\r\nHost: a\r\n\r\n"));
	assert_true(peer_answer(&busy, NULL));
	for (size_t i = 0; i < MAX - 1; i++)
		peer_close(&idle[i]);
	peer_close(&busy);
}

/* Loops share the bound; room that one makes is seen by the others. */
static void test_room_made_by_another_loop(void **state)
{
	enum { MAX = 4, WAITING = 12 };
	struct rig *rig = *state;
	struct peer busy[MAX];
	int waiting[WAITING];

	rig->loops = 3;
	rig->limits.max_connections = MAX;
	rig_start(rig);
	for (size_t i = 0; i < MAX; i++) {
		assert_true(peer_connect(&busy[i], rig, &any));
		assert_true(peer_send(&busy[i], "GET / HT"));
		/* a handshake counts until its end is seen, so one after the other */
		assert_true(peer_send(&busy[i], "TP/1.1\r\nHost: a\r\n\r\nGET"));
		assert_true(peer_answer(&busy[i], NULL));
	}
	for (size_t i = 0; i < WAITING; i++) {
		waiting[i] = raw_connect(rig);
		assert_true(raw_send(waiting[i], GET("/"), strlen(GET("/"))));
	}
	for (size_t i = 0; i < MAX; i++)
		peer_close(&busy[i]);
	for (size_t i = 0; i < WAITING; i++) {
		raw_drain(waiting[i], NULL);
		(void)close(waiting[i]);
	}
	rig_wait_connections(rig, 0);
}

static void test_many_connections_on_many_loops(void **state)
{
	enum { COUNT = 60 };
	struct rig *rig = *state;
	struct peer all[COUNT];

	rig->loops = 3;
	rig_start(rig);
	for (size_t i = 0; i < COUNT; i++) {
		assert_true(peer_connect(&all[i], rig, &any));
		assert_true(peer_get(&all[i], "/1", NULL));
	}
	rig_wait_connections(rig, COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		assert_true(peer_get(&all[i], "/2", NULL));
		peer_close(&all[i]);
	}
	rig_wait_connections(rig, 0);
}

/* --- moving bytes --- */

static void assert_big(const struct mr_buf *body)
{
	assert_int_equal(body->len, RIG_BIG);
	for (size_t i = 0; i < body->len; i++) {
		if (body->data[i] != i % 251)
			fail_msg("byte %zu is wrong", i);
	}
}

static void test_large_answers(void **state)
{
	struct rig *rig = *state;
	MR_AUTO(buf) struct mr_buf body = { 0 };
	struct peer p;

	mr_buf_init(&body, RIG_BIG + 100000);
	rig_start(rig);
	assert_true(peer_connect(&p, rig, &any));
	for (size_t i = 0; i < 2; i++) {
		mr_buf_clear(&body);
		assert_true(peer_get(&p, "/big", &body));
		assert_big(&body);
	}
	peer_close(&p);
}

static void test_a_peer_that_does_not_read_stops_nobody(void **state)
{
	struct rig *rig = *state;
	struct peer greedy;

	rig_start(rig);
	assert_true(peer_connect(&greedy, rig, &any));
	for (size_t i = 0; i < 20; i++)
		assert_true(peer_send(&greedy, GET("/big")));
	for (size_t i = 0; i < 3; i++)
		assert_true(rig_get(rig, "/", NULL));
	peer_close(&greedy);
	rig_wait_connections(rig, 0);
}

static void test_plain_connections(void **state)
{
	struct rig *rig = *state;
	MR_AUTO(buf) struct mr_buf got = { 0 };

	rig->plain = true;
	rig_start(rig);
	mr_buf_init(&got, RIG_BIG + 100000);
	int fd = raw_connect(rig);
	assert_true(raw_send(fd, GET("/1") GET("/2"), 2 * strlen(GET("/1"))));
	/* the peer has said all and waits */
	(void)shutdown(fd, SHUT_WR);
	raw_drain(fd, &got);
	assert_ends_with(&got, "\r\n\r\n/2");
	(void)close(fd);

	mr_buf_clear(&got);
	fd = raw_connect(rig);
	assert_true(raw_send(fd, "GET /big HTTP/1.0\r\n\r\n", 21));
	raw_drain(fd, &got);
	mr_buf_consume(&got, got.len - RIG_BIG);
	assert_big(&got);
	(void)close(fd);
	rig_wait_connections(rig, 0);
}

/* What comes while a request is worked on waits, at first with us and then with the system, and
 * is not lost. */
static void test_pipelined_requests_wait(void **state)
{
	enum { COUNT = 4000 };
	struct rig *rig = *state;
	MR_AUTO(buf) struct mr_buf got = { 0 };
	struct peer p;

	rig_start(rig);
	mr_buf_init(&got, 1000);
	assert_true(peer_connect(&p, rig, &any));
	assert_true(peer_send(&p, GET("/hold")));
	rig_wait_held(rig);
	for (size_t i = 0; i < COUNT; i++)
		assert_true(peer_send(&p, GET("/after")));
	rig_release(rig);
	assert_true(peer_answer(&p, &got));
	assert_true(mr_str_eq(mr_buf_str(&got), MR_STR("/hold")));
	for (size_t i = 0; i < COUNT; i++) {
		mr_buf_clear(&got);
		if (!peer_answer(&p, &got) || !mr_str_eq(mr_buf_str(&got), MR_STR("/after")))
			fail_msg("answer %zu", i);
	}
	peer_close(&p);
}

/* The answer must reach a peer that is still sending what nobody reads. */
static void test_refusals_reach_peers_that_are_sending(void **state)
{
	enum { MORE = 4 << 20 };
	static char more[MORE];
	struct rig *rig = *state;
	MR_AUTO(buf) struct mr_buf got = { 0 };

	rig->plain = true;
	rig_start(rig);
	mr_buf_init(&got, 100000);
	int fd = raw_connect(rig);
	static const char head[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n";
	assert_true(raw_send(fd, head, sizeof(head) - 1));
	assert_true(raw_send(fd, more, MORE));
	(void)shutdown(fd, SHUT_WR);
	raw_drain(fd, &got);
	assert_true(mr_str_starts(mr_buf_str(&got), MR_STR("HTTP/1.1 413 ")));
	(void)close(fd);
	rig_wait_connections(rig, 0);
}

static void test_resets_in_any_state(void **state)
{
	static const char *const texts[] = { "", "G", GET("/"), GET("/big"),
		("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc") };
	struct rig *rig = *state;

	rig_start(rig);
	for (size_t i = 0; i < 50; i++) {
		struct peer p;
		assert_true(peer_connect(&p, rig, &any));
		if (i % MR_COUNT(texts))
			assert_true(peer_send(&p, texts[i % MR_COUNT(texts)]));
		raw_reset(p.fd);
		p.fd = -1;
		peer_close(&p);
	}
	for (size_t i = 0; i < 50; i++) {
		int fd = raw_connect(rig);
		(void)raw_send(fd, half_hello, i % sizeof(half_hello));
		raw_reset(fd);
	}
	assert_true(rig_get(rig, "/", NULL));
	rig_wait_connections(rig, 0);
}

/* --- answers from elsewhere, and the end --- */

static void test_answers_from_another_thread(void **state)
{
	struct rig *rig = *state;
	struct peer p;

	rig_start(rig);
	assert_true(peer_connect(&p, rig, &any));
	for (size_t i = 0; i < 20; i++) {
		MR_AUTO(buf) struct mr_buf body = { 0 };
		mr_buf_init(&body, 100);
		assert_true(peer_send(&p, GET("/hold")));
		rig_release(rig);
		assert_true(peer_answer(&p, &body));
		assert_true(mr_str_eq(mr_buf_str(&body), MR_STR("/hold")));
	}
	/* the peer has said goodbye, or is just gone, when the answer comes */
	assert_true(peer_send(&p, GET("/hold")));
	rig_wait_held(rig);
	peer_close(&p);
	rig_release(rig);
	rig_wait_connections(rig, 0);
	assert_true(peer_connect(&p, rig, &any));
	assert_true(peer_send(&p, GET("/hold")));
	rig_wait_held(rig);
	raw_reset(p.fd);
	rig_wait_connections(rig, 0);
	rig_release(rig);
	p.fd = -1;
	peer_close(&p);
	assert_true(rig_get(rig, "/", NULL));
}

struct stopper {
	struct rig *rig;
	int64_t grace_ms;
};

static void *stop(void *argument)
{
	struct stopper *stopper = argument;

	mr_server_stop(stopper->rig->server, stopper->grace_ms);
	return NULL;
}

static void test_a_stop_lets_requests_end(void **state)
{
	struct rig *rig = *state;
	struct stopper stopper = { rig, RIG_PATIENCE_S * 1000 };
	struct peer busy, idle;
	pthread_t thread;

	rig_start(rig);
	assert_true(peer_connect(&idle, rig, &any));
	assert_true(peer_connect(&busy, rig, &any));
	assert_true(peer_get(&idle, "/", NULL));
	assert_true(peer_send(&busy, GET("/hold")));
	rig_wait_held(rig);
	assert_int_equal(pthread_create(&thread, NULL, stop, &stopper), 0);
	assert_true(peer_is_closed(&idle));
	peer_close(&idle);
	rig_release(rig);
	assert_true(peer_answer(&busy, NULL));
	assert_true(peer_is_closed(&busy));
	peer_close(&busy);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(mr_server_connections(rig->server), 0);
	assert_true(mr_server_most_connections(rig->server) >= 1);
	assert_int_equal(mr_server_most_connections(rig->server), 0);
	mr_server_stop(rig->server, 0);
}

static void test_a_stop_does_not_wait_for_ever(void **state)
{
	struct rig *rig = *state;
	struct peer p;

	rig_start(rig);
	assert_true(peer_connect(&p, rig, &any));
	assert_true(peer_send(&p, GET("/hold")));
	rig_wait_held(rig);
	mr_server_stop(rig->server, 10);
	assert_true(peer_is_closed(&p));
	peer_close(&p);
	/* whoever works on it is not disturbed */
	rig_release(rig);
}

/* --- addresses --- */

static void assert_listen_fails(
	struct mr_server *server, const char *address, const char *begin, const char *end)
{
	struct mr_listener listener = { .address = address, .protocol = &mr_http_server_protocol };
	char effective[64];
	struct mr_error err;

	assert_true(mr_failed(mr_server_listen(server, &listener, effective, &err)));
	if (!mr_str_starts(mr_str_of(err.message), mr_str_of(begin)) ||
		!mr_str_ends(mr_str_of(err.message), mr_str_of(end)))
		fail_msg("%s: %s", address, err.message);
}

static void test_addresses(void **state)
{
	static const struct {
		const char *address, *effective;
	} good[] = { { "127.0.0.1:0", "127.0.0.1:" }, { ":0", "[::]:" }, { "[::1]:0", "[::1]:" },
		{ "localhost:0", "127.0.0.1:" }, { "0.0.0.0:0", "0.0.0.0:" } };
	static const char *const bad[] = { "", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
		"127.0.0.1:65536", "::1:80", "[::1:80", "127.0.0.1:123456" };
	struct rig *rig = *state;
	struct mr_server *server = NULL;
	struct mr_error err;

	rig_start(rig);
	assert_false(mr_failed(mr_server_new(2, NULL, NULL, &server, &err)));
	for (size_t i = 0; i < MR_COUNT(good); i++) {
		struct mr_listener listener = { .address = good[i].address,
			.protocol = &mr_http_server_protocol };
		char effective[64];
		if (mr_failed(mr_server_listen(server, &listener, effective, &err)))
			fail_msg("%s", err.message);
		if (!mr_str_starts(mr_str_of(effective), mr_str_of(good[i].effective)))
			fail_msg("%s: %s", good[i].address, effective);
	}
	for (size_t i = 0; i < MR_COUNT(bad); i++)
		assert_listen_fails(server, bad[i], "listen tcp: address ", "");
	assert_listen_fails(
		server, "no.such.host.invalid:80", "listen tcp: lookup no.such.host.invalid: ", "");
	/* taken, also by one that would share it */
	assert_listen_fails(
		server, rig->address, "listen tcp 127.0.0.1:", ": bind: address already in use");
	mr_server_free(server);

	assert_false(mr_failed(mr_server_new(0, NULL, NULL, &server, &err)));
	for (size_t i = 0; i < 8; i++) {
		struct mr_listener listener = { .address = "127.0.0.1:0",
			.protocol = &mr_http_server_protocol };
		char effective[64];
		assert_false(mr_failed(mr_server_listen(server, &listener, effective, &err)));
	}
	assert_listen_fails(
		server, "127.0.0.1:0", "listen tcp 127.0.0.1:0: too many listeners", "");
	mr_server_free(server);
	mr_server_free(NULL);
}

static void test_descriptor_limit(void **state)
{
	struct rlimit limit;

	(void)state;
	size_t raised = mr_server_raise_descriptor_limit();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(raised, limit.rlim_cur);
	assert_int_equal(limit.rlim_cur, limit.rlim_max);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_plain_http_gets_a_plain_answer),
		CASE(test_garbage_ends_its_connection_only),
		CASE(test_probes_are_not_reported),
		CASE(test_handshakes_have_a_deadline),
		CASE(test_idle_connections_end),
		CASE(test_the_first_request_has_a_time_of_its_own),
		CASE(test_heads_and_bodies_have_deadlines),
		CASE(test_stalled_handshakes_keep_nobody_out),
		CASE(test_a_full_server_makes_others_wait),
		CASE(test_a_full_server_lets_go_of_idle_ones),
		CASE(test_room_made_by_another_loop),
		CASE(test_many_connections_on_many_loops),
		CASE(test_large_answers),
		CASE(test_a_peer_that_does_not_read_stops_nobody),
		CASE(test_plain_connections),
		CASE(test_pipelined_requests_wait),
		CASE(test_refusals_reach_peers_that_are_sending),
		CASE(test_resets_in_any_state),
		CASE(test_answers_from_another_thread),
		CASE(test_a_stop_lets_requests_end),
		CASE(test_a_stop_does_not_wait_for_ever),
		CASE(test_addresses),
		cmocka_unit_test(test_descriptor_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
