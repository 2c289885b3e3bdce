/* SPDX-License-Identifier: Apache-2.0 */
#include "store/commit_queue.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "store_test.h"

enum { DEK = 0x11 };

/* --- a queue with a store below it, and what it published --- */

struct view {
	atomic_int refs;
	unsigned number;
};

struct rig {
	struct scratch scratch;
	struct mr_file_store *store;
	struct mr_commit_queue *queue;
	struct view views[64];
	pthread_mutex_t lock; /* of the next ones, which the queue's thread writes */
	struct mr_state *published;
	unsigned published_view;
	unsigned publications;
};

static void view_unref(void *attachment)
{
	atomic_fetch_sub(&((struct view *)attachment)->refs, 1);
}

static struct view *view_ref(struct view *view)
{
	atomic_fetch_add(&view->refs, 1);
	return view;
}

static void publish(void *context, struct mr_state *state, void *attachment)
{
	struct rig *rig = context;

	pthread_mutex_lock(&rig->lock);
	mr_state_unref(rig->published);
	rig->published = mr_state_ref(state);
	rig->published_view = ((struct view *)attachment)->number;
	rig->publications++;
	pthread_mutex_unlock(&rig->lock);
}

static void rig_new(struct rig *rig, size_t queue_max, size_t group_max)
{
	const struct mr_protection protection = protection_of(DEK);
	struct mr_error err;

	*rig = (struct rig){ .published = numbered_state(0) };
	scratch_new(&rig->scratch);
	pthread_mutex_init(&rig->lock, NULL);
	for (unsigned i = 0; i < MR_COUNT(rig->views); i++)
		rig->views[i].number = i;
	OK(mr_file_store_open(rig->scratch.seal, true, NULL, &rig->store, &err));
	OK(mr_file_store_commit(rig->store, rig->published, &protection, &err));
	const struct mr_commit_queue_config config = {
		.store = rig->store,
		.state = rig->published,
		.attachment = view_ref(&rig->views[0]),
		.attachment_unref = view_unref,
		.publish = publish,
		.context = rig,
		.queue_max = queue_max,
		.group_max = group_max,
	};
	OK(mr_commit_queue_new(&config, &rig->queue, &err));
}

/* Ends the queue; then everything may be looked at without the lock. */
static void rig_stop(struct rig *rig)
{
	mr_commit_queue_free(rig->queue);
	rig->queue = NULL;
}

static void rig_done(struct rig *rig)
{
	rig_stop(rig);
	mr_file_store_close(rig->store);
	mr_state_unref(rig->published);
	pthread_mutex_destroy(&rig->lock);
	scratch_done(&rig->scratch);
	for (size_t i = 0; i < MR_COUNT(rig->views); i++)
		assert_int_equal(atomic_load(&rig->views[i].refs), 0);
}

/* The value of a key on disk, published, or -1. */
static int number_at(const struct mr_state *state, const char *key)
{
	struct mr_bytes value;

	return mr_state_get(state, mr_str_of(key), &value) ? value.ptr[0] : -1;
}

static int number_on_disk(const struct rig *rig, const char *key)
{
	MR_AUTO(scratch) struct scratch copy;
	MR_AUTO(file_store) struct mr_file_store *store = NULL;
	MR_AUTO(state) struct mr_state *state = NULL;
	enum mr_load_result result = MR_LOAD_FRESH;
	struct mr_error err;

	copy_sealed(rig->scratch.seal, &copy);
	OK(mr_file_store_open(copy.seal, false, NULL, &store, &err));
	OK(mr_file_store_load(store, &result, &state, &err));
	assert_int_equal(result, MR_LOAD_STATE);
	return number_at(state, key);
}

/* --- updates --- */

enum kind {
	PUT,     /* key = number */
	NOTHING, /* looks only */
	REFUSE,  /* puts, then fails */
	RENEW,   /* puts, and a new view */
	RENEW_ALONE,
	REFUSE_VIEW, /* a new view, then fails */
	PROTECT,     /* puts, and a new protection */
	WAIT,        /* blocks the queue until it is told to go on */
};

