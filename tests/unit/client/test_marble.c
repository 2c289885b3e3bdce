/* SPDX-License-Identifier: Apache-2.0 */
/* libmarblerun inside a Marble, as far as it needs no Coordinator (20 §11, 30 §8). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <marblerun/marble.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "codec/pem.h"
#include "test_identity.h"

#define CHAIN "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"
#define KEY "MARBLE_PREDEFINED_PRIVATE_KEY"
#define ROOT "MARBLE_PREDEFINED_ROOT_CA"
#define COORDINATOR "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA"

static struct test_identity ca, leaf, other;
static char folder[] = "/tmp/test_marble.XXXXXX";

static void set_pem(const char *name, const char *label, struct mr_bytes der)
{
	MR_AUTO(buf) struct mr_buf pem = { .max = 65536 };

	mr_pem_encode(&pem, label, der);
	mr_buf_put_u8(&pem, 0);
	assert_int_equal(setenv(name, (const char *)pem.data, 1), 0);
}

static void set_key(const struct mr_key *key)
{
	MR_AUTO(secret) struct mr_secret der = { NULL, 0 };
	struct mr_error err;

	assert_false(mr_failed(mr_key_to_pkcs8(key, &der, &err)));
	set_pem(KEY, "PRIVATE KEY", mr_secret_bytes(&der));
}

static int set_env(void **state)
{
	(void)state;
	set_pem(CHAIN, "CERTIFICATE", leaf.cert.der);
	set_pem(ROOT, "CERTIFICATE", ca.cert.der);
	set_pem(COORDINATOR, "CERTIFICATE", ca.cert.der);
	set_key(leaf.key);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	test_identity_make(&ca, &(struct test_profile){ .ca = true });
	test_identity_make(&leaf, &(struct test_profile){ .issuer = &ca });
	test_identity_make(&other, &(struct test_profile){ .issuer = &ca });
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	test_identity_done(&other);
	test_identity_done(&leaf);
	test_identity_done(&ca);
	return rmdir(folder);
}

static void test_what_was_handed_over(void **state)
{
	marblerun_error error = { .code = 77 };
	marblerun_credentials *c = marblerun_credentials_from_env(&error);

	(void)state;
	assert_non_null(c);
	assert_int_equal(error.code, MARBLERUN_OK);
	assert_string_equal(marblerun_credentials_chain(c), getenv(CHAIN));
	assert_string_equal(marblerun_credentials_key(c), getenv(KEY));
	assert_string_equal(marblerun_credentials_root(c), getenv(ROOT));
	assert_string_equal(marblerun_credentials_coordinator_root(c), getenv(COORDINATOR));
	marblerun_credentials_free(c);
	marblerun_credentials_free(NULL);
	c = marblerun_credentials_from_env(NULL); /* who wants no words gets none */
	assert_non_null(c);
	marblerun_credentials_free(c);
	assert_true(strlen(marblerun_version()) > 0);
}

static void refused(int code, const char *message)
{
	marblerun_error error;

	assert_null(marblerun_credentials_from_env(&error));
	assert_int_equal(error.code, code);
	if (!strstr(error.message, message))
		fail_msg("%s", error.message);
}

static void test_refusals(void **state)
{
	static const char *const names[] = { CHAIN, KEY, ROOT, COORDINATOR };

	for (size_t i = 0; i < MR_COUNT(names); i++) {
		(void)set_env(state);
		assert_int_equal(unsetenv(names[i]), 0);
		refused(MARBLERUN_NOT_FOUND, names[i]);
		assert_int_equal(setenv(names[i], "", 1), 0);
		refused(MARBLERUN_NOT_FOUND, names[i]);
		assert_int_equal(setenv(names[i], "no PEM at all", 1), 0);
		refused(MARBLERUN_INVALID, "");
	}
	(void)set_env(state);
	set_key(other.key);
	refused(MARBLERUN_INVALID, "the key is not the certificate's");
	(void)set_env(state);
	set_pem(CHAIN, "CERTIFICATE", mr_str_bytes(MR_STR("no DER")));
	refused(MARBLERUN_INVALID, "certificate chain: ");
}

static void test_files(void **state)
{
	static const char *const names[] = { "cert.pem", "key.pem", "ca.pem",
		"coordinator-ca.pem" };
	marblerun_credentials *c = marblerun_credentials_from_env(NULL);
	marblerun_error error;
	char path[256];
	struct stat st;

	(void)state;
	assert_non_null(c);
	for (int i = 0; i < 2; i++)
		assert_int_equal(marblerun_credentials_write(c, folder, &error), 0);
	for (size_t i = 0; i < MR_COUNT(names); i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(marblerun_credentials_write(c, "/nowhere", &error), -1);
	assert_int_equal(error.code, MARBLERUN_SYSTEM);
	marblerun_credentials_free(c);
}

static void test_nobody_counts(void **state)
{
	marblerun_credentials *c = marblerun_credentials_from_env(NULL);
	marblerun_error error;
	uint64_t previous = 5;

	(void)state;
	assert_non_null(c);
	assert_int_equal(
		marblerun_monotonic_counter(c, "127.0.0.1:1", "n", 1, &previous, &error), -1);
	assert_int_equal(error.code, MARBLERUN_UNAVAILABLE);
	assert_int_equal(previous, 5);
	assert_int_equal(marblerun_monotonic_counter(c, "", "n", 1, NULL, NULL), -1);
	marblerun_credentials_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_what_was_handed_over, set_env),
		cmocka_unit_test_setup(test_refusals, set_env),
		cmocka_unit_test_setup(test_files, set_env),
		cmocka_unit_test_setup(test_nobody_counts, set_env),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
