/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of both APIs without connections: stands in, through linker wraps (see meson.build), for what the Coordinator
 * uses of exchanges and calls. A call lives in the test's memory; touching it after its answer fails the test.
 */
#ifndef MR_TEST_FAKE_API_H
#define MR_TEST_FAKE_API_H

#include <semaphore.h>
#include <stdatomic.h>

#include "coordinator/core.h"
#include "net/grpc.h"
#include "net/http.h"

struct mr_http_exchange {
	struct mr_http_request request;
	struct mr_http_response response;
	sem_t answered;
	atomic_bool is_answered;
};

/* A request; `target` is path or path?query, `peer` a leaf certificate or empty. All is borrowed until
 * the end. */
void http_prepare(struct mr_http_exchange *e, const char *method, const char *target,
	struct mr_bytes body, struct mr_bytes peer);
/* Gives it to the API. */
void http_send(struct mr_http_exchange *e, struct mr_core *core);
void http_begin(struct mr_http_exchange *e, struct mr_core *core, const char *method,
	const char *target, struct mr_bytes body, struct mr_bytes peer);
/* Waits for the answer; the status. Release with http_done. */
int http_end(struct mr_http_exchange *e);
void http_done(struct mr_http_exchange *e);
/* All of it; the body goes to an empty buffer, or nowhere. */
int http_call(struct mr_core *core, const char *method, const char *target, struct mr_bytes body,
	struct mr_bytes peer, struct mr_buf *ret_body);

struct mr_grpc_call {
	struct mr_buf message;
	struct mr_bytes peer;
	enum mr_grpc_status status;
	struct mr_buf answer;     /* the response */
	char error[MR_ERROR_MAX]; /* or the text of the error */
	sem_t answered;
	atomic_bool is_answered;
};

/* rpc.Marble/Activate with a whole request message, which is copied; and its way to the API. */
void grpc_prepare(struct mr_grpc_call *c, struct mr_bytes message, struct mr_bytes peer);
void grpc_send(struct mr_grpc_call *c, struct mr_core *core);
void grpc_begin(struct mr_grpc_call *c, struct mr_core *core, struct mr_bytes message,
	struct mr_bytes peer);
enum mr_grpc_status grpc_end(struct mr_grpc_call *c);
void grpc_done(struct mr_grpc_call *c);
/* The message of an activation, into an empty buffer. */
void put_activation(struct mr_buf *out, const char *type, const char *uuid, struct mr_bytes csr);

MR_DEFINE_AUTO(exchange, struct mr_http_exchange, http_done)
MR_DEFINE_AUTO(grpc_call, struct mr_grpc_call, grpc_done)

#endif
