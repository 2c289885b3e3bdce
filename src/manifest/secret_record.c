/* SPDX-License-Identifier: Apache-2.0 */
/* The Secret record (10 §3.4), as a definition in the manifest and as a value in the state. */
#include "codec/base64.h"
#include "crypto/cert.h"
#include "manifest/cert_template.h"
#include "manifest/decode.h"

static const struct {
	struct mr_str name;
	enum mr_secret_type type;
} types[] = {
	{ MR_STR_INIT("symmetric-key"), MR_SECRET_SYMMETRIC_KEY },
	{ MR_STR_INIT("cert-rsa"), MR_SECRET_CERT_RSA },
	{ MR_STR_INIT("cert-ecdsa"), MR_SECRET_CERT_ECDSA },
	{ MR_STR_INIT("cert-ed25519"), MR_SECRET_CERT_ED25519 },
	{ MR_STR_INIT("plain"), MR_SECRET_PLAIN },
};

enum mr_secret_type mr_secret_type_of(struct mr_str name)
{
	for (size_t i = 0; i < MR_COUNT(types); i++)
		if (mr_str_eq(name, types[i].name))
			return types[i].type;
	return MR_SECRET_UNKNOWN;
}

bool mr_secret_type_is_cert(enum mr_secret_type type)
{
	return type == MR_SECRET_CERT_RSA || type == MR_SECRET_CERT_ECDSA ||
	       type == MR_SECRET_CERT_ED25519;
}

mr_result mr_decode_certificate(struct mr_str base64, struct mr_arena *arena,
	struct mr_opt_bytes *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	MR_AUTO(cert) struct mr_cert parsed = { 0 };
	struct mr_error ignored;

	mr_buf_init(&der, MR_CERT_MAX_SIZE);
	if (mr_failed(mr_base64_decode(base64, MR_BASE64_STANDARD, &der, &ignored))) {
		if (ignored.code == MR_CODE_INVALID) {
			*ret = (struct mr_opt_bytes){ { NULL, 0 }, false };
			return MR_OK;
		}
		return mr_fail(err, ignored.code, "%s", ignored.message);
	}
	MR_TRY(mr_buf_status(&der, err));
	MR_TRY(mr_cert_parse(mr_buf_bytes(&der), &parsed, err));
	MR_TRY(mr_arena_bytes(arena, mr_buf_bytes(&der), &ret->bytes, err));
	ret->present = true;
	return MR_OK;
}

/* A record adds to the template that an earlier member gave; text replaces it. */
static mr_result decode_cert(struct mr_decoder *d, const struct mr_json *value,
	const struct mr_field *field, void *target, struct mr_error *err)
{
	struct mr_secret_value *s = target;

	(void)field;
	if (value->kind == MR_JSON_NULL)
		return MR_OK;
	if (value->kind == MR_JSON_STRING) {
		s->def.cert_template = NULL;
		MR_TRY(mr_decode_certificate(value->text, d->arena, &s->cert, err));
		if (!s->cert.present || !d->templates)
			return MR_OK;
		return mr_cert_template_from_der(
			s->cert.bytes, d->arena, &s->def.cert_template, err);
	}
	struct mr_cert_template *t = mr_arena_alloc(d->arena, sizeof *t);
	if (!t)
		return mr_arena_fail(d->arena, err);
	if (s->def.cert_template)
		*t = *s->def.cert_template;
	MR_TRY(mr_cert_template_decode(d, value, t, err));
	s->def.cert_template = t;
	return MR_OK;
}

static const struct mr_field secret_fields[] = {
	MR_FIELD(struct mr_secret_value, def.type_name, "Type", mr_decode_str),
	MR_FIELD(struct mr_secret_value, def.size, "Size", mr_decode_u64),
	MR_FIELD(struct mr_secret_value, def.shared, "Shared", mr_decode_bool),
	MR_FIELD(struct mr_secret_value, def.user_defined, "UserDefined", mr_decode_bool),
	{ MR_STR_INIT("Cert"), 0, decode_cert, NULL },
	MR_FIELD(struct mr_secret_value, def.valid_for, "ValidFor", mr_decode_u64),
	MR_FIELD(struct mr_secret_value, private_part, "Private", mr_decode_opt_bytes),
	MR_FIELD(struct mr_secret_value, public_part, "Public", mr_decode_opt_bytes),
};

static mr_result finish_secret(struct mr_decoder *d, void *record, struct mr_error *err)
{
	struct mr_secret_value *s = record;

	(void)d, (void)err;
	s->def.type = mr_secret_type_of(s->def.type_name);
	return MR_OK;
}

const struct mr_record mr_secret_record = { "Secret", sizeof(struct mr_secret_value), secret_fields,
	MR_COUNT(secret_fields), NULL, finish_secret };
