/* SPDX-License-Identifier: Apache-2.0 */
/* Which secrets a template can touch. */
#include "template_test.h"

struct seen {
	struct mr_buf names;
};

static void note(void *context, struct mr_str name)
{
	struct seen *seen = context;
	struct mr_str names = mr_buf_str(&seen->names);

	/* A name may come more than once. */
	for (size_t at = 0; at + name.len < names.len; at = mr_str_find(names, ' ', at) + 1)
		if (mr_str_starts(mr_str_sub(names, at, names.len), name) &&
			names.ptr[at + name.len] == ' ')
			return;
	mr_buf_put_str(&seen->names, name);
	mr_buf_put_u8(&seen->names, ' ');
}

/* Template, root, names in order of visit (NULL: cannot be known). */
static const struct {
	const char *text, *root, *want;
} rows[] = {
	{ "", "Secrets", "" },
	{ "no action", "Secrets", "" },
	{ "{{1}}", "Secrets", "" },
	{ "{{hex .Secrets.a}}", "Secrets", "a " },
	{ "{{hex $.Secrets.a}}", "Secrets", "a " },
	{ "{{pem .Secrets.a.Cert}}{{pem .Secrets.b.Private}}", "Secrets", "a b " },
	{ "{{pem .Secrets.a.Cert}}", "Previous.Secrets", "" },
	{ "{{pem .Previous.Secrets.a.Cert}}", "Secrets", "" },
	{ "{{pem .Previous.Secrets.a.Cert}}{{pem .Secrets.b.Cert}}", "Previous.Secrets", "a " },
	{ "{{pem .MarbleRun.RootCA.Cert}}", "Secrets", "" },
	{ "{{pem .MarbleRun.RootCA.Cert}}", "MarbleRun", "RootCA " },
	{ "{{.Secrets.a.Secrets.b}}", "Secrets", "a " },
	{ "{{hex (.Secrets.a)}}{{(.Secrets).b.Size}}", "Secrets", "a b " },
	{ "{{((.).Secrets).a.Size}}", "Secrets", "a " },
	{ "{{hex (index .Secrets \"a-b\")}}", "Secrets", "a-b " },
	{ "{{(index .Secrets `1st`).Private}}", "Secrets", "1st " },
	{ "{{(index (.Secrets) \"\\x61\").Private}}", "Secrets", "a " },
	{ "{{\"a-b\" | index .Secrets | hex}}", "Secrets", "a-b " },
	{ "{{index .Secrets \"a\" .Secrets.b.Type}}", "Secrets", "b a " },
	{ "{{index .Secrets.a.Private 0}}", "Secrets", "a " },
	{ "{{index .Secrets .Secrets.a.Type}}", "Secrets", NULL },
	{ "{{index .Secrets (print \"a\")}}", "Secrets", NULL },
	{ "{{print \"a\" | index .Secrets}}", "Secrets", NULL },
	{ "{{index .Secrets}}", "Secrets", NULL },
	{ "{{index . \"Secrets\"}}", "Secrets", NULL },
	{ "{{index .Secrets \"a\" .Secrets}}", "Secrets", NULL },
	{ "{{index .Previous.Secrets \"a\"}}", "Secrets", "" },
	{ "{{index .Previous.Secrets .Secrets.b.Type}}", "Secrets", "b " },
	{ "{{index .Previous \"Secrets\"}}", "Previous.Secrets", NULL },
	{ "{{printf \"%s %d\" .Secrets.a.Private (len .Secrets.b.Public)}}", "Secrets", "a b " },
	{ "{{.Secrets.a.Private | hex | printf \"%s\" .Secrets.b.Type}}", "Secrets", "a b " },
	{ "{{if .Secrets.a}}{{hex .Secrets.b}}{{else}}{{hex .Secrets.c}}{{end}}", "Secrets",
		"a c b " },
	{ "{{if eq .Secrets.a.Type \"plain\"}}x{{else if .Secrets.b}}y{{end}}", "Secrets", "a b " },
	{ "{{if .}}{{hex .Secrets.a}}{{end}}", "Secrets", "a " },
	{ "{{if .Secrets}}x{{end}}", "Secrets", NULL },
	{ "{{len .Secrets}}", "Secrets", NULL },
	{ "{{.Secrets}}", "Secrets", NULL },
	{ "{{.}}", "Secrets", NULL },
	{ "{{$}}", "Secrets", NULL },
	{ "{{print .}}", "Secrets", NULL },
	{ "{{. | print}}", "Secrets", NULL },
	{ "{{.Previous}}", "Secrets", "" },
	{ "{{.Previous}}", "Previous.Secrets", NULL },
	{ "{{$s := .Secrets}}{{hex $s.a}}", "Secrets", NULL },
	{ "{{$s := .}}{{hex $s.Secrets.a}}", "Secrets", NULL },
	{ "{{$s := .Secrets.a}}{{hex $s.Private}}", "Secrets", "a " },
	{ "{{$s := \"a\"}}{{hex .Secrets.b}}", "Secrets", "b " },
	{ "{{$ := 1}}", "Secrets", NULL },
	{ "{{$ = .Secrets.a}}", "Secrets", NULL },
	{ "{{$x := 1}}{{$x = .Secrets}}", "Secrets", NULL },
	{ "{{range .Secrets}}x{{end}}", "Secrets", NULL },
	{ "{{range $n, $s := .Secrets}}x{{end}}", "Secrets", NULL },
	{ "{{range $n, $s := .Previous.Secrets}}{{hex $s}}{{hex $.Secrets.a}}{{end}}", "Secrets",
		"a " },
	{ "{{range .Secrets.a.Private}}{{.}}{{$.Secrets.b.Type}}{{.Secrets.c}}{{else}}{{hex .Secrets.d}}{{end}}",
		"Secrets", "a d b " },
	{ "{{range .}}{{end}}", "Secrets", NULL },
	{ "{{range 3}}{{if eq . 1}}{{break}}{{end}}{{continue}}{{end}}{{hex .Secrets.a}}",
		"Secrets", "a " },
	{ "{{with .Secrets.a}}{{hex .}}{{hex $.Secrets.b}}{{.Secrets.c}}{{end}}", "Secrets",
		"a b " },
	{ "{{with .}}{{hex .Secrets.a}}{{end}}{{with $}}{{hex .Secrets.b}}{{end}}", "Secrets",
		"a b " },
	{ "{{with .Secrets}}{{hex .a}}{{end}}", "Secrets", NULL },
	{ "{{with .Previous}}{{hex .Secrets.a}}{{end}}", "Secrets", "" },
	{ "{{with .Previous}}{{hex .Secrets.a}}{{hex $.Previous.Secrets.b}}{{end}}",
		"Previous.Secrets", "a b " },
	{ "{{with .Secrets.a}}x{{else with .Secrets.b}}{{.}}{{else}}{{.Secrets.c}}{{end}}",
		"Secrets", "a b c " },
	{ "{{define \"t\"}}{{hex .Secrets.a}}{{end}}", "Secrets", "" },
	{ "{{define \"t\"}}{{hex .Secrets.a}}{{end}}{{template \"t\" .}}", "Secrets", "a " },
	{ "{{define \"t\"}}{{hex $.Secrets.a}}{{end}}{{template \"t\" $}}", "Secrets", "a " },
	{ "{{define \"t\"}}{{hex .Secrets.a}}{{end}}{{template \"t\"}}", "Secrets", "" },
	{ "{{define \"t\"}}{{hex .a}}{{$.b.Type}}{{end}}{{template \"t\" .Secrets}}", "Secrets",
		"a b " },
	{ "{{define \"t\"}}{{range .}}{{end}}{{end}}{{template \"t\" .Secrets}}", "Secrets", NULL },
	{ "{{define \"t\"}}{{hex .Private}}{{end}}{{template \"t\" .Secrets.a}}", "Secrets", "a " },
	{ "{{define \"t\"}}{{template \"u\" .Secrets}}{{end}}{{define \"u\"}}{{hex .a}}{{end}}{{template \"t\" .}}",
		"Secrets", "a " },
	{ "{{define \"t\"}}{{hex .Secrets.a}}{{template \"t\" .}}{{end}}{{template \"t\" .}}",
		"Secrets", "a " },
	{ "{{define \"t\"}}{{hex .a}}{{.Secrets.b}}{{end}}{{template \"t\" .}}{{template \"t\" .Secrets}}",
		"Secrets", "b a Secrets " },
	{ "{{template \"t\" (index . \"x\")}}{{define \"t\"}}{{end}}", "Secrets", NULL },
	{ "{{template \"none\" .}}", "Secrets", "" },
	{ "{{block \"b\" .}}{{hex .Secrets.a}}{{end}}", "Secrets", "a " },
	{ "{{block \"b\" .Secrets.a}}{{hex .}}{{hex $.Secrets.b}}{{end}}", "Secrets", "a " },
	{ "{{block \"b\" $x := .}}{{end}}", "Secrets", NULL },
	{ "{{define \"data\"}}{{hex .Secrets.a}}{{end}}", "Secrets", "a " },
	{ "{{print.Secrets}}", "Secrets", "" },
	{ "{{and .Secrets.a .Secrets.b}}", "Secrets", "a b " },
	{ "{{or . 1}}", "Secrets", NULL },
	{ "{{.Secrets.a}}", "a.b.c.d", "" },
	{ "{{.a.b.c.d.e}}", "a.b.c.d", "e " },
	{ "{{.a.b.c.d.e}}", "a.b.c.d.e", NULL },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(template) struct mr_template *t = NULL;
		MR_AUTO(buf) struct mr_buf names = { 0 };
		struct seen seen;
		struct mr_error err;
		mr_buf_init(&seen.names, 1000);
		if (mr_failed(
			    mr_template_parse(mr_str_of(rows[i].text), &model_functions, &t, &err)))
			fail_msg("%s: %s", rows[i].text, err.message);
		bool known = mr_template_references(t, mr_str_of(rows[i].root), note, &seen);
		names = seen.names;
		if (known != (rows[i].want != NULL))
			fail_msg("%s: %s", rows[i].text, known ? "known" : "unknown");
		if (known && !mr_str_eq(mr_buf_str(&names), mr_str_of(rows[i].want)))
			fail_msg("%s\n got: %.*s\nwant: %s", rows[i].text,
				MR_STR_ARGS(mr_buf_str(&names)), rows[i].want);
	}
}

