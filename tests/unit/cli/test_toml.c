/* SPDX-License-Identifier: Apache-2.0 */
/* TOML as gramine-prepare reads it (50 §15.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/toml.h"

static void test_values(void **state)
{
	static const struct {
		const char *text, *key, *value;
	} cases[] = {
		{ "a = 1", "a", "1" },
		{ "a=1 # comment\n", "a", "1" },
		{ "a.b . c = true", "a.b.c", "true" },
		{ "'a b'.\"c\" = 1", "a b.c", "1" },
		{ "[t]\na = -1.5e3", "t.a", "-1.5e3" },
		{ "[[t.u]]\na = 1979-05-27T07:32:00+01:00", "t.u.a", "1979-05-27T07:32:00+01:00" },
		{ "a = \"x # \\\" y\"", "a", "\"x # \\\" y\"" },
		{ "a = 'x \\'", "a", "'x \\'" },
		{ "a = \"\"\"x\n\"y\"\"\"\"\nb = 1", "a", "\"\"\"x\n\"y\"\"\"\"" },
		{ "a = '''x\n'''", "a", "'''x\n'''" },
		{ "a = [ 1, [ 'x' ], # c ]\n  { b = 2 }, ]", "a",
			"[ 1, [ 'x' ], # c ]\n  { b = 2 }, ]" },
		{ "a = { b = 2, c.d = 3 }", "a.c.d", "3" },
		{ "a = {}", "a", "{}" },
		{ "a = 1\r\nb = 2\r\n", "b", "2" },
		{ "a = 1\na = 2", "a", "2" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		MR_AUTO(arena) struct mr_arena arena = { 0 };
		struct mr_toml toml;
		struct mr_error err;
		mr_arena_init(&arena, 1 << 20);
		mr_result r = mr_toml_parse(mr_str_of(cases[i].text), &arena, &toml, &err);
		if (mr_failed(r))
			fail_msg("%s: %s", cases[i].text, err.message);
		const struct mr_toml_entry *e = mr_toml_find(&toml, mr_str_of(cases[i].key));
		assert_non_null(e);
		assert_true(mr_str_eq(e->value, mr_str_of(cases[i].value)));
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "= [", "toml: line 1: a key is missing" },
		{ "a", "toml: line 1: = is missing" },
		{ "a =", "toml: line 1: a value is missing" },
		{ "\n\na = 1 b", "toml: line 3: more behind the value" },
		{ "a = \"x", "toml: line 1: a string does not end" },
		{ "a = \"x\\", "toml: line 1: a string does not end" },
		{ "a = 'x\n'", "toml: line 1: a string does not end" },
		{ "a = [ 1 2 ]", "toml: line 1: an array does not go on" },
		{ "a = [", "toml: line 1: a value is missing" },
		{ "a = { b = 1", "toml: line 1: an inline table does not go on" },
		{ "[t", "toml: line 1: a table's name does not end" },
		{ "[[t]", "toml: line 1: a table's name does not end" },
		{ "a..b = 1", "toml: line 1: a key is missing" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		MR_AUTO(arena) struct mr_arena arena = { 0 };
		struct mr_toml toml;
		struct mr_error err;
		mr_arena_init(&arena, 1 << 20);
		assert_true(
			mr_failed(mr_toml_parse(mr_str_of(cases[i].text), &arena, &toml, &err)));
		assert_string_equal(err.message, cases[i].message);
	}
}

static void test_depth(void **state)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	char text[200] = "a = ";
	struct mr_toml toml;
	struct mr_error err;

	(void)state;
	mr_arena_init(&arena, 1 << 20);
	memset(text + 4, '[', MR_TOML_MAX_DEPTH + 1);
	assert_true(mr_failed(mr_toml_parse(mr_str_of(text), &arena, &toml, &err)));
	assert_string_equal(err.message, "toml: line 1: nested too deep");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
