/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"
#include "manifest/decode.h"
#include "manifest/update.h"

static size_t count_acknowledged(const struct mr_required_user *users, size_t count)
{
	size_t acknowledged = 0;

	for (size_t i = 0; i < count; i++)
		acknowledged += users[i].acknowledged;
	return acknowledged;
}

static struct mr_required_user *find_user(const struct mr_pending_update *p, struct mr_str name)
{
	const struct mr_required_user *found = mr_names_find(
		p->users, p->users_count, sizeof *p->users, name);

	return found ? &p->users[found - p->users] : NULL;
}

mr_result mr_pending_update_new(struct mr_bytes manifest_raw, const struct mr_user *users,
	size_t count, uint64_t threshold, struct mr_str submitter, struct mr_arena *arena,
	struct mr_pending_update *ret, struct mr_error *err)
{
	struct mr_pending_update p = { .manifest_raw = manifest_raw };

	p.users = mr_arena_array(arena, count, sizeof *p.users);
	if (!p.users)
		return mr_arena_fail(arena, err);
	for (size_t i = 0; i < count; i++)
		if (users[i].permissions[MR_ACTION_UPDATE_MANIFEST].granted)
			p.users[p.users_count++] = (struct mr_required_user){ users[i].name,
				mr_str_eq(users[i].name, submitter) };
	uint64_t needed = threshold ? threshold : p.users_count;
	size_t acknowledged = count_acknowledged(p.users, p.users_count);
	p.missing = needed > acknowledged ? needed - acknowledged : 0;
	*ret = p;
	return MR_OK;
}

mr_result mr_pending_update_acknowledge(struct mr_pending_update *p, struct mr_str user,
	struct mr_bytes manifest_raw, struct mr_error *err)
{
	struct mr_required_user *required = find_user(p, user);

	if (!required)
		return mr_fail(err, MR_CODE_DENIED,
			"user %.*s is not allowed to acknowledge manifest updates",
			MR_STR_ARGS(user));
	if (!mr_bytes_eq(manifest_raw, p->manifest_raw))
		return mr_fail(err, MR_CODE_INVALID,
			"provided manifest does not match the pending manifest");
	if (!required->acknowledged && p->missing > 0)
		p->missing--;
	required->acknowledged = true;
	return MR_OK;
}

mr_result mr_pending_update_missing(const struct mr_pending_update *p, struct mr_arena *arena,
	struct mr_str_list *ret, struct mr_error *err)
{
	struct mr_str_list list = { NULL, 0, true };

	list.items = mr_arena_array(arena, p->users_count, sizeof *list.items);
	if (!list.items)
		return mr_arena_fail(arena, err);
	for (size_t i = 0; i < p->users_count; i++)
		if (!p->users[i].acknowledged)
			list.items[list.count++] = p->users[i].name;
	*ret = list;
	return MR_OK;
}

void mr_pending_update_encode(struct mr_buf *out, const struct mr_pending_update *p)
{
	mr_buf_put_u8(out, '{');
	mr_json_put_name(out, "manifestRaw", true);
	mr_json_put_bytes(out, p->manifest_raw);
	mr_json_put_name(out, "requiredUsers", false);
	mr_buf_put_u8(out, '{');
	for (size_t i = 0; i < p->users_count; i++) {
		if (i)
			mr_buf_put_u8(out, ',');
		mr_json_put_str(out, p->users[i].name);
		mr_buf_put_cstr(out, p->users[i].acknowledged ? ":true" : ":false");
	}
	mr_buf_put_u8(out, '}');
	mr_json_put_name(out, "missingAcknowledgments", false);
	mr_buf_put_uint(out, p->missing);
	mr_buf_put_u8(out, '}');
}

/* `name` is there because every decoded value has one. */
struct pending {
	struct mr_str name;
	struct mr_bytes manifest_raw;
	struct mr_required_user *users;
	size_t users_count;
	struct mr_opt_u64 missing;
};

static mr_result decode_acknowledged(
	struct mr_decoder *d, const struct mr_json *value, void *record, struct mr_error *err)
{
	(void)d;
	return mr_json_get_bool(value, &((struct mr_required_user *)record)->acknowledged, err);
}

static const struct mr_record required_user_record = { "bool", sizeof(struct mr_required_user),
	NULL, 0, decode_acknowledged, NULL };

static const struct mr_field pending_fields[] = {
	MR_FIELD(struct pending, manifest_raw, "manifestRaw", mr_decode_bytes),
	MR_FIELD_OF(
		struct pending, users, "requiredUsers", mr_decode_section, &required_user_record),
	MR_FIELD(struct pending, missing, "missingAcknowledgments", mr_decode_opt_u64),
};

static mr_result finish_pending(struct mr_decoder *d, void *record, struct mr_error *err)
{
	struct pending *p = record;

	return mr_names_sort(p->users, &p->users_count, sizeof *p->users, d->scratch, err);
}

static const struct mr_record pending_record = { "PendingUpdate", sizeof(struct pending),
	pending_fields, MR_COUNT(pending_fields), NULL, finish_pending };

mr_result mr_pending_update_decode(struct mr_bytes json, struct mr_arena *arena,
	struct mr_pending_update *ret, struct mr_error *err)
{
	struct pending p;

	MR_TRY(mr_decode_value(json, &pending_record, MR_STR(""), arena, &p, err));
	*ret = (struct mr_pending_update){ p.manifest_raw, p.users, p.users_count,
		p.missing.present ? p.missing.value
				  : p.users_count - count_acknowledged(p.users, p.users_count) };
	return MR_OK;
}
