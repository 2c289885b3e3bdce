/* SPDX-License-Identifier: Apache-2.0 */
/* 10 §10, 40 §8: update rules, the pending update, the log. */
#include "manifest/update.h"

#include "base/clock.h"
#include "manifest/update_log.h"
#include "manifest_test.h"

static void test_kind(void **state)
{
	static const char *const sections[] = { "Infrastructures", "Marbles", "Users", "Roles",
		"RecoveryKeys", "Secrets", "TLS" };

	(void)state;
	assert_true(mr_update_is_package_update(decoded(json("{}"))));
	assert_true(mr_update_is_package_update(decoded(
		json("{'Packages':{'p':{}},'Config':{'SealMode':'x','UpdateThreshold':3}}"))));
	for (size_t i = 0; i < MR_COUNT(sections); i++) {
		assert_true(mr_update_is_package_update(
			decoded(jsonf("{'Packages':{'p':{}},'%s':{}}", sections[i]))));
		assert_false(mr_update_is_package_update(
			decoded(jsonf("{'Packages':{'p':{}},'%s':{'x':null}}", sections[i]))));
	}
}

#define CHECKING "checking update manifest: "

static void test_package_update(void **state)
{
	static const struct {
		const char *packages, *message;
	} rows[] = {
		{ "", CHECKING "no packages defined" },
		{ "'none':{'SecurityVersion':9},'pkg':{'Debug':true}",
			"loading current package \"none\" from store: requested value not set" },
		{ "'pkg':{'SecurityVersion':4}", CHECKING
			"update manifest tries to downgrade SecurityVersion of the original "
			"manifest" },
		{ "'pkg':{'SecurityVersion':9,'Debug':true}",
			CHECKING "update manifest contains unupdatable values" },
		{ "'pkg':{'SecurityVersion':9,'UniqueID':'x'}",
			CHECKING "update manifest contains unupdatable values" },
		{ "'pkg':{'SecurityVersion':9,'SignerID':'x'}",
			CHECKING "update manifest contains unupdatable values" },
		{ "'pkg':{'SecurityVersion':9,'ProductID':7}",
			CHECKING "update manifest contains unupdatable values" },
		{ "'pkg':{'ProductID':7}", CHECKING "update manifest contains unupdatable values" },
		{ "'pkg':{'SecurityVersion':9,'TEE':'SNP'}",
			CHECKING "update manifest contains unupdatable values" },
		{ "'pkg':{}",
			CHECKING "update manifest does not specify a SecurityVersion to update" },
		{ "'pkg':{'SecurityVersion':null}",
			CHECKING "update manifest does not specify a SecurityVersion to update" },
		{ "'pkg':{'SecurityVersion':5}", NULL },
		{ "'pkg':{'SecurityVersion':6,'AcceptedTCBStatuses':['Revoked']},"
		  "'unique':{'SecurityVersion':0}",
			NULL },
	};
	const struct mr_manifest *m = decoded(
		json("{'Packages':{'pkg':{'SignerID':'s','ProductID':7,'SecurityVersion':5},"
		     "'unique':{'UniqueID':'u'}}}"));
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		const struct mr_manifest *u = decoded(jsonf("{'Packages':{%s}}", rows[i].packages));
		if (rows[i].message)
			FAILS(mr_package_update_check(u, m->packages, m->packages_count, &err),
				rows[i].message);
		else
			OK(mr_package_update_check(u, m->packages, m->packages_count, &err));
	}
}

#define SKEY "'Type':'symmetric-key','Size':128"
#define CERT "'Type':'cert-ed25519'"
#define WORD "'Type':'plain','UserDefined':true"

static const struct mr_secret_def *def_of(const char *members)
{
	return members ? &decoded(jsonf("{'Secrets':{'s':{%s}}}", members))->secrets[0].def : NULL;
}

