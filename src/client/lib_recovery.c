/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery and signed quotes of the public interface (20 §11). */
#include "client/api_read.h"
#include "client/api_recover.h"
#include "client/lib.h"
#include "codec/base64.h"
#include "codec/pem.h"
#include "manifest/weakness.h"

enum { PEM_MAX = 64 << 10, DATA_MAX = 64 << 10, QUOTE_TEXT_MAX = 4 << 20 };

static mr_result hand_in(marblerun_coordinator *c, struct mr_bytes secret,
	struct mr_bytes signature, int *remaining, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	int64_t left;

	mr_lib_scratch(&arena);
	MR_TRY(mr_api_recover(c->api, secret, signature, &arena, &left, err));
	return mr_lib_put_int(remaining, left, err);
}

static mr_result sign_and_hand_in(marblerun_coordinator *c, struct mr_bytes secret,
	const marblerun_key *key, int *remaining, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf signature = { 0 };

	mr_buf_init(&signature, DATA_MAX);
	MR_TRY(mr_wrap(err, mr_key_sign(key->key, MR_HASH_SHA256, secret, &signature, err),
		"signing recovery secret"));
	return hand_in(c, secret, mr_buf_bytes(&signature), remaining, err);
}

int marblerun_recover(marblerun_coordinator *c, const void *secret, size_t size,
	const marblerun_key *key, int *remaining, marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(
		error, sign_and_hand_in(c, mr_bytes_of(secret, size), key, remaining, &err), &err);
}

int marblerun_recover_with_signature(marblerun_coordinator *c, const void *secret, size_t size,
	const void *signature, size_t signature_size, int *remaining, marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(error,
		hand_in(c, mr_bytes_of(secret, size), mr_bytes_of(signature, signature_size),
			remaining, &err),
		&err);
}

static mr_result get_public_key(
	marblerun_coordinator *c, marblerun_bytes *ret, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(buf) struct mr_buf pem = { 0 };
	struct mr_bytes der;

	mr_lib_scratch(&arena);
	mr_buf_init(&pem, PEM_MAX);
	MR_TRY(mr_api_get_recovery_key(c->api, &arena, &der, err));
	mr_pem_encode(&pem, "PUBLIC KEY", der);
	MR_TRY(mr_buf_status(&pem, err));
	return mr_lib_put_bytes(ret, mr_buf_bytes(&pem), err);
}

int marblerun_recovery_public_key(
	marblerun_coordinator *c, marblerun_bytes *pem, marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(error, get_public_key(c, pem, &err), &err);
}

static mr_result encrypt(
	struct mr_bytes secret, const char *public_pem, marblerun_bytes *ret, struct mr_error *err)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	MR_AUTO(buf) struct mr_buf out = { 0 };

	mr_buf_init(&out, DATA_MAX);
	MR_TRY(mr_lib_public_key(public_pem, &key, err));
	MR_TRY(mr_key_oaep_encrypt(key, secret, &out, err));
	return mr_lib_put_bytes(ret, mr_buf_bytes(&out), err);
}

int marblerun_encrypt_recovery_secret(const void *secret, size_t size, const char *public_pem,
	marblerun_bytes *ciphertext, marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(
		error, encrypt(mr_bytes_of(secret, size), public_pem, ciphertext, &err), &err);
}

static mr_result decrypt(
	struct mr_bytes data, const marblerun_key *key, marblerun_bytes *ret, struct mr_error *err)
{
	MR_AUTO(secret) struct mr_secret plain = { NULL, 0 };

	MR_TRY(mr_key_oaep_decrypt(key->key, data, &plain, err));
	return mr_lib_put_bytes(ret, mr_secret_bytes(&plain), err);
}

int marblerun_decrypt_recovery_data(const void *data, size_t size, const marblerun_key *key,
	marblerun_bytes *secret, marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(error, decrypt(mr_bytes_of(data, size), key, secret, &err), &err);
}

/* --- signed quotes --- */

static mr_result ask_for_signature(marblerun_coordinator *c, struct mr_bytes quote,
	marblerun_bytes *signature, marblerun_bytes *tcb_status, struct mr_error *err)
{
	struct mr_api_request request = { .method = "POST", .path = "/api/v2/sign-quote" };
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	MR_AUTO(buf) struct mr_buf body = { 0 };
	const struct mr_json *object;
	struct mr_bytes made;
	struct mr_str status;

	mr_lib_scratch(&arena);
	mr_buf_init(&body, QUOTE_TEXT_MAX);
	mr_buf_put_cstr(&body, "{\"sgxQuote\":");
	mr_json_put_bytes(&body, quote);
	mr_buf_put_u8(&body, '}');
	MR_TRY(mr_buf_status(&body, err));
	request.body = mr_buf_bytes(&body);
	MR_TRY(mr_api_call_object(c->api, &request, NULL, &arena, &object, NULL, err));
	MR_TRY(mr_api_read_bytes(object, MR_STR("verificationSignature"), &arena, &made, err));
	MR_TRY(mr_api_read_str(object, MR_STR("tcbStatus"), &status, err));
	if (!mr_tcb_status_is_known(status))
		return mr_fail(err, MR_CODE_INVALID, "the Coordinator tells an unknown TCB status");
	MR_TRY(mr_lib_put_bytes(signature, made, err));
	mr_result r = mr_lib_put_bytes(tcb_status, mr_str_bytes(status), err);
	if (mr_failed(r))
		marblerun_bytes_free(signature);
	return r;
}

int marblerun_sign_quote(marblerun_coordinator *c, const void *quote, size_t size,
	marblerun_bytes *signature, marblerun_bytes *tcb_status, marblerun_error *error)
{
	struct mr_error err;

	return mr_lib_result(error,
		mr_wrap(&err,
			ask_for_signature(c, mr_bytes_of(quote, size), signature, tcb_status, &err),
			"signing quote"),
		&err);
}

static mr_result check_signature(const char *root_pem, struct mr_bytes quote,
	struct mr_bytes signature, const char *tcb_status, struct mr_error *err)
{
	MR_AUTO(cert) struct mr_cert root = { .version = 0 };
	MR_AUTO(key) struct mr_key *key = NULL;
	MR_AUTO(buf) struct mr_buf text = { 0 };

	MR_TRY(mr_cert_from_pem(mr_str_of(root_pem), &root, NULL, err));
	MR_TRY(mr_cert_key(&root, &key, err));
	if (mr_key_type_of(key) == MR_KEY_RSA || mr_key_type_of(key) == MR_KEY_ED25519)
		return mr_fail(err, MR_CODE_INVALID, "the root key is not ECDSA");
	mr_buf_init(&text, QUOTE_TEXT_MAX);
	mr_base64_encode(&text, quote, MR_BASE64_STANDARD);
	mr_buf_put_cstr(&text, tcb_status);
	MR_TRY(mr_buf_status(&text, err));
	return mr_key_verify(key, MR_HASH_SHA256, mr_buf_bytes(&text), signature, err);
}

int marblerun_verify_signed_quote(const char *root_pem, const void *quote, size_t size,
	const void *signature, size_t signature_size, const char *tcb_status)
{
	struct mr_error err;

	return !mr_failed(check_signature(root_pem, mr_bytes_of(quote, size),
		mr_bytes_of(signature, signature_size), tcb_status, &err));
}
