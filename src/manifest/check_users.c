/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "codec/pem.h"
#include "crypto/cert.h"
#include "manifest/check_internal.h"
#include "manifest/text.h"

bool mr_list_has_nocase(const struct mr_str_list *list, struct mr_str text)
{
	for (size_t i = 0; i < list->count; i++)
		if (mr_str_eq_nocase(list->items[i], text))
			return true;
	return false;
}

/* Something of a user that must be unique. */
struct identity {
	struct mr_bytes value;
	size_t user;
};

static int compare_identities(const void *a, const void *b)
{
	const struct identity *x = a, *y = b;
	int order = mr_str_cmp(mr_bytes_str(x->value), mr_bytes_str(y->value));

	if (order != 0)
		return order;
	return x->user < y->user ? -1 : x->user > y->user;
}

/* Of all pairs the one whose first name is the smallest is reported. */
static mr_result check_unique(
	const struct mr_manifest *m, struct identity *list, size_t count, struct mr_error *err)
{
	const struct identity *first = NULL;

	qsort(list, count, sizeof *list, compare_identities);
	for (size_t i = 1; i < count; i++)
		if (mr_bytes_eq(list[i - 1].value, list[i].value) &&
			(!first || list[i - 1].user < first->user))
			first = &list[i - 1];
	if (!first)
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID,
		"manifest contains the same certificate for users %.*s and %.*s",
		MR_STR_ARGS(m->users[first[0].user].name),
		MR_STR_ARGS(m->users[first[1].user].name));
}

/* Rule 14: by text, as the reference, and then by content. */
static mr_result check_certificates(const struct mr_manifest *m, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena scratch = { 0 };
	size_t count = 0;

	mr_arena_init(&scratch, MR_MANIFEST_MAX_MEMORY);
	struct identity *list = mr_arena_array(&scratch, m->users_count, sizeof *list);
	if (!list)
		return mr_arena_fail(&scratch, err);
	for (size_t i = 0; i < m->users_count; i++)
		list[i] = (struct identity){ mr_str_bytes(m->users[i].certificate), i };
	MR_TRY(check_unique(m, list, m->users_count, err));
	for (size_t i = 0; i < m->users_count; i++) {
		MR_AUTO(buf) struct mr_buf der = { 0 };
		struct mr_str label, rest;
		mr_buf_init(&der, MR_CERT_MAX_SIZE);
		mr_result r = mr_pem_decode(m->users[i].certificate, &label, &der, &rest, err);
		if (r.code == MR_CODE_NOMEM)
			return r;
		if (mr_failed(r)) /* told when users are made of it */
			continue;
		list[count].user = i;
		MR_TRY(mr_arena_bytes(&scratch, mr_buf_bytes(&der), &list[count].value, err));
		count++;
	}
	return check_unique(m, list, count, err);
}

mr_result mr_check_users(const struct mr_manifest *m, struct mr_error *err)
{
	for (size_t i = 0; i < m->users_count; i++) {
		const struct mr_manifest_user *user = &m->users[i];
		if (!user->certificate.len)
			return mr_fail(err, MR_CODE_INVALID,
				"manifest does not contain a certificate for user %.*s",
				MR_STR_ARGS(user->name));
		for (size_t j = 0; j < user->roles.count; j++)
			if (!mr_manifest_role(m, user->roles.items[j]))
				return mr_fail(err, MR_CODE_INVALID,
					"manifest specifies role %.*s for user %.*s, but role "
					"does not exist",
					MR_STR_ARGS(user->roles.items[j]), MR_STR_ARGS(user->name));
	}
	return m->users_count ? check_certificates(m, err) : MR_OK;
}

static mr_result check_actions(const struct mr_manifest_role *role,
	const struct mr_str_list *allowed, struct mr_error *err)
{
	for (size_t i = 0; i < role->actions.count; i++)
		if (!mr_list_has_nocase(allowed, role->actions.items[i]))
			return mr_fail(err, MR_CODE_INVALID,
				"unknown action: %.*s for type %.*s in role: %.*s",
				MR_STR_ARGS(role->actions.items[i]),
				MR_STR_ARGS(role->resource_type), MR_STR_ARGS(role->name));
	return MR_OK;
}

