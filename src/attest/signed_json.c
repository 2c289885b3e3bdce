/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/signed_json.h"

#include "codec/base64.h"

enum { SIGNATURE_SIZE = 64 };

struct scan {
	struct mr_str text;
	size_t at;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct scan *s)
{
	while (s->at < s->text.len && is_space(s->text.ptr[s->at]))
		s->at++;
}

/* This character next, white space around it. */
static bool take(struct scan *s, char c)
{
	skip_space(s);
	if (s->at >= s->text.len || s->text.ptr[s->at] != c)
		return false;
	s->at++;
	skip_space(s);
	return true;
}

/* A string without escapes, between its quotes. */
static bool take_string(struct scan *s, struct mr_str *ret)
{
	if (s->at >= s->text.len || s->text.ptr[s->at] != '"')
		return false;
	size_t from = ++s->at;
	while (s->at < s->text.len && s->text.ptr[s->at] != '"' && s->text.ptr[s->at] != '\\')
		s->at++;
	if (s->at >= s->text.len || s->text.ptr[s->at] != '"')
		return false;
	*ret = mr_str_sub(s->text, from, s->at++);
	return true;
}

/* Behind a string with escapes, whose quote was consumed. */
static bool skip_string(struct scan *s)
{
	while (s->at < s->text.len) {
		char c = s->text.ptr[s->at++];

		if (c == '"')
			return true;
		if (c == '\\')
			s->at++;
	}
	return false;
}

/* From an opening brace to the one that closes it; what is between is not looked at but for strings and nesting. */
static bool take_object(struct scan *s, struct mr_signed_json *ret)
{
	size_t from = s->at;
	size_t depth = 0;

	if (s->at >= s->text.len || s->text.ptr[s->at] != '{')
		return false;
	while (s->at < s->text.len) {
		char c = s->text.ptr[s->at++];

		if (c == '"' && !skip_string(s))
			return false;
		if ((c == '{' || c == '[') && ++depth > MR_SIGNED_JSON_DEPTH)
			ret->too_deep = true;
		if ((c == '}' || c == ']') && --depth == 0) {
			ret->object = mr_str_sub(s->text, from, s->at);
			return c == '}';
		}
	}
	return false;
}

static bool read_signature(struct mr_str hex, uint8_t out[SIGNATURE_SIZE])
{
	MR_AUTO(buf) struct mr_buf bytes = { 0 };
	struct mr_error ignored;

	mr_buf_init(&bytes, SIGNATURE_SIZE);
	if (hex.len != 2 * SIGNATURE_SIZE || mr_failed(mr_hex_decode(hex, &bytes, &ignored)) ||
		bytes.len != SIGNATURE_SIZE)
		return false;
	memcpy(out, bytes.data, SIGNATURE_SIZE);
	return true;
}

bool mr_signed_json_cut(struct mr_str text, struct mr_str name, struct mr_signed_json *ret)
{
	struct scan s = { text, 0 };
	struct mr_signed_json cut = { .too_deep = false };
	struct mr_str word;
	struct mr_str signature;

	if (text.len > MR_SIGNED_JSON_MAX || !take(&s, '{') || !take_string(&s, &word) ||
		!mr_str_eq(word, name) || !take(&s, ':') || !take_object(&s, &cut) ||
		!take(&s, ',') || !take_string(&s, &word) ||
		!mr_str_eq(word, MR_STR("signature")) || !take(&s, ':') ||
		!take_string(&s, &signature) || !take(&s, '}') ||
		!read_signature(signature, cut.signature))
		return false;
	while (s.at < text.len && (text.ptr[s.at] == '\0' || is_space(text.ptr[s.at])))
		s.at++;
	*ret = cut;
	return s.at == text.len;
}
