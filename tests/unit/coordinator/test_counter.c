/* SPDX-License-Identifier: Apache-2.0 */
/* Monotonic counters and limited activations through the APIs, alone and by many at once (20 §6.15, 30 §2.4). */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "codec/json.h"
#include "coordinator_test.h"
#include "fake_api.h"

#define UUID "11111111-2222-4333-8444-555555555555"
#define PATH "/api/v2/monotonic-counter"
#define KEY "monotonicCounter:bQ==:ERERESIiQzOERFVVVVVVVQ==:"

enum { THREADS = 8, CALLS = 50, LIMIT = 20 };

static struct rig rig;

static struct mr_bytes manifest(const char *gates, const char *seal_mode)
{
	return jsonf(
		"{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'p'},"
		"'few':{'Package':'p','MaxActivations':%d},'few_rsa':{'Package':'p','MaxActivations':1,"
		"'Parameters':{'Env':{'A':'{{ pem .Secrets.rsa.Cert }}'}}},"
		"'waits':{'Package':'p','MaxActivations':1,'Parameters':{'Env':{'A':'{{ hex .Secrets.given }}'}}}},"
		"'Secrets':{'rsa':{'Type':'cert-rsa','Size':1024},'given':{'Type':'plain','UserDefined':true}},"
		"'Config':{'FeatureGates':[%s],'SealMode':'%s'}}",
		LIMIT, gates, seal_mode);
}

static void begin(const char *gates, const char *seal_mode)
{
	rig_new(&rig);
	rig_start(&rig);
	rig_set_manifest(&rig, manifest(gates, seal_mode));
}

static int set_up(void **unused)
{
	(void)unused;
	begin("'monotoniccounter'", "");
	return 0;
}

static int set_up_in_memory(void **unused)
{
	(void)unused;
	begin("'MonotonicCounter'", "Disabled");
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	rig_done(&rig);
	return 0;
}

/* A Marble's leaf by the core's authority, as an activation gives it; in memory of the program. */
static struct mr_bytes leaf(const char *uuid)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(rig.core);
	MR_AUTO(buf) struct mr_buf der = { 0 };
	struct mr_csr csr;
	struct mr_error err;

	mr_buf_init(&der, 1 << 16);
	OK(mr_csr_parse(person(0)->csr, &csr, &err));
	OK(mr_authority_issue_leaf(s->view->authority, &csr, mr_str_of(uuid), MR_STR("m"),
		person(0)->key, mr_clock_wall(), &der, &err));
	return kept(&der);
}

static int call(struct mr_bytes body, struct mr_bytes peer, struct mr_buf *ret)
{
	return http_call(rig.core, "POST", PATH, body, peer, ret);
}

/* A call that succeeds: what was there before. */
static uint64_t set(struct mr_bytes peer, const char *name, uint64_t value)
{
	MR_AUTO(buf) struct mr_buf body;
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	const struct mr_json *json;
	uint64_t before = UINT64_MAX;
	struct mr_error err;
	char request[256];

	(void)snprintf(request, sizeof request, "{\"name\":\"%s\",\"value\":%llu}", name,
		(unsigned long long)value);
	assert_int_equal(call(mr_bytes_of(request, strlen(request)), peer, &body), 200);
	mr_arena_init(&arena, 1 << 20);
	OK(mr_json_parse(mr_buf_str(&body), &arena, &json, &err));
	OK(mr_json_get_u64(mr_json_member(mr_json_member(json, MR_STR("data")), MR_STR("value")),
		&before, &err));
	return before;
}

static void refused(struct mr_bytes body, struct mr_bytes peer, int status, const char *text)
{
	MR_AUTO(buf) struct mr_buf answer;

	assert_int_equal(call(body, peer, &answer), status);
	if (!contains(mr_buf_str(&answer), text))
		fail_msg("%.*s", MR_STR_ARGS(mr_buf_str(&answer)));
}

