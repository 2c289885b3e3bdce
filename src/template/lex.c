/* SPDX-License-Identifier: Apache-2.0 */
#include "template/lex.h"

#include <stdio.h>

#include "template/lex_scan.h"

#define LEFT MR_STR("{{")
#define RIGHT MR_STR("}}")
#define COMMENT MR_STR("/*")

void mr_lexer_init(struct mr_lexer *l, struct mr_str text)
{
	*l = (struct mr_lexer){ .text = text };
}

size_t mr_lex_line(struct mr_str text, size_t pos)
{
	size_t line = 1;

	for (size_t at = mr_str_find(text, '\n', 0); at < pos; at = mr_str_find(text, '\n', at + 1))
		line++;
	return line;
}

static void skip_spaces(struct mr_lexer *l)
{
	while (!mr_lex_at_end(l) && mr_lex_is_space(l->text.ptr[l->pos]))
		l->pos++;
}

void mr_lex_give(struct mr_lexer *l, struct mr_token *ret, enum mr_token_kind kind, size_t start)
{
	*ret = (struct mr_token){ kind, start, mr_str_sub(l->text, start, l->pos) };
}

/* --- errors --- */

MR_PRINTF(4, 5)
void mr_lex_fail(struct mr_lexer *l, struct mr_token *ret, size_t start, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(l->message, sizeof(l->message), format, args);
	va_end(args);
	if (n < 0)
		l->message[0] = '\0';
	l->failed = true;
	l->pos = start;
	*ret = (struct mr_token){ MR_TOKEN_ERROR, start, mr_str_of(l->message) };
}

/* --- delimiters --- */

/* Is there a closing delimiter, and with a trim marker? */
bool mr_lex_at_right(const struct mr_lexer *l, bool *ret_trim)
{
	*ret_trim = mr_lex_is_space(mr_lex_look(l, 0)) && mr_lex_look(l, 1) == '-' &&
		    mr_lex_look(l, 2) == '}' && mr_lex_look(l, 3) == '}';
	return *ret_trim || mr_str_starts(mr_lex_rest(l), RIGHT);
}

void mr_lex_take_right(struct mr_lexer *l, bool trim)
{
	l->pos += trim ? 4 : 2;
	if (trim)
		skip_spaces(l);
	l->in_action = false;
}

/* A comment, the position being on it: true when it was passed, false when *ret is an error. */
static bool pass_comment(struct mr_lexer *l, struct mr_token *ret)
{
	size_t start = l->pos;
	bool trim;

	for (size_t at = mr_str_find(l->text, '*', start + 2); at != SIZE_MAX;
		at = mr_str_find(l->text, '*', at + 1)) {
		l->pos = at + 1;
		if (mr_lex_look(l, 0) != '/')
			continue;
		l->pos++;
		if (!mr_lex_at_right(l, &trim)) {
			mr_lex_fail(l, ret, start, "comment ends before closing delimiter");
			return false;
		}
		mr_lex_take_right(l, trim);
		return true;
	}
	mr_lex_fail(l, ret, start, "unclosed comment");
	return false;
}

/* Where the text before the next action ends, trimmed if that action says so. */
static size_t text_end(const struct mr_lexer *l, size_t action)
{
	size_t end = action;

	if (l->text.len - action > 3 && l->text.ptr[action + 2] == '-' &&
		mr_lex_is_space(l->text.ptr[action + 3]))
		while (end > l->pos && mr_lex_is_space(l->text.ptr[end - 1]))
			end--;
	return end;
}

/*
 * Where the next action begins, or SIZE_MAX. By single bytes: memmem() may set itself up for the
 * whole rest of the text each time, which a text of many actions makes quadratic.
 */
static size_t find_action(const struct mr_lexer *l)
{
	for (size_t at = l->pos;; at++) {
		at = mr_str_find(l->text, LEFT.ptr[0], at);
		if (at == SIZE_MAX || l->text.len - at < LEFT.len)
			return SIZE_MAX;
		if (l->text.ptr[at + 1] == LEFT.ptr[1])
			return at;
	}
}

/* Text up to the next action, if there is any left after trimming; else the action's delimiter. */
static void next_of_text(struct mr_lexer *l, struct mr_token *ret)
{
	for (;;) {
		size_t start = l->pos;
		size_t found = find_action(l);
		size_t action = found != SIZE_MAX ? found : l->text.len;
		size_t end = text_end(l, action);
		l->pos = action;
		if (end > start) {
			*ret = (struct mr_token){ MR_TOKEN_TEXT, start,
				mr_str_sub(l->text, start, end) };
			return;
		}
		if (found == SIZE_MAX) {
			mr_lex_give(l, ret, MR_TOKEN_EOF, l->pos);
			return;
		}
		l->pos += LEFT.len;
		if (mr_lex_look(l, 0) == '-' && mr_lex_is_space(mr_lex_look(l, 1)))
			l->pos += 2;
		l->parens = 0;
		if (!mr_str_starts(mr_lex_rest(l), COMMENT)) {
			l->in_action = true;
			mr_lex_give(l, ret, MR_TOKEN_LEFT, action);
			return;
		}
		if (!pass_comment(l, ret))
			return;
	}
}

void mr_lexer_next(struct mr_lexer *l, struct mr_token *ret)
{
	if (l->failed)
		*ret = (struct mr_token){ MR_TOKEN_ERROR, l->pos, mr_str_of(l->message) };
	else if (l->in_action)
		mr_lex_next_of_action(l, ret);
	else
		next_of_text(l, ret);
}
