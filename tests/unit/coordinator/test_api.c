/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of the client API, without connections (20 §2, §5, §6). */
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>

#include "codec/json.h"
#include "coordinator/client_api.h"
#include "coordinator_test.h"
#include "fake_api.h"

enum { ALICE, BOB, CAROL, THREADS = 6, CALLS = 20 };

static struct rig rig;

/* Alice and Bob update manifests together, Alice raises versions; all but Carol handle secrets. */
static struct mr_bytes manifest(const char *more)
{
	return jsonf(
		"{'Packages':{'p':{'SignerID':'aa','ProductID':1,'SecurityVersion':2}},"
		"'Marbles':{'m':{'Package':'p','Parameters':{'Env':{'A':'{{ hex .Secrets.given0 }}'}}}},"
		"'Secrets':{'key':{'Type':'symmetric-key','Size':128,'Shared':true},"
		"'given0':{'Type':'plain','UserDefined':true},'given1':{'Type':'plain','UserDefined':true},"
		"'given2':{'Type':'plain','UserDefined':true},'given3':{'Type':'plain','UserDefined':true},"
		"'given4':{'Type':'plain','UserDefined':true},'given5':{'Type':'plain','UserDefined':true}},"
		"'Users':{'alice':{'Certificate':'%s','Roles':['updater','packer','reader','writer']},"
		"'bob':{'Certificate':'%s','Roles':['updater','reader','writer']},'carol':{'Certificate':'%s'}},"
		"'Roles':{'updater':{'ResourceType':'Manifest','Actions':['UpdateManifest']},"
		"'packer':{'ResourceType':'Packages','ResourceNames':['p'],'Actions':['UpdateSecurityVersion']},"
		"'reader':{'ResourceType':'Secrets','ResourceNames':['key','given0','given1','given2',"
		"'given3','given4','given5'],'Actions':['ReadSecret']},"
		"'writer':{'ResourceType':'Secrets','ResourceNames':['given0','given1','given2',"
		"'given3','given4','given5'],'Actions':['WriteSecret']}}%s}",
		person(ALICE)->pem, person(BOB)->pem, person(CAROL)->pem, more);
}

static int set_up_fresh(void **unused)
{
	(void)unused;
	rig_new(&rig);
	rig_start(&rig);
	return 0;
}

static int set_up(void **unused)
{
	(void)set_up_fresh(unused);
	rig_set_manifest(&rig, manifest(""));
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	rig_done(&rig);
	return 0;
}

static struct mr_bytes nobody(void)
{
	return mr_bytes_of(NULL, 0);
}

static struct mr_bytes v2(struct mr_bytes raw)
{
	MR_AUTO(buf) struct mr_buf json = { .max = 1 << 20 };

	mr_json_put_bytes(&json, raw);
	return jsonf("{'manifest':%.*s}", (int)json.len, (const char *)json.data);
}

/* The answer has this status and contains this text. */
static void expect(const char *method, const char *target, struct mr_bytes body,
	struct mr_bytes peer, int status, const char *text)
{
	MR_AUTO(buf) struct mr_buf answer;
	int got = http_call(rig.core, method, target, body, peer, &answer);

	if (got != status || !contains(mr_buf_str(&answer), text))
		fail_msg("%s %s: %d %.*s", method, target, got, MR_STR_ARGS(mr_buf_str(&answer)));
	assert_true(mr_str_ends(mr_buf_str(&answer), MR_STR("}\n")));
}

#define GET(target, status, text) expect("GET", target, nobody(), nobody(), status, text)
#define POST(target, body, who, status, text) expect("POST", target, body, (who), status, text)
#define BY(number) person(number)->certificate

