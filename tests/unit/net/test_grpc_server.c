/* SPDX-License-Identifier: Apache-2.0 */
/* The gRPC server: every row of 30 §1.4, one client's view. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "grpc_pair.h"

/* --- a service that echoes, fails, or keeps the call --- */

#define MAX_KEPT 512

struct service {
	struct mr_grpc_server_config config;
	struct mr_grpc_call *kept[MAX_KEPT];
	size_t kept_count;
	size_t handled;
	size_t finished_count;
	char finished_method[32];
	enum mr_grpc_status finished_status;
	size_t answer_size; /* of `Large` */
};

static void reply_with(struct mr_grpc_call *call, struct mr_bytes content)
{
	struct mr_buf message;

	mr_buf_init_secret(&message, (size_t)64 << 20);
	mr_buf_put_bytes(&message, content);
	mr_grpc_reply(call, &message);
	assert_null(message.data);
}

static void on_echo(void *context, struct mr_grpc_call *call)
{
	((struct service *)context)->handled++;
	reply_with(call, mr_grpc_call_message(call));
}

static void on_deny(void *context, struct mr_grpc_call *call)
{
	((struct service *)context)->handled++;
	mr_grpc_fail(call, MR_GRPC_PERMISSION_DENIED, mr_bytes_str(mr_grpc_call_message(call)));
}

static void on_keep(void *context, struct mr_grpc_call *call)
{
	struct service *s = context;

	s->handled++;
	assert_true(s->kept_count < MAX_KEPT);
	s->kept[s->kept_count++] = call;
}

static void on_large(void *context, struct mr_grpc_call *call)
{
	struct service *s = context;
	uint8_t *content = malloc(s->answer_size + 1);

	assert_non_null(content);
	for (size_t i = 0; i < s->answer_size; i++)
		content[i] = (uint8_t)(i % 251);
	s->handled++;
	reply_with(call, mr_bytes_of(content, s->answer_size));
	free(content);
}

static void on_finished(void *context, struct mr_str method, enum mr_grpc_status status)
{
	struct service *s = context;

	s->finished_count++;
	(void)snprintf(s->finished_method, sizeof s->finished_method, "%.*s", MR_STR_ARGS(method));
	s->finished_status = status;
}

static const struct mr_grpc_method methods[] = {
	{ "Activate", on_echo },
	{ "Deny", on_deny },
	{ "Keep", on_keep },
	{ "Large", on_large },
};

struct fixture {
	struct service service;
	struct pair pair;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	if (!f)
		return -1;
	f->service.config = (struct mr_grpc_server_config){
		.service = "rpc.Marble",
		.methods = methods,
		.method_count = MR_COUNT(methods),
		.context = &f->service,
		.finished = on_finished,
	};
	pair_open(&f->pair, &f->service.config);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	pair_close(&f->pair);
	for (size_t i = 0; i < f->service.kept_count; i++)
		reply_with(f->service.kept[i], mr_bytes_of("", 0));
	free(f);
	return 0;
}

#define TEXT(literal) mr_str_bytes(MR_STR(literal))

static struct mr_bytes framed(struct mr_buf *out, uint8_t flag, struct mr_bytes message)
{
	mr_buf_init(out, (size_t)64 << 20);
	pair_frame(out, flag, message);
	return mr_buf_bytes(out);
}

static void check_refusal(
	const struct pair_answer *a, const char *http, const char *status, const char *message)
{
	assert_string_equal(a->status, http);
	assert_string_equal(a->content_type, "application/grpc");
	assert_string_equal(a->grpc_status, status);
	assert_int_equal(a->header_blocks, 1);
	assert_true(a->headers_ended);
	assert_int_equal(a->body.len, 0);
	assert_int_equal(a->message.len, strlen(message));
	assert_memory_equal(a->message.data, message, a->message.len);
}

static void check_echo(struct pair *p)
{
	MR_AUTO(buf) struct mr_buf body = { 0 };
	const struct pair_answer *a = pair_call(p, NULL, framed(&body, 0, TEXT("still here")));

	assert_string_equal(a->grpc_status, "0");
	assert_int_equal(a->body.len, 15);
	assert_memory_equal(a->body.data, "\0\0\0\0\x0astill here", 15);
}

static void test_good_call(void **state)
{
	struct fixture *f = *state;
	MR_AUTO(buf) struct mr_buf body = { 0 };
	const struct pair_answer *a = pair_call(&f->pair, NULL, framed(&body, 0, TEXT("hello")));

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
}

static void test_error_answer(void **state)
{
	static const struct pair_field deny[] = { { ":path", "/rpc.Marble/Deny" }, { NULL, NULL } };
	struct fixture *f = *state;
	MR_AUTO(buf) struct mr_buf body = { 0 };

	check_refusal(pair_call(&f->pair, deny, framed(&body, 0, TEXT("no: 100%\n\xC3\xA9"))),
		"200", "7", "no: 100%25%0A%C3%A9");
	assert_string_equal(f->service.finished_method, "Deny");
	assert_int_equal(f->service.finished_status, MR_GRPC_PERMISSION_DENIED);
	check_echo(&f->pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good_call, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_error_answer, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("grpc_server", tests, NULL, NULL);
}
