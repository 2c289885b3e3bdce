/* SPDX-License-Identifier: Apache-2.0 */
#include "template/parse.h"

#include <stdio.h>

#include "base/utf8.h"

/* --- failures --- */

mr_result mr_parser_wrap(struct mr_parser *p, mr_result r)
{
	if (!mr_failed(r))
		return r;
	return mr_wrap(p->err, r, "template: data:%zu", mr_lex_line(p->t->text, p->pos));
}

mr_result mr_parser_fail(struct mr_parser *p, enum mr_code code, const char *format, ...)
{
	char message[MR_ERROR_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return mr_parser_wrap(p, mr_fail(p->err, code, "%s", message));
}

/* Memory, or the bound of the tree. */
mr_result mr_parser_nomem(struct mr_parser *p)
{
	return mr_parser_wrap(p, mr_arena_fail(&p->t->arena, p->err));
}

/* The first `count` characters. */
static struct mr_str cut(struct mr_str s, size_t count)
{
	size_t at = 0, size;

	while (at < s.len && count-- > 0) {
		(void)mr_utf8_decode(mr_str_sub(s, at, s.len), &size);
		at += size;
	}
	return mr_str_sub(s, 0, at);
}

/* Names the line where the action began, if it is another one. */
static mr_result fail_lexer(struct mr_parser *p, const struct mr_token *token)
{
	enum mr_code code = p->lexer.over_limit ? MR_CODE_LIMIT : MR_CODE_INVALID;
	size_t line = mr_lex_line(p->t->text, p->action);

	if (!p->names_action || line == mr_lex_line(p->t->text, token->pos))
		return mr_parser_fail(p, code, "%.*s", MR_STR_ARGS(token->text));
	bool unclosed = mr_str_ends(token->text, MR_STR(" action"));
	return mr_parser_fail(p, code, "%.*s%s started at data:%zu", MR_STR_ARGS(token->text),
		unclosed ? "" : " in action", line);
}

mr_result mr_parser_unexpected(
	struct mr_parser *p, const struct mr_token *token, const char *context)
{
	const size_t most = 10;
	MR_AUTO(buf) struct mr_buf shown = { 0 };

	if (token->kind == MR_TOKEN_ERROR)
		return fail_lexer(p, token);
	if (token->kind == MR_TOKEN_EOF)
		return mr_parser_fail(p, MR_CODE_INVALID, "unexpected EOF");
	mr_buf_init(&shown, 256);
	if (token->kind >= MR_TOKEN_DOT) {
		mr_buf_printf(&shown, "<%.*s>", MR_STR_ARGS(token->text));
	} else {
		mr_utf8_put_quoted(&shown, cut(token->text, most));
		if (token->text.len > most)
			mr_buf_put_cstr(&shown, "...");
	}
	return mr_parser_fail(p, MR_CODE_INVALID, "unexpected %.*s in %s",
		MR_STR_ARGS(mr_buf_str(&shown)), context);
}

/* --- tokens --- */

/* The place of errors is that of the token read last, also when it is still ahead: the line
 * numbers to follow count so. */
const struct mr_token *mr_parser_peek(struct mr_parser *p, unsigned after)
{
	while (p->ahead_count <= after) {
		mr_lexer_next(&p->lexer, &p->ahead[p->ahead_count]);
		p->pos = p->ahead[p->ahead_count++].pos;
	}
	return &p->ahead[after];
}

struct mr_token mr_parser_next(struct mr_parser *p)
{
	struct mr_token token = *mr_parser_peek(p, 0);

	p->ahead_count--;
	for (unsigned i = 0; i < p->ahead_count; i++)
		p->ahead[i] = p->ahead[i + 1];
	return token;
}

const struct mr_token *mr_parser_peek_word(struct mr_parser *p)
{
	while (mr_parser_peek(p, 0)->kind == MR_TOKEN_SPACE)
		(void)mr_parser_next(p);
	return mr_parser_peek(p, 0);
}

struct mr_token mr_parser_next_word(struct mr_parser *p)
{
	(void)mr_parser_peek_word(p);
	return mr_parser_next(p);
}

mr_result mr_parser_expect_right(struct mr_parser *p, const char *context)
{
	struct mr_token token = mr_parser_next_word(p);

	return token.kind == MR_TOKEN_RIGHT ? MR_OK : mr_parser_unexpected(p, &token, context);
}

/* --- blocks --- */

mr_result mr_parser_push(struct mr_parser *p, const struct mr_str *variable)
{
	if (p->variable_count == MR_COUNT(p->variables))
		return mr_parser_fail(
			p, MR_CODE_LIMIT, "more than %d variables in scope", MR_TREE_MAX_VARIABLES);
	p->variables[p->variable_count++] = variable;
	return MR_OK;
}

mr_result mr_parser_open(struct mr_parser *p, enum mr_token_kind kind, struct mr_node **tail)
{
	struct mr_block *block = mr_arena_alloc(&p->t->arena, sizeof(*block));

	if (!block)
		return mr_parser_nomem(p);
	if (p->depth++ == MR_TREE_MAX_BLOCKS)
		return mr_parser_fail(
			p, MR_CODE_LIMIT, "more than %d blocks open", MR_TREE_MAX_BLOCKS);
	*block = (struct mr_block){
		.kind = kind,
		.outer = p->block,
		.tail = tail,
		.variables = p->variable_count,
		.first_variable = p->first_variable,
		.ranges = p->ranges,
	};
	p->block = block;
	return MR_OK;
}

void mr_parser_close(struct mr_parser *p)
{
	struct mr_block *block = p->block;

	p->variable_count = block->variables;
	p->first_variable = block->first_variable;
	p->ranges = block->ranges;
	p->block = block->outer;
	p->depth--;
}

mr_result mr_parser_add(
	struct mr_parser *p, enum mr_node_kind kind, size_t pos, struct mr_node **ret)
{
	struct mr_node *node = mr_arena_alloc(&p->t->arena, sizeof(*node));

	if (!node)
		return mr_parser_nomem(p);
	node->place = (struct mr_place){ MR_PLACE_NODE, (uint32_t)pos };
	node->kind = kind;
	*p->block->tail = node;
	p->block->tail = &node->next;
	*ret = node;
	return MR_OK;
}

/* White space that counts as nothing when a definition is repeated. */
static bool is_blank(struct mr_str text)
{
	size_t size;

	for (size_t at = 0; at < text.len; at += size) {
		uint32_t rune = mr_utf8_decode(mr_str_sub(text, at, text.len), &size);
		bool blank = rune == ' ' || (rune >= '\t' && rune <= '\r') || rune == 0x85 ||
			     rune == 0xA0 || rune == 0x1680 || (rune >= 0x2000 && rune <= 0x200A) ||
			     rune == 0x2028 || rune == 0x2029 || rune == 0x202F || rune == 0x205F ||
			     rune == 0x3000;
		if (!blank)
			return false;
	}
	return true;
}

/* White space and comments only. */
static bool is_empty(const struct mr_definition *d)
{
	for (const struct mr_node *node = d->body; node; node = node->next)
		if (node->kind != MR_NODE_TEXT || !is_blank(node->text))
			return false;
	return true;
}

struct mr_definition *mr_parser_find(const struct mr_template *t, struct mr_str name)
{
	for (struct mr_definition *d = t->definitions; d; d = d->next)
		if (mr_str_eq(d->name, name))
			return d;
	return NULL;
}

mr_result mr_parser_define(struct mr_parser *p, struct mr_definition *fresh)
{
	struct mr_definition *old = mr_parser_find(p->t, fresh->name);

	if (!old) {
		if (p->definitions++ == MR_TREE_MAX_DEFINITIONS)
			return mr_parser_fail(p, MR_CODE_LIMIT, "more than %d definitions",
				MR_TREE_MAX_DEFINITIONS);
		fresh->next = p->t->definitions;
		p->t->definitions = fresh;
		return MR_OK;
	}
	if (is_empty(old)) {
		old->body = fresh->body;
		return MR_OK;
	}
	if (is_empty(fresh))
		return MR_OK;
	MR_AUTO(buf) struct mr_buf quoted = { 0 };
	mr_buf_init(&quoted, 256);
	mr_utf8_put_quoted(&quoted, fresh->name);
	return mr_parser_fail(p, MR_CODE_INVALID, "template: multiple definition of template %.*s",
		MR_STR_ARGS(mr_buf_str(&quoted)));
}
