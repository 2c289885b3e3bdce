/* SPDX-License-Identifier: Apache-2.0 */
/* Activation without sockets and threads (30 §2): what is refused, with which text, and what a Marble gets. */
#include "coordinator/activate.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "codec/pem.h"
#include "coordinator_test.h"

#define UUID "11111111-2222-4333-8444-555555555555"
#define OTHER_UUID "11111111-2222-4333-8444-555555555556"

/* Types for all that can be asked for. */
static struct mr_bytes manifest(const char *more)
{
	return jsonf(
		"{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{"
		"'backend':{'Package':'p','Parameters':{'Argv':['a','b c'],"
		"'Env':{'K':'{{ hex .Secrets.diskKey }}','W':'{{ hex .Previous.Secrets.diskKey }}',"
		"'ROOT':'{{ pem .MarbleRun.RootCA.Cert }}','LEAF':'{{ pem .MarbleRun.MarbleCert.Cert }}',"
		"'MARBLE_PREDEFINED_ROOT_CA':'mine'},"
		"'Files':{'/k':'{{ raw .Secrets.diskKey }}','/plain':{'Data':'{{','NoTemplates':true}}}},"
		"'unbound':{'Package':'p','DisableSecretBinding':true,"
		"'Parameters':{'Env':{'K':'{{ hex .Secrets.diskKey }}'}}},"
		"'shared':{'Package':'p','Parameters':{'Env':{'K':'{{ hex .Secrets.ours }}',"
		"'C':'{{ pem .Secrets.our_cert.Cert }}'}}},"
		"'own_cert':{'Package':'p','Parameters':{'Env':{'C':'{{ pem .Secrets.own_cert.Cert }}',"
		"'D':'{{ pem .Secrets.own_cert.Cert }}','E':'{{ pem .Previous.Secrets.own_cert.Cert }}'}}},"
		"'rsa':{'Package':'p','Parameters':{'Env':{'C':'{{ pem .Secrets.rsa.Cert }}'}}},"
		"'waits':{'Package':'p','Parameters':{'Files':{'/a':'{{ raw .Secrets.given }}'}}},"
		"'all':{'Package':'p','Parameters':{'Env':{'N':'{{ range $k, $v := .Secrets }}{{ $k }} {{ end }}'}}},"
		"'ttls':{'Package':'p','TLS':['t']},"
		"'bare':{'Package':'p'},"
		"'two':{'Package':'p','MaxActivations':2}},"
		"'Secrets':{'diskKey':{'Type':'symmetric-key','Size':256},"
		"'ours':{'Type':'symmetric-key','Size':128,'Shared':true},"
		"'our_cert':{'Type':'cert-ed25519','Shared':true},"
		"'own_cert':{'Type':'cert-ecdsa','Size':256},'rsa':{'Type':'cert-rsa','Size':1024},"
		"'given':{'Type':'plain','UserDefined':true}},"
		"'TLS':{'t':{'Incoming':[{'Port':'8080'}]}}%s}",
		more);
}

static struct mr_snapshot *mesh, *fresh;

static int set_up(void **unused)
{
	(void)unused;
	mesh = snapshot_with(manifest(""));
	fresh = snapshot_of(fresh_state(MR_STATE_ACCEPTING_MANIFEST));
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	mr_snapshot_unref(mesh);
	mr_snapshot_unref(fresh);
	return 0;
}

static struct mr_activation request(const struct mr_snapshot *s, const char *type, const char *uuid)
{
	return (struct mr_activation){
		.snapshot = s,
		.keys = no_keys(),
		.simulation = true,
		.request = { .csr = person(0)->csr,
			.marble_type = mr_str_of(type),
			.uuid = mr_str_of(uuid) },
		.peer_certificate = person(0)->certificate,
		.now = NOW,
	};
}

/* --- refusals before anything is made --- */

#define REFUSED(activation, wanted_status, text)                                                   \
	do {                                                                                       \
		struct mr_activation a_ = (activation);                                            \
		enum mr_grpc_status status_ = MR_GRPC_OK;                                          \
		assert_true(mr_failed(mr_activation_check(&a_, &status_, &err)));                  \
		assert_int_equal(status_, wanted_status);                                          \
		assert_string_equal(err.message, text);                                            \
	} while (0)

