/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator_runs.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "coordinator/activate.h"
#include "coordinator/set_manifest.h"
#include "coordinator/update_manifest.h"
#include "coordinator_test.h"
#include "fake_api.h"
#include "fault.h"

#define UUID "11111111-2222-4333-8444-555555555555"

/* No keys are made in the background, where they would meet faults at random. */
void __wrap_mr_workers_set_idle(
	struct mr_workers *pool, bool (*idle)(void *context), void *context);
void __wrap_mr_workers_set_idle(struct mr_workers *pool, bool (*idle)(void *context), void *context)
{
	(void)pool, (void)idle, (void)context;
}

/* Something of everything. */
static struct mr_bytes manifest(const char *marbles, const char *config)
{
	return jsonf(
		"{'Packages':{'p':{'SignerID':'aa','ProductID':1,'SecurityVersion':2}},"
		"'Infrastructures':{'i':{'QESVN':1}},"
		"'Marbles':{'m':{'Package':'p','MaxActivations':1000000000,'TLS':['t'],'Parameters':{"
		"'Argv':['a'],'Files':{'/f':'{{ raw .Secrets.own }}'},'Env':{"
		"'A':'{{ pem .Secrets.cert.Private }}','B':'{{ hex .Previous.Secrets.own }}',"
		"'C':'{{ pem .Secrets.own_cert.Cert }}','D':'{{ pem .MarbleRun.MarbleCert.Cert }}'}}},"
		"'bare':{'Package':'p'}%s},"
		"'Secrets':{'key':{'Type':'symmetric-key','Size':128,'Shared':true},"
		"'own':{'Type':'symmetric-key','Size':128},"
		"'cert':{'Type':'cert-ed25519','Shared':true,'Cert':{'DNSNames':['a']}},"
		"'own_cert':{'Type':'cert-ecdsa','Size':256},'given':{'Type':'plain','UserDefined':true}},"
		"'Users':{'alice':{'Certificate':'%s','Roles':['updater','packer','writer']},"
		"'bob':{'Certificate':'%s','Roles':['updater']}},"
		"'Roles':{'updater':{'ResourceType':'Manifest','Actions':['UpdateManifest']},"
		"'packer':{'ResourceType':'Packages','ResourceNames':['p'],'Actions':['UpdateSecurityVersion']},"
		"'writer':{'ResourceType':'Secrets','ResourceNames':['given'],'Actions':['WriteSecret',"
		"'ReadSecret']}},'TLS':{'t':{'Incoming':[{'Port':'80'}],'Outgoing':[{'Port':'1','Addr':'h'}]}},"
		"'RecoveryKeys':{'k':'%s','l':'%s'},"
		"'Config':{'FeatureGates':['MonotonicCounter','SignQuoteEndpoint']%s}}",
		marbles, person(0)->pem, person(1)->pem, rsa_pem(0), rsa_pem(1), config);
}

static struct mr_snapshot *fresh, *together, *alone, *waiting;
static struct mr_bytes first, next, v2_first, v2_next;
static struct rig rig;

static struct mr_update_input by(const char *name, const struct mr_snapshot *s, struct mr_bytes raw)
{
	struct mr_update_input in = {
		.core = bare_core(), .snapshot = s, .raw = raw, .wall_ns = NOW_NS
	};

	in.user = mr_names_find(
		s->view->users, s->view->users_count, sizeof *s->view->users, mr_str_of(name));
	assert_non_null(in.user);
	return in;
}

/* --- a core that waits for its only party --- */

static struct rig lost;
static struct mr_bytes upload;

static void lose_the_key(void)
{
	rig_stop(&lost);
	remove_file(lost.scratch.seal, "sealed_key");
	rig_start(&lost);
	assert_int_equal(rig_state(&lost), MR_STATE_RECOVERY);
}

