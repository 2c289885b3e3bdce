/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/parameters.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "codec/pem.h"
#include "manifest/parameters_internal.h"

/* An entry of Files or Env, ready to be rendered. */
struct compiled_value {
	const struct mr_content *content;
	struct mr_template *t; /* NULL: the content as it is */
};

struct mr_compiled_parameters {
	struct mr_arena arena;
	const struct mr_marble *marble;
	struct compiled_value *files;
	size_t files_count;
	struct compiled_value *env;
	size_t env_count;
	struct mr_ttls ttls;
};

enum predefined {
	PREDEFINED_CHAIN,
	PREDEFINED_COORDINATOR_ROOT,
	PREDEFINED_KEY,
	PREDEFINED_ROOT,
	PREDEFINED_TTLS,
	PREDEFINED
};

static const struct mr_str predefined_names[PREDEFINED] = {
	[PREDEFINED_CHAIN] = MR_STR_INIT("MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"),
	[PREDEFINED_COORDINATOR_ROOT] = MR_STR_INIT("MARBLE_PREDEFINED_COORDINATOR_ROOT_CA"),
	[PREDEFINED_KEY] = MR_STR_INIT("MARBLE_PREDEFINED_PRIVATE_KEY"),
	[PREDEFINED_ROOT] = MR_STR_INIT("MARBLE_PREDEFINED_ROOT_CA"),
	[PREDEFINED_TTLS] = MR_STR_INIT("MARBLE_TTLS_CONFIG"),
};

mr_result mr_content_compile(
	const struct mr_content *c, bool env, struct mr_template **ret, struct mr_error *err)
{
	struct mr_str text = mr_bytes_str(c->data);

	*ret = NULL;
	if (env && c->data.len && memchr(c->data.ptr, 0, c->data.len))
		return mr_fail(err, MR_CODE_INVALID,
			"env variable: %.*s: content contains null bytes", MR_STR_ARGS(c->name));
	if (c->no_templates || text.len < 2 || !memmem(text.ptr, text.len, "{{", 2))
		return MR_OK;
	return mr_wrap(err,
		mr_template_parse(text, env ? &mr_env_functions : &mr_files_functions, ret, err),
		"%s %.*s", env ? "env variable" : "file", MR_STR_ARGS(c->name));
}

/* What is in the manifest under a predefined name never counts. */
static bool is_predefined(const struct mr_compiled_parameters *c, struct mr_str name)
{
	size_t count = c->marble->tls.count ? PREDEFINED : PREDEFINED_TTLS;

	for (size_t i = 0; i < count; i++)
		if (mr_str_eq(name, predefined_names[i]))
			return true;
	return false;
}

static mr_result compile_map(struct mr_compiled_parameters *c, const struct mr_content_map *map,
	bool env, struct compiled_value **list, size_t *count, struct mr_error *err)
{
	if (map->count == 0)
		return MR_OK;
	*list = mr_arena_array(&c->arena, map->count, sizeof **list);
	if (!*list)
		return mr_arena_fail(&c->arena, err);
	for (size_t i = 0; i < map->count; i++) {
		struct compiled_value *value = &(*list)[*count];
		value->content = &map->items[i];
		MR_TRY(mr_content_compile(value->content, env, &value->t, err));
		if (env && is_predefined(c, value->content->name)) {
			mr_template_free(value->t);
			value->t = NULL;
			continue;
		}
		++*count;
	}
	return MR_OK;
}

mr_result mr_parameters_compile(const struct mr_marble *marble, const struct mr_tls_tag *tags,
	size_t tags_count, struct mr_compiled_parameters **ret, struct mr_error *err)
{
	MR_AUTO(parameters) struct mr_compiled_parameters *c = calloc(1, sizeof *c);

	if (!c)
		return mr_fail_nomem(err);
	mr_arena_init(&c->arena, MR_MANIFEST_MAX_MEMORY);
	c->marble = marble;
	MR_TRY(compile_map(c, &marble->files, false, &c->files, &c->files_count, err));
	MR_TRY(compile_map(c, &marble->env, true, &c->env, &c->env_count, err));
	MR_TRY(mr_ttls_compile(marble, tags, tags_count, &c->arena, &c->ttls, err));
	*ret = c;
	c = NULL;
	return MR_OK;
}

