/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/config.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "attest/issuer_command.h"
#include "attest/tee.h"
#include "base/env.h"

enum { REFRESH_MAX = 100000000 };

void mr_config_read_log(struct mr_config *config)
{
	static const struct {
		struct mr_str name;
		enum mr_log_level level;
	} levels[] = {
		{ MR_STR_INIT("debug"), MR_LOG_DEBUG },
		{ MR_STR_INIT("info"), MR_LOG_INFO },
		{ MR_STR_INIT("warn"), MR_LOG_WARN },
		{ MR_STR_INIT("error"), MR_LOG_ERROR },
		{ MR_STR_INIT("dpanic"), MR_LOG_ERROR },
		{ MR_STR_INIT("panic"), MR_LOG_ERROR },
		{ MR_STR_INIT("fatal"), MR_LOG_ERROR },
	};
	struct mr_str wanted = mr_str_of(mr_env_get("EDG_HTTP_ERROR_LOG_LEVEL", "error"));

	config->dev_mode = mr_env_is_one("EDG_COORDINATOR_DEV_MODE");
	config->debug_logging = config->dev_mode || mr_env_is_one("EDG_DEBUG_LOGGING");
	config->http_error_level = MR_LOG_ERROR;
	config->http_error_level_unknown = true;
	for (size_t i = 0; i < MR_COUNT(levels); i++)
		if (mr_str_eq_nocase(wanted, levels[i].name)) {
			config->http_error_level = levels[i].level;
			config->http_error_level_unknown = false;
		}
}

/* Without a word from the operator the TEE's own key is taken. */
static const char *seal_key_of(enum mr_tee_runtime runtime, const char *otherwise)
{
	if (runtime == MR_RUNTIME_GRAMINE)
		return "gramine";
	return runtime == MR_RUNTIME_SNP ? "sev-snp" : otherwise;
}

/* A TEE without a key of its own needs a decision: the key would lie in a file as it is. */
static mr_result check_seal_key(
	struct mr_config *config, enum mr_tee_runtime runtime, struct mr_error *err)
{
	config->seal_unprotected = config->seal_provider.source == MR_SEAL_SOURCE_NONE;
	if (!config->seal_unprotected || runtime == MR_RUNTIME_NONE ||
		mr_env_get("EDG_COORDINATOR_SEAL_KEY", NULL))
		return MR_OK;
	return mr_fail(err, MR_CODE_UNSUPPORTED,
		"there is no sealing key in %s: set EDG_COORDINATOR_SEAL_KEY",
		mr_tee_runtime_name(runtime));
}

/* Simulation is what the operator says, and never what a failure leads to (40 §2.3). A host must not be able to switch
 * attestation off where there is a TEE. */
static mr_result choose_mode(struct mr_config *config, struct mr_error *err)
{
	const struct mr_issuer *command = mr_issuer_command();
	enum mr_tee_runtime runtime = mr_tee_detect();

	config->simulation = mr_env_is_one("OE_SIMULATION");
	if (runtime != MR_RUNTIME_NONE && config->simulation)
		return mr_fail(err, MR_CODE_UNSUPPORTED,
			"OE_SIMULATION=1 inside a trusted execution environment");
	if (config->simulation)
		return MR_OK;
	if (runtime == MR_RUNTIME_NONE && !command)
		return mr_fail(err, MR_CODE_UNSUPPORTED,
			"no trusted execution environment found: set OE_SIMULATION=1 to run without "
			"protection");
	config->issuer = command ? command : mr_tee_issuer(runtime);
	return check_seal_key(config, command ? MR_RUNTIME_NONE : runtime, err);
}

static mr_result read_refresh(struct mr_config *config, struct mr_error *err)
{
	const char *text = mr_env_get("EDG_COORDINATOR_COLLATERAL_REFRESH_SECONDS", "0");
	int64_t seconds = 0;

	for (const char *at = text; *at; at++) {
		if (*at < '0' || *at > '9' || seconds > REFRESH_MAX)
			return mr_fail(err, MR_CODE_INVALID,
				"EDG_COORDINATOR_COLLATERAL_REFRESH_SECONDS is no number of seconds "
				"up to %d",
				REFRESH_MAX);
		seconds = seconds * 10 + (*at - '0');
	}
	config->collateral_refresh_seconds = seconds;
	return MR_OK;
}

static bool contains_nocase(struct mr_str text, struct mr_str part)
{
	for (size_t at = 0; at + part.len <= text.len; at++)
		if (mr_str_eq_nocase(mr_str_sub(text, at, at + part.len), part))
			return true;
	return false;
}

static mr_result choose_store(struct mr_config *config, struct mr_error *err)
{
	struct mr_str licensed = mr_str_of(mr_env_get("EDG_ENTERPRISE_LICENSED_FEATURES", ""));
	const char *backend = mr_env_get("EDG_STORE_BACKEND", "");

	config->distributed = mr_env_is_one("EDG_DISTRIBUTED_COORDINATOR") ||
			      contains_nocase(licensed, MR_STR("distributedcoordinator"));
	if (config->distributed && strcmp(backend, "k8s-secret") == 0)
		return mr_fail(err, MR_CODE_UNSUPPORTED,
			"EDG_STORE_BACKEND=k8s-secret: this program keeps its state in files only");
	return MR_OK;
}

static mr_result choose_seal_dir(struct mr_config *config, struct mr_error *err)
{
	const char *given = mr_env_get("EDG_COORDINATOR_SEAL_DIR", NULL);
	const char *cwd = mr_env_get("EDG_CWD", NULL);
	char here[PATH_MAX];
	int n;

	if (given) {
		n = snprintf(config->seal_dir, sizeof config->seal_dir, "%s", given);
	} else {
		if (!cwd && !getcwd(here, sizeof here))
			return mr_fail_errno(err, errno, "getcwd");
		n = snprintf(config->seal_dir, sizeof config->seal_dir,
			"%s/marblerun-coordinator-data", cwd ? cwd : here);
	}
	if (n < 0 || (size_t)n >= sizeof config->seal_dir)
		return mr_fail(err, MR_CODE_LIMIT, "path of the seal directory is too long");
	return MR_OK;
}

mr_result mr_config_read_state(struct mr_config *config, struct mr_error *err)
{
	bool given = mr_env_get("EDG_COORDINATOR_SEAL_KEY", NULL) != NULL;
	const char *name = mr_env_get("EDG_COORDINATOR_SEAL_KEY", "none");

	if (!given)
		name = seal_key_of(mr_tee_detect(), name);
	MR_TRY(mr_wrap(err, mr_seal_provider_of(name, &config->seal_provider, err),
		"EDG_COORDINATOR_SEAL_KEY"));
	return choose_seal_dir(config, err);
}

mr_result mr_config_read(struct mr_config *config, struct mr_error *err)
{
	config->mesh_address = mr_env_get("EDG_COORDINATOR_MESH_ADDR", ":2001");
	config->client_address = mr_env_get("EDG_COORDINATOR_CLIENT_ADDR", ":4433");
	config->metrics_address = mr_env_get("EDG_COORDINATOR_PROMETHEUS_ADDR", NULL);
	config->dns_names = mr_env_get("EDG_COORDINATOR_DNS_NAMES", "localhost");
	config->startup_manifest = mr_env_get("EDG_STARTUP_MANIFEST", NULL);
	config->startup_recovery_file = mr_env_get("EDG_STARTUP_RECOVERY_SECRETS_FILE", NULL);
	MR_TRY(mr_config_read_state(config, err));
	MR_TRY(choose_mode(config, err));
	MR_TRY(read_refresh(config, err));
	return choose_store(config, err);
}