static void begin_lost(void)
{
	MR_AUTO(buf) struct mr_buf answer = { 0 };
	MR_AUTO(buf) struct mr_buf ciphertext = { .max = 1024 };
	MR_AUTO(buf) struct mr_buf signature = { .max = 1024 };
	MR_AUTO(buf) struct mr_buf body = { .max = 1 << 16 };
	MR_AUTO(secret) struct mr_secret secret = { NULL, 0 };
	struct mr_error err;

	rig_new(&lost);
	rig_start(&lost);
	struct mr_bytes raw = jsonf(
		"{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'p'}},"
		"'RecoveryKeys':{'k':'%s'}}",
		rsa_pem(0));
	assert_int_equal(
		http_call(lost.core, "POST", "/manifest", raw, mr_bytes_of(NULL, 0), &answer), 200);
	struct mr_str text = mr_buf_str(&answer);
	size_t from = mr_str_find(text, 'k', mr_str_find(text, 'R', 0)) + 4;
	struct mr_str base64 = mr_str_sub(text, from, mr_str_find(text, '"', from));
	OK(mr_base64_decode(base64, MR_BASE64_STANDARD, &ciphertext, &err));
	OK(mr_key_oaep_decrypt(rsa_key(0), mr_buf_bytes(&ciphertext), &secret, &err));
	OK(mr_key_sign(rsa_key(0), MR_HASH_SHA256, mr_secret_bytes(&secret), &signature, &err));
	mr_buf_put_cstr(&body, "{\"recoverySecret\":");
	mr_json_put_bytes(&body, mr_secret_bytes(&secret));
	mr_buf_put_cstr(&body, ",\"recoverySecretSignature\":");
	mr_json_put_bytes(&body, mr_buf_bytes(&signature));
	mr_buf_put_u8(&body, '}');
	upload = jsonf("%.*s", (int)body.len, (const char *)body.data);
	lose_the_key();
}

/* A manifest as body of v2. */
static struct mr_bytes in_json(struct mr_bytes raw)
{
	MR_AUTO(buf) struct mr_buf json = { .max = 1 << 20 };

	mr_json_put_bytes(&json, raw);
	return jsonf("{'manifest':%.*s}", (int)json.len, (const char *)json.data);
}

void coordinator_runs_begin(void)
{
	struct mr_prepared_update u = { 0 };
	struct mr_error err;

	mr_fault_pause();
	first = manifest("", "");
	next = manifest(",'n':{'Package':'p'}", ",'RotateRootSecret':true,'SealMode':'UniqueKey'");
	fresh = snapshot_of(fresh_state(MR_STATE_ACCEPTING_MANIFEST));
	together = snapshot_with(first);
	alone = snapshot_with(manifest("", ",'UpdateThreshold':1"));
	const struct mr_update_input in = by("alice", together, next);
	OK(mr_update_submit(&in, &u, &err));
	waiting = snapshot_after(&u.change);
	mr_prepared_update_done(&u);
	v2_first = in_json(first);
	v2_next = in_json(next);
	rig_new(&rig);
	rig_start(&rig);
	begin_lost();
}

void coordinator_runs_end(void)
{
	mr_fault_set(0);
	rig_done(&rig);
	rig_done(&lost);
	mr_snapshot_unref(fresh);
	mr_snapshot_unref(together);
	mr_snapshot_unref(alone);
	mr_snapshot_unref(waiting);
}

/* --- functions --- */

static mr_result run_authority(void *unused, struct mr_error *err)
{
	MR_AUTO(authority) struct mr_authority *a = NULL;
	MR_AUTO(authority) struct mr_authority *again = NULL;
	MR_AUTO(authority) struct mr_authority *renewed = NULL;
	MR_AUTO(state) struct mr_state *empty = NULL;
	MR_AUTO(state) struct mr_state *state = NULL;
	MR_AUTO(tx) struct mr_tx *tx = NULL;

	(void)unused;
	MR_TRY(mr_authority_new(MR_STR("localhost,10.0.0.1"), NOW, &a, err));
	MR_TRY(mr_state_new(&empty, err));
	MR_TRY(mr_tx_new(empty, &tx, err));
	MR_TRY(mr_authority_store(a, tx, err));
	MR_TRY(mr_tx_build(tx, &state, err));
	MR_TRY(mr_authority_load(state, &again, err));
	return mr_authority_renew(again, NOW, &renewed, err);
}

