/* SPDX-License-Identifier: Apache-2.0 */
/* Uploads of user-defined secrets (10 §8.1). */
#include "crypto/cert.h"
#include "manifest/decode.h"
#include "manifest/secret.h"

static mr_result decode_cert(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	(void)field;
	MR_TRY(mr_json_want(value, MR_JSON_STRING, "string", err));
	if (value->kind == MR_JSON_NULL)
		return MR_OK;
	return mr_decode_certificate(value->text, d->arena, target, err);
}

static const struct mr_field upload_fields[] = {
	MR_FIELD(struct mr_secret_upload, cert, "Cert", decode_cert),
	MR_FIELD(struct mr_secret_upload, private_part, "Private", mr_decode_opt_bytes),
	MR_FIELD(struct mr_secret_upload, key, "Key", mr_decode_opt_bytes),
};

static const struct mr_record upload_record = { "UserSecret", sizeof(struct mr_secret_upload),
	upload_fields, MR_COUNT(upload_fields), NULL, NULL };

static const struct mr_field uploads_field = { MR_STR_INIT("secrets"), 0, mr_decode_section,
	&upload_record };

mr_result mr_secret_uploads_decode(const struct mr_json *value, struct mr_arena *arena,
	struct mr_secret_upload **ret, size_t *ret_count, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena scratch = { 0 };
	struct mr_decoder d = { .arena = arena, .scratch = &scratch };
	struct {
		struct mr_secret_upload *items;
		size_t count;
	} uploads = { NULL, 0 };

	mr_arena_init(&scratch, MR_MANIFEST_MAX_MEMORY);
	MR_TRY(mr_decode_section(&d, value, &uploads_field, &uploads, err));
	MR_TRY(mr_names_sort(uploads.items, &uploads.count, sizeof *uploads.items, &scratch, err));
	*ret = uploads.items;
	*ret_count = uploads.count;
	return MR_OK;
}

static mr_result apply_key(
	const struct mr_secret_upload *upload, struct mr_secret_value *value, struct mr_error *err)
{
	const struct mr_secret_def *def = &value->def;

	if (def->type == MR_SECRET_SYMMETRIC_KEY) {
		if (def->size == 0 || def->size % 8 != 0)
			return mr_fail(err, MR_CODE_INVALID, "invalid secret size: %.*s",
				MR_STR_ARGS(def->name));
		if (upload->key.bytes.len != def->size / 8)
			return mr_fail(err, MR_CODE_INVALID,
				"declared size and actual size don't match: %.*s",
				MR_STR_ARGS(def->name));
	}
	if (upload->cert.present || upload->private_part.present)
		return mr_fail(err, MR_CODE_INVALID,
			"secret %.*s is set to be of type symmetric-key but specified values for a "
			"certificate",
			MR_STR_ARGS(def->name));
	value->private_part = upload->key;
	value->public_part = upload->key;
	return MR_OK;
}

static mr_result apply_certificate(const struct mr_secret_upload *upload, struct mr_arena *arena,
	struct mr_secret_value *value, struct mr_error *err)
{
	MR_AUTO(cert) struct mr_cert c = { 0 };

	if (upload->key.present)
		return mr_fail(err, MR_CODE_INVALID,
			"secret %.*s is set to be of type %.*s but specified values for a "
			"symmetric-key",
			MR_STR_ARGS(value->def.name), MR_STR_ARGS(value->def.type_name));
	if (!upload->cert.present)
		return mr_fail(err, MR_CODE_INVALID, "x509: unsupported public key type: <nil>");
	MR_TRY(mr_cert_parse(upload->cert.bytes, &c, err));
	MR_TRY(mr_arena_bytes(arena, c.spki, &value->public_part.bytes, err));
	value->public_part.present = true;
	value->cert = upload->cert;
	value->private_part = upload->private_part;
	return MR_OK;
}

mr_result mr_secret_upload_apply(const struct mr_secret_upload *upload,
	const struct mr_secret_def *def, struct mr_arena *arena, struct mr_secret_value *ret,
	struct mr_error *err)
{
	struct mr_secret_value value = { 0 };

	if (!def)
		return mr_fail(err, MR_CODE_INVALID,
			"secret manifest specifies a secret which the original manifest does not "
			"contain");
	if (!def->user_defined)
		return mr_fail(err, MR_CODE_INVALID, "secret %.*s is not writeable",
			MR_STR_ARGS(def->name));
	value.def = *def;
	if (mr_secret_type_is_cert(def->type))
		MR_TRY(apply_certificate(upload, arena, &value, err));
	else
		MR_TRY(apply_key(upload, &value, err));
	*ret = value;
	return MR_OK;
}
