/* SPDX-License-Identifier: Apache-2.0 */
/* Mutual-TLS HTTP/2 connections that are only held. */
#include <stdlib.h>

#include "grpc.h"
#include "load.h"
#include "marbles.h"

enum { IDENTITIES = 64 };

struct idle {
	struct mr_load *load;
	struct mr_load_marble *marbles;
	size_t identities;
	struct mr_load_grpc **connections;
};

static mr_result open_one(void *context, size_t worker, size_t index, struct mr_error *err)
{
	const struct idle *idle = context;
	const struct mr_load_marble *m = &idle->marbles[index % idle->identities];

	(void)worker;
	MR_TRY(mr_load_grpc_open(idle->load->mesh, m->identity, &idle->connections[index], err));
	return mr_load_grpc_ping(idle->connections[index], err);
}

static double per_connection(long before, long after, size_t count)
{
	return before < 0 || after < 0 ? -1 : (double)(after - before) / (double)count;
}

static mr_result run(struct idle *idle, struct mr_error *err)
{
	struct mr_load *load = idle->load;
	struct mr_load_usage *before = &load->before, *after = &load->after;

	idle->identities = load->operations < IDENTITIES ? load->operations : IDENTITIES;
	MR_TRY(mr_load_marbles_new(idle->identities, load->marble_type, &idle->marbles, err));
	idle->connections = calloc(load->operations, sizeof(struct mr_load_grpc *));
	if (!idle->connections)
		return mr_fail_nomem(err);
	MR_TRY(mr_load_run(load, open_one, idle, err));
	mr_load_sleep_ms(load->hold_ms);
	MR_TRY(mr_load_usage_of(load->pid, true, after, err));
	for (size_t i = 0; i < load->operations; i++)
		MR_TRY(mr_wrap(
			err, mr_load_grpc_ping(idle->connections[i], err), "a held connection"));
	mr_buf_printf(&load->extra,
		", \"rss_kib_per_connection\": %.2f, \"pss_kib_per_connection\": %.2f",
		per_connection(before->rss_kib, after->rss_kib, load->operations),
		per_connection(before->pss_kib, after->pss_kib, load->operations));
	return MR_OK;
}

mr_result mr_load_idle(struct mr_load *load, struct mr_error *err)
{
	struct idle idle = { .load = load };
	mr_result r = run(&idle, err);

	for (size_t i = 0; idle.connections && i < load->operations; i++)
		mr_load_grpc_close(idle.connections[i]);
	free(idle.connections);
	mr_load_marbles_free(idle.marbles, idle.identities);
	return r;
}
