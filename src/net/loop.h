/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event loop: one thread, one libevent base. Everything of a connection happens on its loop's
 * thread; other threads reach it by posting.
 */
#ifndef MR_NET_LOOP_H
#define MR_NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct event_base;
struct mr_loop;

/* A message to a loop, embedded in the sender's object, which must live until `run` has been
 * called on the loop. */
struct mr_loop_task {
	void (*run)(struct mr_loop_task *task);
	struct mr_loop_task *next; /* the loop's */
};

MR_MUST_USE mr_result mr_loop_new(struct mr_loop **ret, struct mr_error *err);
/* Starts the thread (signals blocked in it). */
MR_MUST_USE mr_result mr_loop_start(struct mr_loop *loop, struct mr_error *err);
/* Queues a task; thread-safe, wakes the loop, cannot fail. After mr_loop_stop tasks still run,
 * until the free. */
void mr_loop_post(struct mr_loop *loop, struct mr_loop_task *task);
bool mr_loop_is_current(const struct mr_loop *loop);
struct event_base *mr_loop_base(struct mr_loop *loop);
/* Ends the thread after the posted tasks have run, and waits for it. */
void mr_loop_stop(struct mr_loop *loop);
/* Frees a stopped or never started loop. Accepts NULL. */
void mr_loop_free(struct mr_loop *loop);

#endif