static void free_templates(struct compiled_value *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		mr_template_free(list[i].t);
}

void mr_parameters_free(struct mr_compiled_parameters *c)
{
	if (!c)
		return;
	free_templates(c->files, c->files_count);
	free_templates(c->env, c->env_count);
	mr_arena_done(&c->arena);
	free(c);
}

static bool list_references(const struct compiled_value *list, size_t count,
	enum mr_secret_epoch epoch, void (*visit)(void *context, struct mr_str name), void *context)
{
	struct mr_str root = epoch == MR_SECRETS_CURRENT ? MR_STR("Secrets")
							 : MR_STR("Previous.Secrets");
	bool known = true;

	for (size_t i = 0; i < count; i++)
		if (list[i].t && !mr_template_references(list[i].t, root, visit, context))
			known = false;
	return known;
}

bool mr_parameters_references(const struct mr_compiled_parameters *c, enum mr_secret_epoch epoch,
	void (*visit)(void *context, struct mr_str name), void *context)
{
	bool files = list_references(c->files, c->files_count, epoch, visit, context);
	bool env = list_references(c->env, c->env_count, epoch, visit, context);

	if (epoch == MR_SECRETS_CURRENT)
		for (size_t i = 0; i < c->ttls.incoming_count; i++)
			if (c->ttls.incoming[i].cert.len)
				visit(context, c->ttls.incoming[i].cert);
	return files && env;
}

/* --- rendering --- */

struct rendering {
	const struct mr_compiled_parameters *c;
	const struct mr_parameters_source *source;
	struct mr_template_data data;
	struct mr_buf *values; /* moves while it grows: see place_values */
};

/* Where a value lies in `values`, which moves as long as it grows. */
static const size_t not_in_values = SIZE_MAX;

static void place_values(
	struct mr_param *list, const size_t *offsets, size_t count, const struct mr_buf *values)
{
	for (size_t i = 0; i < count; i++)
		if (offsets[i] != not_in_values && list[i].value.len)
			list[i].value.ptr = values->data + offsets[i];
}

static mr_result render_value(struct rendering *r, const struct compiled_value *value, bool env,
	struct mr_param *ret, size_t *ret_offset, struct mr_error *err)
{
	size_t offset = r->values->len;
	struct mr_value root = mr_template_data_root(&r->data);
	MR_AUTO(buf) struct mr_buf quoted = { 0 };

	ret->name = value->content->name;
	ret->value = value->content->data;
	*ret_offset = value->t ? offset : not_in_values;
	if (!value->t)
		return MR_OK;
	mr_result result = mr_template_run(value->t, &root, NULL, NULL, r->values, err);
	ret->value = (struct mr_bytes){ NULL, r->values->len - offset };
	if (!mr_failed(result))
		return MR_OK;
	mr_buf_init(&quoted, MR_ERROR_MAX);
	mr_utf8_put_quoted(&quoted, value->content->name);
	return mr_wrap(err, result, "parsing secrets for %s %.*s", env ? "env variable" : "file",
		MR_STR_ARGS(mr_buf_str(&quoted)));
}

static mr_result ttls_secret(
	void *self, struct mr_str name, const struct mr_secret_value **ret, struct mr_error *err)
{
	const struct rendering *r = self;

	return r->source->secret(r->source->self, MR_SECRETS_CURRENT, name, ret, err);
}

static void put_certificate(struct mr_buf *out, struct mr_bytes der, struct mr_str pem)
{
	if (pem.len)
		mr_buf_put_str(out, pem);
	else
		mr_pem_encode(out, "CERTIFICATE", der);
}

static mr_result put_ttls(struct rendering *r, struct mr_error *err)
{
	const struct mr_reserved_values *v = r->source->reserved;
	const struct mr_ttls_source ttls = {
		.marble_root = v->marble_root,
		.marble_cert = v->marble_cert,
		.marble_private = v->marble_private,
		.marble_root_pem = v->marble_root_pem,
		.self = r,
		.secret = ttls_secret,
	};

	return mr_wrap(err, mr_ttls_write(&r->c->ttls, &ttls, r->values, err),
		"parsing secrets for env variable \"%s\"", predefined_names[PREDEFINED_TTLS].ptr);
}

