/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Coordinator's core: the current snapshot and the machinery that makes the next one.
 *
 * A snapshot is the state (opaque map) and the view derived from it (certificates, keys, Marbles with their compiled
 * parameters …). It is immutable; readers take the current one without a lock. All changes go through the commit queue,
 * which makes them durable, then publishes the next snapshot. There is no other lock (design: no global lock).
 */
#ifndef MR_COORDINATOR_CORE_H
#define MR_COORDINATOR_CORE_H

#include <stdatomic.h>

#include "attest/service.h"
#include "base/log.h"
#include "base/shared.h"
#include "base/worker.h"
#include "coordinator/config.h"
#include "coordinator/metrics.h"
#include "coordinator/own_quote.h"
#include "coordinator/recovery.h"
#include "coordinator/view.h"
#include "crypto/key_pool.h"
#include "store/commit_queue.h"

struct mr_snapshot {
	struct mr_shared shared;
	struct mr_state *state;
	struct mr_view *view;
};

struct mr_core {
	const struct mr_config *config; /* borrowed */
	struct mr_logger *log;          /* borrowed */
	bool simulation; /* no quote of our own: Marble quotes are not checked (30 §7) */
	struct mr_shared_slot current;
	struct mr_file_store *store;
	struct mr_commit_queue *commits;
	/* Three pools, so that none of them waits for another: activations that make RSA keys; changes by users, one
	 * after another; what anybody may ask for, first manifests and recovery, one after another, too. */
	struct mr_workers *workers, *changes, *strangers;
	/* Outside simulation: who verifies evidence, and who makes our own, one after another. */
	struct mr_workers *verifiers, *quoters;
	struct mr_attest_service *attest;
	struct mr_own_quote *quote; /* NULL, too, where development mode does without */
	atomic_bool storing_marks;  /* of attest_memory.c */
	atomic_bool stopping;       /* jobs that have not begun are refused */
	struct mr_key_pool *keys;
	struct mr_metrics *metrics; /* both NULL without a metrics listener */
	struct mr_events *events;
	struct mr_recovery *recovery; /* in recovery state; of the strangers' thread */
	struct mr_snapshot *
		spare; /* made before a commit, so that publishing cannot fail; start and commit thread only */
};

/* Opens the store, loads or begins the state (40 §2.1 step 7, §3), starts workers and the commit queue. Errors are
 * those that end the start. */
MR_MUST_USE mr_result mr_core_new(const struct mr_config *config, struct mr_logger *log,
	struct mr_core **ret, struct mr_error *err);
/* Ends jobs and commits: afterwards every call has been answered, and no thread of the core is left. What has begun is
 * finished, what waits for a worker is refused. */
void mr_core_stop(struct mr_core *core);
/* Stops and frees. No request may be running. Accepts NULL. */
void mr_core_free(struct mr_core *core);

/* What is to be done every few seconds, on the main thread. */
void mr_core_tick(struct mr_core *core);

/* The current snapshot, a reference for the caller. Never NULL. */
struct mr_snapshot *mr_core_snapshot(struct mr_core *core);
void mr_snapshot_unref(struct mr_snapshot *snapshot);

/* To be called by every update that changes anything: makes sure that its publication cannot fail. */
MR_MUST_USE mr_result mr_core_prepare_publish(struct mr_core *core, struct mr_error *err);

/* MR_OK when the view's state is one of the two (pass the same twice for one); else MR_CODE_STATE with
 * `server is not in expected state` (40 §3). */
MR_MUST_USE mr_result mr_require_state(const struct mr_view *view, enum mr_coordinator_state a,
	enum mr_coordinator_state b, struct mr_error *err);

MR_DEFINE_AUTO_PTR(snapshot, struct mr_snapshot, mr_snapshot_unref)

#endif
