/* SPDX-License-Identifier: Apache-2.0 */
#include "client/policy.h"

#include <unistd.h>

#include "base/file.h"
#include "codec/json.h"

#define POLICY_MAX ((size_t)1 << 20)

struct target {
	struct mr_arena *arena;
	struct mr_policy *policy;
};

static mr_result set_unique_id(struct target *t, const struct mr_json *value, struct mr_error *err)
{
	return mr_json_get_str(value, &t->policy->unique_id, err);
}

static mr_result set_signer_id(struct target *t, const struct mr_json *value, struct mr_error *err)
{
	return mr_json_get_str(value, &t->policy->signer_id, err);
}

static mr_result set_security_version(
	struct target *t, const struct mr_json *value, struct mr_error *err)
{
	return mr_json_get_u64(value, &t->policy->security_version, err);
}

static mr_result set_product_id(struct target *t, const struct mr_json *value, struct mr_error *err)
{
	return mr_json_get_u16(value, &t->policy->product_id, err);
}

static mr_result set_debug(struct target *t, const struct mr_json *value, struct mr_error *err)
{
	return mr_json_get_bool(value, &t->policy->debug, err);
}

/* Read for its type alone. */
static mr_result check_list(struct target *t, const struct mr_json *value, struct mr_error *err)
{
	struct mr_str item;

	(void)t;
	MR_TRY(mr_json_want(value, MR_JSON_ARRAY, "[]string", err));
	for (const struct mr_json *at = value->first; at; at = at->next)
		MR_TRY(mr_json_get_str(at, &item, err));
	return MR_OK;
}

static mr_result check_nonce(struct target *t, const struct mr_json *value, struct mr_error *err)
{
	struct mr_bytes nonce;
	bool present;

	return mr_json_get_bytes(value, t->arena, &nonce, &present, err);
}

static mr_result refuse_skipping(
	struct target *t, const struct mr_json *value, struct mr_error *err)
{
	bool skip = false;

	(void)t;
	MR_TRY(mr_json_get_bool(value, &skip, err));
	if (!skip)
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID,
		"InsecureSkipVerify is not allowed in the file, use --insecure to skip quote "
		"verification");
}

static const struct {
	struct mr_str name;
	mr_result (*set)(struct target *t, const struct mr_json *value, struct mr_error *err);
} fields[] = {
	{ MR_STR_INIT("UniqueID"), set_unique_id },
	{ MR_STR_INIT("SignerID"), set_signer_id },
	{ MR_STR_INIT("SecurityVersion"), set_security_version },
	{ MR_STR_INIT("ProductID"), set_product_id },
	{ MR_STR_INIT("Debug"), set_debug },
	{ MR_STR_INIT("AcceptedTCBStatuses"), check_list },
	{ MR_STR_INIT("AcceptedAdvisories"), check_list },
	{ MR_STR_INIT("Nonce"), check_nonce },
	{ MR_STR_INIT("InsecureSkipVerify"), refuse_skipping },
};

/* Every member in turn, so that of a repeated one the last counts and a wrong one always fails. */
static mr_result set_member(struct target *t, const struct mr_json *member, struct mr_error *err)
{
	for (size_t i = 0; i < MR_COUNT(fields); i++) {
		if (!mr_json_name_matches(member->name, fields[i].name))
			continue;
		return mr_wrap(err, fields[i].set(t, member, err), "%s", fields[i].name.ptr);
	}
	return MR_OK;
}

/* As a package: rules for what is not allowed, or an allowed VM that nothing is said of, are mistakes. */
static mr_result check_rules(const struct mr_policy *policy, struct mr_error *err)
{
	const struct mr_package package = { .debug = policy->debug,
		.unique_id = policy->unique_id,
		.signer_id = policy->signer_id,
		.rules = policy->rules };

	return policy->rules ? mr_package_rules_check(&package, err) : MR_OK;
}

mr_result mr_policy_parse(
	struct mr_str text, struct mr_arena *arena, struct mr_policy *ret, struct mr_error *err)
{
	struct mr_policy policy = { .debug = false };
	struct target t = { arena, &policy };
	const struct mr_json *root;
	struct mr_str kept;

	MR_TRY(mr_arena_str(arena, text, &kept, err));
	MR_TRY(mr_json_parse(kept, arena, &root, err));
	MR_TRY(mr_json_want(root, MR_JSON_OBJECT, "a policy", err));
	for (const struct mr_json *member = root->first; member; member = member->next)
		MR_TRY(set_member(&t, member, err));
	MR_TRY(mr_package_rules_read(root, arena, &policy.rules, err));
	MR_TRY(check_rules(&policy, err));
	*ret = policy;
	return MR_OK;
}

static mr_result read_policy(
	const char *path, struct mr_arena *arena, struct mr_policy *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_buf_init(&text, POLICY_MAX);
	MR_TRY(mr_file_read(path, &text, err));
	return mr_policy_parse(mr_buf_str(&text), arena, ret, err);
}

mr_result mr_policy_read(
	const char *path, struct mr_arena *arena, struct mr_policy *ret, struct mr_error *err)
{
	return mr_wrap(err, read_policy(path, arena, ret, err), "reading era config file");
}

const char *mr_policy_find(void)
{
	static const char *const names[] = { MR_POLICY_DOWNLOADED, "coordinator-era.json" };

	for (size_t i = 0; i < MR_COUNT(names); i++) {
		/* one that cannot be read fails when it is */
		if (access(names[i], F_OK) == 0)
			return names[i];
	}
	return NULL;
}
