/* SPDX-License-Identifier: Apache-2.0 */
/* What is derived from a state (40 §4.2): complete ones, older ones, broken ones. */
#include "coordinator/view.h"

#include "coordinator_test.h"

static struct mr_bytes manifest(void)
{
	return jsonf(
		"{'Packages':{'p':{'SignerID':'aa','ProductID':1,'SecurityVersion':2},'q':{'UniqueID':'00'}},"
		"'Infrastructures':{'i':{'QESVN':1}},"
		"'Marbles':{'plain':{'Package':'p','MaxActivations':3,'Parameters':{'Argv':['a']}},"
		"'web':{'Package':'q','TLS':['t'],'Parameters':{'Env':{'K':'{{ hex .Secrets.own }}',"
		"'C':'{{ pem .Secrets.own_cert.Cert }}'}}},"
		"'rsa':{'Package':'q','Parameters':{'Env':{'C':'{{ pem .Secrets.rsa.Private }}'}}},"
		"'was':{'Package':'q','Parameters':{'Env':{'C':'{{ pem .Previous.Secrets.rsa.Private }}'}}},"
		"'any':{'Package':'q','Parameters':{'Env':{'C':'{{ range .Secrets }}x{{ end }}'}}}},"
		"'Secrets':{'own':{'Type':'symmetric-key','Size':128},"
		"'own_cert':{'Type':'cert-ed25519','ValidFor':7,'Cert':{'DNSNames':['d']}},"
		"'rsa':{'Type':'cert-rsa','Size':1024},"
		"'ours':{'Type':'cert-ecdsa','Size':256,'Shared':true},"
		"'given':{'Type':'plain','UserDefined':true}},"
		"'TLS':{'t':{'Incoming':[{'Port':'80'}]}},"
		"'Users':{'alice':{'Certificate':'%s','Roles':['r']}},"
		"'Roles':{'r':{'ResourceType':'Secrets','ResourceNames':['given'],'Actions':['WriteSecret']}}}",
		person(0)->pem);
}

static struct mr_snapshot *whole;

static int set_up(void **unused)
{
	(void)unused;
	whole = snapshot_with(manifest());
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	mr_snapshot_unref(whole);
	return 0;
}

static void test_without_a_manifest(void **unused)
{
	static const enum mr_coordinator_state states[] = { MR_STATE_RECOVERY,
		MR_STATE_ACCEPTING_MANIFEST };

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(states); i++) {
		MR_AUTO(snapshot) struct mr_snapshot *s = snapshot_of(fresh_state(states[i]));
		const struct mr_view *v = s->view;
		assert_int_equal(v->state, states[i]);
		assert_null(v->manifest);
		assert_string_equal(v->fingerprint, "");
		assert_int_equal(v->manifest_raw.len, 0);
		assert_int_equal(v->marbles_count, 0);
		assert_int_equal(v->users_count, 0);
		assert_null(mr_view_marble(v, MR_STR("")));
		assert_null(mr_view_secret(v, MR_SECRETS_CURRENT, MR_STR("")));
		assert_int_equal(v->root_secret.len, 32);
		assert_int_equal(v->root_secret.ptr[31], 31);
	}
}

static void test_complete(void **unused)
{
	const struct mr_view *v = whole->view;
	const struct mr_view_marble *m;

	(void)unused;
	assert_int_equal(v->state, MR_STATE_ACCEPTING_MARBLES);
	assert_bytes_equal(v->manifest_raw, manifest());
	assert_int_equal(strlen(v->fingerprint), 64);
	assert_int_equal(v->packages_count, 2);
	assert_text(v->packages[0].name, "p");
	assert_int_equal(v->packages[0].security_version.value, 2);
	assert_int_equal(v->infrastructures_count, 1);
	assert_int_equal(v->tls_tags_count, 1);
	assert_int_equal(v->users_count, 1);
	assert_bytes_equal(v->users[0].certificate, person(0)->certificate);
	assert_int_equal(v->marbles_count, 5);
	assert_int_equal(v->secrets_count[MR_SECRETS_CURRENT], 5);
	assert_int_equal(v->secrets_count[MR_SECRETS_PREVIOUS], 5);

	m = mr_view_marble(v, MR_STR("plain"));
	assert_non_null(m);
	assert_int_equal(m->definition->max_activations, 3);
	assert_text(m->package->name, "p");
	assert_non_null(m->parameters);
	assert_null(mr_view_marble(v, MR_STR("nobody")));
	assert_null(mr_view_secret(v, MR_SECRETS_PREVIOUS, MR_STR("nothing")));
	assert_text(mr_view_secret(v, MR_SECRETS_PREVIOUS, MR_STR("rsa"))->def.name, "rsa");
}

