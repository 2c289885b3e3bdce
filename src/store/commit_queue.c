/* SPDX-License-Identifier: Apache-2.0 */
#include "store/commit_queue.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { QUEUE_MAX = 4096, GROUP_MAX = 256 };

struct mr_commit_queue {
	struct mr_file_store *store;
	void (*attachment_unref)(void *attachment);
	void (*publish)(void *context, struct mr_state *state, void *attachment);
	void *context;
	size_t queue_max, group_max;

	pthread_t thread;
	pthread_mutex_t lock; /* of the next four */
	pthread_cond_t wake;
	struct mr_update *first, **last;
	size_t waiting;
	bool stopping;

	/* what is durable and published; of the queue's thread */
	struct mr_state *state;
	void *attachment;
};

/* The updates of one commit, and the state that they make of the present one. */
struct group {
	struct mr_update *first, **last; /* that have been applied */
	struct mr_state *state;
	void *attachment;                       /* a new one, or NULL */
	const struct mr_protection *protection; /* a new one, or NULL */
	bool changed;                           /* there is something to commit */
};

static void drop_attachment(const struct mr_commit_queue *queue, void *attachment)
{
	if (attachment && queue->attachment_unref)
		queue->attachment_unref(attachment);
}

/* The group with what a successful update has changed. */
static mr_result take_changes(const struct mr_commit_queue *queue, struct group *group,
	struct mr_update_context *context, struct mr_error *err)
{
	struct mr_state *next = NULL;

	if (mr_tx_changed(context->tx)) {
		MR_TRY(mr_tx_build(context->tx, &next, err));
		mr_state_unref(group->state);
		group->state = next;
	}
	if (context->new_attachment) {
		drop_attachment(queue, group->attachment);
		group->attachment = context->new_attachment;
		context->new_attachment = NULL;
	}
	group->protection = context->new_protection;
	group->changed |= next || group->attachment || group->protection;
	return MR_OK;
}

static void apply(
	const struct mr_commit_queue *queue, struct group *group, struct mr_update *update)
{
	MR_AUTO(tx) struct mr_tx *tx = NULL;
	struct mr_update_context context = {
		.attachment = group->attachment ? group->attachment : queue->attachment,
	};

	update->result = mr_tx_new(group->state, &tx, &update->error);
	context.tx = tx;
	if (!mr_failed(update->result))
		update->result = update->apply(update, &context, &update->error);
	if (!mr_failed(update->result))
		update->result = take_changes(queue, group, &context, &update->error);
	drop_attachment(queue, context.new_attachment);
	/* also without a change of its own: it was decided on a state that may not last */
	update->depends = !mr_failed(update->result) && group->changed;
	update->next = NULL;
	*group->last = update;
	group->last = &update->next;
}

static mr_result commit(struct mr_commit_queue *queue, struct group *group, struct mr_error *err)
{
	if (!group->changed)
		return MR_OK;
	if (queue->store && (group->state != queue->state || group->protection))
		MR_TRY(mr_file_store_commit(queue->store, group->state, group->protection, err));

	struct mr_state *old_state = queue->state;
	queue->state = mr_state_ref(group->state);
	mr_state_unref(old_state);
	if (group->attachment) {
		drop_attachment(queue, queue->attachment);
		queue->attachment = group->attachment;
		group->attachment = NULL;
	}
	if (queue->publish)
		queue->publish(queue->context, queue->state, queue->attachment);
	return MR_OK;
}

static struct mr_update *take_first(struct mr_commit_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	struct mr_update *update = queue->first;
	if (update) {
		queue->first = update->next;
		if (!queue->first)
			queue->last = &queue->first;
		queue->waiting--;
	}
	pthread_mutex_unlock(&queue->lock);
	return update;
}

static void run_group(struct mr_commit_queue *queue)
{
	struct group group = { .state = mr_state_ref(queue->state) };
	struct mr_update *update;
	struct mr_error err = { .code = MR_CODE_OK };

	group.last = &group.first;
	for (size_t i = 0; i < queue->group_max && !group.protection; i++) {
		update = take_first(queue);
		if (!update)
			break;
		apply(queue, &group, update);
	}
	mr_result committed = commit(queue, &group, &err);
	drop_attachment(queue, group.attachment);
	mr_state_unref(group.state);
	while ((update = group.first) != NULL) {
		group.first = update->next; /* `done` may give the update a new life */
		if (mr_failed(committed) && update->depends)
			update->done(update, committed, true, &err);
		else
			update->done(update, update->result, false, &update->error);
	}
}

static void *work(void *argument)
{
	struct mr_commit_queue *queue = argument;

	pthread_mutex_lock(&queue->lock);
	while (queue->first || !queue->stopping) {
		if (!queue->first) {
			pthread_cond_wait(&queue->wake, &queue->lock);
			continue;
		}
		pthread_mutex_unlock(&queue->lock);
		run_group(queue);
		pthread_mutex_lock(&queue->lock);
	}
	pthread_mutex_unlock(&queue->lock);
	return NULL;
}

static int start(struct mr_commit_queue *queue)
{
	sigset_t all;
	sigset_t before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int errnum = pthread_create(&queue->thread, NULL, work, queue);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return errnum;
}

static void destroy(struct mr_commit_queue *queue)
{
	pthread_cond_destroy(&queue->wake);
	pthread_mutex_destroy(&queue->lock);
	mr_state_unref(queue->state);
	free(queue);
}

mr_result mr_commit_queue_new(const struct mr_commit_queue_config *config,
	struct mr_commit_queue **ret, struct mr_error *err)
{
	struct mr_commit_queue *queue = calloc(1, sizeof *queue);

	if (!queue)
		return mr_fail_nomem(err);
	queue->store = config->store;
	queue->state = mr_state_ref(config->state);
	queue->attachment = config->attachment;
	queue->attachment_unref = config->attachment_unref;
	queue->publish = config->publish;
	queue->context = config->context;
	queue->queue_max = config->queue_max ? config->queue_max : QUEUE_MAX;
	queue->group_max = config->group_max ? config->group_max : GROUP_MAX;
	queue->last = &queue->first;
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->wake, NULL);
	int errnum = start(queue);
	if (errnum) {
		destroy(queue);
		return mr_fail_errno(err, errnum, "starting the thread of commits");
	}
	*ret = queue;
	return MR_OK;
}

bool mr_commit_queue_submit(struct mr_commit_queue *queue, struct mr_update *update)
{
	pthread_mutex_lock(&queue->lock);
	bool taken = !queue->stopping && queue->waiting < queue->queue_max;
	if (taken) {
		update->next = NULL;
		*queue->last = update;
		queue->last = &update->next;
		queue->waiting++;
		pthread_cond_signal(&queue->wake);
	}
	pthread_mutex_unlock(&queue->lock);
	return taken;
}

void mr_commit_queue_free(struct mr_commit_queue *queue)
{
	if (!queue)
		return;
	pthread_mutex_lock(&queue->lock);
	queue->stopping = true;
	pthread_cond_signal(&queue->wake);
	pthread_mutex_unlock(&queue->lock);
	pthread_join(queue->thread, NULL);
	drop_attachment(queue, queue->attachment);
	destroy(queue);
}
