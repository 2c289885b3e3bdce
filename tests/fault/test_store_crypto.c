/* SPDX-License-Identifier: Apache-2.0 */
/* Every call into the crypto library fails once: an error, and files that load. */
#include <stdio.h>

#include "fault.h"
#include "store_test.h"

enum { DEK = 0x11, NEW_DEK = 0x22 };

struct place {
	struct scratch scratch;
	bool simulation;
};

static mr_result open_and_load(const struct place *p, struct mr_file_store **store,
	struct mr_state **state, struct mr_error *err)
{
	enum mr_load_result result = MR_LOAD_FRESH;

	MR_TRY(mr_file_store_open(p->scratch.seal, p->simulation, NULL, store, err));
	MR_TRY(mr_file_store_load(*store, &result, state, err));
	/* a library that fails looks like a key that does not fit; nothing is written then */
	if (result != MR_LOAD_STATE)
		return mr_fail(err, MR_CODE_CRYPTO, "recovery state");
	return MR_OK;
}

static mr_result run_load(void *context, struct mr_error *err)
{
	MR_AUTO(file_store) struct mr_file_store *store = NULL;
	MR_AUTO(state) struct mr_state *state = NULL;

	MR_TRY(open_and_load(context, &store, &state, err));
	assert_int_equal(number_of(state), 1);
	return MR_OK;
}

static mr_result run_commit(void *context, struct mr_error *err)
{
	const struct place *p = context;
	MR_AUTO(file_store) struct mr_file_store *store = NULL;
	MR_AUTO(file_store) struct mr_file_store *again = NULL;
	MR_AUTO(state) struct mr_state *one = NULL;
	MR_AUTO(state) struct mr_state *two = numbered_state(2);
	MR_AUTO(state) struct mr_state *loaded = NULL;
	MR_AUTO(buf) struct mr_buf before;
	MR_AUTO(buf) struct mr_buf after;
	struct place copy = { .simulation = p->simulation };
	const struct mr_protection protection = protection_of(NEW_DEK);
	const struct mr_protection first = protection_of(DEK);
	struct mr_error second;

	mr_fault_pause();
	assert_false(mr_failed(open_and_load(p, &store, &one, err)));
	snapshot(p->scratch.seal, &before);
	mr_fault_resume();
	mr_result r = mr_file_store_commit(store, two, &protection, err);
	mr_fault_pause();
	/* a state is not sealed in part: the files are as they were */
	snapshot(p->scratch.seal, &after);
	if (mr_failed(r))
		assert_bytes_equal(mr_buf_bytes(&after), mr_buf_bytes(&before));
	copy_sealed(p->scratch.seal, &copy.scratch);
	assert_false(mr_failed(open_and_load(&copy, &again, &loaded, &second)));
	assert_int_equal(number_of(loaded), mr_failed(r) ? 1 : 2);
	scratch_done(&copy.scratch);
	/* the same store goes on, with the key that is in force */
	mr_file_store_set_mode(store, MR_SEAL_PRODUCT_KEY);
	assert_false(mr_failed(mr_file_store_commit(store, one, NULL, &second)));
	assert_false(mr_failed(mr_file_store_commit(store, one, &first, &second)));
	mr_fault_resume();
	return r;
}

static mr_result run_recover(void *context, struct mr_error *err)
{
	const struct place *p = context;
	MR_AUTO(file_store) struct mr_file_store *store = NULL;
	MR_AUTO(state) struct mr_state *state = NULL;
	enum mr_load_result result = MR_LOAD_FRESH;

	mr_fault_pause();
	remove_file(p->scratch.seal, "sealed_key");
	assert_false(
		mr_failed(mr_file_store_open(p->scratch.seal, p->simulation, NULL, &store, err)));
	assert_false(mr_failed(mr_file_store_load(store, &result, &state, err)));
	assert_int_equal(result, MR_LOAD_RECOVERY);
	mr_fault_resume();
	mr_result r = mr_file_store_recover(store, dek_of(DEK), &state, err);
	mr_fault_pause();
	assert_int_equal(state != NULL, !mr_failed(r));
	put_file(p->scratch.seal, "sealed_key", dek_of(DEK));
	mr_fault_resume();
	return r;
}

static void test_store(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		MR_AUTO(pair) struct pair pair;
		struct place p = { .simulation = i == 1 };
		scratch_new(&p.scratch);
		pair_make(&pair, 1, DEK, i ? MR_KEY_FORM_SIMULATION : MR_KEY_FORM_RAW);
		put_file(p.scratch.seal, "sealed_data", mr_buf_bytes(&pair.data));
		put_file(p.scratch.seal, "sealed_key", mr_buf_bytes(&pair.key));
		assert_true(mr_fault_each("loading", run_load, &p, false) > 4);
		assert_true(mr_fault_each("committing", run_commit, &p, false) > 6);
		assert_true(mr_fault_each("recovering", run_recover, &p, false) > 3);
		scratch_done(&p.scratch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_store),
	};

	return cmocka_run_group_tests_name("store_crypto", tests, NULL, NULL);
}
