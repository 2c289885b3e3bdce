/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the parser share: parse.c has control structures, parse_pipe.c what stands
 * in an action. */
#ifndef MR_TEMPLATE_PARSE_H
#define MR_TEMPLATE_PARSE_H

#include "template/lex.h"
#include "template/tree.h"

/* An open `if`, `with`, `range`, `define` or `block`, or the text itself. */
struct mr_block {
	enum mr_token_kind kind; /* MR_TOKEN_EOF for the text itself */
	struct mr_block *outer;
	struct mr_node *node; /* of if, with and range */
	struct mr_node **tail;
	struct mr_definition *definition; /* of define and block */
	size_t pos;                       /* where the action that opened it ends */
	bool otherwise;                   /* behind its else */
	bool chained;                     /* opened by `else if`, closed with the outer one */
	size_t variables;                 /* in scope outside of it */
	size_t first_variable, ranges;    /* the outer template's, where another begins */
};

/* Recursive for parentheses only; blocks are kept in a chain, so that they cost no C stack. */
struct mr_parser {
	struct mr_template *t;
	const struct mr_template_functions *functions;
	struct mr_error *err;
	struct mr_lexer lexer;
	struct mr_token ahead[3];
	unsigned ahead_count;
	size_t pos;    /* of the last token read, where errors are */
	size_t action; /* of the action that a lexer's error may name */
	bool names_action;
	struct mr_block *block;
	size_t depth;
	size_t ranges; /* open ones that `break` could leave */
	size_t definitions;
	struct mr_node *templates; /* to be resolved when all is read */
	size_t first_variable, variable_count;
	const struct mr_str *variables[MR_TREE_MAX_VARIABLES];
};

/* Fails with `template: data:LINE: ` in front. */
MR_MUST_USE MR_PRINTF(3, 4) mr_result
	mr_parser_fail(struct mr_parser *p, enum mr_code code, const char *format, ...);
/* The same around a message that is in p->err already. */
MR_MUST_USE mr_result mr_parser_wrap(struct mr_parser *p, mr_result r);
/* Fails because the token does not fit `context`. */
MR_MUST_USE mr_result mr_parser_unexpected(
	struct mr_parser *p, const struct mr_token *token, const char *context);
/* Fails because the arena has no more memory. */
MR_MUST_USE mr_result mr_parser_nomem(struct mr_parser *p);

/* The token that comes, or the one `after` it (at most 2). */
const struct mr_token *mr_parser_peek(struct mr_parser *p, unsigned after);
/* Takes the token that comes. */
struct mr_token mr_parser_next(struct mr_parser *p);
/* The same behind white space. */
const struct mr_token *mr_parser_peek_word(struct mr_parser *p);
struct mr_token mr_parser_next_word(struct mr_parser *p);
/* The same, which must be the end of the action. */
MR_MUST_USE mr_result mr_parser_expect_right(struct mr_parser *p, const char *context);
/* Brings a variable into scope. */
MR_MUST_USE mr_result mr_parser_push(struct mr_parser *p, const struct mr_str *variable);

/* Opens a block whose nodes go to *tail, and closes the innermost one with its variables. */
MR_MUST_USE mr_result mr_parser_open(
	struct mr_parser *p, enum mr_token_kind kind, struct mr_node **tail);
void mr_parser_close(struct mr_parser *p);
/* Appends a node to the innermost block. */
MR_MUST_USE mr_result mr_parser_add(
	struct mr_parser *p, enum mr_node_kind kind, size_t pos, struct mr_node **ret);
/* Adds a definition. An empty one gives way to another of its name; two others are an error. */
MR_MUST_USE mr_result mr_parser_define(struct mr_parser *p, struct mr_definition *fresh);
/* The definition of that name, or NULL. */
struct mr_definition *mr_parser_find(const struct mr_template *t, struct mr_str name);

/* Reads a pipeline and the `end` token behind it. `context` is for messages; "range" may declare
 * two variables. */
MR_MUST_USE mr_result mr_parser_pipe(
	struct mr_parser *p, const char *context, enum mr_token_kind end, struct mr_pipe **ret);

#endif
