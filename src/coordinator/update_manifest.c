/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/update_manifest.h"

#include "base/env.h"
#include "codec/base64.h"
#include "coordinator/made_secrets.h"
#include "crypto/digest.h"
#include "manifest/check.h"
#include "manifest/update_log.h"

enum { LOG_MAX = 64 << 20 };

void mr_prepared_update_done(struct mr_prepared_update *u)
{
	mr_change_done(&u->change);
	mr_manifest_free(u->manifest);
	mr_arena_done(&u->arena);
	*u = (struct mr_prepared_update){ 0 };
}

mr_result mr_update_log_load(const struct mr_tx *tx, struct mr_buf *ret_log, struct mr_error *err)
{
	struct mr_bytes old;

	mr_buf_init(ret_log, LOG_MAX);
	if (mr_tx_get(tx, MR_STR("updateLog"), &old))
		mr_buf_put_bytes(ret_log, old);
	return mr_buf_status(ret_log, err);
}

mr_result mr_update_log_store(struct mr_tx *tx, const struct mr_buf *log, struct mr_error *err)
{
	MR_TRY(mr_buf_status(log, err));
	return mr_tx_put(tx, MR_STR("updateLog"), mr_buf_bytes(log), err);
}

/* Shared certificates are issued again under the new intermediate; they do not live longer for it (10 §7.6). */
static mr_result reissue_shared(const struct mr_update_input *in,
	const struct mr_authority *authority, struct mr_tx *tx, struct mr_error *err)
{
	const struct mr_view *view = in->snapshot->view;
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_cert_issuer issuer;

	mr_arena_init(&arena, MR_MANIFEST_MAX_MEMORY);
	MR_TRY(mr_authority_issuer(authority, &issuer, err));
	for (size_t i = 0; i < view->secrets_count[MR_SECRETS_CURRENT]; i++) {
		const struct mr_secret_value *old = &view->secrets[MR_SECRETS_CURRENT][i];
		MR_AUTO(cert) struct mr_cert cert = { 0 };
		struct mr_secret_value made;
		if (!old->def.shared || old->def.user_defined ||
			!mr_secret_type_is_cert(old->def.type))
			continue;
		MR_TRY(mr_cert_parse(old->cert.bytes, &cert, err));
		const struct mr_secret_context context = {
			.shared = true,
			.issuer = &issuer,
			.now = in->wall_ns / 1000000000,
			.not_after = cert.not_after,
			.p384 = in->core->keys,
		};
		MR_TRY(mr_secret_generate(&old->def, &context, &arena, &made, err));
		MR_TRY(mr_state_put_secret(tx, "secret:", &made, err));
	}
	return MR_OK;
}

static mr_result raise_versions(const struct mr_update_input *in, const struct mr_manifest *update,
	struct mr_tx *tx, struct mr_error *err)
{
	const struct mr_view *view = in->snapshot->view;
	MR_AUTO(buf) struct mr_buf log = { 0 };

	MR_TRY(mr_update_log_load(tx, &log, err));
	for (size_t i = 0; i < update->packages_count; i++) {
		const struct mr_package *wanted = &update->packages[i];
		const struct mr_package *current = mr_names_find(
			view->packages, view->packages_count, sizeof *view->packages, wanted->name);
		if (!current)
			return mr_fail(err, MR_CODE_INTERNAL, "package vanished");
		struct mr_package raised = *current;
		raised.security_version = wanted->security_version;
		MR_TRY(mr_state_put_package(tx, &raised, err));
		mr_update_log_security_version(&log, in->wall_ns, in->user->name, wanted->name,
			wanted->security_version.value);
	}
	return mr_update_log_store(tx, &log, err);
}

