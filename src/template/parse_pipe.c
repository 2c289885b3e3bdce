/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "template/builtins.h"
#include "template/constant.h"
#include "template/parse.h"

static void *take(struct mr_parser *p, size_t size)
{
	return mr_arena_alloc(&p->t->arena, size);
}

/* --- variables --- */

/* Looks from the innermost scope outwards, down to `from`. */
static bool known(
	const struct mr_parser *p, struct mr_str name, size_t from, const struct mr_str **ret)
{
	for (size_t i = p->variable_count; i > from; i--)
		if (mr_str_eq(*p->variables[i - 1], name)) {
			*ret = p->variables[i - 1];
			return true;
		}
	return false;
}

/* Equal names in scope share one view, so that the run compares pointers. */
static mr_result declare(struct mr_parser *p, struct mr_pipe *pipe, struct mr_str name)
{
	const struct mr_str *view;

	if (!known(p, name, 0, &view)) {
		struct mr_str *fresh = take(p, sizeof(*fresh));
		if (!fresh)
			return mr_parser_nomem(p);
		*fresh = name;
		view = fresh;
	}
	pipe->variables[pipe->variable_count++] = view;
	return mr_parser_push(p, view);
}

/* `$x :=`, `$x =` or, for range, `$i, $x :=` before the commands. */
static mr_result parse_declarations(struct mr_parser *p, const char *context, struct mr_pipe *pipe)
{
	bool range = strcmp(context, "range") == 0;

	while (mr_parser_peek_word(p)->kind == MR_TOKEN_VARIABLE) {
		struct mr_str name = mr_parser_peek(p, 0)->text;
		unsigned behind = mr_parser_peek(p, 1)->kind == MR_TOKEN_SPACE ? 2 : 1;
		const struct mr_token *sign = mr_parser_peek(p, behind);
		bool comma = sign->kind == MR_TOKEN_OTHER && sign->text.ptr[0] == ',';
		if (sign->kind != MR_TOKEN_DECLARE && sign->kind != MR_TOKEN_ASSIGN && !comma)
			return MR_OK;
		pipe->assign = sign->kind == MR_TOKEN_ASSIGN;
		for (unsigned i = 0; i <= behind; i++)
			(void)mr_parser_next(p);
		if (comma && !(range && pipe->variable_count == 0))
			return mr_parser_fail(
				p, MR_CODE_INVALID, "too many declarations in %s", context);
		MR_TRY(declare(p, pipe, name));
		if (!comma)
			return MR_OK;
		switch (mr_parser_peek_word(p)->kind) {
		case MR_TOKEN_VARIABLE:
		case MR_TOKEN_RIGHT:
		case MR_TOKEN_RIGHT_PAREN:
			break;
		default:
			return mr_parser_fail(
				p, MR_CODE_INVALID, "range can only initialize variables");
		}
	}
	return MR_OK;
}

/* --- operands --- */

/* Only this template's variables count. */
static mr_result parse_variable(
	struct mr_parser *p, const struct mr_token *token, struct mr_operand *o)
{
	o->kind = MR_OPERAND_VARIABLE;
	if (known(p, token->text, p->first_variable, &o->variable))
		return MR_OK;
	return mr_parser_fail(
		p, MR_CODE_INVALID, "undefined variable \"%.*s\"", MR_STR_ARGS(token->text));
}

/* The caller's functions come first, so that one may replace a built-in. */
static mr_result parse_function(
	struct mr_parser *p, const struct mr_token *token, struct mr_operand *o)
{
	o->kind = MR_OPERAND_FUNCTION;
	for (size_t i = 0; p->functions && i < p->functions->count; i++)
		if (mr_str_eq(token->text, mr_str_of(p->functions->list[i].name))) {
			o->function.own = &p->functions->list[i];
			return MR_OK;
		}
	o->function.builtin = mr_builtin_find(token->text);
	if (o->function.builtin)
		return MR_OK;
	return mr_parser_fail(
		p, MR_CODE_INVALID, "function \"%.*s\" not defined", MR_STR_ARGS(token->text));
}