struct test_update {
	struct mr_update update;
	enum kind kind;
	const char *key;
	uint8_t number;
	struct rig *rig;
	struct mr_protection protection;
	sem_t *begun, *go_on; /* of WAIT */
	/* seen */
	unsigned seen_view;
	int seen_before; /* what `key` held */
	/* the outcome */
	sem_t is_done;
	mr_result result;
	bool committing;
	char message[256];
	unsigned publications; /* when done */
	bool on_disk;
};

static mr_result apply(
	struct mr_update *update, struct mr_update_context *context, struct mr_error *err)
{
	struct test_update *u = MR_CONTAINER_OF(update, struct test_update, update);
	struct mr_bytes before;

	u->seen_view = ((struct view *)context->attachment)->number;
	u->seen_before = mr_tx_get(context->tx, mr_str_of(u->key), &before) ? before.ptr[0] : -1;
	if (u->kind == WAIT) {
		assert_int_equal(sem_post(u->begun), 0);
		while (sem_wait(u->go_on) != 0)
			;
	}
	if (u->kind == RENEW || u->kind == RENEW_ALONE || u->kind == REFUSE_VIEW)
		context->new_attachment = view_ref(&u->rig->views[u->number]);
	if (u->kind == PROTECT)
		context->new_protection = &u->protection;
	if (u->kind != NOTHING && u->kind != WAIT && u->kind != RENEW_ALONE)
		MR_TRY(mr_tx_put(context->tx, mr_str_of(u->key), mr_bytes_of(&u->number, 1), err));
	if (u->kind == REFUSE || u->kind == REFUSE_VIEW)
		return mr_fail(err, MR_CODE_DENIED, "refused %u", u->number);
	return MR_OK;
}

static void done(
	struct mr_update *update, mr_result result, bool committing, const struct mr_error *err)
{
	struct test_update *u = MR_CONTAINER_OF(update, struct test_update, update);

	u->result = result;
	u->committing = committing;
	if (mr_failed(result))
		(void)snprintf(u->message, sizeof u->message, "%.255s", err->message);
	pthread_mutex_lock(&u->rig->lock);
	u->publications = u->rig->publications;
	pthread_mutex_unlock(&u->rig->lock);
	assert_int_equal(sem_post(&u->is_done), 0);
}

static struct test_update make_update(
	struct rig *rig, enum kind kind, const char *key, uint8_t number)
{
	return (struct test_update){
		.update = { .apply = apply, .done = done },
		.kind = kind,
		.key = key,
		.number = number,
		.rig = rig,
		.seen_before = -2,
	};
}

static void submit(struct test_update *u)
{
	assert_int_equal(sem_init(&u->is_done, 0, 0), 0);
	assert_true(mr_commit_queue_submit(u->rig->queue, &u->update));
}

static void wait_for(struct test_update *u)
{
	while (sem_wait(&u->is_done) != 0)
		;
}

/* Submits all while the queue is held up, so that they are one group (as far as that goes). */
static void run_as_group(struct rig *rig, struct test_update *updates, size_t count)
{
	struct test_update blocker = make_update(rig, WAIT, "number", 0);
	sem_t begun;
	sem_t go_on;

	assert_int_equal(sem_init(&begun, 0, 0) | sem_init(&go_on, 0, 0), 0);
	blocker.begun = &begun;
	blocker.go_on = &go_on;
	submit(&blocker);
	while (sem_wait(&begun) != 0)
		;
	for (size_t i = 0; i < count; i++)
		submit(&updates[i]);
	assert_int_equal(sem_post(&go_on), 0);
	wait_for(&blocker);
	for (size_t i = 0; i < count; i++)
		wait_for(&updates[i]);
	(void)sem_destroy(&begun);
	(void)sem_destroy(&go_on);
}

static void block_writes(const struct rig *rig, bool blocked)
{
	char path[512];

	(void)snprintf(path, sizeof path, "%s/sealed_data.tmp", rig->scratch.seal);
	if (blocked) {
		put_file(path, "in the way", (struct mr_bytes){ NULL, 0 });
	} else {
		remove_file(path, "in the way");
		assert_int_equal(rmdir(path), 0);
	}
}

/* --- tests --- */