static mr_result package_update(
	const struct mr_update_input *in, struct mr_prepared_update *u, struct mr_error *err)
{
	const struct mr_view *view = in->snapshot->view;
	MR_AUTO(authority) struct mr_authority *authority = NULL;

	MR_TRY(mr_require_state(view, MR_STATE_ACCEPTING_MARBLES, MR_STATE_ACCEPTING_MARBLES, err));
	MR_TRY(mr_user_check_packages(
		in->user, u->manifest->packages, u->manifest->packages_count, err));
	MR_TRY(mr_package_update_check(u->manifest, view->packages, view->packages_count, err));
	MR_TRY(mr_authority_renew(view->authority, in->wall_ns / 1000000000, &authority, err));
	MR_TRY(mr_authority_store(authority, u->change.tx, err));
	MR_TRY(reissue_shared(in, authority, u->change.tx, err));
	return raise_versions(in, u->manifest, u->change.tx, err);
}

static mr_result log_initiation(const struct mr_update_input *in,
	const struct mr_prepared_update *u, struct mr_tx *tx, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf log = { 0 };
	MR_AUTO(buf) struct mr_buf fingerprint = { 0 };

	mr_buf_init(&fingerprint, 64);
	MR_TRY(mr_manifest_fingerprint(in->raw, &fingerprint, err));
	MR_TRY(mr_update_log_load(tx, &log, err));
	if (u->missing)
		mr_update_log_initiated_waiting(&log, in->wall_ns, in->user->name, u->missing,
			u->missing_users.items, u->missing_users.count, mr_buf_str(&fingerprint));
	else
		mr_update_log_initiated(
			&log, in->wall_ns, in->user->name, mr_buf_str(&fingerprint));
	return mr_update_log_store(tx, &log, err);
}

static mr_result full_update(
	const struct mr_update_input *in, struct mr_prepared_update *u, struct mr_error *err)
{
	const struct mr_view *view = in->snapshot->view;
	struct mr_pending_update pending;

	MR_TRY(mr_require_state(view, MR_STATE_ACCEPTING_MARBLES, MR_STATE_ACCEPTING_MARBLES, err));
	MR_TRY(mr_user_check_update(in->user, "update the complete manifest", err));
	MR_TRY(mr_wrap(
		err, mr_manifest_check(u->manifest, mr_env_get, NULL, err), "invalid manifest"));
	MR_TRY(mr_pending_update_new(in->raw, view->users, view->users_count,
		view->manifest->config.update_threshold, in->user->name, &u->arena, &pending, err));
	u->missing = pending.missing;
	if (!u->missing) {
		MR_TRY(log_initiation(in, u, u->change.tx, err));
		return mr_update_finish(in, u, err);
	}
	MR_TRY(mr_pending_update_missing(&pending, &u->arena, &u->missing_users, err));
	MR_TRY(mr_update_apply_full(in, u, err));
	mr_change_done(&u->change);
	MR_TRY(mr_tx_new(in->snapshot->state, &u->change.tx, err));
	MR_TRY(log_initiation(in, u, u->change.tx, err));
	return mr_pending_update_store(&pending, u->change.tx, err);
}

static mr_result submit(
	const struct mr_update_input *in, struct mr_prepared_update *u, struct mr_error *err)
{
	struct mr_bytes pending;

	mr_arena_init(&u->arena, MR_MANIFEST_MAX_MEMORY);
	MR_TRY(mr_wrap(err, mr_manifest_decode(in->raw, NULL, &u->manifest, err),
		"unmarshaling update manifest"));
	if (mr_state_get(in->snapshot->state, MR_STR("pendingUpdate"), &pending))
		return mr_fail(err, MR_CODE_STATE,
			"update already in progress. Acknowledge the update to apply it, or cancel it to start "
			"a new one");
	MR_TRY(mr_tx_new(in->snapshot->state, &u->change.tx, err));
	if (!mr_update_is_package_update(u->manifest))
		return full_update(in, u, err);
	MR_TRY(package_update(in, u, err));
	return mr_change_build_view(&u->change, err);
}

mr_result mr_update_submit(
	const struct mr_update_input *in, struct mr_prepared_update *ret, struct mr_error *err)
{
	MR_AUTO(prepared_update) struct mr_prepared_update u = { 0 };

	MR_TRY(submit(in, &u, err));
	*ret = u;
	u = (struct mr_prepared_update){ 0 };
	return MR_OK;
}
