/* SPDX-License-Identifier: Apache-2.0 */
/* Setting the first manifest (10 §5), and the one that is given at the start (40 §2.6). */
#include "coordinator/set_manifest.h"

#include <stdio.h>
#include <sys/stat.h>

#include "coordinator/startup_manifest.h"
#include "coordinator_test.h"

#define SMALL "'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'p'}}"

static struct mr_snapshot *fresh;

static int set_up(void **unused)
{
	(void)unused;
	fresh = snapshot_of(fresh_state(MR_STATE_ACCEPTING_MANIFEST));
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	mr_snapshot_unref(fresh);
	return 0;
}

static mr_result prepare(const struct mr_snapshot *s, struct mr_bytes raw,
	struct mr_new_manifest *ret, struct mr_error *err)
{
	return mr_set_manifest_prepare(bare_core(), s, raw, NOW_NS, ret, err);
}

static void test_result(void **unused)
{
	MR_AUTO(new_manifest) struct mr_new_manifest new = { 0 };
	struct mr_bytes raw = jsonf(
		"{" SMALL ",'Secrets':{'s':{'Type':'symmetric-key','Size':128,'Shared':true},"
		"'own':{'Type':'cert-ed25519'},'given':{'Type':'plain','UserDefined':true}},"
		"'Users':{'alice':{'Certificate':'%s'}},'TLS':{'t':{}},"
		"'Infrastructures':{'i':{}},'RecoveryKeys':{'k':'%s'}}",
		person(0)->pem, rsa_pem(0));
	struct mr_error err;

	(void)unused;
	OK(prepare(fresh, raw, &new, &err));
	assert_true(new.change.protects);
	assert_false(new.change.keeps_key);
	assert_int_equal(new.change.protection.mode, MR_SEAL_PRODUCT_KEY);
	assert_text(mr_bytes_str(new.change.protection.recovery_data), "null");
	assert_int_equal(new.change.protection.dek.len, 32);
	assert_int_equal(new.change.recovery.count, 1);
	assert_int_equal(new.change.view->state, MR_STATE_ACCEPTING_MARBLES);

	MR_AUTO(snapshot) struct mr_snapshot *s = snapshot_after(&new.change);
	static const char *const keys[] = { "package:p", "marble:m", "infrastructure:i", "TLS:t",
		"user:alice", "secret:s", "secret:own", "secret:given", "previousSecret:given",
		"rootSecret" };
	for (size_t i = 0; i < MR_COUNT(keys); i++)
		assert_true(state_has(s->state, keys[i]));
	assert_false(state_has(s->state, "previousRootSecret"));
	assert_false(state_has(s->state, "pendingUpdate"));
	assert_bytes_equal(state_value(s->state, "manifest"), raw);
	assert_text(mr_bytes_str(state_value(s->state, "state")), "3");
	assert_bytes_equal(
		state_value(s->state, "secret:s"), state_value(s->state, "previousSecret:s"));
	assert_bytes_equal(
		state_value(s->state, "secret:own"), state_value(s->state, "previousSecret:own"));
	assert_text(mr_bytes_str(state_value(s->state, "secret:given")),
		"{\"Type\":\"plain\",\"Size\":0,\"Shared\":false,\"UserDefined\":true,\"Cert\":null,"
		"\"ValidFor\":0,\"Private\":null,\"Public\":null}");
	OK(mr_key_verify(s->view->authority->root_key, MR_HASH_SHA256, raw,
		state_value(s->state, "manifestSignature"), &err));
	struct mr_str log = mr_bytes_str(state_value(s->state, "updateLog"));
	assert_true(contains(log, "\"update\":\"Initial manifest set\"}\n"));
	/* all that was there is still there */
	assert_bytes_equal(s->view->authority->root.der, fresh->view->authority->root.der);
	assert_bytes_equal(
		s->view->authority->intermediate.der, fresh->view->authority->intermediate.der);
}

static void test_seal_modes(void **unused)
{
	static const struct {
		const char *text;
		enum mr_seal_mode mode;
	} rows[] = { { "", MR_SEAL_PRODUCT_KEY }, { "ProductKey", MR_SEAL_PRODUCT_KEY },
		{ "UniqueKey", MR_SEAL_UNIQUE_KEY }, { "Disabled", MR_SEAL_DISABLED } };
	struct mr_error err;

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(new_manifest) struct mr_new_manifest new = { 0 };
		OK(prepare(fresh, jsonf("{" SMALL ",'Config':{'SealMode':'%s'}}", rows[i].text),
			&new, &err));
		assert_int_equal(new.change.protection.mode, rows[i].mode);
	}
	/* of states that others wrote the conversion takes any case (40 §6.3) */
	struct mr_manifest m = { .config.seal_mode = MR_STR_INIT("uniquekey") };
	assert_int_equal(mr_seal_mode_of(&m), MR_SEAL_UNIQUE_KEY);
	m.config.seal_mode = MR_STR("PRODUCTKEY");
	assert_int_equal(mr_seal_mode_of(&m), MR_SEAL_PRODUCT_KEY);
	m.config.seal_mode = MR_STR("what?");
	assert_int_equal(mr_seal_mode_of(&m), MR_SEAL_DISABLED);
}

