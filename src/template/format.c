/* SPDX-License-Identifier: Apache-2.0 */
#include "template/format.h"

#include "base/utf8.h"
#include "template/value.h"

/* Largest width or precision out of an operand. A number in the text may get one digit longer. */
enum { NUMBER_MAX = 1000000 };

/* --- one operand --- */

/* Objects are not printed, but an empty map has one form for all verbs. */
static mr_result put_object(struct mr_format *f, const struct mr_value *v)
{
	const struct mr_object_class *class = v->object.class;

	if (class->kind == MR_OBJECT_RECORD || class->count(v->object.self) > 0)
		return mr_fail(f->err, MR_CODE_UNSUPPORTED, "can't print a value of type %s",
			class->go_type);
	mr_buf_put_cstr(f->out, f->sharp_v ? class->go_type : "map");
	mr_buf_put_cstr(f->out, f->sharp_v ? "{}" : "[]");
	return MR_OK;
}

/* Widths count, precisions do not. */
static mr_result put_nil(struct mr_format *f, uint32_t verb, const struct mr_value *v)
{
	if (verb != 'v')
		return mr_format_bad_verb(f, verb, v);
	mr_format_pad(f, MR_STR("<nil>"));
	return MR_OK;
}

static mr_result put_bool(struct mr_format *f, uint32_t verb, const struct mr_value *v)
{
	if (verb != 'v' && verb != 't')
		return mr_format_bad_verb(f, verb, v);
	mr_format_pad(f, v->boolean ? MR_STR("true") : MR_STR("false"));
	return MR_OK;
}

mr_result mr_format_operand(struct mr_format *f, uint32_t verb, const struct mr_value *v)
{
	if (verb == 'T') {
		struct mr_str type = mr_str_of(mr_value_type(v));
		mr_format_pad(f, mr_value_is_nil(v) ? type : mr_format_truncate(f, type));
		return MR_OK;
	}
	if (verb == 'p') {
		if (v->kind == MR_VALUE_BYTES || v->kind == MR_VALUE_OBJECT)
			return mr_fail(f->err, MR_CODE_UNSUPPORTED, "can't print an address");
		return mr_format_bad_verb(f, verb, v);
	}
	switch (v->kind) {
	case MR_VALUE_BOOL:
		return put_bool(f, verb, v);
	case MR_VALUE_INT:
	case MR_VALUE_UINT:
		return mr_format_integer(f, verb, v);
	case MR_VALUE_FLOAT:
		return mr_format_float(f, verb, v);
	case MR_VALUE_STRING:
		return mr_format_text(f, verb, v);
	case MR_VALUE_BYTES:
		return mr_format_bytes(f, verb, v);
	case MR_VALUE_OBJECT:
		return put_object(f, v);
	default:
		return put_nil(f, verb, v);
	}
}

static void put_rune(struct mr_buf *out, uint32_t rune)
{
	char text[4];

	mr_buf_put(out, text, mr_utf8_encode(rune, text));
}

mr_result mr_format_bad_verb(struct mr_format *f, uint32_t verb, const struct mr_value *v)
{
	mr_buf_put_cstr(f->out, "%!");
	put_rune(f->out, verb);
	mr_buf_put_u8(f->out, '(');
	mr_buf_put_cstr(f->out, mr_value_type(v));
	if (!mr_value_is_nil(v)) {
		mr_buf_put_u8(f->out, '=');
		MR_TRY(mr_format_operand(f, 'v', v));
	}
	mr_buf_put_u8(f->out, ')');
	return MR_OK;
}

mr_result mr_format_value(struct mr_buf *out, const struct mr_value *v, struct mr_error *err)
{
	struct mr_format plain = { .out = out, .err = err };

	return mr_format_operand(&plain, 'v', v);
}

mr_result mr_format_print(struct mr_buf *out, const struct mr_value *args, size_t count, bool line,
	struct mr_error *err)
{
	for (size_t i = 0; i < count; i++) {
		bool texts = i > 0 && (args[i].kind == MR_VALUE_STRING ||
					      args[i - 1].kind == MR_VALUE_STRING);
		if (i > 0 && (line || !texts))
			mr_buf_put_u8(out, ' ');
		MR_TRY(mr_format_value(out, &args[i], err));
	}
	if (line)
		mr_buf_put_u8(out, '\n');
	return MR_OK;
}

/* --- printf --- */

struct directive {
	struct mr_format format;
	struct mr_str text;
	size_t at;
	const struct mr_value *args;
	size_t count, next; /* operands, and which one comes */
	bool reordered;     /* an operand was named by number somewhere */
	bool index_good;    /* in this directive */
	bool after_index;   /* an index came last */
};

static char look(const struct directive *d)
{
	return d->at < d->text.len ? d->text.ptr[d->at] : '\0';
}

/* Digits; false without any, or when the number is too large (it is passed all the same). */
static bool take_number(struct directive *d, size_t *ret)
{
	size_t value = 0, start = d->at;

	for (; look(d) >= '0' && look(d) <= '9'; d->at++) {
		if (value > NUMBER_MAX) {
			d->at = d->text.len;
			return false;
		}
		value = value * 10 + (size_t)(look(d) - '0');
	}
	*ret = value;
	return d->at > start;
}

/* `[n]`: the operand that comes is the n-th. */
static void take_index(struct directive *d)
{
	size_t index = 0;

	d->after_index = false;
	if (look(d) != '[')
		return;
	d->reordered = true;
	size_t close = mr_str_find(d->text, ']', d->at++);
	if (close == SIZE_MAX) {
		d->index_good = false;
		return;
	}
	bool number = take_number(d, &index) && d->at == close;
	d->at = close + 1;
	d->after_index = number;
	if (number && index >= 1 && index <= d->count)
		d->next = index - 1;
	else
		d->index_good = false;
}

