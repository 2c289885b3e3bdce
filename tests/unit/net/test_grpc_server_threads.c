/* SPDX-License-Identifier: Apache-2.0 */
/* The gRPC server with a real loop: answers from other threads, deadlines by timer. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "grpc_service.h"

#define CALLS 64

/* The connection lives on the loop's thread; the test gives it steps to run there, one at a
 * time. */
struct stage {
	struct mr_loop_task task;
	struct fixture fixture;
	struct mr_loop *loop;
	void (*step)(struct stage *stage);
	pthread_mutex_t lock;
	pthread_cond_t done_signal;
	bool done;
	int32_t streams[CALLS];
	size_t answered;
};

static void run_step(struct mr_loop_task *task)
{
	struct stage *stage = MR_CONTAINER_OF(task, struct stage, task);

	stage->step(stage);
	pthread_mutex_lock(&stage->lock);
	stage->done = true;
	pthread_cond_signal(&stage->done_signal);
	pthread_mutex_unlock(&stage->lock);
}

static void on_loop(struct stage *stage, void (*step)(struct stage *stage))
{
	stage->step = step;
	stage->done = false;
	stage->task.run = run_step;
	mr_loop_post(stage->loop, &stage->task);
	pthread_mutex_lock(&stage->lock);
	while (!stage->done)
		pthread_cond_wait(&stage->done_signal, &stage->lock);
	pthread_mutex_unlock(&stage->lock);
}

static void open_pair(struct stage *stage)
{
	service_init(&stage->fixture.service);
	pair_open_on(&stage->fixture.pair, &stage->fixture.service.config, stage->loop);
}

static int set_up(void **state)
{
	struct stage *stage = calloc(1, sizeof *stage);
	struct mr_error err;

	if (!stage || mr_failed(mr_loop_new(&stage->loop, &err)) ||
		mr_failed(mr_loop_start(stage->loop, &err)))
		return -1;
	pthread_mutex_init(&stage->lock, NULL);
	pthread_cond_init(&stage->done_signal, NULL);
	on_loop(stage, open_pair);
	*state = stage;
	return 0;
}

static void close_pair(struct stage *stage)
{
	pair_close(&stage->fixture.pair);
}

static int tear_down(void **state)
{
	struct stage *stage = *state;

	on_loop(stage, close_pair);
	service_release(&stage->fixture.service);
	mr_loop_stop(stage->loop);
	mr_loop_free(stage->loop);
	pthread_cond_destroy(&stage->done_signal);
	pthread_mutex_destroy(&stage->lock);
	free(stage);
	return 0;
}

/* --- steps --- */

static void keep_calls(struct stage *stage)
{
	struct mr_bytes body = TEXT("\0\0\0\0\5hello");

	for (size_t i = 0; i < CALLS; i++)
		stage->streams[i] = pair_request(
			&stage->fixture.pair, FIELDS({ ":path", "/rpc.Marble/Keep" }), &body, true);
	pair_pump(&stage->fixture.pair);
	assert_int_equal(stage->fixture.service.kept_count, CALLS);
}

static void count_answers(struct stage *stage)
{
	pair_pump(&stage->fixture.pair);
	stage->answered = 0;
	for (size_t i = 0; i < CALLS; i++) {
		const struct pair_answer *a = pair_answer_of(
			&stage->fixture.pair, stage->streams[i]);

		stage->answered += a->ended;
	}
}

/* Answers a share of the calls kept. */
struct answerer {
	pthread_t thread;
	struct service *service;
	size_t from, to;
};

static void *run_answerer(void *argument)
{
	const struct answerer *a = argument;

	for (size_t i = a->from; i < a->to; i++) {
		struct mr_grpc_call *call = a->service->kept[i];

		assert_int_equal(mr_grpc_call_peer_certificate(call).len, 5);
		if (i % 3 == 0)
			mr_grpc_fail(call, MR_GRPC_NOT_FOUND, MR_STR("none"));
		else
			service_reply(call, mr_grpc_call_message(call));
	}
	return NULL;
}

