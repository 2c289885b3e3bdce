/* SPDX-License-Identifier: Apache-2.0 */
/* The file of --pkcs11-config (50 §6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/pkcs11_config.h"

static char path[] = "/tmp/test_pkcs11_config.XXXXXX";

static mr_result read_text(const char *text, struct mr_arena *arena, struct mr_pkcs11_config *ret,
	struct mr_error *err)
{
	mr_arena_init(arena, 1 << 20);
	assert_false(mr_failed(mr_file_write(path, mr_str_bytes(mr_str_of(text)), 0600, err)));
	return mr_pkcs11_config_read(path, arena, ret, err);
}

static void test_good(void **state)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_pkcs11_config c;
	struct mr_error err;

	(void)state;
	assert_false(mr_failed(
		read_text("{\"path\":\"m.so\",\"PIN\":\"12\",\"SlotNumber\":0,\"MaxSessions\":2,"
			  "\"UserType\":9,\"LoginNotSupported\":true,\"x\":[]}",
			&arena, &c, &err)));
	assert_true(mr_str_eq(c.path, MR_STR("m.so")));
	assert_true(mr_str_eq(c.pin, MR_STR("12")));
	assert_true(c.has_slot && c.slot == 0 && c.login_not_supported);
	assert_int_equal(c.user_type, 9);
}

static void test_bad(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "{}", "config must specify exactly one way to select a token: none given" },
		{ "{\"TokenLabel\":\"\"}",
			"config must specify exactly one way to select a token: none given" },
		{ "{\"SlotNumber\":null}",
			"config must specify exactly one way to select a token: none given" },
		{ "{\"TokenLabel\":\"a\",\"TokenSerial\":\"b\"}",
			"config must specify exactly one way to select a token: token label, token serial number "
			"given" },
		{ "{\"SlotNumber\":1,\"TokenLabel\":\"a\",\"TokenSerial\":\"b\"}",
			"config must specify exactly one way to select a token: slot number, token label, token "
			"serial number given" },
		{ "{\"SlotNumber\":1,\"MaxSessions\":1}", "MaxSessions must be larger than 1" },
		{ "{\"SlotNumber\":-1}",
			"could not decode config file: json: cannot unmarshal number" },
		{ "{\"Path\":5}", "could not decode config file: json: cannot unmarshal number" },
		{ "[]", "json: cannot unmarshal array" },
		{ "", "could not decode config file: unexpected end of JSON input" },
		{ "{} // no comments", "could not decode config file: invalid character" },
	};

	(void)state;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		MR_AUTO(arena) struct mr_arena arena = { 0 };
		struct mr_pkcs11_config c;
		struct mr_error err;
		assert_true(mr_failed(read_text(cases[i].text, &arena, &c, &err)));
		if (strncmp(err.message, cases[i].message, strlen(cases[i].message)) != 0)
			fail_msg("%s gives %s", cases[i].text, err.message);
	}
	struct mr_arena arena;
	struct mr_pkcs11_config c;
	struct mr_error err;
	mr_arena_init(&arena, 1 << 20);
	assert_true(mr_failed(mr_pkcs11_config_read("/nowhere", &arena, &c, &err)));
	assert_string_equal(err.message,
		"could not open config file: /nowhere: open /nowhere: no such file or directory");
	mr_arena_done(&arena);
}

static int set_up(void **state)
{
	(void)state;
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
