/* SPDX-License-Identifier: Apache-2.0 */
#include "base/unicode.h"
#include "base/utf8.h"
#include "template/constant.h"
#include "template/lex_scan.h"

/* "U+002D '-'" for a character that may not stand at the position. */
static void give_bad_character(
	struct mr_lexer *l, struct mr_token *ret, size_t start, const char *what)
{
	size_t size;
	uint32_t rune = mr_utf8_decode(mr_lex_rest(l), &size);

	if (!mr_unicode_printable(rune)) {
		mr_lex_fail(l, ret, start, "%s U+%04X", what, rune);
		return;
	}
	char text[4];
	mr_lex_fail(l, ret, start, "%s U+%04X '%.*s'", what, rune, (int)mr_utf8_encode(rune, text),
		text);
}

/* Over letters, digits and underscores. */
static void skip_word(struct mr_lexer *l)
{
	size_t size;

	while (!mr_lex_at_end(l) && mr_unicode_word(mr_utf8_decode(mr_lex_rest(l), &size)))
		l->pos += size;
}

/* May a name end here? */
static bool at_terminator(const struct mr_lexer *l)
{
	if (mr_lex_at_end(l) || mr_lex_is_space(mr_lex_look(l, 0)) ||
		mr_str_starts(mr_lex_rest(l), MR_STR("}}")))
		return true;
	switch (mr_lex_look(l, 0)) {
	case '.':
	case ',':
	case '|':
	case ':':
	case '(':
	case ')':
		return true;
	default:
		return false;
	}
}

/* `.name` or `$name`; alone, the dot or `$`. */
static void next_field_or_variable(struct mr_lexer *l, struct mr_token *ret)
{
	size_t start = l->pos++;
	bool variable = l->text.ptr[start] == '$';

	if (at_terminator(l)) {
		mr_lex_give(l, ret, variable ? MR_TOKEN_VARIABLE : MR_TOKEN_DOT, start);
		return;
	}
	skip_word(l);
	if (at_terminator(l))
		mr_lex_give(l, ret, variable ? MR_TOKEN_VARIABLE : MR_TOKEN_FIELD, start);
	else
		give_bad_character(l, ret, start, "bad character");
}

static enum mr_token_kind kind_of_word(struct mr_str word)
{
	static const struct {
		const char *word;
		enum mr_token_kind kind;
	} words[] = {
		{ "if", MR_TOKEN_IF },
		{ "end", MR_TOKEN_END },
		{ "else", MR_TOKEN_ELSE },
		{ "range", MR_TOKEN_RANGE },
		{ "with", MR_TOKEN_WITH },
		{ "true", MR_TOKEN_BOOL },
		{ "false", MR_TOKEN_BOOL },
		{ "nil", MR_TOKEN_NIL },
		{ "template", MR_TOKEN_TEMPLATE },
		{ "define", MR_TOKEN_DEFINE },
		{ "block", MR_TOKEN_BLOCK },
		{ "break", MR_TOKEN_BREAK },
		{ "continue", MR_TOKEN_CONTINUE },
	};

	for (size_t i = 0; i < MR_COUNT(words); i++)
		if (mr_str_eq(word, mr_str_of(words[i].word)))
			return words[i].kind;
	return MR_TOKEN_IDENTIFIER;
}

static void next_identifier(struct mr_lexer *l, struct mr_token *ret)
{
	size_t start = l->pos;

	skip_word(l);
	if (at_terminator(l))
		mr_lex_give(l, ret, kind_of_word(mr_str_sub(l->text, start, l->pos)), start);
	else
		give_bad_character(l, ret, start, "bad character");
}

/* Up to and with the closing `quote`; what is between is looked at by the parser. */
static void next_quoted(
	struct mr_lexer *l, struct mr_token *ret, enum mr_token_kind kind, const char *what)
{
	size_t start = l->pos;
	char quote = l->text.ptr[start];

	for (size_t at = start + 1; at < l->text.len; at++) {
		char c = l->text.ptr[at];
		if (c == quote) {
			l->pos = at + 1;
			mr_lex_give(l, ret, kind, start);
			return;
		}
		if (quote == '`')
			continue;
		if (c == '\\')
			at++;
		if (c == '\n' || (c == '\\' && at < l->text.len && l->text.ptr[at] == '\n'))
			break;
	}
	mr_lex_fail(l, ret, start, "unterminated %s", what);
}

