/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lexer of templates (10 §6.3): text and actions as tokens, one a call. It trims, and drops
 * comments; it knows nothing of what the tokens mean together. An error is a token, so that it
 * counts only when the parser comes to it.
 */
#ifndef MR_TEMPLATE_LEX_H
#define MR_TEMPLATE_LEX_H

#include "base/bytes.h"

enum mr_token_kind {
	MR_TOKEN_ERROR, /* text is the message */
	MR_TOKEN_EOF,
	MR_TOKEN_TEXT,
	MR_TOKEN_LEFT,  /* {{ */
	MR_TOKEN_RIGHT, /* }} */
	MR_TOKEN_SPACE,
	MR_TOKEN_PIPE,
	MR_TOKEN_DECLARE, /* := */
	MR_TOKEN_ASSIGN,  /* = */
	MR_TOKEN_RIGHT_PAREN,
	MR_TOKEN_OTHER, /* a comma or any other ASCII character */
	/* From here on to nil, what an operand can begin with. */
	MR_TOKEN_LEFT_PAREN,
	MR_TOKEN_BOOL,
	MR_TOKEN_CHARACTER,
	MR_TOKEN_NUMBER,
	MR_TOKEN_STRING,
	MR_TOKEN_RAW_STRING,
	MR_TOKEN_FIELD,    /* with its dot */
	MR_TOKEN_VARIABLE, /* with its $ */
	MR_TOKEN_IDENTIFIER,
	/* From here on words of the language, which messages show as <word>. */
	MR_TOKEN_DOT,
	MR_TOKEN_NIL,
	MR_TOKEN_BLOCK,
	MR_TOKEN_BREAK,
	MR_TOKEN_CONTINUE,
	MR_TOKEN_DEFINE,
	MR_TOKEN_ELSE,
	MR_TOKEN_END,
	MR_TOKEN_IF,
	MR_TOKEN_RANGE,
	MR_TOKEN_TEMPLATE,
	MR_TOKEN_WITH,
};

struct mr_token {
	enum mr_token_kind kind;
	size_t pos; /* byte offset in the text */
	struct mr_str text;
};

/* Most parentheses open at once in an action. */
#define MR_LEX_MAX_PARENS 100

struct mr_lexer {
	struct mr_str text;
	size_t pos;
	size_t parens;
	bool in_action;
	bool failed;
	bool over_limit; /* the error is a bound of ours */
	char message[256];
};

/* Begins at the front of the text, which must outlive the lexer. */
void mr_lexer_init(struct mr_lexer *l, struct mr_str text);
/* The next token; views point into the text, or into the lexer for an error. After an error or the
 * end, the same again. */
void mr_lexer_next(struct mr_lexer *l, struct mr_token *ret);
/* Line of a byte offset, from 1. */
size_t mr_lex_line(struct mr_str text, size_t pos);

#endif
