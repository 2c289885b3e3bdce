/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/macros.h"
#include "codec/base64.h"

#define URL MR_BASE64_URL
#define STD MR_BASE64_STANDARD

static const struct {
	struct mr_str bytes;
	const char *standard, *url;
} pairs[] = {
	{ MR_STR_INIT(""), "", "" },
	{ MR_STR_INIT("f"), "Zg==", "Zg==" },
	{ MR_STR_INIT("fo"), "Zm8=", "Zm8=" },
	{ MR_STR_INIT("foo"), "Zm9v", "Zm9v" },
	{ MR_STR_INIT("foob"), "Zm9vYg==", "Zm9vYg==" },
	{ MR_STR_INIT("fooba"), "Zm9vYmE=", "Zm9vYmE=" },
	{ MR_STR_INIT("foobar"), "Zm9vYmFy", "Zm9vYmFy" },
	{ MR_STR_INIT("\0"), "AA==", "AA==" },
	{ MR_STR_INIT("\xFB\xEF\xBE\xFF\xFF\xFF"), "++++////", "----____" },
	{ MR_STR_INIT("\xFF"), "/w==", "_w==" },
	{ MR_STR_INIT(
		  "\x00\x10\x83\x10\x51\x87\x20\x92\x8B\x30\xD3\x8F\x41\x14\x93\x51\x55\x97\x61\x96"
		  "\x9B\x71\xD7\x9F\x82\x18\xA3\x92\x59\xA7\xA2\x9A\xAB\xB2\xDB\xAF\xC3\x1C\xB3\xD3"
		  "\x5D\xB7\xE3\x9E\xBB\xF3\xDF\xBF"),
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" },
};

static void test_encode(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(pairs); i++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };
		mr_buf_init(&out, 200);
		mr_base64_encode(&out, mr_str_bytes(pairs[i].bytes), STD);
		size_t len = out.len;
		mr_base64_encode(&out, mr_str_bytes(pairs[i].bytes), URL);
		assert_int_equal(len, mr_base64_encoded_len(pairs[i].bytes.len));
		assert_int_equal(out.len, 2 * len);
		if (len) {
			assert_memory_equal(out.data, pairs[i].standard, len);
			assert_memory_equal(out.data + len, pairs[i].url, len);
		}
	}
}

static void test_encode_keeps_to_the_maximum(void **state)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };

	(void)state;
	mr_buf_init(&out, 4);
	mr_base64_encode(&out, mr_bytes_of("abc", 3), STD);
	assert_int_equal(out.len, 4);
	mr_base64_encode(&out, mr_bytes_of("a", 1), STD);
	assert_int_equal(out.len, 4);
	assert_int_equal(out.failure, MR_CODE_LIMIT);
	mr_buf_clear(&out);
	mr_hex_encode(&out, mr_bytes_of("abc", 3));
	assert_int_equal(out.failure, MR_CODE_LIMIT);
}

static void check_decoded(struct mr_str text, enum mr_base64_alphabet alphabet, struct mr_str want)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	/* exactly as large as what has to come out */
	mr_buf_init(&out, 1 + want.len);
	mr_buf_put_u8(&out, '<');
	if (mr_failed(mr_base64_decode(text, alphabet, &out, &err)))
		fail_msg("%.*s: %s", MR_STR_ARGS(text), err.message);
	assert_int_equal(out.len, 1 + want.len);
	assert_int_equal(out.data[0], '<');
	assert_memory_equal(out.data + 1, want.ptr, want.len);
}

static void test_decode(void **state)
{
	(void)state;
	for (size_t i = 0; i < MR_COUNT(pairs); i++) {
		check_decoded(mr_str_of(pairs[i].standard), STD, pairs[i].bytes);
		check_decoded(mr_str_of(pairs[i].url), URL, pairs[i].bytes);
	}
	check_decoded(MR_STR("\r\n"), STD, MR_STR(""));
	check_decoded(MR_STR("AA\n=\r=\n"), STD, MR_STR("\0"));
	check_decoded(MR_STR("A\r\nAE\n="), STD, MR_STR("\0\1"));
	check_decoded(MR_STR("aB=="), STD, MR_STR("h")); /* trailing bits */
	check_decoded(MR_STR("AAF="), STD, MR_STR("\0\1"));
}

