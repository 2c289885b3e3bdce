/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC over TLS over TCP: our client against our server, and against servers that do not play
 * along. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "net/grpc_client.h"
#include "net/server.h"
#include "test_identity.h"
#include "tls_stub.h"

struct rig {
	struct test_identity server, client;
	struct mr_grpc_server_config grpc;
	struct mr_tls_server *tls;
	struct mr_server *mesh;
	char address[64];
	pthread_mutex_t lock; /* for `held` */
	pthread_cond_t arrived;
	struct mr_grpc_call *held;
};

static void reply(struct mr_grpc_call *call, struct mr_bytes first, struct mr_bytes second)
{
	struct mr_buf message;

	mr_buf_init_secret(&message, (size_t)16 << 20);
	mr_buf_put_bytes(&message, first);
	mr_buf_put_bytes(&message, second);
	mr_grpc_reply(call, &message);
}

/* The message, and the certificate of who sent it. */
static void on_activate(void *context, struct mr_grpc_call *call)
{
	(void)context;
	reply(call, mr_grpc_call_message(call), mr_grpc_call_peer_certificate(call));
}

static void on_deny(void *context, struct mr_grpc_call *call)
{
	(void)context;
	mr_grpc_fail(call, MR_GRPC_FAILED_PRECONDITION,
		MR_STR("cannot accept marbles in current state"));
}

/* The status that the message's one byte names. */
static void on_fail(void *context, struct mr_grpc_call *call)
{
	(void)context;
	mr_grpc_fail(
		call, (enum mr_grpc_status)mr_grpc_call_message(call).ptr[0], MR_STR("as asked"));
}

static void on_large(void *context, struct mr_grpc_call *call)
{
	uint8_t *content = calloc(1, 5000000);

	(void)context;
	assert_non_null(content);
	reply(call, mr_bytes_of(content, 5000000), mr_bytes_of("", 0));
	free(content);
}

static void on_hold(void *context, struct mr_grpc_call *call)
{
	struct rig *rig = context;

	pthread_mutex_lock(&rig->lock);
	rig->held = call;
	pthread_cond_signal(&rig->arrived);
	pthread_mutex_unlock(&rig->lock);
}

static struct mr_tls_identity *show_identity(void *context)
{
	return mr_tls_identity_ref(((struct rig *)context)->server.tls);
}

static const char *const h2[] = { "h2" };

static void start_mesh(struct rig *rig)
{
	static const struct mr_grpc_method methods[] = {
		{ "Activate", on_activate },
		{ "Deny", on_deny },
		{ "Fail", on_fail },
		{ "Large", on_large },
		{ "Hold", on_hold },
	};
	const struct mr_tls_server_config tls = {
		.client_auth = MR_TLS_CLIENT_REQUIRED,
		.alpn = h2,
		.alpn_count = 1,
		.alpn_required = true,
		.identity = show_identity,
		.context = rig,
	};
	struct mr_listener listener = { .address = "127.0.0.1:0",
		.protocol = &mr_grpc_server_protocol };
	struct mr_server_limits limits = { .max_connections = 0 };
	struct mr_server_events events = { .context = rig };
	struct mr_error err;

	rig->grpc = (struct mr_grpc_server_config){ .service = "rpc.Marble",
		.methods = methods,
		.method_count = MR_COUNT(methods),
		.context = rig };
	assert_false(mr_failed(mr_tls_server_new(&tls, &rig->tls, &err)));
	listener.protocol_context = &rig->grpc;
	listener.tls = rig->tls;
	assert_false(mr_failed(mr_server_new(2, &limits, &events, &rig->mesh, &err)));
	assert_false(mr_failed(mr_server_listen(rig->mesh, &listener, rig->address, &err)));
	assert_false(mr_failed(mr_server_start(rig->mesh, &err)));
}

static int set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof *rig);

	if (!rig)
		return -1;
	pthread_mutex_init(&rig->lock, NULL);
	pthread_cond_init(&rig->arrived, NULL);
	test_identity_make(&rig->server, &(struct test_profile){ .name = "mesh", .ca = true });
	test_identity_make(&rig->client, &(struct test_profile){ .name = "marble" });
	start_mesh(rig);
	*state = rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	mr_server_stop(rig->mesh, 0);
	/* an answer that comes after the end goes nowhere, and nothing is lost */
	if (rig->held)
		reply(rig->held, mr_bytes_of("", 0), mr_bytes_of("", 0));
	mr_server_free(rig->mesh);
	mr_tls_server_free(rig->tls);
	test_identity_done(&rig->server);
	test_identity_done(&rig->client);
	pthread_cond_destroy(&rig->arrived);
	pthread_mutex_destroy(&rig->lock);
	free(rig);
	return 0;
}

/* --- calls --- */

static struct mr_grpc_request request_to(const struct rig *rig, const char *path)
{
	return (struct mr_grpc_request){ .address = rig->address,
		.path = path,
		.tls = { .identity = rig->client.tls },
		.message = mr_bytes_of("hello", 5),
		.deadline_ms = INT64_MAX };
}

