/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pkcs11_config.h"

#include "base/file.h"
#include "codec/json.h"

#define CONFIG_MAX ((size_t)1 << 20)

static mr_result read_members(
	const struct mr_json *o, struct mr_pkcs11_config *c, struct mr_error *err)
{
	const struct mr_json *slot = mr_json_field(o, MR_STR("SlotNumber"));

	MR_TRY(mr_json_get_str(mr_json_field(o, MR_STR("Path")), &c->path, err));
	MR_TRY(mr_json_get_str(mr_json_field(o, MR_STR("Pin")), &c->pin, err));
	MR_TRY(mr_json_get_str(mr_json_field(o, MR_STR("TokenSerial")), &c->token_serial, err));
	MR_TRY(mr_json_get_str(mr_json_field(o, MR_STR("TokenLabel")), &c->token_label, err));
	MR_TRY(mr_json_get_u64(slot, &c->slot, err));
	c->has_slot = slot && slot->kind != MR_JSON_NULL;
	MR_TRY(mr_json_get_u64(mr_json_field(o, MR_STR("MaxSessions")), &c->max_sessions, err));
	MR_TRY(mr_json_get_u64(mr_json_field(o, MR_STR("UserType")), &c->user_type, err));
	return mr_json_get_bool(
		mr_json_field(o, MR_STR("LoginNotSupported")), &c->login_not_supported, err);
}

static mr_result check(struct mr_pkcs11_config *c, struct mr_error *err)
{
	const char *names[3];
	int count = 0;

	if (c->has_slot)
		names[count++] = "slot number";
	if (c->token_label.len > 0)
		names[count++] = "token label";
	if (c->token_serial.len > 0)
		names[count++] = "token serial number";
	if (count != 1)
		return mr_fail(err, MR_CODE_INVALID,
			"config must specify exactly one way to select a token: %s%s%s%s%s given",
			count > 0 ? names[0] : "none", count > 1 ? ", " : "",
			count > 1 ? names[1] : "", count > 2 ? ", " : "",
			count > 2 ? names[2] : "");
	if (c->max_sessions == 1)
		return mr_fail(err, MR_CODE_INVALID, "MaxSessions must be larger than 1");
	return MR_OK;
}

mr_result mr_pkcs11_config_read(const char *path, struct mr_arena *arena,
	struct mr_pkcs11_config *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf file = { 0 };
	const struct mr_json *root;

	*ret = (struct mr_pkcs11_config){ 0 };
	mr_buf_init_secret(&file, CONFIG_MAX);
	MR_TRY(mr_wrap(
		err, mr_file_read(path, &file, err), "could not open config file: %s", path));
	/* the tree may point into the text */
	char *text = mr_arena_alloc(arena, file.len + 1);
	if (!text)
		return mr_arena_fail(arena, err);
	if (file.len)
		memcpy(text, file.data, file.len);
	MR_TRY(mr_wrap(err, mr_json_parse((struct mr_str){ text, file.len }, arena, &root, err),
		"could not decode config file"));
	MR_TRY(mr_json_want(root, MR_JSON_OBJECT, "crypto11.Config", err));
	MR_TRY(mr_wrap(err, read_members(root, ret, err), "could not decode config file"));
	return check(ret, err);
}