static mr_result parse_constant(
	struct mr_parser *p, const struct mr_token *token, struct mr_operand *o)
{
	struct mr_value *value = &o->constant.value;
	mr_result r = MR_OK;

	o->kind = MR_OPERAND_CONSTANT;
	o->constant.source = token->text;
	switch (token->kind) {
	case MR_TOKEN_BOOL:
		*value = (struct mr_value){ .kind = MR_VALUE_BOOL,
			.boolean = token->text.len == 4 };
		break;
	case MR_TOKEN_CHARACTER:
		r = mr_constant_character(token->text, value, p->err);
		break;
	case MR_TOKEN_NUMBER:
		r = mr_constant_number(token->text, value, p->err);
		break;
	default:
		value->kind = MR_VALUE_STRING;
		r = mr_constant_unquote(token->text, &p->t->arena, &value->str, p->err);
		break;
	}
	return mr_parser_wrap(p, r);
}

static mr_result parse_parentheses(struct mr_parser *p, struct mr_operand *o)
{
	struct mr_pipe *pipe = NULL;

	MR_TRY(mr_parser_pipe(p, "parenthesized pipeline", MR_TOKEN_RIGHT_PAREN, &pipe));
	o->kind = MR_OPERAND_PIPE;
	o->pipe = pipe;
	return MR_OK;
}

/* Appends to the chain, whose array doubles in the arena. */
static mr_result add_name(
	struct mr_parser *p, struct mr_operand *o, const struct mr_token *field, uint32_t *room)
{
	struct mr_str *names = NULL;

	if (o->chain_len == *room) {
		*room = *room ? *room * 2 : 4;
		names = mr_arena_array(&p->t->arena, *room, sizeof(*names));
		if (!names)
			return mr_parser_nomem(p);
		if (o->chain_len > 0)
			memcpy(names, o->chain, o->chain_len * sizeof(*names));
		o->chain = names;
	}
	o->chain[o->chain_len++] = mr_str_sub(field->text, 1, field->text.len);
	return MR_OK;
}

/* The fields directly behind an operand. Errors point to the second part, as in the texts to
 * follow. */
static mr_result parse_chain(
	struct mr_parser *p, const struct mr_token *first, struct mr_operand **o)
{
	uint32_t room = 0;

	if (first->kind == MR_TOKEN_FIELD)
		MR_TRY(add_name(p, *o, first, &room));
	if (mr_parser_peek(p, 0)->kind != MR_TOKEN_FIELD)
		return MR_OK;
	if ((*o)->kind == MR_OPERAND_FUNCTION) {
		/* Two places that errors tell apart. */
		struct mr_operand *chain = take(p, sizeof(*chain));
		if (!chain)
			return mr_parser_nomem(p);
		chain->place = (*o)->place;
		chain->kind = MR_OPERAND_CHAIN;
		chain->base = *o;
		*o = chain;
	}
	(*o)->place.pos = (uint32_t)mr_parser_peek(p, 0)->pos;
	while (mr_parser_peek(p, 0)->kind == MR_TOKEN_FIELD) {
		struct mr_token field = mr_parser_next(p);
		MR_TRY(add_name(p, *o, &field, &room));
	}
	return MR_OK;
}