static void check_good(const struct mr_grpc_request *request, const struct rig *rig)
{
	MR_AUTO(buf) struct mr_buf message = { 0 };
	struct mr_grpc_outcome outcome = { .status = 99 };
	struct mr_error err = { .message = "" };
	mr_result r;

	mr_buf_init_secret(&message, 65536);
	r = mr_grpc_client_call(request, &message, &outcome, &err);
	assert_string_equal(err.message, "");
	assert_false(mr_failed(r));
	assert_int_equal(outcome.status, MR_GRPC_OK);
	assert_int_equal(message.len, 5 + rig->client.cert.der.len);
	assert_memory_equal(message.data, "hello", 5);
	assert_memory_equal(message.data + 5, rig->client.cert.der.ptr, rig->client.cert.der.len);
}

static void check_bad(
	const struct mr_grpc_request *request, enum mr_code code, unsigned status, const char *text)
{
	MR_AUTO(buf) struct mr_buf message = { 0 };
	struct mr_grpc_outcome outcome = { .status = 99 };
	struct mr_error err;
	char whole[500];

	mr_buf_init_secret(&message, (size_t)8 << 20);
	assert_int_equal(mr_grpc_client_call(request, &message, &outcome, &err).code, code);
	assert_string_equal(outcome.text, text);
	assert_int_equal(outcome.status, status);
	(void)snprintf(whole, sizeof whole, "rpc error: code = %s desc = %s",
		mr_grpc_status_name(status), text);
	assert_string_equal(err.message, whole);
	assert_int_equal(message.len, 0);
}

static void test_calls(void **state)
{
	const struct rig *rig = *state;
	struct mr_grpc_request request = request_to(rig, "/rpc.Marble/Activate");

	check_good(&request, rig);
	request.tls.anchors = &rig->server.cert;
	request.tls.anchor_count = 1;
	check_good(&request, rig);
	request.tls.check_host = true;
	check_good(&request, rig);
	request = request_to(rig, "/rpc.Marble/Deny");
	check_bad(&request, MR_CODE_STATE, 9, "cannot accept marbles in current state");
	request = request_to(rig, "/rpc.Marble/None");
	check_bad(&request, MR_CODE_UNSUPPORTED, 12, "unknown method None for service rpc.Marble");
	request = request_to(rig, "/rpc.Marble/Large");
	check_bad(&request, MR_CODE_LIMIT, 8,
		"grpc: received message larger than max (5000000 vs. 4194304)");
}

static void test_statuses(void **state)
{
	static const enum mr_code codes[] = {
		[MR_GRPC_CANCELED] = MR_CODE_INTERNAL,
		[MR_GRPC_UNKNOWN] = MR_CODE_INTERNAL,
		[MR_GRPC_INVALID_ARGUMENT] = MR_CODE_INVALID,
		[MR_GRPC_DEADLINE_EXCEEDED] = MR_CODE_DEADLINE,
		[MR_GRPC_NOT_FOUND] = MR_CODE_NOT_FOUND,
		[MR_GRPC_ALREADY_EXISTS] = MR_CODE_CONFLICT,
		[MR_GRPC_PERMISSION_DENIED] = MR_CODE_DENIED,
		[MR_GRPC_RESOURCE_EXHAUSTED] = MR_CODE_LIMIT,
		[MR_GRPC_FAILED_PRECONDITION] = MR_CODE_STATE,
		[MR_GRPC_ABORTED] = MR_CODE_CONFLICT,
		[MR_GRPC_OUT_OF_RANGE] = MR_CODE_INVALID,
		[MR_GRPC_UNIMPLEMENTED] = MR_CODE_UNSUPPORTED,
		[MR_GRPC_INTERNAL] = MR_CODE_INTERNAL,
		[MR_GRPC_UNAVAILABLE] = MR_CODE_UNAVAILABLE,
		[MR_GRPC_DATA_LOSS] = MR_CODE_INTERNAL,
		[MR_GRPC_UNAUTHENTICATED] = MR_CODE_UNAUTHENTICATED,
	};
	const struct rig *rig = *state;

	for (size_t i = 1; i < MR_COUNT(codes); i++) {
		uint8_t status = (uint8_t)i;
		struct mr_grpc_request request = request_to(rig, "/rpc.Marble/Fail");

		request.message = mr_bytes_of(&status, 1);
		check_bad(&request, codes[status], status, "as asked");
	}
}

static void test_large_answer(void **state)
{
	const struct rig *rig = *state;
	struct mr_grpc_request request = request_to(rig, "/rpc.Marble/Large");
	MR_AUTO(buf) struct mr_buf message = { 0 };
	struct mr_grpc_outcome outcome;
	struct mr_error err;

	request.max_response = 6000000;
	mr_buf_init_secret(&message, 6000000);
	assert_false(mr_failed(mr_grpc_client_call(&request, &message, &outcome, &err)));
	assert_int_equal(message.len, 5000000);
}

