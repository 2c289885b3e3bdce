/* SPDX-License-Identifier: Apache-2.0 */
/* What people ask of the client API: a page again and again, and a manifest to be set. */
#include <stdlib.h>

#include "base/file.h"
#include "codec/base64.h"
#include "crypto/digest.h"
#include "load.h"
#include "net/http_client.h"

enum { MANIFEST_MAX = 64 << 20 };

static mr_result new_client(
	const struct mr_load *load, struct mr_http_client **ret, struct mr_error *err)
{
	const struct mr_http_client_config config = { .endpoint = load->client,
		.request_ms = MR_LOAD_TIMEOUT_MS };

	return mr_http_client_new(&config, ret, err);
}

static mr_result request(struct mr_http_client *client, const char *method, const char *path,
	struct mr_bytes body, struct mr_http_answer *ret, struct mr_error *err)
{
	MR_TRY(mr_http_client_request(
		client, method, path, body.len > 0 ? "application/json" : NULL, body, ret, err));
	if (ret->status != 200)
		return mr_fail(err, MR_CODE_INVALID, "%s answered with %d: %.*s", path, ret->status,
			MR_STR_ARGS(mr_buf_str(&ret->body)));
	return MR_OK;
}

/* --- get PATH --- */

struct getting {
	struct mr_load *load;
	const char *path;
	struct mr_http_client **kept; /* one a worker, or NULL */
	struct mr_http_answer wanted; /* the answer that all must equal */
};

static mr_result get(void *context, size_t worker, size_t index, struct mr_error *err)
{
	const struct getting *g = context;
	MR_AUTO(http_client) struct mr_http_client *own = NULL;
	MR_AUTO(http_answer) struct mr_http_answer answer = { 0 };

	(void)index;
	if (!g->kept)
		MR_TRY(new_client(g->load, &own, err));
	MR_TRY(request(g->kept ? g->kept[worker] : own, "GET", g->path, mr_bytes_of(NULL, 0),
		&answer, err));
	if (!mr_bytes_eq(mr_buf_bytes(&answer.body), mr_buf_bytes(&g->wanted.body)))
		return mr_fail(err, MR_CODE_INVALID, "%s has different answers", g->path);
	return MR_OK;
}

static mr_result run_get(struct getting *g, struct mr_error *err)
{
	MR_AUTO(http_client) struct mr_http_client *first = NULL;

	MR_TRY(new_client(g->load, &first, err));
	MR_TRY(request(first, "GET", g->path, mr_bytes_of(NULL, 0), &g->wanted, err));
	if (g->load->kept) {
		g->kept = calloc(g->load->workers, sizeof(struct mr_http_client *));
		if (!g->kept)
			return mr_fail_nomem(err);
		for (size_t i = 0; i < g->load->workers; i++) {
			MR_TRY(new_client(g->load, &g->kept[i], err));
			MR_TRY(get(g, i, 0, err));
		}
	}
	mr_buf_printf(&g->load->extra, ", \"answer_bytes\": %zu", g->wanted.body.len);
	return mr_load_run(g->load, get, g, err);
}

mr_result mr_load_get(struct mr_load *load, struct mr_error *err)
{
	struct getting g = { .load = load, .path = load->arguments[0] };
	mr_result r = run_get(&g, err);

	for (size_t i = 0; g.kept && i < load->workers; i++)
		mr_http_client_free(g.kept[i]);
	free(g.kept);
	mr_http_answer_done(&g.wanted);
	return r;
}

/* --- set-manifest FILE --- */

struct setting {
	struct mr_load *load;
	struct mr_buf body;
};

static mr_result set(void *context, size_t worker, size_t index, struct mr_error *err)
{
	const struct setting *s = context;
	MR_AUTO(http_client) struct mr_http_client *client = NULL;
	MR_AUTO(http_answer) struct mr_http_answer answer = { 0 };

	(void)worker;
	(void)index;
	MR_TRY(new_client(s->load, &client, err));
	return request(client, "POST", "/api/v2/manifest", mr_buf_bytes(&s->body), &answer, err);
}

/* The manifest in force must be the one that was sent. */
static mr_result check_manifest(
	const struct mr_load *load, struct mr_bytes manifest, struct mr_error *err)
{
	MR_AUTO(http_client) struct mr_http_client *client = NULL;
	MR_AUTO(http_answer) struct mr_http_answer answer = { 0 };
	MR_AUTO(buf) struct mr_buf hex = { 0 };
	uint8_t hash[MR_SHA256_SIZE];

	MR_TRY(mr_sha256(manifest, hash, err));
	mr_buf_init(&hex, sizeof hash * 2);
	mr_hex_encode(&hex, mr_bytes_of(hash, sizeof hash));
	MR_TRY(mr_buf_status(&hex, err));
	MR_TRY(new_client(load, &client, err));
	MR_TRY(request(client, "GET", "/api/v2/manifest", mr_bytes_of(NULL, 0), &answer, err));
	if (!memmem(answer.body.data, answer.body.len, hex.data, hex.len))
		return mr_fail(err, MR_CODE_INVALID, "another manifest is in force");
	return MR_OK;
}

mr_result mr_load_set_manifest(struct mr_load *load, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf manifest = { 0 };
	MR_AUTO(buf) struct mr_buf body = { 0 };

	mr_buf_init(&manifest, MANIFEST_MAX);
	mr_buf_init(&body, 2 * (size_t)MANIFEST_MAX);
	MR_TRY(mr_file_read(load->arguments[0], &manifest, err));
	mr_buf_put_cstr(&body, "{\"manifest\":\"");
	mr_base64_encode(&body, mr_buf_bytes(&manifest), MR_BASE64_STANDARD);
	mr_buf_put_cstr(&body, "\"}");
	MR_TRY(mr_buf_status(&body, err));
	struct setting s = { load, body };
	load->operations = 1;
	MR_TRY(mr_load_run(load, set, &s, err));
	mr_buf_printf(&load->extra, ", \"manifest_bytes\": %zu", manifest.len);
	return check_manifest(load, mr_buf_bytes(&manifest), err);
}
