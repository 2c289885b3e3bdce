/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Printing as Go's fmt does it (10 §6.4): print, println and printf on strings, bytes, bools,
 * numbers and nil. Whole records, addresses and the rarer forms of floats are refused, so that no
 * other text than the right one comes out.
 */
#ifndef MR_TEMPLATE_FORMAT_H
#define MR_TEMPLATE_FORMAT_H

#include "template/template.h"

/* A value as an action or %v prints it; `<nil>` for nothing. Errors: `can't print a value of type
 * …`. */
MR_MUST_USE mr_result mr_format_value(
	struct mr_buf *out, const struct mr_value *v, struct mr_error *err);
/* `print`: blanks between operands that are not strings; with `line`, `println`: between all, and a
 * newline. */
MR_MUST_USE mr_result mr_format_print(struct mr_buf *out, const struct mr_value *args, size_t count,
	bool line, struct mr_error *err);
/* `printf`. What does not fit together shows in the text, e.g. `%!d(string=x)`. */
MR_MUST_USE mr_result mr_format_printf(struct mr_buf *out, struct mr_str format,
	const struct mr_value *args, size_t count, struct mr_error *err);

/* --- between the parts of the formatter --- */

/* A verb with its flags. Each kind of value has its own idea of what a flag means. */
struct mr_format {
	struct mr_buf *out;
	struct mr_error *err;
	bool plus;    /* a sign also before positive numbers; quoted: nothing beyond ASCII */
	bool minus;   /* to the left of the width */
	bool sharp;   /* 0x and the like before numbers; quoted: back quotes */
	bool space;   /* a blank for the plus sign; hexadecimal text: between bytes */
	bool zero;    /* zeros fill the width from the left */
	bool sharp_v; /* %#v: as in source text */
	bool has_width, has_precision;
	size_t width, precision;
};

/* One operand with a verb (a code point). */
MR_MUST_USE mr_result mr_format_operand(
	struct mr_format *f, uint32_t verb, const struct mr_value *v);
/* `%!verb(type=value)`. */
MR_MUST_USE mr_result mr_format_bad_verb(
	struct mr_format *f, uint32_t verb, const struct mr_value *v);
/* The same for operands of one kind: MR_VALUE_INT and _UINT, _FLOAT, _STRING, _BYTES. */
MR_MUST_USE mr_result mr_format_integer(
	struct mr_format *f, uint32_t verb, const struct mr_value *v);
MR_MUST_USE mr_result mr_format_float(struct mr_format *f, uint32_t verb, const struct mr_value *v);
MR_MUST_USE mr_result mr_format_text(struct mr_format *f, uint32_t verb, const struct mr_value *v);
MR_MUST_USE mr_result mr_format_bytes(struct mr_format *f, uint32_t verb, const struct mr_value *v);
/* The text with blanks (or zeros) up to the width, which counts code points. */
void mr_format_pad(struct mr_format *f, struct mr_str s);
/* `count` blanks or zeros, as the flags say. */
void mr_format_fill(struct mr_format *f, size_t count);
void mr_format_repeat(struct mr_buf *out, char c, size_t count);
/* The first code points of a text, as many as the precision says. */
struct mr_str mr_format_truncate(const struct mr_format *f, struct mr_str s);
/* The shortest text that reads back as the same number (%v). */
void mr_format_shortest(struct mr_buf *out, double value);

/* In double quotes with escapes; `ascii`: escapes beyond ASCII. */
void mr_format_quote(struct mr_buf *out, struct mr_str s, bool ascii);
/* A code point in single quotes. */
void mr_format_quote_rune(struct mr_buf *out, uint32_t rune, bool ascii);
/* Can it stand unchanged in back quotes? */
bool mr_format_can_backquote(struct mr_str s);

#endif