/* Only what may make an RSA key of its own leaves the loop. */
static void test_slow_marbles(void **unused)
{
	(void)unused;
	assert_false(mr_view_marble(whole->view, MR_STR("plain"))->slow);
	assert_false(mr_view_marble(whole->view, MR_STR("web"))->slow);
	assert_true(mr_view_marble(whole->view, MR_STR("rsa"))->slow);
	assert_true(mr_view_marble(whole->view, MR_STR("was"))->slow);
	assert_true(mr_view_marble(whole->view, MR_STR("any"))->slow);
}

static void test_templates_of_certificates(void **unused)
{
	const struct mr_view *v = whole->view;
	const struct mr_secret_value *own = mr_view_secret(
		v, MR_SECRETS_CURRENT, MR_STR("own_cert"));
	const struct mr_secret_value *was = mr_view_secret(
		v, MR_SECRETS_PREVIOUS, MR_STR("own_cert"));

	(void)unused;
	/* of the manifest, and of the certificate that was issued */
	assert_ptr_equal(own->def.cert_template,
		mr_manifest_secret(v->manifest, MR_STR("own_cert"))->def.cert_template);
	assert_non_null(was->def.cert_template);
	assert_ptr_not_equal(was->def.cert_template, own->def.cert_template);
	assert_null(mr_view_secret(v, MR_SECRETS_CURRENT, MR_STR("own"))->def.cert_template);
}

/* 40 §13.5: states begun before 1.9. */
static void test_older_states(void **unused)
{
	MR_AUTO(state) struct mr_state *no_root = state_with(whole->state, "rootSecret", NULL);
	MR_AUTO(snapshot) struct mr_snapshot *s = snapshot_of(mr_state_ref(no_root));
	MR_AUTO(secret) struct mr_secret scalar = { NULL, 0 };
	struct mr_error err;

	(void)unused;
	OK(mr_key_scalar(s->view->authority->root_key, &scalar, &err));
	assert_int_equal(s->view->root_secret.len, 48);
	assert_bytes_equal(mr_secret_bytes(&s->view->root_secret), mr_secret_bytes(&scalar));
	assert_bytes_equal(
		mr_secret_bytes(&s->view->previous_root_secret), mr_secret_bytes(&scalar));

	MR_AUTO(snapshot)
	struct mr_snapshot *previous = snapshot_but(whole, "previousRootSecret", "before it");
	assert_text(
		mr_bytes_str(mr_secret_bytes(&previous->view->previous_root_secret)), "before it");
	assert_int_equal(previous->view->root_secret.len, 32);

	MR_AUTO(tx) struct mr_tx *tx = NULL;
	MR_AUTO(state) struct mr_state *older = NULL;
	OK(mr_tx_new(no_root, &tx, &err));
	OK(mr_tx_delete_prefix(tx, MR_STR("previousSecret:"), &err));
	OK(mr_tx_delete(tx, MR_STR("updateLog"), &err));
	OK(mr_tx_put(tx, MR_STR("package:p"), mr_str_bytes(MR_STR("{\"SignerID\":\"aa\"}")), &err));
	OK(mr_tx_put(
		tx, MR_STR("marble:plain"), mr_str_bytes(MR_STR("{\"Package\":\"p\"}")), &err));
	OK(mr_tx_put(tx, MR_STR("unknown:x"), mr_str_bytes(MR_STR("\xff")), &err));
	OK(mr_tx_build(tx, &older, &err));
	MR_AUTO(snapshot) struct mr_snapshot *old = snapshot_of(mr_state_ref(older));
	assert_int_equal(old->view->secrets_count[MR_SECRETS_PREVIOUS], 0);
	assert_int_equal(old->view->secrets_count[MR_SECRETS_CURRENT], 5);
	assert_int_equal(
		mr_view_marble(old->view, MR_STR("plain"))->definition->max_activations, 0);
	assert_false(old->view->packages[0].product_id.present);
}

