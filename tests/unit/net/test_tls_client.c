/* SPDX-License-Identifier: Apache-2.0 */
/* TLS as a client: what is trusted, what is refused, and that no call outlives its deadline. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "net/tls_client.h"
#include "test_identity.h"
#include "tls_stub.h"

static const char *const h2[] = { "h2" };

/* --- a server that says a word and goes --- */

static void say_hello(struct stub_peer *peer)
{
	char byte;

	(void)stub_write(peer, mr_bytes_of("hello", 5));
	(void)stub_read(peer, &byte, 1);
}

/* Connects to the stub under a name; the outcome. */
static mr_result connect_as(const struct stub *stub, const struct mr_tls_client_config *config,
	struct mr_tls_client **ret, struct mr_error *err)
{
	return mr_tls_client_connect("127.0.0.1", stub->port, config, INT64_MAX, ret, err);
}

/* A connection comes about (`expected` NULL) or fails with this text, to a server with this
 * identity. */
static void check_trust(const struct test_identity *server,
	const struct mr_tls_client_config *config, const char *expected)
{
	MR_AUTO(tls_client) struct mr_tls_client *c = NULL;
	struct stub stub = { .serve = say_hello, .identity = server->tls };
	struct mr_error err = { .message = "" };
	mr_result r;

	stub_start(&stub);
	r = connect_as(&stub, config, &c, &err);
	if (expected) {
		assert_string_equal(err.message, expected);
		assert_int_equal(r.code, MR_CODE_CRYPTO);
		assert_null(c);
	} else {
		char text[6] = "";
		size_t n = 0;

		assert_string_equal(err.message, "");
		assert_false(mr_failed(r));
		assert_false(mr_failed(mr_tls_client_read(c, text, 5, INT64_MAX, &n, &err)));
		assert_string_equal(text, "hello");
		assert_true(mr_bytes_eq(mr_tls_client_peer_certificate(c), server->cert.der));
		mr_tls_client_free(c);
		c = NULL;
	}
	stub_stop(&stub);
}

#define UNKNOWN "x509: certificate signed by unknown authority"
#define TIME "x509: certificate has expired or is not yet valid"

struct hierarchy {
	struct test_identity root, middle, leaf, alone, other;
};

static int set_up(void **state)
{
	struct hierarchy *h = calloc(1, sizeof *h);

	if (!h)
		return -1;
	test_identity_make(&h->root, &(struct test_profile){ .name = "root", .ca = true });
	test_identity_make(&h->middle,
		&(struct test_profile){ .name = "middle", .ca = true, .issuer = &h->root });
	test_identity_make(
		&h->leaf, &(struct test_profile){ .name = "leaf", .issuer = &h->middle });
	test_identity_make(&h->alone,
		&(struct test_profile){ .name = "leaf", .issuer = &h->middle, .alone = true });
	test_identity_make(&h->other, &(struct test_profile){ .name = "root", .ca = true });
	*state = h;
	return 0;
}

static int tear_down(void **state)
{
	struct hierarchy *h = *state;

	test_identity_done(&h->root);
	test_identity_done(&h->middle);
	test_identity_done(&h->leaf);
	test_identity_done(&h->alone);
	test_identity_done(&h->other);
	free(h);
	return 0;
}

static struct mr_tls_client_config trusting(const struct test_identity *anchor)
{
	return (struct mr_tls_client_config){
		.anchors = &anchor->cert, .anchor_count = 1, .check_host = true, .host = "localhost"
	};
}

static void test_chains(void **state)
{
	const struct hierarchy *h = *state;
	struct mr_tls_client_config root = trusting(&h->root), middle = trusting(&h->middle);
	struct mr_tls_client_config leaf = trusting(&h->leaf), other = trusting(&h->other);
	const struct mr_cert several[] = { h->other.cert, h->root.cert };
	struct mr_tls_client_config both = trusting(&h->root);

	check_trust(&h->root, &root, NULL); /* the server shows the anchor itself */
	check_trust(&h->leaf, &root, NULL);
	check_trust(&h->leaf, &middle, NULL); /* an anchor need not be a root */
	check_trust(&h->leaf, &leaf, NULL);
	check_trust(&h->alone, &middle, NULL);
	check_trust(&h->alone, &root, UNKNOWN);
	check_trust(&h->leaf, &other, UNKNOWN); /* another root of the same name */
	check_trust(&h->root, &other, UNKNOWN);
	check_trust(&h->root, &leaf, UNKNOWN);
	both.anchors = several;
	both.anchor_count = 2;
	check_trust(&h->leaf, &both, NULL);
	check_trust(&h->other, &both, NULL);
}