static void test_state_and_certificate(void **unused)
{
	MR_AUTO(snapshot)
	struct mr_snapshot *recovery = snapshot_of(fresh_state(MR_STATE_RECOVERY));
	struct mr_activation stranger = request(mesh, "bare", UUID);
	struct mr_error err;

	(void)unused;
	REFUSED(request(fresh, "bare", UUID), MR_GRPC_FAILED_PRECONDITION,
		"cannot accept marbles in current state");
	REFUSED(request(recovery, "bare", UUID), MR_GRPC_FAILED_PRECONDITION,
		"cannot accept marbles in current state");
	stranger.peer_certificate.len = 0;
	REFUSED(stranger, MR_GRPC_UNAUTHENTICATED, "couldn't get marble TLS certificate");
}

static void test_type_and_package(void **unused)
{
	MR_AUTO(snapshot) struct mr_snapshot *no_package = snapshot_but(mesh, "package:p", NULL);
	struct mr_error err;

	(void)unused;
	REFUSED(request(mesh, "nobody", UUID), MR_GRPC_PERMISSION_DENIED,
		"marble verification failed: unknown marble type requested");
	REFUSED(request(mesh, "", UUID), MR_GRPC_PERMISSION_DENIED,
		"marble verification failed: unknown marble type requested");
	REFUSED(request(no_package, "bare", UUID), MR_GRPC_PERMISSION_DENIED,
		"marble verification failed: undefined package \"p\"");
	/* the quote, or what stands for it, is looked at before the UUID */
	REFUSED(request(no_package, "bare", "x"), MR_GRPC_PERMISSION_DENIED,
		"marble verification failed: undefined package \"p\"");
}

/* Without a way to verify, whoever is not in simulation accepts nobody. */
static void test_quote(void **unused)
{
	MR_AUTO(snapshot)
	struct mr_snapshot *placed = snapshot_with(
		manifest(",'Infrastructures':{'i':{'QESVN':1}}"));
	struct mr_activation a = request(mesh, "bare", UUID);
	struct mr_error err;

	(void)unused;
	a.simulation = false;
	REFUSED(a, MR_GRPC_PERMISSION_DENIED,
		"marble verification failed: invalid quote: empty report");
	a.snapshot = placed;
	a.request.quote = mr_bytes_of("garbage", 7);
	REFUSED(a, MR_GRPC_PERMISSION_DENIED,
		"marble verification failed: invalid quote: OE_UNSUPPORTED");
	a.simulation = true;
	a.request.quote = mr_bytes_of("garbage", 7);
	enum mr_grpc_status status = MR_GRPC_OK;
	OK(mr_activation_check(&a, &status, &err));
	assert_text(a.marble->definition->name, "bare");
}

static void test_uuid(void **unused)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
		{ "", "invalid UUID: invalid UUID length: 0" },
		{ "11111111-2222-4333-8444-55555555555", "invalid UUID: invalid UUID length: 35" },
		{ "urn:uvid:11111111-2222-4333-8444-555555555555",
			"invalid UUID: invalid urn prefix: \"urn:uvid:\"" },
		{ "11111111_2222-4333-8444-555555555555", "invalid UUID: invalid UUID format" },
		{ "00000000-0000-0000-0000-000000000000",
			"invalid UUID: the nil UUID names no Marble" },
		{ "{00000000-0000-0000-0000-000000000000}",
			"invalid UUID: the nil UUID names no Marble" },
	};
	static const char *const good[] = { "11111111222243338444555555555555", "{" UUID "}",
		"urn:uuid:11111111-2222-4333-8444-555555555555", UUID };
	struct mr_error err;

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(bad); i++)
		REFUSED(request(mesh, "bare", bad[i].text), MR_GRPC_INVALID_ARGUMENT,
			bad[i].message);
	for (size_t i = 0; i < MR_COUNT(good); i++) {
		struct mr_activation a = request(mesh, "bare", good[i]);
		enum mr_grpc_status status = MR_GRPC_OK;
		char text[MR_UUID_TEXT_LEN + 1];
		OK(mr_activation_check(&a, &status, &err));
		mr_uuid_format(&a.uuid, text);
		assert_string_equal(text, UUID);
		assert_int_equal(status, MR_GRPC_OK);
	}
}

