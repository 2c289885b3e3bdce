/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/uuid.h"

#define CANONICAL "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"

static const struct mr_uuid expected = { { 0x0F, 0x1E, 0x2D, 0x3C, 0x4B, 0x5A, 0x69, 0x78, 0x87,
	0x96, 0xA5, 0xB4, 0xC3, 0xD2, 0xE1, 0xF0 } };

static void test_spellings(void **state)
{
	(void)state;
	static const struct mr_str spellings[] = {
		MR_STR_INIT(CANONICAL),
		MR_STR_INIT("0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0"),
		MR_STR_INIT("urn:uuid:" CANONICAL),
		MR_STR_INIT("URN:UUID:" CANONICAL),
		MR_STR_INIT("{" CANONICAL "}"),
		MR_STR_INIT("x" CANONICAL "y"),
		MR_STR_INIT("0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
	};
	struct mr_error err;

	for (size_t i = 0; i < MR_COUNT(spellings); i++) {
		struct mr_uuid uuid;
		char text[MR_UUID_TEXT_LEN + 1];
		assert_false(mr_failed(mr_uuid_parse(spellings[i], &uuid, &err)));
		assert_memory_equal(&uuid, &expected, sizeof uuid);
		mr_uuid_format(&uuid, text);
		assert_string_equal(text, CANONICAL);
	}
}

static void test_errors(void **state)
{
	(void)state;
	static const struct {
		struct mr_str text;
		const char *message;
	} rows[] = {
		{ MR_STR_INIT(""), "invalid UUID length: 0" },
		{ MR_STR_INIT("0f1e2d3c"), "invalid UUID length: 8" },
		{ MR_STR_INIT(CANONICAL "0"), "invalid UUID length: 37" },
		{ MR_STR_INIT("urn:uuix:" CANONICAL), "invalid urn prefix: \"urn:uuix:\"" },
		{ MR_STR_INIT("urn\xFF"
			      "uuid:" CANONICAL),
			"invalid urn prefix: \"urn\\xffuuid:\"" },
		{ MR_STR_INIT("0f1e2d3c_4b5a-6978-8796-a5b4c3d2e1f0"), "invalid UUID format" },
		{ MR_STR_INIT("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1fg"), "invalid UUID format" },
		{ MR_STR_INIT("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1G0"), "invalid UUID format" },
		{ MR_STR_INIT("0f1e2d3c4b5a69788796a5b4c3d2e1f\0"), "invalid UUID format" },
		{ MR_STR_INIT("0f1e2d3c4b5a69788796a5b4c3d2e1@0"), "invalid UUID format" },
	};

	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		struct mr_uuid uuid = expected;
		struct mr_error err;
		assert_int_equal(mr_uuid_parse(rows[i].text, &uuid, &err).code, MR_CODE_INVALID);
		assert_string_equal(err.message, rows[i].message);
		assert_memory_equal(&uuid, &expected, sizeof uuid);
	}
}

static void test_nil(void **state)
{
	(void)state;
	assert_true(mr_uuid_is_nil(&(struct mr_uuid){ { 0 } }));
	assert_false(mr_uuid_is_nil(&expected));
	assert_false(mr_uuid_is_nil(&(struct mr_uuid){ { [15] = 1 } }));
}

static void test_version_4(void **state)
{
	(void)state;
	static const uint8_t zeros[16];
	uint8_t ones[16];
	char text[MR_UUID_TEXT_LEN + 1];

	memset(ones, 0xFF, sizeof ones);
	struct mr_uuid uuid = mr_uuid_from_random(zeros);
	mr_uuid_format(&uuid, text);
	assert_string_equal(text, "00000000-0000-4000-8000-000000000000");
	uuid = mr_uuid_from_random(ones);
	mr_uuid_format(&uuid, text);
	assert_string_equal(text, "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_nil),
		cmocka_unit_test(test_version_4),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
