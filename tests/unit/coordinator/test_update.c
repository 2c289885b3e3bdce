/* SPDX-License-Identifier: Apache-2.0 */
/* Updates of the manifest: packages, full ones, pending ones (10 §10, 20 §6.8-6.11, §7). */
#include <stdio.h>

#include "codec/json.h"
#include "coordinator/update_manifest.h"
#include "coordinator_test.h"

enum { ALICE, BOB, CAROL };

/* What differs between the manifests of these tests. */
struct plan {
	const char *config; /* members of Config */
	const char *packages, *marbles, *secrets, *more;
};

#define PACKAGES "'p':{'SignerID':'aa','ProductID':1,'SecurityVersion':2},'u':{'UniqueID':'00'}"
#define OLD_PACKAGE ",'x':{'UniqueID':'11'}"
#define MARBLES "'m':{'Package':'p'}"
#define SECRETS                                                                                    \
	"'key':{'Type':'symmetric-key','Size':128,'Shared':true},"                                 \
	"'own':{'Type':'symmetric-key','Size':128},"                                               \
	"'cert':{'Type':'cert-ed25519','Shared':true},"                                            \
	"'given':{'Type':'plain','UserDefined':true}"

/* Alice and Bob update manifests, Alice the package p too, Carol nothing. */
static struct mr_bytes manifest(struct plan plan)
{
	return jsonf("{'Packages':{%s},'Marbles':{%s},'Secrets':{%s},'Users':{"
		     "'alice':{'Certificate':'%s','Roles':['updater','packer']},"
		     "'bob':{'Certificate':'%s','Roles':['updater']},'carol':{'Certificate':'%s'}},"
		     "'Roles':{'updater':{'ResourceType':'Manifest','Actions':['UpdateManifest']},"
		     "'packer':{'ResourceType':'Packages','ResourceNames':['p','u'],"
		     "'Actions':['UpdateSecurityVersion']}},'Config':{%s}%s}",
		plan.packages ? plan.packages : PACKAGES OLD_PACKAGE,
		plan.marbles ? plan.marbles : MARBLES, plan.secrets ? plan.secrets : SECRETS,
		person(ALICE)->pem, person(BOB)->pem, person(CAROL)->pem,
		plan.config ? plan.config : "", plan.more ? plan.more : "");
}

static struct mr_snapshot *together, *alone;

static int set_up(void **unused)
{
	(void)unused;
	together = snapshot_with(manifest((struct plan){ 0 }));
	alone = snapshot_with(manifest((struct plan){ .config = "'UpdateThreshold':1" }));
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	mr_snapshot_unref(together);
	mr_snapshot_unref(alone);
	return 0;
}

static struct mr_update_input by(unsigned who, const struct mr_snapshot *s, struct mr_bytes raw)
{
	static const char *const names[] = { "alice", "bob", "carol" };
	struct mr_update_input in = {
		.core = bare_core(), .snapshot = s, .raw = raw, .wall_ns = NOW_NS
	};

	in.user = mr_names_find(s->view->users, s->view->users_count, sizeof *s->view->users,
		mr_str_of(names[who]));
	assert_non_null(in.user);
	return in;
}

static struct mr_str log_of(const struct mr_snapshot *s)
{
	return mr_bytes_str(state_value(s->state, "updateLog"));
}

static struct mr_str last_line(const struct mr_snapshot *s)
{
	struct mr_str log = log_of(s);
	size_t at = log.len - 1;

	assert_int_equal(log.ptr[at], '\n');
	while (at > 0 && log.ptr[at - 1] != '\n')
		at--;
	return mr_str_sub(log, at, log.len - 1);
}

static bool same_value(const struct mr_snapshot *a, const struct mr_snapshot *b, const char *key)
{
	return mr_bytes_eq(state_value(a->state, key), state_value(b->state, key));
}

static mr_result submit(
	struct mr_update_input in, struct mr_prepared_update *ret, struct mr_error *err)
{
	*ret = (struct mr_prepared_update){ 0 };
	return mr_update_submit(&in, ret, err);
}

