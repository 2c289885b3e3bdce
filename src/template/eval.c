/* SPDX-License-Identifier: Apache-2.0 */
#include "template/builtins.h"
#include "template/run.h"
#include "template/value.h"

/*
 * Values of pipelines. Recursion is as deep as parentheses are nested, which the lexer bounds.
 *
 * run->at follows what is being looked at, and nothing moves it back: an error names the part that
 * was looked at last, which is how the texts to follow come about.
 */

static mr_result eval_operand(struct mr_run *run, const struct mr_value *dot,
	const struct mr_operand *o, struct mr_value *ret, struct mr_error *err);

/* Names an operand in a message; a parenthesis shows without its parentheses. */
static mr_result fail_about(struct mr_error *err, const char *before, const struct mr_operand *o)
{
	bool pipe = o->kind == MR_OPERAND_PIPE && o->chain_len == 0;
	MR_AUTO(buf) struct mr_buf source = { 0 };

	mr_tree_describe(pipe ? &o->pipe->place : &o->place, &source);
	return mr_fail(err, MR_CODE_INVALID, "%s%.*s", before, MR_STR_ARGS(mr_buf_str(&source)));
}

/* --- fields --- */

/* A missing value has all fields, all missing. Neither maps nor records have methods, so that
 * arguments are an error, with a text of its own for each. */
static mr_result eval_field(struct mr_run *run, const struct mr_value *of, struct mr_str name,
	bool has_arguments, struct mr_value *ret, struct mr_error *err)
{
	if (mr_value_is_nil(of)) {
		*ret = (struct mr_value){ .kind = MR_VALUE_NONE };
		return MR_OK;
	}
	if (of->kind == MR_VALUE_OBJECT) {
		const struct mr_object_class *class = of->object.class;
		bool record = class->kind == MR_OBJECT_RECORD;
		if (has_arguments && !record)
			return mr_fail(err, MR_CODE_INVALID,
				"%.*s is not a method but has arguments", MR_STR_ARGS(name));
		mr_result r = class->get(of->object.self, name, &run->arena, ret, err);
		if (!record || r.code != MR_CODE_NOT_FOUND) {
			if (has_arguments && !mr_failed(r))
				return mr_fail(err, MR_CODE_INVALID,
					"%.*s has arguments but cannot be invoked as function",
					MR_STR_ARGS(name));
			return r;
		}
	}
	return mr_fail(err, MR_CODE_INVALID, "can't evaluate field %.*s in type %s",
		MR_STR_ARGS(name), mr_value_type(of));
}

/* `has_arguments` concerns the last field. */
static mr_result eval_chain(struct mr_run *run, const struct mr_value *of,
	const struct mr_operand *o, bool has_arguments, struct mr_value *ret, struct mr_error *err)
{
	struct mr_value value = *of;

	for (uint32_t i = 0; i < o->chain_len; i++) {
		struct mr_value field;
		MR_TRY(eval_field(run, &value, o->chain[i], has_arguments && i + 1 == o->chain_len,
			&field, err));
		value = field;
	}
	*ret = value;
	return MR_OK;
}

/* --- calls --- */

struct call {
	const struct mr_operand *function;
	const struct mr_operand *first; /* of the arguments written behind it */
	size_t count;                   /* with the one that comes through a pipe */
	const struct mr_value *piped;   /* or NULL */
	const struct mr_place *place;   /* what an error of the function is about */
};

/* Before any argument is evaluated. */
static mr_result check_count(const struct call *c, size_t least, size_t most, struct mr_error *err)
{
	struct mr_str name = mr_tree_function_name(c->function);

	if (c->count >= least && c->count <= most)
		return MR_OK;
	if (least == most)
		return mr_fail(err, MR_CODE_INVALID,
			"wrong number of args for %.*s: want %zu got %zu", MR_STR_ARGS(name), least,
			c->count);
	return mr_fail(err, MR_CODE_INVALID,
		"wrong number of args for %.*s: want at least %zu got %zu", MR_STR_ARGS(name),
		least, c->count);
}

/* `and` and `or`: up to the operand that decides. */
static mr_result eval_logic(struct mr_run *run, const struct mr_value *dot, const struct call *c,
	bool until, struct mr_value *ret, struct mr_error *err)
{
	struct mr_value value = { .kind = MR_VALUE_NONE };

	for (const struct mr_operand *o = c->first; o; o = o->next) {
		MR_TRY(eval_operand(run, dot, o, &value, err));
		if (mr_value_truth(&value) == until) {
			*ret = value;
			return MR_OK;
		}
	}
	*ret = c->piped ? *c->piped : value;
	return MR_OK;
}

