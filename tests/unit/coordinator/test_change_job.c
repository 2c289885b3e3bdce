/* SPDX-License-Identifier: Apache-2.0 */
/* The way of every change: prepared, overtaken and prepared again, committed, answered exactly once. */
#include "coordinator/change_job.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "coordinator/users.h"
#include "coordinator_test.h"
#include "fake_api.h"

enum { ATTEMPTS = 64, WORKER_QUEUE = 1024, COMMIT_QUEUE = 4096 };

static struct rig rig;

static struct mr_bytes manifest(void)
{
	return jsonf("{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'p'}},"
		     "'Users':{'alice':{'Certificate':'%s'}}}",
		person(0)->pem);
}

static int set_up(void **unused)
{
	(void)unused;
	rig_new(&rig);
	rig_start(&rig);
	rig_set_manifest(&rig, manifest());
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	rig_done(&rig);
	return 0;
}

/* --- a kind of change of the test's own --- */

/* What else happens while a change is prepared. */
enum meanwhile { NOTHING, NEW_VIEW, NEW_PENDING, NEW_LOG, SMALL_CHANGE };

static const char *key_of(enum meanwhile meanwhile)
{
	return meanwhile == NEW_PENDING ? "pendingUpdate"
	       : meanwhile == NEW_LOG   ? "updateLog"
					: "other";
}

struct own_job {
	struct mr_change_job base;
	struct mr_http_exchange exchange;
	sem_t begun, released;
	unsigned prepared, resets, freed, answers;
	enum meanwhile meanwhile;
	unsigned meanwhile_max; /* attempts that are overtaken */
	bool fails, wants_user, refuses, answer_fails;
	int http_status;
};

static struct own_job *of(struct mr_change_job *job)
{
	return MR_CONTAINER_OF(job, struct own_job, base);
}

static mr_result prepare(struct mr_change_job *job, struct mr_error *err)
{
	struct own_job *j = of(job);
	char number[16] = "";
	struct key_change other = key_change_of(
		key_of(j->meanwhile), number, j->meanwhile != NEW_VIEW);

	(void)snprintf(number, sizeof number, "%u", ++j->prepared);
	assert_int_equal(sem_post(&j->begun), 0);
	job->http_status = j->http_status;
	if (j->wants_user)
		MR_TRY(mr_change_job_authenticate(job, err));
	if (j->fails)
		return mr_fail(err, MR_CODE_INVALID, "cannot be prepared");
	MR_TRY(mr_tx_new(job->snapshot->state, &job->change.tx, err));
	MR_TRY(mr_tx_put(job->change.tx, MR_STR("mine"), mr_bytes_of("1", 1), err));
	if (j->meanwhile != NOTHING && j->prepared <= j->meanwhile_max)
		MR_TRY(commit_update(job->call.core, &other.update, err));
	job->refused = j->refuses;
	if (j->refuses) {
		mr_result ignored = mr_fail(&job->refusal, MR_CODE_DENIED, "refused, with a trace");
		(void)ignored;
	}
	return mr_change_build_view(&job->change, err);
}

static void put_answer(struct mr_change_job *job, struct mr_buf *data)
{
	of(job)->answers++;
	mr_buf_put_cstr(data, "\"done\"");
	if (of(job)->answer_fails)
		mr_buf_set_failure(data, MR_CODE_NOMEM);
}

static void reset(struct mr_change_job *job)
{
	of(job)->resets++;
}

static void release(struct mr_change_job *job)
{
	of(job)->freed++;
	assert_int_equal(sem_post(&of(job)->released), 0);
}

static const struct mr_change_kind kind = {
	.name = "Own",
	.commit_context = "sealing it",
	.prepare = prepare,
	.put_answer = put_answer,
	.reset = reset,
	.free = release,
};

static void start_kind(struct own_job *j, const struct mr_change_kind *own,
	enum mr_api_version version, struct mr_bytes peer)
{
	const struct mr_api_call call = {
		.core = rig.core, .exchange = &j->exchange, .version = version
	};

	j->exchange.request.remote = "10.0.0.1:1";
	j->exchange.request.peer_certificate = peer;
	assert_int_equal(sem_init(&j->exchange.answered, 0, 0), 0);
	assert_int_equal(sem_init(&j->begun, 0, 0) | sem_init(&j->released, 0, 0), 0);
	mr_change_job_start(&j->base, own, &call);
}

