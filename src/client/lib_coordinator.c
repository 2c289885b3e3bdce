/* SPDX-License-Identifier: Apache-2.0 */
/* Verified connections of the public interface (20 §10, §11). */
#include <stdlib.h>

#include "client/lib.h"
#include "client/quote_check.h"

enum { PEM_MAX = 1 << 20, CHAIN_MAX = 16 };

static mr_result open_api(marblerun_coordinator *c, struct mr_error *err)
{
	const struct mr_api_config config = { .endpoint = c->endpoint,
		.root = c->chain.root.der.ptr ? &c->chain.root : NULL,
		.identity = c->identity };
	struct mr_api *api = NULL;

	MR_TRY(mr_api_new(&config, &api, err));
	mr_api_free(c->api);
	c->api = api;
	return MR_OK;
}

static mr_result begin(const char *endpoint, marblerun_coordinator **ret, struct mr_error *err)
{
	marblerun_coordinator *c = calloc(1, sizeof *c);
	struct mr_str kept;

	if (!c)
		return mr_fail_nomem(err);
	mr_lib_scratch(&c->arena);
	mr_result r = mr_arena_str(&c->arena, mr_str_of(endpoint), &kept, err);
	if (mr_failed(r)) {
		marblerun_coordinator_free(c);
		return r;
	}
	c->endpoint = kept.ptr;
	*ret = c;
	return MR_OK;
}

void marblerun_coordinator_free(marblerun_coordinator *c)
{
	if (!c)
		return;
	mr_api_free(c->api);
	mr_tls_identity_unref(c->identity);
	mr_chain_done(&c->chain);
	mr_arena_done(&c->arena);
	free(c);
}

static marblerun_coordinator *give(
	mr_result r, marblerun_coordinator *c, const struct mr_error *err, marblerun_error *error)
{
	if (mr_lib_result(error, r, err) == 0)
		return c;
	marblerun_coordinator_free(c);
	return NULL;
}

static mr_result keep_pem(marblerun_coordinator *c, const struct mr_cert *cert, const char **ret,
	struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf pem = { 0 };
	struct mr_str kept;

	if (!cert->der.ptr)
		return MR_OK;
	mr_buf_init(&pem, PEM_MAX);
	mr_chain_put_cert(&pem, cert);
	MR_TRY(mr_buf_status(&pem, err));
	MR_TRY(mr_arena_str(&c->arena, mr_buf_str(&pem), &kept, err));
	*ret = kept.ptr;
	return MR_OK;
}

static mr_result keep_chain(marblerun_coordinator *c, struct mr_error *err)
{
	MR_TRY(keep_pem(c, &c->chain.root, &c->root_pem, err));
	return keep_pem(c, &c->chain.intermediate, &c->intermediate_pem, err);
}

/* --- verify --- */

static void say(void *context, const char *line)
{
	const marblerun_policy *policy = context;

	if (policy->line)
		policy->line(policy->context, line);
}

static mr_result check_quote(
	marblerun_coordinator *c, const marblerun_policy *policy, struct mr_error *err)
{
	static const char *const initial[] = { "UpToDate", "SWHardeningNeeded" };
	bool has = policy->status_count > 0;
	/* only read */
	const struct mr_quote_notes notes = { say, say, (void *)(uintptr_t)policy };
	const struct mr_quote_check check = {
		.policy = &policy->policy,
		.quote = c->quote,
		.root_der = c->chain.root.der,
		.nonce = policy->nonce,
		.tcb_statuses = has ? policy->statuses : initial,
		.tcb_status_count = has ? policy->status_count : MR_COUNT(initial),
		.advisories = policy->advisories,
		.advisory_count = policy->advisory_count,
	};
	MR_AUTO(key) struct mr_key *key = NULL;

	MR_TRY(mr_quote_verify(&notes, &check, err));
	MR_TRY(mr_cert_key(&c->chain.root, &key, err));
	/* the quote speaks for the root alone */
	return mr_wrap(err, mr_cert_check_signature(&c->chain.intermediate, key, err),
		"verifying Coordinator intermediate certificate");
}

