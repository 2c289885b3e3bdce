/* SPDX-License-Identifier: Apache-2.0 */
/* Request targets and query strings (20 §2.1, §2.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/http_parse.h"

struct target_case {
	const char *target, *path, *query; /* path NULL: malformed */
};

static const struct target_case targets[] = {
	{ "/", "/", "" },
	{ "/api/v2/status", "/api/v2/status", "" },
	{ "/api/v2/st%61tus", "/api/v2/status", "" },
	{ "/%61%70%69/v2/status?", "/api/v2/status", "" },
	{ "/status?x=1&nonce=%%%", "/status", "x=1&nonce=%%%" },
	{ "/status?/../secrets", "/status", "/../secrets" },
	{ "/status??a=b", "/status", "?a=b" },
	{ "/api%2Fv2/status", "/api%2Fv2/status", "" },
	{ "/api%2fv2/status", "/api%2fv2/status", "" },
	{ "/sta%2574us", "/sta%74us", "" },
	{ "/a%3Fb%23", "/a?b#", "" },
	{ "/%2e%2e/status", "/../status", "" },
	{ "//status", "//status", "" },
	{ "/a/./b/../c", "/a/./b/../c", "" },
	{ "/a+b", "/a+b", "" },
	{ "/a%2Bb", "/a+b", "" },
	{ "/%C3%BC", "/\xc3\xbc", "" },
	{ "https://mesh.example/api/v2/status", "/api/v2/status", "" },
	{ "HTTP://127.0.0.1:1/status?x=1", "/status", "x=1" },
	{ "https://mesh.example", "/", "" },
	{ "https://mesh.example?a", "/", "a" },
	{ "/status%zz", NULL, NULL },
	{ "/%", NULL, NULL },
	{ "/%4", NULL, NULL },
	{ "/%4x", NULL, NULL },
	{ "status", NULL, NULL },
	{ "*", NULL, NULL },
	{ "", "/", "" },
	{ "host:4433", NULL, NULL },
	{ "https:///status", NULL, NULL },
	{ "https://", NULL, NULL },
	{ "http:/status", NULL, NULL },
	{ "ftp://a/status", NULL, NULL },
};

static void test_targets(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(targets); i++) {
		const struct target_case *c = &targets[i];
		MR_AUTO(buf) struct mr_buf path = { 0 };
		struct mr_str query = { NULL, 0 };
		mr_buf_init(&path, 1000);
		bool good = mr_http_split_target(
			MR_STR("GET"), mr_str_of(c->target), &path, &query);
		if (good != (c->path != NULL))
			fail_msg("%s: %d", c->target, good);
		if (!good)
			continue;
		if (!mr_str_eq(mr_buf_str(&path), mr_str_of(c->path)))
			fail_msg("%s: path %.*s", c->target, MR_STR_ARGS(mr_buf_str(&path)));
		assert_true(mr_str_eq(query, mr_str_of(c->query)));
	}
}

static void test_special_targets(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf path = { 0 };
	struct mr_str query;

	mr_buf_init(&path, 1000);
	assert_true(mr_http_split_target(MR_STR("OPTIONS"), MR_STR("*"), &path, &query));
	assert_true(mr_str_eq(mr_buf_str(&path), MR_STR("*")));
	mr_buf_clear(&path);
	assert_true(mr_http_split_target(MR_STR("GET"), MR_STR("/a%00b"), &path, &query));
	assert_int_equal(path.len, 4);
	assert_memory_equal(path.data, "/a\0b", 4);
	assert_false(mr_http_split_target(MR_STR("CONNECT"), MR_STR("host:1"), &path, &query));
}

struct get_case {
	const char *query, *value; /* NULL: absent */
	bool bad;
};

static const struct get_case gets[] = {
	{ "", NULL, false },
	{ "nonce=abc", "abc", false },
	{ "a=b&nonce=abc&nonce=def", "abc", false },
	{ "nonce", "", false },
	{ "nonce=", "", false },
	{ "&&nonce=x&&", "x", false },
	{ "%6eonce=x", "x", false },
	{ "Nonce=x", NULL, false },
	{ "nonces=x&nonc=y", NULL, false },
	{ "nonce=a+b%20c%3D", "a b c=", false },
	{ "nonce=a=b", "a=b", false },
	{ "nonce=a;b&nonce=c", "c", false },
	{ "nonce=%zz&nonce=ok", "ok", true },
	{ "nonce=%zz", NULL, true },
	{ "%zz=1&nonce=ok", "ok", true },
	{ "nonce=ok&nonce=%zz", "ok", false },
	{ "nonce=%", NULL, true },
	{ "=x", NULL, false },
};

static void test_first_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(gets); i++) {
		const struct get_case *c = &gets[i];
		MR_AUTO(buf) struct mr_buf out = { 0 };
		bool bad = false;
		mr_buf_init(&out, 1000);
		mr_buf_put_cstr(&out, ">");
		bool found = mr_http_query_get(mr_str_of(c->query), MR_STR("nonce"), &out, &bad);
		if (found != (c->value != NULL) || bad != c->bad)
			fail_msg("%s: found %d, bad %d", c->query, found, bad);
		if (!mr_str_eq(mr_str_sub(mr_buf_str(&out), 1, out.len),
			    mr_str_of(found ? c->value : "")))
			fail_msg("%s: %.*s", c->query, MR_STR_ARGS(mr_buf_str(&out)));
	}
}

static void test_walk(void **state)
{
	(void)state;
	static const char *const expected[][2] = { { "s", "a" }, { "s", "" }, { "s", "" },
		{ "%73", "b%zz" }, { "", "x" }, { "t", "u=v" } };
	struct mr_str query = MR_STR("s=a&s&s=&&%73=b%zz&a;b&c=d;&=x&t=u=v"), name, value;
	size_t at = 0, count = 0;

	while (mr_http_query_next(query, &at, &name, &value)) {
		assert_true(count < MR_COUNT(expected));
		assert_true(mr_str_eq(name, mr_str_of(expected[count][0])));
		assert_true(mr_str_eq(value, mr_str_of(expected[count][1])));
		count++;
	}
	assert_int_equal(count, MR_COUNT(expected));
	assert_false(mr_http_query_next(query, &at, &name, &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_special_targets),
		cmocka_unit_test(test_first_value),
		cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
