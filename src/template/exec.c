/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "base/wipe.h"
#include "template/format.h"
#include "template/lex.h"
#include "template/run.h"
#include "template/value.h"

enum {
	DEFAULT_STEPS = 10000000,
	BYTES_A_STEP = 16,
	DEFAULT_DEPTH = 10000,
	DEFAULT_MEMORY = 64 << 20,
	FIRST_FRAMES = 8,
	FIRST_VALUES = 16,
};

/* A list of nodes that is being executed. */
struct frame {
	const struct mr_node *next;
	struct mr_value dot;
	size_t variables;           /* to keep when the list ends */
	const struct mr_node *loop; /* the range whose body it is */
	struct mr_value over;       /* what that ranges over */
	uint64_t index, count;
	bool range_else;                    /* `break` may leave it, too */
	size_t outer_variables;             /* to keep when the loop ends */
	const struct mr_definition *caller; /* to go on with, if the list is another template's */
	size_t first_variable;              /* the caller's */
};

/*
 * Frames instead of recursion: how deep templates call each other is the input's choice, and the C
 * stack is small. A usual run fits into the first arrays and allocates nothing but results.
 */
struct exec {
	struct mr_run run;
	struct mr_buf *out;
	struct frame *frames;
	size_t frame_count, frame_room;
	size_t calls, max_calls;
	struct frame first_frames[FIRST_FRAMES];
	struct mr_run_variable first_variables[FIRST_VALUES];
	struct mr_value first_arguments[FIRST_VALUES];
};

static struct frame *top(struct exec *x)
{
	return &x->frames[x->frame_count - 1];
}

/* `variables`: how many to keep when the list has ended. */
static mr_result push(struct exec *x, const struct mr_node *list, const struct mr_value *dot,
	size_t variables, struct mr_error *err)
{
	struct frame fresh = { .next = list, .dot = *dot, .variables = variables };

	if (x->frame_count == x->frame_room) {
		void *frames = x->frames;
		MR_TRY(mr_run_grow(&x->run, &frames, &x->frame_room, sizeof(fresh), err));
		x->frames = frames;
	}
	x->frames[x->frame_count++] = fresh;
	return MR_OK;
}

/* Leaves a list: its variables go out of scope, and a template returns. */
static void pop(struct exec *x)
{
	struct frame *f = top(x);

	x->run.variable_count = f->loop ? f->outer_variables : f->variables;
	if (f->caller) {
		x->run.definition = f->caller;
		x->run.first_variable = f->first_variable;
		x->calls--;
	}
	x->frame_count--;
}

/* --- range --- */

/* How often to go round. */
static mr_result range_count(const struct mr_value *over, const struct mr_pipe *pipe, uint64_t *ret,
	struct mr_error *err)
{
	const struct mr_object_class *class;

	switch (over->kind) {
	case MR_VALUE_NONE:
	case MR_VALUE_NIL:
		*ret = 0;
		return MR_OK;
	case MR_VALUE_BYTES:
		*ret = over->bytes.len;
		return MR_OK;
	case MR_VALUE_INT:
	case MR_VALUE_UINT:
		if (pipe->variable_count > 1)
			return mr_fail(err, MR_CODE_INVALID,
				"can't use a number to iterate over more than one variable");
		*ret = over->kind == MR_VALUE_UINT ? over->u : over->i > 0 ? (uint64_t)over->i : 0;
		return MR_OK;
	case MR_VALUE_OBJECT:
		class = over->object.class;
		if (class->kind == MR_OBJECT_MAP) {
			*ret = class->count(over->object.self);
			return MR_OK;
		}
		break;
	default:
		break;
	}
	/* The value itself might be a secret. */
	return mr_fail(err, MR_CODE_INVALID, "range can't iterate over a value of type %s",
		mr_value_type(over));
}

/* Key and element of the round. */
static mr_result range_element(struct exec *x, const struct frame *f, struct mr_value *ret_key,
	struct mr_value *ret, struct mr_error *err)
{
	const struct mr_value *over = &f->over;

	*ret_key = mr_value_of_int((int64_t)f->index);
	if (over->kind == MR_VALUE_BYTES) {
		*ret = mr_value_of_byte(over->bytes.ptr[f->index]);
	} else if (over->kind == MR_VALUE_OBJECT) {
		const struct mr_object_class *class = over->object.class;
		struct mr_str key = class->key(over->object.self, f->index);
		*ret_key = mr_value_of_str(key);
		return class->get(over->object.self, key, &x->run.arena, ret, err);
	} else {
		*ret = *over;
		if (over->kind == MR_VALUE_UINT)
			ret->u = f->index;
		else
			ret->i = (int64_t)f->index;
	}
	return MR_OK;
}

