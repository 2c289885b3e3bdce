/* SPDX-License-Identifier: Apache-2.0 */
/* The Coordinator's two certificates in PEM, and the cache that holds them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "../net/test_identity.h"
#include "cli_test.h"
#include "client/chain.h"
#include "codec/pem.h"

struct rig {
	struct test_identity root, intermediate;
	struct mr_buf first, second; /* in PEM */
};

#define BROKEN "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

static void check_parsed(const struct rig *rig, struct mr_str pem)
{
	MR_AUTO(chain) struct mr_chain chain = { 0 };
	struct mr_error err;

	assert_false(mr_failed(mr_chain_parse(pem, &chain, &err)));
	assert_true(mr_bytes_eq(chain.intermediate.der, rig->intermediate.cert.der));
	assert_true(mr_bytes_eq(chain.root.der, rig->root.cert.der));
}

static void check_refused(struct mr_str pem, const char *error)
{
	struct mr_chain chain;
	struct mr_error err;

	assert_true(mr_failed(mr_chain_parse(pem, &chain, &err)));
	if (strncmp(err.message, error, strlen(error)) != 0)
		fail_msg("got %s, want %s", err.message, error);
}

static void put(struct mr_buf *out, const char *before, const struct mr_buf *pem)
{
	mr_buf_put_cstr(out, before);
	mr_buf_put_bytes(out, mr_buf_bytes(pem));
}

static void test_parse(void **state)
{
	struct rig *rig = *state;
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_buf_init(&text, 1 << 16);
	check_refused(mr_buf_str(&text),
		"could not parse Coordinator intermediate certificate from PEM data");
	check_refused(MR_STR("garbage"),
		"could not parse Coordinator intermediate certificate from PEM data");
	check_refused(MR_STR(BROKEN), "parsing Coordinator intermediate certificate: x509: ");
	put(&text, "text\n", &rig->first);
	check_refused(
		mr_buf_str(&text), "could not parse Coordinator root certificate from PEM data");
	put(&text, BROKEN, &rig->second);
	check_refused(mr_buf_str(&text), "parsing Coordinator root certificate: x509: ");
	mr_buf_clear(&text);
	put(&text, "a\n", &rig->first);
	put(&text, "b\n\n", &rig->second);
	put(&text, "c", &rig->first);
	check_parsed(rig, mr_buf_str(&text));
}

/* --- the cache --- */

static void test_write_and_read(void **state)
{
	struct rig *rig = *state;
	const struct mr_chain chain = { rig->intermediate.cert, rig->root.cert };
	MR_AUTO(chain) struct mr_chain read = { 0 };
	MR_AUTO(buf) struct mr_buf want = { 0 };
	MR_AUTO(buf) struct mr_buf longer = { 0 };
	struct mr_error err;
	struct stat st;

	mr_buf_init(&want, 1 << 16);
	mr_buf_init(&longer, 1 << 16);
	put(&want, "", &rig->first);
	put(&want, "", &rig->second);
	mr_buf_put_u8(&want, 0);
	assert_false(mr_failed(mr_cache_write("a/b//cache.pem", &chain, &err)));
	cli_test_check_file("a/b/cache.pem", (char *)want.data, 0600);
	assert_int_equal(stat("a/b", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
	assert_false(mr_failed(mr_cache_read("a/b/cache.pem", &read, &err)));
	assert_true(mr_bytes_eq(read.root.der, chain.root.der));
	assert_true(mr_bytes_eq(read.intermediate.der, chain.intermediate.der));
	/* longer before, with a mode of its own */
	mr_buf_put_u8(&longer, 'x');
	put(&longer, (char *)want.data, &rig->second);
	mr_buf_put_u8(&longer, 0);
	cli_test_write("file", (char *)longer.data);
	assert_int_equal(chmod("file", 0644), 0);
	assert_false(mr_failed(mr_cache_write("file", &chain, &err)));
	cli_test_check_file("file", (char *)want.data, 0644);
}

static void test_cache_errors(void **state)
{
	struct rig *rig = *state;
	const struct mr_chain chain = { rig->intermediate.cert, rig->root.cert };
	struct mr_chain read;
	struct mr_error err;

	assert_int_equal(mr_cache_read("none", &read, &err).code, MR_CODE_NOT_FOUND);
	assert_string_equal(err.message, "open none: no such file or directory");
	assert_true(mr_failed(mr_cache_read(".", &read, &err)));
	assert_string_equal(err.message, "read .: is a directory");
	assert_true(mr_failed(mr_cache_read("", &read, &err)));
	assert_non_null(strstr(err.message, "--coordinator-cert"));
	assert_true(mr_failed(mr_cache_write("", &chain, &err)));
	assert_non_null(strstr(err.message, "--coordinator-cert"));
	cli_test_write("file", "x");
	assert_true(mr_failed(mr_cache_read("file", &read, &err)));
	assert_true(mr_failed(mr_cache_write("file/x", &chain, &err)));
	assert_string_equal(err.message, "mkdir file: not a directory");
	assert_true(mr_failed(mr_cache_write("/dev/full", &chain, &err)));
	assert_string_equal(err.message, "write /dev/full: no space left on device");
}

static void test_default_path(void **state)
{
	static const struct {
		const char *config, *home, *path;
	} rows[] = {
		{ "/x", "/home/u", "/x/marblerun/coordinator-cert.pem" },
		{ "/x//", NULL, "/x/marblerun/coordinator-cert.pem" },
		{ "/", NULL, "/marblerun/coordinator-cert.pem" },
		{ "", "/home/u", "/home/u/.config/marblerun/coordinator-cert.pem" },
		{ NULL, "/home/u", "/home/u/.config/marblerun/coordinator-cert.pem" },
		{ "relative", "/home/u", NULL },
		{ NULL, NULL, NULL },
		{ NULL, "", NULL },
	};
	static const char *const names[] = { "XDG_CONFIG_HOME", "HOME" };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		const char *values[] = { rows[i].config, rows[i].home };
		MR_AUTO(arena) struct mr_arena arena = { 0 };
		const char *path;

		for (size_t j = 0; j < MR_COUNT(names); j++)
			assert_int_equal(
				values[j] ? setenv(names[j], values[j], 1) : unsetenv(names[j]), 0);
		mr_arena_init(&arena, 1 << 16);
		path = mr_cache_default_path(&arena);
		if (!rows[i].path)
			assert_null(path);
		else
			assert_string_equal(path, rows[i].path);
	}
}

static int set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof *rig);

	if (!rig)
		return -1;
	cli_test_enter_folder();
	test_identity_make(&rig->root, &(struct test_profile){ .name = "root", .ca = true });
	test_identity_make(&rig->intermediate,
		&(struct test_profile){ .name = "intermediate", .issuer = &rig->root });
	mr_buf_init(&rig->first, 1 << 16);
	mr_buf_init(&rig->second, 1 << 16);
	mr_chain_put_cert(&rig->first, &rig->intermediate.cert);
	mr_chain_put_cert(&rig->second, &rig->root.cert);
	*state = rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	cli_test_leave_folder();
	test_identity_done(&rig->root);
	test_identity_done(&rig->intermediate);
	mr_buf_done(&rig->first);
	mr_buf_done(&rig->second);
	free(rig);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_parse, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_write_and_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cache_errors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_default_path, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
