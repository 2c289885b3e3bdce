/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds: of the text and its nesting, of steps, depth, memory and output. */
#include "template_test.h"

#include <stdlib.h>

/* `front`, then `again` so many times, then `middle`, then `back` so many times. */
static void build(
	struct mr_buf *b, size_t count, const char *again, const char *middle, const char *back)
{
	mr_buf_clear(b);
	for (size_t i = 0; i < count; i++)
		mr_buf_put_cstr(b, again);
	mr_buf_put_cstr(b, middle);
	for (size_t i = 0; i < count; i++)
		mr_buf_put_cstr(b, back);
}

struct bound {
	const char *again, *middle, *back;
	size_t most; /* repetitions that are accepted */
	const char *want;
};

static const struct bound bounds[] = {
	{ "{{if 1}}", "x", "{{end}}", 999, "more than 1000 blocks open" },
	{ "{{with 1}}", "{{.}}", "{{end}}", 999, "more than 1000 blocks open" },
	{ "{{range 1}}", "x", "{{end}}", 999, "more than 1000 blocks open" },
	{ "{{if 0}}{{else}}", "x", "{{end}}", 999, "more than 1000 blocks open" },
	{ "{{if 0}}{{else if 1}}", "x", "{{end}}", 499, "more than 1000 blocks open" },
	{ "{{$x := 1}}", "", "", 999, "more than 1000 variables in scope" },
};

static void test_nesting(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf text = { 0 };
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	mr_buf_init(&text, OUTPUT_MAX);
	mr_buf_init(&out, OUTPUT_MAX);
	for (const struct bound *b = bounds; b < bounds + MR_COUNT(bounds); b++) {
		build(&text, b->most, b->again, b->middle, b->back);
		if (mr_failed(run_sample(mr_buf_str(&text), NULL, &out, &err)))
			fail_msg("%s %zu times: %s", b->again, b->most, err.message);
		build(&text, b->most + 1, b->again, b->middle, b->back);
		assert_int_equal(
			run_sample(mr_buf_str(&text), NULL, &out, &err).code, MR_CODE_LIMIT);
		assert_non_null(strstr(err.message, b->want));
	}
}

static void test_parentheses(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf text = { 0 };
	MR_AUTO(buf) struct mr_buf all = { 0 };
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	mr_buf_init(&text, OUTPUT_MAX);
	mr_buf_init(&all, OUTPUT_MAX);
	mr_buf_init(&out, OUTPUT_MAX);
	for (size_t count = 100; count <= 101; count++) {
		build(&text, count, "(print ", "7", ")");
		mr_buf_clear(&all);
		mr_buf_printf(&all, "{{%.*s}}", MR_STR_ARGS(mr_buf_str(&text)));
		enum mr_code want = count == 100 ? MR_CODE_OK : MR_CODE_LIMIT;
		assert_int_equal(run_sample(mr_buf_str(&all), NULL, &out, &err).code, want);
	}
	assert_string_equal(err.message, "template: data:1: more than 100 parentheses open");
	assert_int_equal(out.len, 1);
	/* One after the other they do not add up. */
	build(&text, 300, "{{((((1))))}}", "", "");
	assert_false(mr_failed(run_sample(mr_buf_str(&text), NULL, &out, &err)));
}

static void test_definitions(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf text = { 0 };
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	mr_buf_init(&text, OUTPUT_MAX);
	mr_buf_init(&out, OUTPUT_MAX);
	for (int i = 0; i < 999; i++)
		mr_buf_printf(&text, "{{define \"t%d\"}}x{{end}}", i);
	mr_buf_put_cstr(&text, "{{template \"t998\"}}");
	assert_false(mr_failed(run_sample(mr_buf_str(&text), NULL, &out, &err)));
	mr_buf_put_cstr(&text, "{{define \"more\"}}{{end}}");
	assert_int_equal(run_sample(mr_buf_str(&text), NULL, &out, &err).code, MR_CODE_LIMIT);
	assert_string_equal(err.message, "template: data:1: more than 1000 definitions");
}

static void test_size(void **state)
{
	(void)state;
	const size_t most = (size_t)16 << 20;
	struct mr_template *t = NULL;
	struct mr_error err;
	char *text = calloc(most + 1, 1);

	assert_non_null(text);
	assert_false(mr_failed(mr_template_parse((struct mr_str){ text, most }, NULL, &t, &err)));
	mr_template_free(t);
	t = NULL;
	assert_int_equal(mr_template_parse((struct mr_str){ text, most + 1 }, NULL, &t, &err).code,
		MR_CODE_LIMIT);
	assert_string_equal(err.message, "template: data: larger than the limit of 16777216 bytes");
	/* So many actions that the tree is too large. */
	for (size_t i = 0; i < most; i++)
		text[i] = "{{.}}"[i % 5];
	assert_int_equal(
		mr_template_parse((struct mr_str){ text, most - most % 5 }, NULL, &t, &err).code,
		MR_CODE_LIMIT);
	assert_null(t);
	free(text);
}