/* --- the budget (30 §2.4) --- */

static void test_budget(void **unused)
{
	static const struct {
		const char *stored, *message;
	} rows[] = {
		{ "0", NULL },
		{ "1", NULL },
		{ "0000000000000001", NULL },
		{ "2", "reached max activations count (2) for marble type \"two\"" },
		{ "a", "reached max activations count (2) for marble type \"two\"" },
		{ "ffffffffffffffff", "reached max activations count (2) for marble type \"two\"" },
		{ "", "stored activation count is malformed" },
		{ "A", "stored activation count is malformed" },
		{ "0x1", "stored activation count is malformed" },
		{ "00000000000000001", "stored activation count is malformed" },
		{ "-1", "stored activation count is malformed" },
	};
	struct mr_error err;

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(snapshot)
		struct mr_snapshot *s = snapshot_but(mesh, "activations:two", rows[i].stored);
		struct mr_activation a = request(s, "two", UUID);
		enum mr_grpc_status status = MR_GRPC_OK;
		if (rows[i].message) {
			REFUSED(a, MR_GRPC_PERMISSION_DENIED,
				textf("marble verification failed: %s", rows[i].message));
		} else {
			OK(mr_activation_check(&a, &status, &err));
		}
	}
	/* a type without a limit does not look at a count */
	MR_AUTO(snapshot) struct mr_snapshot *s = snapshot_but(mesh, "activations:bare", "!");
	struct mr_activation a = request(s, "bare", UUID);
	enum mr_grpc_status status = MR_GRPC_OK;
	OK(mr_activation_check(&a, &status, &err));
}

static void test_budget_names_are_quoted(void **unused)
{
	MR_AUTO(buf) struct mr_buf name = { .max = 4096 };
	struct mr_bytes raw = jsonf("{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{"
				    "'\\'\\n\xc3\xa4':{'Package':'p','MaxActivations':1}}}");
	struct mr_error err;

	(void)unused;
	MR_AUTO(snapshot) struct mr_snapshot *s = snapshot_with(raw);
	MR_AUTO(snapshot)
	struct mr_snapshot *used = snapshot_but(s, "activations:\"\n\xc3\xa4", "1");
	REFUSED(request(used, "\"\n\xc3\xa4", UUID), MR_GRPC_PERMISSION_DENIED,
		"marble verification failed: reached max activations count (1) for marble type "
		"\"\\\"\\n\xc3\xa4\"");
	/* long ones are cut */
	for (unsigned i = 0; i < 2000; i++)
		mr_buf_put_u8(&name, 'x');
	MR_AUTO(snapshot)
	struct mr_snapshot *long_name = snapshot_with(jsonf(
		"{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'%.*s':{'Package':'p','MaxActivations':1}}}",
		(int)name.len, (const char *)name.data));
	const char *type = textf("%.*s", (int)name.len, (const char *)name.data);
	MR_AUTO(snapshot)
	struct mr_snapshot *long_used = snapshot_but(long_name, textf("activations:%s", type), "1");
	REFUSED(request(long_used, type, UUID), MR_GRPC_PERMISSION_DENIED,
		textf("marble verification failed: reached max activations count (1) for marble type \"%.512s\"",
			type));
}