static mr_result acknowledge(
	struct mr_update_input in, struct mr_prepared_update *ret, struct mr_error *err)
{
	*ret = (struct mr_prepared_update){ 0 };
	return mr_update_acknowledge(&in, ret, err);
}

/* The snapshot after a submission that is applied at once. */
static struct mr_snapshot *applied(struct mr_update_input in)
{
	MR_AUTO(prepared_update) struct mr_prepared_update u;
	struct mr_error err;

	OK(submit(in, &u, &err));
	assert_int_equal(u.missing, 0);
	if (u.refused)
		fail_msg("%s", u.refusal.message);
	assert_non_null(u.change.view);
	return snapshot_after(&u.change);
}

/* --- packages --- */

static void test_package_update(void **unused)
{
	MR_AUTO(snapshot)
	struct mr_snapshot *s = applied(by(ALICE, together,
		jsonf("{'Packages':{'p':{'SecurityVersion':5},'u':{'SecurityVersion':1}},'Config':{'UpdateThreshold':9}}")));
	const struct mr_view *old = together->view, *new = s->view;
	MR_AUTO(cert) struct mr_cert cert = { 0 };
	MR_AUTO(cert) struct mr_cert old_cert = { 0 };
	struct mr_error err;

	(void)unused;
	assert_int_equal(new->packages[0].security_version.value, 5);
	assert_text(new->packages[0].signer_id, "aa");
	assert_int_equal(new->packages[1].security_version.value, 1);
	/* a new intermediate under the same root; shared certificates are issued again and live no longer */
	assert_bytes_equal(new->authority->root.der, old->authority->root.der);
	assert_false(
		mr_bytes_eq(new->authority->intermediate.der, old->authority->intermediate.der));
	assert_false(same_value(s, together, "secret:cert"));
	const struct mr_secret_value *was = mr_view_secret(old, MR_SECRETS_CURRENT, MR_STR("cert"));
	const struct mr_secret_value *is = mr_view_secret(new, MR_SECRETS_CURRENT, MR_STR("cert"));
	OK(mr_cert_parse(is->cert.bytes, &cert, &err));
	OK(mr_cert_parse(was->cert.bytes, &old_cert, &err));
	OK(mr_cert_check_signature(&cert, new->authority->intermediate_key, &err));
	assert_int_equal(cert.not_after, old_cert.not_after);
	static const char *const kept[] = { "secret:key", "secret:own", "secret:given",
		"previousSecret:cert", "previousSecret:key", "rootSecret", "manifest",
		"manifestSignature", "user:alice", "marble:m" };
	for (size_t i = 0; i < MR_COUNT(kept); i++)
		assert_true(same_value(s, together, kept[i]));
	assert_true(contains(log_of(s),
		"\"update\":\"SecurityVersion increased\",\"user\":\"alice\",\"package\":\"p\","
		"\"new version\":5}\n"));
	assert_true(contains(last_line(s), "\"package\":\"u\",\"new version\":1}"));
}

static void test_package_update_protects_nothing_anew(void **unused)
{
	MR_AUTO(prepared_update) struct mr_prepared_update u;
	struct mr_error err;

	(void)unused;
	OK(submit(
		by(ALICE, together, jsonf("{'Packages':{'p':{'SecurityVersion':2}}}")), &u, &err));
	assert_false(u.change.protects);
	assert_false(u.refused);
	assert_int_equal(u.missing_users.count, 0);
}

static void test_package_update_refusals(void **unused)
{
	static const struct {
		unsigned who;
		const char *json, *start;
	} rows[] = {
		{ ALICE, "[", "unmarshaling update manifest: unexpected end of JSON input" },
		{ BOB, "{'Packages':{'p':{'SecurityVersion':5}}}",
			"user bob is not allowed to update one or more packages of [p]" },
		{ ALICE, "{'Packages':{'p':{'SecurityVersion':5},'y':{'SecurityVersion':5}}}",
			"user alice is not allowed to update one or more packages of [p y]" },
		{ ALICE, "{}", "checking update manifest: no packages defined" },
		{ ALICE, "{'Packages':{'p':{'SecurityVersion':1}}}",
			"checking update manifest: update manifest tries to downgrade SecurityVersion" },
		{ ALICE, "{'Packages':{'p':{'SecurityVersion':5,'Debug':true}}}",
			"checking update manifest: update manifest contains unupdatable values" },
		{ ALICE, "{'Packages':{'p':{}}}",
			"checking update manifest: update manifest does not specify a SecurityVersion to update" },
	};
	struct mr_prepared_update u;
	struct mr_error err;

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(rows); i++)
		FAILS_WITH(submit(by(rows[i].who, together, jsonf("%s", rows[i].json)), &u, &err),
			rows[i].start);
}

