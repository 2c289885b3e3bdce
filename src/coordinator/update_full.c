/* SPDX-License-Identifier: Apache-2.0 */
/* Applying a full update (10 §10.2, §10.3, 20 §7.2). */
#include "coordinator/made_secrets.h"
#include "coordinator/update_manifest.h"
#include "crypto/random.h"
#include "manifest/update_log.h"

enum { ROOT_SECRET_SIZE = 32 };

/* The root secret in force after the update; with RotateRootSecret a new one, the old becoming the previous. */
static mr_result rotate_root_secret(const struct mr_view *view, bool rotate, struct mr_tx *tx,
	struct mr_secret *ret, struct mr_error *err)
{
	if (!rotate)
		return mr_secret_copy(mr_secret_bytes(&view->root_secret), ret, err);
	MR_TRY(mr_secret_new(ROOT_SECRET_SIZE, ret, err));
	MR_TRY(mr_random(ret->ptr, ret->len, err));
	MR_TRY(mr_tx_put(
		tx, MR_STR("previousRootSecret"), mr_secret_bytes(&view->root_secret), err));
	return mr_tx_put(tx, MR_STR("rootSecret"), mr_secret_bytes(ret), err);
}

struct renewal {
	const struct mr_view *view;
	const struct mr_manifest *manifest;
	struct mr_arena arena; /* of the values made here; wiped */
	struct mr_secret_context context;
	struct mr_secret_value
		*all; /* every secret of the new manifest with its new value, for the dry run */
};

static mr_result make_value(struct renewal *r, const struct mr_secret_value *given,
	struct mr_secret_value *ret, struct mr_error *err)
{
	r->context.shared = given->def.shared;
	return mr_wrap(err, mr_secret_generate(&given->def, &r->context, &r->arena, ret, err), "%s",
		given->def.shared ? "generating secrets from manifest"
				  : "generating placeholder secrets from manifest");
}

static mr_result renew_one(struct renewal *r, size_t at, struct mr_tx *tx, struct mr_error *err)
{
	const struct mr_secret_value *given = &r->manifest->secrets[at];
	const struct mr_secret_value *old = mr_view_secret(
		r->view, MR_SECRETS_CURRENT, given->def.name);
	struct mr_secret_value *value = &r->all[at];

	switch (mr_update_secret_plan(
		old ? &old->def : NULL, &given->def, r->manifest->config.rotate_root_secret)) {
	case MR_PLAN_KEEP:
		*value = old ? *old : *given;
		return MR_OK;
	case MR_PLAN_RENEW:
		MR_TRY(make_value(r, given, value, err));
		MR_TRY(mr_state_put_secret(tx, "secret:", value, err));
		return old ? mr_state_put_secret(tx, "previousSecret:", old, err) : MR_OK;
	case MR_PLAN_REPLACE:
		MR_TRY(make_value(r, given, value, err));
		MR_TRY(mr_state_put_secret(tx, "secret:", value, err));
		return mr_state_put_secret(tx, "previousSecret:", value, err);
	case MR_PLAN_RESET:
		break;
	}
	*value = *given;
	MR_TRY(mr_state_put_secret(tx, "secret:", given, err));
	return mr_state_put_secret(tx, "previousSecret:", given, err);
}

static mr_result delete_removed(const struct renewal *r, struct mr_tx *tx, struct mr_error *err)
{
	static const char *const kinds[] = { "secret:", "previousSecret:" };
	MR_AUTO(buf) struct mr_buf key = { 0 };

	mr_buf_init(&key, 8 << 20);
	for (int epoch = MR_SECRETS_CURRENT; epoch <= MR_SECRETS_PREVIOUS; epoch++)
		for (size_t i = 0; i < r->view->secrets_count[epoch]; i++) {
			struct mr_str name = r->view->secrets[epoch][i].def.name;
			if (mr_manifest_secret(r->manifest, name))
				continue;
			struct mr_str text = mr_view_key(&key, kinds[epoch], name);
			MR_TRY(mr_buf_status(&key, err));
			MR_TRY(mr_tx_delete(tx, text, err));
		}
	return MR_OK;
}