/* Goes into the body once more; its variables are those the pipeline declared, or sets. */
static mr_result next_round(struct exec *x, struct mr_error *err)
{
	struct frame *f = top(x);
	const struct mr_pipe *pipe = f->loop->pipe;
	struct mr_run *run = &x->run;
	struct mr_value key, element, *to;

	run->variable_count = f->variables;
	if (f->index == f->count) {
		pop(x);
		return MR_OK;
	}
	MR_TRY(mr_run_charge(run, 1, err));
	MR_TRY(range_element(x, f, &key, &element, err));
	for (unsigned i = 0; i < pipe->variable_count; i++) {
		if (pipe->assign)
			MR_TRY(mr_run_find(run, pipe->variables[i], &to, err));
		else
			to = &run->variables[f->variables - pipe->variable_count + i].value;
		*to = i + 1 == pipe->variable_count ? element : key;
	}
	f->dot = element;
	f->next = f->loop->body;
	f->index++;
	return MR_OK;
}

/* The loop gets its frame first, then each round fills it; an empty one takes the else branch. */
static mr_result start_range(struct exec *x, const struct mr_node *node, const struct mr_value *dot,
	struct mr_error *err)
{
	size_t outer = x->run.variable_count;
	struct mr_value over;
	uint64_t count = 0;

	MR_TRY(mr_run_pipe(&x->run, dot, node->pipe, &over, err));
	MR_TRY(range_count(&over, node->pipe, &count, err));
	MR_TRY(push(x, count ? NULL : node->otherwise, dot, outer, err));
	struct frame *f = top(x);
	f->range_else = count == 0;
	if (count == 0)
		return MR_OK;
	f->variables = x->run.variable_count;
	f->outer_variables = outer;
	f->loop = node;
	f->over = over;
	f->count = count;
	return next_round(x, err);
}

/* Out of what is open in the body, up to the loop. A `break` in the else branch of a range ends
 * that one, while a `continue` there belongs to the range around it. */
static void leave(struct exec *x, bool is_break)
{
	while (!top(x)->loop && !(is_break && top(x)->range_else))
		pop(x);
	if (is_break)
		pop(x);
	else
		top(x)->next = NULL;
}

/* --- other nodes --- */

/* `with` changes the dot, `if` does not; in both the pipeline's variables last until the end. */
static mr_result branch(struct exec *x, const struct mr_node *node, const struct mr_value *dot,
	struct mr_error *err)
{
	size_t outer = x->run.variable_count;
	struct mr_value value;

	MR_TRY(mr_run_pipe(&x->run, dot, node->pipe, &value, err));
	bool yes = mr_value_truth(&value);
	if (yes && node->kind == MR_NODE_WITH)
		dot = &value;
	return push(x, yes ? node->body : node->otherwise, dot, outer, err);
}

/* The callee sees its argument as dot and `$`, and none of the caller's variables. */
static mr_result call(struct exec *x, const struct mr_node *node, const struct mr_value *dot,
	struct mr_error *err)
{
	struct mr_run *run = &x->run;
	struct mr_value value = { .kind = MR_VALUE_NONE };

	if (!node->callee) {
		MR_AUTO(buf) struct mr_buf quoted = { 0 };
		mr_buf_init(&quoted, 256);
		mr_utf8_put_quoted(&quoted, node->name);
		return mr_fail(err, MR_CODE_INVALID, "template %.*s not defined",
			MR_STR_ARGS(mr_buf_str(&quoted)));
	}
	if (x->calls == x->max_calls)
		return mr_fail(
			err, MR_CODE_LIMIT, "exceeded maximum template depth (%zu)", x->max_calls);
	if (node->pipe)
		MR_TRY(mr_run_pipe(run, dot, node->pipe, &value, err));
	MR_TRY(push(x, node->callee->body, &value, run->variable_count, err));
	top(x)->caller = run->definition;
	top(x)->first_variable = run->first_variable;
	x->calls++;
	run->definition = node->callee;
	run->first_variable = run->variable_count;
	return mr_run_declare(run, &mr_tree_dollar, &value, err);
}

/* An action that declares or sets variables prints nothing. */
static mr_result print(struct exec *x, const struct mr_node *node, const struct mr_value *dot,
	struct mr_error *err)
{
	struct mr_value value;

	MR_TRY(mr_run_pipe(&x->run, dot, node->pipe, &value, err));
	if (node->pipe->variable_count > 0)
		return MR_OK;
	if (mr_value_is_nil(&value))
		mr_buf_put_str(x->out, MR_STR("<no value>"));
	else if (value.kind == MR_VALUE_STRING)
		mr_buf_put_str(x->out, value.str);
	else
		MR_TRY(mr_format_value(x->out, &value, err));
	return mr_buf_status(x->out, err);
}