static void test_one_update(void **unused)
{
	struct rig rig;

	(void)unused;
	rig_new(&rig, 0, 0);
	struct test_update u = make_update(&rig, PUT, "a", 1);
	submit(&u);
	wait_for(&u);
	assert_false(mr_failed(u.result) || u.committing);
	assert_int_equal(u.publications, 1);
	rig_stop(&rig);
	assert_int_equal(number_at(rig.published, "a"), 1);
	assert_int_equal(number_on_disk(&rig, "a"), 1);
	rig_done(&rig);
}

static void test_a_group_is_one_commit_in_order(void **unused)
{
	struct rig rig;
	struct test_update u[40];

	(void)unused;
	rig_new(&rig, 0, 0);
	for (size_t i = 0; i < MR_COUNT(u); i++)
		u[i] = make_update(&rig, PUT, "a", (uint8_t)(i + 1));
	run_as_group(&rig, u, MR_COUNT(u));
	for (size_t i = 0; i < MR_COUNT(u); i++) {
		assert_false(mr_failed(u[i].result));
		/* each saw the one before, none was done before the commit of all */
		assert_int_equal(u[i].seen_before, i ? (int)i : -1);
		assert_int_equal(u[i].publications, 1);
	}
	rig_stop(&rig);
	assert_int_equal(rig.publications, 1);
	assert_int_equal(number_on_disk(&rig, "a"), 40);
	rig_done(&rig);
}

static void test_groups_are_bounded(void **unused)
{
	struct rig rig;
	struct test_update u[10];

	(void)unused;
	rig_new(&rig, 0, 4);
	for (size_t i = 0; i < MR_COUNT(u); i++)
		u[i] = make_update(&rig, PUT, "a", (uint8_t)(i + 1));
	run_as_group(&rig, u, MR_COUNT(u));
	rig_stop(&rig);
	/* the first group also had the update that held the queue up */
	assert_int_equal(rig.publications, 3);
	assert_int_equal(number_at(rig.published, "a"), 10);
	rig_done(&rig);
}

static void test_a_refused_update_is_rolled_back_alone(void **unused)
{
	struct rig rig;

	(void)unused;
	rig_new(&rig, 0, 0);
	struct test_update u[] = {
		make_update(&rig, PUT, "a", 1),
		make_update(&rig, REFUSE, "a", 2),
		make_update(&rig, NOTHING, "a", 0),
		make_update(&rig, REFUSE_VIEW, "b", 3),
		make_update(&rig, PUT, "c", 4),
	};
	run_as_group(&rig, u, MR_COUNT(u));
	assert_int_equal(u[1].result.code, MR_CODE_DENIED);
	assert_string_equal(u[1].message, "refused 2");
	assert_false(u[1].committing);
	assert_int_equal(u[2].seen_before, 1);
	assert_int_equal(u[3].result.code, MR_CODE_DENIED);
	assert_int_equal(u[4].seen_view, 0);
	assert_false(mr_failed(u[0].result) || mr_failed(u[2].result) || mr_failed(u[4].result));
	rig_stop(&rig);
	assert_int_equal(number_on_disk(&rig, "a"), 1);
	assert_int_equal(number_on_disk(&rig, "b"), -1);
	assert_int_equal(number_on_disk(&rig, "c"), 4);
	rig_done(&rig);
}

static void test_without_a_change_nothing_is_written(void **unused)
{
	struct rig rig;
	MR_AUTO(buf) struct mr_buf before = { 0 };
	MR_AUTO(buf) struct mr_buf after = { 0 };

	(void)unused;
	rig_new(&rig, 0, 0);
	snapshot(rig.scratch.seal, &before);
	block_writes(&rig, true);
	struct test_update u[] = {
		make_update(&rig, NOTHING, "a", 1),
		make_update(&rig, REFUSE, "a", 2),
		make_update(&rig, NOTHING, "a", 3),
	};
	run_as_group(&rig, u, MR_COUNT(u));
	assert_false(mr_failed(u[0].result) || mr_failed(u[2].result));
	rig_stop(&rig);
	assert_int_equal(rig.publications, 0);
	block_writes(&rig, false);
	snapshot(rig.scratch.seal, &after);
	assert_bytes_equal(mr_buf_bytes(&after), mr_buf_bytes(&before));
	rig_done(&rig);
}

