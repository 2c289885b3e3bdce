/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of the store room fails once: an error, nothing half done, no leak. */
#include <semaphore.h>
#include <stdio.h>

#include "fault.h"
#include "store/commit_queue.h"
#include "store_test.h"

enum { DEK = 0x11, NEW_DEK = 0x22, TEXT_MAX = 1 << 22 };

/* --- states and transactions --- */

static void text_of(const struct mr_tx *tx, struct mr_buf *out)
{
	MR_AUTO(state) struct mr_state *state = NULL;
	struct mr_error err;

	mr_buf_init(out, TEXT_MAX);
	OK(mr_tx_build(tx, &state, &err));
	mr_state_write(state, out);
	assert_int_equal(out->failure, MR_CODE_OK);
}

struct step {
	char what; /* p(ut), d(elete) */
	unsigned key;
	unsigned value;
};

static mr_result take_step(struct mr_tx *tx, struct step step, struct mr_error *err)
{
	char key[32];
	int len = snprintf(key, sizeof key, "key:%03u", step.key);
	struct mr_str name = { key, (size_t)len };

	return step.what == 'p'
		       ? mr_tx_put(tx, name, mr_bytes_of(&step.value, sizeof step.value), err)
		       : mr_tx_delete(tx, name, err);
}

/* A step that fails leaves the transaction as it was. */
static mr_result checked_step(
	struct mr_tx *tx, struct step step, struct mr_buf *before, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf after = { .max = TEXT_MAX };
	mr_result r = take_step(tx, step, err);

	if (!mr_failed(r))
		return r;
	assert_int_equal(r.code, MR_CODE_NOMEM);
	text_of(tx, &after);
	if (before->len)
		assert_bytes_equal(mr_buf_bytes(&after), mr_buf_bytes(before));
	return r;
}

static struct step nth_step(unsigned i)
{
	/* grows over several chunks out of order, splits them, empties some */
	return i < 400 ? (struct step){ 'p', i * 37 % 400, i }
		       : (struct step){ 'd', i * 7 % 400, 0 };
}

static mr_result run_transaction(void *context, struct mr_error *err)
{
	MR_AUTO(tx) struct mr_tx *tx = NULL;
	MR_AUTO(state) struct mr_state *next = NULL;

	MR_TRY(mr_tx_new(context, &tx, err));
	for (unsigned i = 0; i < 600; i++) {
		MR_AUTO(buf) struct mr_buf none = { .max = TEXT_MAX };
		MR_TRY(checked_step(tx, nth_step(i), &none, err));
	}
	MR_TRY(mr_tx_delete_prefix(tx, MR_STR("key:1"), err));
	return mr_tx_build(tx, &next, err);
}

static void test_transactions(void **unused)
{
	MR_AUTO(state) struct mr_state *base = numbered_state(1);
	MR_AUTO(buf) struct mr_buf before = { .max = TEXT_MAX };
	MR_AUTO(buf) struct mr_buf after = { .max = TEXT_MAX };

	(void)unused;
	mr_state_write(base, &before);
	(void)mr_fault_each("a transaction", run_transaction, base, false);
	mr_state_write(base, &after);
	assert_bytes_equal(mr_buf_bytes(&after), mr_buf_bytes(&before));
}

/* Each single step, tried on a transaction over a shared state of three chunks. */
static void test_a_failed_step_changes_nothing(void **unused)
{
	MR_AUTO(state) struct mr_state *empty = numbered_state(1);
	MR_AUTO(tx) struct mr_tx *filled = NULL;
	MR_AUTO(state) struct mr_state *base = NULL;
	struct mr_error err;

	(void)unused;
	OK(mr_tx_new(empty, &filled, &err));
	for (unsigned i = 0; i < 300; i++)
		OK(take_step(filled, (struct step){ 'p', 2 * i, 0 }, &err));
	OK(mr_tx_build(filled, &base, &err));
	for (unsigned i = 0; i < 601; i += 13) {
		struct step step = { i % 2 || i % 3 ? 'p' : 'd', i, 1 };
		for (unsigned long n = 1, hit = 1; hit; n++) {
			MR_AUTO(tx) struct mr_tx *tx = NULL;
			MR_AUTO(buf) struct mr_buf before;
			OK(mr_tx_new(base, &tx, &err));
			text_of(tx, &before);
			mr_fault_set(n);
			mr_result r = checked_step(tx, step, &before, &err);
			hit = mr_fault_hit();
			mr_fault_set(0);
			assert_int_equal(mr_failed(r), hit);
			assert_int_equal(mr_tx_changed(tx), !hit);
		}
	}
}