static mr_result run_view(void *unused, struct mr_error *err)
{
	MR_AUTO(view) struct mr_view *view = NULL;

	(void)unused;
	MR_TRY(mr_view_build(together->state, &view, err));
	/* Templates that cannot be parsed keep nobody from starting, but running out of memory is not that. */
	for (size_t i = 0; i < view->marbles_count; i++)
		assert_non_null(view->compiled[i].parameters);
	return MR_OK;
}

static mr_result activate(const char *type, struct mr_error *err)
{
	struct mr_activation a = {
		.snapshot = together,
		.keys = no_keys(),
		.simulation = true,
		.request = { .csr = person(0)->csr,
			.marble_type = mr_str_of(type),
			.uuid = MR_STR(UUID) },
		.peer_certificate = person(0)->certificate,
		.now = NOW,
	};
	enum mr_grpc_status status = MR_GRPC_OK;
	MR_AUTO(buf) struct mr_buf out = { 0 };
	MR_AUTO(tx) struct mr_tx *tx = NULL;

	mr_buf_init_secret(&out, 1 << 20);
	mr_result r = mr_activation_check(&a, &status, err);
	if (!mr_failed(r))
		r = mr_activation_answer(&a, &out, &status, err);
	assert_true(!mr_failed(r) || status != MR_GRPC_OK);
	MR_TRY(r);
	MR_TRY(mr_tx_new(together->state, &tx, err));
	r = mr_activation_count(a.marble->definition, tx, &status, err);
	assert_int_equal(mr_tx_changed(tx), !mr_failed(r) && a.marble->definition->max_activations);
	return r;
}

static mr_result run_activation(void *unused, struct mr_error *err)
{
	(void)unused;
	return activate("m", err);
}

static mr_result run_set_manifest(void *unused, struct mr_error *err)
{
	MR_AUTO(new_manifest) struct mr_new_manifest new = { 0 };

	(void)unused;
	return mr_set_manifest_prepare(bare_core(), fresh, first, NOW_NS, &new, err);
}

/* A fault is a failure and not the refusal of an update, which would remove it. */
static mr_result not_refused(mr_result r, const struct mr_prepared_update *u)
{
	assert_false(!mr_failed(r) && u->refused);
	return r;
}

static mr_result submit(const struct mr_snapshot *s, struct mr_bytes raw, struct mr_error *err)
{
	MR_AUTO(prepared_update) struct mr_prepared_update u = { 0 };
	const struct mr_update_input in = by("alice", s, raw);

	return not_refused(mr_update_submit(&in, &u, err), &u);
}

static mr_result run_package_update(void *unused, struct mr_error *err)
{
	(void)unused;
	return submit(together,
		mr_str_bytes(MR_STR("{\"Packages\":{\"p\":{\"SecurityVersion\":9}}}")), err);
}

static mr_result run_full_update(void *unused, struct mr_error *err)
{
	(void)unused;
	return submit(alone, next, err);
}

static mr_result run_waiting_update(void *unused, struct mr_error *err)
{
	(void)unused;
	return submit(together, next, err);
}

static mr_result run_acknowledgement(void *unused, struct mr_error *err)
{
	MR_AUTO(prepared_update) struct mr_prepared_update u = { 0 };
	const struct mr_update_input in = by("bob", waiting, next);

	(void)unused;
	return not_refused(mr_update_acknowledge(&in, &u, err), &u);
}

static mr_result run_cancellation(void *unused, struct mr_error *err)
{
	MR_AUTO(prepared_update) struct mr_prepared_update u = { 0 };
	const struct mr_update_input in = by("bob", waiting, next);

	(void)unused;
	return mr_update_cancel(&in, &u, err);
}

/* --- starts --- */

static mr_result run_first_start(void *unused, struct mr_error *err)
{
	struct rig r;

	(void)unused;
	mr_fault_pause();
	rig_new(&r);
	mr_fault_resume();
	mr_result result = mr_core_new(&r.config, NULL, &r.core, err);
	mr_fault_pause();
	if (!mr_failed(result))
		assert_int_equal(rig_state(&r), MR_STATE_ACCEPTING_MANIFEST);
	rig_done(&r);
	mr_fault_resume();
	return result;
}

