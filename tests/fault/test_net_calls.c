/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets and event loops that cannot be had, in part or not at all. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/worker.h"
#include "fault_sockets.h"
#include "server_rig.h"

static mr_result bring_up(void *context, struct mr_error *err)
{
	struct mr_listener listener = { .protocol = &mr_http_server_protocol };
	struct mr_server *server = NULL;
	char address[64];

	listener.address = context;
	MR_TRY(mr_server_new(3, NULL, NULL, &server, err));
	mr_result r = mr_server_listen(server, &listener, address, err);
	if (!mr_failed(r))
		r = mr_server_start(server, err);
	mr_server_free(server);
	return r;
}

static void test_bringing_up_a_server(void **state)
{
	char one[] = "127.0.0.1:0", all[] = ":0";

	(void)state;
	/* without an option, or sockets of their own, loops do with what there is */
	assert_true(mr_fault_each("a server on one address", bring_up, one, true) > 20);
	assert_true(mr_fault_each("a server on all addresses", bring_up, all, true) > 20);
}

static mr_result bring_up_workers(void *context, struct mr_error *err)
{
	struct mr_workers *pool = NULL;

	(void)context;
	MR_TRY(mr_workers_new(3, 1, &pool, err));
	mr_workers_free(pool);
	return MR_OK;
}

static void test_bringing_up_workers(void **state)
{
	(void)state;
	assert_int_equal(mr_fault_each("workers", bring_up_workers, NULL, false), 3);
}

/* Without SO_REUSEPORT the loops share one socket. */
static void test_shared_sockets(void **state)
{
	enum { COUNT = 30 };
	struct rig rig;
	struct peer all[COUNT];

	(void)state;
	rig_init(&rig);
	rig.loops = 3;
	mr_fault_refuse_option(SO_REUSEPORT);
	rig_start(&rig);
	mr_fault_refuse_option(0);
	for (size_t i = 0; i < COUNT; i++) {
		assert_true(peer_connect(&all[i], &rig, &(struct peer_options){ .version = 0 }));
		assert_true(peer_get(&all[i], "/", NULL));
	}
	for (size_t i = 0; i < COUNT; i++)
		peer_close(&all[i]);
	rig_wait_connections(&rig, 0);
	rig_stop(&rig);
}

/* Descriptors are short for a while: who waits is served afterwards. */
static void test_accepting_fails_for_a_while(void **state)
{
	static const int errors[] = { EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED, EINTR };
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	for (size_t i = 0; i < MR_COUNT(errors); i++) {
		mr_fault_accepts(3, errors[i]);
		assert_true(rig_get(&rig, "/", NULL));
		assert_int_equal(mr_fault_accepts_left(), 0);
	}
	rig_stop(&rig);
}

/* A connection that cannot be set up is closed, and others come in. */
static void test_connections_that_cannot_be_set_up(void **state)
{
	struct rig rig;
	unsigned long count = 0;

	(void)state;
	rig_init(&rig);
	rig.plain = true;
	rig_start(&rig);
	/* the first three calls are the client's own */
	for (unsigned long n = 4; n < 40; n++) {
		mr_fault_set(n);
		int fd = raw_connect(&rig);
		(void)raw_send(fd, "GET / HTTP/1.0\r\n\r\n", 18);
		raw_drain(fd, NULL);
		count += mr_fault_hit();
		mr_fault_set(0);
		(void)close(fd);
	}
	rig_wait_connections(&rig, 0);
	rig_stop(&rig);
	assert_true(count > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bringing_up_a_server),
		cmocka_unit_test(test_bringing_up_workers),
		cmocka_unit_test(test_shared_sockets),
		cmocka_unit_test(test_accepting_fails_for_a_while),
		cmocka_unit_test(test_connections_that_cannot_be_set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
