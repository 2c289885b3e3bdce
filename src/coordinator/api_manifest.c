/* SPDX-License-Identifier: Apache-2.0 */
/* Setting the first manifest (20 §6.4). */
#include <stdlib.h>

#include "base/clock.h"
#include "codec/json.h"
#include "coordinator/change_job.h"
#include "coordinator/set_manifest.h"

struct set_job {
	struct mr_change_job base;
	struct mr_buf raw;
	struct mr_manifest *manifest; /* `base.change.recovery` borrows names from it */
};

static struct set_job *of(struct mr_change_job *job)
{
	return MR_CONTAINER_OF(job, struct set_job, base);
}

static mr_result prepare(struct mr_change_job *job, struct mr_error *err)
{
	struct set_job *j = of(job);
	struct mr_new_manifest new = { 0 };

	MR_TRY(mr_set_manifest_prepare(job->call.core, job->snapshot, mr_buf_bytes(&j->raw),
		mr_clock_wall_ns(), &new, err));
	job->change = new.change;
	j->manifest = new.manifest;
	return MR_OK;
}

/* v1 has null where there are no recovery keys (20 §6.4). */
static void put_answer(struct mr_change_job *job, struct mr_buf *data)
{
	if (job->call.version == MR_API_V1 && !job->change.recovery.count)
		return;
	mr_buf_put_cstr(data, "{\"RecoverySecrets\":");
	mr_state_key_put_json(&job->change.recovery, data);
	mr_buf_put_u8(data, '}');
}

static void reset(struct mr_change_job *job)
{
	struct set_job *j = of(job);

	mr_change_done(&job->change);
	mr_manifest_free(j->manifest);
	j->manifest = NULL;
}

static void release(struct mr_change_job *job)
{
	struct set_job *j = of(job);

	mr_buf_done(&j->raw);
	free(j);
}

static const struct mr_change_kind set_kind = {
	.name = "SetManifest",
	.commit_context = "sealing state",
	.by_anyone = true,
	.prepare = prepare,
	.put_answer = put_answer,
	.reset = reset,
	.free = release,
};

void mr_api_post_manifest(const struct mr_api_call *call)
{
	struct set_job *j = calloc(1, sizeof *j);

	if (!j) {
		mr_api_error(call, 500, MR_STR("out of memory"));
		return;
	}
	mr_buf_init(&j->raw, MR_MANIFEST_MAX_SIZE);
	if (!mr_api_read_manifest(call, &j->raw)) {
		release(&j->base);
		return;
	}
	mr_change_job_start(&j->base, &set_kind, call);
}
