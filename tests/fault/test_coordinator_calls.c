/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every system call of a commit fails once, or all from one on, under whole requests: a clear error and the old state, or
 * success and the new one, in memory and after a restart; then the same request succeeds.
 */
#include <errno.h>
#include <stdio.h>

#include "coordinator_test.h"
#include "fake_api.h"
#include "fault_calls.h"

#define UUID "11111111-2222-4333-8444-555555555555"

enum { FRESH, SET, WAITING, STAGES };

/* A seal directory at some point. */
struct stage {
	struct mr_buf data, key;
};

static struct rig rig;
static struct stage stages[STAGES];

static struct mr_bytes manifest(const char *config)
{
	return jsonf(
		"{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'p','MaxActivations':100000}},"
		"'Secrets':{'given':{'Type':'plain','UserDefined':true}},"
		"'Users':{'alice':{'Certificate':'%s','Roles':['updater','writer']},"
		"'bob':{'Certificate':'%s','Roles':['updater']}},"
		"'Roles':{'updater':{'ResourceType':'Manifest','Actions':['UpdateManifest']},"
		"'writer':{'ResourceType':'Secrets','ResourceNames':['given'],'Actions':['WriteSecret']}},"
		"'RecoveryKeys':{'k':'%s'},'Config':{%s}}",
		person(0)->pem, person(1)->pem, rsa_pem(0), config);
}

/* --- stages --- */

static void clear_directory(void)
{
	static const char *const names[] = { "sealed_data", "sealed_data.tmp", "sealed_data.old",
		"sealed_key", "sealed_key.tmp", "sealed_key.old" };

	for (size_t i = 0; i < MR_COUNT(names); i++)
		if (has_file(rig.scratch.seal, names[i]))
			remove_file(rig.scratch.seal, names[i]);
}

static void restart(void)
{
	rig_stop(&rig);
	rig_start(&rig);
}

static void go_to(unsigned stage)
{
	rig_stop(&rig);
	clear_directory();
	if (stage != FRESH) {
		put_file(rig.scratch.seal, "sealed_data", mr_buf_bytes(&stages[stage].data));
		put_file(rig.scratch.seal, "sealed_key", mr_buf_bytes(&stages[stage].key));
	}
	rig_start(&rig);
}

static void keep(unsigned stage)
{
	assert_true(get_file(rig.scratch.seal, "sealed_data", &stages[stage].data));
	assert_true(get_file(rig.scratch.seal, "sealed_key", &stages[stage].key));
}

static int set_up(void **unused)
{
	(void)unused;
	mr_fault_pause();
	rig_new(&rig);
	rig_start(&rig);
	rig_set_manifest(&rig, manifest(""));
	keep(SET);
	assert_int_equal(http_call(rig.core, "POST", "/update", manifest("'RotateRootSecret':true"),
				 person(0)->certificate, NULL),
		200);
	keep(WAITING);
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	mr_fault_set(0);
	rig_done(&rig);
	for (unsigned i = 0; i < STAGES; i++) {
		mr_buf_done(&stages[i].data);
		mr_buf_done(&stages[i].key);
	}
	return 0;
}

/* The state as the core shows it. */
static void put_state(struct mr_buf *out)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(rig.core);

	mr_buf_init(out, 1 << 24);
	mr_state_write(s->state, out);
}

/* --- requests --- */

struct request {
	const char *name;
	unsigned stage;
	const char *target; /* NULL: an activation */
	unsigned who;
	bool is_manifest;         /* the body */
	const char *body, *error; /* begins so when the commit fails */
	bool restarts;            /* after a failure, before the same request again */
};

static const struct request requests[] = {
	{ .name = "set manifest",
		.stage = FRESH,
		.target = "/manifest",
		.who = 2,
		.is_manifest = true,
		.body = "",
		.error = "sealing state: writing " },
	{ .name = "write secret",
		.stage = SET,
		.target = "/secrets",
		.body = "{\"given\":{\"Key\":\"AAAA\"}}",
		.error = "writing " },
	{ .name = "update",
		.stage = SET,
		.target = "/update",
		.is_manifest = true,
		.body = "'RotateRootSecret':true",
		.error = "committing store transaction: writing " },
	{ .name = "acknowledge",
		.stage = WAITING,
		.target = "/update-manifest",
		.who = 1,
		.is_manifest = true,
		.body = "'RotateRootSecret':true",
		.error = "committing store transaction: writing " },
	{ .name = "cancel",
		.stage = WAITING,
		.target = "/update-cancel",
		.body = "",
		.error = "committing store transaction: writing " },
	{ .name = "activate", .stage = SET, .error = "committing store transaction: writing " },
};