static void test_a_failed_commit_fails_all_that_depend_on_it(void **unused)
{
	struct rig rig;

	(void)unused;
	rig_new(&rig, 0, 0);
	struct test_update u[] = {
		make_update(&rig, NOTHING, "a", 0), /* before any change: stands */
		make_update(&rig, RENEW, "a", 1),
		make_update(&rig, REFUSE, "a", 2),
		make_update(&rig, NOTHING, "a", 0), /* has seen what is rolled back */
		make_update(&rig, PUT, "b", 3),
	};
	block_writes(&rig, true);
	run_as_group(&rig, u, MR_COUNT(u));
	block_writes(&rig, false);
	assert_false(mr_failed(u[0].result));
	assert_int_equal(u[2].result.code, MR_CODE_DENIED);
	assert_false(u[2].committing);
	static const size_t failed[] = { 1, 3, 4 };
	for (size_t i = 0; i < MR_COUNT(failed); i++) {
		assert_int_equal(u[failed[i]].result.code, MR_CODE_IO);
		assert_true(u[failed[i]].committing);
		assert_true(mr_str_starts(mr_str_of(u[failed[i]].message),
			MR_STR("writing sealed data file: writing temporary file: ")));
	}
	/* memory and disk are as before, and the next one works */
	struct test_update next = make_update(&rig, PUT, "a", 7);
	submit(&next);
	wait_for(&next);
	assert_false(mr_failed(next.result));
	assert_int_equal(next.seen_before, -1);
	assert_int_equal(next.seen_view, 0);
	rig_stop(&rig);
	assert_int_equal(rig.publications, 1);
	assert_int_equal(number_on_disk(&rig, "a"), 7);
	assert_int_equal(number_on_disk(&rig, "b"), -1);
	rig_done(&rig);
}

static void test_views_travel_with_the_state(void **unused)
{
	struct rig rig;

	(void)unused;
	rig_new(&rig, 0, 0);
	struct test_update u[] = {
		make_update(&rig, PUT, "a", 1),
		make_update(&rig, RENEW, "a", 2),
		make_update(&rig, PUT, "b", 3),
		make_update(&rig, RENEW_ALONE, "a", 4),
		make_update(&rig, NOTHING, "a", 5),
	};
	run_as_group(&rig, u, MR_COUNT(u));
	assert_int_equal(u[1].seen_view, 0);
	assert_int_equal(u[2].seen_view, 2);
	assert_int_equal(u[4].seen_view, 4);
	/* a view alone is published, but nothing is written */
	block_writes(&rig, true);
	struct test_update alone = make_update(&rig, RENEW_ALONE, "a", 9);
	submit(&alone);
	wait_for(&alone);
	block_writes(&rig, false);
	assert_false(mr_failed(alone.result));
	rig_stop(&rig);
	assert_int_equal(rig.publications, 2);
	assert_int_equal(rig.published_view, 9);
	rig_done(&rig);
}

static void test_a_protection_ends_its_group(void **unused)
{
	struct rig rig;
	MR_AUTO(buf) struct mr_buf data = { 0 };
	MR_AUTO(secret) struct mr_secret plain = { NULL, 0 };
	struct mr_error err;

	(void)unused;
	rig_new(&rig, 0, 0);
	struct test_update u[] = {
		make_update(&rig, PUT, "a", 1),
		make_update(&rig, PROTECT, "a", 2),
		make_update(&rig, PROTECT, "a", 3),
		make_update(&rig, PUT, "b", 4),
	};
	u[1].protection = protection_of(0x55);
	u[2].protection = protection_of(0x66);
	run_as_group(&rig, u, MR_COUNT(u));
	assert_int_equal(u[0].publications, 1);
	assert_int_equal(u[1].publications, 1);
	assert_int_equal(u[2].publications, 2);
	rig_stop(&rig);
	assert_true(get_file(rig.scratch.seal, "sealed_data", &data));
	OK(mr_sealed_data_open(mr_buf_bytes(&data), dek_of(0x66), &plain, &err));
	assert_int_equal(number_on_disk(&rig, "b"), 4);
	rig_done(&rig);
}

