/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest in force: versions from the update log, patched into the text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/consolidate.h"

#define RAISED(package, version) "{\"package\":\"" package "\",\"new version\":" version "}"
#define COMPLETE "{\"update\":\"Complete Manifest updated\"}"

struct row {
	const char *manifest;
	const char *log[5];
	const char *want; /* the text, or an error */
};

static mr_result consolidate(const struct row *row, struct mr_buf *out, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_str log[5];
	size_t count = 0;

	while (count < 5 && row->log[count]) {
		log[count] = mr_str_of(row->log[count]);
		count++;
	}
	mr_arena_init(&arena, 1 << 20);
	mr_buf_init(out, 1 << 16);
	return mr_consolidate(mr_str_of(row->manifest), log, count, &arena, out, err);
}

static void test_texts(void **state)
{
	static const struct row rows[] = {
		{ "{ \"Packages\": {} }\n", { NULL }, "{ \"Packages\": {} }\n" },
		{ "{}", { "{\"update\":\"Initial manifest set\"}", "{}" }, "{}" },
		{ "{\"Packages\":{\"p\":{\"SecurityVersion\" : 3 , \"N\":\"k\"}}, \"Z\":[1,\t2]}",
			{ RAISED("p", "12") },
			"{\"Packages\":{\"p\":{\"SecurityVersion\" : 12 , \"N\":\"k\"}}, "
			"\"Z\":[1,\t2]}" },
		/* the last entry counts, whatever it says */
		{ "{\"Packages\":{\"p\":{\"SecurityVersion\":3}}}",
			{ RAISED("p", "4"), RAISED("p", "11"), RAISED("p", "2") },
			"{\"Packages\":{\"p\":{\"SecurityVersion\":2}}}" },
		{ "{\"Packages\":{\"p\":{\"SecurityVersion\":3}}}",
			{ RAISED("p", "18446744073709551615") },
			"{\"Packages\":{\"p\":{\"SecurityVersion\":18446744073709551615}}}" },
		/* several packages, in another order than the text's */
		{ "{\"Packages\":{\"a\":{\"SecurityVersion\":1},\"b\":{\"SecurityVersion\":2}}}",
			{ RAISED("b", "20"), RAISED("a", "10") },
			"{\"Packages\":{\"a\":{\"SecurityVersion\":10},\"b\":{\"SecurityVersion\":"
			"20}}}" },
		/* without a version: none in the entry, none in the manifest, null */
		{ "{\"Packages\":{\"p\":{\"SecurityVersion\":3}}}",
			{ "{\"package\":\"p\"}", "{\"package\":\"p\",\"new version\":null}",
				"{\"package\":null}" },
			"{\"Packages\":{\"p\":{\"SecurityVersion\":3}}}" },
		{ "{\"Packages\":{\"p\":{ \"ProductID\": 1\n }}}", { RAISED("p", "5") },
			"{\"Packages\":{\"p\":{ \"ProductID\": 1,\"SecurityVersion\":5\n }}}" },
		{ "{\"Packages\":{\"p\":{ }}}", { RAISED("p", "5") },
			"{\"Packages\":{\"p\":{\"SecurityVersion\":5 }}}" },
		{ "{\"Packages\":{\"p\":{\"SecurityVersion\":null}}}", { RAISED("p", "5") },
			"{\"Packages\":{\"p\":{\"SecurityVersion\":5}}}" },
		/* names as the Coordinator reads them */
		{ "{\"packages\":{\"p\":{\"securityversion\":1}}}", { RAISED("p", "5") },
			"{\"packages\":{\"p\":{\"securityversion\":5}}}" },
		{ "{\"Packages\":{\"\\u0070\":{\"SecurityVersion\":1}}}", { RAISED("p", "5") },
			"{\"Packages\":{\"\\u0070\":{\"SecurityVersion\":5}}}" },
		/* what came before a complete update is in the text already */
		{ "{\"Packages\":{\"p\":{\"SecurityVersion\":3}}}",
			{ RAISED("old", "5"), RAISED("p", "9"), COMPLETE },
			"{\"Packages\":{\"p\":{\"SecurityVersion\":3}}}" },
		{ "{\"Packages\":{\"p\":{\"SecurityVersion\":3}}}",
			{ RAISED("old", "5"), COMPLETE, RAISED("p", "4") },
			"{\"Packages\":{\"p\":{\"SecurityVersion\":4}}}" },
		{ "{\"Packages\":{\"p\":{\"SecurityVersion\":3}}}",
			{ RAISED("p", "9"), COMPLETE, "{\"package\":\"p\"}" },
			"{\"Packages\":{\"p\":{\"SecurityVersion\":3}}}" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };
		struct mr_error err;

		if (mr_failed(consolidate(&rows[i], &out, &err)))
			fail_msg("%s: %s", rows[i].manifest, err.message);
		if (!mr_str_eq(mr_buf_str(&out), mr_str_of(rows[i].want)))
			fail_msg("got %.*s, want %s", MR_STR_ARGS(mr_buf_str(&out)), rows[i].want);
	}
}

static void test_errors(void **state)
{
	static const struct row rows[] = {
		{ "[1]", { NULL }, "the manifest is no JSON object" },
		{ "", { NULL }, "unexpected end of JSON input" },
		{ "{}", { RAISED("p", "1") }, "package p not found in base manifest" },
		{ "{\"Packages\":{\"q\":{}}}", { RAISED("p", "1") },
			"package p not found in base manifest" },
		{ "{\"Packages\":{\"p\":1}}", { RAISED("p", "1") },
			"package p not found in base manifest" },
		{ "{}", { "x" }, "parsing update log: invalid character 'x' " },
		{ "{}", { "[]" }, "parsing update log: json: cannot unmarshal array " },
		{ "{}", { "{\"package\":1}" }, "parsing update log: json: " },
		{ "{\"Packages\":{\"p\":{}}}", { RAISED("p", "-1") },
			"parsing update log: json: " },
		{ "{\"Packages\":{\"p\":{}}}", { RAISED("p", "\"1\"") },
			"parsing update log: json: " },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };
		struct mr_error err;

		if (!mr_failed(consolidate(&rows[i], &out, &err)))
			fail_msg("%s: no error", rows[i].manifest);
		if (strncmp(err.message, rows[i].want, strlen(rows[i].want)) != 0)
			fail_msg("got %s, want %s", err.message, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