static void start(struct own_job *j, enum mr_api_version version, struct mr_bytes peer)
{
	start_kind(j, &kind, version, peer);
}

/* Waits for the answer, and for the job to let go of its object. */
static int end(struct own_job *j, struct mr_buf *ret)
{
	int status = http_end(&j->exchange);

	while (sem_wait(&j->released) != 0)
		continue;
	*ret = j->exchange.response.body;
	return status;
}

/* Runs the job; the status, and the body behind `ret`. */
static int run(
	struct own_job *j, enum mr_api_version version, struct mr_bytes peer, struct mr_buf *ret)
{
	start(j, version, peer);
	return end(j, ret);
}

#define RUNS(job, version, wanted_status, text)                                                    \
	do {                                                                                       \
		MR_AUTO(buf) struct mr_buf body_;                                                  \
		assert_int_equal(run(job, version, mr_bytes_of(NULL, 0), &body_), wanted_status);  \
		assert_true(contains(mr_buf_str(&body_), text));                                   \
	} while (0)

static bool has(const char *key)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(rig.core);

	return state_has(s->state, key);
}

static void test_success(void **unused)
{
	struct own_job j = { 0 };

	(void)unused;
	RUNS(&j, MR_API_V2, 200, "{\"status\":\"success\",\"data\":\"done\"}\n");
	assert_int_equal(j.prepared, 1);
	assert_int_equal(j.answers, 1);
	/* at the start and at the end */
	assert_int_equal(j.resets, 2);
	assert_int_equal(j.freed, 1);
	assert_null(j.base.snapshot);
	assert_true(has("mine"));
}

static void test_failing_preparation(void **unused)
{
	struct own_job v1 = { .fails = true };
	struct own_job v2 = { .fails = true };
	struct own_job other = { .fails = true, .http_status = 404 };

	(void)unused;
	RUNS(&v1, MR_API_V1, 400,
		"{\"status\":\"error\",\"data\":null,\"message\":\"cannot be prepared\"}");
	RUNS(&v2, MR_API_V2, 500, "\"message\":\"cannot be prepared\"");
	RUNS(&other, MR_API_V2, 404, "\"message\":\"cannot be prepared\"");
	assert_false(has("mine"));
	assert_int_equal(v1.answers + v2.answers, 0);
	assert_int_equal(v1.freed + v2.freed, 2);
}

static void test_users(void **unused)
{
	struct own_job known = { .wants_user = true };
	struct own_job stranger1 = { .wants_user = true, .http_status = 500 };
	struct own_job stranger2 = { .wants_user = true };
	MR_AUTO(buf) struct mr_buf good;
	MR_AUTO(buf) struct mr_buf bad1;
	MR_AUTO(buf) struct mr_buf bad2;

	(void)unused;
	assert_int_equal(run(&known, MR_API_V2, person(0)->certificate, &good), 200);
	assert_int_equal(run(&stranger1, MR_API_V1, person(1)->certificate, &bad1), 401);
	assert_true(contains(mr_buf_str(&bad1), "{\"status\":\"error\""));
	assert_int_equal(run(&stranger2, MR_API_V2, person(1)->certificate, &bad2), 401);
	assert_true(contains(mr_buf_str(&bad2), "{\"status\":\"fail\""));
}

/* A trace is committed, the answer is the refusal. */
static void test_refusal_with_a_trace(void **unused)
{
	struct own_job j = { .refuses = true };

	(void)unused;
	RUNS(&j, MR_API_V2, 500, "\"message\":\"refused, with a trace\"");
	assert_true(has("mine"));
	assert_int_equal(j.answers, 0);
}

/* Whoever was overtaken starts from the newest snapshot. */
static void test_overtaken(void **unused)
{
	static const enum meanwhile kinds[] = { NEW_VIEW, NEW_PENDING, NEW_LOG };

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(kinds); i++) {
		struct own_job j = { .meanwhile = kinds[i], .meanwhile_max = 5 };
		RUNS(&j, MR_API_V2, 200, "\"done\"");
		assert_int_equal(j.prepared, 6);
		assert_int_equal(j.resets, 7);
		assert_int_equal(j.freed, 1);
		assert_true(has("mine"));
		assert_true(has(key_of(kinds[i])));
	}
}

