/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/manifest.h"

#include <stdlib.h>

#include "manifest/decode.h"

#define SECTION(member, text, record)                                                              \
	MR_FIELD_OF(struct mr_manifest, member, text, mr_decode_section, record)

static const struct mr_field manifest_fields[] = {
	SECTION(packages, "Packages", &mr_package_record),
	SECTION(infrastructures, "Infrastructures", &mr_infrastructure_record),
	SECTION(marbles, "Marbles", &mr_marble_record),
	SECTION(secrets, "Secrets", &mr_secret_record),
	SECTION(users, "Users", &mr_user_record),
	SECTION(roles, "Roles", &mr_role_record),
	SECTION(recovery_keys, "RecoveryKeys", &mr_recovery_key_record),
	SECTION(tls_tags, "TLS", &mr_tls_tag_record),
	MR_FIELD_OF(struct mr_manifest, config, "Config", mr_decode_inner, &mr_config_record),
};

/* Each section is a pointer with its count behind it (mr_decode_section). */
static mr_result finish_manifest(struct mr_decoder *d, void *record, struct mr_error *err)
{
	for (size_t i = 0; i < MR_COUNT(manifest_fields); i++) {
		const struct mr_field *field = &manifest_fields[i];
		char *at = (char *)record + field->offset;
		void *items;
		size_t count;
		if (field->decode != mr_decode_section)
			continue;
		memcpy(&items, at, sizeof items);
		memcpy(&count, at + sizeof items, sizeof count);
		MR_TRY(mr_names_sort(items, &count, field->record->size, d->scratch, err));
		memcpy(at + sizeof items, &count, sizeof count);
	}
	return MR_OK;
}

static const struct mr_record manifest_record = { "Manifest", sizeof(struct mr_manifest),
	manifest_fields, MR_COUNT(manifest_fields), NULL, finish_manifest };

mr_result mr_manifest_decode(struct mr_bytes raw, const struct mr_warn *warn,
	struct mr_manifest **ret, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena scratch = { 0 };
	struct mr_decoder d = { .scratch = &scratch, .warn = warn, .templates = true };
	const struct mr_json *tree;

	mr_arena_init(&scratch, MR_MANIFEST_MAX_MEMORY);
	if (raw.len > MR_MANIFEST_MAX_SIZE)
		return mr_fail(err, MR_CODE_LIMIT, "manifest is larger than %zu bytes",
			MR_MANIFEST_MAX_SIZE);
	MR_TRY(mr_json_parse(mr_bytes_str(raw), &scratch, &tree, err));
	MR_AUTO(manifest) struct mr_manifest *m = calloc(1, sizeof *m);
	if (!m)
		return mr_fail_nomem(err);
	mr_arena_init(&m->arena, MR_MANIFEST_MAX_MEMORY);
	d.arena = &m->arena;
	MR_TRY(mr_decode_entry(&d, tree, &manifest_record, m, err));
	*ret = m;
	m = NULL;
	return MR_OK;
}

void mr_manifest_free(struct mr_manifest *m)
{
	if (!m)
		return;
	mr_arena_done(&m->arena);
	free(m);
}

#define FIND(m, section, name)                                                                     \
	mr_names_find((m)->section, (m)->section##_count, sizeof *(m)->section, name)

const struct mr_package *mr_manifest_package(const struct mr_manifest *m, struct mr_str name)
{
	return FIND(m, packages, name);
}

const struct mr_marble *mr_manifest_marble(const struct mr_manifest *m, struct mr_str name)
{
	return FIND(m, marbles, name);
}

const struct mr_secret_value *mr_manifest_secret(const struct mr_manifest *m, struct mr_str name)
{
	return FIND(m, secrets, name);
}

const struct mr_manifest_user *mr_manifest_user(const struct mr_manifest *m, struct mr_str name)
{
	return FIND(m, users, name);
}

const struct mr_manifest_role *mr_manifest_role(const struct mr_manifest *m, struct mr_str name)
{
	return FIND(m, roles, name);
}

const struct mr_tls_tag *mr_manifest_tls_tag(const struct mr_manifest *m, struct mr_str name)
{
	return FIND(m, tls_tags, name);
}

bool mr_manifest_has_feature(const struct mr_manifest *m, enum mr_feature feature)
{
	static const struct mr_str names[] = {
		[MR_FEATURE_SIGN_QUOTE_ENDPOINT] = MR_STR_INIT("SignQuoteEndpoint"),
		[MR_FEATURE_MONOTONIC_COUNTER] = MR_STR_INIT("MonotonicCounter"),
		[MR_FEATURE_AZURE_HSM_SEALING] = MR_STR_INIT("AzureHSMSealing"),
	};

	for (size_t i = 0; i < m->config.feature_gates.count; i++)
		if (mr_str_eq_nocase(m->config.feature_gates.items[i], names[feature]))
			return true;
	return false;
}