static void test_the_queue_is_bounded(void **unused)
{
	struct rig rig;
	struct test_update u[4];
	sem_t begun;
	sem_t go_on;

	(void)unused;
	rig_new(&rig, 3, 0);
	assert_int_equal(sem_init(&begun, 0, 0) | sem_init(&go_on, 0, 0), 0);
	struct test_update blocker = make_update(&rig, WAIT, "number", 0);
	blocker.begun = &begun;
	blocker.go_on = &go_on;
	submit(&blocker);
	while (sem_wait(&begun) != 0)
		;
	for (size_t i = 0; i < MR_COUNT(u); i++)
		u[i] = make_update(&rig, PUT, "a", (uint8_t)i);
	for (size_t i = 0; i < 3; i++)
		submit(&u[i]);
	assert_false(mr_commit_queue_submit(rig.queue, &u[3].update));
	assert_int_equal(sem_post(&go_on), 0);
	wait_for(&u[2]);
	rig_stop(&rig);
	assert_int_equal(number_at(rig.published, "a"), 2);
	assert_int_equal(u[3].seen_before, -2);
	rig_done(&rig);
	(void)sem_destroy(&begun);
	(void)sem_destroy(&go_on);
}

/* --- ends and new beginnings --- */

struct chain {
	struct mr_update update;
	struct rig *rig;
	unsigned left;
	bool refused;
};

static mr_result apply_chain(
	struct mr_update *update, struct mr_update_context *context, struct mr_error *err)
{
	struct chain *c = MR_CONTAINER_OF(update, struct chain, update);
	uint8_t left = (uint8_t)c->left;

	return mr_tx_put(context->tx, MR_STR("left"), mr_bytes_of(&left, 1), err);
}

static void done_chain(
	struct mr_update *update, mr_result result, bool committing, const struct mr_error *err)
{
	struct chain *c = MR_CONTAINER_OF(update, struct chain, update);

	(void)err;
	assert_false(mr_failed(result) || committing);
	if (c->left > 0) {
		c->left--;
		c->refused = !mr_commit_queue_submit(c->rig->queue, update);
	}
}

static void test_stopping_finishes_what_is_queued_and_takes_no_more(void **unused)
{
	struct rig rig;
	struct test_update u[30];

	(void)unused;
	rig_new(&rig, 0, 2);
	struct chain endless = {
		.update = { .apply = apply_chain, .done = done_chain },
		.rig = &rig,
		.left = UINT32_MAX,
	};
	assert_true(mr_commit_queue_submit(rig.queue, &endless.update));
	for (size_t i = 0; i < MR_COUNT(u); i++) {
		u[i] = make_update(&rig, PUT, "a", (uint8_t)i);
		submit(&u[i]);
	}
	mr_commit_queue_free(rig.queue);
	assert_true(endless.refused);
	for (size_t i = 0; i < MR_COUNT(u); i++)
		assert_false(mr_failed(u[i].result));
	rig.queue = NULL;
	assert_int_equal(number_on_disk(&rig, "a"), 29);
	rig_done(&rig);
	mr_commit_queue_free(NULL);
}

static void test_done_may_submit_the_update_again(void **unused)
{
	struct rig rig;

	(void)unused;
	rig_new(&rig, 0, 0);
	struct chain c = {
		.update = { .apply = apply_chain, .done = done_chain },
		.rig = &rig,
		.left = 20,
	};
	struct test_update last = make_update(&rig, NOTHING, "left", 0);
	assert_true(mr_commit_queue_submit(rig.queue, &c.update));
	do { /* comes to its end without being waited for: each round sees how far it is */
		submit(&last);
		wait_for(&last);
		(void)sem_destroy(&last.is_done);
	} while (last.seen_before != 0);
	rig_stop(&rig);
	assert_int_equal(c.left, 0);
	assert_int_equal(number_on_disk(&rig, "left"), 0);
	rig_done(&rig);
}

