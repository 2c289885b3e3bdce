/* SPDX-License-Identifier: Apache-2.0 */
/* The functions around a run: plain templates, the caller's functions, threads, what is refused. */
#include "template_test.h"

#include <pthread.h>

static void test_plain(void **state)
{
	(void)state;
	static const struct row rows[] = { { T(""), T("") }, { T("a }} { b"), T("") },
		{ T("{"), T("") } };
	struct mr_str got;
	struct mr_error err;

	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(template) struct mr_template *t = NULL;
		MR_AUTO(buf) struct mr_buf out = { 0 };
		mr_buf_init(&out, 100);
		assert_false(mr_failed(mr_template_parse(rows[i].text, NULL, &t, &err)));
		assert_true(mr_template_is_plain(t, &got));
		assert_true(mr_str_eq(got, rows[i].text));
		assert_true(rows[i].text.len == 0 || got.ptr != rows[i].text.ptr);
		assert_false(mr_failed(mr_template_run(t, NULL, NULL, NULL, &out, &err)));
		assert_true(mr_str_eq(mr_buf_str(&out), rows[i].text));
	}
	MR_AUTO(template) struct mr_template *t = NULL;
	assert_false(mr_failed(mr_template_parse(MR_STR("a{{/**/}}"), NULL, &t, &err)));
	assert_false(mr_template_is_plain(t, &got));
	mr_template_free(NULL);
}

/* Without functions of the caller, the built-in ones remain. */
static void test_no_functions(void **state)
{
	(void)state;
	MR_AUTO(template) struct mr_template *t = NULL;
	struct mr_error err;

	assert_false(mr_failed(mr_template_parse(MR_STR("{{len \"x\"}}"), NULL, &t, &err)));
	struct mr_template *none = NULL;
	assert_true(mr_failed(mr_template_parse(MR_STR("{{hex 1}}"), NULL, &none, &err)));
	assert_null(none);
	assert_string_equal(err.message, "template: data:1: function \"hex\" not defined");
}

struct record {
	size_t count;
	enum mr_value_kind kinds[8];
};

static mr_result own_len(void *context, const struct mr_value *args, size_t count,
	struct mr_arena *arena, struct mr_value *ret, struct mr_error *err)
{
	struct record *record = context;

	(void)arena;
	for (size_t i = 0; i < count; i++)
		record->kinds[record->count++] = args[i].kind;
	if (count == 3)
		return mr_fail(err, MR_CODE_DENIED, "not three");
	*ret = (struct mr_value){ .kind = MR_VALUE_INT, .i = 42 };
	return MR_OK;
}

/* A function of the caller comes before a built-in one, gets the context, and nil for whatever is
 * missing. */
static void test_own_function(void **state)
{
	(void)state;
	static const struct mr_template_function list[] = { { "len", 0, 3, own_len } };
	static const struct mr_template_functions functions = { list, 1 };
	static const enum mr_value_kind kinds[] = { MR_VALUE_NIL, MR_VALUE_NIL, MR_VALUE_BYTES,
		MR_VALUE_STRING };
	const struct mr_value root = model_value(model_sample());
	struct record record = { 0 };
	struct mr_error err;
	static const struct {
		struct mr_str text;
		enum mr_code code;
		const char *want;
	} rows[] = {
		{ T("{{len nil .Secrets.none}}{{len}}{{len .Secrets.p.Private \"x\"}}"), MR_CODE_OK,
			"424242" },
		{ T("{{len 1 2 3}}"), MR_CODE_DENIED,
			"template: data:1:2: executing \"data\" at <len 1 2 3>: error calling len: not three" },
		{ T("{{len 1 2 3 4}}"), MR_CODE_INVALID,
			"template: data:1:2: executing \"data\" at <len>: wrong number of args for len: want at least 0 got 4" },
	};

	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(template) struct mr_template *t = NULL;
		MR_AUTO(buf) struct mr_buf out = { 0 };
		mr_buf_init(&out, 100);
		assert_false(mr_failed(mr_template_parse(rows[i].text, &functions, &t, &err)));
		mr_result r = mr_template_run(t, &root, &record, NULL, &out, &err);
		assert_int_equal(r.code, rows[i].code);
		if (mr_failed(r))
			assert_string_equal(err.message, rows[i].want);
		else
			assert_true(mr_str_eq(mr_buf_str(&out), mr_str_of(rows[i].want)));
	}
	assert_int_equal(record.count, 7);
	assert_memory_equal(record.kinds, kinds, sizeof(kinds));
}

