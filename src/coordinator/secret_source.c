/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/secret_source.h"

#include "coordinator/made_secrets.h"

mr_result mr_secret_source_init(struct mr_secret_source *s, const struct mr_view *view,
	const struct mr_view_marble *marble, const struct mr_uuid *uuid, int64_t now,
	struct mr_key_pool *keys, struct mr_arena *arena, struct mr_error *err)
{
	*s = (struct mr_secret_source){
		.view = view,
		.marble = marble,
		.uuid = *uuid,
		.now = now,
		.keys = keys,
		.arena = arena,
	};
	return mr_authority_issuer(view->authority, &s->issuer, err);
}

static mr_result make(struct mr_secret_source *s, enum mr_secret_epoch epoch,
	const struct mr_secret_value *stored, const struct mr_secret_value **ret,
	struct mr_error *err)
{
	const struct mr_secret *root = epoch == MR_SECRETS_CURRENT ? &s->view->root_secret
								   : &s->view->previous_root_secret;
	const struct mr_secret_context context = {
		.shared = false,
		.uuid = s->uuid,
		.marble_type = s->marble->definition->name,
		.disable_binding = s->marble->definition->disable_secret_binding,
		.root_secret = mr_secret_bytes(root),
		.issuer = &s->issuer,
		.now = s->now,
		.p384 = s->keys,
	};
	struct mr_secret_value *value = mr_arena_alloc(s->arena, sizeof *value);

	if (!value)
		return mr_arena_fail(s->arena, err);
	MR_TRY(mr_secret_generate(&stored->def, &context, s->arena, value, err));
	*ret = value;
	return MR_OK;
}

static mr_result get_secret(void *self, enum mr_secret_epoch epoch, struct mr_str name,
	const struct mr_secret_value **ret, struct mr_error *err)
{
	struct mr_secret_source *s = self;
	const struct mr_secret_value *stored = mr_view_secret(s->view, epoch, name);

	if (!stored || stored->def.shared || stored->def.user_defined) {
		*ret = stored;
		return MR_OK;
	}
	if (!s->made[epoch]) {
		s->made[epoch] = mr_arena_array(
			s->arena, s->view->secrets_count[epoch], sizeof(void *));
		if (!s->made[epoch])
			return mr_arena_fail(s->arena, err);
	}
	const struct mr_secret_value **slot = &s->made[epoch][stored - s->view->secrets[epoch]];
	if (!*slot)
		MR_TRY(make(s, epoch, stored, slot, err));
	*ret = *slot;
	return MR_OK;
}

static size_t count_secrets(void *self, enum mr_secret_epoch epoch)
{
	const struct mr_secret_source *s = self;

	return s->view->secrets_count[epoch];
}

static struct mr_str name_of_secret(void *self, enum mr_secret_epoch epoch, size_t at)
{
	const struct mr_secret_source *s = self;

	return s->view->secrets[epoch][at].def.name;
}

struct mr_parameters_source mr_secret_source_of(
	struct mr_secret_source *s, const struct mr_reserved_values *reserved)
{
	return (struct mr_parameters_source){
		.self = s,
		.secret = get_secret,
		.count = count_secrets,
		.name = name_of_secret,
		.reserved = reserved,
	};
}
