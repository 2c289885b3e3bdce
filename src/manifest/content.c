/* SPDX-License-Identifier: Apache-2.0 */
/* Values of `Files` and `Env`: text or a record, its data decoded at once (10 §3.3). */
#include "codec/base64.h"
#include "manifest/decode.h"

/* The members of the record form. */
struct content_record {
	struct mr_str data;
	struct mr_str encoding;
	bool no_templates;
};

static const struct mr_field content_fields[] = {
	MR_FIELD(struct content_record, data, "Data", mr_decode_str),
	MR_FIELD(struct content_record, encoding, "Encoding", mr_decode_str),
	MR_FIELD(struct content_record, no_templates, "NoTemplates", mr_decode_bool),
};

static const struct mr_record content_members = { "File", sizeof(struct content_record),
	content_fields, MR_COUNT(content_fields), NULL, NULL };

static mr_result set_encoding(struct mr_content *c, struct mr_str name, struct mr_error *err)
{
	c->encoding_name = name.len ? name : MR_STR("string");
	if (mr_str_eq_nocase(c->encoding_name, MR_STR("string")))
		c->encoding = MR_CONTENT_STRING;
	else if (mr_str_eq_nocase(name, MR_STR("base64")))
		c->encoding = MR_CONTENT_BASE64;
	else if (mr_str_eq_nocase(name, MR_STR("hex")))
		c->encoding = MR_CONTENT_HEX;
	else
		return mr_fail(
			err, MR_CODE_INVALID, "unknown encoding type: %.*s", MR_STR_ARGS(name));
	return MR_OK;
}

static mr_result decode_data(
	struct mr_decoder *d, struct mr_content *c, struct mr_str data, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };

	if (c->encoding == MR_CONTENT_STRING) {
		c->data = mr_str_bytes(data);
		return MR_OK;
	}
	mr_buf_init_secret(&out, MR_MANIFEST_MAX_SIZE);
	if (c->encoding == MR_CONTENT_BASE64)
		MR_TRY(mr_base64_decode(data, MR_BASE64_STANDARD, &out, err));
	else
		MR_TRY(mr_hex_decode(data, &out, err));
	MR_TRY(mr_buf_status(&out, err));
	return mr_arena_bytes(d->arena, mr_buf_bytes(&out), &c->data, err);
}

static mr_result decode_content(
	struct mr_decoder *d, const struct mr_json *value, void *record, struct mr_error *err)
{
	struct mr_content *c = record;
	struct content_record members = { MR_STR(""), MR_STR("string"), false };

	if (value->kind == MR_JSON_NULL)
		return mr_fail(
			err, MR_CODE_INVALID, "got: %%!t(<nil>), expected: string or interface");
	if (value->kind == MR_JSON_STRING)
		MR_TRY(mr_decode_copy(d, value->text, &members.data, err));
	else
		MR_TRY(mr_decode_members(d, value, &content_members, &members, err));
	c->no_templates = members.no_templates;
	MR_TRY(set_encoding(c, members.encoding, err));
	return decode_data(d, c, members.data, err);
}

const struct mr_record mr_content_record = { "File", sizeof(struct mr_content), NULL, 0,
	decode_content, NULL };
