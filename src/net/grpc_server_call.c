/* SPDX-License-Identifier: Apache-2.0 */
/* Life and death of calls. */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "net/grpc_server_internal.h"

bool mr_grpc_bucket_take(
	struct mr_grpc_bucket *bucket, int64_t cost, int64_t burst, int64_t per_second)
{
	int64_t now = mr_clock_monotonic_ms();
	int64_t passed = now - bucket->filled_ms;

	if (bucket->filled_ms == 0 || passed > 3600000) {
		bucket->tokens = burst;
		bucket->filled_ms = now;
	} else if (passed * per_second >= 1000) {
		bucket->tokens += passed * per_second / 1000;
		bucket->filled_ms = now;
	}
	if (bucket->tokens > burst)
		bucket->tokens = burst;
	if (bucket->tokens < cost)
		return false;
	bucket->tokens -= cost;
	return true;
}

/*
 * A stream costs its peer a few bytes and us a thousand. However many strangers open, each connection may have some, which
 * is all that Marbles need.
 */
#define MAX_OPEN_BY_ALL 32768
#define ALWAYS_OPEN 4
static atomic_size_t open_by_all;

bool mr_grpc_has_place(const struct mr_grpc_connection *c)
{
	size_t max = c->config->max_open ? c->config->max_open : MAX_OPEN_BY_ALL;

	return c->streams < ALWAYS_OPEN ||
	       atomic_load_explicit(&open_by_all, memory_order_relaxed) < max;
}

struct mr_grpc_call *mr_grpc_call_new(struct mr_grpc_connection *c, int32_t stream)
{
	struct mr_grpc_call *call = calloc(1, sizeof *call);

	if (!call)
		return NULL;
	call->connection = c;
	call->config = c->config;
	call->loop = mr_conn_loop(c->conn);
	call->stream = stream;
	call->open = true;
	call->deadline_ms = INT64_MAX;
	mr_buf_init(&call->message, MR_GRPC_MESSAGE_LIMIT);
	call->next = c->calls;
	if (c->calls)
		c->calls->previous = call;
	c->calls = call;
	c->streams++;
	atomic_fetch_add_explicit(&open_by_all, 1, memory_order_relaxed);
	mr_grpc_call_set_waiting(call, true);
	return call;
}

void mr_grpc_call_set_waiting(struct mr_grpc_call *call, bool waiting)
{
	struct mr_grpc_connection *c = call->connection;

	if (!c || call->waiting == waiting)
		return;
	call->waiting = waiting;
	if (waiting)
		c->waiting++;
	else
		c->waiting--;
	c->step_done = true;
}

void mr_grpc_call_unlink(struct mr_grpc_call *call)
{
	struct mr_grpc_connection *c = call->connection;

	if (!c)
		return;
	if (call->next)
		call->next->previous = call->previous;
	if (call->previous)
		call->previous->next = call->next;
	else
		c->calls = call->next;
	call->next = call->previous = NULL;
	call->connection = NULL;
}

void mr_grpc_call_release(struct mr_grpc_call *call)
{
	if (call->open || call->running)
		return;
	mr_grpc_call_drop_request(call);
	mr_grpc_call_unlink(call);
	mr_buf_done(&call->peer);
	mr_buf_done(&call->reply);
	free(call);
}

void mr_grpc_call_closed(struct mr_grpc_call *call)
{
	struct mr_grpc_connection *c = call->connection;

	mr_grpc_call_disarm(call);
	mr_grpc_call_set_waiting(call, false);
	mr_grpc_call_drop_answer(call); /* wiped now, not when the connection ends */
	c->streams--;
	atomic_fetch_sub_explicit(&open_by_all, 1, memory_order_relaxed);
	call->open = false;
	if (!call->running)
		mr_grpc_call_drop_request(call);
	mr_grpc_call_release(call);
}
