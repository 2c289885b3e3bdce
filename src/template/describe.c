/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "template/tree.h"

/* Leaves room in a message for what happened there. */
enum { DESCRIPTION_MAX = 700 };

static void describe_pipe(const struct mr_pipe *pipe, struct mr_buf *out);

/* As deep as parentheses may be nested. */
static void describe_operand(const struct mr_operand *o, struct mr_buf *out)
{
	switch (o->kind) {
	case MR_OPERAND_DOT:
		mr_buf_put_u8(out, '.');
		break;
	case MR_OPERAND_NIL:
		mr_buf_put_cstr(out, "nil");
		break;
	case MR_OPERAND_CONSTANT:
		mr_buf_put_str(out, o->constant.source);
		break;
	case MR_OPERAND_FIELD:
		break;
	case MR_OPERAND_VARIABLE:
		mr_buf_put_str(out, *o->variable);
		break;
	case MR_OPERAND_FUNCTION:
		mr_buf_put_str(out, mr_tree_function_name(o));
		break;
	case MR_OPERAND_PIPE:
		mr_buf_put_u8(out, '(');
		describe_pipe(o->pipe, out);
		mr_buf_put_u8(out, ')');
		break;
	case MR_OPERAND_CHAIN:
		describe_operand(o->base, out);
		break;
	}
	for (uint32_t i = 0; i < o->chain_len; i++) {
		mr_buf_put_u8(out, '.');
		mr_buf_put_str(out, o->chain[i]);
	}
}

static void describe_command(const struct mr_command *command, struct mr_buf *out)
{
	for (const struct mr_operand *o = command->first; o; o = o->next) {
		if (o != command->first)
			mr_buf_put_u8(out, ' ');
		describe_operand(o, out);
	}
}

static void describe_pipe(const struct mr_pipe *pipe, struct mr_buf *out)
{
	for (unsigned i = 0; i < pipe->variable_count; i++) {
		if (i > 0)
			mr_buf_put_cstr(out, ", ");
		mr_buf_put_str(out, *pipe->variables[i]);
	}
	if (pipe->variable_count > 0)
		mr_buf_put_cstr(out, pipe->assign ? " = " : " := ");
	for (const struct mr_command *c = pipe->first; c; c = c->next) {
		if (c != pipe->first)
			mr_buf_put_cstr(out, " | ");
		describe_command(c, out);
	}
}

/* Only calls of templates are shown with their keyword; of other nodes an error names a part. */
static void describe_node(const struct mr_node *node, struct mr_buf *out)
{
	if (node->kind == MR_NODE_TEXT)
		return;
	mr_buf_put_cstr(out, "{{");
	if (node->kind == MR_NODE_TEMPLATE) {
		mr_buf_put_cstr(out, "template ");
		mr_utf8_put_quoted(out, node->name);
		if (node->pipe)
			mr_buf_put_u8(out, ' ');
	}
	if (node->pipe)
		describe_pipe(node->pipe, out);
	mr_buf_put_cstr(out, "}}");
}

struct mr_str mr_tree_function_name(const struct mr_operand *o)
{
	return o->function.builtin ? o->function.builtin->name : mr_str_of(o->function.own->name);
}

void mr_tree_describe(const struct mr_place *place, struct mr_buf *out)
{
	const void *whole = place; /* begins with its place */

	mr_buf_init(out, DESCRIPTION_MAX);
	switch (place->kind) {
	case MR_PLACE_NODE:
		describe_node(whole, out);
		break;
	case MR_PLACE_PIPE:
		describe_pipe(whole, out);
		break;
	case MR_PLACE_COMMAND:
		describe_command(whole, out);
		break;
	case MR_PLACE_OPERAND:
		describe_operand(whole, out);
		break;
	}
	if (out->failure != MR_CODE_LIMIT)
		return;
	out->failure = MR_CODE_OK;
	out->max += 3;
	mr_buf_put_cstr(out, "...");
}
