/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/set_manifest.h"

#include "base/env.h"
#include "coordinator/made_secrets.h"
#include "manifest/check.h"
#include "manifest/update_log.h"

enum { LOG_MAX = 64 << 10 };

void mr_new_manifest_done(struct mr_new_manifest *m)
{
	mr_change_done(&m->change);
	mr_manifest_free(m->manifest);
	*m = (struct mr_new_manifest){ 0 };
}

static void log_remark(void *context, const char *text)
{
	struct mr_core *core = context;

	MR_LOG(core->log, MR_LOG_WARN, "Manifest is odd", mr_log_cstr("remark", text));
}

/* Every generated secret is stored as current and as previous; of user-defined ones the bare definition (10 §5). */
static mr_result put_secrets(
	struct mr_tx *tx, const struct mr_made_secrets *made, struct mr_error *err)
{
	for (size_t i = 0; i < made->count; i++) {
		MR_TRY(mr_state_put_secret(tx, "secret:", &made->list[i], err));
		MR_TRY(mr_state_put_secret(tx, "previousSecret:", &made->list[i], err));
	}
	return MR_OK;
}

static mr_result dry_run(
	const struct mr_manifest *m, const struct mr_made_secrets *made, struct mr_error *err)
{
	const struct mr_dry_run data = { .secrets = made->list, .secrets_count = made->count };

	return mr_wrap(err, mr_parameters_dry_run_all(m->marbles, m->marbles_count, &data, err),
		"running manifest template dry run");
}

static mr_result put_rest(
	struct mr_tx *tx, const struct mr_new_manifest *new, int64_t wall_ns, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf log = { 0 };

	mr_buf_init(&log, LOG_MAX);
	mr_update_log_initial(&log, wall_ns);
	MR_TRY(mr_buf_status(&log, err));
	MR_TRY(mr_state_put_definitions(tx, new->manifest, err));
	MR_TRY(mr_tx_put(tx, MR_STR("updateLog"), mr_buf_bytes(&log), err));
	return mr_view_put_state(tx, MR_STATE_ACCEPTING_MARBLES, err);
}

static mr_result prepare(struct mr_core *core, const struct mr_snapshot *snapshot,
	struct mr_bytes raw, int64_t wall_ns, struct mr_new_manifest *new, struct mr_error *err)
{
	const struct mr_view *view = snapshot->view;
	const struct mr_warn warn = { log_remark, core };
	MR_AUTO(made_secrets) struct mr_made_secrets made = { 0 };
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_user *users;
	size_t users_count;

	mr_arena_init(&arena, MR_MANIFEST_MAX_MEMORY);
	MR_TRY(mr_require_state(view, MR_STATE_ACCEPTING_MANIFEST, MR_STATE_RECOVERY, err));
	MR_TRY(mr_wrap(
		err, mr_manifest_decode(raw, &warn, &new->manifest, err), "unmarshaling manifest"));
	MR_TRY(mr_wrap(err, mr_manifest_check(new->manifest, mr_env_get, &warn, err),
		"checking manifest"));
	MR_TRY(mr_tx_new(snapshot->state, &new->change.tx, err));
	MR_TRY(mr_made_secrets_all(&made, new->manifest, view->authority,
		mr_secret_bytes(&view->root_secret), wall_ns / 1000000000, core->keys, err));
	MR_TRY(mr_wrap(err, mr_change_protect(&new->change, new->manifest, err),
		"generating recovery encryption key"));
	MR_TRY(mr_wrap(err,
		mr_users_from_manifest(new->manifest, &arena, &users, &users_count, err),
		"generating users from manifest"));
	MR_TRY(mr_state_put_manifest(new->change.tx, view->authority, raw, err));
	MR_TRY(put_secrets(new->change.tx, &made, err));
	MR_TRY(dry_run(new->manifest, &made, err));
	MR_TRY(mr_state_put_users(new->change.tx, users, users_count, err));
	MR_TRY(put_rest(new->change.tx, new, wall_ns, err));
	return mr_change_build_view(&new->change, err);
}

mr_result mr_set_manifest_prepare(struct mr_core *core, const struct mr_snapshot *snapshot,
	struct mr_bytes raw, int64_t wall_ns, struct mr_new_manifest *ret, struct mr_error *err)
{
	MR_AUTO(new_manifest) struct mr_new_manifest new = { 0 };

	MR_TRY(prepare(core, snapshot, raw, wall_ns, &new, err));
	*ret = new;
	new = (struct mr_new_manifest){ 0 };
	return MR_OK;
}
