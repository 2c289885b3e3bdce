/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "ttls/config_internal.h"

#define CHAIN_MAX 16

static bool same(const struct mr_ttls_credentials *a, const struct mr_ttls_credentials *b)
{
	return a->server == b->server && a->verify_client == b->verify_client &&
	       mr_str_eq(a->certificate, b->certificate) && mr_str_eq(a->key, b->key) &&
	       mr_str_eq(a->root, b->root);
}

/* All certificates of a PEM text; fails on none and on more than `max`. */
static mr_result read_certificates(
	struct mr_str pem, struct mr_cert *list, size_t max, size_t *count, struct mr_error *err)
{
	while (*count < max) {
		mr_result r = mr_cert_from_pem(pem, &list[*count], &pem, err);
		if (mr_failed(r) && r.code == MR_CODE_NOT_FOUND && *count > 0)
			return MR_OK;
		MR_TRY(r);
		++*count;
	}
	struct mr_cert more = { 0 };
	if (mr_failed(mr_cert_from_pem(pem, &more, NULL, err)))
		return MR_OK;
	mr_cert_done(&more);
	return mr_fail(err, MR_CODE_LIMIT, "more than %zu certificates", max);
}

struct chain {
	struct mr_cert list[CHAIN_MAX];
	size_t count;
};

static void chain_done(struct chain *chain)
{
	while (chain->count > 0)
		mr_cert_done(&chain->list[--chain->count]);
}

MR_DEFINE_AUTO(chain, struct chain, chain_done)

static mr_result read_identity(
	const struct mr_ttls_credentials *from, struct mr_tls_identity **ret, struct mr_error *err)
{
	MR_AUTO(chain) struct chain chain = { 0 };
	MR_AUTO(key) struct mr_key *key = NULL;
	MR_AUTO(key) struct mr_key *certified = NULL;
	struct mr_bytes ders[CHAIN_MAX];

	MR_TRY(mr_wrap(err,
		read_certificates(from->certificate, chain.list, CHAIN_MAX, &chain.count, err),
		"clicrt"));
	for (size_t i = 0; i < chain.count; i++)
		ders[i] = chain.list[i].der;
	MR_TRY(mr_wrap(err, mr_cert_key(&chain.list[0], &certified, err), "clicrt"));
	MR_TRY(mr_wrap(err, mr_key_from_pem(from->key, &key, err), "clikey"));
	if (!mr_key_same_public(key, certified))
		return mr_fail(err, MR_CODE_INVALID, "clikey is not the key of clicrt");
	return mr_tls_identity_new(ders, chain.count, key, ret, err);
}

static mr_result fill(struct mr_ttls_shared *s, struct mr_error *err)
{
	const struct mr_ttls_credentials *from = &s->source;

	MR_TRY(mr_wrap(err,
		read_certificates(from->root, s->roots, MR_TTLS_ROOTS_MAX, &s->root_count, err),
		"cacrt"));
	/* A client without both has no certificate to show (30 §6.2). */
	if (from->server || (from->certificate.len > 0 && from->key.len > 0))
		MR_TRY(read_identity(from, &s->identity, err));
	const struct mr_tls_engine_config config = {
		.server = from->server,
		.identity = s->identity,
		.anchors = s->roots,
		.anchor_count = s->root_count,
		.verify_client = from->verify_client,
	};
	return mr_tls_engine_context_new(&config, &s->context, err);
}

mr_result mr_ttls_credentials_context(struct mr_ttls_config *config,
	const struct mr_ttls_credentials *credentials, struct mr_tls_engine_context **ret,
	struct mr_error *err)
{
	struct mr_ttls_shared *s = config->shared;

	while (s && !same(&s->source, credentials))
		s = s->next;
	if (!s) {
		s = calloc(1, sizeof *s);
		if (!s)
			return mr_fail_nomem(err);
		s->source = *credentials;
		s->next = config->shared;
		config->shared = s;
		MR_TRY(fill(s, err));
	}
	*ret = s->context;
	return MR_OK;
}

void mr_ttls_credentials_forget(struct mr_ttls_config *config)
{
	for (struct mr_ttls_shared *s = config->shared; s; s = s->next)
		s->source = (struct mr_ttls_credentials){ 0 };
}

void mr_ttls_credentials_done(struct mr_ttls_config *config)
{
	while (config->shared) {
		struct mr_ttls_shared *s = config->shared;
		config->shared = s->next;
		mr_tls_engine_context_free(s->context);
		mr_tls_identity_unref(s->identity);
		for (size_t i = 0; i < s->root_count; i++)
			mr_cert_done(&s->roots[i]);
		free(s);
	}
}
