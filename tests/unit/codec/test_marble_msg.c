/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/macros.h"
#include "codec/marble_msg.h"

#define BYTES(literal)                                                                             \
	{                                                                                          \
		(const uint8_t *)"" literal, sizeof(literal) - 1                                   \
	}

/* A request with the type "web" and nothing else. */
#define WEB "\x1A\x03web"

static void check_request(struct mr_bytes body, const struct mr_activation_request *want)
{
	struct mr_activation_request got;
	struct mr_error err;

	if (mr_failed(mr_activation_request_decode(body, &got, &err)))
		fail_msg("%s", err.message);
	assert_true(mr_bytes_eq(got.quote, want->quote));
	assert_true(mr_bytes_eq(got.csr, want->csr));
	assert_true(mr_str_eq(got.marble_type, want->marble_type));
	assert_true(mr_str_eq(got.uuid, want->uuid));
}

/* The example of 30 §1.6. */
static void test_request_example(void **state)
{
	const struct mr_bytes body = BYTES("\x12\x02\x30\x00\x1A\x03web\x22\x24"
					   "11111111-2222-4333-8444-555555555555");
	const struct mr_activation_request request = {
		.csr = BYTES("\x30\x00"),
		.marble_type = MR_STR("web"),
		.uuid = MR_STR("11111111-2222-4333-8444-555555555555"),
	};
	MR_AUTO(buf) struct mr_buf out = { 0 };

	(void)state;
	check_request(body, &request);
	mr_buf_init(&out, 1000);
	mr_activation_request_encode(&out, &request);
	assert_int_equal(out.len, 47);
	assert_true(mr_bytes_eq(mr_buf_bytes(&out), body));
}

static void test_request_round_trip_of_long_fields(void **state)
{
	static uint8_t content[70000];
	const struct mr_activation_request request = {
		.quote = { content, sizeof content },
		.csr = { content, 128 },
		.marble_type = MR_STR("a\0b \xC3\xA9"),
		.uuid = { (const char *)content, 127 },
	};
	MR_AUTO(buf) struct mr_buf out = { 0 };

	(void)state;
	mr_buf_init(&out, 100000);
	mr_activation_request_encode(&out, &request);
	assert_int_equal(out.len, 4 + sizeof content + 3 + 128 + 2 + 6 + 2 + 127);
	check_request(mr_buf_bytes(&out), &request);
}

static void test_request_rules(void **state)
{
	static const struct mr_bytes bodies[] = {
		BYTES(WEB), BYTES("\x1A\x05other" WEB), BYTES(WEB "\x1A\x00" WEB),
		BYTES(WEB "\xFA\x01\x03"
			  "abc"),          /* unknown bytes */
		BYTES("\x80\x02\x05" WEB), /* unknown varint */
		BYTES("\x18\x01" WEB),     /* known number, other wire type */
		BYTES(WEB "\x18\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"),
		BYTES("\x1B\x1C" WEB),         /* a group of a known number */
		BYTES(WEB "\x33\x08\x01\x34"), /* groups */
		BYTES(WEB "\x33\x3B\x0A\x02xy\x0D"
			  "abcd\x09"
			  "abcdefgh\x3C\x34"),
		BYTES(WEB "\x55"
			  "abcd"), /* 32 bit */
		BYTES("\x59"
		      "abcdefgh" WEB),                 /* 64 bit */
		BYTES("\x9A\x80\x00\x03web"),          /* a longer tag than needed */
		BYTES("\x1A\x83\x80\x00web"),          /* and length */
		BYTES("\xFA\xFF\xFF\xFF\x0F\x00" WEB), /* the largest number */
	};
	const struct mr_activation_request want = { .marble_type = MR_STR("web") };
	const struct mr_activation_request nothing = { 0 };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(bodies); i++)
		check_request(bodies[i], &want);
	check_request((struct mr_bytes){ NULL, 0 }, &nothing);
}

#define TEN(text) text text text text text text text text text text