/* What cannot be loaded because a call failed is still there for the next start. */
static mr_result run_restart(void *unused, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf before = { 0 };
	MR_AUTO(buf) struct mr_buf after = { 0 };
	struct rig r;

	(void)unused;
	mr_fault_pause();
	rig_new(&r);
	rig_start(&r);
	rig_set_manifest(&r, first);
	rig_stop(&r);
	snapshot(r.scratch.seal, &before);
	mr_fault_resume();
	mr_result result = mr_core_new(&r.config, NULL, &r.core, err);
	mr_fault_pause();
	/* a library that fails looks like a key that does not fit: recovery, where nothing is written */
	if (!mr_failed(result) && rig_state(&r) != MR_STATE_ACCEPTING_MARBLES)
		result = mr_fail(err, MR_CODE_CRYPTO, "recovery");
	rig_stop(&r);
	snapshot(r.scratch.seal, &after);
	assert_bytes_equal(mr_buf_bytes(&after), mr_buf_bytes(&before));
	rig_start(&r);
	assert_int_equal(rig_state(&r), MR_STATE_ACCEPTING_MARBLES);
	rig_done(&r);
	mr_fault_resume();
	return result;
}

/* --- requests to a core --- */

/* What a failure must not touch. */
struct before {
	struct mr_snapshot *snapshot;
	struct mr_buf files;
};

static void before_begin(struct before *b)
{
	mr_fault_pause();
	b->snapshot = mr_core_snapshot(rig.core);
	snapshot(rig.scratch.seal, &b->files);
	mr_fault_resume();
}

/* After the answer; `failed` tells whether it was one of failure. Leaves counting paused. */
static void before_end(struct before *b, bool failed)
{
	MR_AUTO(buf) struct mr_buf files = { 0 };

	mr_fault_pause();
	MR_AUTO(snapshot) struct mr_snapshot *now = mr_core_snapshot(rig.core);
	if (failed) {
		assert_ptr_equal(now, b->snapshot);
		snapshot(rig.scratch.seal, &files);
		assert_bytes_equal(mr_buf_bytes(&files), mr_buf_bytes(&b->files));
	}
	mr_snapshot_unref(b->snapshot);
	mr_buf_done(&b->files);
}

/* A request, whose failure is told by its status. */
static mr_result request(const char *method, const char *target, struct mr_bytes body,
	struct mr_bytes peer, struct mr_error *err)
{
	struct mr_http_exchange e;
	struct before before;
	mr_result r = MR_OK;

	before_begin(&before);
	mr_fault_pause();
	http_prepare(&e, method, target, body, peer);
	mr_fault_resume();
	http_send(&e, rig.core);
	int status = http_end(&e);
	/* the core's threads have let go of the request when they are idle again */
	before_end(&before, status != 200);
	struct mr_str text = mr_buf_str(&e.response.body);
	if (status != 200)
		r = mr_fail(err, MR_CODE_NOMEM, "%d %.*s", status, MR_STR_ARGS(text));
	/* a whole envelope, or nothing at all when there was no memory for one */
	if (text.len)
		assert_true(mr_str_starts(text, MR_STR("{\"status\":\"")) &&
			    mr_str_ends(text, MR_STR("}\n")));
	http_done(&e);
	mr_fault_resume();
	return r;
}

static mr_result run_status(void *unused, struct mr_error *err)
{
	(void)unused;
	return request("GET", "/api/v2/status", mr_bytes_of(NULL, 0), mr_bytes_of(NULL, 0), err);
}

static mr_result run_quote(void *unused, struct mr_error *err)
{
	(void)unused;
	return request(
		"GET", "/api/v2/quote?nonce=AA==", mr_bytes_of(NULL, 0), mr_bytes_of(NULL, 0), err);
}

/* Without a remark for the log it succeeds all the same; then it begins anew. */
static mr_result run_post_manifest(void *unused, struct mr_error *err)
{
	(void)unused;
	mr_result r = request("POST", "/api/v2/manifest", v2_first, mr_bytes_of(NULL, 0), err);
	if (!mr_failed(r) && mr_fault_hit()) {
		mr_fault_pause();
		rig_done(&rig);
		rig_new(&rig);
		rig_start(&rig);
		mr_fault_resume();
	}
	return r;
}