/* What changes neither view nor pending update, as counters do, is no reason; both changes stay. */
static void test_small_changes_go_along(void **unused)
{
	struct own_job j = { .meanwhile = SMALL_CHANGE, .meanwhile_max = 1 };

	(void)unused;
	RUNS(&j, MR_API_V2, 200, "\"done\"");
	assert_int_equal(j.prepared, 1);
	assert_true(has("mine"));
	assert_true(has("other"));
}

static void test_overtaken_for_ever(void **unused)
{
	struct own_job j = { .meanwhile = NEW_VIEW, .meanwhile_max = 1000 };

	(void)unused;
	RUNS(&j, MR_API_V2, 500, "\"message\":\"the state keeps changing, try again later\"");
	assert_int_equal(j.prepared, ATTEMPTS);
	assert_int_equal(j.freed, 1);
	assert_false(has("mine"));
}

/* An answer that cannot be made is known before the commit. */
static void test_answer_that_cannot_be_made(void **unused)
{
	struct own_job j = { .answer_fails = true };

	(void)unused;
	RUNS(&j, MR_API_V2, 500, "\"message\":\"out of memory\"");
	assert_int_equal(j.answers, 1);
	assert_false(has("mine"));
}

static void test_failing_commit(void **unused)
{
	struct own_job j = { 0 };
	struct own_job again = { 0 };

	(void)unused;
	assert_int_equal(mkdir(textf("%s/sealed_data.tmp", rig.scratch.seal), 0700), 0);
	RUNS(&j, MR_API_V2, 500,
		"\"message\":\"sealing it: writing sealed data file: writing temporary file: ");
	assert_false(has("mine"));
	assert_int_equal(remove(textf("%s/sealed_data.tmp", rig.scratch.seal)), 0);
	RUNS(&again, MR_API_V2, 200, "\"done\"");
	assert_true(has("mine"));
}

/* --- full queues, and the end --- */

static void pass(
	struct mr_update *update, mr_result result, bool committing, const struct mr_error *err)
{
	(void)update, (void)result, (void)committing, (void)err;
}

static mr_result nothing(
	struct mr_update *update, struct mr_update_context *context, struct mr_error *err)
{
	(void)update, (void)context, (void)err;
	return MR_OK;
}

static void test_commit_queue_is_full(void **unused)
{
	static struct mr_update waiting[COMMIT_QUEUE];
	struct key_change small = key_change_of("other", "1", true);
	struct gate gate;
	struct own_job j = { 0 };

	(void)unused;
	gate_close(&gate, rig.core, &small.update);
	for (size_t i = 0; i < COMMIT_QUEUE; i++) {
		waiting[i] = (struct mr_update){ .apply = nothing, .done = pass };
		assert_true(mr_commit_queue_submit(rig.core->commits, &waiting[i]));
	}
	RUNS(&j, MR_API_V2, 503, "\"message\":\"too many requests are waiting, try again later\"");
	assert_int_equal(j.freed, 1);
	gate_open(&gate);
	struct own_job later = { 0 };
	RUNS(&later, MR_API_V2, 200, "\"done\"");
}

struct blocker {
	struct mr_job job;
	sem_t reached, open;
};

static void block(struct mr_job *job)
{
	struct blocker *b = MR_CONTAINER_OF(job, struct blocker, job);

	assert_int_equal(sem_post(&b->reached), 0);
	while (sem_wait(&b->open) != 0)
		continue;
}

static void skip_job(struct mr_job *job)
{
	(void)job;
}

static void block_pool(struct blocker *b, struct mr_workers *pool)
{
	*b = (struct blocker){ .job.run = block };
	assert_int_equal(sem_init(&b->reached, 0, 0) | sem_init(&b->open, 0, 0), 0);
	assert_true(mr_workers_submit(pool, &b->job));
	while (sem_wait(&b->reached) != 0)
		continue;
}