static void test_routing(void **unused)
{
	static const struct {
		const char *method, *path;
		bool there, wants_body;
	} rows[] = {
		{ "GET", "/status", true, false },
		{ "POST", "/status", false, false },
		{ "get", "/status", false, false },
		{ "HEAD", "/api/v2/status", false, false },
		{ "GET", "/api/v2/status/", false, false },
		{ "GET", "/api/v2", false, false },
		{ "GET", "", false, false },
		{ "POST", "/manifest", true, true },
		{ "POST", "/api/v2/update-cancel", true, false },
		{ "POST", "/api/v2/recover", true, true },
		{ "POST", "/api/v2/secrets", true, false },
		{ "POST", "/update", true, false },
		{ "GET", "/api/v2/update-cancel", false, false },
		{ "PUT", "/manifest", false, false },
		{ "GET", "/recover", false, false },
		{ "POST", "/recover", true, false },
	};

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		const struct mr_http_request request = { .method = mr_str_of(rows[i].method),
			.path = mr_str_of(rows[i].path) };
		MR_AUTO(buf) struct mr_buf answer;
		int status = http_call(
			rig.core, rows[i].method, rows[i].path, nobody(), nobody(), &answer);
		assert_int_equal(status != 405, rows[i].there);
		if (!rows[i].there)
			assert_text(mr_buf_str(&answer), "{\"status\":\"error\",\"data\":null}\n");
		assert_int_equal(mr_client_api_wants_body(rig.core, &request), rows[i].wants_body);
	}
	expect("POST", "/recover", nobody(), nobody(), 410,
		"\"message\":\"Recovering the Coordinator using the /recover API endpoint has been disabled. Use the "
		"/api/v2/recover endpoint instead.\"");
}

/* What only users may send is read from them alone. */
static void test_bodies_of_users(void **unused)
{
	static const char *const paths[] = { "/secrets", "/api/v2/secrets", "/update",
		"/api/v2/update", "/update-manifest", "/api/v2/update-manifest" };
	const struct person *people[] = { person(0), person(7) };

	(void)unused;
	for (size_t i = 0; i < 2 * MR_COUNT(paths); i++) {
		const struct mr_http_request request = { .method = MR_STR("POST"),
			.path = mr_str_of(paths[i / 2]),
			.peer_certificate = people[i % 2]->certificate };
		assert_int_equal(mr_client_api_wants_body(rig.core, &request), i % 2 == 0);
	}
	assert_true(mr_client_api_knows(rig.core, BY(0)));
	assert_false(mr_client_api_knows(rig.core, BY(7)));
	assert_false(mr_client_api_knows(rig.core, nobody()));
}

static void test_reading_before_a_manifest(void **unused)
{
	(void)unused;
	GET("/api/v2/status", 200,
		"{\"status\":\"success\",\"data\":{\"code\":2,\"message\":\"Coordinator is ready to accept a manifest.\"}}\n");
	GET("/status", 200, "\"data\":{\"StatusCode\":2,\"StatusMessage\":\"Coordinator is ready");
	GET("/manifest", 200,
		"\"data\":{\"ManifestSignatureRootECDSA\":null,\"ManifestSignature\":\"\",\"Manifest\":null}");
	GET("/api/v2/manifest", 500, "\"message\":\"requested value not set\"");
	GET("/update", 500, "\"message\":\"server is not in expected state\"");
	GET("/api/v2/update", 500, "\"message\":\"server is not in expected state\"");
	GET("/update-manifest", 404, "\"message\":\"no update in progress\"");
	POST("/api/v2/sign-quote", jsonf("{}"), nobody(), 403,
		"SignQuoteEndpoint feature is not enabled in the manifest");
}

static void test_reading(void **unused)
{
	(void)unused;
	GET("/api/v2/status", 200,
		"\"code\":3,\"message\":\"Coordinator is running correctly and ready to accept marbles.\"");
	GET("/api/v2/manifest", 200, "\"data\":{\"manifestSignatureRootECDSA\":\"M");
	GET("/api/v2/manifest", 200, "\",\"manifestFingerprint\":\"");
	GET("/manifest", 200, "\",\"Manifest\":\"eyJQYWNrYWdlcyI6");
	GET("/api/v2/update", 200, "\"data\":{\"updateLog\":[\"{\\\"time\\\":\\\"");
	GET("/api/v2/update", 200, "\\\"update\\\":\\\"Initial manifest set\\\"}\"]}");
	GET("/update", 200, "\"data\":\"{\\\"time\\\":\\\"");
	GET("/update", 200, "Initial manifest set\\\"}\\n\"");
	GET("/api/v2/quote", 200, "\"data\":{\"cert\":\"-----BEGIN CERTIFICATE-----\\n");
	GET("/api/v2/quote", 200, "-----END CERTIFICATE-----\\n\",\"quote\":null}");
	GET("/quote", 200, "\",\"Quote\":null}");
}