static void test_count(void **unused)
{
	const struct mr_marble *two = mr_view_marble(mesh->view, MR_STR("two"))->definition;
	struct mr_marble many = *two;
	MR_AUTO(tx) struct mr_tx *tx = NULL;
	enum mr_grpc_status status = MR_GRPC_OK;
	struct mr_bytes stored;
	struct mr_error err;

	(void)unused;
	OK(mr_tx_new(mesh->state, &tx, &err));
	OK(mr_activation_count(two, tx, &status, &err));
	OK(mr_activation_count(two, tx, &status, &err));
	assert_true(mr_tx_get(tx, MR_STR("activations:two"), &stored));
	assert_text(mr_bytes_str(stored), "2");
	assert_true(mr_failed(mr_activation_count(two, tx, &status, &err)));
	assert_int_equal(status, MR_GRPC_PERMISSION_DENIED);
	assert_string_equal(err.message,
		"marble verification failed: reached max activations count (2) for marble type \"two\"");
	assert_true(mr_tx_get(tx, MR_STR("activations:two"), &stored));
	assert_text(mr_bytes_str(stored), "2");
	/* hexadecimal, up to the last one */
	many.max_activations = UINT64_MAX;
	OK(mr_tx_put(tx, MR_STR("activations:two"), mr_str_bytes(MR_STR("f")), &err));
	OK(mr_activation_count(&many, tx, &status, &err));
	assert_true(mr_tx_get(tx, MR_STR("activations:two"), &stored));
	assert_text(mr_bytes_str(stored), "10");
	OK(mr_tx_put(
		tx, MR_STR("activations:two"), mr_str_bytes(MR_STR("fffffffffffffffe")), &err));
	OK(mr_activation_count(&many, tx, &status, &err));
	assert_true(mr_failed(mr_activation_count(&many, tx, &status, &err)));
	OK(mr_tx_put(tx, MR_STR("activations:two"), mr_str_bytes(MR_STR("?")), &err));
	assert_true(mr_failed(mr_activation_count(&many, tx, &status, &err)));
	assert_string_equal(
		err.message, "marble verification failed: stored activation count is malformed");
}

/* --- answers --- */

struct answer {
	struct mr_arena arena;
	struct mr_buf message;
	struct mr_parameters parameters;
};

static void answer_done(struct answer *a)
{
	mr_arena_done(&a->arena);
	mr_buf_done(&a->message);
}
MR_DEFINE_AUTO(answer, struct answer, answer_done)

static mr_result activate(struct mr_activation a, struct answer *ret, enum mr_grpc_status *status,
	struct mr_error *err)
{
	bool present;

	*ret = (struct answer){ 0 };
	mr_arena_init(&ret->arena, 64 << 20);
	mr_buf_init_secret(&ret->message, 64 << 20);
	MR_TRY(mr_activation_check(&a, status, err));
	*status = MR_GRPC_OK;
	MR_TRY(mr_activation_answer(&a, &ret->message, status, err));
	MR_TRY(mr_activation_response_decode(
		mr_buf_bytes(&ret->message), &ret->arena, &ret->parameters, &present, err));
	assert_true(present);
	return MR_OK;
}

static void must_activate(struct mr_activation a, struct answer *ret)
{
	enum mr_grpc_status status;
	struct mr_error err;

	OK(activate(a, ret, &status, &err));
}

static bool has_env(const struct answer *a, const char *name, struct mr_str *ret)
{
	for (size_t i = 0; i < a->parameters.env_count; i++)
		if (mr_str_eq(a->parameters.env[i].name, mr_str_of(name))) {
			*ret = mr_bytes_str(a->parameters.env[i].value);
			return true;
		}
	return false;
}

static struct mr_str env(const struct answer *a, const char *name)
{
	struct mr_str value = MR_STR("");

	if (!has_env(a, name, &value))
		fail_msg("no variable %s", name);
	return value;
}

static struct mr_cert cert_in(const struct answer *a, const char *name, struct mr_str *ret_rest)
{
	struct mr_cert cert;
	struct mr_error err;

	OK(mr_cert_from_pem(env(a, name), &cert, ret_rest, &err));
	return cert;
}