static bool send_http(const struct request *q, struct mr_error *err)
{
	struct mr_bytes body = q->is_manifest ? manifest(q->body)
					      : mr_str_bytes(mr_str_of(q->body));
	MR_AUTO(exchange) struct mr_http_exchange e;

	http_prepare(&e, "POST", q->target, body, person(q->who)->certificate);
	mr_fault_resume();
	http_send(&e, rig.core);
	int status = http_end(&e);
	mr_fault_pause();
	if (status == 200)
		return true;
	struct mr_str text = mr_buf_str(&e.response.body);
	static const char head[] = "{\"status\":\"error\",\"data\":null,\"message\":\"";
	assert_true(mr_str_starts(text, mr_str_of(head)));
	mr_result r = mr_fail(
		err, MR_CODE_IO, "%.*s", MR_STR_ARGS(mr_str_sub(text, sizeof head - 1, text.len)));
	return !mr_failed(r);
}

static bool send_grpc(struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf message;
	MR_AUTO(grpc_call) struct mr_grpc_call c;

	put_activation(&message, "m", UUID, person(0)->csr);
	grpc_prepare(&c, mr_buf_bytes(&message), person(0)->certificate);
	mr_fault_resume();
	grpc_send(&c, rig.core);
	enum mr_grpc_status status = grpc_end(&c);
	mr_fault_pause();
	if (status == MR_GRPC_OK)
		return true;
	assert_int_equal(status, MR_GRPC_INTERNAL);
	mr_result r = mr_fail(err, MR_CODE_IO, "%s", c.error);
	return !mr_failed(r);
}

static bool send_it(const struct request *q, struct mr_error *err)
{
	return q->target ? send_http(q, err) : send_grpc(err);
}

/* The same state is on the disk; before a manifest that is none. */
static void check_disk(const struct request *q, bool good, const struct mr_buf *state)
{
	MR_AUTO(buf) struct mr_buf loaded = { 0 };

	if (!good && q->stage == FRESH)
		return;
	restart();
	put_state(&loaded);
	assert_bytes_equal(mr_buf_bytes(&loaded), mr_buf_bytes(state));
}

static mr_result run_request(void *context, struct mr_error *err)
{
	const struct request *q = context;
	MR_AUTO(buf) struct mr_buf before = { 0 };
	MR_AUTO(buf) struct mr_buf after = { 0 };
	struct mr_error unexpected;

	mr_fault_pause();
	go_to(q->stage);
	put_state(&before);
	bool good = send_it(q, err);
	if (!good)
		assert_starts(err->message, q->error);
	put_state(&after);
	assert_int_equal(mr_bytes_eq(mr_buf_bytes(&after), mr_buf_bytes(&before)), !good);
	if (good || q->restarts)
		check_disk(q, good, &after);
	if (!good) {
		/* that one call has failed and fails no more */
		if (!send_it(q, &unexpected))
			fail_msg("%s again: %s", q->name, unexpected.message);
		MR_AUTO(buf) struct mr_buf again = { 0 };
		put_state(&again);
		check_disk(q, true, &again);
	}
	mr_fault_resume();
	return good ? MR_OK : (mr_result){ MR_CODE_IO };
}

static void test_one_call(void **unused)
{
	static const int errors[] = { EIO, ENOSPC };

	(void)unused;
	for (size_t e = 0; e < MR_COUNT(errors); e++) {
		mr_fault_errno(errors[e]);
		mr_fault_torn_writes(e == 1);
		for (size_t i = 0; i < MR_COUNT(requests); i++) {
			struct request q = requests[i];
			q.restarts = e == 0;
			assert_true(mr_fault_each(q.name, run_request, &q, true) >= 8);
		}
	}
}

/* As if the disk were gone: then it is there again. */
static void test_all_calls_from_one_on(void **unused)
{
	struct mr_error err;

	(void)unused;
	mr_fault_errno(EROFS);
	for (size_t i = 0; i < MR_COUNT(requests); i++) {
		const struct request *q = &requests[i];
		bool hit = true;
		for (unsigned long n = 1; hit; n++) {
			MR_AUTO(buf) struct mr_buf before = { 0 };
			MR_AUTO(buf) struct mr_buf after = { 0 };
			mr_fault_pause();
			go_to(q->stage);
			put_state(&before);
			mr_fault_set_from(n);
			mr_fault_pause();
			bool good = send_it(q, &err);
			hit = mr_fault_hit();
			put_state(&after);
			assert_int_equal(
				mr_bytes_eq(mr_buf_bytes(&after), mr_buf_bytes(&before)), !good);
			mr_fault_set(0);
			mr_fault_pause();
			if (!good && !send_it(q, &err))
				fail_msg("%s again: %s", q->name, err.message);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_call, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_all_calls_from_one_on, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("coordinator_calls", tests, NULL, NULL);
}