static const struct {
	struct mr_str text;
	struct mr_template_limits limits;
	const char *want;
} runs[] = {
	{ T("{{range 1000000000}}{{end}}"), { 0 }, "more steps than a template may take" },
	{ T("{{range 9223372036854775807}}x{{end}}"), { .steps = 1000 },
		"more steps than a template may take" },
	{ T("{{range 100}}{{range 100}}{{end}}{{end}}"), { .steps = 5000 },
		"more steps than a template may take" },
	{ T("{{range 100}}{{if eq . 5}}{{break}}{{end}}{{end}}{{range 100}}{{end}}"),
		{ .steps = 100 }, "more steps than a template may take" },
	{ T("{{define \"t\"}}{{template \"t\"}}{{end}}{{template \"t\"}}"), { 0 },
		"executing \"t\" at <{{template \"t\"}}>: exceeded maximum template depth (10000)" },
	{ T("{{define \"t\"}}{{template \"u\" .}}{{end}}{{define \"u\"}}{{template \"t\" .}}{{end}}{{template \"t\"}}"),
		{ .depth = 7 }, "exceeded maximum template depth (7)" },
	{ T("{{$s := \"0123456789abcdef\"}}{{range 40}}{{$s = print $s $s}}{{end}}"), { 0 },
		"larger than the limit of" },
	{ T("{{printf \"%9999999d%9999999d%9999999d\" 1 1 1}}"), { .memory = 1 << 20 },
		"error calling printf: larger than the limit of 1048576 bytes" },
	{ T("{{html (printf \"%999999s\" \"<\")}}"), { .memory = 1 << 20 },
		"larger than the limit of" },
	{ T("{{range $s := 100}}{{$s := printf \"%99999d\" 1}}{{end}}"), { .memory = 1 << 20 },
		"larger than the limit of" },
	{ T("{{printf \"%.2000f\" 1.5}}"), { 0 }, "precision of a float beyond 1000" },
	{ T("{{range 9999999}}{{printf \"%99999d\" .}}{{end}}"), { 0 },
		"larger than the limit of" },
};

static void test_runs(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(runs); i++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };
		struct mr_error err;
		mr_buf_init_secret(&out, 1 << 20);
		mr_buf_put_cstr(&out, "before");
		if (run_sample(runs[i].text, &runs[i].limits, &out, &err).code != MR_CODE_LIMIT)
			fail_msg("%.*s: no limit", MR_STR_ARGS(runs[i].text));
		if (!strstr(err.message, runs[i].want))
			fail_msg("%.*s: %s", MR_STR_ARGS(runs[i].text), err.message);
		assert_int_equal(out.len, 6);
	}
}

/* Runs that share their steps: what is used is gone, memory and output count, too. */
static void test_steps_of_many_runs(void **state)
{
	static const struct {
		struct mr_str text;
		size_t least, most; /* of what a run uses */
	} rows[] = {
		{ T("{{range 100}}{{end}}"), 100, 400 },
		{ T("{{range 10}}0123456789012345678901234567890123456789{{end}}"), 25, 400 },
		{ T("{{$s := printf \"%16000d\" 1}}"), 1000, 8000 },
		{ T("no action"), 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		size_t left = 100000;
		const struct mr_template_limits limits = { .left = &left };
		MR_AUTO(buf) struct mr_buf out = { 0 };
		struct mr_error err;
		mr_buf_init_secret(&out, 1 << 20);
		assert_false(mr_failed(run_sample(rows[i].text, &limits, &out, &err)));
		size_t used = 100000 - left;
		assert_true(used >= rows[i].least && used <= rows[i].most);
		assert_false(mr_failed(run_sample(rows[i].text, &limits, &out, &err)));
		assert_int_equal(left, 100000 - 2 * used);
		left = used / 2;
		bool failed = mr_failed(run_sample(rows[i].text, &limits, &out, &err));
		/* bytes are taken off when they have been used */
		assert_true(left == 0 || (failed && rows[i].least == 100));
		left = 0;
		assert_int_equal(
			mr_failed(run_sample(rows[i].text, &limits, &out, &err)), used > 0);
	}
}

/* What a limit leaves room for still works. */
static void test_deep_recursion(void **state)
{
	(void)state;
	static const char text[] =
		"{{define \"t\"}}{{if lt (len .) 5000}}{{template \"t\" (printf \"%s.\" .)}}"
		"{{else}}{{len .}}{{end}}{{end}}{{template \"t\" \"\"}}";
	const struct row row = { { text, sizeof(text) - 1 }, T("5000") };

	expect_output(&row);
}

static void test_output(void **state)
{
	(void)state;
	static const struct mr_str texts[] = { T("0123456789"), T("01{{print 2345}}6789"),
		T("{{print 1234567890}}"), T("{{slice \"0123456789\" 0}}"),
		T("{{range 10}}{{.}}{{end}}") };
	struct mr_error err;

	for (size_t i = 0; i < MR_COUNT(texts); i++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };
		mr_buf_init(&out, 9);
		assert_int_equal(run_sample(texts[i], NULL, &out, &err).code, MR_CODE_LIMIT);
		assert_non_null(strstr(err.message, "larger than the limit of 9 bytes"));
		assert_int_equal(out.len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_parentheses),
		cmocka_unit_test(test_definitions),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_steps_of_many_runs),
		cmocka_unit_test(test_deep_recursion),
		cmocka_unit_test(test_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
