/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args_value.h"

#include <stdlib.h>

#include "base/utf8.h"

enum { QUOTED_MAX = 1024 };

void mr_args_put_quoted(struct mr_buf *out, const char *text)
{
	struct mr_str s = mr_str_of(text);
	size_t size;

	mr_buf_put_u8(out, '"');
	for (size_t at = 0; at < s.len; at += size) {
		unsigned char c = (unsigned char)s.ptr[at];
		bool bad = mr_utf8_decode(mr_str_sub(s, at, s.len), &size) == MR_RUNE_ERROR &&
			   size == 1;

		if (c == '"' || c == '\\')
			mr_buf_printf(out, "\\%c", c);
		else if (c == '\n')
			mr_buf_put_cstr(out, "\\n");
		else if (c == '\t')
			mr_buf_put_cstr(out, "\\t");
		else if (c < 0x20 || c == 0x7F || bad)
			mr_buf_printf(out, "\\x%02x", c);
		else
			mr_buf_put(out, s.ptr + at, size);
	}
	mr_buf_put_u8(out, '"');
}

/* `strconv.<function>: parsing "<text>": <what>` */
static mr_result fail_parsing(
	const char *function, const char *text, const char *what, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf quoted = { 0 };

	mr_buf_init(&quoted, QUOTED_MAX);
	mr_args_put_quoted(&quoted, text);
	return mr_fail(err, MR_CODE_INVALID, "strconv.%s: parsing %.*s: %s", function,
		MR_STR_ARGS(mr_buf_str(&quoted)), what);
}

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(text, words[i]) == 0)
			return true;
	}
	return false;
}

static mr_result set_bool(struct mr_flag_value *value, const char *text, struct mr_error *err)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };

	if (is_one_of(text, yes, MR_COUNT(yes)))
		value->boolean = true;
	else if (is_one_of(text, no, MR_COUNT(no)))
		value->boolean = false;
	else
		return fail_parsing("ParseBool", text, "invalid syntax", err);
	return MR_OK;
}

/* --- integers --- */

/* 16, which is a digit in no base, for all else. */
static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* The base that a prefix says, which is skipped; `0` alone in front means octal. */
static unsigned take_base(const char **text)
{
	const char *at = *text;

	if (at[0] != '0' || at[1] == '\0')
		return 10;
	*text = at + 2;
	switch (at[1]) {
	case 'x':
	case 'X':
		return 16;
	case 'o':
	case 'O':
		return 8;
	case 'b':
	case 'B':
		return 2;
	default:
		*text = at + 1;
		return 8;
	}
}

enum number { NUMBER_GOOD, NUMBER_MALFORMED, NUMBER_TOO_LARGE };

/* A `_` may stand between digits, and between a prefix and a digit. */
static enum number read_number(const char *text, uint64_t max, uint64_t *ret)
{
	bool after_digit = text[0] == '0' && text[1] != '\0', too_large = false;
	unsigned base = take_base(&text);
	uint64_t sum = 0;

	if (*text == '\0')
		return NUMBER_MALFORMED;
	for (; *text; text++) {
		unsigned digit = (unsigned)digit_of(*text);

		if (*text == '_' && after_digit) {
			after_digit = false;
			continue;
		}
		if (digit >= base)
			return NUMBER_MALFORMED;
		after_digit = true;
		if (sum > (max - digit) / base)
			too_large = true;
		else
			sum = sum * base + digit;
	}
	if (!after_digit)
		return NUMBER_MALFORMED;
	*ret = sum;
	return too_large ? NUMBER_TOO_LARGE : NUMBER_GOOD;
}

static mr_result check_number(
	enum number found, const char *function, const char *text, struct mr_error *err)
{
	switch (found) {
	case NUMBER_GOOD:
		return MR_OK;
	case NUMBER_TOO_LARGE:
		return fail_parsing(function, text, "value out of range", err);
	default:
		return fail_parsing(function, text, "invalid syntax", err);
	}
}

static mr_result set_int(struct mr_flag_value *value, const char *text, struct mr_error *err)
{
	bool negative = text[0] == '-';
	bool sign = negative || text[0] == '+';
	uint64_t size = 0;

	MR_TRY(check_number(read_number(text + sign, (uint64_t)INT64_MAX + negative, &size),
		"ParseInt", text, err));
	value->integer = !negative ? (int64_t)size : size == 0 ? 0 : -(int64_t)(size - 1) - 1;
	return MR_OK;
}

static mr_result set_uint(struct mr_flag_value *value, const char *text, struct mr_error *err)
{
	return check_number(read_number(text, UINT64_MAX, &value->number), "ParseUint", text, err);
}

/* --- lists --- */

/* One field of a CSV record (RFC 4180, no blanks trimmed), decoded into `to`; its length. *at is
 * moved to the comma or the end behind it. */
static mr_result read_field(const char **at, char *to, size_t *ret_len, struct mr_error *err)
{
	const char *from = *at;
	size_t len = 0;

	if (*from != '"') {
		for (; *from && *from != ','; from++) {
			if (*from == '"')
				return mr_fail(err, MR_CODE_INVALID, "bare \" in non-quoted field");
			if (*from == '\n' || *from == '\r')
				return mr_fail(err, MR_CODE_INVALID, "line break in list");
			to[len++] = *from;
		}
	} else {
		for (from++; *from && (*from != '"' || from[1] == '"'); from++) {
			to[len++] = *from;
			from += *from == '"';
		}
		if (*from != '"' || (from[1] && from[1] != ','))
			return mr_fail(
				err, MR_CODE_INVALID, "extraneous or missing \" in quoted-field");
		from++;
	}
	*at = from;
	*ret_len = len;
	return MR_OK;
}

/* Fields are decoded one behind the other into `room`, each with a NUL. */
static mr_result read_record(
	const char *text, char *room, const char **items, size_t *count, struct mr_error *err)
{
	size_t n = *count;

	for (;;) {
		size_t len = 0;

		MR_TRY(read_field(&text, room, &len, err));
		items[n++] = room;
		room[len] = '\0';
		room += len + 1;
		if (*text == '\0')
			break;
		text++;
	}
	*count = n;
	return MR_OK;
}

static mr_result add_items(struct mr_flag_value *value, const char *text, bool first,
	struct mr_arena *arena, struct mr_error *err)
{
	size_t kept = first ? 0 : value->item_count, len = strlen(text);
	size_t count = kept;
	/* no record has more fields than characters, and one */
	const char **items = mr_arena_array(arena, kept + len + 1, sizeof *items);
	char *room = mr_arena_alloc(arena, len + 1);

	if (!items || !room)
		return mr_arena_fail(arena, err);
	for (size_t i = 0; i < kept; i++)
		items[i] = value->items[i];
	if (len > 0)
		MR_TRY(read_record(text, room, items, &count, err));
	value->items = items;
	value->item_count = count;
	return MR_OK;
}

mr_result mr_args_set_value(struct mr_flag_value *value, const char *text, bool first,
	struct mr_arena *arena, struct mr_error *err)
{
	switch (value->flag->type) {
	case MR_FLAG_BOOL:
		return set_bool(value, text, err);
	case MR_FLAG_INT:
		return set_int(value, text, err);
	case MR_FLAG_UINT:
		return set_uint(value, text, err);
	case MR_FLAG_STRINGS:
		return add_items(value, text, first, arena, err);
	case MR_FLAG_STRING:
	default:
		value->text = text;
		return MR_OK;
	}
}
