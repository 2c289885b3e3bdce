/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "yaml/tree.h"

enum { SHORTEST_DIGITS = 17, TEXT_SIZE = 32 };

static bool reads_back(const char *text, double value)
{
	double read = strtod(text, NULL);

	return !(read < value) && !(read > value);
}

/* Adds one to the last digit in front of the exponent; false if that carries to the front. */
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

/* The shortest `d.ddde±xx` that reads back as a positive value, and of those the nearest to it. Just
 * below a power of two doubles lie closer, so there the next decimal above the nearest may do, too. */
static void shortest(double value, char text[static TEXT_SIZE])
{
	int exponent;

	for (int precision = 0; precision < SHORTEST_DIGITS; precision++) {
		(void)snprintf(text, TEXT_SIZE, "%.*e", precision, value);
		if (reads_back(text, value))
			return;
		if (frexp(value, &exponent) > 0.5)
			continue;
		if (increment(text) && reads_back(text, value))
			return;
	}
}

/* The digits of `d.ddde±xx` without point and trailing zeros; *ret_exponent is that of the first. */
static size_t take_apart(const char *text, char digits[static TEXT_SIZE], int *ret_exponent)
{
	size_t count = 0;
	int exponent = 0;

	for (; *text != 'e'; text++) {
		if (*text != '.')
			digits[count++] = *text;
	}
	bool negative = *++text == '-';
	while (*++text)
		exponent = exponent * 10 + (*text - '0');
	while (count > 1 && digits[count - 1] == '0')
		count--;
	*ret_exponent = negative ? -exponent : exponent;
	return count;
}

static void put_zeros(struct mr_buf *out, int count)
{
	for (int i = 0; i < count; i++)
		mr_buf_put_u8(out, '0');
}

static void put_plain(struct mr_buf *out, const char *digits, size_t count, int exponent)
{
	size_t whole = exponent < 0 ? 0 : (size_t)exponent + 1;
	size_t before = whole < count ? whole : count;

	mr_buf_put(out, digits, before);
	put_zeros(out, exponent < 0 ? 1 : (int)(whole - before));
	if (before == count)
		return;
	mr_buf_put_u8(out, '.');
	put_zeros(out, exponent < 0 ? -exponent - 1 : 0);
	mr_buf_put(out, digits + before, count - before);
}

/* As Go's JSON: plain from 1e-6 up to below 1e21. */
static void put_float(struct mr_buf *out, double value)
{
	char text[TEXT_SIZE], digits[TEXT_SIZE];
	int exponent;

	if (signbit(value))
		mr_buf_put_u8(out, '-');
	if (fpclassify(value) == FP_ZERO) {
		mr_buf_put_u8(out, '0');
		return;
	}
	value = fabs(value);
	shortest(value, text);
	size_t count = take_apart(text, digits, &exponent);
	if (value >= 1e-6 && value < 1e21) {
		put_plain(out, digits, count, exponent);
		return;
	}
	put_plain(out, digits, count, 0);
	mr_buf_printf(out, "e%c%d", exponent < 0 ? '-' : '+', abs(exponent));
}

bool mr_yaml_put_scalar(struct mr_buf *out, const struct mr_yaml_node *node)
{
	switch (node->kind) {
	case MR_YAML_NULL:
		mr_buf_put_cstr(out, "null");
		return true;
	case MR_YAML_BOOL:
		mr_buf_put_cstr(out, node->boolean ? "true" : "false");
		return true;
	case MR_YAML_INT:
		if (node->negative)
			mr_buf_put_u8(out, '-');
		mr_buf_put_uint(out, node->magnitude);
		return true;
	case MR_YAML_FLOAT:
	default:
		if (!isfinite(node->real))
			return false;
		put_float(out, node->real);
		return true;
	}
}