static void test_state_without_a_log(void **unused)
{
	struct key_change gone = key_change_of("updateLog", NULL, true);
	struct key_change lines = key_change_of("updateLog", "a\n\nb\n\n", true);
	struct mr_error err;

	(void)unused;
	OK(commit_update(rig.core, &gone.update, &err));
	GET("/api/v2/update", 200, "\"data\":{\"updateLog\":[]}");
	GET("/update", 200, "\"data\":\"\\n\"");
	OK(commit_update(rig.core, &lines.update, &err));
	GET("/api/v2/update", 200, "\"data\":{\"updateLog\":[\"a\",\"\",\"b\"]}");
	GET("/update", 200, "\"data\":\"a\\n\\nb\\n\"");
}

static void test_nonces(void **unused)
{
	(void)unused;
	GET("/api/v2/quote?nonce=", 200, "\"quote\":null");
	GET("/api/v2/quote?nonce=_-8=", 200, "\"quote\":null");
	GET("/api/v2/quote?nonce=%3D", 400,
		"{\"status\":\"fail\",\"data\":null,\"message\":\"invalid query: bad nonce format: ");
	/* pairs that cannot be decoded do not count */
	GET("/api/v2/quote?nonce=%zz", 200, "\"quote\":null");
	GET("/api/v2/quote?%zz=&x=%&nonce=AA==", 200, "\"quote\":null");
	GET("/api/v2/quote?nonce=/+8=", 400, "bad nonce format");
	GET("/quote?nonce=%zz", 200, "\"Quote\":null");
}

static void test_setting_a_manifest(void **unused)
{
	(void)unused;
	POST("/manifest", jsonf("{"), nobody(), 400,
		"{\"status\":\"error\",\"data\":null,\"message\":\"unmarshaling manifest: unexpected end of JSON input\"}");
	POST("/api/v2/manifest", jsonf("{"), nobody(), 400,
		"{\"status\":\"fail\",\"data\":null,\"message\":");
	POST("/api/v2/manifest", jsonf("{'manifest':7}"), nobody(), 400,
		"json: cannot unmarshal number");
	POST("/api/v2/manifest", jsonf("{'manifest':'%%'}"), nobody(), 400,
		"illegal base64 data at input byte 0");
	POST("/api/v2/manifest", jsonf("{}"), nobody(), 500,
		"\"status\":\"error\",\"data\":null,\"message\":\"unmarshaling");
	POST("/api/v2/manifest", v2(jsonf("{}")), nobody(), 500,
		"\"message\":\"checking manifest: ");
	assert_int_equal(rig_state(&rig), MR_STATE_ACCEPTING_MANIFEST);
	/* without parties v1 has null, v2 an empty map */
	POST("/manifest", manifest(""), nobody(), 200, "{\"status\":\"success\",\"data\":null}\n");
	POST("/manifest", manifest(""), nobody(), 400,
		"\"message\":\"server is not in expected state\"");
	POST("/api/v2/manifest", v2(manifest("")), nobody(), 500,
		"\"message\":\"server is not in expected state\"");
	rig_done(&rig);
	(void)set_up_fresh(NULL);
	POST("/api/v2/manifest", v2(manifest("")), nobody(), 200,
		"\"data\":{\"RecoverySecrets\":{}}");
	rig_done(&rig);
	(void)set_up_fresh(NULL);
	POST("/manifest", manifest(textf(",\"RecoveryKeys\":{\"k\":\"%s\"}", rsa_pem(0))), nobody(),
		200, "\"data\":{\"RecoverySecrets\":{\"k\":\"");
}

