/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of a parse, a search and a run of templates fails once: an error, no output, no leak. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those first */
#include <cmocka.h>

#include "../unit/template/model.h"
#include "fault.h"

enum { OUTPUT_MAX = 1 << 20 };

/* What allocates in as many ways as there are; `want` is NULL where an error is. */
static const struct {
	const char *text, *want;
} rows[] = {
	{ "no action", "no action" },
	{ "{{pem .Secrets.crt.Cert}}{{hex .Secrets.k}}{{raw .Secrets.p}}",
		"-----BEGIN CERTIFICATE-----\nMIIBAg==\n-----END CERTIFICATE-----\n0001fes3cr3t" },
	{ "{{define \"t\"}}{{if lt (len .) 40}}{{template \"t\" (print . \"x\")}}{{end}}{{end}}"
	  "{{template \"t\" \"\"}}{{block \"b\" 7}}{{.}}{{end}}",
		"7" },
	{ "{{printf \"%-300s|%300q|%x\" \"a\" \"b\" .Secrets.big.Private | len}}", "698" },
	{ "{{html \"<\" 1}}{{js \"'\"}}{{urlquery \"a b\"}}{{print `a\rb` \"\\x41\"}}",
		"&lt;1\\'a+babA" },
	{ "{{print 1 2 3 4 5 6 7 8 9 (print 1 2 3 4 5 6 7 8 9 (print 1 2 3)) | len}}", "39" },
	{ "{{$a := 1}}{{$b := 2}}{{$c := 3}}{{$d := 4}}{{$e := 5}}{{$f := 6}}{{$g := 7}}{{$h := 8}}"
	  "{{$i := 9}}{{$j := 10}}{{$k := 11}}{{$l := 12}}{{$m := 13}}{{$n := 14}}{{$o := 15}}{{$p := 16}}"
	  "{{range .Secrets}}{{with $x := .Size}}{{.}} {{end}}{{end}}{{$p}}",
		"384 256 24 16" },
	{ "{{(index .Secrets \"none\").Size}}{{.Secrets.a.b.c.d.e.f}}", "0<no value>" },
	{ "{{hex .Secrets.none}}", NULL },
	{ "{{template \"none\"}}", NULL },
	{ "{{5 6}}", NULL },
	{ "{{1x}}", NULL },
	{ "{{1 | 2}}", NULL },
	{ "{{08}}", NULL },
	{ "{{end \"long enough to be cut\"}}", NULL },
	{ "{{define \"t\"}}a{{end}}{{define \"t\"}}b{{end}}", NULL },
	{ "{{true.x}}", NULL },
};

static void ignore(void *context, struct mr_str name)
{
	(void)context;
	(void)name;
}

static mr_result run_row(void *context, struct mr_error *err)
{
	size_t at = *(size_t *)context;
	const struct mr_value root = model_value(model_sample());
	MR_AUTO(template) struct mr_template *t = NULL;
	MR_AUTO(buf) struct mr_buf out = { .max = OUTPUT_MAX, .secret = true };
	mr_result r = mr_template_parse(mr_str_of(rows[at].text), &model_functions, &t, err);

	if (!mr_failed(r)) {
		(void)mr_template_references(t, MR_STR("Secrets"), ignore, NULL);
		r = mr_template_run(t, &root, NULL, NULL, &out, err);
	}
	if (mr_failed(r)) {
		assert_int_equal(out.len, 0);
		/* The error that the row is about is its end. */
		return !rows[at].want && r.code == MR_CODE_INVALID ? MR_OK : r;
	}
	assert_non_null(rows[at].want);
	assert_true(mr_str_eq(mr_buf_str(&out), mr_str_of(rows[at].want)));
	return MR_OK;
}

/* May succeed: the search and the quoting in messages do without memory. */
static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++)
		assert_true(mr_fault_each(rows[i].text, run_row, &i, true) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