static mr_result run_replay(void *context, struct mr_error *err)
{
	MR_AUTO(tx) struct mr_tx *to = NULL;
	MR_AUTO(state) struct mr_state *base = NULL;
	MR_AUTO(state) struct mr_state *next = NULL;

	MR_TRY(mr_state_new(&base, err));
	MR_TRY(mr_tx_new(base, &to, err));
	MR_TRY(mr_tx_replay(context, to, err));
	return mr_tx_build(to, &next, err);
}

static void test_replay(void **unused)
{
	MR_AUTO(state) struct mr_state *base = numbered_state(1);
	MR_AUTO(tx) struct mr_tx *tx = NULL;
	struct mr_error err;

	(void)unused;
	OK(mr_tx_new(base, &tx, &err));
	for (unsigned i = 0; i < 500; i++)
		OK(take_step(tx, (struct step){ 'p', i, i }, &err));
	(void)mr_fault_each("a replay", run_replay, tx, false);
}

static mr_result run_parse(void *context, struct mr_error *err)
{
	MR_AUTO(state) struct mr_state *state = NULL;
	MR_AUTO(buf) struct mr_buf out;

	mr_buf_init_secret(&out, TEXT_MAX);
	MR_TRY(mr_state_parse(mr_str_of(context), &state, err));
	mr_state_write(state, &out);
	return mr_buf_status(&out, err);
}

static void test_parsing_and_writing(void **unused)
{
	char json[] = "{\"z\":\"AAAA\",\"escaped\\u0020\":\"\\u0041AAA\",\"null\":null,"
		      "\"list\":[1,2,3],\"z\":\"AAEC\"}";

	(void)unused;
	(void)mr_fault_each("parsing and writing", run_parse, json, false);
}

/* --- sealing --- */

static mr_result run_seal(void *context, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf data = { .max = TEXT_MAX };
	MR_AUTO(buf) struct mr_buf key = { .max = TEXT_MAX };
	MR_AUTO(secret) struct mr_secret plain = { NULL, 0 };
	MR_AUTO(opened_key) struct mr_opened_key opened = { .form = MR_KEY_FORM_RAW };
	const enum mr_key_form *form = context;
	uint8_t hash[MR_SHA256_SIZE];

	MR_TRY(mr_sealed_data_make(
		mr_str_bytes(MR_STR("null")), mr_str_bytes(MR_STR("{}")), dek_of(DEK), &data, err));
	MR_TRY(mr_sha256(mr_buf_bytes(&data), hash, err));
	MR_TRY(mr_sealed_key_make(dek_of(DEK), hash, *form, MR_SEAL_UNIQUE_KEY, &key, err));
	MR_TRY(mr_sealed_key_open(mr_buf_bytes(&key), hash, &opened, err));
	MR_TRY(mr_sealed_data_open(mr_buf_bytes(&data), mr_secret_bytes(&opened.dek), &plain, err));
	assert_bytes_equal(mr_secret_bytes(&plain), mr_str_bytes(MR_STR("{}")));
	return MR_OK;
}

static void test_sealing(void **unused)
{
	enum mr_key_form forms[] = { MR_KEY_FORM_RAW, MR_KEY_FORM_SIMULATION };

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(forms); i++) {
		(void)mr_fault_each("sealing", run_seal, &forms[i], false);
	}
}

/* --- the file store --- */

struct place {
	struct scratch scratch;
	bool simulation;
	bool lose_key;
};

static mr_result open_and_load(const struct place *p, struct mr_file_store **store,
	struct mr_state **state, enum mr_load_result *result, struct mr_error *err)
{
	MR_TRY(mr_file_store_open(p->scratch.seal, p->simulation, NULL, store, err));
	return mr_file_store_load(*store, result, state, err);
}

static unsigned loaded_number(const struct place *p)
{
	MR_AUTO(file_store) struct mr_file_store *store = NULL;
	MR_AUTO(state) struct mr_state *state = NULL;
	enum mr_load_result result = MR_LOAD_FRESH;
	struct mr_error err;

	OK(open_and_load(p, &store, &state, &result, &err));
	assert_int_equal(result, MR_LOAD_STATE);
	return number_of(state);
}

/* Old pair 1 on disk, loaded; commit of 2 with a new DEK; and one that keeps it. */
static mr_result run_store(void *context, struct mr_error *err)
{
	const struct place *p = context;
	MR_AUTO(file_store) struct mr_file_store *store = NULL;
	MR_AUTO(state) struct mr_state *state = NULL;
	MR_AUTO(state) struct mr_state *two = NULL;
	enum mr_load_result result = MR_LOAD_FRESH;
	const struct mr_protection protection = protection_of(NEW_DEK);
	const char json[] = "{\"number\":\"Mg==\"}";

	MR_TRY(open_and_load(p, &store, &state, &result, err));
	if (p->lose_key) {
		assert_int_equal(result, MR_LOAD_RECOVERY);
		MR_TRY(mr_file_store_recover(store, dek_of(DEK), &state, err));
	} else if (result != MR_LOAD_STATE) {
		/* memory ran out inside the crypto library, which looks like a wrong key */
		return mr_fail(err, MR_CODE_CRYPTO, "recovery state");
	}
	assert_int_equal(number_of(state), 1);
	MR_TRY(mr_state_parse(mr_str_of(json), &two, err));
	mr_result r = mr_file_store_commit(store, two, &protection, err);
	if (!mr_failed(r))
		r = mr_file_store_commit(store, two, NULL, err);
	return r;
}