static void test_secret_plan(void **state)
{
	static const struct {
		const char *old, *new_def;
		bool rotate;
		enum mr_secret_plan want;
	} rows[] = {
		{ NULL, SKEY, false, MR_PLAN_REPLACE },
		{ NULL, WORD, true, MR_PLAN_RESET },
		{ SKEY, SKEY, false, MR_PLAN_KEEP },
		{ SKEY, SKEY, true, MR_PLAN_RENEW },
		{ SKEY ",'Shared':true", SKEY ",'Shared':true", false, MR_PLAN_KEEP },
		{ SKEY ",'Shared':true", SKEY ",'Shared':true", true, MR_PLAN_RENEW },
		{ SKEY ",'Shared':true", SKEY, false, MR_PLAN_REPLACE },
		{ SKEY, "'Type':'symmetric-key','Size':256", true, MR_PLAN_REPLACE },
		{ SKEY, SKEY ",'ValidFor':365", false, MR_PLAN_REPLACE },
		{ SKEY, SKEY ",'UserDefined':true", false, MR_PLAN_RESET },
		{ SKEY ",'UserDefined':true", SKEY, false, MR_PLAN_REPLACE },
		{ SKEY ",'UserDefined':true", SKEY ",'UserDefined':true", true, MR_PLAN_KEEP },
		{ WORD, WORD, false, MR_PLAN_KEEP },
		{ CERT, CERT, false, MR_PLAN_RENEW },
		{ CERT ",'ValidFor':365", CERT, false, MR_PLAN_RENEW },
		{ CERT ",'ValidFor':364", CERT, false, MR_PLAN_REPLACE },
		{ CERT ",'ValidFor':30,'Cert':{'DNSNames':['a']}",
			CERT ",'ValidFor':30,'Cert':{'DNSNames':['b']}", true, MR_PLAN_RENEW },
		{ CERT, "'Type':'cert-rsa'", false, MR_PLAN_REPLACE },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++)
		assert_int_equal(mr_update_secret_plan(def_of(rows[i].old), def_of(rows[i].new_def),
					 rows[i].rotate),
			rows[i].want);
}

static void test_recovery_keys(void **state)
{
	static const struct {
		const char *old, *new_manifest;
		bool changed;
	} rows[] = {
		{ "{}", "{}", false },
		{ "{}", "{'RecoveryKeys':{'a':'x'}}", true },
		{ "{'RecoveryKeys':{'a':'x','b':'y'}}",
			"{'RecoveryKeys':{'b':'y','a':'x'},'Config':{'RecoveryThreshold':2}}",
			false },
		{ "{'RecoveryKeys':{'a':'x','b':'y','c':'z'}}",
			"{'RecoveryKeys':{'a':'x','b':'y','c':'z'},'Config':{'RecoveryThreshold':2}"
			"}",
			true },
		{ "{'RecoveryKeys':{'a':'x'}}", "{'RecoveryKeys':{'b':'x'}}", true },
		{ "{'RecoveryKeys':{'a':'x'}}", "{'RecoveryKeys':{'a':'y'}}", true },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++)
		assert_int_equal(mr_recovery_keys_changed(decoded(json(rows[i].old)),
					 decoded(json(rows[i].new_manifest))),
			rows[i].changed);
}

static size_t make_users(struct mr_user *users)
{
	const char *names[] = { "ada", "ben", "cyd", "una" };

	for (size_t i = 0; i < MR_COUNT(names); i++) {
		users[i] = (struct mr_user){ .name = mr_str_of(names[i]) };
		users[i].permissions[MR_ACTION_UPDATE_MANIFEST].granted = i < 3;
	}
	return MR_COUNT(names);
}

static const char *missing_text(const struct mr_pending_update *p)
{
	struct mr_str_list list;
	struct mr_error err;
	const char *text = "";

	OK(mr_pending_update_missing(p, test_arena(), &list, &err));
	for (size_t i = 0; i < list.count; i++)
		text = textf("%s%s%.*s", text, i ? " " : "", MR_STR_ARGS(list.items[i]));
	return text;
}

static void test_pending_update(void **state)
{
	struct mr_user users[4];
	size_t count = make_users(users);
	struct mr_bytes raw = json("{ }"), other = json("{}");
	struct mr_pending_update p;
	struct mr_error err;

	(void)state;
	OK(mr_pending_update_new(raw, users, count, 0, MR_STR("ada"), test_arena(), &p, &err));
	assert_int_equal(p.missing, 2);
	assert_string_equal(missing_text(&p), "ben cyd");
	FAILS(mr_pending_update_acknowledge(&p, MR_STR("una"), other, &err),
		"user una is not allowed to acknowledge manifest updates");
	FAILS(mr_pending_update_acknowledge(&p, MR_STR("ben"), other, &err),
		"provided manifest does not match the pending manifest");
	OK(mr_pending_update_acknowledge(&p, MR_STR("ada"), raw, &err));
	assert_int_equal(p.missing, 2);
	OK(mr_pending_update_acknowledge(&p, MR_STR("cyd"), raw, &err));
	assert_int_equal(p.missing, 1);
	assert_string_equal(missing_text(&p), "ben");
	OK(mr_pending_update_acknowledge(&p, MR_STR("cyd"), raw, &err));
	OK(mr_pending_update_acknowledge(&p, MR_STR("ben"), raw, &err));
	assert_int_equal(p.missing, 0);
	OK(mr_pending_update_new(raw, users, count, 2, MR_STR("ben"), test_arena(), &p, &err));
	assert_int_equal(p.missing, 1);
	assert_string_equal(missing_text(&p), "ada cyd");
	OK(mr_pending_update_new(raw, users, count, 1, MR_STR("ben"), test_arena(), &p, &err));
	assert_int_equal(p.missing, 0);
	OK(mr_pending_update_acknowledge(&p, MR_STR("ada"), raw, &err));
	assert_int_equal(p.missing, 0);
}