/* A package that is missing, and a shared certificate that is none and so cannot be issued again. */
static void test_package_update_of_a_broken_state(void **unused)
{
	MR_AUTO(snapshot)
	struct mr_snapshot *broken = snapshot_but(together, "secret:cert",
		"{\"Type\":\"cert-ed25519\",\"Shared\":true,\"Cert\":null}");
	MR_AUTO(snapshot) struct mr_snapshot *less = snapshot_but(together, "package:u", NULL);
	struct mr_prepared_update u;
	struct mr_error err;

	(void)unused;
	FAILS(submit(by(ALICE, less, jsonf("{'Packages':{'u':{'SecurityVersion':5}}}")), &u, &err),
		MR_CODE_NOT_FOUND,
		"loading current package \"u\" from store: requested value not set");
	FAILS_WITH(submit(by(ALICE, broken, jsonf("{'Packages':{'p':{'SecurityVersion':5}}}")), &u,
			   &err),
		"x509: ");
}

static void test_wrong_states(void **unused)
{
	MR_AUTO(snapshot) struct mr_snapshot *odd = snapshot_but(together, "state", "2");
	struct mr_prepared_update u;
	struct mr_error err;

	(void)unused;
	FAILS(submit(by(ALICE, odd, jsonf("{'Packages':{'p':{'SecurityVersion':5}}}")), &u, &err),
		MR_CODE_STATE, "server is not in expected state");
	FAILS(submit(by(ALICE, odd, manifest((struct plan){ 0 })), &u, &err), MR_CODE_STATE,
		"server is not in expected state");
}

/* --- full updates that apply at once --- */

static void test_full_update(void **unused)
{
	struct mr_bytes raw = manifest((struct plan){
		.marbles = "'new':{'Package':'q','TLS':['t']}",
		.packages = PACKAGES ",'q':{'UniqueID':'ff'}",
		.secrets =
			"'key':{'Type':'symmetric-key','Size':128,'Shared':true},"
			"'cert':{'Type':'cert-ed25519','Shared':true},"
			"'given':{'Type':'plain','UserDefined':true},'more':{'Type':'plain','UserDefined':true}",
		.more = ",'TLS':{'t':{'Incoming':[{'Port':'80'}]}},'Infrastructures':{'i':{}}" });
	MR_AUTO(snapshot) struct mr_snapshot *before = snapshot_but(alone, "activations:m", "5");
	MR_AUTO(snapshot) struct mr_snapshot *s = applied(by(BOB, before, raw));
	static const char *const gone[] = { "package:x", "marble:m", "secret:own",
		"previousSecret:own" };
	static const char *const there[] = { "package:q", "marble:new", "TLS:t", "infrastructure:i",
		"secret:more", "previousSecret:more", "activations:m" };
	static const char *const kept[] = { "secret:key", "previousSecret:key", "secret:given",
		"rootSecret", "certificate:coordinatorRootCert" };
	static const char *const changed[] = { "secret:cert", "previousSecret:cert",
		"manifestSignature", "certificate:marbleRootCert",
		"certificate:coordinatorIntermediateCert" };
	struct mr_error err;

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(gone); i++)
		assert_false(state_has(s->state, gone[i]));
	for (size_t i = 0; i < MR_COUNT(there); i++)
		assert_true(state_has(s->state, there[i]));
	for (size_t i = 0; i < MR_COUNT(kept); i++)
		assert_true(same_value(s, alone, kept[i]));
	for (size_t i = 0; i < MR_COUNT(changed); i++)
		if (strcmp(changed[i], "previousSecret:cert") != 0)
			assert_false(same_value(s, alone, changed[i]));
	/* the old certificate is the previous one now */
	assert_bytes_equal(state_value(s->state, "previousSecret:cert"),
		state_value(alone->state, "secret:cert"));
	assert_bytes_equal(state_value(s->state, "manifest"), raw);
	assert_false(state_has(s->state, "pendingUpdate"));
	assert_false(state_has(s->state, "previousRootSecret"));
	OK(mr_key_verify(s->view->authority->root_key, MR_HASH_SHA256, raw,
		state_value(s->state, "manifestSignature"), &err));
	assert_true(contains(log_of(s),
		"\"update\":\"Complete Manifest update initiated by user. No further "
		"acknowledgements required\",\"user\":\"bob\",\"manifestFingerprint\":\""));
	assert_true(contains(last_line(s),
		"\"update\":\"Complete Manifest updated\",\"manifestFingerprint\":\""));
	assert_true(contains(last_line(s), s->view->fingerprint));
}

