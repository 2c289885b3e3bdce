/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "crypto/cert.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "manifest/secret.h"

enum { MIN_RSA_BITS = 1024 };

static const int64_t seconds_per_day = 86400;
/* No certificate can be valid for longer than DER can say; keeps the sum below in range. */
static const uint64_t max_days = 10000 * UINT64_C(366);

static mr_result fail_size(const struct mr_secret_def *def, struct mr_error *err)
{
	return mr_fail(err, MR_CODE_INVALID, "invalid secret size: %.*s", MR_STR_ARGS(def->name));
}

/* Salt and info of 10 §7.2: UUID text and name without anything between; the Marble's type. */
static mr_result derive(const struct mr_secret_def *def, const struct mr_secret_context *context,
	size_t size, struct mr_secret *ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf salt = { 0 };
	char uuid[MR_UUID_TEXT_LEN + 1];
	struct mr_str info = context->disable_binding ? MR_STR("") : context->marble_type;

	mr_uuid_format(&context->uuid, uuid);
	mr_buf_init(&salt, MR_UUID_TEXT_LEN + def->name.len);
	mr_buf_put(&salt, uuid, MR_UUID_TEXT_LEN);
	mr_buf_put_str(&salt, def->name);
	MR_TRY(mr_buf_status(&salt, err));
	return mr_hkdf_sha256(
		context->root_secret, mr_buf_bytes(&salt), mr_str_bytes(info), size, ret, err);
}

static mr_result generate_symmetric(const struct mr_secret_def *def,
	const struct mr_secret_context *context, struct mr_arena *arena,
	struct mr_secret_value *value, struct mr_error *err)
{
	MR_AUTO(secret) struct mr_secret key = { 0 };
	struct mr_opt_bytes part = { { NULL, 0 }, true };

	if (def->size == 0 || def->size % 8 != 0)
		return fail_size(def, err);
	if (def->size / 8 > MR_SECRET_MAX_SYMMETRIC)
		return context->shared ? mr_fail(err, MR_CODE_LIMIT, "secret %.*s is too large",
						 MR_STR_ARGS(def->name))
				       : mr_fail(err, MR_CODE_INVALID,
						 "hkdf: requested key length too large");
	size_t size = (size_t)(def->size / 8);
	if (context->shared) {
		MR_TRY(mr_secret_new(size, &key, err));
		MR_TRY(mr_random(key.ptr, key.len, err));
	} else {
		MR_TRY(derive(def, context, size, &key, err));
	}
	MR_TRY(mr_arena_bytes(arena, mr_secret_bytes(&key), &part.bytes, err));
	value->private_part = part;
	value->public_part = part;
	return MR_OK;
}

static mr_result ecdsa_type(
	const struct mr_secret_def *def, enum mr_key_type *ret, struct mr_error *err)
{
	static const struct {
		uint64_t size;
		enum mr_key_type type;
	} curves[] = {
		{ 224, MR_KEY_EC_P224 },
		{ 256, MR_KEY_EC_P256 },
		{ 384, MR_KEY_EC_P384 },
		{ 521, MR_KEY_EC_P521 },
	};

	for (size_t i = 0; i < MR_COUNT(curves); i++) {
		if (curves[i].size != def->size)
			continue;
		*ret = curves[i].type;
		return MR_OK;
	}
	return mr_fail(err, MR_CODE_INVALID,
		"invalid secret size for cert-ecdsa secret %.*s: unsupported size %" PRIu64
		": does not map to a supported curve",
		MR_STR_ARGS(def->name), def->size);
}

static mr_result check_rsa_size(const struct mr_secret_def *def, struct mr_error *err)
{
	if (def->size < MIN_RSA_BITS)
		return mr_fail(err, MR_CODE_INVALID,
			"crypto/rsa: %" PRIu64 "-bit keys are insecure (see "
			"https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)",
			def->size);
	if (def->size > MR_SECRET_MAX_RSA)
		return mr_fail(err, MR_CODE_LIMIT,
			"crypto/rsa: %" PRIu64 "-bit keys are larger than %d bits", def->size,
			MR_SECRET_MAX_RSA);
	return MR_OK;
}