static void test_pending_json(void **state)
{
	static const struct {
		const char *text, *want;
		uint64_t missing;
	} rows[] = {
		{ "{'manifestRaw':'e30=','requiredUsers':{'alice':true,'bob':false},"
		  "'missingAcknowledgments':1}",
			NULL, 1 },
		{ "{'requiredusers':{'b':false,'a':false,'b':true},'MANIFESTRAW':'e30='}",
			"{'manifestRaw':'e30=','requiredUsers':{'a':false,'b':true},"
			"'missingAcknowledgments':1}",
			1 },
		{ "{'missingAcknowledgments':0,'requiredUsers':{'a':false}}",
			"{'manifestRaw':'','requiredUsers':{'a':false},"
			"'missingAcknowledgments':0}",
			0 },
	};
	struct mr_pending_update p;
	struct mr_error err;

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf text = { 0 };
		mr_buf_init(&text, 1 << 16);
		OK(mr_pending_update_decode(json(rows[i].text), test_arena(), &p, &err));
		assert_int_equal(p.missing, rows[i].missing);
		mr_pending_update_encode(&text, &p);
		assert_json(&text, rows[i].want ? rows[i].want : rows[i].text);
	}
	FAILS_WITH(mr_pending_update_decode(
			   json("{'missingAcknowledgments':-1}"), test_arena(), &p, &err),
		MR_CODE_INVALID);
	FAILS_WITH(mr_pending_update_decode(json("x"), test_arena(), &p, &err), MR_CODE_INVALID);
}

static void test_log(void **state)
{
	const struct mr_str missing[] = { MR_STR("ben"), MR_STR("c\"d") };
	const struct mr_str user = MR_STR("a<b"), fingerprint = MR_STR("00ff");
	const int64_t at = INT64_C(1767323045678000000);
	MR_AUTO(buf) struct mr_buf log = { 0 }, want = { 0 };
	char time[64];

	(void)state;
	mr_buf_init(&log, 1 << 16);
	mr_buf_init(&want, 1 << 16);
	(void)mr_clock_format_iso8601(at, time, sizeof time);
	mr_update_log_initial(&log, at);
	mr_update_log_security_version(&log, at, user, MR_STR("p"), UINT64_MAX);
	mr_update_log_secret_set(&log, at, user, MR_STR("s\n"), MR_STR("plain"));
	mr_update_log_initiated(&log, at, user, fingerprint);
	mr_update_log_initiated_waiting(&log, at, user, 2, missing, 2, fingerprint);
	mr_update_log_acknowledged(&log, at, user, 0, NULL, 0, fingerprint);
	mr_update_log_updated(&log, at, fingerprint);
	mr_update_log_cancelled(&log, at, user, fingerprint);
	mr_update_log_failed(&log, at, fingerprint);
	static const char *const lines[] = {
		"'Initial manifest set'",
		"'SecurityVersion increased','user':'a<b','package':'p','new version':"
		"18446744073709551615",
		"'Secret set','user':'a<b','secret':'s\\n','type':'plain'",
		"'Complete Manifest update initiated by user. No further acknowledgements "
		"required','user':'a<b','manifestFingerprint':'00ff'",
		"'Complete Manifest update initiated by user. Waiting for acknowledgments to apply "
		"the update','user':'a<b','missingAcknowledgments':2,'missingUsers':['ben',"
		"'c\\\"d'],'manifestFingerprint':'00ff'",
		"'Complete Manifest update acknowledged by user','user':'a<b',"
		"'missingAcknowledgments':0,'missingUsers':[],'manifestFingerprint':'00ff'",
		"'Complete Manifest updated','manifestFingerprint':'00ff'",
		"'Complete Manifest update cancelled by user','user':'a<b',"
		"'manifestFingerprint':'00ff'",
		"'Complete Manifest update cancelled due to error during apply',"
		"'manifestFingerprint':'00ff'",
	};
	for (size_t i = 0; i < MR_COUNT(lines); i++)
		mr_buf_printf(&want, "{'time':'%s','update':%s}\n", time, lines[i]);
	mr_buf_put_u8(&want, 0);
	assert_json(&log, (const char *)want.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kind),
		cmocka_unit_test(test_package_update),
		cmocka_unit_test(test_secret_plan),
		cmocka_unit_test(test_recovery_keys),
		cmocka_unit_test(test_pending_update),
		cmocka_unit_test(test_pending_json),
		cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