static void test_values(void **unused)
{
	struct mr_bytes me = leaf(UUID);
	struct mr_bytes other = leaf("11111111-2222-4333-8444-555555555556");

	(void)unused;
	assert_int_equal(set(me, "a", 0), 0);
	assert_int_equal(set(me, "a", 5), 0);
	assert_int_equal(set(me, "a", 5), 5);
	assert_int_equal(set(me, "a", 4), 5);
	assert_int_equal(set(me, "a", 0), 5);
	assert_int_equal(set(me, "a", UINT64_MAX), 5);
	assert_int_equal(set(me, "a", 7), UINT64_MAX);
	/* each name and Marble has its own */
	assert_int_equal(set(me, "", 1), 0);
	assert_int_equal(set(me, "b", 1), 0);
	assert_int_equal(set(other, "a", 1), 0);
	/* in the state, little-endian, and after a restart */
	rig_stop(&rig);
	rig_start(&rig);
	assert_int_equal(set(me, "a", 0), UINT64_MAX);
	assert_int_equal(set(other, "a", 0), 1);
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(rig.core);
	assert_bytes_equal(state_value(s->state, KEY), mr_bytes_of("\1\0\0\0\0\0\0", 8));
}

/* Nothing is written for what does not grow. */
static void test_reading_does_not_commit(void **unused)
{
	struct mr_bytes me = leaf(UUID);
	MR_AUTO(buf) struct mr_buf before = { 0 };
	MR_AUTO(buf) struct mr_buf after = { 0 };

	(void)unused;
	assert_int_equal(set(me, "a", 5), 0);
	snapshot(rig.scratch.seal, &before);
	assert_int_equal(set(me, "a", 5), 5);
	assert_int_equal(set(me, "b", 0), 0);
	snapshot(rig.scratch.seal, &after);
	assert_bytes_equal(mr_buf_bytes(&after), mr_buf_bytes(&before));
}

static void test_bodies(void **unused)
{
	static const struct {
		const char *json, *text;
	} rows[] = {
		{ "", "{\"status\":\"fail\",\"data\":null,\"message\":\"EOF\"}" },
		{ "[]", "\"status\":\"fail\"" },
		{ "{\"name\":1}", "\"message\":\"json: cannot unmarshal number" },
		{ "{\"value\":\"1\"}", "\"message\":\"json: cannot unmarshal string" },
		{ "{\"value\":18446744073709551616}",
			"\"message\":\"json: cannot unmarshal number" },
		{ "{\"value\":-1}", "\"message\":\"json: cannot unmarshal number" },
		{ "{\"value\":1.0}", "\"message\":\"json: cannot unmarshal number" },
	};
	struct mr_bytes me = leaf(UUID);

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(rows); i++)
		refused(mr_str_bytes(mr_str_of(rows[i].json)), me, 400, rows[i].text);
	/* missing members, null, another case, something behind */
	MR_AUTO(buf) struct mr_buf body;
	assert_int_equal(call(jsonf("{'VALUE':3,'nonsense':[],'name':null} more"), me, &body), 200);
	assert_text(mr_buf_str(&body), "{\"status\":\"success\",\"data\":{\"value\":0}}\n");
	assert_int_equal(set(me, "", 0), 3);
	/* null is an empty object */
	MR_AUTO(buf) struct mr_buf null;
	assert_int_equal(call(jsonf("null"), me, &null), 200);
}

static const char *name_of(unsigned number, size_t len)
{
	return textf("%0*u", (int)len, number);
}

static struct mr_bytes named(const char *name)
{
	return jsonf("{'name':'%s','value':1}", name);
}

/* A Marble cannot fill the state; what is there still rises, and other Marbles have their own room. */
static void test_room_of_a_marble(void **unused)
{
	struct mr_bytes me = leaf(UUID);
	struct mr_bytes long_names = leaf("11111111-2222-4333-8444-555555555556");
	struct mr_bytes other = leaf("11111111-2222-4333-8444-555555555557");
	unsigned count = 0;

	(void)unused;
	for (unsigned i = 0; i < 1024; i++)
		assert_int_equal(set(me, name_of(i, 4), 1), 0);
	refused(named("more"), me, 500, "\"message\":\"the Marble has too many counters\"");
	assert_int_equal(set(me, "more", 0), 0);
	assert_int_equal(set(me, name_of(7, 4), 2), 1);
	assert_int_equal(set(other, "more", 1), 0);

	refused(named(name_of(0, 16385)), long_names, 400, "name of more than 16384 bytes");
	for (;; count++) {
		MR_AUTO(buf) struct mr_buf body;
		if (call(named(name_of(count, 16384)), long_names, &body) != 200)
			break;
	}
	assert_int_equal(count, 47); /* 1 MiB in base64 */
	assert_int_equal(set(long_names, "0", 0), 0);
}