static mr_result renew_secrets(struct renewal *r, struct mr_tx *tx, struct mr_error *err)
{
	const struct mr_manifest *m = r->manifest;

	r->all = mr_arena_array(&r->arena, m->secrets_count, sizeof *r->all);
	if (!r->all)
		return mr_arena_fail(&r->arena, err);
	MR_TRY(mr_random_uuid(&r->context.uuid, err));
	MR_TRY(delete_removed(r, tx, err));
	for (size_t i = 0; i < m->secrets_count; i++)
		MR_TRY(renew_one(r, i, tx, err));
	const struct mr_dry_run data = { .secrets = r->all, .secrets_count = m->secrets_count };
	return mr_wrap(err, mr_parameters_dry_run_all(m->marbles, m->marbles_count, &data, err),
		"running manifest template dry run");
}

static mr_result update_secrets(const struct mr_update_input *in,
	const struct mr_prepared_update *u, const struct mr_authority *authority,
	struct mr_error *err)
{
	MR_AUTO(secret) struct mr_secret root_secret = { NULL, 0 };
	struct mr_cert_issuer issuer;
	struct renewal r = { .view = in->snapshot->view, .manifest = u->manifest };

	MR_TRY(mr_authority_issuer(authority, &issuer, err));
	MR_TRY(rotate_root_secret(
		r.view, u->manifest->config.rotate_root_secret, u->change.tx, &root_secret, err));
	r.context = (struct mr_secret_context){
		.root_secret = mr_secret_bytes(&root_secret),
		.issuer = &issuer,
		.now = in->wall_ns / 1000000000,
		.p384 = in->core->keys,
	};
	mr_arena_init(&r.arena, MR_MANIFEST_MAX_MEMORY);
	mr_result result = renew_secrets(&r, u->change.tx, err);
	mr_arena_done(&r.arena);
	return mr_wrap(err, result, "updating secrets");
}

static mr_result put_log_line(
	const struct mr_update_input *in, struct mr_tx *tx, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf log = { 0 };
	MR_AUTO(buf) struct mr_buf fingerprint = { 0 };

	mr_buf_init(&fingerprint, 64);
	MR_TRY(mr_manifest_fingerprint(in->raw, &fingerprint, err));
	MR_TRY(mr_update_log_load(tx, &log, err));
	mr_update_log_updated(&log, in->wall_ns, mr_buf_str(&fingerprint));
	return mr_update_log_store(tx, &log, err);
}

/* New recovery keys mean a new DEK; a new seal mode alone keeps DEK and recovery data (40 §6.3 BEYOND). */
static mr_result update_protection(
	const struct mr_view *view, struct mr_prepared_update *u, struct mr_error *err)
{
	struct mr_change *change = &u->change;

	if (mr_recovery_keys_changed(view->manifest, u->manifest))
		return mr_wrap(err, mr_change_protect(change, u->manifest, err),
			"generating recovery encryption key");
	if (mr_seal_mode_of(view->manifest) == mr_seal_mode_of(u->manifest))
		return MR_OK;
	change->protects = true;
	change->keeps_key = true;
	change->protection = (struct mr_protection){ .mode = mr_seal_mode_of(u->manifest) };
	return MR_OK;
}

mr_result mr_update_apply_full(
	const struct mr_update_input *in, struct mr_prepared_update *u, struct mr_error *err)
{
	const struct mr_view *view = in->snapshot->view;
	struct mr_tx *tx = u->change.tx;
	MR_AUTO(authority) struct mr_authority *authority = NULL;
	struct mr_user *users;
	size_t users_count;

	MR_TRY(mr_state_put_definitions(tx, u->manifest, err));
	MR_TRY(mr_wrap(err,
		mr_users_from_manifest(u->manifest, &u->arena, &users, &users_count, err),
		"generating users from manifest"));
	MR_TRY(mr_wrap(err, mr_state_put_users(tx, users, users_count, err), "updating users"));
	MR_TRY(mr_authority_renew(view->authority, in->wall_ns / 1000000000, &authority, err));
	MR_TRY(mr_authority_store(authority, tx, err));
	MR_TRY(update_secrets(in, u, authority, err));
	MR_TRY(mr_state_put_manifest(tx, authority, in->raw, err));
	MR_TRY(mr_tx_delete(tx, MR_STR("pendingUpdate"), err));
	MR_TRY(put_log_line(in, tx, err));
	return update_protection(view, u, err);
}
