/* SPDX-License-Identifier: Apache-2.0 */
/* 10 §9: users, their permissions, and the texts of refusals. */
#include "manifest/users.h"

#include "codec/base64.h"
#include "manifest_test.h"

static struct mr_user *users;
static size_t users_count;

static const struct mr_user *user(const char *name)
{
	const struct mr_user *found = mr_names_find(
		users, users_count, sizeof *users, mr_str_of(name));

	assert_non_null(found);
	return found;
}

static int make_users(void **state)
{
	const struct mr_manifest *m = decoded(jsonf(
		"{'Users':{'all':{'Certificate':'text\\n%s more','Roles':['read','write','up','pkg',"
		"'read2','none']},'none':{'Certificate':'%s'},'word':{'Certificate':'%s',"
		"'Roles':['read2','missing']}},"
		"'Roles':{'read':{'ResourceType':'Secrets','ResourceNames':['b','a','b'],"
		"'Actions':['READSECRET']},'read2':{'ResourceType':'Secrets','ResourceNames':['c'],"
		"'Actions':['ReadSecret']},'write':{'ResourceType':'Secrets','ResourceNames':['a'],"
		"'Actions':['WriteSecret']},'up':{'ResourceType':'Manifest','Actions':["
		"'UpdateManifest']},'pkg':{'ResourceType':'Packages','ResourceNames':['p','q'],"
		"'Actions':['updatesecurityversion']},'none':{'ResourceType':'Secrets',"
		"'ResourceNames':['d']}}}",
		certificate_json(0), certificate_json(1), certificate_json(2)));
	struct mr_error err;

	(void)state;
	return mr_failed(mr_users_from_manifest(m, test_arena(), &users, &users_count, &err)) ? -1
											      : 0;
}

static void test_permissions(void **state)
{
	const struct mr_str a = MR_STR("a"), ab[] = { MR_STR("a"), MR_STR("b") },
			    abc[] = { MR_STR("c"), MR_STR("b"), MR_STR("a") },
			    ad[] = { MR_STR("a"), MR_STR("d") };

	(void)state;
	assert_int_equal(users_count, 3);
	assert_true(mr_user_may(user("all"), MR_ACTION_READ_SECRET, ab, 2));
	assert_true(mr_user_may(user("all"), MR_ACTION_READ_SECRET, abc, 3));
	assert_false(mr_user_may(user("all"), MR_ACTION_READ_SECRET, ad, 2));
	assert_true(mr_user_may(user("all"), MR_ACTION_WRITE_SECRET, &a, 1));
	assert_false(mr_user_may(user("all"), MR_ACTION_WRITE_SECRET, ab, 2));
	assert_true(mr_user_may(user("all"), MR_ACTION_UPDATE_MANIFEST, NULL, 0));
	assert_false(mr_user_may(user("word"), MR_ACTION_READ_SECRET, &a, 1));
	assert_true(mr_user_may(user("word"), MR_ACTION_READ_SECRET, NULL, 0));
	assert_false(mr_user_may(user("word"), MR_ACTION_UPDATE_MANIFEST, NULL, 0));
	for (enum mr_action action = 0; action < MR_ACTIONS; action++)
		assert_false(mr_user_may(user("none"), action, NULL, 0));
}

static void test_identity(void **state)
{
	(void)state;
	assert_ptr_equal(
		mr_users_by_certificate(users, users_count, certificate_der(2)), user("word"));
	assert_ptr_equal(
		mr_users_by_certificate(users, users_count, certificate_der(0)), user("all"));
	assert_null(mr_users_by_certificate(users, users_count, certificate_der(3)));
	assert_null(mr_users_by_certificate(users, users_count, mr_bytes_of("", 0)));
}