/* Any number of flags, in any order. */
static void take_flags(struct directive *d)
{
	for (;; d->at++) {
		switch (look(d)) {
		case '#':
			d->format.sharp = true;
			break;
		case '0':
			d->format.zero = true;
			break;
		case '+':
			d->format.plus = true;
			break;
		case '-':
			d->format.minus = true;
			break;
		case ' ':
			d->format.space = true;
			break;
		default:
			return;
		}
	}
}

/* `*`: width or precision out of an operand. */
static bool take_star(struct directive *d, int64_t *ret)
{
	const struct mr_value *v = d->next < d->count ? &d->args[d->next++] : NULL;

	d->at++;
	d->after_index = false;
	if (!v || (v->kind != MR_VALUE_INT && v->kind != MR_VALUE_UINT))
		return false;
	if (v->kind == MR_VALUE_UINT ? v->u > NUMBER_MAX : v->i > NUMBER_MAX || v->i < -NUMBER_MAX)
		return false;
	*ret = v->kind == MR_VALUE_UINT ? (int64_t)v->u : v->i;
	return true;
}

/* A number after an index is an error, a star is not. */
static void take_width(struct directive *d)
{
	struct mr_format *f = &d->format;
	int64_t width = 0;

	take_index(d);
	if (look(d) != '*') {
		bool after_index = d->after_index;
		f->has_width = take_number(d, &f->width);
		if (after_index && f->has_width)
			d->index_good = false;
		return;
	}
	f->has_width = take_star(d, &width);
	if (!f->has_width)
		mr_buf_put_cstr(f->out, "%!(BADWIDTH)");
	f->minus = f->minus || width < 0;
	f->width = (size_t)(width < 0 ? -width : width);
}

/* A point that ends the format is the verb, not a precision. */
static void take_precision(struct directive *d)
{
	struct mr_format *f = &d->format;
	int64_t precision = 0;

	if (look(d) != '.' || d->at + 1 == d->text.len)
		return;
	d->at++;
	if (d->after_index)
		d->index_good = false;
	take_index(d);
	if (look(d) != '*') {
		f->precision = 0;
		(void)take_number(d, &f->precision);
		f->has_precision = true;
		return;
	}
	f->has_precision = take_star(d, &precision) && precision >= 0;
	if (!f->has_precision)
		mr_buf_put_cstr(f->out, "%!(BADPREC)");
	f->precision = f->has_precision ? (size_t)precision : 0;
}

/* `%!verb` and what is wrong with it. */
static void put_fault(struct mr_buf *out, uint32_t verb, const char *what)
{
	mr_buf_put_cstr(out, "%!");
	put_rune(out, verb);
	mr_buf_put_cstr(out, what);
}

/* One directive, the position being behind its `%`. */
static mr_result put_directive(struct directive *d)
{
	struct mr_format *f = &d->format;
	size_t size;

	*f = (struct mr_format){ .out = f->out, .err = f->err };
	d->index_good = true;
	d->after_index = false;
	take_flags(d);
	take_width(d);
	take_precision(d);
	if (!d->after_index)
		take_index(d);
	if (d->at >= d->text.len) {
		mr_buf_put_cstr(f->out, "%!(NOVERB)");
		return MR_OK;
	}
	uint32_t verb = mr_utf8_decode(mr_str_sub(d->text, d->at, d->text.len), &size);
	d->at += size;
	if (verb == '%') {
		mr_buf_put_u8(f->out, '%');
		return MR_OK;
	}
	if (!d->index_good || d->next >= d->count) {
		put_fault(f->out, verb, d->index_good ? "(MISSING)" : "(BADINDEX)");
		return MR_OK;
	}
	if (verb == 'v' || verb == 'w') {
		f->sharp_v = f->sharp;
		f->sharp = f->plus = false;
	}
	const struct mr_value *v = &d->args[d->next++];
	/* The verb for wrapped errors is bad for a value as a whole, unless it is plain bytes. */
	if (verb == 'w' && (v->kind != MR_VALUE_BYTES || v->go_type))
		return mr_format_bad_verb(f, verb, v);
	return mr_format_operand(f, verb, v);
}

/* Operands that no directive used; not told once an index was given. */
static mr_result put_extra(struct directive *d)
{
	struct mr_buf *out = d->format.out;

	mr_buf_put_cstr(out, "%!(EXTRA ");
	for (size_t i = d->next; i < d->count; i++) {
		if (i > d->next)
			mr_buf_put_cstr(out, ", ");
		mr_buf_put_cstr(out, mr_value_type(&d->args[i]));
		if (mr_value_is_nil(&d->args[i]))
			continue;
		mr_buf_put_u8(out, '=');
		MR_TRY(mr_format_value(out, &d->args[i], d->format.err));
	}
	mr_buf_put_u8(out, ')');
	return MR_OK;
}

mr_result mr_format_printf(struct mr_buf *out, struct mr_str format, const struct mr_value *args,
	size_t count, struct mr_error *err)
{
	struct directive d = {
		.format = { .out = out, .err = err },
		.text = format,
		.args = args,
		.count = count,
	};

	while (d.at < format.len) {
		size_t percent = mr_str_find(format, '%', d.at);
		size_t end = percent == SIZE_MAX ? format.len : percent;
		mr_buf_put_str(out, mr_str_sub(format, d.at, end));
		if (percent == SIZE_MAX)
			break;
		d.at = percent + 1;
		MR_TRY(put_directive(&d));
	}
	return !d.reordered && d.next < count ? put_extra(&d) : MR_OK;
}
