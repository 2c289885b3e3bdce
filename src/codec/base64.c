/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/base64.h"

#include "codec/base64_raw.h"

/* All ones if a < b, for values below 2^24: arithmetic, because a comparison may become a branch on
 * a secret. */
static uint32_t mask_below(uint32_t a, uint32_t b)
{
	return (uint32_t)0 - (((a - b) >> 31) & 1);
}

static char encode_digit(uint32_t v, enum mr_base64_alphabet alphabet)
{
	/* From 'A' + v: the jumps where the next range of the alphabet begins. The alphabet is no
	 * secret. */
	const uint32_t at62 = alphabet == MR_BASE64_URL ? '-' : '+';
	const uint32_t at63 = alphabet == MR_BASE64_URL ? '_' : '/';
	uint32_t upper = mask_below(v, 26);
	uint32_t lower = mask_below(v, 52) & ~upper;
	uint32_t digit = mask_below(v, 62) & ~(upper | lower);
	uint32_t last = mask_below(62, v);
	uint32_t before_last = ~(upper | lower | digit | last);

	return (char)((upper & (v + 'A')) | (lower & (v - 26 + 'a')) | (digit & (v - 52 + '0')) |
		      (before_last & at62) | (last & at63));
}

size_t mr_base64_encoded_len(size_t len)
{
	return (len / 3 + (len % 3 != 0)) * 4;
}

void mr_base64_encode(struct mr_buf *out, struct mr_bytes data, enum mr_base64_alphabet alphabet)
{
	size_t size = mr_base64_encoded_len(data.len);
	uint8_t *to = mr_buf_reserve(out, size);

	if (!to)
		return;
	for (size_t at = 0; at < data.len; at += 3) {
		size_t left = data.len - at;
		uint32_t group = (uint32_t)data.ptr[at] << 16;
		if (left > 1)
			group |= (uint32_t)data.ptr[at + 1] << 8;
		if (left > 2)
			group |= data.ptr[at + 2];
		*to++ = (uint8_t)encode_digit(group >> 18, alphabet);
		*to++ = (uint8_t)encode_digit(group >> 12 & 63, alphabet);
		*to++ = left > 1 ? (uint8_t)encode_digit(group >> 6 & 63, alphabet) : '=';
		*to++ = left > 2 ? (uint8_t)encode_digit(group & 63, alphabet) : '=';
	}
	mr_buf_commit(out, size);
}

static int decode_digit(char c, enum mr_base64_alphabet alphabet)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == (alphabet == MR_BASE64_URL ? '-' : '+'))
		return 62;
	if (c == (alphabet == MR_BASE64_URL ? '_' : '/'))
		return 63;
	return -1;
}

static bool skipped(char c, struct mr_base64_rules rules)
{
	return c == '\n' || c == '\r' || (rules.skip_blanks && (c == ' ' || c == '\t'));
}

static size_t skip(struct mr_str text, size_t at, struct mr_base64_rules rules)
{
	while (at < text.len && skipped(text.ptr[at], rules))
		at++;
	return at;
}

size_t mr_base64_decoded_max(struct mr_str text)
{
	size_t digits = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		digits += (size_t)((c != '\n') & (c != '\r') & (c != '=') & (c != ' ') &
				   (c != '\t'));
	}
	return digits / 4 * 3 + digits % 4 * 3 / 4;
}

/* Checks what follows a group's first '=', at `at` - 1, and everything behind the padding. The
 * positions are those that Go names, oddities included: one before the character that should have
 * been the second '='. */
static bool check_padding(
	struct mr_str text, size_t at, size_t digits, struct mr_base64_rules rules, size_t *ret_bad)
{
	if (digits < 2) {
		*ret_bad = at - 1;
		return false;
	}
	if (digits == 2) {
		at = skip(text, at, rules);
		if (at == text.len) {
			*ret_bad = at;
			return false;
		}
		if (text.ptr[at] != '=') {
			*ret_bad = at - 1;
			return false;
		}
		at++;
	}
	at = skip(text, at, rules);
	*ret_bad = at;
	return at == text.len;
}

bool mr_base64_decode_raw(struct mr_str text, struct mr_base64_rules rules, uint8_t *out,
	size_t *ret_len, size_t *ret_bad)
{
	uint8_t *to = out;
	uint32_t group = 0;
	size_t digits = 0; /* in this group */
	size_t at;

	for (at = skip(text, 0, rules); at < text.len; at = skip(text, at, rules)) {
		char c = text.ptr[at++];
		int value = decode_digit(c, rules.alphabet);
		if (value >= 0) {
			group = group << 6 | (uint32_t)value;
			if (++digits < 4)
				continue;
			*to++ = (uint8_t)(group >> 16);
			*to++ = (uint8_t)(group >> 8);
			*to++ = (uint8_t)group;
			group = 0;
			digits = 0;
			continue;
		}
		if (c != '=') {
			*ret_bad = at - 1;
			return false;
		}
		if (!check_padding(text, at, digits, rules, ret_bad))
			return false;
		*to++ = (uint8_t)(digits == 2 ? group >> 4 : group >> 10);
		if (digits == 3)
			*to++ = (uint8_t)(group >> 2);
		digits = 0;
		break;
	}
	if (digits) {
		*ret_bad = text.len - digits;
		return false;
	}
	*ret_len = (size_t)(to - out);
	return true;
}

mr_result mr_base64_fail(size_t bad, struct mr_error *err)
{
	return mr_fail(err, MR_CODE_INVALID, "illegal base64 data at input byte %zu", bad);
}

mr_result mr_base64_decode(struct mr_str text, enum mr_base64_alphabet alphabet, struct mr_buf *out,
	struct mr_error *err)
{
	const struct mr_base64_rules rules = { .alphabet = alphabet };
	uint8_t *to = mr_buf_reserve(out, mr_base64_decoded_max(text));
	size_t len, bad;

	if (!to)
		return mr_buf_status(out, err);
	if (!mr_base64_decode_raw(text, rules, to, &len, &bad))
		return mr_base64_fail(bad, err);
	mr_buf_commit(out, len);
	return MR_OK;
}