static void test_times_and_purposes(void **state)
{
	static const struct {
		struct test_profile profile;
		const char *expected;
	} cases[] = {
		{ { .days_old = 20, .days_left = -1 }, TIME },
		{ { .days_old = -1 }, TIME },
		{ { .clients_only = true },
			"x509: certificate specifies an incompatible key usage" },
	};
	const struct mr_tls_client_config nobody = { .host = "localhost" };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		struct test_identity server;

		test_identity_make(&server, &cases[i].profile);
		struct mr_tls_client_config itself = trusting(&server);
		check_trust(&server, &itself, cases[i].expected);
		check_trust(&server, &nobody, NULL); /* without anchors nothing is judged */
		test_identity_done(&server);
	}
}

/* An issuer that may not issue, or is over. */
static void test_bad_issuers(void **state)
{
	static const struct test_profile issuers[] = {
		{ .name = "no ca" },
		{ .name = "old", .ca = true, .days_old = 20, .days_left = -1 },
	};
	static const char *const expected[] = { NULL, TIME };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(issuers); i++) {
		struct test_identity issuer, server;
		struct mr_tls_client_config config;
		MR_AUTO(tls_client) struct mr_tls_client *c = NULL;

		test_identity_make(&issuer, &issuers[i]);
		test_identity_make(&server, &(struct test_profile){ .issuer = &issuer });
		config = trusting(&issuer);
		if (expected[i]) {
			check_trust(&server, &config, expected[i]);
		} else {
			struct stub stub = { .serve = say_hello, .identity = server.tls };
			struct mr_error err;

			stub_start(&stub);
			assert_int_equal(connect_as(&stub, &config, &c, &err).code, MR_CODE_CRYPTO);
			assert_true(mr_str_starts(mr_str_of(err.message), MR_STR("x509: ")));
			stub_stop(&stub);
		}
		test_identity_done(&server);
		test_identity_done(&issuer);
	}
}

static void test_hosts(void **state)
{
	struct test_identity server;
	struct mr_tls_client_config config;
	static const struct {
		const char *host, *expected;
	} cases[] = {
		{ "localhost", NULL },
		{ "127.0.0.1", NULL },
		{ "::1", NULL },
		{ "example.com", "x509: certificate is not valid for example.com" },
		{ "127.0.0.2", "x509: certificate is not valid for 127.0.0.2" },
	};

	(void)state;
	test_identity_make(&server, &(struct test_profile){ .name = "example.com" });
	config = trusting(&server);
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		config.host = cases[i].host;
		check_trust(&server, &config, cases[i].expected);
	}
	config.check_host = false;
	config.host = "elsewhere.example";
	check_trust(&server, &config, NULL);
	test_identity_done(&server);
}

