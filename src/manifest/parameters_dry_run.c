/* SPDX-License-Identifier: Apache-2.0 */
/* The dry run (10 §6.6): all templates against real and dummy secrets, so that a mistake is found
 * when it is made. */
#include "manifest/parameters_internal.h"

enum { DUMMY_CERT = 512, DUMMY_PUBLIC = 64, DUMMY_KEY_MAX = 1 << 20 };
/* Of all templates together: some seconds. */
enum { STEPS_MAX = 100000000 };

/* The data of a run as a source; what is made up lives in `arena`. */
struct dummies {
	const struct mr_dry_run *data;
	struct mr_arena *arena;
};

static mr_result make_part(
	struct mr_arena *arena, size_t size, struct mr_opt_bytes *ret, struct mr_error *err)
{
	uint8_t *bytes = mr_arena_alloc(arena, size);

	if (!bytes)
		return mr_arena_fail(arena, err);
	memset(bytes, 0x41, size);
	*ret = (struct mr_opt_bytes){ { bytes, size }, true };
	return MR_OK;
}

static mr_result make_user_defined(
	struct mr_arena *arena, struct mr_secret_value *value, struct mr_error *err)
{
	MR_TRY(make_part(arena, 1, &value->cert, err));
	value->private_part = value->cert;
	value->public_part = value->cert;
	return MR_OK;
}

static mr_result make_generated(
	struct mr_arena *arena, struct mr_secret_value *value, struct mr_error *err)
{
	if (mr_secret_type_is_cert(value->def.type)) {
		MR_TRY(make_part(arena, DUMMY_CERT, &value->cert, err));
		value->private_part = value->cert;
		return make_part(arena, DUMMY_PUBLIC, &value->public_part, err);
	}
	uint64_t size = value->def.size / 8;
	if (size < 1 || size > DUMMY_KEY_MAX)
		size = size < 1 ? 1 : DUMMY_KEY_MAX;
	MR_TRY(make_part(arena, (size_t)size, &value->private_part, err));
	value->public_part = value->private_part;
	return MR_OK;
}

static mr_result dummy_secret(void *self, enum mr_secret_epoch epoch, struct mr_str name,
	const struct mr_secret_value **ret, struct mr_error *err)
{
	const struct dummies *d = self;
	const struct mr_secret_value *found = mr_names_find(
		d->data->secrets, d->data->secrets_count, sizeof *found, name);
	const struct mr_secret_value *uploaded = mr_names_find(
		d->data->uploaded, d->data->uploaded_count, sizeof *uploaded, name);

	(void)epoch;
	*ret = found;
	if (!found || (!found->def.user_defined && found->private_part.present))
		return MR_OK;
	if (found->def.user_defined && uploaded) {
		*ret = uploaded;
		return MR_OK;
	}
	struct mr_secret_value *value = mr_arena_alloc(d->arena, sizeof *value);
	if (!value)
		return mr_arena_fail(d->arena, err);
	*value = *found;
	*ret = value;
	return found->def.user_defined ? make_user_defined(d->arena, value, err)
				       : make_generated(d->arena, value, err);
}

static size_t dummy_count(void *self, enum mr_secret_epoch epoch)
{
	const struct dummies *d = self;

	(void)epoch;
	return d->data->secrets_count;
}

static struct mr_str dummy_name(void *self, enum mr_secret_epoch epoch, size_t at)
{
	const struct dummies *d = self;

	(void)epoch;
	return d->data->secrets[at].def.name;
}

static mr_result dry_run_content(const struct mr_content *c, bool env,
	struct mr_template_data *data, size_t *left, struct mr_buf *out, struct mr_error *err)
{
	struct mr_template_limits limits = { 0 };
	MR_AUTO(template) struct mr_template *t = NULL;
	struct mr_value root = mr_template_data_root(data);

	MR_TRY(mr_content_compile(c, env, &t, err));
	if (!t)
		return MR_OK;
	limits.left = left;
	mr_buf_clear(out);
	return mr_wrap(err, mr_template_run(t, &root, NULL, &limits, out, err), "%s %.*s",
		env ? "env variable" : "file", MR_STR_ARGS(c->name));
}

static mr_result dry_run_contents(const struct mr_marble *marble, struct mr_template_data *data,
	size_t *left, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };

	mr_buf_init_secret(&out, MR_PARAMETERS_MAX_OUTPUT);
	for (size_t i = 0; i < marble->files.count; i++)
		MR_TRY(dry_run_content(&marble->files.items[i], false, data, left, &out, err));
	for (size_t i = 0; i < marble->env.count; i++)
		MR_TRY(dry_run_content(&marble->env.items[i], true, data, left, &out, err));
	return MR_OK;
}

static mr_result run_marble(const struct mr_marble *marble, const struct mr_dry_run *dry_run,
	size_t *left, struct mr_error *err)
{
	static const uint8_t byte[] = { 0x41 };
	const struct mr_bytes dummy = { byte, sizeof byte };
	const struct mr_reserved_values reserved = {
		.marble_root = dummy,
		.marble_cert = dummy,
		.marble_private = dummy,
		.marble_public = dummy,
		.coordinator_root = dummy,
		.coordinator_intermediate = dummy,
	};
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct dummies dummies = { dry_run, &arena };
	const struct mr_parameters_source source = { &dummies, dummy_secret, dummy_count,
		dummy_name, &reserved };
	struct mr_template_data data;

	mr_arena_init(&arena, MR_MANIFEST_MAX_MEMORY);
	mr_template_data_init(&data, &source);
	return mr_wrap(err, dry_run_contents(marble, &data, left, err), "in Marble %.*s",
		MR_STR_ARGS(marble->name));
}

mr_result mr_parameters_dry_run(
	const struct mr_marble *marble, const struct mr_dry_run *dry_run, struct mr_error *err)
{
	return mr_parameters_dry_run_all(marble, 1, dry_run, err);
}

mr_result mr_parameters_dry_run_all(const struct mr_marble *marbles, size_t count,
	const struct mr_dry_run *dry_run, struct mr_error *err)
{
	size_t left = STEPS_MAX;

	for (size_t i = 0; i < count; i++)
		MR_TRY(run_marble(&marbles[i], dry_run, &left, err));
	return MR_OK;
}
