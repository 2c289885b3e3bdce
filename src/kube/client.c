/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/client.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/pem.h"
#include "crypto/key.h"
#include "net/anchors.h"
#include "net/http_client.h"

enum { ENDPOINT_MAX = 300, PREFIX_MAX = 512, CHAIN_MAX = 8, BODY_MAX = 8 << 20, WAIT_MS = 10000 };

struct mr_kube_client {
	const struct mr_kube_config *config;
	char endpoint[ENDPOINT_MAX], prefix[PREFIX_MAX];
	struct mr_anchors anchors;
	struct mr_tls_identity *identity;
	struct mr_http_client *http;
};

static mr_result split_server(struct mr_kube_client *c, bool *ret_plain, struct mr_error *err)
{
	struct mr_str rest = c->config->server;

	*ret_plain = mr_str_starts(rest, MR_STR("http://"));
	if (!*ret_plain && !mr_str_starts(rest, MR_STR("https://")))
		return mr_fail(err, MR_CODE_INVALID, "the cluster's server is no https:// address");
	rest = mr_str_sub(rest, *ret_plain ? 7 : 8, rest.len);
	size_t slash = mr_str_find(rest, '/', 0);
	struct mr_str host = mr_str_sub(rest, 0, slash == SIZE_MAX ? rest.len : slash);
	struct mr_str prefix = slash == SIZE_MAX ? MR_STR("") : mr_str_sub(rest, slash, rest.len);
	while (prefix.len && prefix.ptr[prefix.len - 1] == '/')
		prefix.len--;
	if (host.len >= ENDPOINT_MAX || prefix.len >= PREFIX_MAX)
		return mr_fail(
			err, MR_CODE_LIMIT, "the address of the cluster's server is too long");
	(void)snprintf(c->endpoint, sizeof c->endpoint, "%.*s", MR_STR_ARGS(host));
	(void)snprintf(c->prefix, sizeof c->prefix, "%.*s", MR_STR_ARGS(prefix));
	return MR_OK;
}

/* All certificates of a PEM text. */
static mr_result read_chain(struct mr_bytes pem, struct mr_cert *ret, size_t max, size_t *ret_count,
	struct mr_error *err)
{
	struct mr_str rest = mr_bytes_str(pem);

	*ret_count = 0;
	for (;;) {
		struct mr_cert one = { .version = 0 };
		mr_result r = mr_cert_from_pem(rest, &one, &rest, err);

		if (r.code == MR_CODE_NOT_FOUND && *ret_count > 0)
			return MR_OK;
		MR_TRY(r);
		if (*ret_count == max) {
			mr_cert_done(&one);
			return mr_fail(err, MR_CODE_LIMIT, "more than %zu certificates", max);
		}
		ret[(*ret_count)++] = one;
	}
}

static mr_result read_anchors(struct mr_kube_client *c, struct mr_error *err)
{
	if (!c->config->authority.len)
		return mr_anchors_load(&c->anchors, err);
	c->anchors.items = calloc(CHAIN_MAX, sizeof *c->anchors.items);
	if (!c->anchors.items)
		return mr_fail_nomem(err);
	return mr_wrap(err,
		read_chain(
			c->config->authority, c->anchors.items, CHAIN_MAX, &c->anchors.count, err),
		"the cluster's authority");
}

static mr_result make_identity(
	struct mr_kube_client *c, const struct mr_cert *chain, size_t count, struct mr_error *err)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	struct mr_bytes ders[CHAIN_MAX];

	for (size_t i = 0; i < count; i++)
		ders[i] = chain[i].der;
	MR_TRY(mr_wrap(err, mr_key_from_pem(mr_bytes_str(c->config->key), &key, err),
		"the kubeconfig's client key"));
	return mr_tls_identity_new(ders, count, key, &c->identity, err);
}

static mr_result read_identity(struct mr_kube_client *c, struct mr_error *err)
{
	struct mr_cert chain[CHAIN_MAX] = { { .version = 0 } };
	size_t count = 0;

	if (!c->config->certificate.len)
		return MR_OK;
	mr_result r = mr_wrap(err,
		read_chain(c->config->certificate, chain, CHAIN_MAX, &count, err),
		"the kubeconfig's client certificate");
	if (!mr_failed(r))
		r = make_identity(c, chain, count, err);
	for (size_t i = 0; i < count; i++)
		mr_cert_done(&chain[i]);
	return r;
}

static mr_result set_up(struct mr_kube_client *c, struct mr_error *err)
{
	struct mr_http_client_config http = { .endpoint = c->endpoint,
		.max_body = BODY_MAX,
		.connect_ms = WAIT_MS,
		.request_ms = WAIT_MS };

	MR_TRY(split_server(c, &http.plain, err));
	if (!http.plain && !c->config->insecure) {
		MR_TRY(read_anchors(c, err));
		http.tls.anchors = c->anchors.items;
		http.tls.anchor_count = c->anchors.count;
		http.tls.check_host = true;
	}
	MR_TRY(read_identity(c, err));
	http.tls.identity = c->identity;
	return mr_http_client_new(&http, &c->http, err);
}

mr_result mr_kube_client_new(
	const struct mr_kube_config *config, struct mr_kube_client **ret, struct mr_error *err)
{
	MR_AUTO(kube_client) struct mr_kube_client *c = calloc(1, sizeof *c);

	if (!c)
		return mr_fail_nomem(err);
	c->config = config;
	MR_TRY(set_up(c, err));
	*ret = c;
	c = NULL;
	return MR_OK;
}

void mr_kube_client_free(struct mr_kube_client *c)
{
	if (!c)
		return;
	mr_http_client_free(c->http);
	mr_tls_identity_unref(c->identity);
	mr_anchors_done(&c->anchors);
	free(c);
}

static enum mr_code code_of(int status)
{
	if (status == 404)
		return MR_CODE_NOT_FOUND;
	return status == 401 || status == 403 ? MR_CODE_DENIED : MR_CODE_INVALID;
}

mr_result mr_kube_get(
	struct mr_kube_client *c, const char *path, struct mr_buf *ret, struct mr_error *err)
{
	MR_AUTO(http_answer) struct mr_http_answer answer = { 0 };
	MR_AUTO(buf) struct mr_buf target = { 0 };
	MR_AUTO(buf) struct mr_buf bearer = { 0 };
	struct mr_http_header fields[2] = { { MR_STR("Accept"), MR_STR("application/json") } };
	size_t count = 1;

	mr_buf_init(&target, 4096);
	mr_buf_printf(&target, "%s%s", c->prefix, path);
	mr_buf_put_u8(&target, 0);
	mr_buf_init_secret(&bearer, 64 << 10);
	if (c->config->token.len) {
		mr_buf_printf(&bearer, "Bearer %.*s", MR_STR_ARGS(c->config->token));
		fields[count++] = (struct mr_http_header){ MR_STR("Authorization"),
			mr_buf_str(&bearer) };
	}
	MR_TRY(mr_buf_status(&target, err));
	MR_TRY(mr_buf_status(&bearer, err));
	MR_TRY(mr_http_client_request_with(c->http, "GET", (const char *)target.data, fields, count,
		mr_bytes_of(NULL, 0), &answer, err));
	if (answer.status != 200)
		return mr_fail(err, code_of(answer.status), "%s: status %d", path, answer.status);
	mr_buf_put_bytes(ret, mr_buf_bytes(&answer.body));
	return mr_buf_status(ret, err);
}
