/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/update.h"

#include "manifest/package_rules.h"
#include "manifest/secret.h"

bool mr_update_is_package_update(const struct mr_manifest *update)
{
	return update->infrastructures_count == 0 && update->marbles_count == 0 &&
	       update->users_count == 0 && update->recovery_keys_count == 0 &&
	       update->roles_count == 0 && update->secrets_count == 0 &&
	       update->tls_tags_count == 0;
}

static mr_result check_package(
	const struct mr_package *update, const struct mr_package *current, struct mr_error *err)
{
	if (update->debug || update->unique_id.len || update->signer_id.len ||
		update->product_id.present || update->rules ||
		!(mr_package_rules_of(current)->tees & MR_ALLOW_SGX))
		return mr_fail(err, MR_CODE_INVALID, "update manifest contains unupdatable values");
	if (!update->security_version.present)
		return mr_fail(err, MR_CODE_INVALID,
			"update manifest does not specify a SecurityVersion to update");
	if (current->security_version.present &&
		update->security_version.value < current->security_version.value)
		return mr_fail(err, MR_CODE_INVALID,
			"update manifest tries to downgrade SecurityVersion of the original "
			"manifest");
	return MR_OK;
}

mr_result mr_package_update_check(const struct mr_manifest *update,
	const struct mr_package *current, size_t current_count, struct mr_error *err)
{
	for (size_t i = 0; i < update->packages_count; i++) {
		struct mr_str name = update->packages[i].name;
		if (!mr_names_find(current, current_count, sizeof *current, name))
			return mr_fail(err, MR_CODE_NOT_FOUND,
				"loading current package \"%.*s\" from store: requested value not "
				"set",
				MR_STR_ARGS(name));
	}
	if (update->packages_count == 0)
		return mr_fail(
			err, MR_CODE_INVALID, "checking update manifest: no packages defined");
	for (size_t i = 0; i < update->packages_count; i++) {
		const struct mr_package *package = &update->packages[i];
		MR_TRY(mr_wrap(err,
			check_package(package,
				mr_names_find(
					current, current_count, sizeof *current, package->name),
				err),
			"checking update manifest"));
	}
	return MR_OK;
}

static uint64_t effective_days(const struct mr_secret_def *def)
{
	if (def->valid_for == 0 && mr_secret_type_is_cert(def->type))
		return MR_SECRET_DEFAULT_DAYS;
	return def->valid_for;
}

bool mr_secret_unchanged(const struct mr_secret_def *old, const struct mr_secret_def *new_def)
{
	return mr_str_eq(old->type_name, new_def->type_name) && old->size == new_def->size &&
	       old->shared == new_def->shared && old->user_defined == new_def->user_defined &&
	       effective_days(old) == effective_days(new_def);
}

enum mr_secret_plan mr_update_secret_plan(
	const struct mr_secret_def *old, const struct mr_secret_def *new_def, bool rotate)
{
	bool same = old && mr_secret_unchanged(old, new_def);

	if (new_def->user_defined)
		return same ? MR_PLAN_KEEP : MR_PLAN_RESET;
	if (!same)
		return MR_PLAN_REPLACE;
	if (mr_secret_type_is_cert(new_def->type) || rotate)
		return MR_PLAN_RENEW;
	return MR_PLAN_KEEP;
}

/* All of n keys are needed when the threshold is 0. */
static uint64_t effective_threshold(const struct mr_manifest *m)
{
	return m->config.recovery_threshold ? m->config.recovery_threshold : m->recovery_keys_count;
}

bool mr_recovery_keys_changed(const struct mr_manifest *old, const struct mr_manifest *new_manifest)
{
	if (old->recovery_keys_count != new_manifest->recovery_keys_count ||
		effective_threshold(old) != effective_threshold(new_manifest))
		return true;
	for (size_t i = 0; i < old->recovery_keys_count; i++)
		if (!mr_str_eq(old->recovery_keys[i].name, new_manifest->recovery_keys[i].name) ||
			!mr_str_eq(old->recovery_keys[i].pem, new_manifest->recovery_keys[i].pem))
			return true;
	return false;
}