static void test_manifest_cannot_be_sealed(void **unused)
{
	(void)unused;
	assert_int_equal(mkdir(textf("%s/sealed_data.tmp", rig.scratch.seal), 0700), 0);
	POST("/api/v2/manifest", v2(manifest("")), nobody(), 500,
		"\"message\":\"sealing state: writing sealed data file: writing temporary file: ");
	assert_int_equal(rig_state(&rig), MR_STATE_ACCEPTING_MANIFEST);
	assert_int_equal(remove(textf("%s/sealed_data.tmp", rig.scratch.seal)), 0);
	POST("/api/v2/manifest", v2(manifest("")), nobody(), 200, "\"RecoverySecrets\":{}");
}

static struct mr_bytes raised(void)
{
	return jsonf("{'Packages':{'p':{'SecurityVersion':5}}}");
}

static void test_package_updates(void **unused)
{
	static const char stranger[] =
		"unauthorized user: client certificate did not match any MarbleRun users";

	(void)unused;
	POST("/update", raised(), nobody(), 401, "{\"status\":\"error\"");
	POST("/api/v2/update", jsonf("["), person(3)->certificate, 401, "{\"status\":\"fail\"");
	POST("/api/v2/update", jsonf("["), person(3)->certificate, 401, stranger);
	POST("/api/v2/update", v2(raised()), BY(BOB), 500,
		"user bob is not allowed to update one or more packages of [p]");
	POST("/update", raised(), BY(BOB), 400, "user bob is not allowed");
	POST("/api/v2/update", jsonf("["), BY(ALICE), 400, "{\"status\":\"fail\"");
	POST("/api/v2/update", v2(raised()), BY(ALICE), 200,
		"\"data\":{\"missingAcknowledgments\":0,\"missingUsers\":null}}");
	POST("/update", raised(), BY(ALICE), 200, "{\"status\":\"success\",\"data\":null}\n");
	GET("/api/v2/update", 200,
		"SecurityVersion increased\\\",\\\"user\\\":\\\"alice\\\",\\\"package\\\":\\\"p\\\",");
}

static void test_full_updates(void **unused)
{
	struct mr_bytes next = manifest(textf(",\"RecoveryKeys\":{\"k\":\"%s\"}", rsa_pem(0)));

	(void)unused;
	POST("/api/v2/update", v2(next), BY(ALICE), 200,
		"\"data\":{\"missingAcknowledgments\":1,\"missingUsers\":[\"bob\"]}}");
	GET("/update-manifest", 200, "\"data\":{\"manifest\":\"eyJ");
	GET("/api/v2/update-manifest", 200,
		"\"message\":\"1 user still needs to acknowledge the update manifest\",\"missingUsers\":[\"bob\"]}");
	POST("/api/v2/update", v2(raised()), BY(ALICE), 500, "update already in progress. ");
	POST("/update-manifest", jsonf("{}"), BY(BOB), 500,
		"provided manifest does not match the pending manifest");
	POST("/update-manifest", next, BY(CAROL), 500,
		"user carol is not allowed to acknowledge manifest updates");
	POST("/update-manifest", next, person(3)->certificate, 401, "unauthorized user");
	POST("/update-manifest", next, BY(ALICE), 200,
		"\"data\":\"1 user still needs to acknowledge the update manifest\"");
	POST("/api/v2/update-manifest", v2(next), BY(ALICE), 200,
		"\"message\":\"1 user still needs to acknowledge the update manifest.\\nThe following users have not "
		"yet accepted: bob\",\"missingUsers\":[\"bob\"],\"missingAcknowledgments\":1}");
	POST("/api/v2/update-manifest", v2(next), BY(BOB), 200,
		"\"message\":\"All users have acknowledged the update manifest. Update successfully applied\","
		"\"missingUsers\":null,\"missingAcknowledgments\":0,\"recoverySecrets\":{\"k\":\"");
	POST("/api/v2/update-manifest", v2(next), BY(BOB), 404,
		"\"message\":\"no update in progress\"");
	POST("/update-manifest", next, BY(BOB), 404, "\"message\":\"no update in progress\"");
}

