/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "template/constant.h"
#include "template/parse.h"

const struct mr_str mr_tree_dollar = { "$", 1 };

static mr_result fail(struct mr_parser *p, const char *text)
{
	return mr_parser_fail(p, MR_CODE_INVALID, "%s", text);
}

/* The body of a template of its own: no variable but `$`, no range to leave. */
static mr_result open_template(struct mr_parser *p, enum mr_token_kind kind, struct mr_str name)
{
	struct mr_definition *d = mr_arena_alloc(&p->t->arena, sizeof(*d));

	if (!d)
		return mr_parser_nomem(p);
	d->name = name;
	MR_TRY(mr_parser_open(p, kind, &d->body));
	p->block->definition = d;
	p->block->pos = p->pos;
	p->names_action = false;
	p->first_variable = p->variable_count;
	p->ranges = 0;
	return mr_parser_push(p, &mr_tree_dollar);
}

/* The quoted name of `define`, `template` and `block`. */
static mr_result parse_name(
	struct mr_parser *p, const char *context, struct mr_str *ret, size_t *ret_pos)
{
	struct mr_token token = mr_parser_next_word(p);

	if (token.kind != MR_TOKEN_STRING && token.kind != MR_TOKEN_RAW_STRING)
		return mr_parser_unexpected(p, &token, context);
	*ret_pos = token.pos;
	return mr_parser_wrap(p, mr_constant_unquote(token.text, &p->t->arena, ret, p->err));
}

/* The node goes into the list around it, what follows into its body, until `else` or `end`. */
static mr_result parse_branch(struct mr_parser *p, const struct mr_token *token,
	enum mr_node_kind kind, const char *context)
{
	struct mr_node *node;

	MR_TRY(mr_parser_add(p, kind, token->pos, &node));
	MR_TRY(mr_parser_open(p, token->kind, &node->body));
	p->block->node = node;
	MR_TRY(mr_parser_pipe(p, context, MR_TOKEN_RIGHT, &node->pipe));
	p->ranges += kind == MR_NODE_RANGE;
	return MR_OK;
}

/* `else if` opens a block within the else branch that ends together with this one. Variables of
 * the body stay known to the parser, as they do in the reference; the run does not have them. */
static mr_result parse_else(struct mr_parser *p)
{
	struct mr_block *block = p->block;
	struct mr_token token = *mr_parser_peek_word(p);
	bool chain = token.kind == MR_TOKEN_IF || token.kind == MR_TOKEN_WITH;

	if (!chain)
		MR_TRY(mr_parser_expect_right(p, "else"));
	switch (block->kind) {
	case MR_TOKEN_EOF:
		return fail(p, "unexpected {{else}}");
	case MR_TOKEN_DEFINE:
		return fail(p, "unexpected {{else}} in define clause");
	case MR_TOKEN_BLOCK:
		p->pos = block->pos;
		return fail(p, "unexpected {{else}} in block clause");
	default:
		break;
	}
	if (block->otherwise)
		return fail(p, "expected end; found {{else}}");
	if (chain && token.kind != block->kind)
		return mr_parser_unexpected(p, &token, "input");
	block->otherwise = true;
	block->tail = &block->node->otherwise;
	p->ranges = block->ranges;
	if (!chain)
		return MR_OK;
	p->names_action = false;
	token = mr_parser_next(p);
	bool is_if = token.kind == MR_TOKEN_IF;
	MR_TRY(parse_branch(p, &token, is_if ? MR_NODE_IF : MR_NODE_WITH, is_if ? "if" : "with"));
	p->block->chained = true;
	return MR_OK;
}

/* Closes the innermost block, and those that `else if` opened it in. */
static mr_result parse_end(struct mr_parser *p)
{
	bool chained;

	MR_TRY(mr_parser_expect_right(p, "end"));
	do {
		struct mr_block *block = p->block;
		if (block->kind == MR_TOKEN_EOF)
			return fail(p, "unexpected {{end}}");
		chained = block->chained;
		mr_parser_close(p);
		if (block->definition)
			MR_TRY(mr_parser_define(p, block->definition));
	} while (chained);
	return MR_OK;
}

/* `break` and `continue`. */
static mr_result parse_leave(struct mr_parser *p, const struct mr_token *token)
{
	bool is_break = token->kind == MR_TOKEN_BREAK;
	struct mr_node *node;

	MR_TRY(mr_parser_expect_right(p, is_break ? "{{break}}" : "{{continue}}"));
	if (p->ranges == 0)
		return fail(p, is_break ? "{{break}} outside {{range}}"
					: "{{continue}} outside {{range}}");
	return mr_parser_add(p, is_break ? MR_NODE_BREAK : MR_NODE_CONTINUE, token->pos, &node);
}

/* Only at the top level, which parse_action sees to. */
static mr_result parse_define(struct mr_parser *p)
{
	struct mr_str name;
	size_t pos;

	MR_TRY(parse_name(p, "define clause", &name, &pos));
	MR_TRY(mr_parser_expect_right(p, "define clause"));
	return open_template(p, MR_TOKEN_DEFINE, name);
}