static void test_worker_queue_is_full(void **unused)
{
	static struct mr_job waiting[WORKER_QUEUE + 1];
	struct blocker b;
	struct own_job j = { 0 };
	struct own_job later = { 0 };
	size_t count = 0;

	(void)unused;
	block_pool(&b, rig.core->changes);
	for (; count < MR_COUNT(waiting); count++) {
		waiting[count].run = skip_job;
		if (!mr_workers_submit(rig.core->changes, &waiting[count]))
			break;
	}
	assert_int_equal(count, WORKER_QUEUE);
	RUNS(&j, MR_API_V2, 503, "too many requests are waiting");
	assert_int_equal(j.prepared, 0);
	assert_int_equal(j.freed, 1);
	assert_int_equal(sem_post(&b.open), 0);
	/* the last place is free when the first of them has run */
	while (!mr_workers_submit(rig.core->changes, &waiting[WORKER_QUEUE]))
		continue;
	while (later.freed == 0 || later.exchange.response.status == 503) {
		MR_AUTO(buf) struct mr_buf body;
		later = (struct own_job){ 0 };
		(void)run(&later, MR_API_V2, mr_bytes_of(NULL, 0), &body);
	}
	assert_int_equal(later.exchange.response.status, 200);
}

/* However long strangers keep their worker, users go on. */
static void test_users_do_not_wait_for_strangers(void **unused)
{
	struct mr_change_kind anyone = kind;
	struct own_job stranger = { 0 };
	struct own_job user = { 0 };
	struct blocker b;
	MR_AUTO(buf) struct mr_buf body;

	(void)unused;
	anyone.by_anyone = true;
	block_pool(&b, rig.core->strangers);
	start_kind(&stranger, &anyone, MR_API_V2, mr_bytes_of(NULL, 0));
	RUNS(&user, MR_API_V2, 200, "success");
	assert_int_equal(stranger.prepared, 0);
	assert_int_equal(sem_post(&b.open), 0);
	assert_int_equal(end(&stranger, &body), 200);
	assert_int_equal(stranger.prepared, 1);
}

static void *free_core(void *unused);

/* What waits for a worker when the core ends is answered, but not begun. */
static void test_waiting_at_the_end(void **unused)
{
	struct own_job j = { 0 };
	struct blocker b;
	MR_AUTO(buf) struct mr_buf body;
	pthread_t thread;

	(void)unused;
	block_pool(&b, rig.core->changes);
	start(&j, MR_API_V2, mr_bytes_of(NULL, 0));
	assert_int_equal(pthread_create(&thread, NULL, free_core, NULL), 0);
	while (!atomic_load(&rig.core->stopping))
		continue;
	assert_int_equal(sem_post(&b.open), 0);
	assert_int_equal(end(&j, &body), 503);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(j.prepared, 0);
	assert_int_equal(j.freed, 1);
}

void __real_mr_commit_queue_free(struct mr_commit_queue *queue);
void __wrap_mr_commit_queue_free(struct mr_commit_queue *queue);

static struct gate *gate_at_the_end;

void __wrap_mr_commit_queue_free(struct mr_commit_queue *queue)
{
	if (gate_at_the_end)
		gate_release(gate_at_the_end);
	__real_mr_commit_queue_free(queue);
}

static void *free_core(void *unused)
{
	rig_stop(&rig);
	return unused;
}

/* A change that is overtaken while the core ends has no workers left to prepare it again. */
static void test_overtaken_at_the_end(void **unused)
{
	struct key_change new_view = key_change_of("other", "1", false);
	struct gate gate;
	struct own_job j = { 0 };
	MR_AUTO(buf) struct mr_buf body;
	pthread_t thread;

	(void)unused;
	gate_close(&gate, rig.core, &new_view.update);
	gate_at_the_end = &gate;
	start(&j, MR_API_V2, mr_bytes_of(NULL, 0));
	while (sem_wait(&j.begun) != 0)
		continue;
	/* the end waits for the job, which so is behind the gate */
	assert_int_equal(pthread_create(&thread, NULL, free_core, NULL), 0);
	assert_int_equal(end(&j, &body), 503);
	assert_int_equal(pthread_join(thread, NULL), 0);
	gate_at_the_end = NULL;
	assert_true(contains(mr_buf_str(&body), "too many requests are waiting"));
	assert_int_equal(j.prepared, 1);
	assert_int_equal(j.freed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_success, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failing_preparation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_users, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refusal_with_a_trace, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_overtaken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_small_changes_go_along, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_overtaken_for_ever, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_answer_that_cannot_be_made, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failing_commit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_commit_queue_is_full, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_worker_queue_is_full, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_users_do_not_wait_for_strangers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_waiting_at_the_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_overtaken_at_the_end, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("change_job", tests, NULL, NULL);
}
