/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/users.h"

#include <stdlib.h>

#include "codec/pem.h"
#include "crypto/cert.h"
#include "manifest/text.h"

static const struct mr_str action_names[MR_ACTIONS] = {
	[MR_ACTION_READ_SECRET] = MR_STR_INIT("ReadSecret"),
	[MR_ACTION_WRITE_SECRET] = MR_STR_INIT("WriteSecret"),
	[MR_ACTION_UPDATE_SECURITY_VERSION] = MR_STR_INIT("UpdateSecurityVersion"),
	[MR_ACTION_UPDATE_MANIFEST] = MR_STR_INIT("UpdateManifest"),
};

static bool grants(const struct mr_manifest_role *role, enum mr_action action)
{
	for (size_t i = 0; i < role->actions.count; i++)
		if (mr_str_eq_nocase(role->actions.items[i], action_names[action]))
			return true;
	return false;
}

static int compare_strs(const void *a, const void *b)
{
	return mr_str_cmp(*(const struct mr_str *)a, *(const struct mr_str *)b);
}

static size_t sort_unique(struct mr_str *names, size_t count)
{
	size_t kept = 0;

	qsort(names, count, sizeof *names, compare_strs);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || !mr_str_eq(names[i - 1], names[i]))
			names[kept++] = names[i];
	return kept;
}

/* The union of what the user's roles grant for one action. */
static mr_result make_permission(const struct mr_manifest *m, const struct mr_manifest_user *user,
	enum mr_action action, struct mr_arena *arena, struct mr_permission *ret,
	struct mr_error *err)
{
	struct mr_permission p = { 0 };
	size_t room = 0;

	for (size_t i = 0; i < user->roles.count; i++) {
		const struct mr_manifest_role *role = mr_manifest_role(m, user->roles.items[i]);
		if (!role || !grants(role, action))
			continue;
		p.granted = true;
		room += role->resource_names.count;
	}
	if (room) {
		p.resources = mr_arena_array(arena, room, sizeof *p.resources);
		if (!p.resources)
			return mr_arena_fail(arena, err);
	}
	for (size_t i = 0; room && i < user->roles.count; i++) {
		const struct mr_manifest_role *role = mr_manifest_role(m, user->roles.items[i]);
		if (!role || !grants(role, action))
			continue;
		for (size_t j = 0; j < role->resource_names.count; j++)
			MR_TRY(mr_arena_str(arena, role->resource_names.items[j],
				&p.resources[p.resources_count++], err));
	}
	if (room)
		p.resources_count = sort_unique(p.resources, p.resources_count);
	*ret = p;
	return MR_OK;
}

static mr_result parse_certificate(const struct mr_manifest_user *user, struct mr_arena *arena,
	struct mr_bytes *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	MR_AUTO(cert) struct mr_cert c = { 0 };
	struct mr_str label, rest;

	mr_buf_init(&der, MR_CERT_MAX_SIZE);
	mr_result r = mr_pem_decode(user->certificate, &label, &der, &rest, err);
	if (r.code == MR_CODE_NOT_FOUND)
		return mr_fail(err, MR_CODE_INVALID, "received invalid certificate for user %.*s",
			MR_STR_ARGS(user->name));
	MR_TRY(r);
	MR_TRY(mr_cert_parse(mr_buf_bytes(&der), &c, err));
	return mr_arena_bytes(arena, mr_buf_bytes(&der), ret, err);
}

mr_result mr_users_from_manifest(const struct mr_manifest *m, struct mr_arena *arena,
	struct mr_user **ret, size_t *ret_count, struct mr_error *err)
{
	struct mr_user *users = mr_arena_array(arena, m->users_count, sizeof *users);

	if (!users)
		return mr_arena_fail(arena, err);
	for (size_t i = 0; i < m->users_count; i++) {
		const struct mr_manifest_user *from = &m->users[i];
		MR_TRY(mr_arena_str(arena, from->name, &users[i].name, err));
		MR_TRY(parse_certificate(from, arena, &users[i].certificate, err));
		for (enum mr_action action = 0; action < MR_ACTIONS; action++)
			MR_TRY(make_permission(
				m, from, action, arena, &users[i].permissions[action], err));
	}
	*ret = users;
	*ret_count = m->users_count;
	return MR_OK;
}

const struct mr_user *mr_users_by_certificate(
	const struct mr_user *users, size_t count, struct mr_bytes der)
{
	for (size_t i = 0; i < count; i++)
		if (mr_bytes_eq(users[i].certificate, der))
			return &users[i];
	return NULL;
}

bool mr_user_may(
	const struct mr_user *user, enum mr_action action, const struct mr_str *names, size_t count)
{
	const struct mr_permission *p = &user->permissions[action];

	if (!p->granted)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!mr_names_find(
			    p->resources, p->resources_count, sizeof *p->resources, names[i]))
			return false;
	return true;
}

mr_result mr_user_check_read(
	const struct mr_user *user, const struct mr_str *names, size_t count, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };

	if (mr_user_may(user, MR_ACTION_READ_SECRET, names, count))
		return MR_OK;
	mr_buf_init(&text, MR_ERROR_MAX);
	mr_text_put_list(&text, names, count);
	return mr_fail(err, MR_CODE_DENIED,
		"user %.*s is not allowed to read one or more secrets of: %.*s",
		MR_STR_ARGS(user->name), MR_STR_ARGS(mr_buf_str(&text)));
}

mr_result mr_user_check_write(const struct mr_user *user, struct mr_str name, struct mr_error *err)
{
	if (mr_user_may(user, MR_ACTION_WRITE_SECRET, &name, 1))
		return MR_OK;
	return mr_fail(err, MR_CODE_DENIED, "user %.*s is not allowed to update secret: %.*s",
		MR_STR_ARGS(user->name), MR_STR_ARGS(name));
}

mr_result mr_user_check_packages(const struct mr_user *user, const struct mr_package *packages,
	size_t count, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	bool may = user->permissions[MR_ACTION_UPDATE_SECURITY_VERSION].granted;

	for (size_t i = 0; may && i < count; i++)
		may = mr_user_may(user, MR_ACTION_UPDATE_SECURITY_VERSION, &packages[i].name, 1);
	if (may)
		return MR_OK;
	mr_buf_init(&text, MR_ERROR_MAX);
	MR_AUTO(arena) struct mr_arena scratch = { 0 };
	mr_arena_init(&scratch, MR_MANIFEST_MAX_MEMORY);
	struct mr_str *names = mr_arena_array(&scratch, count, sizeof *names);
	if (!names)
		return mr_arena_fail(&scratch, err);
	for (size_t i = 0; i < count; i++)
		names[i] = packages[i].name;
	mr_text_put_list(&text, names, count);
	return mr_fail(err, MR_CODE_DENIED,
		"user %.*s is not allowed to update one or more packages of %.*s",
		MR_STR_ARGS(user->name), MR_STR_ARGS(mr_buf_str(&text)));
}

mr_result mr_user_check_update(const struct mr_user *user, const char *what, struct mr_error *err)
{
	if (mr_user_may(user, MR_ACTION_UPDATE_MANIFEST, NULL, 0))
		return MR_OK;
	return mr_fail(err, MR_CODE_DENIED, "user %.*s is not allowed to %s",
		MR_STR_ARGS(user->name), what);
}
