/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commit queue: all writers of the Coordinator, one after another, on one thread. Updates that wait
 * together are sealed and synced together (group commit), so durable updates a second are bounded
 * by the disk's syncs and not by their number. Each is acknowledged only after its state is durable
 * and published.
 *
 * With the state travels an attachment: the reference-counted view that the Coordinator derives
 * from it.
 */
#ifndef MR_STORE_COMMIT_QUEUE_H
#define MR_STORE_COMMIT_QUEUE_H

#include "store/file_store.h"
#include "store/state.h"

struct mr_commit_queue;
struct mr_update;

/* What an update's function sees and changes. */
struct mr_update_context {
	/* over the newest state, earlier updates of the same group included */
	struct mr_tx *tx;
	/* the newest view, borrowed: of that state, as far as its updates renewed it */
	void *attachment;
	/* Set by the function when the view changes with the commit: a reference that the queue
	 * takes, also when the update fails. */
	void *new_attachment;
	/* Set by the function when the protection changes with the commit; must stay valid until
	 * `done`. Such an update is the last of its group. */
	const struct mr_protection *new_protection;
};

/* One update, embedded in the caller's object, which must live until `done` has been called. */
struct mr_update {
	/* Decides and changes, on the queue's thread, without blocking. A failure rolls back this
	 * update alone. No change at all is fine: `done` is then called without a write. */
	mr_result (*apply)(
		struct mr_update *update, struct mr_update_context *context, struct mr_error *err);
	/* On the queue's thread, after the commit is durable and published, or with the failure.
	 * `committing` tells whether it was the commit that failed and not `apply`. `err` holds the
	 * failure, and nothing after a success. May submit updates, this one too, or free it. */
	void (*done)(struct mr_update *update, mr_result result, bool committing,
		const struct mr_error *err);
	struct mr_update *next; /* the queue's, as what follows */
	mr_result result;
	bool depends; /* on a change of its group that is not durable yet */
	struct mr_error error;
};

struct mr_commit_queue_config {
	struct mr_file_store *store; /* borrowed; NULL: memory only (tests) */
	struct mr_state *state;      /* first state; a reference is taken */
	/* first view; the caller's reference is taken over if mr_commit_queue_new succeeds */
	void *attachment;
	void (*attachment_unref)(void *attachment); /* may be NULL if there are no attachments */
	/* Publishes: called after the write, before `done`, when state or view are new. The
	 * references are the queue's, take your own. May be NULL. */
	void (*publish)(void *context, struct mr_state *state, void *attachment);
	void *context;
	size_t queue_max; /* updates that may wait; 0: 4096 */
	size_t group_max; /* updates a commit; 0: 256 */
};

/* Starts the thread, all signals blocked. */
MR_MUST_USE mr_result mr_commit_queue_new(const struct mr_commit_queue_config *config,
	struct mr_commit_queue **ret, struct mr_error *err);
/* False when the queue is full or stopping: the update is still the caller's. Any thread. */
MR_MUST_USE bool mr_commit_queue_submit(struct mr_commit_queue *queue, struct mr_update *update);
/* Finishes what is queued, ends the thread, frees. Not on the queue's own thread. Accepts NULL. */
void mr_commit_queue_free(struct mr_commit_queue *queue);

MR_DEFINE_AUTO_PTR(commit_queue, struct mr_commit_queue, mr_commit_queue_free)

#endif