/* What need not be offered (10 §6.4) fails, when it is parsed or run. */
static void test_refusals(void **state)
{
	(void)state;
	static const struct row run[] = {
		{ T("{{.}}"),
			T("1:2: executing \"data\" at <.>: can't print a value of type main.Root") },
		{ T("{{.Secrets}}"),
			T("1:2: executing \"data\" at <.Secrets>: can't print a value of type map[string]main.Secret") },
		{ T("{{print .Secrets.k}}"),
			T("1:2: executing \"data\" at <print .Secrets.k>: error calling print: can't print a value of type "
			  "main.Secret") },
		{ T("{{printf \"%d\" .Secrets.k.Cert}}"),
			T("1:2: executing \"data\" at <printf \"%d\" .Secrets.k.Cert>: error calling printf: can't print a value "
			  "of type main.Certificate") },
		{ T("{{printf \"%p\" .Secrets.k.Private}}"),
			T("1:2: executing \"data\" at <printf \"%p\" .Secrets.k.Private>: error calling printf: can't print an "
			  "address") },
		{ T("{{printf \"%x\" 1.5}}"),
			T("1:2: executing \"data\" at <printf \"%x\" 1.5>: error calling printf: can't print a float with %x") },
		{ T("{{printf \"%#v\" 1.5}}"),
			T("1:2: executing \"data\" at <printf \"%#v\" 1.5>: error calling printf: can't print a float with #") },
	};
	static const struct row parse[] = {
		{ T("{{1i}}"), T("1: imaginary numbers have no use") },
		{ T("\n{{1+2i}}"), T("2: imaginary numbers have no use") },
	};

	for (size_t i = 0; i < MR_COUNT(run); i++)
		expect_failure(&run[i], MR_CODE_UNSUPPORTED, false);
	for (size_t i = 0; i < MR_COUNT(parse); i++)
		expect_failure(&parse[i], MR_CODE_UNSUPPORTED, true);
}

/* The innermost message is whole, however long the command is. */
static void test_long_source(void **state)
{
	(void)state;
	MR_AUTO(buf) struct mr_buf text = { 0 };
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	mr_buf_init(&text, 100000);
	mr_buf_init(&out, 100000);
	mr_buf_put_cstr(&text, "{{print (hex .Secrets.none)");
	for (int i = 0; i < 2000; i++)
		mr_buf_put_cstr(&text, " \"text\"");
	mr_buf_put_cstr(&text, " | hex}}");
	assert_int_equal(run_sample(mr_buf_str(&text), NULL, &out, &err).code, MR_CODE_INVALID);
	assert_true(mr_str_ends(
		mr_str_of(err.message), MR_STR(": error calling hex: secret does not exist")));
	memcpy(text.data + 9, "len", 3);
	assert_int_equal(run_sample(mr_buf_str(&text), NULL, &out, &err).code, MR_CODE_INVALID);
	assert_true(mr_str_ends(mr_str_of(err.message),
		MR_STR("reflect: call of reflect.Value.Type on zero Value")));
	memcpy(text.data + 2, "index", 5);
	assert_int_equal(run_sample(mr_buf_str(&text), NULL, &out, &err).code, MR_CODE_INVALID);
	mr_buf_clear(&text);
	mr_buf_put_cstr(&text, "{{index .Secrets.p.Private");
	for (int i = 0; i < 2000; i++)
		mr_buf_put_cstr(&text, " \"text\"");
	mr_buf_put_cstr(&text, "}}");
	assert_int_equal(run_sample(mr_buf_str(&text), NULL, &out, &err).code, MR_CODE_INVALID);
	assert_true(mr_str_ends(mr_str_of(err.message),
		MR_STR("...>: error calling index: cannot index slice/array with type string")));
}

