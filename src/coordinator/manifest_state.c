/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/manifest_state.h"

#include "manifest/records.h"

enum { RECORD_MAX = 64 << 20, SIGNATURE_MAX = 1024 };

void mr_change_done(struct mr_change *change)
{
	mr_tx_free(change->tx);
	mr_view_unref(change->view);
	mr_state_key_done(&change->recovery);
	*change = (struct mr_change){ 0 };
}

mr_result mr_change_build_view(struct mr_change *change, struct mr_error *err)
{
	MR_AUTO(state) struct mr_state *candidate = NULL;

	MR_TRY(mr_tx_build(change->tx, &candidate, err));
	return mr_view_build(candidate, &change->view, err);
}

enum mr_seal_mode mr_seal_mode_of(const struct mr_manifest *manifest)
{
	struct mr_str mode = manifest->config.seal_mode;

	if (mode.len == 0 || mr_str_eq_nocase(mode, MR_STR("ProductKey")))
		return MR_SEAL_PRODUCT_KEY;
	return mr_str_eq_nocase(mode, MR_STR("UniqueKey")) ? MR_SEAL_UNIQUE_KEY : MR_SEAL_DISABLED;
}

mr_result mr_change_protect(
	struct mr_change *change, const struct mr_manifest *manifest, struct mr_error *err)
{
	MR_TRY(mr_state_key_new(manifest, &change->recovery, err));
	change->protects = true;
	change->protection = (struct mr_protection){
		.mode = mr_seal_mode_of(manifest),
		.recovery_data = mr_buf_bytes(&change->recovery.recovery_data),
		.dek = mr_secret_bytes(&change->recovery.dek),
	};
	return MR_OK;
}

/* Puts what an encoder wrote into `value` under kind and name. */
static mr_result put_record(struct mr_tx *tx, const char *kind, struct mr_str name,
	const struct mr_buf *value, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf key = { 0 };

	mr_buf_init(&key, RECORD_MAX);
	struct mr_str text = mr_view_key(&key, kind, name);
	MR_TRY(mr_buf_status(&key, err));
	MR_TRY(mr_buf_status(value, err));
	return mr_tx_put(tx, text, mr_buf_bytes(value), err);
}

mr_result mr_state_put_package(
	struct mr_tx *tx, const struct mr_package *package, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf json = { 0 };

	mr_buf_init(&json, RECORD_MAX);
	mr_package_encode(&json, package);
	return put_record(tx, "package:", package->name, &json, err);
}

static mr_result put_packages(struct mr_tx *tx, const struct mr_manifest *m, struct mr_error *err)
{
	MR_TRY(mr_tx_delete_prefix(tx, MR_STR("package:"), err));
	for (size_t i = 0; i < m->packages_count; i++)
		MR_TRY(mr_state_put_package(tx, &m->packages[i], err));
	return MR_OK;
}

static mr_result put_infrastructures(
	struct mr_tx *tx, const struct mr_manifest *m, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf json = { 0 };

	mr_buf_init(&json, RECORD_MAX);
	MR_TRY(mr_tx_delete_prefix(tx, MR_STR("infrastructure:"), err));
	for (size_t i = 0; i < m->infrastructures_count; i++) {
		mr_buf_clear(&json);
		mr_infrastructure_encode(&json, &m->infrastructures[i]);
		MR_TRY(put_record(tx, "infrastructure:", m->infrastructures[i].name, &json, err));
	}
	return MR_OK;
}

static mr_result put_marbles(struct mr_tx *tx, const struct mr_manifest *m, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf json = { 0 };

	mr_buf_init(&json, RECORD_MAX);
	MR_TRY(mr_tx_delete_prefix(tx, MR_STR("marble:"), err));
	for (size_t i = 0; i < m->marbles_count; i++) {
		mr_buf_clear(&json);
		mr_marble_encode(&json, &m->marbles[i]);
		MR_TRY(put_record(tx, "marble:", m->marbles[i].name, &json, err));
	}
	return MR_OK;
}

static mr_result put_tls_tags(struct mr_tx *tx, const struct mr_manifest *m, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf json = { 0 };

	mr_buf_init(&json, RECORD_MAX);
	MR_TRY(mr_tx_delete_prefix(tx, MR_STR("TLS:"), err));
	for (size_t i = 0; i < m->tls_tags_count; i++) {
		mr_buf_clear(&json);
		mr_tls_tag_encode(&json, &m->tls_tags[i]);
		MR_TRY(put_record(tx, "TLS:", m->tls_tags[i].name, &json, err));
	}
	return MR_OK;
}

mr_result mr_state_put_definitions(
	struct mr_tx *tx, const struct mr_manifest *manifest, struct mr_error *err)
{
	MR_TRY(put_packages(tx, manifest, err));
	MR_TRY(put_infrastructures(tx, manifest, err));
	MR_TRY(put_marbles(tx, manifest, err));
	return put_tls_tags(tx, manifest, err);
}

mr_result mr_state_put_users(
	struct mr_tx *tx, const struct mr_user *users, size_t count, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf json = { 0 };

	mr_buf_init(&json, RECORD_MAX);
	MR_TRY(mr_tx_delete_prefix(tx, MR_STR("user:"), err));
	for (size_t i = 0; i < count; i++) {
		mr_buf_clear(&json);
		mr_user_encode(&json, &users[i]);
		MR_TRY(put_record(tx, "user:", users[i].name, &json, err));
	}
	return MR_OK;
}

mr_result mr_state_put_secret(struct mr_tx *tx, const char *kind,
	const struct mr_secret_value *secret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf json = { 0 };

	mr_buf_init_secret(&json, RECORD_MAX);
	mr_secret_value_encode(&json, secret);
	return put_record(tx, kind, secret->def.name, &json, err);
}

mr_result mr_state_put_manifest(struct mr_tx *tx, const struct mr_authority *authority,
	struct mr_bytes raw, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf signature = { 0 };

	mr_buf_init(&signature, SIGNATURE_MAX);
	mr_result r = mr_key_sign(authority->root_key, MR_HASH_SHA256, raw, &signature, err);
	MR_TRY(mr_wrap(err, r, "signing manifest"));
	MR_TRY(mr_buf_status(&signature, err));
	MR_TRY(mr_tx_put(tx, MR_STR("manifest"), raw, err));
	return mr_tx_put(tx, MR_STR("manifestSignature"), mr_buf_bytes(&signature), err);
}
