/* SPDX-License-Identifier: Apache-2.0 */
/* The environment of the Coordinator (40 §2.2, §2.3). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coordinator/config.h"
#include "coordinator_test.h"

static const char *const variables[] = { "EDG_COORDINATOR_MESH_ADDR", "EDG_COORDINATOR_CLIENT_ADDR",
	"EDG_COORDINATOR_PROMETHEUS_ADDR", "EDG_COORDINATOR_DNS_NAMES", "EDG_COORDINATOR_SEAL_DIR",
	"EDG_COORDINATOR_DEV_MODE", "EDG_DEBUG_LOGGING", "EDG_HTTP_ERROR_LOG_LEVEL",
	"EDG_STARTUP_MANIFEST", "EDG_STARTUP_RECOVERY_SECRETS_FILE", "EDG_CWD", "OE_SIMULATION" };

static int clear(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < MR_COUNT(variables); i++)
		(void)unsetenv(variables[i]);
	(void)setenv("OE_SIMULATION", "1", 1);
	return 0;
}

static void test_defaults(void **unused)
{
	struct mr_config config = { 0 };
	struct mr_error err;
	char here[PATH_MAX];

	(void)unused;
	assert_non_null(getcwd(here, sizeof here));
	mr_config_read_log(&config);
	OK(mr_config_read(&config, &err));
	assert_string_equal(config.mesh_address, ":2001");
	assert_string_equal(config.client_address, ":4433");
	assert_null(config.metrics_address);
	assert_string_equal(config.dns_names, "localhost");
	assert_null(config.startup_manifest);
	assert_null(config.startup_recovery_file);
	assert_string_equal(config.seal_dir, textf("%s/marblerun-coordinator-data", here));
	assert_false(config.dev_mode);
	assert_false(config.debug_logging);
	assert_true(config.simulation);
	assert_int_equal(config.http_error_level, MR_LOG_ERROR);
	assert_false(config.http_error_level_unknown);
}

static void test_all_given(void **unused)
{
	struct mr_config config = { 0 };
	struct mr_error err;

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(variables); i++)
		(void)setenv(variables[i], "1", 1);
	(void)setenv("EDG_HTTP_ERROR_LOG_LEVEL", "wArN", 1);
	mr_config_read_log(&config);
	OK(mr_config_read(&config, &err));
	assert_string_equal(config.mesh_address, "1");
	assert_string_equal(config.client_address, "1");
	assert_string_equal(config.metrics_address, "1");
	assert_string_equal(config.dns_names, "1");
	assert_string_equal(config.startup_manifest, "1");
	assert_string_equal(config.startup_recovery_file, "1");
	assert_string_equal(config.seal_dir, "1");
	assert_true(config.dev_mode);
	assert_true(config.debug_logging);
	assert_int_equal(config.http_error_level, MR_LOG_WARN);
}

static void test_seal_dir(void **unused)
{
	struct mr_config config = { 0 };
	struct mr_error err;
	char name[PATH_MAX + 2];

	(void)unused;
	(void)setenv("EDG_CWD", "/there", 1);
	OK(mr_config_read(&config, &err));
	assert_string_equal(config.seal_dir, "/there/marblerun-coordinator-data");
	/* the longest that fits, and the next one */
	memset(name, 'a', sizeof name);
	name[PATH_MAX - 1] = '\0';
	(void)setenv("EDG_COORDINATOR_SEAL_DIR", name, 1);
	OK(mr_config_read(&config, &err));
	assert_string_equal(config.seal_dir, name);
	name[PATH_MAX - 1] = 'a';
	name[PATH_MAX] = '\0';
	(void)setenv("EDG_COORDINATOR_SEAL_DIR", name, 1);
	FAILS(mr_config_read(&config, &err), MR_CODE_LIMIT,
		"path of the seal directory is too long");
	(void)setenv("EDG_COORDINATOR_SEAL_DIR", "", 1);
	(void)setenv("EDG_CWD", name, 1);
	FAILS(mr_config_read(&config, &err), MR_CODE_LIMIT,
		"path of the seal directory is too long");
}

static void test_working_directory_is_gone(void **unused)
{
	struct mr_config config = { 0 };
	struct mr_error err;
	struct scratch scratch;
	char here[PATH_MAX];

	(void)unused;
	assert_non_null(getcwd(here, sizeof here));
	scratch_new(&scratch);
	assert_int_equal(chdir(scratch.path), 0);
	scratch_done(&scratch);
	FAILS(mr_config_read(&config, &err), MR_CODE_IO, "getcwd: no such file or directory");
	assert_int_equal(chdir(here), 0);
}

/* Without a TEE only an explicit 1 may start (40 §2.3). */
static void test_simulation_has_to_be_asked_for(void **unused)
{
	static const char *const not_one[] = { "", "0", "true", "2", "01", " 1" };
	struct mr_config config = { 0 };
	struct mr_error err;

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(not_one); i++) {
		(void)setenv("OE_SIMULATION", not_one[i], 1);
		(void)setenv("EDG_COORDINATOR_DEV_MODE", "1", 1);
		FAILS(mr_config_read(&config, &err), MR_CODE_UNSUPPORTED,
			"no trusted execution environment found: set OE_SIMULATION=1 to run without protection");
		assert_false(config.simulation);
	}
}

static void test_log_levels(void **unused)
{
	static const struct {
		const char *text;
		enum mr_log_level level;
		bool unknown;
	} rows[] = {
		{ "debug", MR_LOG_DEBUG, false },
		{ "INFO", MR_LOG_INFO, false },
		{ "Warn", MR_LOG_WARN, false },
		{ "error", MR_LOG_ERROR, false },
		{ "dpanic", MR_LOG_ERROR, false },
		{ "panic", MR_LOG_ERROR, false },
		{ "fatal", MR_LOG_ERROR, false },
		{ "", MR_LOG_ERROR, false },
		{ "warning", MR_LOG_ERROR, true },
		{ "1", MR_LOG_ERROR, true },
	};
	struct mr_config config;

	(void)unused;
	for (size_t i = 0; i < MR_COUNT(rows); i++) {
		config = (struct mr_config){ 0 };
		(void)setenv("EDG_HTTP_ERROR_LOG_LEVEL", rows[i].text, 1);
		mr_config_read_log(&config);
		assert_int_equal(config.http_error_level, rows[i].level);
		assert_int_equal(config.http_error_level_unknown, rows[i].unknown);
	}
	(void)setenv("EDG_DEBUG_LOGGING", "1", 1);
	mr_config_read_log(&config);
	assert_true(config.debug_logging);
	assert_false(config.dev_mode);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_defaults, clear),
		cmocka_unit_test_setup(test_all_given, clear),
		cmocka_unit_test_setup(test_seal_dir, clear),
		cmocka_unit_test_setup(test_working_directory_is_gone, clear),
		cmocka_unit_test_setup(test_simulation_has_to_be_asked_for, clear),
		cmocka_unit_test_setup(test_log_levels, clear),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