static void test_cancelled_updates(void **unused)
{
	struct mr_bytes next = manifest(",\"Config\":{\"UpdateThreshold\":1}");

	(void)unused;
	POST("/update-cancel", nobody(), nobody(), 401, "unauthorized user");
	POST("/update-cancel", nobody(), BY(CAROL), 500,
		"user carol is not allowed to cancel the manifest update");
	POST("/update-cancel", nobody(), BY(BOB), 404, "no update in progress");
	POST("/update", next, BY(ALICE), 200, "\"data\":null");
	POST("/update-cancel", nobody(), BY(BOB), 200,
		"\"data\":\"Update successfully cancelled\"");
	POST("/api/v2/update", v2(next), BY(ALICE), 200, "\"missingAcknowledgments\":1");
	POST("/api/v2/update-cancel", nobody(), BY(ALICE), 200,
		"\"data\":{\"message\":\"Update successfully cancelled\"}");
	GET("/update-manifest", 404, "no update in progress");
	/* as v1 the last acknowledgement says so too */
	POST("/update", next, BY(ALICE), 200, "\"data\":null");
	POST("/update-manifest", next, BY(BOB), 200,
		"\"data\":\"All users have acknowledged the update manifest. ");
}

/* The acknowledgement of an update that cannot be applied: an error, and it is gone. */
static void test_hopeless_update(void **unused)
{
	struct key_change pending = key_change_of("pendingUpdate",
		"{\"manifestRaw\":\"Ww==\",\"requiredUsers\":{\"alice\":true,\"bob\":false}}",
		true);
	struct mr_error err;

	(void)unused;
	OK(commit_update(rig.core, &pending.update, &err));
	POST("/api/v2/update-manifest", v2(jsonf("[")), BY(BOB), 500,
		"\"message\":\"unmarshaling update manifest: unexpected end of JSON input\"");
	GET("/update-manifest", 404, "no update in progress");
	GET("/api/v2/update", 200, "cancelled due to error during apply");
	struct key_change broken = key_change_of("pendingUpdate", "[]", true);
	OK(commit_update(rig.core, &broken.update, &err));
	GET("/update-manifest", 404, "\"message\":\"json: ");
}

static void test_reading_secrets(void **unused)
{
	(void)unused;
	expect("GET", "/secrets?s=key", nobody(), nobody(), 401, "unauthorized user");
	expect("GET", "/secrets?s=given0&s=key&s=given0", nobody(), BY(ALICE), 200,
		"\"data\":{\"given0\":{\"Type\":\"plain\",\"Size\":0,\"Shared\":false,\"UserDefined\":true,\"Cert\":null,"
		"\"ValidFor\":0,\"Private\":null,\"Public\":null},\"key\":{\"Type\":\"symmetric-key\",");
	expect("GET", "/api/v2/secrets?s=key", nobody(), BY(ALICE), 200,
		"\"data\":{\"secrets\":{\"key\":{");
	expect("GET", "/api/v2/secrets?s=%6bey&x=y&s;s=z&s=%zz", nobody(), BY(ALICE), 200,
		"\"secrets\":{\"key\":{");
	expect("GET", "/api/v2/secrets", nobody(), BY(ALICE), 400,
		"{\"status\":\"fail\",\"data\":null,\"message\":\"invalid query: endpoint requires at least one query "
		"parameter\"}");
	expect("GET", "/secrets?s=", nobody(), BY(ALICE), 400,
		"{\"status\":\"error\",\"data\":null,\"message\":\"malformed query string: empty query parameter\"}");
	expect("GET", "/secrets?s=key&s=none", nobody(), BY(ALICE), 400,
		"user alice is not allowed to read one or more secrets of: [key none]");
	expect("GET", "/api/v2/secrets?s=key", nobody(), BY(CAROL), 500,
		"user carol is not allowed to read");
	/* a secret that is allowed and is not there */
	struct key_change gone = key_change_of("secret:given1", NULL, false);
	struct mr_error err;
	OK(commit_update(rig.core, &gone.update, &err));
	expect("GET", "/api/v2/secrets?s=given1", nobody(), BY(ALICE), 500,
		"loading secret given1 from store: requested value not set");
}

