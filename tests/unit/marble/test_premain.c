/* SPDX-License-Identifier: Apache-2.0 */
/* The premain's parts before the call: environment, runtime, credentials, UUID file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "marble/ert.h"

static char folder[] = "/tmp/test_premain.XXXXXX";

static int enter_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
	(void)state;
	(void)remove("uuid");
	(void)remove("uuid.tmp");
	(void)rmdir("dir");
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static int clear_env(void **state)
{
	static const char *const names[] = { "EDG_MARBLE_TYPE", "EDG_MARBLE_COORDINATOR_ADDR",
		"EDG_MARBLE_DNS_NAMES", "EDG_MARBLE_UUID_FILE", "EDG_CWD",
		"EDG_MARBLE_RETRY_SECONDS", "EDG_MARBLE_DEADLINE_SECONDS",
		"EDG_MARBLE_COORDINATOR_ROOT_FILE", "EDG_MARBLE_RUNTIME" };

	(void)state;
	for (size_t i = 0; i < MR_COUNT(names); i++)
		(void)unsetenv(names[i]);
	return 0;
}

static void test_config_defaults(void **state)
{
	(void)state;
	struct mr_premain_config config;
	struct mr_error err;
	char here[PATH_MAX], expected[sizeof here + 8];

	assert_int_equal(mr_premain_config_read(&config, &err).code, MR_CODE_NOT_FOUND);
	assert_string_equal(err.message, "environment variable not set: EDG_MARBLE_TYPE");
	(void)setenv("EDG_MARBLE_TYPE", "web", 1);
	(void)setenv("EDG_MARBLE_DNS_NAMES", "", 1);
	assert_false(mr_failed(mr_premain_config_read(&config, &err)));
	assert_string_equal(config.coordinator, "localhost:2001");
	assert_string_equal(config.dns_names, "localhost");
	assert_null(config.root_file);
	assert_int_equal(config.retry_seconds, 0);
	assert_non_null(getcwd(here, sizeof here));
	(void)snprintf(expected, sizeof expected, "%s/uuid", here);
	assert_string_equal(config.uuid_file, expected);
}

static void test_config_given(void **state)
{
	(void)state;
	struct mr_premain_config config;
	struct mr_error err;

	(void)setenv("EDG_MARBLE_TYPE", "web", 1);
	(void)setenv("EDG_CWD", "/elsewhere", 1);
	(void)setenv("EDG_MARBLE_RETRY_SECONDS", "15", 1);
	(void)setenv("EDG_MARBLE_DEADLINE_SECONDS", "604800", 1);
	assert_false(mr_failed(mr_premain_config_read(&config, &err)));
	assert_string_equal(config.uuid_file, "/elsewhere/uuid");
	assert_int_equal(config.retry_seconds, 15);
	assert_int_equal(config.deadline_seconds, 604800);
	(void)setenv("EDG_MARBLE_UUID_FILE", "/u", 1);
	assert_false(mr_failed(mr_premain_config_read(&config, &err)));
	assert_string_equal(config.uuid_file, "/u");
}

static void test_config_refuses_numbers(void **state)
{
	(void)state;
	static const char *const bad[] = { "-1", "1s", " 1", "604801", "99999999999999999999999999",
		"0x10" };
	struct mr_premain_config config;
	struct mr_error err;

	(void)setenv("EDG_MARBLE_TYPE", "web", 1);
	for (size_t i = 0; i < MR_COUNT(bad); i++) {
		(void)setenv("EDG_MARBLE_RETRY_SECONDS", bad[i], 1);
		assert_true(mr_failed(mr_premain_config_read(&config, &err)));
		assert_non_null(strstr(err.message, "EDG_MARBLE_RETRY_SECONDS"));
	}
}

static void test_runtime_must_be_asked_for(void **state)
{
	(void)state;
	const struct mr_runtime *runtime = NULL;
	struct mr_error err;

	assert_int_equal(mr_runtime_detect(&runtime, &err).code, MR_CODE_UNSUPPORTED);
	assert_string_equal(err.message, "failed to detect libOS: cannot detect libOS");
	(void)setenv("EDG_MARBLE_RUNTIME", "Plain\n", 1);
	assert_int_equal(mr_runtime_detect(&runtime, &err).code, MR_CODE_INVALID);
	assert_string_equal(err.message, "unknown runtime \"Plain\\n\"");
	(void)setenv("EDG_MARBLE_RUNTIME", "plain", 1);
	assert_false(mr_failed(mr_runtime_detect(&runtime, &err)));
	assert_ptr_equal(runtime, &mr_runtime_plain);
	(void)setenv("EDG_MARBLE_RUNTIME", "cvm", 1);
	mr_result r = mr_runtime_detect(&runtime, &err);
	switch (mr_cvm_detect()) {
	case MR_CVM_TDX:
		assert_ptr_equal(runtime, &mr_runtime_tdx);
		break;
	case MR_CVM_SNP:
		assert_ptr_equal(runtime, &mr_runtime_snp);
		break;
	case MR_CVM_NONE:
		assert_int_equal(r.code, MR_CODE_UNSUPPORTED);
		assert_non_null(strstr(err.message, "this is no confidential VM"));
		break;
	}
}

static mr_result issue_never(const struct mr_issuer *issuer,
	const uint8_t report_data[static MR_REPORT_DATA_SIZE], struct mr_buf *out,
	struct mr_error *err)
{
	(void)issuer;
	(void)report_data;
	(void)out;
	return mr_fail(err, MR_CODE_IO, "no evidence today");
}

/* In a confidential VM there is no way from a failing platform to simulation. */
static void test_a_quote_may_be_demanded(void **state)
{
	const struct mr_issuer issuer = { .issue = issue_never };
	const struct mr_runtime runtime = { .issuer = &issuer, .must_quote = true };
	struct mr_premain_config config = { .coordinator = "127.0.0.1:1",
		.marble_type = "m",
		.dns_names = "localhost",
		.uuid_file = "uuid" };
	struct mr_premain_result result;
	struct mr_error err;

	(void)state;
	assert_true(mr_failed(mr_premain_run(&config, &runtime, &result, &err)));
	assert_string_equal(err.message, "issuing quote: no evidence today");
}

