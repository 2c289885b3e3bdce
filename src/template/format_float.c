/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "template/format.h"

enum {
	SHORTEST_DIGITS = 17, /* enough for any double */
	MAX_PRECISION = 1000,
	TEXT_MAX = 320 + MAX_PRECISION,
};

/* Without ==, which warnings are made for. */
static bool reads_back(const char *text, double value)
{
	double read = strtod(text, NULL);

	return !(read < value) && !(read > value);
}

/* Adds one to the last digit before the exponent of `d.ddde±xx`; false when that carries to the
 * front. */
static bool increment(char *text)
{
	char *at = strchr(text, 'e');

	while (at > text) {
		at--;
		if (*at == '.')
			continue;
		if (*at != '9') {
			++*at;
			return true;
		}
		*at = '0';
	}
	return false;
}

/* The shortest `d.ddde±xx` that reads back as a positive value, and of those the nearest to it. */
static void shortest_scientific(double value, char text[static 32])
{
	int exponent;

	for (int precision = 0; precision < SHORTEST_DIGITS; precision++) {
		(void)snprintf(text, 32, "%.*e", precision, value);
		if (reads_back(text, value))
			return;
		/* Below a power of two the doubles lie closer, so that the nearest decimal may miss
		 * where the next one above hits. */
		if (frexp(value, &exponent) > 0.5)
			continue;
		if (increment(text) && reads_back(text, value))
			return;
	}
}

/* `%g` without precision, of a number that is not negative. */
static void write_shortest(double magnitude, char text[static TEXT_MAX])
{
	char form[32];
	int digits = 0;

	shortest_scientific(magnitude, form);
	char *e = strchr(form, 'e');
	int exponent = (int)strtod(e + 1, NULL);

	if (exponent < -4 || exponent >= 6) {
		(void)snprintf(text, TEXT_MAX, "%s", form);
		return;
	}
	for (const char *at = form; at < e; at++)
		digits += *at != '.';
	int behind = digits - 1 - exponent;
	(void)snprintf(text, TEXT_MAX, "%.*f", behind > 0 ? behind : 0, magnitude);
}

/* Sign and width as for integers, but zeros go between sign and digits. */
static void put_number(struct mr_format *f, const char *digits, bool negative)
{
	char sign = negative ? '-' : f->plus ? '+' : f->space ? ' ' : '\0';
	size_t have = strlen(digits) + (sign != '\0');
	size_t fill = f->has_width && f->width > have ? f->width - have : 0;
	bool zeros = f->zero && !f->minus;

	if (!zeros && !f->minus)
		mr_format_fill(f, fill);
	if (sign)
		mr_buf_put_u8(f->out, (uint8_t)sign);
	if (zeros)
		mr_format_fill(f, fill);
	mr_buf_put_cstr(f->out, digits);
	if (f->minus)
		mr_format_fill(f, fill);
}

mr_result mr_format_float(struct mr_format *f, uint32_t verb, const struct mr_value *v)
{
	bool negative = signbit(v->f) != 0, shortest = false;
	char text[TEXT_MAX];
	int precision = 6;

	switch (verb) {
	case 'v':
	case 'g':
	case 'G':
		shortest = !f->has_precision;
		break;
	case 'e':
	case 'E':
	case 'f':
	case 'F':
		break;
	case 'b':
	case 'x':
	case 'X':
		return mr_fail(
			f->err, MR_CODE_UNSUPPORTED, "can't print a float with %%%c", (int)verb);
	default:
		return mr_format_bad_verb(f, verb, v);
	}
	if (f->sharp || f->sharp_v)
		return mr_fail(f->err, MR_CODE_UNSUPPORTED, "can't print a float with #");
	if (f->has_precision && f->precision > MAX_PRECISION)
		return mr_fail(
			f->err, MR_CODE_LIMIT, "precision of a float beyond %d", MAX_PRECISION);
	if (f->has_precision)
		precision = (int)f->precision;
	double magnitude = fabs(v->f);
	if (shortest)
		write_shortest(magnitude, text);
	else if (verb == 'e')
		(void)snprintf(text, sizeof(text), "%.*e", precision, magnitude);
	else if (verb == 'E')
		(void)snprintf(text, sizeof(text), "%.*E", precision, magnitude);
	else if (verb == 'f' || verb == 'F')
		(void)snprintf(text, sizeof(text), "%.*f", precision, magnitude);
	else
		(void)snprintf(text, sizeof(text), "%.*g", precision, magnitude);
	if (verb == 'G' && strchr(text, 'e'))
		*strchr(text, 'e') = 'E';
	put_number(f, text, negative);
	return MR_OK;
}