static void test_too_many_names(void **unused)
{
	MR_AUTO(buf) struct mr_buf target = { .max = 1 << 20 };

	(void)unused;
	mr_buf_put_cstr(&target, "/secrets?");
	for (unsigned i = 0; i <= 65536; i++)
		mr_buf_put_cstr(&target, "s=a&");
	mr_buf_put_u8(&target, '\0');
	expect("GET", (const char *)target.data, nobody(), BY(ALICE), 400,
		"malformed query string: too many names");
}

static void test_writing_secrets(void **unused)
{
	(void)unused;
	POST("/secrets", jsonf("{'given0':{'Key':'aGVsbG8='}}"), nobody(), 401,
		"unauthorized user");
	POST("/secrets", jsonf("{'given0':{'Key':'aGVsbG8='}}"), BY(ALICE), 200, "\"data\":null");
	POST("/api/v2/secrets", jsonf("{'secrets':{'given0':{'Key':'aG8='}}} more"), BY(BOB), 200,
		"\"data\":null");
	expect("GET", "/secrets?s=given0", nobody(), BY(ALICE), 200,
		"\"Private\":\"aG8=\",\"Public\":\"aG8=\"");
	GET("/api/v2/update", 200,
		"Secret set\\\",\\\"user\\\":\\\"bob\\\",\\\"secret\\\":\\\"given0\\\",");
	POST("/secrets", jsonf("{} more"), BY(ALICE), 400,
		"invalid character 'm' after top-level value");
	POST("/api/v2/secrets", jsonf("{'secrets':[]}"), BY(ALICE), 400, "{\"status\":\"fail\"");
	POST("/api/v2/secrets", jsonf("{}"), BY(ALICE), 500,
		"parsing new secrets: no new secrets defined");
	POST("/secrets", jsonf("{}"), BY(ALICE), 400,
		"parsing new secrets: no new secrets defined");
	POST("/secrets", jsonf("{'given0':{'Key':'AA=='}}"), BY(CAROL), 400,
		"user carol is not allowed to update secret: given0");
	POST("/secrets", jsonf("{'key':{'Key':'AA=='}}"), BY(ALICE), 400,
		"user alice is not allowed to update secret: key");
}

/* A value that no template can take is refused for all. */
static void test_secret_that_breaks_a_template(void **unused)
{
	struct mr_bytes raw = jsonf(
		"{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'p','Parameters':"
		"{'Env':{'A':'{{ string .Secrets.s }}'}}}},'Secrets':{'s':{'Type':'plain',"
		"'UserDefined':true}},'Users':{'alice':{'Certificate':'%s','Roles':['r']}},'Roles':{"
		"'r':{'ResourceType':'Secrets','ResourceNames':['s'],'Actions':['WriteSecret']}}}",
		person(ALICE)->pem);

	(void)unused;
	rig_set_manifest(&rig, raw);
	POST("/secrets", jsonf("{'s':{'Key':'AA=='}}"), BY(ALICE), 400,
		"\"message\":\"running manifest template dry run: in Marble m: env variable A: ");
	POST("/secrets", jsonf("{'s':{'Key':'YQ=='}}"), BY(ALICE), 200, "\"data\":null");
}

static void test_quotes(void **unused)
{
	(void)unused;
	rig_set_manifest(&rig, manifest(",\"Config\":{\"FeatureGates\":[\"SIGNquoteEndpoint\"]}"));
	POST("/api/v2/sign-quote", jsonf("{'sgxQuote':'AAAA'}"), nobody(), 400,
		"{\"status\":\"fail\",\"data\":{\"sgxQuote\":\"quote verification failed: OE_UNSUPPORTED\"},\"message\":"
		"\"quote verification failed\"}\n");
	POST("/api/v2/sign-quote", jsonf("{}"), nobody(), 400,
		"\"data\":{\"sgxQuote\":\"quote verification failed: empty report\"}");
	POST("/api/v2/sign-quote", jsonf("{'sgxQuote':7}"), nobody(), 400,
		"\"data\":{\"sgxQuote\":\"failed to parse JSON data\"},\"message\":\"bad request: json: ");
	POST("/api/v2/sign-quote", jsonf("["), nobody(), 400,
		"\"message\":\"bad request: unexpected EOF");
}