static void test_rotation(void **unused)
{
	MR_AUTO(snapshot)
	struct mr_snapshot *s = applied(
		by(ALICE, alone, manifest((struct plan){ .config = "'RotateRootSecret':true" })));

	(void)unused;
	assert_false(same_value(s, alone, "rootSecret"));
	assert_bytes_equal(state_value(s->state, "previousRootSecret"),
		state_value(alone->state, "rootSecret"));
	assert_false(same_value(s, alone, "secret:key"));
	assert_bytes_equal(state_value(s->state, "previousSecret:key"),
		state_value(alone->state, "secret:key"));
	assert_true(same_value(s, alone, "secret:given"));
}

/* A definition that changes makes a new secret, whose previous value is the new one. */
static void test_changed_definitions(void **unused)
{
	MR_AUTO(snapshot)
	struct mr_snapshot *s = applied(by(ALICE, alone,
		manifest((struct plan){
			.secrets =
				"'key':{'Type':'symmetric-key','Size':256,'Shared':true},"
				"'given':{'Type':'symmetric-key','Size':8,'UserDefined':true}" })));

	(void)unused;
	assert_bytes_equal(
		state_value(s->state, "secret:key"), state_value(s->state, "previousSecret:key"));
	assert_false(same_value(s, alone, "secret:key"));
	assert_bytes_equal(state_value(s->state, "secret:given"),
		state_value(s->state, "previousSecret:given"));
	assert_null(mr_view_secret(s->view, MR_SECRETS_CURRENT, MR_STR("given"))
			    ->private_part.bytes.ptr);
}

static void test_protection(void **unused)
{
	const struct plan modes[] = { { .config = "'UpdateThreshold':1,'SealMode':'UniqueKey'" },
		{ .config = "'UpdateThreshold':1" },
		{ .more = textf(",'RecoveryKeys':{'k':'%s'}", rsa_pem(0)),
			.config = "'SealMode':'UniqueKey'" } };
	MR_AUTO(prepared_update) struct mr_prepared_update mode = { 0 };
	MR_AUTO(prepared_update) struct mr_prepared_update same = { 0 };
	MR_AUTO(prepared_update) struct mr_prepared_update keys = { 0 };
	struct mr_error err;

	(void)unused;
	/* the seal mode alone keeps DEK and recovery data */
	OK(submit(by(ALICE, alone, manifest(modes[0])), &mode, &err));
	assert_true(mode.change.protects && mode.change.keeps_key);
	assert_int_equal(mode.change.protection.mode, MR_SEAL_UNIQUE_KEY);
	assert_int_equal(mode.change.protection.dek.len, 0);
	OK(submit(by(ALICE, alone, manifest(modes[1])), &same, &err));
	assert_false(same.change.protects);
	OK(submit(by(ALICE, alone, manifest(modes[2])), &keys, &err));
	assert_true(keys.change.protects && !keys.change.keeps_key);
	assert_int_equal(keys.change.protection.mode, MR_SEAL_UNIQUE_KEY);
	assert_int_equal(keys.change.protection.dek.len, 32);
	assert_int_equal(keys.change.recovery.count, 1);
}

