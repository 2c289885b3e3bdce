/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "manifest/template_values.h"

/* Exactly `digits` decimal digits from the front. */
static bool take_number(struct mr_str *text, size_t digits, int *ret)
{
	int v = 0;

	if (text->len < digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (text->ptr[i] < '0' || text->ptr[i] > '9')
			return false;
		v = v * 10 + (text->ptr[i] - '0');
	}
	*text = mr_str_sub(*text, digits, text->len);
	*ret = v;
	return true;
}

static bool take_char(struct mr_str *text, char c)
{
	if (text->len == 0 || text->ptr[0] != c)
		return false;
	*text = mr_str_sub(*text, 1, text->len);
	return true;
}

static bool take_fraction(struct mr_str *text)
{
	int digit;

	if (!take_char(text, '.'))
		return true;
	if (!take_number(text, 1, &digit))
		return false;
	while (take_number(text, 1, &digit))
		;
	return true;
}

static bool take_offset(struct mr_str *text, int *ret_minutes)
{
	int hours, minutes;

	*ret_minutes = 0;
	if (take_char(text, 'Z'))
		return true;
	bool west = take_char(text, '-');
	if (!west && !take_char(text, '+'))
		return false;
	if (!take_number(text, 2, &hours) || !take_char(text, ':') ||
		!take_number(text, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_minutes = (hours * 60 + minutes) * (west ? -1 : 1);
	return true;
}

static bool is_date(const struct mr_civil_time *t)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = t->year % 4 == 0 && (t->year % 100 != 0 || t->year % 400 == 0);

	if (t->month < 1 || t->month > 12 || t->day < 1)
		return false;
	return t->day <= days[t->month - 1] + (leap && t->month == 2 ? 1 : 0);
}

bool mr_rfc3339_parse(struct mr_str text, int64_t *ret_unix)
{
	struct mr_civil_time t;
	int offset;

	if (!take_number(&text, 4, &t.year) || !take_char(&text, '-') ||
		!take_number(&text, 2, &t.month) || !take_char(&text, '-') ||
		!take_number(&text, 2, &t.day) || !take_char(&text, 'T') ||
		!take_number(&text, 2, &t.hour) || !take_char(&text, ':') ||
		!take_number(&text, 2, &t.minute) || !take_char(&text, ':') ||
		!take_number(&text, 2, &t.second))
		return false;
	if (!is_date(&t) || t.hour > 23 || t.minute > 59 || t.second > 59)
		return false;
	if (!take_fraction(&text) || !take_offset(&text, &offset) || text.len != 0)
		return false;
	*ret_unix = mr_clock_unix(&t) - (int64_t)offset * 60;
	return true;
}
