/* SPDX-License-Identifier: Apache-2.0 */
/* What was seen of documents, in the state and out of it again (70 §18). */
#include "coordinator/attest_memory.h"

#include <stdio.h>
#include <sys/stat.h>

#include "attest/watermark.h"
#include "coordinator_test.h"

static const char *const key = "attestationDocuments";

static struct rig rig;

static int set_up(void **unused)
{
	(void)unused;
	rig_new(&rig);
	rig.config.simulation = false;
	rig_start(&rig);
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	rig_done(&rig);
	return 0;
}

static void set_manifest(void)
{
	rig_set_manifest(&rig,
		jsonf("{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'p'}}}"));
}

static bool raise(const char *name, uint64_t number)
{
	return mr_watermarks_raise(mr_attest_service_watermarks(rig.core->attest), name, number);
}

static mr_result nothing(
	struct mr_update *update, struct mr_update_context *context, struct mr_error *err)
{
	(void)update, (void)context;
	return mr_fail(err, MR_CODE_CONFLICT, "only to wait for those before it");
}

/* A tick, and the end of what it began. */
static void tick(void)
{
	struct mr_update wait = { .apply = nothing };
	struct mr_error err;

	mr_core_tick(rig.core);
	assert_int_equal(commit_update(rig.core, &wait, &err).code, MR_CODE_CONFLICT);
}

static bool is_stored(const char *text)
{
	MR_AUTO(snapshot) struct mr_snapshot *now = mr_core_snapshot(rig.core);

	return text ? state_has(now->state, key) &&
			       mr_str_eq(
				       mr_bytes_str(state_value(now->state, key)), mr_str_of(text))
		    : !state_has(now->state, key);
}

static void test_is_stored_once_there_is_a_manifest(void **unused)
{
	(void)unused;
	assert_true(raise("tcb", 20));
	tick();
	assert_true(is_stored(NULL));
	set_manifest();
	tick();
	assert_true(is_stored("tcb 20\n"));
	assert_true(raise("qe", 3));
	tick();
	assert_true(is_stored("qe 3\ntcb 20\n"));
}

static void test_nothing_seen_is_nothing_stored(void **unused)
{
	MR_AUTO(buf) struct mr_buf before = { 0 };
	MR_AUTO(buf) struct mr_buf after = { 0 };

	(void)unused;
	set_manifest();
	tick();
	assert_true(is_stored(NULL));
	assert_true(raise("tcb", 20));
	tick();
	snapshot(rig.scratch.seal, &before);
	tick();
	snapshot(rig.scratch.seal, &after);
	assert_true(mr_bytes_eq(mr_buf_bytes(&before), mr_buf_bytes(&after)));
}

static void test_a_start_knows_at_once(void **unused)
{
	(void)unused;
	set_manifest();
	assert_true(raise("tcb", 20));
	tick();
	rig_stop(&rig);
	rig_start(&rig);
	assert_false(raise("tcb", 19));
	assert_true(raise("tcb", 20));
}

/* As after a recovery: before anybody can use the state, what it says counts. */
static void test_another_state_counts_at_once(void **unused)
{
	struct key_change other = key_change_of(key, "tcb 30\n", true);
	struct mr_error err;

	(void)unused;
	set_manifest();
	assert_true(raise("crl", 7));
	OK(commit_update(rig.core, &other.update, &err));
	assert_false(raise("tcb", 29));
	tick();
	assert_true(is_stored("crl 7\ntcb 30\n"));
}

static void test_a_failed_commit_is_made_up_for(void **unused)
{
	char blocked[4096];

	(void)unused;
	set_manifest();
	assert_true(raise("tcb", 20));
	(void)snprintf(blocked, sizeof blocked, "%s/sealed_data.tmp", rig.scratch.seal);
	assert_int_equal(mkdir(blocked, 0700), 0);
	tick();
	assert_true(is_stored(NULL));
	assert_int_equal(remove(blocked), 0);
	tick();
	assert_true(is_stored("tcb 20\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_is_stored_once_there_is_a_manifest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_nothing_seen_is_nothing_stored, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_start_knows_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_another_state_counts_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_failed_commit_is_made_up_for, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("attest_memory", tests, NULL, NULL);
}
