/* SPDX-License-Identifier: Apache-2.0 */
#include "client/api_read.h"
#include "codec/base64.h"

/* --- quote --- */

static mr_result put_nonce(struct mr_buf *query, struct mr_bytes nonce, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf encoded = { 0 };

	mr_buf_init(&encoded, MR_API_QUERY_MAX);
	mr_base64_encode(&encoded, nonce, MR_BASE64_URL);
	mr_buf_put_cstr(query, "nonce=");
	mr_api_put_query(query, mr_buf_str(&encoded));
	MR_TRY(mr_wrap(err, mr_buf_status(&encoded, err), "nonce"));
	return mr_wrap(err, mr_buf_status(query, err), "nonce");
}

mr_result mr_api_get_quote(struct mr_api *api, struct mr_bytes nonce, struct mr_arena *arena,
	struct mr_api_quote *ret, struct mr_error *err)
{
	const struct mr_api_request v1 = { .method = "GET", .path = "/quote" };
	struct mr_api_request request = { .method = "GET", .path = "/api/v2/quote" };
	MR_AUTO(buf) struct mr_buf query = { 0 };
	const struct mr_json *object;
	struct mr_str text;
	mr_result r;

	mr_buf_init(&query, MR_API_QUERY_MAX);
	if (nonce.len > 0) {
		MR_TRY(put_nonce(&query, nonce, err));
		request.query = mr_buf_str(&query);
	}
	r = mr_api_call_text(api, &request, nonce.len > 0 ? NULL : &v1, arena, &text, NULL, err);
	if (nonce.len > 0 && r.code == MR_CODE_UNSUPPORTED)
		return mr_fail(err, MR_CODE_UNSUPPORTED,
			"using custom nonce requires /api/v2, but the Coordinator does not support "
			"/api/v2");
	MR_TRY(mr_wrap(err, r, "retrieving Coordinator quote"));
	MR_TRY(mr_api_parse(text, arena, &object, err));
	MR_TRY(mr_api_read_str(object, MR_STR("cert"), &ret->chain, err));
	return mr_api_read_bytes(object, MR_STR("quote"), arena, &ret->quote, err);
}

/* --- status --- */

static mr_result get_status(struct mr_api *api, struct mr_arena *arena, int64_t *ret_code,
	struct mr_str *ret_message, struct mr_error *err)
{
	const struct mr_api_request v2 = { .method = "GET", .path = "/api/v2/status" };
	const struct mr_api_request v1 = { .method = "GET", .path = "/status" };
	static const struct {
		struct mr_str code, message;
	} names[] = {
		{ MR_STR_INIT("code"), MR_STR_INIT("message") },
		{ MR_STR_INIT("StatusCode"), MR_STR_INIT("StatusMessage") },
	};
	const struct mr_json *object;
	bool is_v1 = false;

	MR_TRY(mr_api_call_object(api, &v2, &v1, arena, &object, &is_v1, err));
	MR_TRY(mr_api_read_i64(object, names[is_v1].code, ret_code, err));
	return mr_api_read_str(object, names[is_v1].message, ret_message, err);
}

mr_result mr_api_get_status(struct mr_api *api, struct mr_arena *arena, int64_t *ret_code,
	struct mr_str *ret_message, struct mr_error *err)
{
	return mr_wrap(err, get_status(api, arena, ret_code, ret_message, err),
		"retrieving Coordinator status");
}

/* --- manifest --- */

static mr_result get_manifest(struct mr_api *api, struct mr_arena *arena,
	struct mr_api_manifest *ret, struct mr_error *err)
{
	const struct mr_api_request v2 = { .method = "GET", .path = "/api/v2/manifest" };
	const struct mr_api_request v1 = { .method = "GET", .path = "/manifest" };
	const struct mr_json *object;
	bool is_v1 = false;

	MR_TRY(mr_api_call_object(api, &v2, &v1, arena, &object, &is_v1, err));
	MR_TRY(mr_api_read_bytes(object, MR_STR("manifest"), arena, &ret->manifest, err));
	MR_TRY(mr_api_read_bytes(
		object, MR_STR("manifestSignatureRootECDSA"), arena, &ret->signature, err));
	return mr_api_read_str(object,
		is_v1 ? MR_STR("ManifestSignature") : MR_STR("manifestFingerprint"),
		&ret->fingerprint, err);
}

mr_result mr_api_get_manifest(struct mr_api *api, struct mr_arena *arena,
	struct mr_api_manifest *ret, struct mr_error *err)
{
	return mr_wrap(err, get_manifest(api, arena, ret, err), "retrieving Coordinator manifest");
}

/* --- update log --- */

/* As much of it as a server may have put around its lines. */
static struct mr_str trim(struct mr_str s)
{
	while (s.len > 0 && strchr(" \t\r\n", s.ptr[s.len - 1]))
		s.len--;
	while (s.len > 0 && strchr(" \t\r\n", s.ptr[0]))
		s = mr_str_sub(s, 1, s.len);
	return s;
}

/* API v1 answers with one text. */
static mr_result log_of_text(struct mr_str text, struct mr_arena *arena, const struct mr_str **ret,
	size_t *ret_count, struct mr_error *err)
{
	struct mr_str *lines;
	size_t count = 1;

	text = trim(text);
	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == '\n';
	lines = mr_arena_array(arena, count, sizeof *lines);
	if (!lines)
		return mr_arena_fail(arena, err);
	count = 0;
	for (size_t from = 0; from < text.len;) {
		size_t end = mr_str_find(text, '\n', from);

		end = end == SIZE_MAX ? text.len : end;
		lines[count++] = mr_str_sub(text, from, end);
		from = end + 1;
	}
	*ret = lines;
	*ret_count = count;
	return MR_OK;
}

static mr_result get_update_log(struct mr_api *api, struct mr_arena *arena,
	const struct mr_str **ret, size_t *ret_count, struct mr_error *err)
{
	const struct mr_api_request v2 = { .method = "GET", .path = "/api/v2/update" };
	const struct mr_api_request v1 = { .method = "GET", .path = "/update" };
	const struct mr_json *object;
	struct mr_str text;
	bool is_v1 = false;

	MR_TRY(mr_api_call_text(api, &v2, &v1, arena, &text, &is_v1, err));
	if (is_v1)
		return log_of_text(text, arena, ret, ret_count, err);
	MR_TRY(mr_api_parse(text, arena, &object, err));
	return mr_api_read_strs(object, MR_STR("updateLog"), arena, ret, ret_count, err);
}

mr_result mr_api_get_update_log(struct mr_api *api, struct mr_arena *arena,
	const struct mr_str **ret, size_t *ret_count, struct mr_error *err)
{
	return mr_wrap(err, get_update_log(api, arena, ret, ret_count, err),
		"retrieving Coordinator update log");
}