static void test_request_errors(void **state)
{
	static const struct {
		struct mr_bytes body;
		const char *error;
	} rows[] = {
		{ BYTES("\x12\xFF"), "message is cut short" },
		{ BYTES("\x1A"), "message is cut short" },
		{ BYTES("\xFA"), "message is cut short" },
		{ BYTES("\x22\x05"
			"ab"),
			"message is cut short" },
		{ BYTES("\x1A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"), "message is cut short" },
		{ BYTES("\x55"
			"abc"),
			"message is cut short" },
		{ BYTES("\x59"
			"abcdefg"),
			"message is cut short" },
		{ BYTES("\x33"), "message is cut short" },
		{ BYTES("\x33\x08"), "message is cut short" },
		{ BYTES("\x18"), "message is cut short" },
		{ BYTES("\x1A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"),
			"varint is larger than 64 bits" },
		{ BYTES("\x18\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"),
			"varint is larger than 64 bits" },
		{ BYTES("\x00\x01"), "invalid field number 0" },
		{ BYTES("\x02\x00"), "invalid field number 0" },
		{ BYTES("\x82\x80\x80\x80\x10\x00"), "invalid field number 536870912" },
		{ BYTES("\x0E"), "invalid wire type 6" },
		{ BYTES("\x0F"), "invalid wire type 7" },
		{ BYTES("\x0C"), "end of a group that was not begun" },
		{ BYTES("\x33\x3C"), "mismatched end of group" },
		{ BYTES("\x33\x3B\x34"), "mismatched end of group" },
		{ BYTES("\x33\x03\x34"), "invalid field number 0" },
		{ BYTES(TEN(TEN("\x33")) "\x33"), "groups are nested too deeply" },
		{ BYTES(TEN(TEN("\x33"))), "message is cut short" },
		{ BYTES("\x1A\x02\xFF\xFE"), "string field MarbleType contains invalid UTF-8" },
		{ BYTES("\x22\x01\x80"), "string field UUID contains invalid UTF-8" },
		{ BYTES("\x1A\x03\xED\xA0\x80"), "string field MarbleType contains invalid UTF-8" },
		{ BYTES("\x1A\x01\x80" WEB), "string field MarbleType contains invalid UTF-8" },
	};
	const struct mr_activation_request untouched = { .uuid = MR_STR("old") };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		struct mr_activation_request got = untouched;
		struct mr_error err;
		assert_true(mr_failed(mr_activation_request_decode(rows[i].body, &got, &err)));
		assert_string_equal(err.message, rows[i].error);
		assert_memory_equal(&got, &untouched, sizeof got);
	}
}

static void test_deepest_group(void **state)
{
	static const struct mr_bytes body = BYTES(TEN(TEN("\x33")) TEN(TEN("\x34")) WEB);
	const struct mr_activation_request want = { .marble_type = MR_STR("web") };

	(void)state;
	check_request(body, &want);
}

