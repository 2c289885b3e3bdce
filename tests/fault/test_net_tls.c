/* SPDX-License-Identifier: Apache-2.0 */
/* The TLS library has no memory for a context or for a connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "fault.h"
#include "net/tls_stream.h"
#include "server_rig.h"

static mr_result make_context(void *context, struct mr_error *err)
{
	static const char *const alpn[] = { "h2" };
	struct mr_tls_server_config config = { .alpn = alpn, .alpn_count = 1 };
	struct mr_tls_server *server = NULL;

	(void)context;
	MR_TRY(mr_tls_server_new(&config, &server, err));
	mr_tls_server_free(server);
	return MR_OK;
}

static mr_result make_stream(void *context, struct mr_error *err)
{
	struct mr_tls_stream *stream = NULL;

	MR_TRY(mr_tls_stream_new(context, STDIN_FILENO, &stream, err));
	mr_tls_stream_free(stream);
	return MR_OK;
}

static void test_contexts_and_connections(void **state)
{
	struct mr_tls_server_config config = { .client_auth = MR_TLS_CLIENT_REQUIRED };
	struct mr_tls_server *server = NULL;
	struct mr_error err;

	(void)state;
	assert_true(mr_fault_each("a context", make_context, NULL, false) >= 2);
	assert_false(mr_failed(mr_tls_server_new(&config, &server, &err)));
	assert_true(mr_fault_each("a connection", make_stream, server, false) >= 3);
	mr_tls_server_free(server);
	mr_tls_server_free(NULL);
	mr_tls_stream_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_contexts_and_connections) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