static void lay_out(struct place *p)
{
	MR_AUTO(pair) struct pair pair;

	pair_make(&pair, 1, DEK, p->simulation ? MR_KEY_FORM_SIMULATION : MR_KEY_FORM_RAW);
	put_file(p->scratch.seal, "sealed_data", mr_buf_bytes(&pair.data));
	put_file(p->scratch.seal, "sealed_key", mr_buf_bytes(&pair.key));
	if (p->lose_key)
		remove_file(p->scratch.seal, "sealed_key");
}

static mr_result run_store_anew(void *context, struct mr_error *err)
{
	struct place *p = context;

	mr_result r = run_store(context, err);
	mr_fault_pause();
	/* an error before the second commit leaves the first state, one in it the second */
	if (!p->lose_key || has_file(p->scratch.seal, "sealed_key")) {
		unsigned number = loaded_number(p);
		assert_true(number == 1 || number == 2);
		assert_true(number == 2 || mr_failed(r));
	}
	assert_false(has_file(p->scratch.seal, "sealed_data.tmp"));
	assert_false(has_file(p->scratch.seal, "sealed_key.tmp"));
	lay_out(p);
	mr_fault_resume();
	return r;
}

static void test_file_store(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 4; i++) {
		struct place p = { .simulation = i % 2, .lose_key = i / 2 };
		scratch_new(&p.scratch);
		lay_out(&p);
		(void)mr_fault_each("loading and committing", run_store_anew, &p, false);
		scratch_done(&p.scratch);
	}
}

/* --- the commit queue --- */

struct one_update {
	struct mr_update update;
	sem_t is_done;
	mr_result result;
	bool committing;
	struct mr_error error;
};

static mr_result apply(
	struct mr_update *update, struct mr_update_context *context, struct mr_error *err)
{
	(void)update;
	return mr_tx_put(context->tx, MR_STR("a"), mr_bytes_of("1", 1), err);
}

static void done(
	struct mr_update *update, mr_result result, bool committing, const struct mr_error *err)
{
	struct one_update *u = MR_CONTAINER_OF(update, struct one_update, update);

	u->result = result;
	u->committing = committing;
	if (mr_failed(result))
		u->error = *err;
	assert_int_equal(sem_post(&u->is_done), 0);
}

static mr_result run_queue(void *context, struct mr_error *err)
{
	struct place *p = context;
	MR_AUTO(file_store) struct mr_file_store *store = NULL;
	MR_AUTO(state) struct mr_state *state = NULL;
	MR_AUTO(commit_queue) struct mr_commit_queue *queue = NULL;
	enum mr_load_result result = MR_LOAD_FRESH;
	struct one_update u = { .update = { .apply = apply, .done = done } };

	MR_TRY(open_and_load(p, &store, &state, &result, err));
	if (result != MR_LOAD_STATE)
		return mr_fail(err, MR_CODE_CRYPTO, "recovery state");
	mr_file_store_set_mode(store, MR_SEAL_PRODUCT_KEY);
	const struct mr_commit_queue_config config = { .store = store, .state = state };
	MR_TRY(mr_commit_queue_new(&config, &queue, err));
	assert_int_equal(sem_init(&u.is_done, 0, 0), 0);
	assert_true(mr_commit_queue_submit(queue, &u.update));
	while (sem_wait(&u.is_done) != 0)
		;
	(void)sem_destroy(&u.is_done);
	if (mr_failed(u.result))
		*err = u.error;
	return u.result;
}

static void test_commit_queue(void **unused)
{
	struct place p = { .simulation = true };

	(void)unused;
	scratch_new(&p.scratch);
	lay_out(&p);
	(void)mr_fault_each("a queued commit", run_queue, &p, false);
	scratch_done(&p.scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transactions),
		cmocka_unit_test(test_a_failed_step_changes_nothing),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_parsing_and_writing),
		cmocka_unit_test(test_sealing),
		cmocka_unit_test(test_file_store),
		cmocka_unit_test(test_commit_queue),
	};

	return cmocka_run_group_tests_name("store_alloc", tests, NULL, NULL);
}
