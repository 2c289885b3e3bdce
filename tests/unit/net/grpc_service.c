/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "grpc_service.h"

void service_reply(struct mr_grpc_call *call, struct mr_bytes content)
{
	struct mr_buf message;

	mr_buf_init_secret(&message, (size_t)80 << 20);
	mr_buf_put_bytes(&message, content);
	mr_grpc_reply(call, &message);
	assert_null(message.data);
}

static void on_echo(void *context, struct mr_grpc_call *call)
{
	struct service *s = context;

	s->handled++;
	mr_buf_clear(&s->seen_peer);
	mr_buf_put_bytes(&s->seen_peer, mr_grpc_call_peer_certificate(call));
	(void)snprintf(s->seen_remote, sizeof s->seen_remote, "%s", mr_grpc_call_remote(call));
	service_reply(call, mr_grpc_call_message(call));
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
	assert_true(s->kept_count < SERVICE_MAX_KEPT);
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
	service_reply(call, mr_bytes_of(content, s->answer_size));
	free(content);
}

static void on_finished(void *context, struct mr_str method, enum mr_grpc_status status)
{
	struct service *s = context;

	s->finished_count++;
	(void)snprintf(s->finished_method, sizeof s->finished_method, "%.*s", MR_STR_ARGS(method));
	s->finished_status = status;
}

void service_init(struct service *s)
{
	static const struct mr_grpc_method methods[] = {
		{ "Activate", on_echo },
		{ "Deny", on_deny },
		{ "Keep", on_keep },
		{ "Large", on_large },
	};

	memset(s, 0, sizeof *s);
	s->config = (struct mr_grpc_server_config){
		.service = "rpc.Marble",
		.methods = methods,
		.method_count = MR_COUNT(methods),
		.context = s,
		.finished = on_finished,
	};
	mr_buf_init(&s->seen_peer, 4096);
}

void service_release(struct service *s)
{
	for (size_t i = 0; i < s->kept_count; i++)
		service_reply(s->kept[i], mr_bytes_of("", 0));
	s->kept_count = 0;
	mr_buf_done(&s->seen_peer);
}

int fixture_set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	if (!f)
		return -1;
	service_init(&f->service);
	pair_open(&f->pair, &f->service.config);
	*state = f;
	return 0;
}

int fixture_tear_down(void **state)
{
	struct fixture *f = *state;

	pair_close(&f->pair);
	service_release(&f->service);
	free(f);
	return 0;
}

void fixture_reopen(struct fixture *f)
{
	pair_close(&f->pair);
	pair_open(&f->pair, &f->service.config);
}

struct pair_answer *call_with(
	struct fixture *f, const struct pair_field *changes, struct mr_bytes message)
{
	MR_AUTO(buf) struct mr_buf body = { 0 };

	mr_buf_init(&body, (size_t)64 << 20);
	pair_frame(&body, 0, message);
	return pair_call(&f->pair, changes, mr_buf_bytes(&body));
}

void check_refusal(
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

void check_echo(struct fixture *f)
{
	const struct pair_answer *a = call_with(f, NULL, TEXT("still here"));

	assert_true(f->pair.alive);
	assert_string_equal(a->grpc_status, "0");
	assert_int_equal(a->body.len, 15);
	assert_memory_equal(a->body.data, "\0\0\0\0\x0astill here", 15);
}