/* Its template went with the manifest, so the certificate stands for it; user-defined ones need none. */
static void test_secrets_that_the_manifest_does_not_know(void **unused)
{
	struct mr_bytes record = state_value(whole->state, "secret:ours");
	const char *text = textf("%.*s", (int)record.len, (const char *)record.ptr);
	MR_AUTO(snapshot) struct mr_snapshot *more = snapshot_but(whole, "secret:gone", text);
	MR_AUTO(snapshot)
	struct mr_snapshot *bare = snapshot_but(
		whole, "secret:gone", "{\"Type\":\"cert-ed25519\",\"Cert\":null}");

	(void)unused;
	assert_non_null(
		mr_view_secret(more->view, MR_SECRETS_CURRENT, MR_STR("gone"))->def.cert_template);
	assert_null(
		mr_view_secret(bare->view, MR_SECRETS_CURRENT, MR_STR("gone"))->def.cert_template);
}

/* Names may hold the separator, or be empty. */
static void test_names(void **unused)
{
	MR_AUTO(snapshot)
	struct mr_snapshot *s = snapshot_but(whole, "package:a:b", "{\"UniqueID\":\"ff\"}");
	MR_AUTO(snapshot) struct mr_snapshot *empty = snapshot_but(whole, "package:", "{}");
	MR_AUTO(buf) struct mr_buf key = { .max = 100 };

	(void)unused;
	assert_text(s->view->packages[0].name, "a:b");
	assert_int_equal(empty->view->packages_count, 3);
	assert_text(empty->view->packages[0].name, "");
	assert_text(mr_view_key(&key, "package:", MR_STR("a:b")), "package:a:b");
	assert_text(mr_view_key(&key, "user:", MR_STR("")), "user:");
}

/* Templates that do not compile, and packages that are not there, concern one Marble alone. */
static void test_one_broken_marble(void **unused)
{
	MR_AUTO(snapshot)
	struct mr_snapshot *s = snapshot_but(whole, "marble:web",
		"{\"Package\":\"none\",\"Parameters\":{\"Env\":{\"A\":{\"Data\":\"{{ nonsense }}\",\"Encoding\":\"string\"}}}}");

	(void)unused;
	assert_null(mr_view_marble(s->view, MR_STR("web"))->parameters);
	assert_null(mr_view_marble(s->view, MR_STR("web"))->package);
	assert_false(mr_view_marble(s->view, MR_STR("web"))->slow);
	assert_non_null(mr_view_marble(s->view, MR_STR("plain"))->parameters);
}

static void test_bad_records(void **unused)
{
	static const struct {
		const char *key, *value, *start;
	} rows[] = {
		{ "state", NULL, "state: requested value not set" },
		{ "state", "", "state: not a known state number" },
		{ "state", "0", "state: not a known state number" },
		{ "state", "4", "state: not a known state number" },
		{ "state", "33", "state: not a known state number" },
		{ "privateKey:coordinatorRootKey", NULL,
			"privateKey:coordinatorRootKey: requested value not set" },
		{ "certificate:marbleRootCert", "x", "certificate:marbleRootCert: x509: " },
		{ "manifest", "{", "unmarshaling manifest: unexpected end of JSON input" },
		{ "manifest", "", "unmarshaling manifest: unexpected end of JSON input" },
		{ "manifestSignature", NULL, "manifestSignature: requested value not set" },
		{ "package:p", "{", "package:p: " },
		{ "package:x", "[]", "package:x: " },
		{ "infrastructure:i", "{\"QESVN\":\"1\"}", "infrastructure:i: " },
		{ "TLS:t", "7", "TLS:t: " },
		{ "user:alice", "{\"Certificate\":\"%\"}", "user:alice: " },
		{ "secret:own", "{\"Size\":-1}", "secret:own: " },
		{ "secret:own_cert", "{\"Type\":\"cert-ed25519\",\"Cert\":\"AAAA\"}",
			"secret:own_cert: " },
		{ "previousSecret:own", "true", "previousSecret:own: " },
		{ "marble:plain", "{\"MaxActivations\":1.5}", "marble:plain: " },
	};
	struct mr_error err;

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(rows); i++)
		FAILS_WITH(try_view(state_with(whole->state, rows[i].key, rows[i].value), &err),
			rows[i].start);
}

static void test_references(void **unused)
{
	struct mr_view *v = mr_view_ref(whole->view);

	(void)unused;
	assert_ptr_equal(v, whole->view);
	mr_view_unref(v);
	mr_view_unref(NULL);
	mr_snapshot_unref(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_manifest),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_slow_marbles),
		cmocka_unit_test(test_templates_of_certificates),
		cmocka_unit_test(test_older_states),
		cmocka_unit_test(test_secrets_that_the_manifest_does_not_know),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_one_broken_marble),
		cmocka_unit_test(test_bad_records),
		cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests_name("view", tests, set_up, tear_down);
}