static void test_in_recovery(void **unused)
{
	MR_AUTO(snapshot)
	struct mr_snapshot *recovery = snapshot_of(fresh_state(MR_STATE_RECOVERY));
	MR_AUTO(new_manifest) struct mr_new_manifest new = { 0 };
	struct mr_error err;

	(void)unused;
	OK(prepare(recovery, jsonf("{" SMALL "}"), &new, &err));
	assert_int_equal(new.change.view->state, MR_STATE_ACCEPTING_MARBLES);
}

/* Each step with its prefix; nothing is returned. */
static void test_refusals(void **unused)
{
	static const struct {
		const char *json, *start;
	} rows[] = {
		{ "", "unmarshaling manifest: unexpected end of JSON input" },
		{ "{'Packages':7}", "unmarshaling manifest: json: cannot unmarshal number" },
		{ "{}", "checking manifest: " },
		{ "{'Packages':{'p':{}},'Marbles':{'m':{'Package':'q'}}}",
			"checking manifest: manifest does not contain marble package q" },
		{ "{" SMALL ",'Secrets':{'s':{'Type':'cert-rsa','Size':512,'Shared':true}}}",
			"generating secrets from manifest: " },
		{ "{" SMALL ",'Secrets':{'s':{'Type':'symmetric-key','Size':7}}}",
			"generating placeholder secrets from manifest: " },
		{ "{" SMALL ",'Secrets':{'s':{'Type':'symmetric-key','Size':7,'Shared':true}}}",
			"generating secrets from manifest: " },
		{ "{" SMALL ",'RecoveryKeys':{'k':'no PEM'}}",
			"generating recovery encryption key: given PEM data is not a public key" },
		{ "{" SMALL ",'Users':{'alice':{'Certificate':'no PEM'}}}",
			"generating users from manifest: received invalid certificate for user alice" },
		{ "{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'p',"
		  "'Parameters':{'Env':{'A':'{{ hex .Secrets.none }}'}}}}}",
			"running manifest template dry run: in Marble m: env variable A: " },
		{ "{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'p',"
		  "'Parameters':{'Files':{'/f':'{{'}}}}}",
			"running manifest template dry run: in Marble m: file /f: " },
	};
	MR_AUTO(snapshot) struct mr_snapshot *set = snapshot_with(jsonf("{" SMALL "}"));
	struct mr_new_manifest new = { 0 };
	struct mr_error err;

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		FAILS_WITH(prepare(fresh, jsonf("%s", rows[i].json), &new, &err), rows[i].start);
		assert_null(new.manifest);
		assert_null(new.change.tx);
	}
	FAILS(prepare(set, jsonf("{" SMALL "}"), &new, &err), MR_CODE_STATE,
		"server is not in expected state");
	/* the state is judged before the manifest */
	FAILS(prepare(set, jsonf("{"), &new, &err), MR_CODE_STATE,
		"server is not in expected state");
}

static void test_remarks_are_logged(void **unused)
{
	MR_AUTO(rig) struct rig r;
	MR_AUTO(buf) struct mr_buf text = { 0 };
	MR_AUTO(new_manifest) struct mr_new_manifest new = { 0 };
	struct mr_error err;
	struct mr_core core = *bare_core();

	(void)unused;
	rig_new(&r);
	put_file(r.scratch.path, "log", mr_bytes_of(NULL, 0));
	FILE *file = fopen(textf("%s/log", r.scratch.path), "w");
	assert_non_null(file);
	OK(mr_logger_new(fileno(file), MR_LOG_JSON, MR_LOG_INFO, &core.log, &err));
	OK(mr_set_manifest_prepare(
		&core, fresh, jsonf("{" SMALL ",'Nonsense':1}"), NOW_NS, &new, &err));
	mr_logger_free(core.log);
	assert_int_equal(fclose(file), 0);
	assert_true(get_file(r.scratch.path, "log", &text));
	assert_true(contains(mr_buf_str(&text), "Manifest is odd"));
	assert_true(contains(mr_buf_str(&text), "Nonsense"));
}

/* --- at the start --- */

static void rig_with_file(struct rig *r, struct mr_bytes manifest)
{
	rig_new(r);
	put_file(r->scratch.path, "manifest", manifest);
	r->config.startup_manifest = textf("%s/manifest", r->scratch.path);
}