static void test_client_certificate(void **state)
{
	const struct hierarchy *h = *state;
	struct stub stub = { .serve = say_hello,
		.identity = h->root.tls,
		.alpn = "h2",
		.client_auth = MR_TLS_CLIENT_REQUIRED };
	struct mr_tls_client_config config = {
		.host = "localhost", .alpn = h2, .alpn_count = 1, .alpn_required = true
	};
	MR_AUTO(tls_client) struct mr_tls_client *c = NULL;
	MR_AUTO(tls_client) struct mr_tls_client *without = NULL;
	struct mr_error err;
	char text[5];
	size_t n;
	mr_result r;

	stub_start(&stub);
	config.identity = h->leaf.tls;
	assert_false(mr_failed(connect_as(&stub, &config, &c, &err)));
	assert_true(mr_str_eq(mr_tls_client_alpn(c), MR_STR("h2")));
	assert_false(mr_failed(mr_tls_client_read(c, text, sizeof text, INT64_MAX, &n, &err)));
	mr_tls_client_free(c);
	c = NULL;

	/* TLS 1.3: the refusal comes after our own end of the handshake */
	config.identity = NULL;
	r = connect_as(&stub, &config, &without, &err);
	if (!mr_failed(r))
		r = mr_tls_client_read(without, text, sizeof text, INT64_MAX, &n, &err);
	assert_true(mr_failed(r));
	assert_true(mr_str_starts(mr_str_of(err.message), MR_STR("tls: ")));
	assert_non_null(strstr(err.message, "certificate required"));
	stub_join(&stub);
	assert_true(mr_bytes_eq(mr_buf_bytes(&stub.client_certificate), h->leaf.cert.der));
	stub_stop(&stub);
}

static void test_no_alpn_selected(void **state)
{
	const struct hierarchy *h = *state;
	struct mr_tls_client_config config = { .host = "localhost", .alpn = h2, .alpn_count = 1 };

	check_trust(&h->root, &config, NULL);
	config.alpn_required = true;
	check_trust(&h->root, &config, "tls: the server selected no ALPN protocol");
}

static void test_bad_configuration(void **state)
{
	const struct hierarchy *h = *state;
	const char *const empty[] = { "" };
	struct mr_tls_client_config config = {
		.host = "localhost", .alpn = empty, .alpn_count = 1
	};
	struct stub stub = { .serve = say_hello, .identity = h->root.tls };
	struct mr_tls_client *c;
	struct mr_error err;

	stub_start(&stub);
	assert_int_equal(connect_as(&stub, &config, &c, &err).code, MR_CODE_INVALID);
	stub_stop(&stub);
}

/* --- data --- */

enum { LARGE = 1 << 20 };

static void echo_large(struct stub_peer *peer)
{
	static uint8_t data[LARGE];
	size_t have = 0, n;

	while (have < LARGE && (n = stub_read(peer, data + have, LARGE - have)) > 0)
		have += n;
	(void)stub_write(peer, mr_bytes_of(data, have));
}

static void test_large_data(void **state)
{
	static uint8_t sent[LARGE], got[LARGE];
	const struct hierarchy *h = *state;
	const struct mr_tls_client_config config = { .host = "localhost" };
	struct stub stub = { .serve = echo_large, .identity = h->root.tls };
	MR_AUTO(tls_client) struct mr_tls_client *c = NULL;
	struct mr_error err;
	size_t have = 0, n = 1;

	for (size_t i = 0; i < LARGE; i++)
		sent[i] = (uint8_t)(i * 7 % 253);
	stub_start(&stub);
	assert_false(mr_failed(connect_as(&stub, &config, &c, &err)));
	assert_false(mr_failed(mr_tls_client_write(c, mr_bytes_of(sent, LARGE), INT64_MAX, &err)));
	while (have < LARGE && n > 0) {
		assert_false(mr_failed(
			mr_tls_client_read(c, got + have, LARGE - have, INT64_MAX, &n, &err)));
		have += n;
	}
	assert_int_equal(have, LARGE);
	assert_memory_equal(sent, got, LARGE);
	/* the peer's orderly end */
	assert_false(mr_failed(mr_tls_client_read(c, got, 1, INT64_MAX, &n, &err)));
	assert_int_equal(n, 0);
	stub_stop(&stub);
}

static void cut(struct stub_peer *peer)
{
	(void)stub_write(peer, mr_bytes_of("hello", 5));
	(void)shutdown(peer->fd, SHUT_RDWR);
}