static void test_credentials(void **state)
{
	(void)state;
	const struct mr_premain_config config = { .dns_names = "a.example,10.0.0.5" };
	MR_AUTO(premain_credentials) struct mr_premain_credentials c = { 0 };
	MR_AUTO(cert) struct mr_cert cert = { 0 };
	struct mr_csr csr;
	struct mr_str name;
	struct mr_error err;

	assert_false(mr_failed(mr_premain_make_certificate(&config, mr_clock_wall(), &c, &err)));
	assert_false(mr_failed(mr_premain_make_csr(&config, &c, &err)));
	assert_false(mr_failed(mr_cert_parse(mr_buf_bytes(&c.certificate), &cert, &err)));
	assert_true(
		mr_cert_common_name(&cert, &name) && mr_str_eq(name, MR_STR("MarbleRun Marble")));
	assert_true(mr_bytes_eq(cert.issuer, cert.subject));
	assert_false(mr_failed(mr_cert_check_signature(&cert, c.key, &err)));
	assert_true(mr_cert_matches_host(&cert, MR_STR("a.example")));
	assert_true(mr_cert_matches_host(&cert, MR_STR("10.0.0.5")));
	assert_true(mr_cert_matches_host(&cert, MR_STR("::1")));
	assert_false(mr_cert_is_ca(&cert));
	assert_false(mr_failed(mr_csr_parse(mr_buf_bytes(&c.csr), &csr, &err)));
	assert_true(csr.alt_names.len > 0);
}

static void test_credentials_refuse_names(void **state)
{
	(void)state;
	const struct mr_premain_config config = { .dns_names = "ok,b\xc3\xbc" };
	MR_AUTO(premain_credentials) struct mr_premain_credentials c = { 0 };
	struct mr_error err;

	assert_true(mr_failed(mr_premain_make_certificate(&config, 0, &c, &err)));
	assert_true(mr_failed(mr_premain_make_csr(&config, &c, &err)));
}

static void test_uuid_is_made_and_found(void **state)
{
	(void)state;
	struct mr_uuid first, second;
	struct stat st;
	struct mr_error err;

	assert_false(mr_failed(mr_premain_uuid("uuid", &first, &err)));
	assert_int_equal(stat("uuid", &st), 0);
	assert_int_equal(st.st_size, 36);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(first.bytes[6] >> 4, 4);
	assert_false(mr_failed(mr_premain_uuid("uuid", &second, &err)));
	assert_memory_equal(&first, &second, sizeof first);
	assert_int_not_equal(access("uuid.tmp", F_OK), 0);
}