/* A call; for `block`, also the definition of what it calls. */
static mr_result parse_call(struct mr_parser *p, bool block)
{
	const char *context = block ? "block clause" : "template clause";
	struct mr_str name;
	struct mr_node *node;
	size_t pos = 0;

	MR_TRY(parse_name(p, context, &name, &pos));
	MR_TRY(mr_parser_add(p, MR_NODE_TEMPLATE, pos, &node));
	node->name = name;
	node->next_template = p->templates;
	p->templates = node;
	if (block || mr_parser_peek_word(p)->kind != MR_TOKEN_RIGHT)
		MR_TRY(mr_parser_pipe(p, context, MR_TOKEN_RIGHT, &node->pipe));
	else
		(void)mr_parser_next(p);
	return block ? open_template(p, MR_TOKEN_BLOCK, name) : MR_OK;
}

/* Those that open a block leave errors named after their action, see parse_action. */
static mr_result parse_keyword(struct mr_parser *p)
{
	struct mr_token token = mr_parser_next(p);

	switch (token.kind) {
	case MR_TOKEN_IF:
		return parse_branch(p, &token, MR_NODE_IF, "if");
	case MR_TOKEN_WITH:
		return parse_branch(p, &token, MR_NODE_WITH, "with");
	case MR_TOKEN_RANGE:
		return parse_branch(p, &token, MR_NODE_RANGE, "range");
	case MR_TOKEN_BLOCK:
		return parse_call(p, true);
	default:
		break;
	}
	mr_result r = token.kind == MR_TOKEN_TEMPLATE ? parse_call(p, false)
		      : token.kind == MR_TOKEN_DEFINE ? parse_define(p)
		      : token.kind == MR_TOKEN_ELSE   ? parse_else(p)
		      : token.kind == MR_TOKEN_END    ? parse_end(p)
						      : parse_leave(p, &token);
	p->names_action = false;
	return r;
}

/* Errors of the lexer name the action that they are in, also in what an `if`, `with`, `range` or
 * `block` encloses until another action has come to its end there. */
static mr_result parse_action(struct mr_parser *p, size_t pos)
{
	struct mr_token token = *mr_parser_peek_word(p);
	bool definition = token.kind == MR_TOKEN_DEFINE && p->block->kind == MR_TOKEN_EOF;
	struct mr_node *node;

	p->action = pos;
	p->names_action = !definition;
	if (token.kind >= MR_TOKEN_BLOCK && (token.kind != MR_TOKEN_DEFINE || definition))
		return parse_keyword(p);
	MR_TRY(mr_parser_add(p, MR_NODE_ACTION, token.pos, &node));
	MR_TRY(mr_parser_pipe(p, "command", MR_TOKEN_RIGHT, &node->pipe));
	p->names_action = false;
	return MR_OK;
}

static mr_result parse_all(struct mr_parser *p)
{
	struct mr_node *node;

	MR_TRY(open_template(p, MR_TOKEN_EOF, MR_STR("data")));
	for (;;) {
		struct mr_token token = mr_parser_next(p);
		switch (token.kind) {
		case MR_TOKEN_TEXT:
			MR_TRY(mr_parser_add(p, MR_NODE_TEXT, token.pos, &node));
			node->text = token.text;
			break;
		case MR_TOKEN_LEFT:
			MR_TRY(parse_action(p, token.pos));
			break;
		default:
			if (token.kind != MR_TOKEN_EOF || p->block->kind != MR_TOKEN_EOF)
				return mr_parser_unexpected(p, &token, "input");
			return mr_parser_define(p, p->block->definition);
		}
	}
}

static mr_result parse_into(
	struct mr_template *t, const struct mr_template_functions *functions, struct mr_error *err)
{
	struct mr_parser p;

	p.t = t;
	p.functions = functions;
	p.err = err;
	p.ahead_count = 0;
	p.pos = p.depth = p.ranges = p.definitions = p.first_variable = p.variable_count = 0;
	p.action = 0;
	p.names_action = false;
	p.block = NULL;
	p.templates = NULL;
	mr_lexer_init(&p.lexer, t->text);
	MR_TRY(parse_all(&p));
	t->main = mr_parser_find(t, MR_STR("data"));
	for (struct mr_node *node = p.templates; node; node = node->next_template)
		node->callee = mr_parser_find(t, node->name);
	return MR_OK;
}

mr_result mr_template_parse(struct mr_str text, const struct mr_template_functions *functions,
	struct mr_template **ret, struct mr_error *err)
{
	MR_AUTO(template) struct mr_template *t = NULL;

	if (text.len > MR_TREE_MAX_TEXT)
		return mr_fail(err, MR_CODE_LIMIT,
			"template: data: larger than the limit of %zu bytes", MR_TREE_MAX_TEXT);
	t = calloc(1, sizeof(*t));
	if (!t)
		return mr_fail_nomem(err);
	mr_arena_init(&t->arena, MR_TREE_MAX_MEMORY);
	MR_TRY(mr_arena_str(&t->arena, text, &t->text, err));
	t->plain = text.len < 2 || !memmem(text.ptr, text.len, "{{", 2);
	if (!t->plain)
		MR_TRY(parse_into(t, functions, err));
	*ret = t;
	t = NULL;
	return MR_OK;
}

void mr_template_free(struct mr_template *t)
{
	if (!t)
		return;
	mr_arena_done(&t->arena);
	free(t);
}

bool mr_template_is_plain(const struct mr_template *t, struct mr_str *ret)
{
	if (t->plain)
		*ret = t->text;
	return t->plain;
}