/* A spoiled number ends with the character that spoils it, so that the message shows it. */
static void next_number(struct mr_lexer *l, struct mr_token *ret)
{
	size_t start = l->pos;
	bool well_formed;

	l->pos += mr_constant_scan_number(mr_lex_rest(l), &well_formed);
	if (well_formed) {
		mr_lex_give(l, ret, MR_TOKEN_NUMBER, start);
		return;
	}
	MR_AUTO(buf) struct mr_buf quoted = { 0 };
	mr_buf_init(&quoted, 160);
	mr_utf8_put_quoted(&quoted, mr_str_sub(l->text, start, l->pos));
	mr_lex_fail(l, ret, start, "bad number syntax: %.*s", MR_STR_ARGS(mr_buf_str(&quoted)));
}

/* The blank of a trim marker belongs to the delimiter. */
static void next_space(struct mr_lexer *l, struct mr_token *ret)
{
	size_t start = l->pos;
	bool trim;

	do
		l->pos++;
	while (mr_lex_is_space(mr_lex_look(l, 0)) && !mr_lex_at_right(l, &trim));
	mr_lex_give(l, ret, MR_TOKEN_SPACE, start);
}

/* One-character tokens and `:=`. Parentheses are counted here, as they may not be open at the
 * end. */
static void next_sign(struct mr_lexer *l, struct mr_token *ret)
{
	size_t start = l->pos++;

	switch (l->text.ptr[start]) {
	case '=':
		mr_lex_give(l, ret, MR_TOKEN_ASSIGN, start);
		return;
	case '|':
		mr_lex_give(l, ret, MR_TOKEN_PIPE, start);
		return;
	case ':':
		if (mr_lex_look(l, 0) != '=') {
			mr_lex_fail(l, ret, start, "expected :=");
			return;
		}
		l->pos++;
		mr_lex_give(l, ret, MR_TOKEN_DECLARE, start);
		return;
	case '(':
		if (++l->parens > MR_LEX_MAX_PARENS) {
			l->over_limit = true;
			mr_lex_fail(
				l, ret, start, "more than %d parentheses open", MR_LEX_MAX_PARENS);
			return;
		}
		mr_lex_give(l, ret, MR_TOKEN_LEFT_PAREN, start);
		return;
	case ')':
		if (l->parens-- == 0)
			mr_lex_fail(l, ret, start, "unexpected right paren");
		else
			mr_lex_give(l, ret, MR_TOKEN_RIGHT_PAREN, start);
		return;
	default:
		mr_lex_give(l, ret, MR_TOKEN_OTHER, start);
		return;
	}
}

/* The first character decides; `.5` is a number, `.x` a field, `.` alone the dot. */
void mr_lex_next_of_action(struct mr_lexer *l, struct mr_token *ret)
{
	size_t start = l->pos, size;
	bool trim;

	if (mr_lex_at_right(l, &trim)) {
		if (l->parens > 0) {
			mr_lex_fail(l, ret, start, "unclosed left paren");
			return;
		}
		mr_lex_take_right(l, trim);
		start += trim ? 2 : 0;
		*ret = (struct mr_token){ MR_TOKEN_RIGHT, start, MR_STR("}}") };
		return;
	}
	if (mr_lex_at_end(l)) {
		mr_lex_fail(l, ret, start, "unclosed action");
		return;
	}
	char c = mr_lex_look(l, 0);
	if (mr_lex_is_space(c))
		next_space(l, ret);
	else if (c == '"')
		next_quoted(l, ret, MR_TOKEN_STRING, "quoted string");
	else if (c == '`')
		next_quoted(l, ret, MR_TOKEN_RAW_STRING, "raw quoted string");
	else if (c == '\'')
		next_quoted(l, ret, MR_TOKEN_CHARACTER, "character constant");
	else if (c == '$' ||
		 (c == '.' && l->text.len - start > 1 && !mr_lex_is_digit(mr_lex_look(l, 1))))
		next_field_or_variable(l, ret);
	else if (c == '.' || c == '+' || c == '-' || mr_lex_is_digit(c))
		next_number(l, ret);
	else if (mr_unicode_word(mr_utf8_decode(mr_lex_rest(l), &size)))
		next_identifier(l, ret);
	else if (c > ' ' && c < 0x7F)
		next_sign(l, ret);
	else
		give_bad_character(l, ret, start, "unrecognized character in action:");
}
