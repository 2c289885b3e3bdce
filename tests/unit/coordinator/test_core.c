/* SPDX-License-Identifier: Apache-2.0 */
/* Starts on every kind of seal directory, and snapshots that change under readers (40 §2.1, §3, §6.5). */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "coordinator_test.h"

enum { READERS = 3, COMMITS = 200 };

static struct mr_bytes manifest(const char *seal_mode)
{
	return jsonf("{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'p'}},"
		     "'Config':{'SealMode':'%s'}}",
		seal_mode);
}

/* Kept beyond the snapshot. */
static struct mr_bytes root_of(const struct rig *r)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(r->core);
	struct mr_bytes der = s->view->authority->root.der;
	MR_AUTO(buf) struct mr_buf hex = { .max = 1 << 16 };

	for (size_t i = 0; i < der.len; i++)
		mr_buf_printf(&hex, "%02x", der.ptr[i]);
	return jsonf("%.*s", (int)hex.len, (const char *)hex.data);
}

static void assert_only_the_lock(const struct rig *r)
{
	MR_AUTO(buf) struct mr_buf content = { 0 };

	snapshot(r->scratch.seal, &content);
	assert_int_equal(content.len, 0);
	assert_true(has_file(r->scratch.seal, "lock"));
}

static void test_fresh(void **unused)
{
	MR_AUTO(rig) struct rig r;

	(void)unused;
	rig_new(&r);
	rig_start(&r);
	assert_int_equal(rig_state(&r), MR_STATE_ACCEPTING_MANIFEST);
	struct mr_bytes root = root_of(&r);
	assert_only_the_lock(&r);
	rig_stop(&r);
	/* nothing was written, so everything is made anew */
	rig_start(&r);
	assert_int_equal(rig_state(&r), MR_STATE_ACCEPTING_MANIFEST);
	assert_false(mr_bytes_eq(root, root_of(&r)));
	assert_only_the_lock(&r);
}

static void test_restart(void **unused)
{
	static const char *const modes[] = { "", "ProductKey", "UniqueKey" };

	(void)unused;
	for (size_t i = 0; i < 2 * MR_COUNT(modes); i++) {
		MR_AUTO(rig) struct rig r;
		MR_AUTO(buf) struct mr_buf before = { 0 };
		MR_AUTO(buf) struct mr_buf after = { 0 };
		rig_new(&r);
		r.config.simulation = i % 2;
		rig_start(&r);
		rig_set_manifest(&r, manifest(modes[i / 2]));
		assert_int_equal(rig_state(&r), MR_STATE_ACCEPTING_MARBLES);
		struct mr_bytes root = root_of(&r);
		snapshot(r.scratch.seal, &before);
		for (unsigned restarts = 0; restarts < 2; restarts++) {
			rig_stop(&r);
			rig_start(&r);
			assert_int_equal(rig_state(&r), MR_STATE_ACCEPTING_MARBLES);
			assert_bytes_equal(root_of(&r), root);
		}
		/* loading changes no file */
		snapshot(r.scratch.seal, &after);
		assert_bytes_equal(mr_buf_bytes(&after), mr_buf_bytes(&before));
	}
}

static mr_result put_number(
	struct mr_update *update, struct mr_update_context *context, struct mr_error *err)
{
	(void)update;
	return mr_tx_put(context->tx, MR_STR("number"), mr_bytes_of("1", 1), err);
}

/* A loaded state is committed again under the seal mode that its manifest tells. */
static void test_commits_after_a_restart(void **unused)
{
	MR_AUTO(rig) struct rig r;
	struct mr_update update = { .apply = put_number };
	struct mr_error err;

	(void)unused;
	rig_new(&r);
	rig_start(&r);
	rig_set_manifest(&r, manifest("UniqueKey"));
	rig_stop(&r);
	rig_start(&r);
	OK(commit_update(r.core, &update, &err));
	rig_stop(&r);
	rig_start(&r);
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(r.core);
	assert_text(mr_bytes_str(state_value(s->state, "number")), "1");
	assert_int_equal(s->view->state, MR_STATE_ACCEPTING_MARBLES);
}

static void test_sealing_is_disabled(void **unused)
{
	MR_AUTO(rig) struct rig r;

	(void)unused;
	rig_new(&r);
	rig_start(&r);
	rig_set_manifest(&r, manifest("Disabled"));
	assert_int_equal(rig_state(&r), MR_STATE_ACCEPTING_MARBLES);
	assert_only_the_lock(&r);
	rig_stop(&r);
	rig_start(&r);
	assert_int_equal(rig_state(&r), MR_STATE_ACCEPTING_MANIFEST);
}

