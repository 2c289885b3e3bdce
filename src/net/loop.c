/* SPDX-License-Identifier: Apache-2.0 */
#include "net/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/loop_internal.h"

/* Tasks in the order of their arrival. */
struct queue {
	struct mr_loop_task *first, **last;
};

struct mr_loop {
	struct event_base *base;
	struct event *wake;
	int pipe[2];
	pthread_mutex_t lock;
	struct queue posted;   /* under the lock */
	bool woken, stopping;  /* under the lock */
	struct queue deferred; /* the loop's own */
	pthread_t thread;
	bool started;
	uint8_t scratch[MR_LOOP_SCRATCH];
};

static _Thread_local const struct mr_loop *current;

static void queue_init(struct queue *q)
{
	q->first = NULL;
	q->last = &q->first;
}

static void queue_add(struct queue *q, struct mr_loop_task *task)
{
	task->next = NULL;
	*q->last = task;
	q->last = &task->next;
}

static struct mr_loop_task *queue_take(struct queue *q)
{
	struct mr_loop_task *task = q->first;

	if (task) {
		q->first = task->next;
		if (!q->first)
			q->last = &q->first;
		task->next = NULL;
	}
	return task;
}

void mr_loop_defer(struct mr_loop *loop, struct mr_loop_task *task)
{
	queue_add(&loop->deferred, task);
}

void mr_loop_end_event(struct mr_loop *loop)
{
	struct mr_loop_task *task;

	while ((task = queue_take(&loop->deferred)))
		task->run(task);
}

uint8_t *mr_loop_scratch(struct mr_loop *loop)
{
	return loop->scratch;
}

/* Runs all that was posted up to now, once; what these tasks post comes with the next event. */
static void run_posted(struct mr_loop *loop)
{
	struct queue batch;
	struct mr_loop_task *task;

	queue_init(&batch);
	pthread_mutex_lock(&loop->lock);
	if (loop->posted.first) {
		batch = loop->posted;
		queue_init(&loop->posted);
	}
	loop->woken = false;
	bool stopping = loop->stopping;
	pthread_mutex_unlock(&loop->lock);

	while ((task = queue_take(&batch)))
		task->run(task);
	mr_loop_end_event(loop);
	if (stopping)
		event_base_loopbreak(loop->base);
}

static void on_wake(evutil_socket_t fd, short what, void *argument)
{
	struct mr_loop *loop = argument;
	char bytes[64];

	(void)what;
	while (read(fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes))
		;
	run_posted(loop);
}

/* With the lock held. */
static void wake_up(struct mr_loop *loop)
{
	if (loop->woken)
		return;
	loop->woken = true;
	/* a full pipe wakes as well */
	while (write(loop->pipe[1], "", 1) < 0 && errno == EINTR)
		;
}

static mr_result open_base(struct mr_loop *loop, struct mr_error *err)
{
	struct event_config *config = event_config_new();

	/* without locks: only its own thread touches the base */
	if (config && !event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK))
		loop->base = event_base_new_with_config(config);
	if (config)
		event_config_free(config);
	if (!loop->base)
		return mr_fail(err, MR_CODE_IO, "creating an event loop failed");
	if (pipe2(loop->pipe, O_NONBLOCK | O_CLOEXEC) < 0)
		return mr_fail_errno(err, errno, "creating a pipe");
	loop->wake = event_new(loop->base, loop->pipe[0], EV_READ | EV_PERSIST, on_wake, loop);
	if (!loop->wake || event_add(loop->wake, NULL) < 0)
		return mr_fail_nomem(err);
	return MR_OK;
}

mr_result mr_loop_new(struct mr_loop **ret, struct mr_error *err)
{
	struct mr_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return mr_fail_nomem(err);
	loop->pipe[0] = loop->pipe[1] = -1;
	pthread_mutex_init(&loop->lock, NULL);
	queue_init(&loop->posted);
	queue_init(&loop->deferred);
	mr_result r = open_base(loop, err);
	if (mr_failed(r)) {
		mr_loop_free(loop);
		return r;
	}
	*ret = loop;
	return MR_OK;
}

static void *run_loop(void *argument)
{
	struct mr_loop *loop = argument;

	current = loop;
	event_base_dispatch(loop->base);
	return NULL;
}

mr_result mr_loop_start(struct mr_loop *loop, struct mr_error *err)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&loop->thread, NULL, run_loop, loop);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed)
		return mr_fail_errno(err, failed, "starting an event loop's thread");
	loop->started = true;
	return MR_OK;
}

void mr_loop_post(struct mr_loop *loop, struct mr_loop_task *task)
{
	pthread_mutex_lock(&loop->lock);
	queue_add(&loop->posted, task);
	wake_up(loop);
	pthread_mutex_unlock(&loop->lock);
}

bool mr_loop_is_current(const struct mr_loop *loop)
{
	return current == loop;
}

struct event_base *mr_loop_base(struct mr_loop *loop)
{
	return loop->base;
}

void mr_loop_stop(struct mr_loop *loop)
{
	if (!loop->started)
		return;
	pthread_mutex_lock(&loop->lock);
	loop->stopping = true;
	wake_up(loop);
	pthread_mutex_unlock(&loop->lock);
	pthread_join(loop->thread, NULL);
	loop->started = false;
}

/* Tasks that came when there was no thread any more: whoever frees the loop is its thread then. */
static void run_leftovers(struct mr_loop *loop)
{
	const struct mr_loop *before = current;
	struct mr_loop_task *task;

	current = loop;
	do {
		pthread_mutex_lock(&loop->lock);
		task = queue_take(&loop->posted);
		pthread_mutex_unlock(&loop->lock);
		if (task)
			task->run(task);
		mr_loop_end_event(loop);
	} while (task);
	current = before;
}

void mr_loop_free(struct mr_loop *loop)
{
	if (!loop)
		return;
	run_leftovers(loop);
	if (loop->wake)
		event_free(loop->wake);
	if (loop->base)
		event_base_free(loop->base);
	for (size_t i = 0; i < 2; i++) {
		if (loop->pipe[i] >= 0)
			(void)close(loop->pipe[i]);
	}
	pthread_mutex_destroy(&loop->lock);
	free(loop);
}
