/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the lexer share: lex.c reads text and delimiters, lex_action.c what is
 * between them. */
#ifndef MR_TEMPLATE_LEX_SCAN_H
#define MR_TEMPLATE_LEX_SCAN_H

#include "template/lex.h"

/* The token from `start` to the position. */
void mr_lex_give(struct mr_lexer *l, struct mr_token *ret, enum mr_token_kind kind, size_t start);
/* An error token at `start`. */
MR_PRINTF(4, 5)
void mr_lex_fail(struct mr_lexer *l, struct mr_token *ret, size_t start, const char *format, ...);
/* Is there a closing delimiter at the position, and with a trim marker? */
bool mr_lex_at_right(const struct mr_lexer *l, bool *ret_trim);
/* Passes it, and the space behind it if it trims. */
void mr_lex_take_right(struct mr_lexer *l, bool trim);
/* mr_lexer_next inside an action. */
void mr_lex_next_of_action(struct mr_lexer *l, struct mr_token *ret);

static inline bool mr_lex_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static inline bool mr_lex_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The character `ahead` of the position, or NUL at the end (NUL in the text means nothing to the
 * callers either). */
static inline char mr_lex_look(const struct mr_lexer *l, size_t ahead)
{
	return ahead < l->text.len - l->pos ? l->text.ptr[l->pos + ahead] : '\0';
}

static inline bool mr_lex_at_end(const struct mr_lexer *l)
{
	return l->pos == l->text.len;
}

static inline struct mr_str mr_lex_rest(const struct mr_lexer *l)
{
	return mr_str_sub(l->text, l->pos, l->text.len);
}

#endif