static void test_full_update_refusals(void **unused)
{
	const struct {
		unsigned who;
		struct mr_bytes raw;
		const char *start;
	} rows[] = {
		{ CAROL, manifest((struct plan){ 0 }),
			"user carol is not allowed to update the complete manifest" },
		{ ALICE, jsonf("{'Marbles':{'m':{'Package':'p'}}}"), "invalid manifest: " },
		{ ALICE, manifest((struct plan){ .marbles = "'m':{'Package':'none'}" }),
			"invalid manifest: manifest does not contain marble package none" },
	};
	struct mr_prepared_update u;
	struct mr_error err;

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		FAILS_WITH(submit(by(rows[i].who, alone, rows[i].raw), &u, &err), rows[i].start);
		FAILS_WITH(submit(by(rows[i].who, together, rows[i].raw), &u, &err), rows[i].start);
	}
}

/* A manifest that passes the checks and cannot be applied. */
struct hopeless {
	struct plan plan;
	const char *start;
};
static const struct hopeless hopeless[] = {
	{ { .marbles = "'m':{'Package':'p','Parameters':{'Env':{'A':'{{ hex .Secrets.none }}'}}}" },
		"updating secrets: running manifest template dry run: in Marble m: " },
	{ { .secrets = "'x':{'Type':'symmetric-key','Size':7,'Shared':true}" },
		"updating secrets: generating secrets from manifest: " },
	{ { .secrets = "'x':{'Type':'symmetric-key','Size':7}" },
		"updating secrets: generating placeholder secrets from manifest: " },
	{ { .more = ",'RecoveryKeys':{'k':'no PEM'}" },
		"generating recovery encryption key: given PEM data is not a public key" },
};

/* Applied at once, its failure is an answer, and leaves two lines (20 §7.2). */
static void test_refused_while_applied(void **unused)
{
	struct mr_error err;

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(hopeless); i++) {
		MR_AUTO(prepared_update) struct mr_prepared_update u;
		OK(submit(by(ALICE, alone, manifest(hopeless[i].plan)), &u, &err));
		assert_true(u.refused);
		assert_starts(u.refusal.message, hopeless[i].start);
		assert_null(u.change.view);
		assert_false(u.change.protects);
		MR_AUTO(snapshot) struct mr_snapshot *s = snapshot_after(&u.change);
		assert_true(contains(
			log_of(s), "initiated by user. No further acknowledgements required"));
		assert_true(contains(last_line(s),
			"\"update\":\"Complete Manifest update cancelled due to error "
			"during apply\",\"manifestFingerprint\":\""));
		/* and nothing else */
		MR_AUTO(snapshot)
		struct mr_snapshot *rest = snapshot_but(
			s, "updateLog", textf("%.*s", MR_STR_ARGS(log_of(alone))));
		assert_int_equal(mr_state_count(rest->state), mr_state_count(alone->state));
		for (size_t k = 0; k < mr_state_count(rest->state); k++)
			assert_bytes_equal(mr_state_at(rest->state, k).value,
				mr_state_at(alone->state, k).value);
	}
}

/* Nobody is asked to acknowledge it (10 §10.2 BEYOND). */
static void test_refused_before_it_waits(void **unused)
{
	struct mr_prepared_update u;
	struct mr_error err;

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(hopeless); i++)
		FAILS_WITH(submit(by(ALICE, together, manifest(hopeless[i].plan)), &u, &err),
			hopeless[i].start);
}

/* --- updates that wait --- */

static struct mr_bytes wanted(void)
{
	return manifest((struct plan){ .marbles = "'new':{'Package':'p'}" });
}

static struct mr_snapshot *waiting(void)
{
	MR_AUTO(prepared_update) struct mr_prepared_update u;
	struct mr_error err;

	OK(submit(by(ALICE, together, wanted()), &u, &err));
	assert_int_equal(u.missing, 1);
	assert_int_equal(u.missing_users.count, 1);
	assert_text(u.missing_users.items[0], "bob");
	assert_null(u.change.view);
	assert_false(u.change.protects);
	return snapshot_after(&u.change);
}

