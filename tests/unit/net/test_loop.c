/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/macros.h"
#include "net/loop.h"
#include "net/loop_internal.h"

static struct mr_loop *loop_new(bool start)
{
	struct mr_loop *loop = NULL;
	struct mr_error err;

	assert_false(mr_failed(mr_loop_new(&loop, &err)));
	if (start)
		assert_false(mr_failed(mr_loop_start(loop, &err)));
	return loop;
}

/* A task that notes its place in the order, and where it ran. */
struct note {
	struct mr_loop_task task;
	struct mr_loop *loop;
	struct notes *notes;
	size_t number;
	bool on_loop;
};

struct notes {
	size_t order[64];
	size_t count;
	sem_t done;
};

static void take_note(struct mr_loop_task *task)
{
	struct note *note = MR_CONTAINER_OF(task, struct note, task);

	note->on_loop = mr_loop_is_current(note->loop);
	note->notes->order[note->notes->count++] = note->number;
	sem_post(&note->notes->done);
}

static void test_tasks_run_on_the_loop_in_order(void **state)
{
	struct mr_loop *loop = loop_new(true);
	struct notes notes = { .count = 0 };
	struct note all[64];

	(void)state;
	sem_init(&notes.done, 0, 0);
	for (size_t i = 0; i < 64; i++) {
		all[i] = (struct note){ { .run = take_note }, loop, &notes, i, false };
		mr_loop_post(loop, &all[i].task);
	}
	for (size_t i = 0; i < 64; i++)
		sem_wait(&notes.done);
	assert_false(mr_loop_is_current(loop));
	mr_loop_stop(loop);
	mr_loop_free(loop);
	for (size_t i = 0; i < 64; i++) {
		assert_int_equal(notes.order[i], i);
		assert_true(all[i].on_loop);
	}
}

static void test_tasks_outlive_the_thread(void **state)
{
	struct mr_loop *loop = loop_new(true);
	struct notes notes = { .count = 0 };
	struct note before = { { .run = take_note }, loop, &notes, 1, false };
	struct note after = { { .run = take_note }, loop, &notes, 2, false };

	(void)state;
	sem_init(&notes.done, 0, 0);
	mr_loop_post(loop, &before.task);
	mr_loop_stop(loop);
	assert_int_equal(notes.count, 1);
	mr_loop_stop(loop);
	mr_loop_post(loop, &after.task);
	assert_int_equal(notes.count, 1);
	mr_loop_free(loop);
	assert_int_equal(notes.count, 2);
	assert_true(after.on_loop);
}

/* --- many senders --- */

enum { SENDERS = 4, TASKS = 2000 };

struct counter {
	struct mr_loop *loop;
	size_t count; /* the loop's alone */
};

struct counted {
	struct mr_loop_task task;
	struct counter *counter;
};

static void count(struct mr_loop_task *task)
{
	MR_CONTAINER_OF(task, struct counted, task)->counter->count++;
}

static void *send(void *argument)
{
	struct counted *tasks = argument;

	for (size_t i = 0; i < TASKS; i++)
		mr_loop_post(tasks[i].counter->loop, &tasks[i].task);
	return NULL;
}

static void test_many_threads_post(void **state)
{
	static struct counted tasks[SENDERS][TASKS];
	struct counter counter = { .loop = loop_new(true) };
	pthread_t senders[SENDERS];

	(void)state;
	for (size_t i = 0; i < SENDERS; i++) {
		for (size_t j = 0; j < TASKS; j++)
			tasks[i][j] = (struct counted){ { .run = count }, &counter };
		assert_int_equal(pthread_create(&senders[i], NULL, send, tasks[i]), 0);
	}
	for (size_t i = 0; i < SENDERS; i++)
		pthread_join(senders[i], NULL);
	mr_loop_stop(counter.loop);
	mr_loop_free(counter.loop);
	assert_int_equal(counter.count, SENDERS * TASKS);
}

/* --- deferred work --- */

struct chain {
	struct mr_loop_task posted, first, second, third;
	struct mr_loop *loop;
	char order[8];
	size_t len;
};

static void third(struct mr_loop_task *task)
{
	struct chain *chain = MR_CONTAINER_OF(task, struct chain, third);

	chain->order[chain->len++] = '3';
}

static void second(struct mr_loop_task *task)
{
	struct chain *chain = MR_CONTAINER_OF(task, struct chain, second);

	chain->order[chain->len++] = '2';
}

static void first(struct mr_loop_task *task)
{
	struct chain *chain = MR_CONTAINER_OF(task, struct chain, first);

	chain->order[chain->len++] = '1';
	mr_loop_defer(chain->loop, &chain->third);
}

static void defer_both(struct mr_loop_task *task)
{
	struct chain *chain = MR_CONTAINER_OF(task, struct chain, posted);

	mr_loop_defer(chain->loop, &chain->first);
	mr_loop_defer(chain->loop, &chain->second);
	chain->order[chain->len++] = '0';
	assert_non_null(mr_loop_scratch(chain->loop));
}

static void test_deferred_tasks_end_the_event(void **state)
{
	struct chain chain = { .posted.run = defer_both,
		.first.run = first,
		.second.run = second,
		.third.run = third };

	(void)state;
	chain.loop = loop_new(false);
	mr_loop_post(chain.loop, &chain.posted);
	mr_loop_free(chain.loop);
	assert_string_equal(chain.order, "0123");
}

static void look_at_signals(struct mr_loop_task *task)
{
	struct note *note = MR_CONTAINER_OF(task, struct note, task);
	sigset_t blocked;

	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	note->on_loop = sigismember(&blocked, SIGTERM) && sigismember(&blocked, SIGPIPE);
}

static void test_signals_are_left_to_others(void **state)
{
	struct mr_loop *loop = loop_new(true);
	struct note note = { { .run = look_at_signals }, loop, NULL, 0, false };

	(void)state;
	assert_non_null(mr_loop_base(loop));
	mr_loop_post(loop, &note.task);
	mr_loop_stop(loop);
	mr_loop_free(loop);
	assert_true(note.on_loop);
	mr_loop_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tasks_run_on_the_loop_in_order),
		cmocka_unit_test(test_tasks_outlive_the_thread),
		cmocka_unit_test(test_many_threads_post),
		cmocka_unit_test(test_deferred_tasks_end_the_event),
		cmocka_unit_test(test_signals_are_left_to_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