static void test_recovery(void **unused)
{
	MR_AUTO(rig) struct rig r;
	MR_AUTO(buf) struct mr_buf before = { 0 };
	MR_AUTO(buf) struct mr_buf after = { 0 };

	(void)unused;
	rig_new(&r);
	rig_start(&r);
	rig_set_manifest(&r, manifest(""));
	struct mr_bytes root = root_of(&r);
	rig_stop(&r);
	remove_file(r.scratch.seal, "sealed_key");
	snapshot(r.scratch.seal, &before);
	rig_start(&r);
	assert_int_equal(rig_state(&r), MR_STATE_RECOVERY);
	assert_false(mr_bytes_eq(root, root_of(&r)));
	snapshot(r.scratch.seal, &after);
	assert_bytes_equal(mr_buf_bytes(&after), mr_buf_bytes(&before));
	/* a new manifest gives the directory up */
	struct mr_bytes temporary = root_of(&r);
	rig_set_manifest(&r, manifest(""));
	rig_stop(&r);
	rig_start(&r);
	assert_int_equal(rig_state(&r), MR_STATE_ACCEPTING_MARBLES);
	assert_bytes_equal(root_of(&r), temporary);
}

/* Seals a state with a product key. */
static void seal(const struct rig *r, struct mr_state *state)
{
	MR_AUTO(file_store) struct mr_file_store *store = NULL;
	MR_AUTO(state) struct mr_state *none = NULL;
	const struct mr_protection protection = protection_of(7);
	enum mr_load_result result;
	struct mr_error err;

	OK(mr_file_store_open(r->scratch.seal, true, NULL, &store, &err));
	OK(mr_file_store_load(store, &result, &none, &err));
	OK(mr_file_store_commit(store, state, &protection, &err));
}

/* A stored CA without a manifest is given up (40 §3). */
static void test_state_without_a_manifest(void **unused)
{
	MR_AUTO(rig) struct rig r;
	MR_AUTO(snapshot)
	struct mr_snapshot *old = snapshot_of(fresh_state(MR_STATE_ACCEPTING_MANIFEST));

	(void)unused;
	rig_new(&r);
	seal(&r, old->state);
	rig_start(&r);
	assert_int_equal(rig_state(&r), MR_STATE_ACCEPTING_MANIFEST);
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(r.core);
	assert_false(mr_bytes_eq(s->view->authority->root.der, old->view->authority->root.der));
	rig_set_manifest(&r, manifest(""));
	rig_stop(&r);
	rig_start(&r);
	assert_int_equal(rig_state(&r), MR_STATE_ACCEPTING_MARBLES);
}

/* What cannot be used ends the start, with its files as they were. */
static void test_unusable_states(void **unused)
{
	static const struct {
		const char *key, *value, *start;
	} rows[] = {
		{ "manifest", "[", "unmarshaling manifest: " },
		{ "certificate:coordinatorRootCert", NULL, "certificate:coordinatorRootCert: " },
		{ "state", "9", "state: " },
		{ "marble:m", "[]", "marble:m: " },
	};
	MR_AUTO(snapshot) struct mr_snapshot *good = snapshot_with(manifest(""));
	struct mr_error err;

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(rig) struct rig r;
		MR_AUTO(state)
		struct mr_state *bad = state_with(good->state, rows[i].key, rows[i].value);
		MR_AUTO(buf) struct mr_buf before = { 0 };
		MR_AUTO(buf) struct mr_buf after = { 0 };
		rig_new(&r);
		seal(&r, bad);
		snapshot(r.scratch.seal, &before);
		FAILS_WITH(mr_core_new(&r.config, NULL, &r.core, &err), rows[i].start);
		assert_null(r.core);
		snapshot(r.scratch.seal, &after);
		assert_bytes_equal(mr_buf_bytes(&after), mr_buf_bytes(&before));
	}
}