static void test_waiting(void **unused)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = waiting();
	struct mr_arena arena;
	struct mr_pending_update pending;
	struct mr_prepared_update u;
	struct mr_error err;

	(void)unused;
	assert_true(state_has(s->state, "pendingUpdate"));
	assert_true(state_has(s->state, "marble:m"));
	assert_true(contains(last_line(s),
		"\"update\":\"Complete Manifest update initiated by user. Waiting for acknowledgments to apply the "
		"update\",\"user\":\"alice\",\"missingAcknowledgments\":1,\"missingUsers\":[\"bob\"],"));
	mr_arena_init(&arena, 1 << 20);
	OK(mr_pending_update_find(s->state, &arena, &pending, &err));
	assert_bytes_equal(pending.manifest_raw, wanted());
	assert_int_equal(pending.missing, 1);
	FAILS(mr_pending_update_find(together->state, &arena, &pending, &err), MR_CODE_NOT_FOUND,
		"no update in progress");
	mr_arena_done(&arena);
	/* nothing else goes on meanwhile */
	FAILS_WITH(
		submit(by(ALICE, s, jsonf("{'Packages':{'p':{'SecurityVersion':5}}}")), &u, &err),
		"update already in progress. Acknowledge the update to apply it, or cancel it to start a new one");
	FAILS_WITH(submit(by(BOB, s, wanted()), &u, &err), "update already in progress. ");
}

static void test_acknowledged(void **unused)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = waiting();
	MR_AUTO(prepared_update) struct mr_prepared_update again;
	MR_AUTO(prepared_update) struct mr_prepared_update last;
	struct mr_error err;

	(void)unused;
	/* a second time by the same user: a line, and no more */
	OK(acknowledge(by(ALICE, s, wanted()), &again, &err));
	assert_int_equal(again.missing, 1);
	assert_null(again.change.view);
	MR_AUTO(snapshot) struct mr_snapshot *after = snapshot_after(&again.change);
	assert_true(contains(last_line(after),
		"\"update\":\"Complete Manifest update acknowledged by user\","
		"\"user\":\"alice\",\"missingAcknowledgments\":1,\"missingUsers\":"
		"[\"bob\"],"));
	assert_true(same_value(after, s, "pendingUpdate"));

	OK(acknowledge(by(BOB, after, wanted()), &last, &err));
	assert_int_equal(last.missing, 0);
	assert_false(last.refused);
	MR_AUTO(snapshot) struct mr_snapshot *done = snapshot_after(&last.change);
	assert_false(state_has(done->state, "pendingUpdate"));
	assert_true(state_has(done->state, "marble:new"));
	assert_false(state_has(done->state, "marble:m"));
	assert_true(contains(
		log_of(done), "\"user\":\"bob\",\"missingAcknowledgments\":0,\"missingUsers\":"));
	assert_true(contains(last_line(done), "\"update\":\"Complete Manifest updated\""));
}

static void test_acknowledgement_refusals(void **unused)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = waiting();
	struct mr_prepared_update u;
	struct mr_error err;

	(void)unused;
	FAILS(acknowledge(by(BOB, together, wanted()), &u, &err), MR_CODE_NOT_FOUND,
		"no update in progress");
	FAILS_WITH(acknowledge(by(CAROL, s, jsonf("{}")), &u, &err),
		"user carol is not allowed to acknowledge manifest updates");
	FAILS_WITH(acknowledge(by(BOB, s, jsonf("{}")), &u, &err),
		"provided manifest does not match the pending manifest");
	MR_AUTO(snapshot)
	struct mr_snapshot *broken = snapshot_but(together, "pendingUpdate", "{\"manifestRaw\":7}");
	FAILS_WITH(acknowledge(by(BOB, broken, wanted()), &u, &err), "json: ");
}

