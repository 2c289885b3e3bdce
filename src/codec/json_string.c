/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "codec/json_scan.h"

static uint32_t hex4(const char *digits)
{
	uint32_t value = 0;

	for (size_t i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)digits[i];
		uint32_t digit = c <= '9' ? (uint32_t)c - '0' : ((uint32_t)c | 0x20) - 'a' + 10;
		value = value << 4 | digit;
	}
	return value;
}

/* The code point of a \u escape whose 'u' is at *at - 1, the second half of a surrogate pair
 * included; *at moves behind it. A lone surrogate is U+FFFD, and what follows it is read on its
 * own. */
static uint32_t unescape_rune(struct mr_str s, size_t *at)
{
	uint32_t rune = hex4(s.ptr + *at);

	*at += 4;
	if (rune < 0xD800 || rune > 0xDFFF)
		return rune;
	if (rune <= 0xDBFF && s.len - *at >= 6 && s.ptr[*at] == '\\' && s.ptr[*at + 1] == 'u') {
		uint32_t low = hex4(s.ptr + *at + 2);
		if (low >= 0xDC00 && low <= 0xDFFF) {
			*at += 6;
			return 0x10000 + ((rune - 0xD800) << 10 | (low - 0xDC00));
		}
	}
	return MR_RUNE_ERROR;
}

static char unescape_letter(char letter)
{
	switch (letter) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return letter;
	}
}

/* ASCII characters from `at` on that stand for themselves. */
static size_t clean_run(struct mr_str s, size_t at)
{
	size_t from = at;

	while (at < s.len && s.ptr[at] != '\\' && (unsigned char)s.ptr[at] < 0x80)
		at++;
	return at - from;
}

/* One step: the bytes (1 to 4) that the next character or escape stands for. */
static size_t unquote_step(struct mr_str s, size_t *at, char out[static 4])
{
	size_t size;

	if (s.ptr[*at] != '\\') {
		uint32_t rune = mr_utf8_decode(mr_str_sub(s, *at, s.len), &size);
		*at += size;
		return mr_utf8_encode(rune, out);
	}
	*at += 2;
	if (s.ptr[*at - 1] == 'u')
		return mr_utf8_encode(unescape_rune(s, at), out);
	out[0] = unescape_letter(s.ptr[*at - 1]);
	return 1;
}

/* Length of the result; written to `out` unless that is NULL. */
static size_t unquote(struct mr_str s, char *out)
{
	size_t len = 0;
	char step[4];

	for (size_t at = 0; at < s.len;) {
		size_t size = clean_run(s, at);
		if (size) {
			if (out)
				memcpy(out + len, s.ptr + at, size);
			at += size;
		} else {
			size = unquote_step(s, &at, step);
			if (out)
				memcpy(out + len, step, size);
		}
		len += size;
	}
	return len;
}

mr_result mr_json_unquote(struct mr_str quoted, bool plain, struct mr_arena *arena,
	struct mr_str *ret, struct mr_error *err)
{
	if (plain || (mr_str_find(quoted, '\\', 0) == SIZE_MAX && mr_utf8_valid(quoted))) {
		*ret = quoted;
		return MR_OK;
	}
	size_t len = unquote(quoted, NULL);
	char *text = mr_arena_alloc(arena, len);
	if (!text)
		return mr_arena_fail(arena, err);
	(void)unquote(quoted, text);
	*ret = (struct mr_str){ text, len };
	return MR_OK;
}