static void test_unusable_directories(void **unused)
{
	MR_AUTO(rig) struct rig r;
	struct mr_core *second = NULL;
	struct mr_error err;

	(void)unused;
	rig_new(&r);
	put_file(r.scratch.path, "file", mr_bytes_of("", 0));
	(void)snprintf(r.config.seal_dir, sizeof r.config.seal_dir, "%s/file/seal", r.scratch.path);
	FAILS_WITH(
		mr_core_new(&r.config, NULL, &second, &err), "Cannot create or access sealdir: ");
	/* broken sealed data end the start, before anything is made */
	(void)snprintf(r.config.seal_dir, sizeof r.config.seal_dir, "%s", r.scratch.seal);
	put_file(r.scratch.seal, "sealed_data", mr_bytes_of("abc", 3));
	FAILS(mr_core_new(&r.config, NULL, &second, &err), MR_CODE_INVALID,
		"unsealing state: sealed state is missing data");
	mr_core_free(NULL);
}

static void test_names_that_are_none(void **unused)
{
	MR_AUTO(rig) struct rig r;
	struct mr_error err;

	(void)unused;
	rig_new(&r);
	r.config.dns_names = "\xc3\xa4";
	FAILS_WITH(
		mr_core_new(&r.config, NULL, &r.core, &err), "generating certificate authority: ");
	assert_null(r.core);
}

static void test_require_state(void **unused)
{
	struct mr_view view = { .state = MR_STATE_ACCEPTING_MARBLES };
	struct mr_error err;

	(void)unused;
	OK(mr_require_state(&view, MR_STATE_ACCEPTING_MARBLES, MR_STATE_ACCEPTING_MARBLES, &err));
	OK(mr_require_state(&view, MR_STATE_RECOVERY, MR_STATE_ACCEPTING_MARBLES, &err));
	FAILS(mr_require_state(&view, MR_STATE_RECOVERY, MR_STATE_ACCEPTING_MANIFEST, &err),
		MR_CODE_STATE, "server is not in expected state");
}

/* --- readers and a writer --- */

struct reading {
	struct mr_core *core;
	atomic_bool stop;
	atomic_uint rounds;
};

/* State and view of one snapshot belong together, and numbers never go back. */
static void *read_on(void *argument)
{
	struct reading *reading = argument;
	unsigned last = 0;

	while (!atomic_load(&reading->stop)) {
		MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(reading->core);
		struct mr_bytes text;
		unsigned number = 0;
		if (mr_state_get(s->state, MR_STR("number"), &text))
			for (size_t i = 0; i < text.len; i++)
				number = number * 10 + (unsigned)(text.ptr[i] - '0');
		if (number < last || !state_has(s->state, "manifest") ||
			s->view->marbles_count != 1)
			return argument;
		last = number;
		atomic_fetch_add(&reading->rounds, 1);
	}
	return NULL;
}

struct numbering {
	struct mr_update update;
	unsigned number;
};

static mr_result put_next(
	struct mr_update *update, struct mr_update_context *context, struct mr_error *err)
{
	struct numbering *n = MR_CONTAINER_OF(update, struct numbering, update);
	MR_AUTO(buf) struct mr_buf text = { .max = 16 };

	mr_buf_put_uint(&text, n->number);
	return mr_tx_put(context->tx, MR_STR("number"), mr_buf_bytes(&text), err);
}

static void test_readers_need_no_lock(void **unused)
{
	MR_AUTO(rig) struct rig r;
	struct reading reading = { 0 };
	pthread_t threads[READERS];
	void *fault = NULL;
	struct mr_error err;

	(void)unused;
	rig_new(&r);
	rig_start(&r);
	/* without disk, so that there are many */
	rig_set_manifest(&r, manifest("Disabled"));
	reading.core = r.core;
	for (size_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_on, &reading), 0);
	for (unsigned i = 1; i <= COMMITS || atomic_load(&reading.rounds) < COMMITS; i++) {
		struct numbering n = { { .apply = put_next }, i };
		OK(commit_update(r.core, &n.update, &err));
	}
	atomic_store(&reading.stop, true);
	for (size_t i = 0; i < READERS; i++) {
		void *result;
		assert_int_equal(pthread_join(threads[i], &result), 0);
		fault = result ? result : fault;
	}
	assert_null(fault);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_commits_after_a_restart),
		cmocka_unit_test(test_sealing_is_disabled),
		cmocka_unit_test(test_recovery),
		cmocka_unit_test(test_state_without_a_manifest),
		cmocka_unit_test(test_unusable_states),
		cmocka_unit_test(test_unusable_directories),
		cmocka_unit_test(test_names_that_are_none),
		cmocka_unit_test(test_require_state),
		cmocka_unit_test(test_readers_need_no_lock),
	};

	return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