/* An older release stored it without having tried it: the last acknowledgement removes it. */
static void test_refused_at_last(void **unused)
{
	struct mr_bytes raw = manifest(hopeless[0].plan);
	MR_AUTO(buf) struct mr_buf base64 = { .max = 1 << 20 };
	MR_AUTO(prepared_update) struct mr_prepared_update u;
	struct mr_error err;

	(void)unused;
	mr_json_put_bytes(&base64, raw);
	MR_AUTO(snapshot)
	struct mr_snapshot *s = snapshot_but(together, "pendingUpdate",
		textf("{\"manifestRaw\":%.*s,\"requiredUsers\":{\"alice\":true,\"bob\":false}}",
			(int)base64.len, (const char *)base64.data));
	OK(acknowledge(by(BOB, s, raw), &u, &err));
	assert_true(u.refused);
	assert_starts(u.refusal.message, hopeless[0].start);
	MR_AUTO(snapshot) struct mr_snapshot *after = snapshot_after(&u.change);
	assert_false(state_has(after->state, "pendingUpdate"));
	assert_true(contains(
		log_of(after), "\"update\":\"Complete Manifest update acknowledged by user\""));
	assert_true(contains(last_line(after), "cancelled due to error during apply"));
	/* raw bytes that are no manifest */
	MR_AUTO(snapshot)
	struct mr_snapshot *odd = snapshot_but(together, "pendingUpdate",
		"{\"manifestRaw\":\"Ww==\",\"requiredUsers\":{\"alice\":true,\"bob\":false}}");
	MR_AUTO(prepared_update) struct mr_prepared_update v;
	OK(acknowledge(by(BOB, odd, jsonf("[")), &v, &err));
	assert_true(v.refused);
	assert_starts(v.refusal.message, "unmarshaling update manifest: ");
	MR_AUTO(snapshot) struct mr_snapshot *gone = snapshot_after(&v.change);
	assert_false(state_has(gone->state, "pendingUpdate"));
}

static mr_result cancel(
	struct mr_update_input in, struct mr_prepared_update *ret, struct mr_error *err)
{
	*ret = (struct mr_prepared_update){ 0 };
	return mr_update_cancel(&in, ret, err);
}

static void test_cancelled(void **unused)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = waiting();
	MR_AUTO(prepared_update) struct mr_prepared_update u;
	struct mr_prepared_update none;
	struct mr_error err;

	(void)unused;
	OK(cancel(by(BOB, s, mr_bytes_of(NULL, 0)), &u, &err));
	assert_null(u.change.view);
	MR_AUTO(snapshot) struct mr_snapshot *after = snapshot_after(&u.change);
	assert_false(state_has(after->state, "pendingUpdate"));
	assert_true(contains(last_line(after),
		"\"update\":\"Complete Manifest update cancelled by user\",\"user\":"
		"\"bob\",\"manifestFingerprint\":\""));
	FAILS(cancel(by(BOB, together, mr_bytes_of(NULL, 0)), &none, &err), MR_CODE_NOT_FOUND,
		"no update in progress");
	FAILS_WITH(cancel(by(CAROL, s, mr_bytes_of(NULL, 0)), &none, &err),
		"user carol is not allowed to cancel the manifest update");
	/* the permission is looked at first */
	FAILS_WITH(cancel(by(CAROL, together, mr_bytes_of(NULL, 0)), &none, &err),
		"user carol is not allowed to cancel the manifest update");
}

/* A state without a log gets one (40 §8). */
static void test_no_log_yet(void **unused)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = snapshot_but(together, "updateLog", NULL);
	MR_AUTO(prepared_update) struct mr_prepared_update u;
	struct mr_error err;

	(void)unused;
	OK(submit(by(ALICE, s, wanted()), &u, &err));
	MR_AUTO(snapshot) struct mr_snapshot *after = snapshot_after(&u.change);
	assert_true(mr_str_starts(log_of(after), MR_STR("{\"time\":\"")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_package_update),
		cmocka_unit_test(test_package_update_protects_nothing_anew),
		cmocka_unit_test(test_package_update_refusals),
		cmocka_unit_test(test_package_update_of_a_broken_state),
		cmocka_unit_test(test_wrong_states),
		cmocka_unit_test(test_full_update),
		cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_changed_definitions),
		cmocka_unit_test(test_protection),
		cmocka_unit_test(test_full_update_refusals),
		cmocka_unit_test(test_refused_while_applied),
		cmocka_unit_test(test_refused_before_it_waits),
		cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_acknowledged),
		cmocka_unit_test(test_acknowledgement_refusals),
		cmocka_unit_test(test_refused_at_last),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_no_log_yet),
	};

	return cmocka_run_group_tests_name("update", tests, set_up, tear_down);
}