static void test_room_of_all(void **unused)
{
	enum { SIZE = 50 << 20 };
	struct mr_bytes me = leaf(UUID);
	char *large = malloc(SIZE + 1);
	struct mr_error err;

	(void)unused;
	assert_non_null(large);
	memset(large, 'x', SIZE);
	large[SIZE] = '\0';
	struct key_change fill = key_change_of("other", large, true);
	assert_int_equal(set(me, "a", 1), 0);
	OK(commit_update(rig.core, &fill.update, &err));
	refused(named("b"), me, 500, "\"message\":\"the state has no room for more counters\"");
	assert_int_equal(set(me, "a", 2), 1);
	free(large);
}

static void test_who_may(void **unused)
{
	(void)unused;
	refused(jsonf("{}"), mr_bytes_of(NULL, 0), 401,
		"\"status\":\"fail\",\"data\":null,\"message\":\"unauthorized marble: client certificate did not "
		"match any Marble\"");
	refused(jsonf("{}"), person(0)->certificate, 401, "unauthorized marble: x509: ");
	/* before the body is looked at */
	refused(jsonf("["), person(0)->certificate, 401, "unauthorized marble: x509: ");
	rig_done(&rig);
	begin("'SignQuoteEndpoint'", "");
	refused(jsonf("{}"), person(0)->certificate, 403,
		"\"status\":\"error\",\"data\":null,\"message\":\"MonotonicCounter feature is not enabled in the "
		"manifest\"");
	rig_done(&rig);
	rig_new(&rig);
	rig_start(&rig);
	refused(jsonf("{}"), person(0)->certificate, 403,
		"MonotonicCounter feature is not enabled");
}

static mr_result spoil(
	struct mr_update *update, struct mr_update_context *context, struct mr_error *err)
{
	(void)update;
	MR_TRY(mr_tx_put(context->tx, MR_STR(KEY), mr_bytes_of("1234567", 7), err));
	return mr_tx_put(context->tx, MR_STR(KEY "YQ=="), mr_bytes_of("123456789", 9), err);
}

static void test_malformed_counters(void **unused)
{
	struct mr_update update = { .apply = spoil };
	struct mr_bytes me = leaf(UUID);
	struct mr_error err;

	(void)unused;
	OK(commit_update(rig.core, &update, &err));
	refused(jsonf("{'name':'','value':1}"), me, 500,
		"\"message\":\"stored counter is malformed\"");
	refused(jsonf("{'name':'a'}"), me, 500, "\"message\":\"stored counter is malformed\"");
	assert_int_equal(set(me, "b", 1), 0);
}

static void test_counter_cannot_be_sealed(void **unused)
{
	struct mr_bytes me = leaf(UUID);

	(void)unused;
	assert_int_equal(set(me, "a", 1), 0);
	assert_int_equal(mkdir(textf("%s/sealed_data.tmp", rig.scratch.seal), 0700), 0);
	refused(jsonf("{'name':'a','value':2}"), me, 500,
		"\"message\":\"committing store transaction: writing sealed data file: writing temporary file: ");
	assert_int_equal(remove(textf("%s/sealed_data.tmp", rig.scratch.seal)), 0);
	assert_int_equal(set(me, "a", 3), 1);
}

/* --- activations --- */

static enum mr_grpc_status activate(const char *type, struct mr_grpc_call *c)
{
	MR_AUTO(buf) struct mr_buf message;

	put_activation(&message, type, UUID, person(0)->csr);
	grpc_begin(c, rig.core, mr_buf_bytes(&message), person(0)->certificate);
	return grpc_end(c);
}

static struct mr_str count_of(const struct mr_snapshot *s, const char *type)
{
	return mr_bytes_str(state_value(s->state, textf("activations:%s", type)));
}

