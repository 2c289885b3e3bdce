/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/view_tables.h"

#include "manifest/cert_template.h"
#include "manifest/records.h"

/* How the records of one kind are read. The readers below adapt the typed functions of the manifest room. */
struct kind {
	struct mr_str prefix;
	size_t size;
	mr_result (*decode)(struct mr_bytes json, struct mr_str name, struct mr_arena *arena,
		void *ret, struct mr_error *err);
};

#define DEFINE_READER(what, type)                                                                  \
	static mr_result read_##what(struct mr_bytes json, struct mr_str name,                     \
		struct mr_arena *arena, void *ret, struct mr_error *err)                           \
	{                                                                                          \
		return mr_##what##_decode(json, name, arena, (struct type *)ret, err);             \
	}

DEFINE_READER(package, mr_package)
DEFINE_READER(infrastructure, mr_infrastructure)
DEFINE_READER(marble, mr_marble)
DEFINE_READER(tls_tag, mr_tls_tag)
DEFINE_READER(user, mr_user)
DEFINE_READER(secret_value, mr_secret_value)

static const struct kind packages = { MR_STR_INIT("package:"), sizeof(struct mr_package),
	read_package };
static const struct kind infrastructures = { MR_STR_INIT("infrastructure:"),
	sizeof(struct mr_infrastructure), read_infrastructure };
static const struct kind marbles = { MR_STR_INIT("marble:"), sizeof(struct mr_marble),
	read_marble };
static const struct kind tls_tags = { MR_STR_INIT("TLS:"), sizeof(struct mr_tls_tag),
	read_tls_tag };
static const struct kind users = { MR_STR_INIT("user:"), sizeof(struct mr_user), read_user };
static const struct kind secrets = { MR_STR_INIT("secret:"), sizeof(struct mr_secret_value),
	read_secret_value };
static const struct kind previous_secrets = { MR_STR_INIT("previousSecret:"),
	sizeof(struct mr_secret_value), read_secret_value };

/* Reads all records of a kind; the state's byte order of keys is the order of names. */
static mr_result read_kind(struct mr_view *v, const struct kind *kind, void *ret_list,
	size_t *ret_count, struct mr_error *err)
{
	size_t first;
	size_t count = mr_state_range(v->source, kind->prefix, &first);
	char *list = mr_arena_array(&v->arena, count, kind->size);

	if (!list)
		return mr_arena_fail(&v->arena, err);
	for (size_t i = 0; i < count; i++) {
		struct mr_state_entry e = mr_state_at(v->source, first + i);
		struct mr_str name = mr_str_sub(e.key, kind->prefix.len, e.key.len);
		mr_result r = kind->decode(e.value, name, &v->arena, list + i * kind->size, err);
		if (mr_failed(r))
			return mr_wrap(err, r, "%.*s", MR_STR_ARGS(e.key));
	}
	*(void **)ret_list = list;
	*ret_count = count;
	return MR_OK;
}

/*
 * The state holds the issued certificate of a secret, not its template. The template is in the manifest; where that
 * does not know the secret (previous ones), the certificate serves as template (10 §7.6).
 */
static mr_result restore_templates(
	struct mr_view *v, enum mr_secret_epoch epoch, struct mr_error *err)
{
	for (size_t i = 0; i < v->secrets_count[epoch]; i++) {
		struct mr_secret_value *s = &v->secrets[epoch][i];
		if (s->def.user_defined || !mr_secret_type_is_cert(s->def.type))
			continue;
		const struct mr_secret_value *given = mr_manifest_secret(v->manifest, s->def.name);
		if (epoch == MR_SECRETS_CURRENT && given)
			s->def.cert_template = given->def.cert_template;
		else if (s->cert.present)
			MR_TRY(mr_cert_template_from_der(
				s->cert.bytes, &v->arena, &s->def.cert_template, err));
	}
	return MR_OK;
}

static bool makes_rsa_key(const struct mr_secret_value *s)
{
	return s && s->def.type == MR_SECRET_CERT_RSA && !s->def.shared && !s->def.user_defined;
}

struct slow_search {
	const struct mr_view *view;
	enum mr_secret_epoch epoch;
	bool found;
};

static void visit_reference(void *context, struct mr_str name)
{
	struct slow_search *search = context;

	if (makes_rsa_key(mr_view_secret(search->view, search->epoch, name)))
		search->found = true;
}

static bool may_make_rsa_key(const struct mr_view *v,
	const struct mr_compiled_parameters *parameters, const bool any_rsa[2])
{
	for (int epoch = MR_SECRETS_CURRENT; epoch <= MR_SECRETS_PREVIOUS; epoch++) {
		struct slow_search search = { v, (enum mr_secret_epoch)epoch, false };
		if (!any_rsa[epoch])
			continue;
		if (!mr_parameters_references(parameters, search.epoch, visit_reference, &search) ||
			search.found)
			return true;
	}
	return false;
}

static mr_result compile_marbles(struct mr_view *v, struct mr_error *err)
{
	bool any_rsa[2] = { false, false };

	for (int epoch = MR_SECRETS_CURRENT; epoch <= MR_SECRETS_PREVIOUS; epoch++)
		for (size_t i = 0; i < v->secrets_count[epoch]; i++)
			any_rsa[epoch] = any_rsa[epoch] || makes_rsa_key(&v->secrets[epoch][i]);
	v->compiled = mr_arena_array(&v->arena, v->marbles_count, sizeof *v->compiled);
	if (!v->compiled)
		return mr_arena_fail(&v->arena, err);
	for (size_t i = 0; i < v->marbles_count; i++) {
		struct mr_view_marble *m = &v->compiled[i];
		m->definition = &v->marbles[i];
		m->package = mr_names_find(v->packages, v->packages_count, sizeof *v->packages,
			m->definition->package);
		mr_result r = mr_parameters_compile(
			m->definition, v->tls_tags, v->tls_tags_count, &m->parameters, err);
		/* A state that another implementation wrote must not keep the Coordinator from starting because of one
		 * Marble's templates: that Marble's activation then tells what is wrong with them. */
		if (mr_failed(r) && r.code == MR_CODE_NOMEM)
			return r;
		m->slow = m->parameters && may_make_rsa_key(v, m->parameters, any_rsa);
	}
	return MR_OK;
}

mr_result mr_view_read_tables(struct mr_view *v, struct mr_error *err)
{
	MR_TRY(read_kind(v, &packages, &v->packages, &v->packages_count, err));
	MR_TRY(read_kind(v, &infrastructures, &v->infrastructures, &v->infrastructures_count, err));
	MR_TRY(read_kind(v, &tls_tags, &v->tls_tags, &v->tls_tags_count, err));
	MR_TRY(read_kind(v, &users, &v->users, &v->users_count, err));
	MR_TRY(read_kind(v, &secrets, &v->secrets[MR_SECRETS_CURRENT],
		&v->secrets_count[MR_SECRETS_CURRENT], err));
	MR_TRY(read_kind(v, &previous_secrets, &v->secrets[MR_SECRETS_PREVIOUS],
		&v->secrets_count[MR_SECRETS_PREVIOUS], err));
	MR_TRY(restore_templates(v, MR_SECRETS_CURRENT, err));
	MR_TRY(restore_templates(v, MR_SECRETS_PREVIOUS, err));
	MR_TRY(read_kind(v, &marbles, &v->marbles, &v->marbles_count, err));
	return compile_marbles(v, err);
}