static mr_result put_predefined(struct rendering *r, enum predefined which, struct mr_error *err)
{
	const struct mr_reserved_values *v = r->source->reserved;

	switch (which) {
	case PREDEFINED_CHAIN:
		mr_pem_encode(r->values, "CERTIFICATE", v->marble_cert);
		put_certificate(
			r->values, v->coordinator_intermediate, v->coordinator_intermediate_pem);
		break;
	case PREDEFINED_COORDINATOR_ROOT:
		put_certificate(r->values, v->coordinator_root, v->coordinator_root_pem);
		break;
	case PREDEFINED_KEY:
		mr_pem_encode(r->values, "PRIVATE KEY", v->marble_private);
		break;
	case PREDEFINED_ROOT:
		put_certificate(r->values, v->marble_root, v->marble_root_pem);
		break;
	case PREDEFINED_TTLS:
	default:
		MR_TRY(put_ttls(r, err));
	}
	return mr_buf_status(r->values, err);
}

static mr_result render_files(struct rendering *r, struct mr_arena *arena,
	struct mr_parameters *ret, size_t **ret_offsets, struct mr_error *err)
{
	const struct mr_compiled_parameters *c = r->c;

	ret->files = mr_arena_array(arena, c->files_count, sizeof *ret->files);
	*ret_offsets = mr_arena_array(arena, c->files_count, sizeof **ret_offsets);
	if (!ret->files || !*ret_offsets)
		return mr_arena_fail(arena, err);
	for (; ret->files_count < c->files_count; ret->files_count++)
		MR_TRY(render_value(r, &c->files[ret->files_count], false,
			&ret->files[ret->files_count], &(*ret_offsets)[ret->files_count], err));
	return MR_OK;
}

static mr_result render_env(struct rendering *r, struct mr_arena *arena, struct mr_parameters *ret,
	size_t **ret_offsets, struct mr_error *err)
{
	const struct mr_compiled_parameters *c = r->c;
	size_t room = c->env_count + PREDEFINED;

	ret->env = mr_arena_array(arena, room, sizeof *ret->env);
	*ret_offsets = mr_arena_array(arena, room, sizeof **ret_offsets);
	if (!ret->env || !*ret_offsets)
		return mr_arena_fail(arena, err);
	for (; ret->env_count < c->env_count; ret->env_count++)
		MR_TRY(render_value(r, &c->env[ret->env_count], true, &ret->env[ret->env_count],
			&(*ret_offsets)[ret->env_count], err));
	for (enum predefined which = 0; which < PREDEFINED; which++) {
		size_t offset = r->values->len;
		if (which == PREDEFINED_TTLS && c->marble->tls.count == 0)
			continue;
		MR_TRY(put_predefined(r, which, err));
		(*ret_offsets)[ret->env_count] = offset;
		ret->env[ret->env_count++] = (struct mr_param){ predefined_names[which],
			{ NULL, r->values->len - offset } };
	}
	return MR_OK;
}

mr_result mr_parameters_render(const struct mr_compiled_parameters *c,
	const struct mr_parameters_source *source, struct mr_arena *arena, struct mr_buf *values,
	struct mr_parameters *ret, struct mr_error *err)
{
	struct rendering r = { .c = c, .source = source, .values = values };
	struct mr_parameters out = { 0 };
	size_t *files_offsets, *env_offsets;

	mr_template_data_init(&r.data, source);
	MR_TRY(render_files(&r, arena, &out, &files_offsets, err));
	MR_TRY(render_env(&r, arena, &out, &env_offsets, err));
	place_values(out.files, files_offsets, out.files_count, values);
	place_values(out.env, env_offsets, out.env_count, values);
	out.argv = c->marble->argv.items;
	out.argv_count = c->marble->argv.count;
	*ret = out;
	return MR_OK;
}
