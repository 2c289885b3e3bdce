/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/made_secrets.h"

#include "crypto/random.h"

void mr_made_secrets_done(struct mr_made_secrets *made)
{
	mr_arena_done(&made->arena);
	*made = (struct mr_made_secrets){ 0 };
}

mr_result mr_authority_issuer(
	const struct mr_authority *authority, struct mr_cert_issuer *ret, struct mr_error *err)
{
	*ret = (struct mr_cert_issuer){ .subject = authority->marble_root.subject,
		.key = authority->intermediate_key };
	if (!mr_cert_key_id(&authority->marble_root, &ret->key_id))
		return mr_fail(err, MR_CODE_INVALID,
			"marble root certificate has no subject key identifier");
	return MR_OK;
}

/* Both tables are sorted by name and those made are among all. */
static void merge(struct mr_made_secrets *made, const struct mr_secret_value *values, size_t count)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		while (at < made->count && !mr_str_eq(made->list[at].def.name, values[i].def.name))
			at++;
		if (at < made->count)
			made->list[at] = values[i];
	}
}

static mr_result make_kind(struct mr_made_secrets *made, const struct mr_manifest *manifest,
	const struct mr_secret_context *context, struct mr_error *err)
{
	struct mr_secret_value *values;
	size_t count;

	MR_TRY(mr_secrets_generate(manifest, context, &made->arena, &values, &count, err));
	merge(made, values, count);
	return MR_OK;
}

static mr_result make_all(struct mr_made_secrets *made, const struct mr_manifest *m,
	struct mr_secret_context *context, struct mr_error *err)
{
	made->list = mr_arena_array(&made->arena, m->secrets_count, sizeof *made->list);
	if (!made->list)
		return mr_arena_fail(&made->arena, err);
	made->count = m->secrets_count;
	for (size_t i = 0; i < m->secrets_count; i++)
		made->list[i] = m->secrets[i];
	context->shared = true;
	MR_TRY(mr_wrap(err, make_kind(made, m, context, err), "generating secrets from manifest"));
	context->shared = false;
	MR_TRY(mr_random_uuid(&context->uuid, err));
	return mr_wrap(err, make_kind(made, m, context, err),
		"generating placeholder secrets from manifest");
}

mr_result mr_made_secrets_all(struct mr_made_secrets *ret, const struct mr_manifest *manifest,
	const struct mr_authority *authority, struct mr_bytes root_secret, int64_t now,
	struct mr_key_pool *keys, struct mr_error *err)
{
	MR_AUTO(made_secrets) struct mr_made_secrets made = { 0 };
	struct mr_cert_issuer issuer;
	struct mr_secret_context context = {
		.root_secret = root_secret, .issuer = &issuer, .now = now, .p384 = keys
	};

	MR_TRY(mr_authority_issuer(authority, &issuer, err));
	mr_arena_init(&made.arena, MR_MANIFEST_MAX_MEMORY);
	MR_TRY(make_all(&made, manifest, &context, err));
	*ret = made;
	made = (struct mr_made_secrets){ 0 };
	return MR_OK;
}
