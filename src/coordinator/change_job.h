/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Change job: the way of every client-API call that changes what the view shows or what is pending. A worker prepares
 * the change over a snapshot, the commit queue replays it; whoever was overtaken by another change starts again from the
 * newest snapshot, so that each answer is consistent with some serial order.
 */
#ifndef MR_COORDINATOR_CHANGE_JOB_H
#define MR_COORDINATOR_CHANGE_JOB_H

#include "coordinator/api.h"
#include "coordinator/manifest_state.h"

struct mr_change_job;

/* What kinds of changes differ in. Functions get the object that begins with the job. */
struct mr_change_kind {
	const char *name;           /* in the log, e.g. "SetManifest" */
	const char *commit_context; /* in front of a failing commit's text */
	bool by_anyone;             /* takes its turn among strangers, not among users */
	/* Makes `job->change` over `job->snapshot`, from scratch at every attempt. */
	mr_result (*prepare)(struct mr_change_job *job, struct mr_error *err);
	/* Appends the data of the success envelope, from what prepare made; nothing means null. */
	void (*put_answer)(struct mr_change_job *job, struct mr_buf *data);
	/* Forgets what prepare made, but for `change`; may be NULL. */
	void (*reset)(struct mr_change_job *job);
	/* Releases the object. */
	void (*free)(struct mr_change_job *job);
};

struct mr_change_job {
	const struct mr_change_kind *kind;
	struct mr_api_call call;
	struct mr_snapshot *snapshot; /* what this attempt stands on */
	const struct mr_user
		*user; /* who asks, if prepare asked for one; lives with the snapshot */
	struct mr_change change;
	struct mr_buf answer; /* of a success */
	int http_status;      /* of a refusal; 0: the generic one (20 §5) */
	/* Set by prepare when the change only leaves a trace of a refusal (log lines): it is committed, then `refusal` is
	 * the answer. */
	bool refused;
	struct mr_error refusal;
	unsigned attempts;
	struct mr_job job;
	struct mr_update update;
};

/* Takes over the object; answers the call at the end. */
void mr_change_job_start(struct mr_change_job *job, const struct mr_change_kind *kind,
	const struct mr_api_call *call);
/* For prepare: identifies the user by the peer's leaf certificate. */
MR_MUST_USE mr_result mr_change_job_authenticate(struct mr_change_job *job, struct mr_error *err);

#endif