/* Deeper than the search follows. */
static void test_deep(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_error err;

	mr_buf_init(&text, 100000);
	for (int depth = 30; depth <= 300; depth += 270) {
		MR_AUTO(template) struct mr_template *t = NULL;
		struct seen seen;
		mr_buf_clear(&text);
		for (int i = 0; i < depth; i++)
			mr_buf_put_cstr(&text, "{{if 1}}");
		mr_buf_put_cstr(&text, "{{.Secrets.a.Type}}");
		for (int i = 0; i < depth; i++)
			mr_buf_put_cstr(&text, "{{end}}");
		assert_false(mr_failed(mr_template_parse(mr_buf_str(&text), NULL, &t, &err)));
		mr_buf_init(&seen.names, 1000);
		assert_int_equal(
			mr_template_references(t, MR_STR("Secrets"), note, &seen), depth == 30);
		assert_int_equal(seen.names.len, depth == 30 ? 2 : 0);
		mr_buf_done(&seen.names);
	}
}

/* Nesting costs no more than reading. */
static void test_nested(void **state)
{
	(void)state;
	MR_AUTO(template) struct mr_template *t = NULL;
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct seen seen;
	struct mr_error err;

	mr_buf_init(&text, 100000);
	mr_buf_put_cstr(&text, "{{");
	for (int i = 0; i < 100; i++)
		mr_buf_put_cstr(&text, "index (");
	mr_buf_put_cstr(&text, ".Secrets.a");
	for (int i = 0; i < 100; i++)
		mr_buf_put_cstr(&text, ") 0");
	mr_buf_put_cstr(&text, "}}");
	assert_false(mr_failed(mr_template_parse(mr_buf_str(&text), NULL, &t, &err)));
	mr_buf_init(&seen.names, 1000);
	assert_true(mr_template_references(t, MR_STR("Secrets"), note, &seen));
	assert_true(mr_str_eq(mr_buf_str(&seen.names), MR_STR("a ")));
	mr_buf_done(&seen.names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_nested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