static mr_result attest(
	marblerun_coordinator *c, const marblerun_policy *policy, struct mr_error *err)
{
	const struct mr_api_config config = { .endpoint = c->endpoint };
	MR_AUTO(api) struct mr_api *api = NULL;
	struct mr_api_quote answer;

	MR_TRY(mr_api_new(&config, &api, err));
	MR_TRY(mr_api_get_quote(api, policy->nonce, &c->arena, &answer, err));
	MR_TRY(mr_wrap(err, mr_chain_parse(answer.chain, &c->chain, err),
		"parsing Coordinator certificate chain"));
	c->quote = answer.quote;
	if (!policy->skip)
		MR_TRY(check_quote(c, policy, err));
	MR_TRY(keep_chain(c, err));
	return open_api(c, err);
}

marblerun_coordinator *marblerun_coordinator_verify(
	const char *endpoint, const marblerun_policy *policy, marblerun_error *error)
{
	marblerun_coordinator *c = NULL;
	struct mr_error err;
	mr_result r = begin(endpoint, &c, &err);

	if (!mr_failed(r))
		r = attest(c, policy, &err);
	return give(r, c, &err, error);
}

/* --- trust --- */

static mr_result trust(marblerun_coordinator *c, const char *root_pem, struct mr_error *err)
{
	if (root_pem)
		MR_TRY(mr_cert_from_pem(mr_str_of(root_pem), &c->chain.root, NULL, err));
	MR_TRY(keep_chain(c, err));
	return open_api(c, err);
}

marblerun_coordinator *marblerun_coordinator_trust(
	const char *endpoint, const char *root_pem, marblerun_error *error)
{
	marblerun_coordinator *c = NULL;
	struct mr_error err;
	mr_result r = begin(endpoint, &c, &err);

	if (!mr_failed(r))
		r = trust(c, root_pem, &err);
	return give(r, c, &err, error);
}

static mr_result load(marblerun_coordinator *c, const char *path, struct mr_error *err)
{
	MR_TRY(mr_cache_read(path, &c->chain, err));
	MR_TRY(keep_chain(c, err));
	return open_api(c, err);
}

marblerun_coordinator *marblerun_coordinator_load(
	const char *endpoint, const char *path, marblerun_error *error)
{
	marblerun_coordinator *c = NULL;
	struct mr_error err;
	mr_result r = begin(endpoint, &c, &err);

	if (!mr_failed(r))
		r = load(c, path, &err);
	return give(r, c, &err, error);
}

int marblerun_coordinator_save(
	const marblerun_coordinator *c, const char *path, marblerun_error *error)
{
	struct mr_error err;
	mr_result r = c->intermediate_pem && c->root_pem
			      ? mr_cache_write(path, &c->chain, &err)
			      : mr_fail(&err, MR_CODE_STATE,
					"the Coordinator's certificates are not both known");

	return mr_lib_result(error, r, &err);
}

const char *marblerun_coordinator_root(const marblerun_coordinator *c)
{
	return c->root_pem;
}

const char *marblerun_coordinator_intermediate(const marblerun_coordinator *c)
{
	return c->intermediate_pem;
}

const unsigned char *marblerun_coordinator_quote(const marblerun_coordinator *c, size_t *size)
{
	*size = c->quote.len;
	return c->quote.ptr;
}

/* --- a user --- */

static mr_result use_identity(marblerun_coordinator *c, const char *chain_pem,
	const marblerun_key *key, struct mr_error *err)
{
	struct mr_cert list[CHAIN_MAX] = { { .version = 0 } };
	struct mr_str rest = mr_str_of(chain_pem);
	struct mr_tls_identity *identity = NULL;
	struct mr_bytes ders[CHAIN_MAX];
	size_t count = 0;
	mr_result r = MR_OK;

	while (count < CHAIN_MAX &&
		!mr_failed(r = mr_cert_from_pem(rest, &list[count], &rest, err))) {
		ders[count] = list[count].der;
		count++;
	}
	if (r.code == MR_CODE_NOT_FOUND && count > 0)
		r = MR_OK;
	if (!mr_failed(r))
		r = mr_tls_identity_new(ders, count, key->key, &identity, err);
	for (size_t i = 0; i < count; i++)
		mr_cert_done(&list[i]);
	MR_TRY(r);
	mr_tls_identity_unref(c->identity);
	c->identity = identity;
	return open_api(c, err);
}

int marblerun_coordinator_use_identity(marblerun_coordinator *c, const char *chain_pem,
	const marblerun_key *key, marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(error, use_identity(c, chain_pem, key, &err), &err);
}
