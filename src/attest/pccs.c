/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/pccs.h"

#include <stdlib.h>

#include "attest/pccs_internal.h"
#include "attest/web.h"
#include "codec/json.h"

enum { TARGET_MAX = 2048, CHAIN_MAX = 64 << 10 };

struct mr_pccs {
	struct mr_qcnl config;
	struct mr_web *web;
};

mr_result mr_pccs_new(const struct mr_qcnl *config, const atomic_bool *stop, struct mr_pccs **ret,
	struct mr_error *err)
{
	MR_AUTO(pccs) struct mr_pccs *p = calloc(1, sizeof *p);
	const struct mr_web_config web = { .verify_server = config->use_secure_cert,
		.retry_times = config->retry_times,
		.retry_delay = config->retry_delay,
		.stop = stop };

	if (!p)
		return mr_fail_nomem(err);
	p->config = *config;
	MR_TRY(mr_web_new(&web, &p->web, err));
	*ret = p;
	p = NULL;
	return MR_OK;
}

void mr_pccs_free(struct mr_pccs *p)
{
	if (!p)
		return;
	mr_web_free(p->web);
	free(p);
}

void mr_pccs_document_done(struct mr_pccs_document *document)
{
	mr_buf_done(&document->body);
	mr_buf_done(&document->chain);
}

/* The header field of the issuer chain, in the names of both versions of the interface. */
static bool find_chain(
	const struct mr_http_answer *answer, enum mr_pccs_kind kind, struct mr_str *ret)
{
	static const char *const names[][2] = {
		[MR_PCCS_PCK_CRL] = { "SGX-PCK-CRL-Issuer-Chain", NULL },
		[MR_PCCS_TCB_INFO] = { "TCB-Info-Issuer-Chain", "SGX-TCB-Info-Issuer-Chain" },
		[MR_PCCS_QE_IDENTITY] = { "SGX-Enclave-Identity-Issuer-Chain", NULL },
		[MR_PCCS_PCK_CERT] = { "SGX-PCK-Certificate-Issuer-Chain", NULL },
	};

	for (size_t i = 0; i < 2 && names[kind][i]; i++) {
		if (mr_http_answer_field(answer, mr_str_of(names[kind][i]), ret))
			return true;
	}
	return false;
}

/* The leaf as PEM; one known cache wraps it in JSON. */
static bool put_leaf(struct mr_bytes body, struct mr_buf *out)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	const struct mr_json *root;
	const struct mr_json *leaf;
	struct mr_error ignored;

	if (mr_str_starts(mr_bytes_str(body), MR_STR("-----BEGIN"))) {
		mr_buf_put_bytes(out, body);
		return true;
	}
	mr_arena_init(&arena, (size_t)4 << 20);
	if (mr_failed(mr_json_parse(mr_bytes_str(body), &arena, &root, &ignored)) ||
		root->kind != MR_JSON_OBJECT)
		return false;
	leaf = mr_json_member(root, MR_STR("pckCert"));
	if (!leaf)
		leaf = mr_json_member(root, MR_STR("cert"));
	if (!leaf || leaf->kind != MR_JSON_STRING)
		return false;
	mr_buf_put_str(out, leaf->text);
	return true;
}

static enum mr_attest_code take(const struct mr_http_answer *answer, enum mr_pccs_kind kind,
	struct mr_pccs_document *ret, struct mr_error *err)
{
	struct mr_str chain = { NULL, 0 };

	mr_buf_init(&ret->body, MR_WEB_BODY_MAX);
	mr_buf_init(&ret->chain, CHAIN_MAX);
	if (kind != MR_PCCS_ROOT_CRL && !find_chain(answer, kind, &chain))
		return mr_attest_fail(
			err, MR_ATTEST_COLLATERAL_FETCH, "the service sends no issuer chain");
	if (kind == MR_PCCS_PCK_CERT && !put_leaf(mr_buf_bytes(&answer->body), &ret->chain))
		return mr_attest_fail(
			err, MR_ATTEST_COLLATERAL_FETCH, "the service sends no PCK certificate");
	if (!mr_percent_decode(&ret->chain, chain))
		return mr_attest_fail(err, MR_ATTEST_COLLATERAL_FETCH,
			"the issuer chain of the service is malformed");
	mr_buf_put_bytes(&ret->body, mr_buf_bytes(&answer->body));
	ret->max_age = mr_web_max_age(answer);
	MR_ATTEST_TRY(mr_attest_of(mr_buf_status(&ret->chain, err), MR_ATTEST_COLLATERAL_FETCH));
	return mr_attest_of(mr_buf_status(&ret->body, err), MR_ATTEST_COLLATERAL_FETCH);
}

static struct mr_service_url service_of(const struct mr_qcnl *config, enum mr_pccs_kind kind)
{
	struct mr_service_url service = config->collateral;

	if (kind == MR_PCCS_PCK_CERT)
		return config->pccs;
	/* Intel's service has no root list: the certificate says where it is */
	if (kind == MR_PCCS_ROOT_CRL && mr_pccs_is_intel(&service))
		(void)memcpy(
			service.endpoint, MR_INTEL_ROOT_CRL_HOST, sizeof MR_INTEL_ROOT_CRL_HOST);
	return service;
}

enum mr_attest_code mr_pccs_fetch(struct mr_pccs *p, const struct mr_pccs_request *request,
	int64_t deadline_ms, struct mr_pccs_document *ret, struct mr_error *err)
{
	const struct mr_service_url service = service_of(&p->config, request->kind);
	MR_AUTO(http_answer) struct mr_http_answer answer = { 0 };
	MR_AUTO(pccs_document) struct mr_pccs_document document = { .max_age = -1 };
	MR_AUTO(buf) struct mr_buf target = { 0 };

	mr_buf_init(&target, TARGET_MAX);
	MR_ATTEST_TRY(mr_attest_of(
		mr_pccs_put_target(&target, &p->config, request, err), MR_ATTEST_COLLATERAL_FETCH));
	mr_buf_put_u8(&target, 0);
	MR_ATTEST_TRY(mr_attest_of(mr_buf_status(&target, err), MR_ATTEST_COLLATERAL_FETCH));
	MR_ATTEST_TRY(mr_attest_of(
		mr_web_get(p->web, &service, (const char *)target.data, deadline_ms, &answer, err),
		MR_ATTEST_COLLATERAL_FETCH));
	MR_ATTEST_TRY(take(&answer, request->kind, &document, err));
	*ret = document;
	document = (struct mr_pccs_document){ .max_age = -1 };
	return MR_ATTEST_OK;
}