/* The first operand of printf has to be a string. What is said of another one depends on its
 * form. */
static mr_result eval_format(struct mr_run *run, const struct mr_value *dot,
	const struct mr_operand *o, struct mr_value *ret, struct mr_error *err)
{
	run->at = &o->place;
	if (o->kind == MR_OPERAND_NIL)
		return mr_fail(err, MR_CODE_INVALID, "cannot assign nil to string");
	if (o->kind == MR_OPERAND_CONSTANT && o->constant.value.kind != MR_VALUE_STRING)
		return fail_about(err, "expected string; found ", o);
	return eval_operand(run, dot, o, ret, err);
}

/* What printf gets for its format, also through a pipe. */
static mr_result check_format(const struct mr_value *value, struct mr_error *err)
{
	if (value->kind == MR_VALUE_STRING)
		return MR_OK;
	if (mr_value_is_nil(value))
		return mr_fail(err, MR_CODE_INVALID, "invalid value; expected string");
	return mr_fail(err, MR_CODE_INVALID, "wrong type for value; expected string; got %s",
		mr_value_type(value));
}

/* Left to right, then what comes through the pipe. They go to a stack that calls within calls
 * share; its memory may move, so that nobody keeps a pointer over an evaluation. */
static mr_result push_arguments(struct mr_run *run, const struct mr_value *dot,
	const struct call *c, bool format, struct mr_error *err)
{
	struct mr_value value;

	for (const struct mr_operand *o = c->first; o; o = o->next) {
		if (format && o == c->first) {
			MR_TRY(eval_format(run, dot, o, &value, err));
			MR_TRY(check_format(&value, err));
		} else {
			MR_TRY(eval_operand(run, dot, o, &value, err));
		}
		MR_TRY(mr_run_push(run, &value, err));
	}
	if (!c->piped)
		return MR_OK;
	if (format && !c->first)
		MR_TRY(check_format(c->piped, err));
	return mr_run_push(run, c->piped, err);
}

static mr_result call_builtin(struct mr_run *run, const struct mr_tree_function *builtin,
	size_t base, struct mr_value *ret, struct mr_error *err)
{
	const struct mr_args args = { run->arguments + base, run->argument_count - base,
		builtin->variant };

	return builtin->call(run, &args, ret, err);
}

/* The caller's functions see one kind of nothing. */
static mr_result call_own(struct mr_run *run, const struct mr_template_function *own, size_t base,
	struct mr_value *ret, struct mr_error *err)
{
	struct mr_value *args = run->arguments + base;
	size_t count = run->argument_count - base;

	for (size_t i = 0; i < count; i++)
		if (args[i].kind == MR_VALUE_NONE)
			args[i].kind = MR_VALUE_NIL;
	return own->call(run->context, args, count, &run->arena, ret, err);
}

/* A failing function is named together with its arguments, a wrong number of them by its name
 * alone. */
static mr_result eval_call(struct mr_run *run, const struct mr_value *dot, const struct call *c,
	struct mr_value *ret, struct mr_error *err)
{
	const struct mr_tree_function *builtin = c->function->function.builtin;
	const struct mr_template_function *own = c->function->function.own;
	size_t base = run->argument_count;

	run->at = &c->function->place;
	MR_TRY(check_count(c, builtin ? builtin->min_args : own->min_args,
		builtin ? builtin->max_args : own->max_args, err));
	if (builtin && !builtin->call)
		return eval_logic(run, dot, c, builtin->variant == MR_BUILTIN_OR, ret, err);
	MR_TRY(push_arguments(run, dot, c, builtin && builtin->wants_format, err));
	struct mr_str name = mr_tree_function_name(c->function);
	mr_result r = builtin ? call_builtin(run, builtin, base, ret, err)
			      : call_own(run, own, base, ret, err);
	run->argument_count = base;
	if (mr_failed(r))
		run->at = c->place;
	return mr_wrap(err, r, "error calling %.*s", MR_STR_ARGS(name));
}

/* --- operands --- */