static void test_limited_activations(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < LIMIT + 2; i++) {
		MR_AUTO(grpc_call) struct mr_grpc_call c;
		if (i < LIMIT) {
			assert_int_equal(activate("few", &c), MR_GRPC_OK);
			assert_true(c.answer.len > 1000);
		} else {
			assert_int_equal(activate("few", &c), MR_GRPC_PERMISSION_DENIED);
			assert_string_equal(c.error,
				textf("marble verification failed: reached max activations count "
				      "(%d) for marble type \"few\"",
					LIMIT));
		}
		/* each is counted before its answer leaves, and survives */
		if (i == 3) {
			rig_stop(&rig);
			rig_start(&rig);
		}
	}
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(rig.core);
	assert_text(count_of(s, "few"), "14");
	MR_AUTO(grpc_call) struct mr_grpc_call other;
	assert_int_equal(activate("m", &other), MR_GRPC_OK);
	assert_false(state_has(s->state, "activations:m"));
}

static void test_on_a_worker(void **unused)
{
	MR_AUTO(grpc_call) struct mr_grpc_call first;
	MR_AUTO(grpc_call) struct mr_grpc_call second;

	(void)unused;
	assert_int_equal(activate("few_rsa", &first), MR_GRPC_OK);
	assert_int_equal(activate("few_rsa", &second), MR_GRPC_PERMISSION_DENIED);
}

/* A failed activation costs nothing. */
static void test_failures_are_not_counted(void **unused)
{
	MR_AUTO(grpc_call) struct mr_grpc_call waits;
	MR_AUTO(grpc_call) struct mr_grpc_call broken;
	MR_AUTO(grpc_call) struct mr_grpc_call unsealed;
	MR_AUTO(grpc_call) struct mr_grpc_call good;

	(void)unused;
	assert_int_equal(activate("waits", &waits), MR_GRPC_INTERNAL);
	assert_starts(waits.error, "customizing marble parameters: ");
	grpc_begin(&broken, rig.core, mr_bytes_of("\x0a", 1), person(0)->certificate);
	assert_int_equal(grpc_end(&broken), MR_GRPC_INTERNAL);
	assert_starts(broken.error, "grpc: error unmarshalling request: ");
	assert_int_equal(mkdir(textf("%s/sealed_data.tmp", rig.scratch.seal), 0700), 0);
	assert_int_equal(activate("few", &unsealed), MR_GRPC_INTERNAL);
	assert_starts(unsealed.error, "committing store transaction: writing sealed data file: ");
	assert_int_equal(remove(textf("%s/sealed_data.tmp", rig.scratch.seal)), 0);
	assert_int_equal(activate("few", &good), MR_GRPC_OK);
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(rig.core);
	assert_false(state_has(s->state, "activations:waits"));
	assert_text(count_of(s, "few"), "1");
}

static void change(const char *key, const char *value)
{
	struct key_change c = key_change_of(key, value, false);
	struct mr_error err;

	OK(commit_update(rig.core, &c.update, &err));
}

/* An activation that was judged by definitions which are no longer in force when it is counted is judged again. */
static void test_overtaken_activations(void **unused)
{
	static const struct {
		const char *marble; /* the record that comes between */
		enum mr_grpc_status status;
		const char *counted;
	} rows[] = {
		{ NULL, MR_GRPC_PERMISSION_DENIED, "1" },
		{ "{\"Package\":\"p\"}", MR_GRPC_OK, "1" },
		{ "{\"Package\":\"p\",\"MaxActivations\":7}", MR_GRPC_OK, "2" },
		{ "{\"Package\":\"p\",\"MaxActivations\":1}", MR_GRPC_PERMISSION_DENIED, "1" },
	};

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		struct key_change between = key_change_of("marble:few", rows[i].marble, false);
		MR_AUTO(buf) struct mr_buf message;
		MR_AUTO(grpc_call) struct mr_grpc_call c;
		struct gate gate;
		change("marble:few", "{\"Package\":\"p\",\"MaxActivations\":2}");
		change("activations:few", "1");
		put_activation(&message, "few", UUID, person(0)->csr);
		gate_close(&gate, rig.core, &between.update);
		grpc_begin(&c, rig.core, mr_buf_bytes(&message), person(0)->certificate);
		gate_open(&gate);
		assert_int_equal(grpc_end(&c), rows[i].status);
		MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(rig.core);
		assert_text(count_of(s, "few"), rows[i].counted);
	}
}