static mr_result generate_key(const struct mr_secret_def *def,
	const struct mr_secret_context *context, struct mr_key **ret, struct mr_error *err)
{
	enum mr_key_type type = MR_KEY_EC_P384;

	switch (def->type) {
	case MR_SECRET_CERT_RSA:
		MR_TRY(check_rsa_size(def, err));
		return mr_key_generate(MR_KEY_RSA, (unsigned)def->size, ret, err);
	case MR_SECRET_CERT_ED25519:
		if (def->size != 0)
			return mr_fail(err, MR_CODE_INVALID,
				"invalid secret size for cert-ed25519 secret %.*s: none is "
				"expected, got: %" PRIu64,
				MR_STR_ARGS(def->name), def->size);
		return mr_key_generate(MR_KEY_ED25519, 0, ret, err);
	default:
		MR_TRY(ecdsa_type(def, &type, err));
		if (type == MR_KEY_EC_P384 && context->p384)
			return mr_key_pool_take(context->p384, ret, err);
		return mr_key_generate(type, 0, ret, err);
	}
}

/* The end of validity (10 §7.4), and the days that are stored with it. */
static mr_result choose_not_after(const struct mr_secret_context *context,
	struct mr_secret_def *def, int64_t *ret, struct mr_error *err)
{
	const struct mr_cert_template *t = def->cert_template;

	if (t && t->not_after.present && context->not_after == 0) {
		*ret = t->not_after.value;
		return MR_OK;
	}
	if (def->valid_for == 0 && !(t && t->not_after.present))
		def->valid_for = MR_SECRET_DEFAULT_DAYS;
	if (def->valid_for > max_days)
		return mr_fail(err, MR_CODE_INVALID,
			"asn1: structure error: cannot represent time as GeneralizedTime");
	*ret = context->not_after ? context->not_after
				  : context->now + (int64_t)def->valid_for * seconds_per_day;
	return MR_OK;
}

static mr_result generate_certificate(const struct mr_secret_context *context,
	struct mr_arena *arena, struct mr_secret_value *value, struct mr_error *err)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	MR_AUTO(buf) struct mr_buf der = { 0 };
	MR_AUTO(secret) struct mr_secret pkcs8 = { 0 };
	int64_t not_after = 0;

	mr_buf_init(&der, MR_CERT_MAX_SIZE);
	MR_TRY(generate_key(&value->def, context, &key, err));
	MR_TRY(choose_not_after(context, &value->def, &not_after, err));
	MR_TRY(mr_cert_template_issue(value->def.cert_template, context->issuer, key, context->now,
		not_after, &der, err));
	MR_TRY(mr_key_to_pkcs8(key, &pkcs8, err));
	MR_TRY(mr_arena_bytes(arena, mr_buf_bytes(&der), &value->cert.bytes, err));
	MR_TRY(mr_arena_bytes(arena, mr_secret_bytes(&pkcs8), &value->private_part.bytes, err));
	MR_TRY(mr_arena_bytes(arena, mr_key_spki(key), &value->public_part.bytes, err));
	value->cert.present = value->private_part.present = value->public_part.present = true;
	return MR_OK;
}

mr_result mr_secret_generate(const struct mr_secret_def *def,
	const struct mr_secret_context *context, struct mr_arena *arena,
	struct mr_secret_value *ret, struct mr_error *err)
{
	struct mr_secret_value value = { .def = *def };

	if (def->user_defined || def->shared != context->shared)
		return mr_fail(err, MR_CODE_INTERNAL, "secret %.*s is not generated here",
			MR_STR_ARGS(def->name));
	if (def->type == MR_SECRET_SYMMETRIC_KEY)
		MR_TRY(generate_symmetric(def, context, arena, &value, err));
	else if (mr_secret_type_is_cert(def->type))
		MR_TRY(generate_certificate(context, arena, &value, err));
	else
		return mr_fail(err, MR_CODE_INVALID,
			"secret %.*s is invalid: unsupported secret of type %.*s",
			MR_STR_ARGS(def->name), MR_STR_ARGS(def->type_name));
	*ret = value;
	return MR_OK;
}

mr_result mr_secrets_generate(const struct mr_manifest *m, const struct mr_secret_context *context,
	struct mr_arena *arena, struct mr_secret_value **ret, size_t *ret_count,
	struct mr_error *err)
{
	struct mr_secret_value *values = mr_arena_array(arena, m->secrets_count, sizeof *values);
	size_t count = 0;

	if (!values)
		return mr_arena_fail(arena, err);
	for (size_t i = 0; i < m->secrets_count; i++) {
		const struct mr_secret_def *def = &m->secrets[i].def;
		if (!def->user_defined && def->shared == context->shared)
			MR_TRY(mr_secret_generate(def, context, arena, &values[count++], err));
	}
	*ret = values;
	*ret_count = count;
	return MR_OK;
}