static void test_startup(void **unused)
{
	MR_AUTO(rig) struct rig r;
	MR_AUTO(buf) struct mr_buf json = { 0 };
	struct stat st;
	struct mr_error err;

	(void)unused;
	rig_with_file(&r, jsonf("{" SMALL ",'RecoveryKeys':{'k':'%s'}}", rsa_pem(0)));
	r.config.startup_recovery_file = textf("%s/secrets", r.scratch.path);
	rig_start(&r);
	OK(mr_startup_manifest_set(r.core, &err));
	assert_int_equal(rig_state(&r), MR_STATE_ACCEPTING_MARBLES);
	assert_true(get_file(r.scratch.path, "secrets", &json));
	assert_true(mr_str_starts(mr_buf_str(&json), MR_STR("{\"k\":\"")));
	assert_true(mr_str_ends(mr_buf_str(&json), MR_STR("\"}\n")));
	assert_int_equal(stat(r.config.startup_recovery_file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* the same and another one go on with what is there, and leave the file alone */
	rig_stop(&r);
	rig_start(&r);
	OK(mr_startup_manifest_set(r.core, &err));
	put_file(r.scratch.path, "manifest", jsonf("{}"));
	OK(mr_startup_manifest_set(r.core, &err));
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(r.core);
	assert_int_equal(s->view->marbles_count, 1);
}

static void test_startup_refusals(void **unused)
{
	MR_AUTO(rig) struct rig r;
	struct mr_error err;

	(void)unused;
	rig_with_file(&r, jsonf("{}"));
	rig_start(&r);
	FAILS_WITH(mr_startup_manifest_set(r.core, &err), "checking manifest: ");
	/* what had been made for it is gone */
	r.config.startup_recovery_file = textf("%s/secrets", r.scratch.path);
	FAILS_WITH(mr_startup_manifest_set(r.core, &err), "checking manifest: ");
	assert_false(has_file(r.scratch.path, "secrets"));
	/* somebody's file is not written over, and not removed */
	put_file(r.scratch.path, "secrets", mr_bytes_of("old", 3));
	put_file(r.scratch.path, "manifest", jsonf("{" SMALL "}"));
	FAILS_WITH(mr_startup_manifest_set(r.core, &err),
		textf("open %s: file exists", r.config.startup_recovery_file));
	assert_true(has_file(r.scratch.path, "secrets"));
	assert_int_equal(rig_state(&r), MR_STATE_ACCEPTING_MANIFEST);
	r.config.startup_recovery_file = "/nowhere/at/all";
	FAILS(mr_startup_manifest_set(r.core, &err), MR_CODE_IO,
		"open /nowhere/at/all: no such file or directory");
	r.config.startup_manifest = "/nowhere/at/all";
	FAILS(mr_startup_manifest_set(r.core, &err), MR_CODE_NOT_FOUND,
		"Cannot read startup manifest: open /nowhere/at/all: no such file or directory");
	assert_int_equal(rig_state(&r), MR_STATE_ACCEPTING_MANIFEST);
}

/* In recovery the sealed state is not thrown away by a restart (40 §2.6). */
static void test_startup_in_recovery(void **unused)
{
	MR_AUTO(rig) struct rig r;
	struct mr_error err;

	(void)unused;
	rig_with_file(&r, jsonf("{" SMALL "}"));
	rig_start(&r);
	OK(mr_startup_manifest_set(r.core, &err));
	rig_stop(&r);
	remove_file(r.scratch.seal, "sealed_key");
	rig_start(&r);
	FAILS(mr_startup_manifest_set(r.core, &err), MR_CODE_STATE,
		"the sealed state waits for recovery and is not replaced by a startup manifest");
	assert_int_equal(rig_state(&r), MR_STATE_RECOVERY);
}

/* Without a place for the state there is no state, and no recovery secrets of it. */
static void test_startup_cannot_seal(void **unused)
{
	MR_AUTO(rig) struct rig r;
	struct mr_error err;

	(void)unused;
	rig_with_file(&r, jsonf("{" SMALL ",'RecoveryKeys':{'k':'%s'}}", rsa_pem(0)));
	r.config.startup_recovery_file = textf("%s/secrets", r.scratch.path);
	rig_start(&r);
	assert_int_equal(mkdir(textf("%s/sealed_data.tmp", r.scratch.seal), 0700), 0);
	FAILS_WITH(
		mr_startup_manifest_set(r.core, &err), "sealing state: writing sealed data file: ");
	assert_int_equal(rig_state(&r), MR_STATE_ACCEPTING_MANIFEST);
	assert_false(has_file(r.scratch.path, "secrets"));
	assert_int_equal(remove(textf("%s/sealed_data.tmp", r.scratch.seal)), 0);
	OK(mr_startup_manifest_set(r.core, &err));
	assert_int_equal(rig_state(&r), MR_STATE_ACCEPTING_MARBLES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_seal_modes),
		cmocka_unit_test(test_in_recovery),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_remarks_are_logged),
		cmocka_unit_test(test_startup),
		cmocka_unit_test(test_startup_refusals),
		cmocka_unit_test(test_startup_in_recovery),
		cmocka_unit_test(test_startup_cannot_seal),
	};

	return cmocka_run_group_tests_name("set_manifest", tests, set_up, tear_down);
}
