/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, names and TCP connections of the clients. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "net/dial.h"
#include "net/tls_client.h"
#include "tls_stub.h"

static void test_split(void **state)
{
	static const struct {
		const char *address, *host, *port;
	} good[] = {
		{ "localhost:2001", "localhost", "2001" },
		{ "127.0.0.1:1", "127.0.0.1", "1" },
		{ "localhost", "localhost", "443" },
		{ "[::1]:4433", "::1", "4433" },
		{ "[::1]", "::1", "443" },
		{ "::1", "::1", "443" },
		{ "a:65535", "a", "65535" },
	};
	static const char *const bad[] = { "", ":1", "a:", "a:0x1", "a:65536", "a:123456", "a:-1",
		"a: 1", "[::1", "[::1]x", "[::1]:", "[]:1", "a:99999999999999999999" };
	char host[256], port[8], address[400];
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(good); i++) {
		assert_false(
			mr_failed(mr_split_host_port(good[i].address, "443", host, port, &err)));
		assert_string_equal(host, good[i].host);
		assert_string_equal(port, good[i].port);
	}
	for (size_t i = 0; i < MR_COUNT(bad); i++)
		assert_int_equal(
			mr_split_host_port(bad[i], "443", host, port, &err).code, MR_CODE_INVALID);
	memset(address, 'a', sizeof address);
	address[255] = '\0';
	assert_false(mr_failed(mr_split_host_port(address, "443", host, port, &err)));
	assert_int_equal(strlen(host), 255);
	address[255] = 'a';
	address[256] = '\0';
	assert_true(mr_failed(mr_split_host_port(address, "443", host, port, &err)));
}

static void hang_up(struct stub_peer *peer)
{
	(void)peer;
}

static void check_dial(const char *host, const char *port)
{
	struct mr_error err = { .message = "" };
	int fd = -1;

	assert_false(mr_failed(mr_dial(host, port, INT64_MAX, &fd, &err)));
	assert_true(fd >= 0);
	assert_false(mr_failed(mr_dial_wait(fd, 1, INT64_MAX, &err)));
	(void)close(fd);
}

static void test_dial(void **state)
{
	struct stub stub = { .serve = hang_up };

	(void)state;
	stub_start(&stub);
	check_dial("127.0.0.1", stub.port);
	/* nobody listens on ::1, which may come first */
	check_dial("localhost", stub.port);
	stub_stop(&stub);
}

static void test_refused(void **state)
{
	struct stub stub = { .serve = hang_up };
	struct mr_error err;
	char text[100];
	int fd = -1;

	(void)state;
	stub_start(&stub);
	stub_stop(&stub);
	assert_int_equal(
		mr_dial("127.0.0.1", stub.port, INT64_MAX, &fd, &err).code, MR_CODE_UNAVAILABLE);
	(void)snprintf(
		text, sizeof text, "dial tcp 127.0.0.1:%s: connect: connection refused", stub.port);
	assert_string_equal(err.message, text);
	assert_int_equal(
		mr_dial("localhost", stub.port, INT64_MAX, &fd, &err).code, MR_CODE_UNAVAILABLE);
	assert_non_null(strstr(err.message, ": connect: connection refused"));
	assert_int_equal(fd, -1);
}

static void test_names(void **state)
{
	struct mr_error err;
	int fd = -1;

	(void)state;
	assert_int_equal(mr_dial("no.such.host.invalid", "1", INT64_MAX, &fd, &err).code,
		MR_CODE_UNAVAILABLE);
	assert_true(mr_str_starts(
		mr_str_of(err.message), MR_STR("dial tcp: lookup no.such.host.invalid: ")));
	assert_int_equal(mr_dial("no.such.host.invalid", "1", 0, &fd, &err).code, MR_CODE_DEADLINE);
	assert_string_equal(err.message, "dial tcp: lookup no.such.host.invalid: i/o timeout");
	assert_int_equal(mr_dial("127.0.0.1", "1", 0, &fd, &err).code, MR_CODE_DEADLINE);
	assert_string_equal(err.message, "dial tcp 127.0.0.1: i/o timeout");
}

/* A port whose queue of connections is full takes no more, and says nothing. */
static void test_silent_port(void **state)
{
	enum { FILLERS = 8 };
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof address;
	int fillers[FILLERS], listener = socket(AF_INET, SOCK_STREAM, 0);
	struct mr_error err;
	char port[8];
	size_t filled = 0;
	mr_result r = MR_OK;

	(void)state;
	assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(listener, 0), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	(void)snprintf(port, sizeof port, "%u", ntohs(address.sin_port));
	while (filled < FILLERS) {
		r = mr_dial(
			"127.0.0.1", port, mr_clock_monotonic_ms() + 300, &fillers[filled], &err);
		if (mr_failed(r))
			break;
		filled++;
	}
	assert_int_equal(r.code, MR_CODE_DEADLINE);
	while (filled > 0)
		(void)close(fillers[--filled]);
	(void)close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_dial),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_silent_port),
	};

	return cmocka_run_group_tests_name("dial", tests, NULL, NULL);
}
