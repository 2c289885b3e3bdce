/* SPDX-License-Identifier: Apache-2.0 */
#include "template/builtins.h"

#include "template/escape.h"
#include "template/format.h"
#include "template/value.h"

static mr_result do_not(
	struct mr_run *run, const struct mr_args *args, struct mr_value *ret, struct mr_error *err)
{
	(void)run;
	(void)err;
	*ret = mr_value_of_bool(!mr_value_truth(&args->list[0]));
	return MR_OK;
}

/* --- comparison --- */

/* Comparing long texts is work. */
static mr_result charge(struct mr_run *run, const struct mr_value *v, struct mr_error *err)
{
	return v->kind == MR_VALUE_STRING ? mr_run_charge(run, v->str.len / 256, err) : MR_OK;
}

/* The first value against each of the others, until one is equal. `ne` has two arguments. */
static mr_result do_equality(
	struct mr_run *run, const struct mr_args *args, struct mr_value *ret, struct mr_error *err)
{
	bool equal = false;

	if (args->count == 1)
		return mr_fail(err, MR_CODE_INVALID, "missing argument for comparison");
	for (size_t i = 1; i < args->count && !equal; i++) {
		MR_TRY(charge(run, &args->list[i], err));
		MR_TRY(mr_value_equal(&args->list[0], &args->list[i], &equal, err));
	}
	*ret = mr_value_of_bool(equal == (args->variant == MR_BUILTIN_EQ));
	return MR_OK;
}

/* `le` is less or equal and `gt` its opposite, so that their errors come in this order. */
static mr_result do_order(
	struct mr_run *run, const struct mr_args *args, struct mr_value *ret, struct mr_error *err)
{
	const struct mr_value *a = &args->list[0], *b = &args->list[1];
	bool less, equal = false;

	MR_TRY(charge(run, a, err));
	MR_TRY(mr_value_less(a, b, &less, err));
	if (!less)
		MR_TRY(mr_value_equal(a, b, &equal, err));
	switch (args->variant) {
	case MR_BUILTIN_LT:
		*ret = mr_value_of_bool(less);
		break;
	case MR_BUILTIN_LE:
		*ret = mr_value_of_bool(less || equal);
		break;
	case MR_BUILTIN_GT:
		*ret = mr_value_of_bool(!less && !equal);
		break;
	default:
		*ret = mr_value_of_bool(!less);
		break;
	}
	return MR_OK;
}

/* --- text --- */

/* Texts are built in the scratch buffer, and copied once their size is known. */
static mr_result do_print(
	struct mr_run *run, const struct mr_args *args, struct mr_value *ret, struct mr_error *err)
{
	MR_TRY(mr_format_print(
		&run->scratch, args->list, args->count, args->variant == MR_BUILTIN_PRINTLN, err));
	return mr_run_take_scratch(run, ret, err);
}

static mr_result do_printf(
	struct mr_run *run, const struct mr_args *args, struct mr_value *ret, struct mr_error *err)
{
	MR_TRY(mr_format_printf(
		&run->scratch, args->list[0].str, args->list + 1, args->count - 1, err));
	return mr_run_take_scratch(run, ret, err);
}

/* The arguments as one text, nothing being `<no value>`. */
static mr_result join(
	struct mr_run *run, const struct mr_args *args, struct mr_str *ret, struct mr_error *err)
{
	struct mr_value text;

	if (args->count == 1 && args->list[0].kind == MR_VALUE_STRING) {
		*ret = args->list[0].str;
		return MR_OK;
	}
	size_t base = run->argument_count;
	for (size_t i = 0; i < args->count; i++) {
		bool nil = mr_value_is_nil(&args->list[i]);
		text = nil ? mr_value_of_str(MR_STR("<no value>")) : args->list[i];
		MR_TRY(mr_run_push(run, &text, err));
	}
	MR_TRY(mr_format_print(&run->scratch, run->arguments + base, args->count, false, err));
	MR_TRY(mr_run_take_scratch(run, &text, err));
	*ret = text.str;
	return MR_OK;
}

/* Escapes what `print` would give for the arguments. */
static mr_result do_escape(
	struct mr_run *run, const struct mr_args *args, struct mr_value *ret, struct mr_error *err)
{
	struct mr_str text;

	MR_TRY(join(run, args, &text, err));
	switch (args->variant) {
	case MR_BUILTIN_HTML:
		mr_escape_html(&run->scratch, text);
		break;
	case MR_BUILTIN_JS:
		mr_escape_js(&run->scratch, text);
		break;
	default:
		mr_escape_urlquery(&run->scratch, text);
		break;
	}
	return mr_run_take_scratch(run, ret, err);
}

/* No data can be called. */
static mr_result do_call(
	struct mr_run *run, const struct mr_args *args, struct mr_value *ret, struct mr_error *err)
{
	(void)run;
	(void)ret;
	if (mr_value_is_nil(&args->list[0]))
		return mr_fail(err, MR_CODE_INVALID, "call of nil");
	return mr_fail(
		err, MR_CODE_INVALID, "non-function of type %s", mr_value_type(&args->list[0]));
}

/* --- the table --- */

#define NAME(literal)                                                                              \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}
#define ANY SIZE_MAX

const struct mr_tree_function *mr_builtin_find(struct mr_str name)
{
	static const struct mr_tree_function list[] = {
		{ NAME("and"), 1, ANY, NULL, MR_BUILTIN_AND, false },
		{ NAME("call"), 1, ANY, do_call, 0, false },
		{ NAME("eq"), 1, ANY, do_equality, MR_BUILTIN_EQ, false },
		{ NAME("ge"), 2, 2, do_order, MR_BUILTIN_GE, false },
		{ NAME("gt"), 2, 2, do_order, MR_BUILTIN_GT, false },
		{ NAME("html"), 0, ANY, do_escape, MR_BUILTIN_HTML, false },
		{ NAME("index"), 1, ANY, mr_builtin_index, 0, false },
		{ NAME("js"), 0, ANY, do_escape, MR_BUILTIN_JS, false },
		{ NAME("le"), 2, 2, do_order, MR_BUILTIN_LE, false },
		{ NAME("len"), 1, 1, mr_builtin_len, 0, false },
		{ NAME("lt"), 2, 2, do_order, MR_BUILTIN_LT, false },
		{ NAME("ne"), 2, 2, do_equality, MR_BUILTIN_NE, false },
		{ NAME("not"), 1, 1, do_not, 0, false },
		{ NAME("or"), 1, ANY, NULL, MR_BUILTIN_OR, false },
		{ NAME("print"), 0, ANY, do_print, MR_BUILTIN_PRINT, false },
		{ NAME("printf"), 1, ANY, do_printf, 0, true },
		{ NAME("println"), 0, ANY, do_print, MR_BUILTIN_PRINTLN, false },
		{ NAME("slice"), 1, ANY, mr_builtin_slice, 0, false },
		{ NAME("urlquery"), 0, ANY, do_escape, MR_BUILTIN_URLQUERY, false },
	};

	for (size_t i = 0; i < MR_COUNT(list); i++)
		if (mr_str_eq(list[i].name, name))
			return &list[i];
	return NULL;
}
