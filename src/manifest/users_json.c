/* SPDX-License-Identifier: Apache-2.0 */
/* The value of `user:<name>`: `{"Name":…,"Certificate":…,"Permissions":{id:{…}}}` (40 §4.2). */
#include "codec/json.h"
#include "crypto/cert.h"
#include "manifest/decode.h"
#include "manifest/users.h"

static const struct mr_str permission_ids[MR_ACTIONS] = {
	[MR_ACTION_READ_SECRET] = MR_STR_INIT("readsecret"),
	[MR_ACTION_WRITE_SECRET] = MR_STR_INIT("writesecret"),
	[MR_ACTION_UPDATE_SECURITY_VERSION] = MR_STR_INIT("updatesecurityversion"),
	[MR_ACTION_UPDATE_MANIFEST] = MR_STR_INIT("updatemanifest"),
};

static void put_permission(
	struct mr_buf *out, struct mr_str id, const struct mr_permission *p, bool first)
{
	if (!first)
		mr_buf_put_u8(out, ',');
	mr_json_put_str(out, id);
	mr_buf_put_cstr(out, ":{");
	mr_json_put_name(out, "PermissionID", true);
	mr_json_put_str(out, id);
	mr_json_put_name(out, "ResourceID", false);
	mr_buf_put_u8(out, '{');
	for (size_t i = 0; i < p->resources_count; i++) {
		if (i)
			mr_buf_put_u8(out, ',');
		mr_json_put_str(out, p->resources[i]);
		mr_buf_put_cstr(out, ":true");
	}
	mr_buf_put_cstr(out, "}}");
}

void mr_user_encode(struct mr_buf *out, const struct mr_user *user)
{
	/* map keys are written in byte order */
	static const enum mr_action order[] = { MR_ACTION_READ_SECRET, MR_ACTION_UPDATE_MANIFEST,
		MR_ACTION_UPDATE_SECURITY_VERSION, MR_ACTION_WRITE_SECRET };
	bool first = true;

	mr_buf_put_u8(out, '{');
	mr_json_put_name(out, "Name", true);
	mr_json_put_str(out, user->name);
	mr_json_put_name(out, "Certificate", false);
	mr_json_put_bytes(out, user->certificate);
	mr_json_put_name(out, "Permissions", false);
	mr_buf_put_u8(out, '{');
	for (size_t i = 0; i < MR_COUNT(order); i++) {
		const struct mr_permission *p = &user->permissions[order[i]];
		if (!p->granted)
			continue;
		put_permission(out, permission_ids[order[i]], p, first);
		first = false;
	}
	mr_buf_put_cstr(out, "}}");
}

/* An entry of ResourceID: those that are not true count for nothing. */
struct resource {
	struct mr_str name;
	bool granted;
};

static mr_result decode_resource(
	struct mr_decoder *d, const struct mr_json *value, void *record, struct mr_error *err)
{
	(void)d;
	return mr_json_get_bool(value, &((struct resource *)record)->granted, err);
}

static const struct mr_record resource_record = { "bool", sizeof(struct resource), NULL, 0,
	decode_resource, NULL };

struct permission {
	struct mr_str name;
	struct {
		struct resource *items;
		size_t count;
		bool present;
	} resources;
};

static const struct mr_field permission_fields[] = {
	MR_FIELD_OF(struct permission, resources, "ResourceID", mr_decode_map, &resource_record),
};

static mr_result finish_permission(struct mr_decoder *d, void *record, struct mr_error *err)
{
	struct permission *p = record;

	return mr_names_sort(
		p->resources.items, &p->resources.count, sizeof(struct resource), d->scratch, err);
}

static const struct mr_record permission_record = { "Permission", sizeof(struct permission),
	permission_fields, MR_COUNT(permission_fields), NULL, finish_permission };

/* `name` is the one of the key; the record's own is decoded and dropped. */
struct user {
	struct mr_str name;
	struct mr_str name_again;
	struct mr_opt_bytes certificate;
	struct permission *permissions;
	size_t permissions_count;
};

static mr_result decode_certificate(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	struct mr_str text = MR_STR("");

	(void)field;
	MR_TRY(mr_json_get_str(value, &text, err));
	return value->kind == MR_JSON_NULL ? MR_OK
					   : mr_decode_certificate(text, d->arena, target, err);
}

static const struct mr_field user_fields[] = {
	MR_FIELD(struct user, name_again, "Name", mr_decode_str),
	MR_FIELD(struct user, certificate, "Certificate", decode_certificate),
	MR_FIELD_OF(struct user, permissions, "Permissions", mr_decode_section, &permission_record),
};

static mr_result finish_user(struct mr_decoder *d, void *record, struct mr_error *err)
{
	struct user *u = record;

	return mr_names_sort(
		u->permissions, &u->permissions_count, sizeof *u->permissions, d->scratch, err);
}

static const struct mr_record user_record = { "User", sizeof(struct user), user_fields,
	MR_COUNT(user_fields), NULL, finish_user };

static mr_result copy_permission(const struct permission *from, struct mr_arena *arena,
	struct mr_permission *to, struct mr_error *err)
{
	to->granted = true;
	to->resources = mr_arena_array(arena, from->resources.count, sizeof *to->resources);
	if (!to->resources)
		return mr_arena_fail(arena, err);
	for (size_t i = 0; i < from->resources.count; i++)
		if (from->resources.items[i].granted)
			to->resources[to->resources_count++] = from->resources.items[i].name;
	return MR_OK;
}

mr_result mr_user_decode(struct mr_bytes json, struct mr_str name, struct mr_arena *arena,
	struct mr_user *ret, struct mr_error *err)
{
	struct user u;
	struct mr_user out = { 0 };

	MR_TRY(mr_decode_value(json, &user_record, name, arena, &u, err));
	out.name = u.name;
	out.certificate = u.certificate.bytes;
	if (!u.certificate.present)
		return mr_fail(
			err, MR_CODE_INVALID, "user %.*s has no certificate", MR_STR_ARGS(name));
	for (enum mr_action action = 0; action < MR_ACTIONS; action++) {
		const struct permission *p = mr_names_find(
			u.permissions, u.permissions_count, sizeof *p, permission_ids[action]);
		if (p)
			MR_TRY(copy_permission(p, arena, &out.permissions[action], err));
	}
	*ret = out;
	return MR_OK;
}