static void test_uuid_is_not_written_through_a_link(void **state)
{
	MR_AUTO(buf) struct mr_buf content;
	struct mr_uuid uuid;
	struct mr_error err;
	struct stat st;

	(void)state;
	mr_buf_init(&content, 100);
	assert_false(mr_failed(mr_file_write("other", mr_str_bytes(MR_STR("mine")), 0644, &err)));
	assert_int_equal(symlink("other", "linked.tmp"), 0);
	assert_false(mr_failed(mr_premain_uuid("linked", &uuid, &err)));
	assert_int_equal(lstat("linked", &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_false(mr_failed(mr_file_read("other", &content, &err)));
	assert_true(mr_str_eq(mr_buf_str(&content), MR_STR("mine")));
	assert_int_equal(remove("other") | remove("linked"), 0);
}

static void test_uuid_refusals(void **state)
{
	(void)state;
	static const struct {
		const char *content, *message;
	} rows[] = {
		{ "", "failed to unmarshal UUID: invalid UUID length: 0" },
		{ " \n", "failed to unmarshal UUID: invalid UUID length: 0" },
		{ "gggggggg-gggg-gggg-gggg-gggggggggggg",
			"failed to unmarshal UUID: invalid UUID format" },
		{ "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
			"failed to unmarshal UUID: invalid urn prefix: \"xxxxxxxxx\"" },
	};
	struct mr_uuid uuid;
	struct mr_error err;

	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		assert_false(mr_failed(mr_file_write(
			"uuid", mr_str_bytes(mr_str_of(rows[i].content)), 0600, &err)));
		assert_true(mr_failed(mr_premain_uuid("uuid", &uuid, &err)));
		assert_string_equal(err.message, rows[i].message);
	}
	assert_true(mr_failed(mr_premain_uuid("none/uuid", &uuid, &err)));
	assert_non_null(strstr(err.message, "failed to store uuid to file: "));
	assert_int_equal(mkdir("dir", 0700), 0);
	assert_int_equal(mr_premain_uuid("dir", &uuid, &err).code, MR_CODE_IO);
}

static void test_ert_host_path(void **state)
{
	static const struct {
		const char *path, *host;
	} cases[] = {
		{ "/home/u/uuid", "/edg/hostfs/home/u/uuid" },
		{ "uuid", "/edg/hostfs/uuid" },
		{ "./a//b/./uuid", "/edg/hostfs/a/b/uuid" },
		{ "a/../uuid", "/edg/hostfs/uuid" },
		{ "../../../uuid", "/edg/hostfs/uuid" },
		{ "/a/b/../../../c/", "/edg/hostfs/c" },
		{ "", "/edg/hostfs" },
		{ "...", "/edg/hostfs/..." },
	};
	struct mr_error err;
	char got[64];

	(void)state;
	for (size_t i = 0; i < MR_COUNT(cases); i++) {
		assert_false(mr_failed(mr_ert_host_path(cases[i].path, got, sizeof got, &err)));
		assert_string_equal(got, cases[i].host);
	}
	/* every size is enough or an error, and nothing is written behind it */
	for (size_t size = 0; size < 30; size++) {
		memset(got, 'x', sizeof got);
		mr_result r = mr_ert_host_path("/home/u/uuid", got, size, &err);
		assert_int_equal(mr_failed(r), size < sizeof "/edg/hostfs/home/u/uuid");
		assert_int_equal(got[size], 'x');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_config_defaults, clear_env),
		cmocka_unit_test_setup(test_config_given, clear_env),
		cmocka_unit_test_setup(test_config_refuses_numbers, clear_env),
		cmocka_unit_test_setup(test_runtime_must_be_asked_for, clear_env),
		cmocka_unit_test(test_a_quote_may_be_demanded),
		cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_credentials_refuse_names),
		cmocka_unit_test(test_uuid_is_made_and_found),
		cmocka_unit_test(test_uuid_is_not_written_through_a_link),
		cmocka_unit_test(test_uuid_refusals),
		cmocka_unit_test(test_ert_host_path),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