static mr_result fail_undefined(
	const struct mr_manifest_role *role, struct mr_str name, struct mr_error *err)
{
	return mr_fail(err, MR_CODE_INVALID,
		"role %.*s: resource %.*s of type %.*s is not defined in manifest",
		MR_STR_ARGS(role->name), MR_STR_ARGS(name), MR_STR_ARGS(role->resource_type));
}

/* Rule 15. */
static mr_result check_packages_role(
	const struct mr_manifest *m, const struct mr_manifest_role *role, struct mr_error *err)
{
	struct mr_str action = MR_STR("UpdateSecurityVersion");

	for (size_t i = 0; i < role->resource_names.count; i++)
		if (!mr_manifest_package(m, role->resource_names.items[i]))
			return fail_undefined(role, role->resource_names.items[i], err);
	return check_actions(role, &(struct mr_str_list){ &action, 1, true }, err);
}

/* Rules 16 to 19. */
static mr_result check_secrets_role(
	const struct mr_manifest *m, const struct mr_manifest_role *role, struct mr_error *err)
{
	struct mr_str actions[] = { MR_STR("ReadSecret"), MR_STR("WriteSecret") };
	bool reads = mr_list_has_nocase(&role->actions, actions[0]);
	bool writes = mr_list_has_nocase(&role->actions, actions[1]);

	MR_TRY(check_actions(role, &(struct mr_str_list){ actions, 2, true }, err));
	for (size_t i = 0; i < role->resource_names.count; i++) {
		struct mr_str name = role->resource_names.items[i];
		const struct mr_secret_value *secret = mr_manifest_secret(m, name);
		if (!secret)
			return fail_undefined(role, name, err);
		if (writes && !secret->def.user_defined)
			return mr_fail(err, MR_CODE_INVALID,
				"manifest specifies write permission for role %.*s and secret "
				"%.*s, but secret is not user-defined",
				MR_STR_ARGS(role->name), MR_STR_ARGS(name));
		if (reads && !secret->def.user_defined && !secret->def.shared)
			return mr_fail(err, MR_CODE_INVALID,
				"manifest specifies read permission for role %.*s and "
				"per-marble-unique secret %.*s",
				MR_STR_ARGS(role->name), MR_STR_ARGS(name));
	}
	return MR_OK;
}

/* Rule 20. */
static mr_result check_manifest_role(const struct mr_manifest_role *role, struct mr_error *err)
{
	struct mr_str action = MR_STR("UpdateManifest");

	if (role->resource_names.count)
		return mr_fail(err, MR_CODE_INVALID,
			"role %.*s: resource names are not allowed for type Manifest",
			MR_STR_ARGS(role->name));
	return check_actions(role, &(struct mr_str_list){ &action, 1, true }, err);
}

/* Rule 21: the record as Go prints it. */
static mr_result fail_resource_type(const struct mr_manifest_role *role, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	mr_buf_init(&text, MR_ERROR_MAX);
	mr_text_put_list(&text, role->resource_names.items, role->resource_names.count);
	mr_buf_put_u8(&text, ' ');
	mr_text_put_list(&text, role->actions.items, role->actions.count);
	return mr_fail(err, MR_CODE_INVALID,
		"unrecognized resource type: {%.*s %.*s} for role: %.*s",
		MR_STR_ARGS(role->resource_type), MR_STR_ARGS(mr_buf_str(&text)),
		MR_STR_ARGS(role->name));
}

mr_result mr_check_roles(const struct mr_manifest *m, struct mr_error *err)
{
	for (size_t i = 0; i < m->roles_count; i++) {
		const struct mr_manifest_role *role = &m->roles[i];
		if (mr_str_eq(role->resource_type, MR_STR("Packages")))
			MR_TRY(check_packages_role(m, role, err));
		else if (mr_str_eq(role->resource_type, MR_STR("Secrets")))
			MR_TRY(check_secrets_role(m, role, err));
		else if (mr_str_eq(role->resource_type, MR_STR("Manifest")))
			MR_TRY(check_manifest_role(role, err));
		else
			return fail_resource_type(role, err);
	}
	return MR_OK;
}