static void test_everything_a_marble_gets(void **unused)
{
	const struct mr_authority *authority = mesh->view->authority;
	MR_AUTO(answer) struct answer a;
	MR_AUTO(cert) struct mr_cert second = { 0 };
	MR_AUTO(key) struct mr_key *key = NULL;
	struct mr_str rest, name, ignored;
	struct mr_error err;

	(void)unused;
	must_activate(request(mesh, "backend", "11111111222243338444555555555555"), &a);
	assert_int_equal(a.parameters.argv_count, 2);
	assert_text(a.parameters.argv[1], "b c");
	assert_int_equal(a.parameters.files_count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct mr_param *file = &a.parameters.files[i];
		if (mr_str_eq(file->name, MR_STR("/plain")))
			assert_text(mr_bytes_str(file->value), "{{");
		else
			assert_int_equal(file->value.len, 32);
	}
	/* the predefined ones win */
	assert_text(env(&a, "MARBLE_PREDEFINED_ROOT_CA"),
		textf("%.*s", (int)authority->marble_root_pem.len,
			(const char *)authority->marble_root_pem.data));
	assert_true(mr_str_eq(env(&a, "ROOT"), env(&a, "MARBLE_PREDEFINED_ROOT_CA")));
	assert_true(mr_str_eq(env(&a, "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA"),
		mr_buf_str(&authority->root_pem)));
	assert_false(has_env(&a, "MARBLE_TTLS_CONFIG", &ignored));

	MR_AUTO(cert)
	struct mr_cert leaf = cert_in(&a, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN", &rest);
	OK(mr_cert_from_pem(rest, &second, &rest, &err));
	assert_bytes_equal(second.der, authority->intermediate.der);
	assert_int_equal(rest.len, 0);
	assert_true(mr_cert_common_name(&leaf, &name));
	assert_text(name, UUID);
	OK(mr_cert_check_signature(&leaf, authority->intermediate_key, &err));
	OK(mr_key_from_pem(env(&a, "MARBLE_PREDEFINED_PRIVATE_KEY"), &key, &err));
	assert_bytes_equal(mr_key_spki(key), leaf.spki);
	assert_int_equal(mr_key_type_of(key), MR_KEY_EC_P384);
	assert_true(mr_str_starts(
		env(&a, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"), env(&a, "LEAF")));
}

/* Check values of 30 §2.5. */
static void test_derived_keys(void **unused)
{
	MR_AUTO(answer) struct answer bound;
	MR_AUTO(answer) struct answer again;
	MR_AUTO(answer) struct answer unbound;
	MR_AUTO(answer) struct answer other;
	MR_AUTO(snapshot)
	struct mr_snapshot *rotated = snapshot_but(mesh, "previousRootSecret", "another");
	MR_AUTO(answer) struct answer was;
	const char *backend = "556458564422c38870b91b5b589383d183bbd0dccb58896f25c29bdb76df7e93";

	(void)unused;
	must_activate(request(mesh, "backend", UUID), &bound);
	assert_text(env(&bound, "K"), backend);
	assert_text(env(&bound, "W"), backend);
	must_activate(request(mesh, "backend", "urn:uuid:" UUID), &again);
	assert_text(env(&again, "K"), backend);
	must_activate(request(mesh, "unbound", UUID), &unbound);
	assert_text(env(&unbound, "K"),
		"7a2367586390752af2ce31d03af50278aa6486309eed99d6294ed9697d0348a9");
	must_activate(request(mesh, "backend", OTHER_UUID), &other);
	assert_false(mr_str_eq(env(&other, "K"), env(&bound, "K")));
	must_activate(request(rotated, "backend", UUID), &was);
	assert_text(env(&was, "K"), backend);
	assert_false(mr_str_eq(env(&was, "W"), env(&was, "K")));
}

static void test_shared_secrets(void **unused)
{
	MR_AUTO(answer) struct answer a;
	MR_AUTO(answer) struct answer b;

	(void)unused;
	must_activate(request(mesh, "shared", UUID), &a);
	must_activate(request(mesh, "shared", OTHER_UUID), &b);
	assert_true(mr_str_eq(env(&a, "K"), env(&b, "K")));
	assert_true(mr_str_eq(env(&a, "C"), env(&b, "C")));
	assert_int_equal(env(&a, "K").len, 32);
}

/* Made for each activation, once in it, and for each generation. */
static void test_own_certificates(void **unused)
{
	MR_AUTO(answer) struct answer a;
	MR_AUTO(answer) struct answer b;
	struct mr_error err;

	(void)unused;
	must_activate(request(mesh, "own_cert", UUID), &a);
	must_activate(request(mesh, "own_cert", UUID), &b);
	assert_true(mr_str_eq(env(&a, "C"), env(&a, "D")));
	assert_false(mr_str_eq(env(&a, "C"), env(&a, "E")));
	assert_false(mr_str_eq(env(&a, "C"), env(&b, "C")));
	MR_AUTO(cert) struct mr_cert cert = cert_in(&a, "C", NULL);
	OK(mr_cert_check_signature(&cert, mesh->view->authority->intermediate_key, &err));
	assert_int_equal(cert.not_after, NOW + 365 * 86400);
}

static void test_rsa(void **unused)
{
	struct mr_activation a = request(mesh, "rsa", UUID);
	enum mr_grpc_status status = MR_GRPC_OK;
	MR_AUTO(answer) struct answer got;
	struct mr_error err;

	(void)unused;
	OK(mr_activation_check(&a, &status, &err));
	assert_true(a.marble->slow);
	must_activate(a, &got);
	MR_AUTO(cert) struct mr_cert cert = cert_in(&got, "C", NULL);
	MR_AUTO(key) struct mr_key *key = NULL;
	OK(mr_cert_key(&cert, &key, &err));
	assert_int_equal(mr_key_type_of(key), MR_KEY_RSA);
}

static void test_small_answers(void **unused)
{
	MR_AUTO(answer) struct answer bare;
	MR_AUTO(answer) struct answer ttls;
	MR_AUTO(answer) struct answer all;

	(void)unused;
	must_activate(request(mesh, "bare", UUID), &bare);
	assert_int_equal(bare.parameters.files_count, 0);
	assert_int_equal(bare.parameters.argv_count, 0);
	assert_int_equal(bare.parameters.env_count, 4);
	must_activate(request(mesh, "ttls", UUID), &ttls);
	assert_true(mr_str_starts(env(&ttls, "MARBLE_TTLS_CONFIG"),
		MR_STR("{\"tls\":{\"Incoming\":{\"*:8080\":{\"cacrt\":\"-----BEGIN CERTIFICATE-----")));
	must_activate(request(mesh, "all", UUID), &all);
	assert_text(env(&all, "N"), "diskKey given our_cert ours own_cert rsa ");
}

/* --- refusals while the answer is made --- */

static void assert_answer_refused(struct mr_activation a, const char *start)
{
	MR_AUTO(answer) struct answer got;
	enum mr_grpc_status status;
	struct mr_error err;

	FAILS_WITH(activate(a, &got, &status, &err), start);
	assert_int_equal(status, MR_GRPC_INTERNAL);
}

static void test_requests_that_are_none(void **unused)
{
	struct mr_activation a = request(mesh, "bare", UUID);
	MR_AUTO(buf) struct mr_buf csr = { .max = 4096 };

	(void)unused;
	a.request.csr = mr_bytes_of("\x30", 2);
	assert_answer_refused(a, "generating marble authentication secrets: parsing CSR: ");
	a.request.csr.len = 0;
	assert_answer_refused(a, "generating marble authentication secrets: parsing CSR: ");
	/* the last bit of its signature is another */
	mr_buf_put_bytes(&csr, person(0)->csr);
	csr.data[csr.len - 1] ^= 1;
	a.request.csr = mr_buf_bytes(&csr);
	assert_answer_refused(
		a, "generating marble authentication secrets: signature over CSR is invalid");
}

static void test_parameters_that_cannot_be_made(void **unused)
{
	MR_AUTO(snapshot)
	struct mr_snapshot *broken = snapshot_but(mesh, "marble:bare",
		"{\"Package\":\"p\",\"Parameters\":{\"Env\":{\"A\":{\"Data\":\"{{ nonsense }}\",\"Encoding\":\"string\"}}}}");
	MR_AUTO(snapshot) struct mr_snapshot *unknown = snapshot_but(mesh, "secret:diskKey", NULL);
	MR_AUTO(snapshot)
	struct mr_snapshot *odd = snapshot_but(
		mesh, "secret:diskKey", "{\"Type\":\"symmetric-key\",\"Size\":7}");

	(void)unused;
	assert_answer_refused(request(mesh, "waits", UUID),
		"customizing marble parameters: parsing secrets for file \"/a\": ");
	assert_answer_refused(
		request(broken, "bare", UUID), "customizing marble parameters: env variable A: ");
	assert_answer_refused(request(unknown, "unbound", UUID),
		"customizing marble parameters: parsing secrets for env variable \"K\": ");
	assert_answer_refused(request(odd, "unbound", UUID),
		"customizing marble parameters: parsing secrets for env variable \"K\": ");
	/* an answer that does not fit */
	struct mr_activation a = request(mesh, "backend", UUID);
	enum mr_grpc_status status = MR_GRPC_OK;
	MR_AUTO(buf) struct mr_buf small = { .max = 100 };
	struct mr_error err;
	OK(mr_activation_check(&a, &status, &err));
	FAILS_WITH(
		mr_activation_answer(&a, &small, &status, &err), "customizing marble parameters: ");
	assert_int_equal(status, MR_GRPC_INTERNAL);
}

/* States before 1.9 know no previous secrets. */
static void test_no_previous_secrets(void **unused)
{
	MR_AUTO(snapshot)
	struct mr_snapshot *s = snapshot_but(mesh, "previousSecret:diskKey", NULL);

	(void)unused;
	assert_answer_refused(request(s, "backend", UUID),
		"customizing marble parameters: parsing secrets for env variable \"W\": ");
	MR_AUTO(answer) struct answer a;
	must_activate(request(s, "unbound", UUID), &a);
	assert_int_equal(env(&a, "K").len, 64);
}

/* --- states that release 1.9.1 has written: the secrets that its Marbles got --- */

/* How many Marbles were compared. */
static size_t check_vector(const char *folder, const char *name)
{
	MR_AUTO(rig) struct rig r;
	MR_AUTO(buf) struct mr_buf text = { 0 };
	MR_AUTO(buf) struct mr_buf data = { 0 };
	MR_AUTO(buf) struct mr_buf key = { 0 };
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	const struct mr_json *expected;
	struct mr_error err;

	rig_new(&r);
	mr_arena_init(&arena, 16 << 20);
	assert_true(get_file(textf("%s/%s", folder, name), "expect.json", &text));
	assert_true(get_file(textf("%s/%s/seal", folder, name), "sealed_data", &data));
	assert_true(get_file(textf("%s/%s/seal", folder, name), "sealed_key", &key));
	put_file(r.scratch.seal, "sealed_data", mr_buf_bytes(&data));
	put_file(r.scratch.seal, "sealed_key", mr_buf_bytes(&key));
	rig_start(&r);
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(r.core);
	OK(mr_json_parse(mr_buf_str(&text), &arena, &expected, &err));
	const struct mr_json *marbles = mr_json_member(expected, MR_STR("marbles"));
	for (const struct mr_json *m = marbles->first; m; m = m->next) {
		struct mr_str type = mr_json_member(m, MR_STR("type"))->text;
		struct mr_str uuid = mr_json_member(m, MR_STR("uuid"))->text;
		MR_AUTO(answer) struct answer a;
		must_activate(request(s, textf("%.*s", MR_STR_ARGS(type)),
				      textf("%.*s", MR_STR_ARGS(uuid))),
			&a);
		for (const struct mr_json *e = mr_json_member(m, MR_STR("env"))->first; e;
			e = e->next) {
			struct mr_str got = env(&a, textf("%.*s", MR_STR_ARGS(e->name)));
			assert_text(got, textf("%.*s", MR_STR_ARGS(e->text)));
		}
	}
	return marbles->count;
}

static void test_vectors(void **unused)
{
	static const char *const names[] = { "all-of-three", "much-happened", "no-recovery",
		"pending", "rotated", "single", "two-of-three" };
	const char *folder = vector_folder();
	size_t compared = 0;

	(void)unused;
	if (!folder) {
		print_message("no stored states: MR_VECTORS names no folder of vectors\n");
		skip();
	}
	for (size_t i = 0; i < MR_COUNT(names); i++)
		compared += check_vector(folder, names[i]);
	assert_true(compared >= 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state_and_certificate),
		cmocka_unit_test(test_type_and_package),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_uuid),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_budget_names_are_quoted),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_everything_a_marble_gets),
		cmocka_unit_test(test_derived_keys),
		cmocka_unit_test(test_shared_secrets),
		cmocka_unit_test(test_own_certificates),
		cmocka_unit_test(test_rsa),
		cmocka_unit_test(test_small_answers),
		cmocka_unit_test(test_requests_that_are_none),
		cmocka_unit_test(test_parameters_that_cannot_be_made),
		cmocka_unit_test(test_no_previous_secrets),
		cmocka_unit_test(test_vectors),
	};

	return cmocka_run_group_tests_name("activate", tests, set_up, tear_down);
}
