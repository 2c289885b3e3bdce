/* SPDX-License-Identifier: Apache-2.0 */
/* An activated Marble that raises monotonic counters, one a worker. */
#include <stdlib.h>

#include "grpc.h"
#include "load.h"
#include "marbles.h"
#include "net/http_client.h"

struct counting {
	struct mr_load *load;
	struct mr_tls_identity *identity;
	struct mr_http_client **clients; /* one a worker */
	uint64_t *values;                /* acknowledged, of each worker's counter */
};

static mr_result post(const struct counting *c, size_t worker, uint64_t value, struct mr_error *err)
{
	MR_AUTO(http_answer) struct mr_http_answer answer = { 0 };
	MR_AUTO(buf) struct mr_buf body = { 0 }, wanted = { 0 };

	mr_buf_init(&body, 256);
	mr_buf_init(&wanted, 256);
	mr_buf_printf(
		&body, "{\"name\":\"c%zu\",\"value\":%llu}", worker, (unsigned long long)value);
	mr_buf_printf(&wanted, "{\"value\":%llu}", (unsigned long long)c->values[worker]);
	MR_TRY(mr_buf_status(&body, err));
	MR_TRY(mr_buf_status(&wanted, err));
	MR_TRY(mr_http_client_request(c->clients[worker], "POST", "/api/v2/monotonic-counter",
		"application/json", mr_buf_bytes(&body), &answer, err));
	if (answer.status != 200)
		return mr_fail(err, MR_CODE_INVALID, "the counter answered with %d: %.*s",
			answer.status, MR_STR_ARGS(mr_buf_str(&answer.body)));
	/* each answer is the value before */
	if (!memmem(answer.body.data, answer.body.len, wanted.data, wanted.len))
		return mr_fail(err, MR_CODE_INVALID, "wrong answer: an increment was lost");
	return MR_OK;
}

static mr_result increment(void *context, size_t worker, size_t index, struct mr_error *err)
{
	const struct counting *c = context;

	(void)index;
	MR_TRY(post(c, worker, c->values[worker] + 1, err));
	c->values[worker]++;
	return MR_OK;
}

/* A read is a call with 0; before the clock it makes the connections as well. */
static mr_result read_all(const struct counting *c, struct mr_error *err)
{
	for (size_t i = 0; i < c->load->workers; i++)
		MR_TRY(post(c, i, 0, err));
	return MR_OK;
}

static mr_result activate_with(
	struct counting *c, const struct mr_load_marble *marble, struct mr_error *err)
{
	MR_AUTO(load_grpc) struct mr_load_grpc *grpc = NULL;
	MR_AUTO(load_grant) struct mr_load_grant grant = { 0 };
	MR_AUTO(buf) struct mr_buf answer = { 0 };

	mr_buf_init(&answer, (size_t)128 << 20);
	MR_TRY(mr_load_grpc_open(c->load->mesh, marble->identity, &grpc, err));
	MR_TRY(mr_load_grpc_activate(grpc, mr_buf_bytes(&marble->request), &answer, err));
	MR_TRY(mr_load_grant_check(marble, mr_buf_bytes(&answer), c->load->files, &grant, err));
	const struct mr_bytes chain[] = { grant.leaf.der, grant.intermediate.der };
	return mr_tls_identity_new(chain, MR_COUNT(chain), grant.key, &c->identity, err);
}

static mr_result activate(struct counting *c, struct mr_error *err)
{
	struct mr_load_marble *marbles;

	MR_TRY(mr_load_marbles_new(1, c->load->marble_type, &marbles, err));
	mr_result r = activate_with(c, marbles, err);
	mr_load_marbles_free(marbles, 1);
	return r;
}

static mr_result run(struct counting *c, struct mr_error *err)
{
	struct mr_load *load = c->load;

	c->clients = calloc(load->workers, sizeof(struct mr_http_client *));
	c->values = calloc(load->workers, sizeof *c->values);
	if (!c->clients || !c->values)
		return mr_fail_nomem(err);
	MR_TRY(activate(c, err));
	const struct mr_http_client_config config = {
		.endpoint = load->client,
		.tls = { .identity = c->identity },
		.request_ms = MR_LOAD_TIMEOUT_MS,
	};
	for (size_t i = 0; i < load->workers; i++)
		MR_TRY(mr_http_client_new(&config, &c->clients[i], err));
	MR_TRY(read_all(c, err));
	MR_TRY(mr_load_run(load, increment, c, err));
	return read_all(c, err);
}

mr_result mr_load_counter(struct mr_load *load, struct mr_error *err)
{
	struct counting c = { .load = load };
	mr_result r = run(&c, err);

	for (size_t i = 0; c.clients && i < load->workers; i++)
		mr_http_client_free(c.clients[i]);
	free(c.clients);
	free(c.values);
	mr_tls_identity_unref(c.identity);
	return r;
}