/* Whatever is wrong about a body that did not come whole, it changes nothing. */
static void test_bodies_that_were_cut(void **unused)
{
	static const char *const targets[] = { "/manifest", "/api/v2/manifest", "/update",
		"/api/v2/update", "/update-manifest", "/api/v2/update-manifest", "/secrets",
		"/api/v2/secrets", "/api/v2/sign-quote" };

	(void)unused;
	rig_set_manifest(&rig, manifest(",\"Config\":{\"FeatureGates\":[\"SignQuoteEndpoint\"]}"));
	MR_AUTO(snapshot) struct mr_snapshot *before = mr_core_snapshot(rig.core);
	for (size_t i = 0; i < MR_COUNT(targets); i++) {
		MR_AUTO(exchange) struct mr_http_exchange e;
		http_prepare(&e, "POST", targets[i], jsonf("{}"), BY(ALICE));
		e.request.body_error = MR_STR("unexpected EOF");
		http_send(&e, rig.core);
		assert_int_equal(http_end(&e), 400);
		assert_true(contains(mr_buf_str(&e.response.body), "unexpected EOF\"}"));
	}
	MR_AUTO(snapshot) struct mr_snapshot *after = mr_core_snapshot(rig.core);
	assert_ptr_equal(after, before);
}

/* --- many at once --- */

struct operator
{
	pthread_t thread;
	unsigned number;
	bool failed;
};

/* Each writes a secret of its own, again and again; Alice's certificate for all. */
static void *write_on(void *argument)
{
	struct operator* o = argument;
	char body[64], value[8];

	for (unsigned i = 0; i < CALLS; i++) {
		(void)snprintf(value, sizeof value, "%c%c==", 'A' + (int)i % 26, "AQgw"[i % 4]);
		(void)snprintf(
			body, sizeof body, "{\"given%u\":{\"Key\":\"%s\"}}", o->number, value);
		o->failed |= http_call(rig.core, "POST", "/secrets",
				     mr_bytes_of(body, strlen(body)), BY(ALICE), NULL) != 200;
	}
	return NULL;
}

static void test_writers_do_not_lose_each_other(void **unused)
{
	static struct operator operators[THREADS];
	size_t lines = 0;

	(void)unused;
	for (unsigned i = 0; i < THREADS; i++) {
		operators[i] = (struct operator){ .number = i };
		assert_int_equal(
			pthread_create(&operators[i].thread, NULL, write_on, &operators[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(operators[i].thread, NULL), 0);
		assert_false(operators[i].failed);
		expect("GET", textf("/secrets?s=given%u", i), nobody(), BY(ALICE), 200,
			"\"Private\":\"Tw==\"");
	}
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(rig.core);
	struct mr_bytes log = state_value(s->state, "updateLog");
	for (size_t i = 0; i < log.len; i++)
		lines += log.ptr[i] == '\n';
	assert_int_equal(lines, 1 + THREADS * CALLS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_routing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bodies_of_users, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_reading_before_a_manifest, set_up_fresh, tear_down),
		cmocka_unit_test_setup_teardown(test_reading, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_state_without_a_log, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nonces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_setting_a_manifest, set_up_fresh, tear_down),
		cmocka_unit_test_setup_teardown(
			test_manifest_cannot_be_sealed, set_up_fresh, tear_down),
		cmocka_unit_test_setup_teardown(test_package_updates, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_full_updates, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cancelled_updates, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hopeless_update, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reading_secrets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_many_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_writing_secrets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_secret_that_breaks_a_template, set_up_fresh, tear_down),
		cmocka_unit_test_setup_teardown(test_quotes, set_up_fresh, tear_down),
		cmocka_unit_test_setup_teardown(test_bodies_that_were_cut, set_up_fresh, tear_down),
		cmocka_unit_test_setup_teardown(
			test_writers_do_not_lose_each_other, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
