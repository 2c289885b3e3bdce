/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/state_key.h"

#include <stdlib.h>

#include "codec/base64.h"
#include "codec/json.h"
#include "codec/pem.h"
#include "crypto/digest.h"
#include "crypto/key.h"
#include "crypto/random.h"
#include "crypto/shamir.h"

enum { DEK_SIZE = 32, HASH_TEXT = 64, PEM_MAX = 1 << 20, CIPHERTEXT_MAX = 4096 };
enum { ENTRY_TEXT = HASH_TEXT + sizeof "\"\":true," - 1 };

/* The parties' plain secrets. */
struct shares {
	struct mr_secret list[MR_PARTIES_MAX];
};

static struct mr_bytes share_at(const struct shares *s, size_t i)
{
	return mr_secret_bytes(&s->list[i]);
}

static void shares_done(struct shares *s)
{
	for (size_t i = 0; i < MR_COUNT(s->list); i++)
		mr_secret_done(&s->list[i]);
}

void mr_state_key_done(struct mr_state_key *key)
{
	mr_secret_done(&key->dek);
	mr_buf_done(&key->recovery_data);
	for (size_t i = 0; i < key->count; i++)
		mr_buf_done(&key->secrets[i].ciphertext);
	free(key->secrets);
	*key = (struct mr_state_key){ 0 };
}

/* Encrypts a secret to a party's key: PEM with label exactly PUBLIC KEY, holding an RSA key (10 §3.7). */
static mr_result encrypt_to(
	struct mr_str pem, struct mr_bytes secret, struct mr_buf *out, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	MR_AUTO(key) struct mr_key *key = NULL;
	struct mr_str label, rest;

	mr_buf_init(&der, PEM_MAX);
	mr_result r = mr_pem_decode(pem, &label, &der, &rest, err);
	if ((mr_failed(r) && r.code == MR_CODE_NOT_FOUND) ||
		(!mr_failed(r) && !mr_str_eq(label, MR_STR("PUBLIC KEY"))))
		return mr_fail(err, MR_CODE_INVALID, "given PEM data is not a public key");
	MR_TRY(r);
	MR_TRY(mr_key_from_spki(mr_buf_bytes(&der), &key, err));
	if (mr_key_type_of(key) != MR_KEY_RSA)
		return mr_fail(err, MR_CODE_INVALID, "unsupported type of public key");
	return mr_key_oaep_encrypt(key, secret, out, err);
}

/* All parties: the DEK is the XOR of their secrets. */
static mr_result split_xor(
	struct mr_secret *dek, struct shares *s, size_t count, struct mr_error *err)
{
	memset(dek->ptr, 0, dek->len);
	for (size_t i = 0; i < count; i++) {
		MR_TRY(mr_secret_new(DEK_SIZE, &s->list[i], err));
		MR_TRY(mr_random(s->list[i].ptr, DEK_SIZE, err));
		for (size_t j = 0; j < DEK_SIZE; j++)
			dek->ptr[j] ^= s->list[i].ptr[j];
	}
	return MR_OK;
}

static int compare_hashes(const void *a, const void *b)
{
	return memcmp(a, b, HASH_TEXT);
}

mr_result mr_recovery_map_put(
	const struct mr_bytes *secrets, size_t count, struct mr_buf *out, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf texts = { 0 };
	uint8_t hash[MR_SHA256_SIZE];

	mr_buf_init(&texts, (size_t)MR_PARTIES_MAX * HASH_TEXT);
	for (size_t i = 0; i < count; i++) {
		MR_TRY(mr_sha256(secrets[i], hash, err));
		mr_hex_encode(&texts, mr_bytes_of(hash, sizeof hash));
	}
	MR_TRY(mr_buf_status(&texts, err));
	qsort(texts.data, count, HASH_TEXT, compare_hashes);
	for (size_t i = 0; i < count; i++)
		mr_buf_printf(out, "%c\"%.*s\":true", i ? ',' : '{', HASH_TEXT,
			(const char *)texts.data + i * HASH_TEXT);
	mr_buf_put_u8(out, '}');
	return mr_buf_status(out, err);
}

static mr_result put_map(
	const struct shares *s, size_t count, struct mr_buf *out, struct mr_error *err)
{
	struct mr_bytes secrets[MR_PARTIES_MAX];

	for (size_t i = 0; i < count; i++)
		secrets[i] = share_at(s, i);
	return mr_recovery_map_put(secrets, count, out, err);
}

static mr_result split(const struct mr_manifest *m, struct mr_state_key *key, struct shares *s,
	struct mr_error *err)
{
	size_t n = m->recovery_keys_count;
	uint64_t t = m->config.recovery_threshold;

	mr_buf_init(&key->recovery_data, 4 + (size_t)MR_PARTIES_MAX * ENTRY_TEXT);
	MR_TRY(mr_secret_new(DEK_SIZE, &key->dek, err));
	MR_TRY(mr_random(key->dek.ptr, key->dek.len, err));
	if (n <= 1) {
		mr_buf_put_cstr(&key->recovery_data, "null");
		MR_TRY(mr_buf_status(&key->recovery_data, err));
		return mr_secret_copy(mr_secret_bytes(&key->dek), &s->list[0], err);
	}
	if (n > MR_PARTIES_MAX || t == 1 || t > n)
		return mr_fail(err, MR_CODE_INVALID,
			"invalid configuration to create recovery key: %zu recovery keys with recovery "
			"threshold of %llu",
			n, (unsigned long long)t);
	if (t == 0 || t == n)
		MR_TRY(split_xor(&key->dek, s, n, err));
	else
		MR_TRY(mr_shamir_split(
			mr_secret_bytes(&key->dek), (unsigned)n, (unsigned)t, s->list, err));
	return put_map(s, n, &key->recovery_data, err);
}

static mr_result make(const struct mr_manifest *m, struct mr_state_key *key, struct shares *s,
	struct mr_error *err)
{
	MR_TRY(split(m, key, s, err));
	if (m->recovery_keys_count == 0)
		return MR_OK;
	key->secrets = calloc(m->recovery_keys_count, sizeof *key->secrets);
	if (!key->secrets)
		return mr_fail_nomem(err);
	for (size_t i = 0; i < m->recovery_keys_count; i++) {
		struct mr_recovery_ciphertext *c = &key->secrets[key->count++];
		c->name = m->recovery_keys[i].name;
		mr_buf_init(&c->ciphertext, CIPHERTEXT_MAX);
		MR_TRY(encrypt_to(m->recovery_keys[i].pem, share_at(s, i), &c->ciphertext, err));
		MR_TRY(mr_buf_status(&c->ciphertext, err));
	}
	return MR_OK;
}

mr_result mr_state_key_new(
	const struct mr_manifest *manifest, struct mr_state_key *ret, struct mr_error *err)
{
	struct mr_state_key key = { 0 };
	struct shares shares = { 0 };

	mr_result r = make(manifest, &key, &shares, err);
	shares_done(&shares);
	if (mr_failed(r)) {
		mr_state_key_done(&key);
		return r;
	}
	*ret = key;
	return MR_OK;
}

void mr_state_key_put_json(const struct mr_state_key *key, struct mr_buf *out)
{
	mr_buf_put_u8(out, '{');
	for (size_t i = 0; i < key->count; i++) {
		if (i)
			mr_buf_put_u8(out, ',');
		mr_json_put_str(out, key->secrets[i].name);
		mr_buf_put_u8(out, ':');
		mr_json_put_bytes(out, mr_buf_bytes(&key->secrets[i].ciphertext));
	}
	mr_buf_put_u8(out, '}');
}
