/* SPDX-License-Identifier: Apache-2.0 */
/* The Coordinator's certificates with its evidence over them (20 §6.2). */
#include <stdlib.h>

#include "codec/base64.h"
#include "coordinator/api.h"

enum { NONCE_MAX = 64 << 10, QUOTE_MAX = 2 << 20 };

/* A request whose quote has to be made. */
struct quote_call {
	struct mr_api_call call;
	struct mr_snapshot *snapshot;
	struct mr_buf nonce;
	struct mr_job job;
};

/* URL-safe base64 with padding (20 §6.2). False: answered. */
static bool read_nonce(const struct mr_api_call *call, struct mr_buf *ret_nonce)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_error err;
	bool found;
	size_t at = 0;

	mr_buf_init(&text, NONCE_MAX);
	mr_result r = mr_api_next_parameter(mr_http_request_of(call->exchange)->query, &at,
		MR_STR("nonce"), &text, &found, &err);
	if (!mr_failed(r) && found)
		r = mr_base64_decode(mr_buf_str(&text), MR_BASE64_URL, ret_nonce, &err);
	if (!mr_failed(r))
		return true;
	int http_status = r.code == MR_CODE_NOMEM ? 500 : 400;
	r = mr_wrap(&err, r, "invalid query: bad nonce format");
	mr_api_fail(call, http_status, mr_str_of(err.message));
	return false;
}

/* `quote` empty: there is none (70 §6). */
static void answer(const struct mr_api_call *call, const struct mr_authority *authority,
	const struct mr_buf *quote)
{
	MR_AUTO(buf) struct mr_buf chain = { 0 };
	bool v1 = call->version == MR_API_V1;
	struct mr_buf data;

	mr_buf_init(&chain, 1 << 20);
	mr_buf_put_bytes(&chain, mr_buf_bytes(&authority->intermediate_pem));
	mr_buf_put_bytes(&chain, mr_buf_bytes(&authority->root_pem));
	mr_buf_init(&data, 4 << 20);
	mr_buf_put_u8(&data, '{');
	mr_json_put_name(&data, v1 ? "Cert" : "cert", true);
	mr_json_put_str(&data, mr_buf_str(&chain));
	mr_json_put_name(&data, v1 ? "Quote" : "quote", false);
	if (quote->len)
		mr_json_put_bytes(&data, mr_buf_bytes(quote));
	else
		mr_buf_put_cstr(&data, "null");
	mr_buf_put_u8(&data, '}');
	if (chain.failure != MR_CODE_OK || quote->failure != MR_CODE_OK)
		mr_buf_set_failure(&data, MR_CODE_NOMEM);
	mr_api_success(call, &data);
}

static void finish(struct quote_call *q)
{
	mr_snapshot_unref(q->snapshot);
	mr_buf_done(&q->nonce);
	free(q);
}

static void make(struct mr_job *job)
{
	struct quote_call *q = MR_CONTAINER_OF(job, struct quote_call, job);
	const struct mr_authority *authority = q->snapshot->view->authority;
	MR_AUTO(buf) struct mr_buf quote = { 0 };
	struct mr_error err;

	mr_buf_init(&quote, QUOTE_MAX);
	if (atomic_load(&q->call.core->stopping))
		mr_api_busy(&q->call);
	else if (mr_failed(mr_own_quote_make(q->call.core->quote, authority->root.der,
			 mr_buf_bytes(&q->nonce), &quote, &err)))
		mr_api_error(&q->call, 500, mr_str_of(err.message));
	else
		answer(&q->call, authority, &quote);
	finish(q);
}

/* One is made at a time, and few wait: who asks for many gets a refusal. */
static void start_making(
	const struct mr_api_call *call, struct mr_snapshot *snapshot, struct mr_buf *take_nonce)
{
	struct quote_call *q = calloc(1, sizeof *q);

	if (!q) {
		mr_api_error(call, 500, MR_STR("out of memory"));
		mr_buf_done(take_nonce);
		return;
	}
	q->call = *call;
	q->snapshot = MR_CONTAINER_OF(mr_shared_ref(&snapshot->shared), struct mr_snapshot, shared);
	q->nonce = *take_nonce;
	*take_nonce = (struct mr_buf){ 0 };
	q->job.run = make;
	if (mr_workers_submit(call->core->quoters, &q->job))
		return;
	mr_api_busy(&q->call);
	finish(q);
}

void mr_api_get_quote(const struct mr_api_call *call)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(call->core);
	const struct mr_authority *authority = s->view->authority;
	MR_AUTO(buf) struct mr_buf nonce = { 0 };
	MR_AUTO(buf) struct mr_buf quote = { 0 };

	MR_LOG(call->core->log, MR_LOG_DEBUG, "GetCertQuote called",
		mr_log_cstr("remote", mr_http_request_of(call->exchange)->remote));
	mr_buf_init(&nonce, NONCE_MAX);
	mr_buf_init(&quote, QUOTE_MAX);
	if (call->version == MR_API_V2 && !read_nonce(call, &nonce))
		return;
	if (!call->core->quote || (nonce.len == 0 && mr_own_quote_kept(call->core->quote,
							     authority->root.der, &quote)))
		answer(call, authority, &quote);
	else
		start_making(call, s, &nonce);
}
