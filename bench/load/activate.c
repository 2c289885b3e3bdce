/* SPDX-License-Identifier: Apache-2.0 */
/* Marbles that are activated, each over a new connection as they do, or over kept ones. */
#include <stdlib.h>

#include "grpc.h"
#include "load.h"
#include "marbles.h"

enum { ANSWER_MAX = 128 << 20, SAMPLES = 50 };

struct activation {
	struct mr_load *load;
	struct mr_load_marble *marbles;
	struct mr_load_grpc **kept; /* one a worker, or NULL */
	struct mr_buf *samples;     /* answers, one every `stride` operations */
	size_t stride;
};

static mr_result activate(void *context, size_t worker, size_t index, struct mr_error *err)
{
	const struct activation *a = context;
	const struct mr_load_marble *m = &a->marbles[index];
	MR_AUTO(load_grpc) struct mr_load_grpc *own = NULL;
	MR_AUTO(buf) struct mr_buf dropped = { 0 };
	struct mr_buf *answer = &dropped;

	mr_buf_init(&dropped, ANSWER_MAX);
	if (index % a->stride == 0)
		answer = &a->samples[index / a->stride];
	if (!a->kept)
		MR_TRY(mr_load_grpc_open(a->load->mesh, m->identity, &own, err));
	return mr_load_grpc_activate(
		a->kept ? a->kept[worker] : own, mr_buf_bytes(&m->request), answer, err);
}

static mr_result check_samples(const struct activation *a, struct mr_error *err)
{
	struct mr_load_grant grants[SAMPLES] = { 0 };
	size_t count = 0;
	mr_result r = MR_OK;

	for (size_t i = 0; i < a->load->operations && !mr_failed(r); i += a->stride) {
		struct mr_load_grant *grant = &grants[count];
		r = mr_load_grant_check(&a->marbles[i], mr_buf_bytes(&a->samples[i / a->stride]),
			a->load->files, grant, err);
		for (size_t other = 0; other < count && !mr_failed(r); other++) {
			if (mr_key_same_public(grants[other].key, grant->key))
				r = mr_fail(err, MR_CODE_INVALID, "a key was handed out twice");
		}
		count++;
	}
	mr_buf_printf(&a->load->extra, ", \"checked\": %zu, \"answer_bytes\": %zu", count,
		a->samples[0].len);
	for (size_t i = 0; i < count; i++)
		mr_load_grant_done(&grants[i]);
	return mr_wrap(err, r, "wrong answer");
}

static mr_result connect_workers(struct activation *a, struct mr_error *err)
{
	a->kept = calloc(a->load->workers, sizeof(struct mr_load_grpc *));
	if (!a->kept)
		return mr_fail_nomem(err);
	for (size_t i = 0; i < a->load->workers; i++) {
		const struct mr_load_marble *m = &a->marbles[i % a->load->operations];
		MR_TRY(mr_load_grpc_open(a->load->mesh, m->identity, &a->kept[i], err));
		MR_TRY(mr_load_grpc_ping(a->kept[i], err));
	}
	return MR_OK;
}

static mr_result run(struct activation *a, struct mr_error *err)
{
	struct mr_load *load = a->load;

	MR_TRY(mr_load_marbles_new(load->operations, load->marble_type, &a->marbles, err));
	a->stride = (load->operations + SAMPLES - 1) / SAMPLES;
	a->samples = calloc(SAMPLES, sizeof *a->samples);
	if (!a->samples)
		return mr_fail_nomem(err);
	for (size_t i = 0; i < SAMPLES; i++)
		mr_buf_init(&a->samples[i], ANSWER_MAX);
	if (load->kept)
		MR_TRY(connect_workers(a, err));
	MR_TRY(mr_load_run(load, activate, a, err));
	return check_samples(a, err);
}

mr_result mr_load_activate(struct mr_load *load, struct mr_error *err)
{
	struct activation a = { .load = load };
	mr_result r = run(&a, err);

	for (size_t i = 0; a.kept && i < load->workers; i++)
		mr_load_grpc_close(a.kept[i]);
	free(a.kept);
	for (size_t i = 0; a.samples && i < SAMPLES; i++)
		mr_buf_done(&a.samples[i]);
	free(a.samples);
	mr_load_marbles_free(a.marbles, load->operations);
	return r;
}