static void answer_by_threads(struct stage *stage)
{
	struct answerer answerers[4];

	for (size_t i = 0; i < 4; i++) {
		answerers[i] = (struct answerer){ .service = &stage->fixture.service,
			.from = i * CALLS / 4,
			.to = (i + 1) * CALLS / 4 };
		assert_int_equal(
			pthread_create(&answerers[i].thread, NULL, run_answerer, &answerers[i]), 0);
	}
	for (size_t i = 0; i < 4; i++)
		pthread_join(answerers[i].thread, NULL);
	stage->fixture.service.kept_count = 0;
}

static void test_answers_from_threads(void **state)
{
	struct stage *stage = *state;

	on_loop(stage, keep_calls);
	answer_by_threads(stage);
	/* posted after all answers, so that they have arrived */
	on_loop(stage, count_answers);
	assert_int_equal(stage->answered, CALLS);
	assert_int_equal(stage->fixture.service.finished_count, CALLS);
}

static void close_server(struct stage *stage)
{
	pair_close_server(&stage->fixture.pair);
}

static void test_answers_to_a_closed_connection(void **state)
{
	struct stage *stage = *state;

	on_loop(stage, keep_calls);
	on_loop(stage, close_server);
	answer_by_threads(stage);
	on_loop(stage, count_answers);
	assert_int_equal(stage->answered, 0);
	assert_int_equal(stage->fixture.service.finished_count, CALLS);
}

/* --- deadlines --- */

static void start_with_deadline(struct stage *stage)
{
	struct mr_bytes part = TEXT("\0\0\0\0\5he"), whole = TEXT("\0\0\0\0\5hello");

	stage->streams[0] = pair_request(&stage->fixture.pair,
		FIELDS({ ":path", "/rpc.Marble/Keep" }, { "grpc-timeout", "20m" }), &whole, true);
	stage->streams[1] = pair_request(
		&stage->fixture.pair, FIELDS({ "grpc-timeout", "20m" }), &part, false);
	pair_pump(&stage->fixture.pair);
}

static void check_deadlines(struct stage *stage)
{
	pair_pump(&stage->fixture.pair);
	stage->answered = 0;
	for (size_t i = 0; i < 2; i++) {
		const struct pair_answer *a = pair_answer_of(
			&stage->fixture.pair, stage->streams[i]);

		if (!a->ended)
			continue;
		check_refusal(a, "200", "4", "context deadline exceeded");
		stage->answered++;
	}
}

static void check_still_serving(struct stage *stage)
{
	assert_int_equal(stage->fixture.service.finished_count, 2);
	check_echo(&stage->fixture);
}

static void test_deadline_while_waiting(void **state)
{
	struct stage *stage = *state;

	on_loop(stage, start_with_deadline);
	do
		on_loop(stage, check_deadlines);
	while (stage->answered < 2);
	/* the handler's answer comes too late, and is counted once */
	assert_int_equal(stage->fixture.service.kept_count, 1);
	assert_memory_equal(mr_grpc_call_message(stage->fixture.service.kept[0]).ptr, "hello", 5);
	service_reply(stage->fixture.service.kept[0], TEXT("late"));
	stage->fixture.service.kept_count = 0;
	on_loop(stage, check_still_serving);
}

static void call_in_time(struct stage *stage)
{
	const struct pair_answer *a = call_with(
		&stage->fixture, FIELDS({ "grpc-timeout", "1H" }), TEXT("in time"));

	assert_string_equal(a->grpc_status, "0");
}

static void test_deadline_not_reached(void **state)
{
	on_loop(*state, call_in_time);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answers_from_threads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_answers_to_a_closed_connection, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deadline_while_waiting, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deadline_not_reached, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("grpc_server_threads", tests, NULL, NULL);
}