static void test_cut_connection(void **state)
{
	const struct hierarchy *h = *state;
	const struct mr_tls_client_config config = { .host = "localhost" };
	struct stub stub = { .serve = cut, .identity = h->root.tls };
	MR_AUTO(tls_client) struct mr_tls_client *c = NULL;
	uint8_t bytes[4096] = { 0 };
	struct mr_error err;
	size_t n = 0;
	mr_result r = MR_OK;

	stub_start(&stub);
	assert_false(mr_failed(connect_as(&stub, &config, &c, &err)));
	assert_false(mr_failed(mr_tls_client_read(c, bytes, sizeof bytes, INT64_MAX, &n, &err)));
	assert_int_equal(n, 5);
	assert_int_equal(mr_tls_client_read(c, bytes, sizeof bytes, INT64_MAX, &n, &err).code,
		MR_CODE_UNAVAILABLE);
	assert_string_equal(err.message, "tls: unexpected EOF");
	stub_stop(&stub);
	/* no SIGPIPE ends this program */
	for (size_t i = 0; i < 100 && !mr_failed(r); i++)
		r = mr_tls_client_write(c, mr_bytes_of(bytes, sizeof bytes), INT64_MAX, &err);
	assert_true(mr_failed(r));
}

static void be_silent(struct stub_peer *peer)
{
	char bytes[4096];

	while (stub_read(peer, bytes, sizeof bytes) > 0)
		;
}

static void test_deadlines(void **state)
{
	const struct hierarchy *h = *state;
	const struct mr_tls_client_config config = { .host = "localhost" };
	struct stub stub = { .serve = be_silent, .identity = h->root.tls };
	struct stub plain = { .serve = be_silent };
	MR_AUTO(tls_client) struct mr_tls_client *c = NULL;
	struct mr_tls_client *none;
	struct mr_error err;
	char byte;
	size_t n;

	stub_start(&stub);
	assert_false(mr_failed(connect_as(&stub, &config, &c, &err)));
	assert_int_equal(mr_tls_client_read(c, &byte, 1, 0, &n, &err).code, MR_CODE_DEADLINE);
	assert_int_equal(
		mr_tls_client_read(c, &byte, 1, mr_clock_monotonic_ms() + 20, &n, &err).code,
		MR_CODE_DEADLINE);
	assert_string_equal(err.message, "deadline exceeded");
	mr_tls_client_free(c);
	c = NULL;
	stub_stop(&stub);

	stub_start(&plain);
	assert_int_equal(mr_tls_client_connect("127.0.0.1", plain.port, &config,
				 mr_clock_monotonic_ms() + 20, &none, &err)
				 .code,
		MR_CODE_DEADLINE);
	assert_int_equal(
		mr_tls_client_connect("127.0.0.1", plain.port, &config, 0, &none, &err).code,
		MR_CODE_DEADLINE);
	stub_stop(&plain);
}

/* --- no TLS at the other end --- */

static void say_http(struct stub_peer *peer)
{
	char bytes[4096];

	(void)stub_read(peer, bytes, sizeof bytes);
	(void)stub_write(peer, mr_bytes_of("HTTP/1.0 400 Bad Request\r\n\r\n", 28));
}

static void say_nothing(struct stub_peer *peer)
{
	char bytes[4096];

	(void)stub_read(peer, bytes, sizeof bytes);
}

static void test_no_tls(void **state)
{
	const struct mr_tls_client_config config = { .host = "localhost" };
	void (*const serves[])(struct stub_peer *) = { say_http, say_nothing };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(serves); i++) {
		struct stub stub = { .serve = serves[i] };
		struct mr_tls_client *c;
		struct mr_error err;

		stub_start(&stub);
		assert_int_equal(connect_as(&stub, &config, &c, &err).code, MR_CODE_CRYPTO);
		assert_true(mr_str_starts(mr_str_of(err.message), MR_STR("tls: ")));
		stub_stop(&stub);
	}
}

#define CASE(test) cmocka_unit_test(test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_chains),
		CASE(test_times_and_purposes),
		CASE(test_bad_issuers),
		CASE(test_hosts),
		CASE(test_client_certificate),
		CASE(test_no_alpn_selected),
		CASE(test_bad_configuration),
		CASE(test_large_data),
		CASE(test_cut_connection),
		CASE(test_deadlines),
		CASE(test_no_tls),
	};

	return cmocka_run_group_tests_name("tls_client", tests, set_up, tear_down);
}
