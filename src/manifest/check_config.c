/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "manifest/check_internal.h"
#include "manifest/text.h"

static bool may_update(const struct mr_manifest *m, const struct mr_manifest_user *user)
{
	for (size_t i = 0; i < user->roles.count; i++) {
		const struct mr_manifest_role *role = mr_manifest_role(m, user->roles.items[i]);
		if (role && mr_str_eq(role->resource_type, MR_STR("Manifest")) &&
			role->actions.count &&
			mr_str_eq_nocase(role->actions.items[0], MR_STR("UpdateManifest")))
			return true;
	}
	return false;
}

/* Rule 24. */
static mr_result check_updaters(const struct mr_manifest *m, struct mr_error *err)
{
	size_t updaters = 0;

	for (size_t i = 0; i < m->users_count; i++)
		updaters += may_update(m, &m->users[i]);
	if (updaters >= m->config.update_threshold)
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID,
		"not enough users with manifest update permissions (%zu) to meet the threshold of "
		"%" PRIu64,
		updaters, m->config.update_threshold);
}

/* Rule 25. */
static mr_result check_seal_mode(struct mr_str mode, struct mr_error *err)
{
	const struct mr_str modes[] = { MR_STR(""), MR_STR("ProductKey"), MR_STR("UniqueKey"),
		MR_STR("Disabled") };

	for (size_t i = 0; i < MR_COUNT(modes); i++)
		if (mr_str_eq(mode, modes[i]))
			return MR_OK;
	return mr_fail(err, MR_CODE_INVALID, "unknown seal mode: %.*s", MR_STR_ARGS(mode));
}

/* Rule 26: which variables are needed; of the last three the first one, or the other two, are
 * enough. */
static mr_result check_azure(
	const char *(*env)(const char *name, const char *fallback), struct mr_error *err)
{
	static const char *const names[] = { "EDG_MAA_URL", "EDG_AZURE_HSM_VAULT_URL",
		"EDG_AZURE_HSM_KEY_NAME", "EDG_AZURE_CLIENT_ID", "EDG_AZURE_TENANT_ID",
		"EDG_AZURE_CLIENT_SECRET", "EDG_AZURE_AUTHORITY_HOST",
		"EDG_AZURE_FEDERATED_TOKEN_FILE" };
	enum { ALWAYS = 5, SECRET = 5, HOST = 6, TOKEN = 7 };
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_str missing[MR_COUNT(names)];
	size_t count = 0;
	bool has[MR_COUNT(names)];

	for (size_t i = 0; i < MR_COUNT(names); i++) {
		const char *value = env(names[i], NULL);
		has[i] = value && value[0];
	}
	bool enough = has[SECRET] || (has[HOST] && has[TOKEN]);
	for (size_t i = 0; i < MR_COUNT(names); i++)
		if (!has[i] && (i < ALWAYS || !enough))
			missing[count++] = mr_str_of(names[i]);
	if (!count)
		return MR_OK;
	mr_buf_init(&text, MR_ERROR_MAX);
	mr_text_put_list(&text, missing, count);
	return mr_fail(err, MR_CODE_INVALID,
		"manifest enables sealing with Azure HSM key, but required environment variables "
		"are not set: %.*s",
		MR_STR_ARGS(mr_buf_str(&text)));
}

/* Rules 26 and 27. */
static mr_result check_features(const struct mr_str_list *gates,
	const char *(*env)(const char *name, const char *fallback), struct mr_error *err)
{
	for (size_t i = 0; i < gates->count; i++) {
		struct mr_str gate = gates->items[i];
		if (mr_str_eq_nocase(gate, MR_STR("AzureHSMSealing")))
			MR_TRY(check_azure(env, err));
		else if (!mr_str_eq_nocase(gate, MR_STR("SignQuoteEndpoint")) &&
			 !mr_str_eq_nocase(gate, MR_STR("MonotonicCounter")))
			return mr_fail(err, MR_CODE_INVALID, "unknown feature gate: %.*s",
				MR_STR_ARGS(gate));
	}
	return MR_OK;
}

/* Rules 28 and 29. */
static mr_result check_recovery(const struct mr_manifest *m, struct mr_error *err)
{
	uint64_t threshold = m->config.recovery_threshold;

	if (m->recovery_keys_count < threshold)
		return mr_fail(err, MR_CODE_INVALID,
			"not enough recovery keys (%zu) defined to meet the recovery threshold of "
			"%" PRIu64,
			m->recovery_keys_count, threshold);
	if (threshold == 1)
		return mr_fail(err, MR_CODE_INVALID,
			"invalid recovery threshold: if set, threshold must be at least 2");
	return MR_OK;
}

mr_result mr_check_config(const struct mr_manifest *m,
	const char *(*env)(const char *name, const char *fallback), struct mr_error *err)
{
	const struct mr_manifest_config *config = &m->config;

	MR_TRY(check_updaters(m, err));
	MR_TRY(check_seal_mode(config->seal_mode, err));
	MR_TRY(check_features(&config->feature_gates, env, err));
	MR_TRY(check_recovery(m, err));
	if (config->collateral_grace_seconds > MR_COLLATERAL_GRACE_MAX)
		return mr_fail(err, MR_CODE_INVALID,
			"Config.Attestation.CollateralGraceSeconds must be at most %d",
			MR_COLLATERAL_GRACE_MAX);
	return MR_OK;
}