/* What comes if it is an operand, else *ret is NULL. */
static mr_result parse_operand(struct mr_parser *p, struct mr_operand **ret)
{
	const struct mr_token *peeked = mr_parser_peek_word(p);

	*ret = NULL;
	if (peeked->kind < MR_TOKEN_LEFT_PAREN || peeked->kind > MR_TOKEN_NIL)
		return MR_OK;
	struct mr_token token = mr_parser_next(p);
	struct mr_operand *o = take(p, sizeof(*o));
	if (!o)
		return mr_parser_nomem(p);
	o->place = (struct mr_place){ MR_PLACE_OPERAND, (uint32_t)token.pos };
	switch (token.kind) {
	case MR_TOKEN_LEFT_PAREN:
		MR_TRY(parse_parentheses(p, o));
		break;
	case MR_TOKEN_DOT:
		o->kind = MR_OPERAND_DOT;
		break;
	case MR_TOKEN_NIL:
		o->kind = MR_OPERAND_NIL;
		break;
	case MR_TOKEN_FIELD:
		o->kind = MR_OPERAND_FIELD;
		break;
	case MR_TOKEN_VARIABLE:
		MR_TRY(parse_variable(p, &token, o));
		break;
	case MR_TOKEN_IDENTIFIER:
		MR_TRY(parse_function(p, &token, o));
		break;
	default:
		MR_TRY(parse_constant(p, &token, o));
		break;
	}
	MR_TRY(parse_chain(p, &token, &o));
	*ret = o;
	if (o->chain_len == 0 || o->kind > MR_OPERAND_CONSTANT)
		return MR_OK;
	MR_AUTO(buf) struct mr_buf quoted = { 0 };
	mr_buf_init(&quoted, 256);
	mr_utf8_put_quoted(&quoted, token.text);
	return mr_parser_fail(p, MR_CODE_INVALID, "unexpected . after term %.*s",
		MR_STR_ARGS(mr_buf_str(&quoted)));
}

/* --- commands and pipelines --- */

/* One command, and the `|` behind it. */
static mr_result parse_command(struct mr_parser *p, struct mr_command **ret)
{
	struct mr_command *command = take(p, sizeof(*command));
	struct mr_operand **tail = command ? &command->first : NULL;

	if (!command)
		return mr_parser_nomem(p);
	command->place = (struct mr_place){ MR_PLACE_COMMAND,
		(uint32_t)mr_parser_peek_word(p)->pos };
	for (;;) {
		MR_TRY(parse_operand(p, tail));
		if (*tail) {
			tail = &(*tail)->next;
			command->count++;
		}
		enum mr_token_kind behind = mr_parser_peek(p, 0)->kind;
		if (behind == MR_TOKEN_RIGHT || behind == MR_TOKEN_RIGHT_PAREN)
			break;
		struct mr_token token = mr_parser_next(p);
		if (behind == MR_TOKEN_PIPE)
			break;
		if (behind != MR_TOKEN_SPACE)
			return mr_parser_unexpected(p, &token, "operand");
	}
	*ret = command;
	return MR_OK;
}

/* A value cannot take the result of the command before it. */
static mr_result check_pipe(struct mr_parser *p, const char *context, const struct mr_pipe *pipe)
{
	size_t stage = 1;

	if (!pipe->first)
		return mr_parser_fail(p, MR_CODE_INVALID, "missing value for %s", context);
	for (const struct mr_command *c = pipe->first->next; c; c = c->next) {
		stage++;
		if (c->first->kind <= MR_OPERAND_CONSTANT)
			return mr_parser_fail(p, MR_CODE_INVALID,
				"non executable command in pipeline stage %zu", stage);
	}
	return MR_OK;
}

mr_result mr_parser_pipe(
	struct mr_parser *p, const char *context, enum mr_token_kind end, struct mr_pipe **ret)
{
	struct mr_pipe *pipe = take(p, sizeof(*pipe));
	struct mr_command **tail = pipe ? &pipe->first : NULL;

	if (!pipe)
		return mr_parser_nomem(p);
	pipe->place = (struct mr_place){ MR_PLACE_PIPE, (uint32_t)mr_parser_peek_word(p)->pos };
	MR_TRY(parse_declarations(p, context, pipe));
	for (;;) {
		enum mr_token_kind kind = mr_parser_peek_word(p)->kind;
		if (kind < MR_TOKEN_LEFT_PAREN || kind > MR_TOKEN_NIL)
			break;
		MR_TRY(parse_command(p, tail));
		tail = &(*tail)->next;
	}
	struct mr_token token = mr_parser_next(p);
	if (token.kind != end)
		return mr_parser_unexpected(p, &token, context);
	*ret = pipe;
	return check_pipe(p, context, pipe);
}
