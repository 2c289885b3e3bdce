/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the public interface: in memory, or behind callbacks. */
#include <stdlib.h>

#include "client/lib.h"
#include "codec/pem.h"
#include "crypto/cert.h"

enum { OUTPUT_MAX = 2048, PEM_MAX = 64 << 10 };

/* What the callbacks of an application become. */
struct bridge {
	marblerun_key_callbacks callbacks;
	void *context;
};

static const char *hash_name(enum mr_hash hash)
{
	switch (hash) {
	case MR_HASH_SHA1:
		return "SHA-1";
	case MR_HASH_SHA256:
		return "SHA-256";
	case MR_HASH_SHA384:
		return "SHA-384";
	case MR_HASH_SHA512:
		break;
	}
	return "SHA-512";
}

static mr_result sign(void *context, enum mr_key_scheme scheme, enum mr_hash hash,
	struct mr_bytes input, struct mr_buf *out, struct mr_error *err)
{
	static const int schemes[] = { [MR_SCHEME_RSA_PKCS1] = MARBLERUN_RSA_PKCS1,
		[MR_SCHEME_RSA_PSS] = MARBLERUN_RSA_PSS,
		[MR_SCHEME_RSA_RAW] = MARBLERUN_RSA_RAW,
		[MR_SCHEME_ECDSA] = MARBLERUN_ECDSA };
	const struct bridge *b = context;
	unsigned char output[OUTPUT_MAX];
	size_t size = sizeof output;

	if (!b->callbacks.sign || b->callbacks.sign(b->context, schemes[scheme], hash_name(hash),
					  input.ptr, input.len, output, &size) != 0)
		return mr_fail(err, MR_CODE_CRYPTO, "the key's owner does not sign");
	if (size > sizeof output)
		return mr_fail(err, MR_CODE_CRYPTO, "the signature is too long");
	mr_buf_put(out, output, size);
	return mr_buf_status(out, err);
}

static mr_result decrypt(
	void *context, struct mr_bytes ciphertext, struct mr_secret *ret, struct mr_error *err)
{
	const struct bridge *b = context;
	MR_AUTO(secret) struct mr_secret output = { NULL, 0 };
	size_t size = OUTPUT_MAX;

	MR_TRY(mr_secret_new(size, &output, err));
	if (!b->callbacks.decrypt || b->callbacks.decrypt(b->context, ciphertext.ptr,
					     ciphertext.len, output.ptr, &size) != 0)
		return mr_fail(err, MR_CODE_CRYPTO, "the key's owner does not decrypt");
	if (size > output.len)
		return mr_fail(err, MR_CODE_CRYPTO, "what was decrypted is too long");
	MR_TRY(mr_secret_new(size, ret, err));
	if (size)
		memcpy(ret->ptr, output.ptr, size);
	return MR_OK;
}

static void release(void *context)
{
	struct bridge *b = context;

	if (b->callbacks.release)
		b->callbacks.release(b->context);
	free(b);
}

mr_result mr_lib_public_key(const char *pem, struct mr_key **ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	struct mr_str label;
	struct mr_str rest;

	mr_buf_init(&der, PEM_MAX);
	MR_TRY(mr_pem_decode(mr_str_of(pem), &label, &der, &rest, err));
	return mr_key_from_spki(mr_buf_bytes(&der), ret, err);
}

/* SubjectPublicKeyInfo, or that of a certificate. */
static mr_result read_public(const char *pem, struct mr_key **ret, struct mr_error *err)
{
	MR_AUTO(cert) struct mr_cert c = { .version = 0 };

	if (!strstr(pem, "-----BEGIN CERTIFICATE-----"))
		return mr_lib_public_key(pem, ret, err);
	MR_TRY(mr_cert_from_pem(mr_str_of(pem), &c, NULL, err));
	return mr_cert_key(&c, ret, err);
}

static mr_result make_bridged(const char *public_pem, const marblerun_key_callbacks *callbacks,
	void *context, struct mr_key **ret, struct mr_error *err)
{
	static const struct mr_key_external external = { sign, decrypt, release };
	MR_AUTO(key) struct mr_key *public_key = NULL;

	MR_TRY(read_public(public_pem, &public_key, err));
	struct bridge *b = calloc(1, sizeof *b);
	if (!b)
		return mr_fail_nomem(err);
	b->callbacks = *callbacks;
	b->context = context;
	return mr_key_from_external(public_key, &external, b, ret, err);
}

static marblerun_key *wrap(
	mr_result r, struct mr_key *take_key, struct mr_error *err, marblerun_error *error)
{
	marblerun_key *key = mr_failed(r) ? NULL : calloc(1, sizeof *key);

	if (!mr_failed(r) && !key)
		r = mr_fail_nomem(err);
	if (mr_lib_result(error, r, err) != 0) {
		mr_key_unref(take_key);
		return NULL;
	}
	key->key = take_key;
	return key;
}

marblerun_key *marblerun_key_from_pem(const char *pem, marblerun_error *error)
{
	struct mr_key *key = NULL;
	struct mr_error err;

	mr_result r = mr_key_from_pem(mr_str_of(pem), &key, &err);
	return wrap(r, key, &err, error);
}

marblerun_key *marblerun_key_from_callbacks(const char *public_pem,
	const marblerun_key_callbacks *callbacks, void *context, marblerun_error *error)
{
	struct mr_key *key = NULL;
	struct mr_error err;

	mr_result r = make_bridged(public_pem, callbacks, context, &key, &err);
	return wrap(r, key, &err, error);
}

void marblerun_key_free(marblerun_key *key)
{
	if (!key)
		return;
	mr_key_unref(key->key);
	free(key);
}