static mr_result run_get_manifest(void *unused, struct mr_error *err)
{
	(void)unused;
	return request("GET", "/api/v2/manifest", mr_bytes_of(NULL, 0), mr_bytes_of(NULL, 0), err);
}

static mr_result run_get_log(void *unused, struct mr_error *err)
{
	(void)unused;
	MR_TRY(request("GET", "/update", mr_bytes_of(NULL, 0), mr_bytes_of(NULL, 0), err));
	return request("GET", "/api/v2/update", mr_bytes_of(NULL, 0), mr_bytes_of(NULL, 0), err);
}

static mr_result run_post_secrets(void *unused, struct mr_error *err)
{
	(void)unused;
	return request("POST", "/api/v2/secrets",
		mr_str_bytes(MR_STR("{\"secrets\":{\"given\":{\"Key\":\"aGVsbG8=\"}}}")),
		person(0)->certificate, err);
}

static mr_result run_get_secrets(void *unused, struct mr_error *err)
{
	(void)unused;
	return request("GET", "/api/v2/secrets?s=given&s=given", mr_bytes_of(NULL, 0),
		person(0)->certificate, err);
}

static mr_result run_post_update(void *unused, struct mr_error *err)
{
	(void)unused;
	return request("POST", "/update", next, person(0)->certificate, err);
}

static mr_result run_get_pending(void *unused, struct mr_error *err)
{
	(void)unused;
	return request("GET", "/update-manifest", mr_bytes_of(NULL, 0), mr_bytes_of(NULL, 0), err);
}

static mr_result run_cancel(void *unused, struct mr_error *err)
{
	(void)unused;
	return request("POST", "/update-cancel", mr_bytes_of(NULL, 0), person(0)->certificate, err);
}

static mr_result run_acknowledge(void *unused, struct mr_error *err)
{
	(void)unused;
	return request("POST", "/api/v2/update-manifest", v2_next, person(1)->certificate, err);
}

/* A refusal of its own is no failure here. */
static mr_result run_sign_quote(void *unused, struct mr_error *err)
{
	struct mr_http_exchange e;

	(void)unused;
	mr_fault_pause();
	http_prepare(&e, "POST", "/api/v2/sign-quote",
		mr_str_bytes(MR_STR("{\"sgxQuote\":\"AAAA\"}")), mr_bytes_of(NULL, 0));
	mr_fault_resume();
	http_send(&e, rig.core);
	int status = http_end(&e);
	mr_fault_pause();
	bool whole = contains(
		mr_buf_str(&e.response.body), "quote verification failed: OE_UNSUPPORTED");
	http_done(&e);
	mr_fault_resume();
	assert_true(status == 400 || status == 500);
	return whole ? MR_OK : mr_fail(err, MR_CODE_NOMEM, "%d", status);
}

static mr_result run_counter(void *unused, struct mr_error *err)
{
	static unsigned value;
	char body[64];
	struct mr_buf der;
	struct mr_csr csr;

	(void)unused;
	mr_fault_pause();
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(rig.core);
	mr_buf_init(&der, 1 << 16);
	MR_TRY(mr_csr_parse(person(0)->csr, &csr, err));
	MR_TRY(mr_authority_issue_leaf(s->view->authority, &csr, MR_STR(UUID), MR_STR("m"),
		person(0)->key, mr_clock_wall(), &der, err));
	(void)snprintf(body, sizeof body, "{\"name\":\"a\",\"value\":%u}", ++value);
	mr_fault_resume();
	mr_result r = request("POST", "/api/v2/monotonic-counter", mr_bytes_of(body, strlen(body)),
		mr_buf_bytes(&der), err);
	mr_buf_done(&der);
	return r;
}

static mr_result call(const char *type, struct mr_error *err)
{
	struct mr_grpc_call c;
	MR_AUTO(buf) struct mr_buf message = { 0 };
	struct before before;

	before_begin(&before);
	mr_fault_pause();
	put_activation(&message, type, UUID, person(0)->csr);
	grpc_prepare(&c, mr_buf_bytes(&message), person(0)->certificate);
	mr_fault_resume();
	grpc_send(&c, rig.core);
	enum mr_grpc_status status = grpc_end(&c);
	before_end(&before, status != MR_GRPC_OK);
	mr_result r = MR_OK;
	if (status != MR_GRPC_OK) {
		assert_true(status == MR_GRPC_INTERNAL || status == MR_GRPC_RESOURCE_EXHAUSTED ||
			    status == MR_GRPC_PERMISSION_DENIED);
		r = mr_fail(err, MR_CODE_NOMEM, "%d %s", (int)status, c.error);
		assert_true(c.error[0] != '\0');
	}
	grpc_done(&c);
	mr_fault_resume();
	return r;
}