static void test_decode_errors(void **state)
{
	static const struct {
		struct mr_str text;
		enum mr_base64_alphabet alphabet;
		size_t at;
	} rows[] = {
		{ MR_STR_INIT("A"), STD, 0 },
		{ MR_STR_INIT("AA"), STD, 0 },
		{ MR_STR_INIT("AAA"), STD, 0 },
		{ MR_STR_INIT("AAA\n"), STD, 1 },
		{ MR_STR_INIT("\nA"), STD, 1 },
		{ MR_STR_INIT("AAAAA"), STD, 4 },
		{ MR_STR_INIT("AAAAAAA"), STD, 4 },
		{ MR_STR_INIT("AAAA\nA\n"), STD, 6 },
		{ MR_STR_INIT("="), STD, 0 },
		{ MR_STR_INIT("A==="), STD, 1 },
		{ MR_STR_INIT("AA="), STD, 3 },
		{ MR_STR_INIT("AA=\n"), STD, 4 },
		{ MR_STR_INIT("AA\n="), STD, 4 },
		{ MR_STR_INIT("AA=A"), STD, 2 },
		{ MR_STR_INIT("AA=\nx"), STD, 3 },
		{ MR_STR_INIT("AA==A"), STD, 4 },
		{ MR_STR_INIT("AA== "), STD, 4 },
		{ MR_STR_INIT("AA==="), STD, 4 },
		{ MR_STR_INIT("AAE=AA=="), STD, 4 },
		{ MR_STR_INIT("AAE=\n\n="), STD, 6 },
		{ MR_STR_INIT("AAAA\nAA==\nx"), STD, 10 },
		{ MR_STR_INIT("AAAA="), STD, 4 },
		{ MR_STR_INIT("AA E="), STD, 2 },
		{ MR_STR_INIT("AA\tE="), STD, 2 },
		{ MR_STR_INIT("AAA\0"), STD, 3 },
		{ MR_STR_INIT("\xFF\xFF"), STD, 0 },
		{ MR_STR_INIT("_-=="), STD, 0 },
		{ MR_STR_INIT("/+=="), URL, 0 },
		{ MR_STR_INIT("AA@A"), STD, 2 },
		{ MR_STR_INIT("AA[A"), STD, 2 },
		{ MR_STR_INIT("AA`A"), STD, 2 },
		{ MR_STR_INIT("AA{A"), STD, 2 },
		{ MR_STR_INIT("AA:A"), STD, 2 },
		{ MR_STR_INIT("AA.A"), STD, 2 },
		{ MR_STR_INIT("AA,A"), STD, 2 },
		{ MR_STR_INIT("AA^A"), URL, 2 },
	};
	char want[64];

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };
		struct mr_error err;
		mr_buf_init(&out, 100);
		mr_buf_put_u8(&out, '<');
		mr_result r = mr_base64_decode(rows[i].text, rows[i].alphabet, &out, &err);
		(void)snprintf(
			want, sizeof want, "illegal base64 data at input byte %zu", rows[i].at);
		assert_int_equal(r.code, MR_CODE_INVALID);
		assert_string_equal(err.message, want);
		assert_int_equal(out.len, 1);
		assert_int_equal(mr_buf_status(&out, &err).code, MR_CODE_OK);
	}
}

static void test_decode_keeps_to_the_maximum(void **state)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;

	(void)state;
	mr_buf_init(&out, 2);
	assert_int_equal(mr_base64_decode(MR_STR("AAAA"), STD, &out, &err).code, MR_CODE_LIMIT);
	mr_buf_clear(&out);
	assert_int_equal(mr_hex_decode(MR_STR("000000"), &out, &err).code, MR_CODE_LIMIT);
}

static void test_hex(void **state)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_error err;
	uint8_t all[256];

	(void)state;
	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (uint8_t)i;
	mr_buf_init(&text, 512);
	mr_hex_encode(&text, mr_bytes_of(all, sizeof all));
	assert_int_equal(text.len, 512);
	assert_memory_equal(text.data, "000102030405060708090a0b0c0d0e0f101112", 38);
	assert_memory_equal(text.data + 498, "f9fafbfcfdfeff", 14);
	mr_buf_init(&out, 256);
	assert_int_equal(mr_hex_decode(mr_buf_str(&text), &out, &err).code, MR_CODE_OK);
	assert_int_equal(out.len, 256);
	assert_memory_equal(out.data, all, sizeof all);
	mr_buf_clear(&out);
	assert_int_equal(mr_hex_decode(MR_STR("aBcDEf09"), &out, &err).code, MR_CODE_OK);
	assert_memory_equal(out.data, "\xAB\xCD\xEF\x09", 4);
	mr_buf_clear(&out);
	assert_int_equal(mr_hex_decode(MR_STR(""), &out, &err).code, MR_CODE_OK);
	assert_int_equal(out.len, 0);
}

static void test_hex_errors(void **state)
{
	static const struct {
		struct mr_str text;
		const char *error;
	} rows[] = {
		{ MR_STR_INIT("a"), "odd length hex string" },
		{ MR_STR_INIT("abc"), "odd length hex string" },
		{ MR_STR_INIT("0g"), "invalid byte: U+0067 'g'" },
		{ MR_STR_INIT("g"), "invalid byte: U+0067 'g'" },
		{ MR_STR_INIT("zz0"), "invalid byte: U+007A 'z'" },
		{ MR_STR_INIT("0x00"), "invalid byte: U+0078 'x'" },
		{ MR_STR_INIT("00 1"), "invalid byte: U+0020 ' '" },
		{ MR_STR_INIT("ab'"), "invalid byte: U+0027 '''" },
		{ MR_STR_INIT("0\n"), "invalid byte: U+000A" },
		{ MR_STR_INIT("\0"), "invalid byte: U+0000" },
		{ MR_STR_INIT("0\x7F"), "invalid byte: U+007F" },
		{ MR_STR_INIT("0\xA0"), "invalid byte: U+00A0" },
		{ MR_STR_INIT("0\xAD"), "invalid byte: U+00AD" },
		{ MR_STR_INIT("0\xFF"), "invalid byte: U+00FF '\xC3\xBF'" },
		{ MR_STR_INIT("0/"), "invalid byte: U+002F '/'" },
		{ MR_STR_INIT("0:"), "invalid byte: U+003A ':'" },
		{ MR_STR_INIT("0@"), "invalid byte: U+0040 '@'" },
		{ MR_STR_INIT("0`"), "invalid byte: U+0060 '`'" },
		{ MR_STR_INIT("0G"), "invalid byte: U+0047 'G'" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf out = { 0 };
		struct mr_error err;
		mr_buf_init(&out, 100);
		mr_result r = mr_hex_decode(rows[i].text, &out, &err);
		assert_int_equal(r.code, MR_CODE_INVALID);
		assert_memory_equal(err.message, "encoding/hex: ", 14);
		assert_string_equal(err.message + 14, rows[i].error);
		assert_int_equal(out.len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_encode_keeps_to_the_maximum),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_decode_errors),
		cmocka_unit_test(test_decode_keeps_to_the_maximum),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_hex_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