static void test_memory_only(void **unused)
{
	MR_AUTO(state) struct mr_state *state = numbered_state(3);
	struct rig rig = { .published = mr_state_ref(state) };
	struct mr_commit_queue_config config = { .state = state };
	struct view view = { .number = 5 };
	struct mr_error err;

	(void)unused;
	pthread_mutex_init(&rig.lock, NULL);
	config.attachment = &view; /* without counting */
	OK(mr_commit_queue_new(&config, &rig.queue, &err));
	struct test_update u = make_update(&rig, PUT, "a", 1);
	struct test_update v = make_update(&rig, NOTHING, "a", 1);
	submit(&u);
	submit(&v);
	wait_for(&v);
	assert_int_equal(v.seen_before, 1);
	assert_int_equal(v.seen_view, 5);
	mr_commit_queue_free(rig.queue);
	mr_state_unref(rig.published);
	pthread_mutex_destroy(&rig.lock);
}

/* --- many threads --- */

enum { THREADS = 8, ROUNDS = 40 };

struct counter {
	struct mr_update update;
	struct rig *rig;
	sem_t is_done;
	bool fails, failed;
};

static mr_result apply_counter(
	struct mr_update *update, struct mr_update_context *context, struct mr_error *err)
{
	struct counter *c = MR_CONTAINER_OF(update, struct counter, update);
	struct mr_bytes before;
	uint16_t sum = 0;

	if (mr_tx_get(context->tx, MR_STR("sum"), &before))
		memcpy(&sum, before.ptr, sizeof sum);
	sum++;
	MR_TRY(mr_tx_put(context->tx, MR_STR("sum"), mr_bytes_of(&sum, sizeof sum), err));
	return c->fails ? mr_fail(err, MR_CODE_CONFLICT, "rolled back") : MR_OK;
}

static void done_counter(
	struct mr_update *update, mr_result result, bool committing, const struct mr_error *err)
{
	struct counter *c = MR_CONTAINER_OF(update, struct counter, update);

	(void)err;
	c->failed = mr_failed(result);
	assert_false(committing);
	assert_int_equal(sem_post(&c->is_done), 0);
}

static void *count(void *argument)
{
	struct rig *rig = argument;
	struct counter c = {
		.update = { .apply = apply_counter, .done = done_counter },
		.rig = rig,
	};

	assert_int_equal(sem_init(&c.is_done, 0, 0), 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		c.fails = i % 5 == 4;
		assert_true(mr_commit_queue_submit(rig->queue, &c.update));
		while (sem_wait(&c.is_done) != 0)
			;
		assert_int_equal(c.failed, c.fails);
		/* a reader beside the queue */
		pthread_mutex_lock(&rig->lock);
		struct mr_state *state = mr_state_ref(rig->published);
		pthread_mutex_unlock(&rig->lock);
		assert_true(mr_state_count(state) >= 3);
		mr_state_unref(state);
	}
	(void)sem_destroy(&c.is_done);
	return NULL;
}

static void test_many_threads(void **unused)
{
	struct rig rig;
	pthread_t threads[THREADS];

	(void)unused;
	rig_new(&rig, 0, 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count, &rig), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	rig_stop(&rig);
	struct mr_bytes value;
	uint16_t sum = 0;
	assert_true(mr_state_get(rig.published, MR_STR("sum"), &value));
	memcpy(&sum, value.ptr, sizeof sum);
	assert_int_equal(sum, THREADS * ROUNDS / 5 * 4);
	assert_int_equal(number_on_disk(&rig, "sum"), sum & 0xFF);
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_update),
		cmocka_unit_test(test_a_group_is_one_commit_in_order),
		cmocka_unit_test(test_groups_are_bounded),
		cmocka_unit_test(test_a_refused_update_is_rolled_back_alone),
		cmocka_unit_test(test_without_a_change_nothing_is_written),
		cmocka_unit_test(test_a_failed_commit_fails_all_that_depend_on_it),
		cmocka_unit_test(test_views_travel_with_the_state),
		cmocka_unit_test(test_a_protection_ends_its_group),
		cmocka_unit_test(test_the_queue_is_bounded),
		cmocka_unit_test(test_stopping_finishes_what_is_queued_and_takes_no_more),
		cmocka_unit_test(test_done_may_submit_the_update_again),
		cmocka_unit_test(test_memory_only),
		cmocka_unit_test(test_many_threads),
	};

	return cmocka_run_group_tests_name("commit_queue", tests, NULL, NULL);
}