/* A constant beyond the signed integers parses, but has no use. */
static mr_result eval_constant(
	const struct mr_operand *o, struct mr_value *ret, struct mr_error *err)
{
	if (o->constant.value.kind == MR_VALUE_UINT)
		return mr_fail(err, MR_CODE_INVALID, "%.*s overflows int",
			MR_STR_ARGS(o->constant.source));
	*ret = o->constant.value;
	return MR_OK;
}

/* The operand without its chain. */
static mr_result eval_base(struct mr_run *run, const struct mr_value *dot,
	const struct mr_operand *o, struct mr_value *ret, struct mr_error *err)
{
	const struct call alone = { .function = o, .place = &o->place };
	struct mr_value *variable;

	switch (o->kind) {
	case MR_OPERAND_DOT:
	case MR_OPERAND_FIELD:
		*ret = *dot;
		return MR_OK;
	case MR_OPERAND_NIL:
		*ret = (struct mr_value){ .kind = MR_VALUE_NONE };
		return MR_OK;
	case MR_OPERAND_CONSTANT:
		return eval_constant(o, ret, err);
	case MR_OPERAND_VARIABLE:
		MR_TRY(mr_run_find(run, o->variable, &variable, err));
		*ret = *variable;
		return MR_OK;
	case MR_OPERAND_FUNCTION:
		return eval_call(run, dot, &alone, ret, err);
	case MR_OPERAND_PIPE:
		return mr_run_pipe(run, dot, o->pipe, ret, err);
	case MR_OPERAND_CHAIN:
		return eval_operand(run, dot, o->base, ret, err);
	}
	return MR_OK;
}

/* An operand by itself: a function gets no arguments here. */
static mr_result eval_operand(struct mr_run *run, const struct mr_value *dot,
	const struct mr_operand *o, struct mr_value *ret, struct mr_error *err)
{
	struct mr_value base;

	run->at = &o->place;
	MR_TRY(mr_run_charge(run, 1, err));
	MR_TRY(eval_base(run, dot, o, &base, err));
	return eval_chain(run, &base, o, false, ret, err);
}

/* --- commands and pipelines --- */

/* A value alone, or a function with arguments. Parentheses do not move the place of an error
 * before they are evaluated. */
static mr_result eval_command(struct mr_run *run, const struct mr_value *dot,
	const struct mr_command *command, const struct mr_value *piped, struct mr_value *ret,
	struct mr_error *err)
{
	const struct mr_operand *first = command->first;
	bool has_arguments = first->next || piped;
	const struct call call = {
		.function = first,
		.first = first->next,
		.count = command->count - 1 + (piped != NULL),
		.piped = piped,
		.place = &command->place,
	};
	struct mr_value base;

	MR_TRY(mr_run_charge(run, 1, err));
	if (first->kind == MR_OPERAND_FUNCTION)
		return eval_call(run, dot, &call, ret, err);
	if (first->kind != MR_OPERAND_PIPE || first->chain_len > 0)
		run->at = &first->place;
	/* That a variable does not exist is said first. */
	if (first->kind == MR_OPERAND_VARIABLE)
		MR_TRY(eval_base(run, dot, first, &base, err));
	if (has_arguments && first->chain_len == 0)
		return fail_about(err, "can't give argument to non-function ", first);
	if (first->kind == MR_OPERAND_NIL)
		return mr_fail(err, MR_CODE_INVALID, "nil is not a command");
	if (first->kind != MR_OPERAND_VARIABLE)
		MR_TRY(eval_base(run, dot, first, &base, err));
	return eval_chain(run, &base, first, has_arguments, ret, err);
}

mr_result mr_run_pipe(struct mr_run *run, const struct mr_value *dot, const struct mr_pipe *pipe,
	struct mr_value *ret, struct mr_error *err)
{
	struct mr_value value = { .kind = MR_VALUE_NONE }, piped, *variable;

	run->at = &pipe->place;
	for (const struct mr_command *c = pipe->first; c; c = c->next) {
		piped = value;
		MR_TRY(eval_command(run, dot, c, c == pipe->first ? NULL : &piped, &value, err));
	}
	for (unsigned i = 0; i < pipe->variable_count; i++) {
		if (!pipe->assign) {
			MR_TRY(mr_run_declare(run, pipe->variables[i], &value, err));
			continue;
		}
		MR_TRY(mr_run_find(run, pipe->variables[i], &variable, err));
		*variable = value;
	}
	*ret = value;
	return MR_OK;
}