static mr_result run_limited_activation(void *unused, struct mr_error *err)
{
	(void)unused;
	return call("m", err);
}

/* The right secret, again and again, until it recovers. Where a key was only found not to fit because something failed,
 * the answer is that secrets are missing. */
static mr_result run_recover(void *unused, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf before = { 0 };
	MR_AUTO(buf) struct mr_buf after = { 0 };
	struct mr_http_exchange e;

	(void)unused;
	mr_fault_pause();
	snapshot(lost.scratch.seal, &before);
	http_prepare(&e, "POST", "/api/v2/recover", upload, mr_bytes_of(NULL, 0));
	mr_fault_resume();
	http_send(&e, lost.core);
	int status = http_end(&e);
	mr_fault_pause();
	struct mr_str text = mr_buf_str(&e.response.body);
	bool is_back = rig_state(&lost) == MR_STATE_ACCEPTING_MARBLES;
	mr_result r = MR_OK;
	if (status != 200 || !contains(text, "\"remaining\":0"))
		r = mr_fail(err, MR_CODE_NOMEM, "%d %.*s", status, MR_STR_ARGS(text));
	if (is_back) {
		/* the answer alone may have been lost */
		rig_stop(&lost);
		rig_start(&lost);
		assert_int_equal(rig_state(&lost), MR_STATE_ACCEPTING_MARBLES);
		lose_the_key();
	} else {
		assert_true(mr_failed(r));
		snapshot(lost.scratch.seal, &after);
		assert_bytes_equal(mr_buf_bytes(&after), mr_buf_bytes(&before));
	}
	http_done(&e);
	mr_fault_resume();
	return r;
}

/* In this order: those of the core build on one another. */
static const struct {
	const char *name;
	mr_result (*run)(void *context, struct mr_error *err);
	/* Remarks on a manifest are dropped when there is no memory for them; a key is tried twice. */
	bool may_succeed;
} runs[] = {
	{ "authority", run_authority, false },
	{ "view", run_view, false },
	{ "activation", run_activation, false },
	{ "set manifest", run_set_manifest, true },
	{ "package update", run_package_update, false },
	{ "full update", run_full_update, false },
	{ "waiting update", run_waiting_update, false },
	{ "acknowledgement", run_acknowledgement, false },
	{ "cancellation", run_cancellation, false },
	{ "first start", run_first_start, false },
	{ "restart", run_restart, false },
	{ "POST recover", run_recover, true },
	{ "GET status", run_status, false },
	{ "GET quote", run_quote, false },
	{ "POST manifest", run_post_manifest, true },
	{ "GET manifest", run_get_manifest, false },
	{ "GET update log", run_get_log, false },
	{ "POST secrets", run_post_secrets, false },
	{ "GET secrets", run_get_secrets, false },
	{ "POST sign-quote", run_sign_quote, false },
	{ "counter", run_counter, false },
	{ "Activate", run_limited_activation, false },
	{ "POST update", run_post_update, false },
	{ "GET pending update", run_get_pending, false },
	{ "POST cancellation", run_cancel, false },
	{ "POST update again", run_post_update, false },
	{ "POST acknowledgement", run_acknowledge, false },
};

unsigned long coordinator_runs_each(void)
{
	unsigned long total = 0;

	for (size_t i = 0; i < MR_COUNT(runs); i++)
		total += mr_fault_each(runs[i].name, runs[i].run, NULL, runs[i].may_succeed);
	mr_fault_set(0);
	/* what was acknowledged is what a restart finds */
	rig_stop(&rig);
	rig_start(&rig);
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(rig.core);
	assert_bytes_equal(s->view->manifest_raw, next);
	assert_true(state_has(s->state, "activations:m"));
	return total;
}
