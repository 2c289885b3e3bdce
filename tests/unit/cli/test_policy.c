/* SPDX-License-Identifier: Apache-2.0 */
/* The attestation policy file: keys, types, ranges, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli_test.h"
#include "client/policy.h"

static void test_good(void **state)
{
	static const struct {
		const char *text, *unique_id, *signer_id;
		uint64_t version;
		uint16_t product;
		bool debug;
	} rows[] = {
		{ "{}", "", "", 0, 0, false },
		{ "null", "", "", 0, 0, false },
		{ "{\"SecurityVersion\": 2, \"ProductID\": 3, \"SignerID\": \"aBcd\"}", "", "aBcd",
			2, 3, false },
		{ "{\"uniqueid\": \"01\", \"DEBUG\": true}", "01", "", 0, 0, true },
		{ " {\"UniqueID\": \"\\u0061\", \"x\": [1, {\"a\": null}]}\n", "a", "", 0, 0,
			false },
		{ "{\"ProductID\": 65535, \"SecurityVersion\": 18446744073709551615}", "", "",
			UINT64_MAX, 65535, false },
		/* of a repeated key the last counts; null is nothing */
		{ "{\"ProductID\": 1, \"productid\": 2, \"ProductID\": null}", "", "", 0, 2,
			false },
		/* what the command line says anyway */
		{ "{\"AcceptedTCBStatuses\": [\"a\"], \"AcceptedAdvisories\": null, \"Nonce\": "
		  "\"AAE=\", \"InsecureSkipVerify\": false}",
			"", "", 0, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(arena) struct mr_arena arena = { 0 };
		struct mr_policy policy;
		struct mr_error err;

		mr_arena_init(&arena, 1 << 20);
		if (mr_failed(mr_policy_parse(mr_str_of(rows[i].text), &arena, &policy, &err)))
			fail_msg("%s: %s", rows[i].text, err.message);
		assert_true(mr_str_eq(policy.unique_id, mr_str_of(rows[i].unique_id)));
		assert_true(mr_str_eq(policy.signer_id, mr_str_of(rows[i].signer_id)));
		assert_true(policy.security_version == rows[i].version);
		assert_int_equal(policy.product_id, rows[i].product);
		assert_int_equal(policy.debug, rows[i].debug);
	}
}

static void test_bad(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "", "unexpected end of JSON input" },
		{ "{", "unexpected end of JSON input" },
		{ "[]", "json: cannot unmarshal array " },
		{ "7", "json: cannot unmarshal number " },
		{ "\"x\"", "json: cannot unmarshal string " },
		{ "{} {}", "invalid character '{' after top-level value" },
		{ "{\"SignerID\": \"ab\",}", "invalid character '}' " },
		{ "SignerID: ab", "invalid character 'S' " },
		{ "{\"ProductID\": 65536}", "ProductID: json: cannot unmarshal number 65536 " },
		{ "{\"productid\": -1}", "ProductID: json: cannot unmarshal number -1 " },
		{ "{\"ProductID\": 1.5}", "ProductID: " },
		{ "{\"ProductID\": \"1\", \"ProductID\": 1}", "ProductID: " },
		{ "{\"SecurityVersion\": -1}", "SecurityVersion: " },
		{ "{\"SecurityVersion\": \"1\"}", "SecurityVersion: " },
		{ "{\"UniqueID\": 5}", "UniqueID: " },
		{ "{\"SignerID\": {}}", "SignerID: " },
		{ "{\"Debug\": \"false\"}", "Debug: " },
		{ "{\"AcceptedTCBStatuses\": \"UpToDate\"}", "AcceptedTCBStatuses: " },
		{ "{\"AcceptedAdvisories\": [1]}", "AcceptedAdvisories: " },
		{ "{\"Nonce\": \"!\"}", "Nonce: illegal base64 data" },
		{ "{\"InsecureSkipVerify\": 1}", "InsecureSkipVerify: json: " },
		{ "{\"insecureskipverify\": true}",
			"InsecureSkipVerify: InsecureSkipVerify is not allowed in the file, use "
			"--insecure to skip quote verification" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(arena) struct mr_arena arena = { 0 };
		struct mr_policy policy;
		struct mr_error err;

		mr_arena_init(&arena, 1 << 20);
		if (!mr_failed(mr_policy_parse(mr_str_of(rows[i].text), &arena, &policy, &err)))
			fail_msg("%s: no error", rows[i].text);
		if (strncmp(err.message, rows[i].error, strlen(rows[i].error)) != 0)
			fail_msg("%s: %s", rows[i].text, err.message);
	}
}

static void test_files(void **state)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_policy policy;
	struct mr_error err;

	(void)state;
	mr_arena_init(&arena, 1 << 20);
	assert_null(mr_policy_find());
	cli_test_write("coordinator-era.json", "{\"ProductID\": 7}");
	assert_string_equal(mr_policy_find(), "coordinator-era.json");
	cli_test_write("era-config.json", "nonsense");
	assert_string_equal(mr_policy_find(), "era-config.json");

	assert_false(mr_failed(mr_policy_read("coordinator-era.json", &arena, &policy, &err)));
	assert_int_equal(policy.product_id, 7);
	assert_true(mr_failed(mr_policy_read("era-config.json", &arena, &policy, &err)));
	assert_non_null(strstr(err.message, "reading era config file: invalid character"));
	assert_true(mr_failed(mr_policy_read("none", &arena, &policy, &err)));
	assert_string_equal(
		err.message, "reading era config file: open none: no such file or directory");
}

static int enter(void **state)
{
	(void)state;
	cli_test_enter_folder();
	return 0;
}

static int leave(void **state)
{
	(void)state;
	cli_test_leave_folder();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test_setup_teardown(test_files, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