static void test_no_trust(void **state)
{
	const struct rig *rig = *state;
	struct mr_grpc_request request = request_to(rig, "/rpc.Marble/Activate");

	request.tls.anchors = &rig->client.cert;
	request.tls.anchor_count = 1;
	check_bad(&request, MR_CODE_UNAVAILABLE, 14,
		"connection error: desc = \"transport: authentication handshake failed: "
		"x509: certificate signed by unknown authority\"");
}

static void test_no_client_certificate(void **state)
{
	const struct rig *rig = *state;
	struct mr_grpc_request request = request_to(rig, "/rpc.Marble/Activate");
	MR_AUTO(buf) struct mr_buf message = { 0 };
	struct mr_grpc_outcome outcome;
	struct mr_error err;

	request.tls.identity = NULL;
	mr_buf_init_secret(&message, 100);
	assert_int_equal(
		mr_grpc_client_call(&request, &message, &outcome, &err).code, MR_CODE_UNAVAILABLE);
	assert_int_equal(outcome.status, MR_GRPC_UNAVAILABLE);
}

/* --- many --- */

static void *call_many(void *argument)
{
	const struct rig *rig = argument;
	struct mr_grpc_request request = request_to(rig, "/rpc.Marble/Activate");

	for (size_t i = 0; i < 10; i++)
		check_good(&request, rig);
	return NULL;
}

static void test_parallel_calls(void **state)
{
	pthread_t threads[8];

	for (size_t i = 0; i < MR_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_many, *state), 0);
	for (size_t i = 0; i < MR_COUNT(threads); i++)
		pthread_join(threads[i], NULL);
}

static void *answer_held(void *argument)
{
	struct rig *rig = argument;
	struct mr_grpc_call *call;

	pthread_mutex_lock(&rig->lock);
	while (!rig->held)
		pthread_cond_wait(&rig->arrived, &rig->lock);
	call = rig->held;
	rig->held = NULL;
	pthread_mutex_unlock(&rig->lock);
	reply(call, mr_grpc_call_message(call), mr_grpc_call_peer_certificate(call));
	return NULL;
}

static void test_answer_from_another_thread(void **state)
{
	struct rig *rig = *state;
	struct mr_grpc_request request = request_to(rig, "/rpc.Marble/Hold");
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, answer_held, rig), 0);
	check_good(&request, rig);
	pthread_join(thread, NULL);
}

/* The client gives up; the handler answers when the server is gone. */
static void test_client_deadline(void **state)
{
	struct rig *rig = *state;
	struct mr_grpc_request request = request_to(rig, "/rpc.Marble/Hold");

	request.deadline_ms = mr_clock_monotonic_ms() + 500;
	check_bad(&request, MR_CODE_DEADLINE, 4, "context deadline exceeded");
	request.deadline_ms = 0;
	check_bad(&request, MR_CODE_DEADLINE, 4, "context deadline exceeded");
}

/* --- servers that do not play along --- */

static void test_nobody_there(void **state)
{
	const struct rig *rig = *state;
	struct mr_grpc_request request = request_to(rig, "/rpc.Marble/Activate");
	struct stub stub = { .serve = NULL };
	char text[200];

	stub_start(&stub);
	stub_stop(&stub);
	request.address = stub.address;
	(void)snprintf(text, sizeof text,
		"connection error: desc = \"transport: Error while dialing: "
		"dial tcp %s: connect: connection refused\"",
		stub.address);
	check_bad(&request, MR_CODE_UNAVAILABLE, 14, text);
	request.address = "a:b";
	check_bad(&request, MR_CODE_UNAVAILABLE, 14,
		"connection error: desc = \"transport: Error while dialing: address a:b: invalid port\"");
}

static void hang_up(struct stub_peer *peer)
{
	char bytes[4096];

	(void)stub_read(peer, bytes, sizeof bytes);
}

static void test_server_hangs_up(void **state)
{
	const struct rig *rig = *state;
	struct mr_grpc_request request = request_to(rig, "/rpc.Marble/Activate");
	struct stub stub = { .serve = hang_up, .identity = rig->server.tls, .alpn = "h2" };

	stub_start(&stub);
	request.address = stub.address;
	check_bad(&request, MR_CODE_UNAVAILABLE, 14, "error reading from server: EOF");
	stub_stop(&stub);
}

static void test_server_without_alpn(void **state)
{
	const struct rig *rig = *state;
	struct mr_grpc_request request = request_to(rig, "/rpc.Marble/Activate");
	struct stub stub = { .serve = hang_up, .identity = rig->server.tls };

	stub_start(&stub);
	request.address = stub.address;
	check_bad(&request, MR_CODE_UNAVAILABLE, 14,
		"connection error: desc = \"transport: authentication handshake failed: "
		"tls: the server selected no ALPN protocol\"");
	stub_stop(&stub);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_calls, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_statuses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_large_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_trust, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_client_certificate, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_parallel_calls, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_answer_from_another_thread, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_client_deadline, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nobody_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_server_hangs_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_server_without_alpn, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("grpc_live", tests, NULL, NULL);
}