static void test_texts(void **state)
{
	const struct mr_str names[] = { MR_STR("b"), MR_STR("x"), MR_STR("a") };
	const struct mr_manifest *m = decoded(json("{'Packages':{'q':{},'p':{}}}")),
				 *other = decoded(json("{'Packages':{'r':{},'p':{}}}"));
	struct mr_error err;

	(void)state;
	OK(mr_user_check_read(user("all"), names, 1, &err));
	FAILS(mr_user_check_read(user("all"), names, 3, &err),
		"user all is not allowed to read one or more secrets of: [b x a]");
	OK(mr_user_check_write(user("all"), MR_STR("a"), &err));
	FAILS(mr_user_check_write(user("all"), MR_STR("b"), &err),
		"user all is not allowed to update secret: b");
	assert_int_equal(err.code, MR_CODE_DENIED);
	OK(mr_user_check_packages(user("all"), m->packages, m->packages_count, &err));
	OK(mr_user_check_packages(user("all"), NULL, 0, &err));
	FAILS(mr_user_check_packages(user("all"), other->packages, 2, &err),
		"user all is not allowed to update one or more packages of [p r]");
	FAILS(mr_user_check_packages(user("none"), NULL, 0, &err),
		"user none is not allowed to update one or more packages of []");
	OK(mr_user_check_update(user("all"), "x", &err));
	FAILS(mr_user_check_update(user("word"), "update the complete manifest", &err),
		"user word is not allowed to update the complete manifest");
}

static void test_bad_certificates(void **state)
{
	struct mr_user *list;
	size_t count;
	struct mr_error err;

	(void)state;
	FAILS(mr_users_from_manifest(decoded(json("{'Users':{'u':{'Certificate':'no pem'}}}")),
		      test_arena(), &list, &count, &err),
		"received invalid certificate for user u");
	FAILS_WITH(mr_users_from_manifest(
			   decoded(json("{'Users':{'u':{'Certificate':'-----BEGIN CERTIFICATE-----"
					"\\nMAMCAQE=\\n-----END CERTIFICATE-----\\n'}}}")),
			   test_arena(), &list, &count, &err),
		MR_CODE_INVALID);
	assert_true(mr_str_starts(mr_str_of(err.message), MR_STR("x509: ")));
	OK(mr_users_from_manifest(decoded(json("{}")), test_arena(), &list, &count, &err));
	assert_int_equal(count, 0);
}

static void test_json(void **state)
{
	MR_AUTO(buf) struct mr_buf text = { 0 }, der = { 0 };
	struct mr_user again;
	struct mr_error err;

	(void)state;
	mr_buf_init(&text, 1 << 16);
	mr_buf_init(&der, 1 << 16);
	mr_base64_encode(&der, certificate_der(0), MR_BASE64_STANDARD);
	mr_buf_put_u8(&der, 0);
	mr_user_encode(&text, user("all"));
	const char *want = textf(
		"{'Name':'all','Certificate':'%s','Permissions':{"
		"'readsecret':{'PermissionID':'readsecret','ResourceID':{'a':true,'b':true,"
		"'c':true}},'updatemanifest':{'PermissionID':'updatemanifest','ResourceID':{}},"
		"'updatesecurityversion':{'PermissionID':'updatesecurityversion','ResourceID':{"
		"'p':true,'q':true}},'writesecret':{'PermissionID':'writesecret','ResourceID':{"
		"'a':true}}}}",
		(const char *)der.data);
	assert_json(&text, want);
	OK(mr_user_decode(mr_buf_bytes(&text), MR_STR("all"), test_arena(), &again, &err));
	mr_buf_clear(&text);
	mr_user_encode(&text, &again);
	assert_json(&text, want);
	OK(mr_user_decode(jsonf("{'certificate':'%s','Permissions':{'x':{},'readsecret':{"
				"'resourceid':{'b':true,'a':false}}}}",
				  (const char *)der.data),
		MR_STR("n"), test_arena(), &again, &err));
	assert_str(again.name, "n");
	assert_int_equal(again.permissions[MR_ACTION_READ_SECRET].resources_count, 1);
	assert_false(again.permissions[MR_ACTION_WRITE_SECRET].granted);
	OK(mr_user_decode(jsonf("{'Certificate':'%s','Permissions':null}", (const char *)der.data),
		MR_STR("n"), test_arena(), &again, &err));
	FAILS(mr_user_decode(json("{'Certificate':null}"), MR_STR("n"), test_arena(), &again, &err),
		"user n has no certificate");
	FAILS(mr_user_decode(json("{'Certificate':'*'}"), MR_STR("n"), test_arena(), &again, &err),
		"user n has no certificate");
	FAILS_WITH(mr_user_decode(
			   json("{'Certificate':'AAAA'}"), MR_STR("n"), test_arena(), &again, &err),
		MR_CODE_INVALID);
	FAILS_WITH(
		mr_user_decode(json("{'Permissions':[]}"), MR_STR("n"), test_arena(), &again, &err),
		MR_CODE_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_permissions),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_bad_certificates),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, make_users, NULL);
}