enum { THREADS = 4, ROUNDS = 500 };

static void *run_often(void *argument)
{
	const struct mr_template *t = argument;
	const struct mr_value root = model_value(model_sample());
	const struct mr_str want = MR_STR("0001fe plain s3cr3t 012");
	struct mr_error err;

	for (int i = 0; i < ROUNDS; i++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };
		mr_buf_init_secret(&out, 1000);
		if (mr_failed(mr_template_run(t, &root, NULL, NULL, &out, &err)) ||
			!mr_str_eq(mr_buf_str(&out), want))
			return argument;
	}
	return NULL;
}

/* One template, many threads. */
static void test_threads(void **state)
{
	(void)state;
	MR_AUTO(template) struct mr_template *t = NULL;
	pthread_t threads[THREADS];
	struct mr_error err;
	void *bad;

	assert_false(mr_failed(mr_template_parse(
		MR_STR("{{hex .Secrets.k}} {{$x := .Secrets.p}}{{$x.Type}} {{printf \"%s\" $x.Private}} "
		       "{{range $i := 3}}{{$i}}{{end}}"),
		&model_functions, &t, &err)));
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_often, t), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &bad), 0);
		assert_null(bad);
	}
}

/* A map without a zero value says so; a field's own failure ends the run. */
static mr_result failing_get(void *self, struct mr_str name, struct mr_arena *arena,
	struct mr_value *ret, struct mr_error *err)
{
	(void)arena;
	if (mr_str_eq(name, MR_STR("bad")))
		return mr_fail(err, MR_CODE_IO, "broken");
	*ret = (struct mr_value){ .kind = mr_str_eq(name, MR_STR("m")) ? MR_VALUE_OBJECT
								       : MR_VALUE_NONE };
	if (ret->kind == MR_VALUE_OBJECT)
		ret->object.class = self;
	return MR_OK;
}

static size_t no_entries(void *self)
{
	(void)self;
	return 0;
}

static void test_objects(void **state)
{
	(void)state;
	static struct mr_object_class map = {
		.kind = MR_OBJECT_MAP,
		.go_type = "map[string]x",
		.get = failing_get,
		.count = no_entries,
	};
	const struct mr_value root = { .kind = MR_VALUE_OBJECT, .object = { &map, &map } };
	static const struct {
		struct mr_str text;
		enum mr_code code;
		const char *want;
	} rows[] = {
		{ T("{{.bad}}"), MR_CODE_IO,
			"template: data:1:2: executing \"data\" at <.bad>: broken" },
		{ T("{{.m.bad}}"), MR_CODE_IO,
			"template: data:1:4: executing \"data\" at <.m.bad>: broken" },
		{ T("{{index . \"none\"}}"), MR_CODE_NOT_FOUND,
			"template: data:1:2: executing \"data\" at <index . \"none\">: error calling index: no such entry in "
			"map[string]x" },
		{ T("{{.}}{{.m}}{{.none}}"), MR_CODE_OK, "map[]map[]<no value>" },
		{ T("{{printf \"%d %#v %T\" . . .}}"), MR_CODE_OK,
			"map[] map[string]x{} map[string]x" },
		{ T("{{if .}}a{{else}}b{{end}}{{range .}}a{{else}}b{{end}}"), MR_CODE_OK, "bb" },
	};
	struct mr_error err;

	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(template) struct mr_template *t = NULL;
		MR_AUTO(buf) struct mr_buf out = { 0 };
		mr_buf_init(&out, 100);
		assert_false(mr_failed(mr_template_parse(rows[i].text, NULL, &t, &err)));
		mr_result r = mr_template_run(t, &root, NULL, NULL, &out, &err);
		assert_int_equal(r.code, rows[i].code);
		if (mr_failed(r))
			assert_string_equal(err.message, rows[i].want);
		else
			assert_true(mr_str_eq(mr_buf_str(&out), mr_str_of(rows[i].want)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_no_functions),
		cmocka_unit_test(test_own_function),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_long_source),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