static mr_result step(struct exec *x, const struct mr_node *node, struct mr_error *err)
{
	const struct mr_value *dot = &top(x)->dot;

	top(x)->next = node->next;
	x->run.at = &node->place;
	MR_TRY(mr_run_charge(&x->run, 1, err));
	switch (node->kind) {
	case MR_NODE_TEXT:
		mr_buf_put_str(x->out, node->text);
		return mr_buf_status(x->out, err);
	case MR_NODE_ACTION:
		return print(x, node, dot, err);
	case MR_NODE_IF:
	case MR_NODE_WITH:
		return branch(x, node, dot, err);
	case MR_NODE_RANGE:
		return start_range(x, node, dot, err);
	case MR_NODE_TEMPLATE:
		return call(x, node, dot, err);
	case MR_NODE_BREAK:
	case MR_NODE_CONTINUE:
		leave(x, node->kind == MR_NODE_BREAK);
		return MR_OK;
	}
	return MR_OK;
}

static mr_result execute(struct exec *x, const struct mr_value *root, struct mr_error *err)
{
	MR_TRY(mr_run_declare(&x->run, &mr_tree_dollar, root, err));
	MR_TRY(push(x, x->run.definition->body, root, 0, err));
	while (x->frame_count > 0) {
		const struct mr_node *node = top(x)->next;
		if (node)
			MR_TRY(step(x, node, err));
		else if (top(x)->loop)
			MR_TRY(next_round(x, err));
		else
			pop(x);
	}
	return MR_OK;
}

/* --- the run --- */

/* Puts `template: data:LINE:COL: executing "NAME" at <SOURCE>: ` in front. */
static mr_result wrap(const struct exec *x, mr_result r, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf name = { 0 };
	MR_AUTO(buf) struct mr_buf source = { 0 };
	struct mr_str text = x->run.t->text;
	size_t pos = x->run.at->pos, start = pos;

	while (start > 0 && text.ptr[start - 1] != '\n')
		start--;
	mr_buf_init(&name, 256);
	mr_utf8_put_quoted(&name, x->run.definition->name);
	mr_tree_describe(x->run.at, &source);
	return mr_wrap(err, r, "template: data:%zu:%zu: executing %.*s at <%.*s>",
		mr_lex_line(text, pos), pos - start, MR_STR_ARGS(mr_buf_str(&name)),
		MR_STR_ARGS(mr_buf_str(&source)));
}

/* No state, no memory: most files of a manifest are like this. */
static mr_result copy_plain(struct mr_str text, struct mr_buf *out, struct mr_error *err)
{
	size_t start = out->len;

	mr_buf_put_str(out, text);
	mr_result r = mr_buf_status(out, err);
	if (mr_failed(r))
		mr_buf_truncate(out, start);
	return mr_wrap(err, r, "template: data");
}

static void take_off(size_t *left, size_t steps, size_t bytes)
{
	size_t used = steps + bytes / BYTES_A_STEP;

	*left -= used < *left ? used : *left;
}

mr_result mr_template_run(const struct mr_template *t, const struct mr_value *root, void *context,
	const struct mr_template_limits *limits, struct mr_buf *out, struct mr_error *err)
{
	const struct mr_template_limits none = { 0 };
	const struct mr_template_limits *most = limits ? limits : &none;
	size_t memory = most->memory ? most->memory : DEFAULT_MEMORY, start = out->len;
	size_t steps = most->steps ? most->steps : DEFAULT_STEPS;
	struct exec x;

	if (t->plain)
		return copy_plain(t->text, out, err);
	if (most->left && *most->left < steps)
		steps = *most->left;
	x.run = (struct mr_run){
		.t = t,
		.definition = t->main,
		.context = context,
		.steps = steps,
		.variables = x.first_variables,
		.variable_room = MR_COUNT(x.first_variables),
		.arguments = x.first_arguments,
		.argument_room = MR_COUNT(x.first_arguments),
	};
	mr_arena_init(&x.run.arena, memory);
	mr_buf_init_secret(&x.run.scratch, memory);
	x.out = out;
	x.frames = x.first_frames;
	x.frame_room = MR_COUNT(x.first_frames);
	x.frame_count = x.calls = 0;
	x.max_calls = most->depth ? most->depth : DEFAULT_DEPTH;
	mr_result r = execute(&x, root, err);
	if (most->left)
		take_off(most->left, steps - x.run.steps, x.run.arena.used + (out->len - start));
	if (mr_failed(r)) {
		if (x.run.at)
			r = wrap(&x, r, err);
		mr_buf_truncate(out, start);
	}
	mr_arena_done(&x.run.arena);
	mr_buf_done(&x.run.scratch);
	mr_wipe(&x, sizeof(x));
	return r;
}