/* --- many at once --- */

struct caller {
	pthread_t thread;
	struct mr_bytes peer;
	unsigned number;
	uint64_t before[CALLS]; /* what each call found */
	unsigned activated;
	bool failed;
};

/* Values that nobody else sets: call c of thread t sets c * THREADS + t + 1. */
static void *count_on(void *argument)
{
	struct caller *c = argument;
	struct mr_http_exchange e;
	char request[64];

	for (unsigned i = 0; i < CALLS; i++) {
		unsigned long long value = 0;
		(void)snprintf(
			request, sizeof request, "{\"value\":%u}", i * THREADS + c->number + 1);
		http_begin(
			&e, rig.core, "POST", PATH, mr_bytes_of(request, strlen(request)), c->peer);
		struct mr_str body = http_end(&e) == 200 ? mr_buf_str(&e.response.body)
							 : MR_STR("");
		size_t at = mr_str_find(body, ':', sizeof "{\"status\":\"success\",\"data\":" - 1);
		c->failed = c->failed || at == SIZE_MAX;
		for (at++; at < body.len && body.ptr[at] >= '0' && body.ptr[at] <= '9'; at++)
			value = value * 10 + (unsigned)(body.ptr[at] - '0');
		c->before[i] = value;
		http_done(&e);
	}
	return NULL;
}

/* There is a serial order: every value that was found by a raise had been set by exactly one other. */
static void test_counters_are_serial(void **unused)
{
	static struct caller callers[THREADS];
	static bool found[THREADS * CALLS + 1];
	struct mr_bytes me = leaf(UUID);

	(void)unused;
	for (unsigned i = 0; i < THREADS; i++) {
		callers[i] = (struct caller){ .peer = me, .number = i };
		assert_int_equal(
			pthread_create(&callers[i].thread, NULL, count_on, &callers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		assert_false(callers[i].failed);
		for (unsigned k = 0; k < CALLS; k++) {
			uint64_t mine = k * THREADS + i + 1, before = callers[i].before[k];
			assert_true(before <= THREADS * CALLS);
			/* a thread never sees less than it knows */
			assert_true(k == 0 || before >= (k - 1) * THREADS + i + 1);
			if (before >= mine)
				continue;
			assert_false(found[before]);
			found[before] = true;
		}
	}
	assert_true(found[0]);
	assert_int_equal(set(me, "", 0), THREADS * CALLS);
}

static void *activate_on(void *argument)
{
	struct caller *c = argument;

	for (unsigned i = 0; i < LIMIT; i++) {
		struct mr_grpc_call call;
		enum mr_grpc_status status = activate("few", &call);
		c->activated += status == MR_GRPC_OK;
		c->failed |= status != MR_GRPC_OK && status != MR_GRPC_PERMISSION_DENIED;
		grpc_done(&call);
	}
	return NULL;
}

static void test_no_activation_too_many(void **unused)
{
	static struct caller callers[THREADS];
	unsigned activated = 0;

	(void)unused;
	(void)person(0);
	for (unsigned i = 0; i < THREADS; i++) {
		callers[i] = (struct caller){ .number = i };
		assert_int_equal(
			pthread_create(&callers[i].thread, NULL, activate_on, &callers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
		assert_false(callers[i].failed);
		activated += callers[i].activated;
	}
	assert_int_equal(activated, LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reading_does_not_commit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bodies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_room_of_a_marble, set_up_in_memory, tear_down),
		cmocka_unit_test_setup_teardown(test_room_of_all, set_up_in_memory, tear_down),
		cmocka_unit_test_setup_teardown(test_who_may, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_malformed_counters, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_counter_cannot_be_sealed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limited_activations, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_on_a_worker, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failures_are_not_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_overtaken_activations, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_counters_are_serial, set_up_in_memory, tear_down),
		cmocka_unit_test_setup_teardown(test_no_activation_too_many, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("counter", tests, NULL, NULL);
}
