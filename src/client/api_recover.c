/* SPDX-License-Identifier: Apache-2.0 */
#include "client/api_recover.h"

#include "client/api_read.h"
#include "crypto/key.h"

static mr_result post_secret(struct mr_api *api, struct mr_bytes secret, struct mr_bytes signature,
	struct mr_arena *arena, int64_t *ret_remaining, struct mr_error *err)
{
	struct mr_api_request request = { .method = "POST", .path = "/api/v2/recover" };
	MR_AUTO(buf) struct mr_buf body = { 0 };
	const struct mr_json *object;

	mr_buf_init_secret(&body, MR_API_BODY_MAX);
	mr_buf_put_cstr(&body, "{\"recoverySecret\":");
	mr_json_put_bytes(&body, secret);
	mr_buf_put_cstr(&body, ",\"recoverySecretSignature\":");
	mr_json_put_bytes(&body, signature);
	mr_buf_put_u8(&body, '}');
	MR_TRY(mr_buf_status(&body, err));
	request.body = mr_buf_bytes(&body);
	MR_TRY(mr_api_call_object(api, &request, NULL, arena, &object, NULL, err));
	return mr_api_read_i64(object, MR_STR("remaining"), ret_remaining, err);
}

mr_result mr_api_recover(struct mr_api *api, struct mr_bytes secret, struct mr_bytes signature,
	struct mr_arena *arena, int64_t *ret_remaining, struct mr_error *err)
{
	return mr_wrap(err, post_secret(api, secret, signature, arena, ret_remaining, err),
		"sending recovery request");
}

/* A key that is none would only be noticed where a secret is encrypted for it. */
static mr_result get_key(
	struct mr_api *api, struct mr_arena *arena, struct mr_bytes *ret_der, struct mr_error *err)
{
	const struct mr_api_request request = { .method = "GET",
		.path = "/api/v2/recover/public-key" };
	MR_AUTO(key) struct mr_key *key = NULL;
	const struct mr_json *object;
	struct mr_bytes der;

	MR_TRY(mr_api_call_object(api, &request, NULL, arena, &object, NULL, err));
	MR_TRY(mr_api_read_bytes(object, MR_STR("ephemeralPublicKey"), arena, &der, err));
	MR_TRY(mr_wrap(err, mr_key_from_spki(der, &key, err), "parsing public key"));
	*ret_der = der;
	return MR_OK;
}

mr_result mr_api_get_recovery_key(
	struct mr_api *api, struct mr_arena *arena, struct mr_bytes *ret_der, struct mr_error *err)
{
	return mr_wrap(err, get_key(api, arena, ret_der, err), "retrieving recovery public key");
}
