/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/base64.h"

#include "base/wipe.h"
#include "codec/base64_raw.h"

static const uint64_t ones = UINT64_C(0x0101010101010101);

/* One in each byte of `digits`, all below 64, that is not below `bound`: arithmetic, because a
 * comparison may become a branch on a secret. */
static uint64_t not_below(uint64_t digits, unsigned bound)
{
	return (digits + ones * (128 - bound)) >> 7 & ones;
}

/* Eight digits at once, one a byte: from 'A' on, with the jumps where the next range of the
 * alphabet begins. No byte leaves 0 to 255 on the way, so that none touches its neighbour. The
 * alphabet is no secret. */
static uint64_t encode_digits(uint64_t digits, enum mr_base64_alphabet alphabet)
{
	const uint64_t down62 = alphabet == MR_BASE64_URL ? '9' + 1 - '-' : '9' + 1 - '+';
	const uint64_t up63 = alphabet == MR_BASE64_URL ? '_' - '-' - 1 : '/' - '+' - 1;

	return digits + ones * 'A' + not_below(digits, 26) * ('a' - 'Z' - 1) -
	       not_below(digits, 52) * ('z' + 1 - '0') - not_below(digits, 62) * down62 +
	       not_below(digits, 63) * up63;
}

/* Writes the eight digits of six bytes: 24 bits in each half, cut into 12, then into 6, the first
 * digit lowest. */
static void encode_block(
	const uint8_t from[static 6], enum mr_base64_alphabet alphabet, uint8_t to[static 8])
{
	const uint64_t twelve = UINT64_C(0x00000FFF00000FFF), six = UINT64_C(0x003F003F003F003F);
	uint64_t first = (uint64_t)from[0] << 16 | (uint64_t)from[1] << 8 | from[2];
	uint64_t second = (uint64_t)from[3] << 16 | (uint64_t)from[4] << 8 | from[5];
	uint64_t bits = first | second << 32;

	bits = (bits >> 12 & twelve) | (bits & twelve) << 16;
	bits = (bits >> 6 & six) | (bits & six) << 8;
	bits = encode_digits(bits, alphabet);
	for (unsigned i = 0; i < 8; i++)
		to[i] = (uint8_t)(bits >> (8 * i));
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
	size_t at = 0;
	for (; data.len - at >= 6; at += 6, to += 8)
		encode_block(data.ptr + at, alphabet, to);
	if (at < data.len) {
		uint8_t from[6] = { 0 }, last[8];
		size_t left = data.len - at, digits = left + (left + 2) / 3;
		memcpy(from, data.ptr + at, left);
		encode_block(from, alphabet, last);
		memset(last + digits, '=', sizeof last - digits);
		memcpy(to, last, mr_base64_encoded_len(left));
		mr_wipe(from, sizeof from);
		mr_wipe(last, sizeof last);
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
