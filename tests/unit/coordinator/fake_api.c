/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/marble_msg.h"
#include "coordinator/client_api.h"
#include "coordinator/marble_api.h"

enum { MESSAGE_MAX = 8 << 20 };

static void must(bool good, const char *what)
{
	if (good)
		return;
	/* on any thread, where cmocka cannot end a test */
	(void)fprintf(stderr, "%s\n", what);
	abort();
}

static void wait_for(sem_t *answered)
{
	while (sem_wait(answered) != 0)
		continue;
	(void)sem_destroy(answered);
}

/* --- HTTP --- */

const struct mr_http_request *__wrap_mr_http_request_of(const struct mr_http_exchange *exchange);
void __wrap_mr_http_respond(
	struct mr_http_exchange *exchange, struct mr_http_response *take_response);

const struct mr_http_request *__wrap_mr_http_request_of(const struct mr_http_exchange *exchange)
{
	must(!atomic_load(&exchange->is_answered), "an exchange is used after its answer");
	return &exchange->request;
}

void __wrap_mr_http_respond(
	struct mr_http_exchange *exchange, struct mr_http_response *take_response)
{
	must(!atomic_exchange(&exchange->is_answered, true), "an exchange is answered twice");
	exchange->response = *take_response;
	*take_response = (struct mr_http_response){ .status = 0 };
	must(sem_post(&exchange->answered) == 0, "sem_post");
}

void http_prepare(struct mr_http_exchange *e, const char *method, const char *target,
	struct mr_bytes body, struct mr_bytes peer)
{
	struct mr_str whole = mr_str_of(target);
	size_t mark = mr_str_find(whole, '?', 0);

	*e = (struct mr_http_exchange){
		.request = {
			.method = mr_str_of(method),
			.path = mark == SIZE_MAX ? whole : mr_str_sub(whole, 0, mark),
			.query = mark == SIZE_MAX ? MR_STR("") : mr_str_sub(whole, mark + 1, whole.len),
			.body = body,
			.body_error = MR_STR(""),
			.peer_certificate = peer,
			.remote = "10.0.0.1:1234",
		},
	};
	must(sem_init(&e->answered, 0, 0) == 0, "sem_init");
}

void http_send(struct mr_http_exchange *e, struct mr_core *core)
{
	mr_client_api_handle(core, e);
}

void http_begin(struct mr_http_exchange *e, struct mr_core *core, const char *method,
	const char *target, struct mr_bytes body, struct mr_bytes peer)
{
	http_prepare(e, method, target, body, peer);
	http_send(e, core);
}

int http_end(struct mr_http_exchange *e)
{
	wait_for(&e->answered);
	return e->response.status;
}

void http_done(struct mr_http_exchange *e)
{
	mr_buf_done(&e->response.body);
}

int http_call(struct mr_core *core, const char *method, const char *target, struct mr_bytes body,
	struct mr_bytes peer, struct mr_buf *ret_body)
{
	struct mr_http_exchange e;

	http_begin(&e, core, method, target, body, peer);
	int status = http_end(&e);
	if (ret_body) {
		*ret_body = e.response.body;
		e.response.body = (struct mr_buf){ 0 };
	}
	http_done(&e);
	return status;
}

/* --- gRPC --- */

struct mr_bytes __wrap_mr_grpc_call_message(const struct mr_grpc_call *call);
struct mr_bytes __wrap_mr_grpc_call_peer_certificate(const struct mr_grpc_call *call);
const char *__wrap_mr_grpc_call_remote(const struct mr_grpc_call *call);
void __wrap_mr_grpc_reply(struct mr_grpc_call *call, struct mr_buf *take_message);
void __wrap_mr_grpc_fail(
	struct mr_grpc_call *call, enum mr_grpc_status status, struct mr_str message);

static void must_be_open(const struct mr_grpc_call *call)
{
	must(!atomic_load(&call->is_answered), "a call is used after its answer");
}

struct mr_bytes __wrap_mr_grpc_call_message(const struct mr_grpc_call *call)
{
	must_be_open(call);
	return mr_buf_bytes(&call->message);
}

struct mr_bytes __wrap_mr_grpc_call_peer_certificate(const struct mr_grpc_call *call)
{
	must_be_open(call);
	return call->peer;
}

const char *__wrap_mr_grpc_call_remote(const struct mr_grpc_call *call)
{
	must_be_open(call);
	return "10.0.0.2:1234";
}

/* The message goes with the call: whoever looks at it later is found out. */
static void answered(struct mr_grpc_call *call, enum mr_grpc_status status)
{
	must(!atomic_exchange(&call->is_answered, true), "a call is answered twice");
	call->status = status;
	mr_buf_done(&call->message);
	must(sem_post(&call->answered) == 0, "sem_post");
}

void __wrap_mr_grpc_reply(struct mr_grpc_call *call, struct mr_buf *take_message)
{
	must_be_open(call);
	call->answer = *take_message;
	*take_message = (struct mr_buf){ 0 };
	answered(call, MR_GRPC_OK);
}

void __wrap_mr_grpc_fail(
	struct mr_grpc_call *call, enum mr_grpc_status status, struct mr_str message)
{
	must_be_open(call);
	must(message.len < sizeof call->error, "the text of an error is too long");
	memcpy(call->error, message.ptr, message.len);
	answered(call, status);
}

void grpc_prepare(struct mr_grpc_call *c, struct mr_bytes message, struct mr_bytes peer)
{
	*c = (struct mr_grpc_call){ .peer = peer };
	mr_buf_init(&c->message, MESSAGE_MAX);
	mr_buf_put_bytes(&c->message, message);
	must(c->message.failure == MR_CODE_OK, "memory");
	must(sem_init(&c->answered, 0, 0) == 0, "sem_init");
}

void grpc_send(struct mr_grpc_call *c, struct mr_core *core)
{
	mr_marble_api_activate(core, c);
}

void grpc_begin(
	struct mr_grpc_call *c, struct mr_core *core, struct mr_bytes message, struct mr_bytes peer)
{
	grpc_prepare(c, message, peer);
	grpc_send(c, core);
}

enum mr_grpc_status grpc_end(struct mr_grpc_call *c)
{
	wait_for(&c->answered);
	return c->status;
}

void grpc_done(struct mr_grpc_call *c)
{
	mr_buf_done(&c->message);
	mr_buf_done(&c->answer);
}

void put_activation(struct mr_buf *out, const char *type, const char *uuid, struct mr_bytes csr)
{
	const struct mr_activation_request request = {
		.csr = csr,
		.marble_type = mr_str_of(type),
		.uuid = mr_str_of(uuid),
	};

	mr_buf_init(out, MESSAGE_MAX);
	mr_activation_request_encode(out, &request);
	must(out->failure == MR_CODE_OK, "memory");
}