static void test_response_round_trip(void **state)
{
	struct mr_param files[] = {
		{ MR_STR("/etc/a"), BYTES("content\0\xFF") },
		{ MR_STR(""), BYTES("") },
	};
	struct mr_param env[] = { { MR_STR("NAME"), BYTES("value") } };
	struct mr_str argv[] = { MR_STR("./app"), MR_STR(""), MR_STR("-v") };
	const struct mr_parameters sent = { files, 2, env, 1, argv, 3 };
	const struct mr_bytes want = BYTES("\x0A\x37"
					   "\x0A\x13\x0A\x06/etc/a\x12\x09"
					   "content\0\xFF"
					   "\x0A\x04\x0A\x00\x12\x00"
					   "\x12\x0D\x0A\x04NAME\x12\x05"
					   "value"
					   "\x1A\x05./app\x1A\x00\x1A\x02-v");
	MR_AUTO(buf) struct mr_buf out = { 0 };
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_parameters got;
	struct mr_error err;
	bool present;

	(void)state;
	mr_buf_init(&out, 1000);
	mr_arena_init(&arena, 100000);
	mr_activation_response_encode(&out, &sent);
	assert_int_equal(out.len, want.len);
	assert_memory_equal(out.data, want.ptr, want.len);
	assert_int_equal(
		mr_activation_response_decode(want, &arena, &got, &present, &err).code, MR_CODE_OK);
	assert_true(present);
	assert_int_equal(got.files_count, 2);
	assert_true(mr_str_eq(got.files[0].name, files[1].name));
	assert_true(mr_bytes_eq(got.files[0].value, files[1].value));
	assert_true(mr_str_eq(got.files[1].name, files[0].name));
	assert_true(mr_bytes_eq(got.files[1].value, files[0].value));
	assert_int_equal(got.env_count, 1);
	assert_true(mr_str_eq(got.env[0].name, env[0].name));
	assert_true(mr_bytes_eq(got.env[0].value, env[0].value));
	assert_int_equal(got.argv_count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(mr_str_eq(got.argv[i], argv[i]));
}

static void test_empty_parameters_are_written(void **state)
{
	const struct mr_parameters sent = { 0 };
	MR_AUTO(buf) struct mr_buf out = { 0 };

	(void)state;
	mr_buf_init(&out, 10);
	mr_activation_response_encode(&out, &sent);
	assert_int_equal(out.len, 2);
	assert_memory_equal(out.data, "\x0A\x00", 2);
}

/* Env of a response as "name=value;" in the order of the list. */
static void test_response_rules(void **state)
{
	static const struct {
		struct mr_bytes body;
		bool present;
		const char *env;
	} rows[] = {
		{ BYTES(""), false, "" },
		{ BYTES("\x08\x01\x12\x01x"), false, "" },
		{ BYTES("\x0A\x00"), true, "" },
		{ BYTES("\x0A\x02\x12\x00"), true, "=;" },
		{ BYTES("\x0A\x05\x12\x03\x0A\x01"
			"A"),
			true, "A=;" },
		{ BYTES("\x0A\x05\x12\x03\x12\x01"
			"1"),
			true, "=1;" },
		/* value before key, a key twice, unknown fields in the entry */
		{ BYTES("\x0A\x0F\x12\x0D\x12\x01"
			"1\x0A\x01"
			"A\x0A\x01"
			"B\x18\x05\x08\x01"),
			true, "B=1;" },
		/* the last of a name wins, also over two messages, which are merged */
		{ BYTES("\x0A\x10\x12\x06\x0A\x01"
			"A\x12\x01"
			"1\x12\x06\x0A\x01"
			"A\x12\x01"
			"2"),
			true, "A=2;" },
		{ BYTES("\x0A\x08\x12\x06\x0A\x01"
			"B\x12\x01"
			"1\x0A\x10\x12\x06\x0A\x01"
			"A\x12\x01"
			"2\x12\x06\x0A\x01"
			"B\x12\x01"
			"3"),
			true, "A=2;B=3;" },
		/* other wire types and numbers */
		{ BYTES("\x0A\x09\x10\x01\x22\x01x\x12\x02\x12\x00"), true, "=;" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(buf) struct mr_buf got = { 0 };
		MR_AUTO(arena) struct mr_arena arena = { 0 };
		struct mr_parameters p;
		struct mr_error err;
		bool present;

		mr_buf_init(&got, 1000);
		mr_arena_init(&arena, 100000);
		if (mr_failed(mr_activation_response_decode(
			    rows[i].body, &arena, &p, &present, &err)))
			fail_msg("%zu: %s", i, err.message);
		assert_int_equal(present, rows[i].present);
		for (size_t at = 0; at < p.env_count; at++) {
			mr_buf_put_str(&got, p.env[at].name);
			mr_buf_put_u8(&got, '=');
			mr_buf_put_bytes(&got, p.env[at].value);
			mr_buf_put_u8(&got, ';');
		}
		mr_buf_put_u8(&got, 0);
		assert_string_equal(got.data, rows[i].env);
		assert_int_equal(p.files_count, 0);
		assert_int_equal(p.argv_count, 0);
	}
}

static void test_response_errors(void **state)
{
	static const struct {
		struct mr_bytes body;
		const char *error;
	} rows[] = {
		{ BYTES("\x0A"), "message is cut short" },
		{ BYTES("\x0A\x01\x0A"), "message is cut short" },
		{ BYTES("\x0A\x03\x0A\x01\x0A"), "message is cut short" },
		{ BYTES("\x0A\x05\x0A\x03\x0A\x01\xFF"),
			"string field key contains invalid UTF-8" },
		{ BYTES("\x0A\x03\x1A\x01\x80"), "string field Argv contains invalid UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		MR_AUTO(arena) struct mr_arena arena = { 0 };
		struct mr_parameters p;
		struct mr_error err;
		bool present;

		mr_arena_init(&arena, 100000);
		mr_result r = mr_activation_response_decode(
			rows[i].body, &arena, &p, &present, &err);
		assert_int_equal(r.code, MR_CODE_INVALID);
		assert_string_equal(err.message, rows[i].error);
	}
}

static void make_response(struct mr_buf *out, size_t entries)
{
	uint8_t *length;

	mr_buf_init(out, 1 << 20);
	mr_buf_put(out, "\x0A\x80\x80\x00", 4);
	for (size_t i = 0; i < entries; i++)
		mr_buf_put(out, "\x12\x00", 2);
	length = out->data + 1;
	length[0] = (uint8_t)(2 * entries | 0x80);
	length[1] = (uint8_t)(2 * entries >> 7 | 0x80);
	length[2] = (uint8_t)(2 * entries >> 14);
}

static void test_response_bounds(void **state)
{
	MR_AUTO(buf) struct mr_buf most = { 0 }, more = { 0 };
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_parameters p;
	struct mr_error err;
	bool present;

	(void)state;
	make_response(&most, 65536);
	make_response(&more, 65537);
	mr_arena_init(&arena, 16 << 20);
	assert_int_equal(
		mr_activation_response_decode(mr_buf_bytes(&most), &arena, &p, &present, &err).code,
		MR_CODE_OK);
	assert_int_equal(p.env_count, 1);
	assert_int_equal(
		mr_activation_response_decode(mr_buf_bytes(&more), &arena, &p, &present, &err).code,
		MR_CODE_LIMIT);
	mr_arena_done(&arena);
	mr_arena_init(&arena, 100000);
	assert_int_equal(
		mr_activation_response_decode(mr_buf_bytes(&most), &arena, &p, &present, &err).code,
		MR_CODE_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_example),
		cmocka_unit_test(test_request_round_trip_of_long_fields),
		cmocka_unit_test(test_request_rules),
		cmocka_unit_test(test_request_errors),
		cmocka_unit_test(test_deepest_group),
		cmocka_unit_test(test_response_round_trip),
		cmocka_unit_test(test_empty_parameters_are_written),
		cmocka_unit_test(test_response_rules),
		cmocka_unit_test(test_response_errors),
		cmocka_unit_test(test_response_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
