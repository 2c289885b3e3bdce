/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/wipe.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "coordinator/recovery_internal.h"

enum { DATA_MAX = 1 << 20, SIGNATURE_MAX = 32 << 10, EPHEMERAL_BITS = 4096 };

bool mr_recovery_is_plain(size_t length)
{
	return length == MR_DEK_LEGACY || length == MR_DEK_SIZE || length == MR_SHARE_SIZE;
}

static mr_result read_hash(
	const struct mr_json *member, uint8_t out[static MR_SHA256_SIZE], struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf hash = { 0 };

	mr_buf_init(&hash, MR_SHA256_SIZE);
	MR_TRY(mr_hex_decode(member->name, &hash, err));
	if (hash.len != MR_SHA256_SIZE)
		return mr_fail(err, MR_CODE_INVALID, "hash of a wrong length");
	memcpy(out, hash.data, hash.len);
	return MR_OK;
}

static mr_result read_map(struct mr_recovery *r, struct mr_error *err)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	const struct mr_json *map;

	mr_arena_init(&arena, DATA_MAX * 8);
	MR_TRY(mr_json_parse(mr_buf_str(&r->data), &arena, &map, err));
	if (map->kind == MR_JSON_NULL || map->count == 0)
		return MR_OK;
	MR_TRY(mr_json_want(map, MR_JSON_OBJECT, "map[string]bool", err));
	if (map->count > MR_PARTIES_MAX)
		return mr_fail(err, MR_CODE_LIMIT, "too many parties");
	r->expected = calloc(map->count, sizeof *r->expected);
	r->used = calloc(map->count, sizeof *r->used);
	if (!r->expected || !r->used)
		return mr_fail_nomem(err);
	for (const struct mr_json *m = map->first; m; m = m->next)
		MR_TRY(read_hash(m, r->expected[r->expected_count++], err));
	return MR_OK;
}

mr_result mr_recovery_new(
	struct mr_bytes recovery_data, struct mr_recovery **ret, struct mr_error *err)
{
	struct mr_recovery *r = calloc(1, sizeof *r);

	if (!r)
		return mr_fail_nomem(err);
	mr_buf_init(&r->data, DATA_MAX);
	mr_buf_put_bytes(&r->data, recovery_data);
	mr_result result = mr_buf_status(&r->data, err);
	if (!mr_failed(result)) {
		result = read_map(r, err);
		/* Unauthenticated input: what is no map leaves the search as the way. */
		if (mr_failed(result) && result.code != MR_CODE_NOMEM) {
			r->expected_count = 0;
			mr_buf_clear(&r->data);
			result = MR_OK;
		}
	}
	if (mr_failed(result)) {
		mr_recovery_free(r);
		return result;
	}
	*ret = r;
	return MR_OK;
}

static void held_done(struct mr_held_secret *h)
{
	mr_secret_done(&h->secret);
	mr_buf_done(&h->signature);
	*h = (struct mr_held_secret){ 0 };
}

void mr_recovery_forget(struct mr_recovery *r)
{
	for (size_t i = 0; i < r->held_count; i++)
		held_done(&r->held[i]);
	r->held_count = 0;
	for (size_t i = 0; i < r->expected_count; i++)
		r->used[i] = false;
	if (r->expected_count) {
		mr_key_unref(r->ephemeral);
		r->ephemeral = NULL;
	}
}

void mr_recovery_free(struct mr_recovery *r)
{
	if (!r)
		return;
	mr_recovery_forget(r);
	mr_key_unref(r->ephemeral);
	free(r->expected);
	free(r->used);
	mr_buf_done(&r->data);
	free(r);
}

mr_result mr_recovery_public_key(
	struct mr_recovery *r, struct mr_bytes *ret_spki, struct mr_error *err)
{
	if (!r->ephemeral)
		MR_TRY(mr_key_generate(MR_KEY_RSA, EPHEMERAL_BITS, &r->ephemeral, err));
	*ret_spki = mr_key_spki(r->ephemeral);
	return MR_OK;
}

mr_result mr_recovery_decrypt(const struct mr_recovery *r, struct mr_bytes ciphertext,
	struct mr_secret *ret, struct mr_error *err)
{
	if (!r->ephemeral)
		return mr_fail(err, MR_CODE_STATE, "ephemeral secret key not set");
	if (mr_failed(mr_key_oaep_decrypt(r->ephemeral, ciphertext, ret, err)))
		return mr_fail(err, MR_CODE_CRYPTO, "crypto/rsa: decryption error");
	return MR_OK;
}

static mr_result hold(struct mr_recovery *r, struct mr_bytes secret, struct mr_bytes signature,
	struct mr_error *err)
{
	struct mr_held_secret h = { 0 };

	mr_buf_init(&h.signature, SIGNATURE_MAX);
	mr_buf_put_bytes(&h.signature, signature);
	mr_result result = mr_buf_status(&h.signature, err);
	if (!mr_failed(result))
		result = mr_secret_copy(secret, &h.secret, err);
	if (mr_failed(result)) {
		held_done(&h);
		return result;
	}
	r->held[r->held_count++] = h;
	return MR_OK;
}

/* A repeated secret replaces its earlier upload; the oldest makes room for a new one. */
static void drop_for(struct mr_recovery *r, struct mr_bytes secret)
{
	size_t drop = r->held_count == MR_RECOVERY_REMEMBERED ? 0 : SIZE_MAX;

	for (size_t i = 0; i < r->held_count; i++)
		if (r->held[i].secret.len == secret.len &&
			mr_equal_constant_time(r->held[i].secret.ptr, secret.ptr, secret.len))
			drop = i;
	if (drop == SIZE_MAX)
		return;
	held_done(&r->held[drop]);
	memmove(&r->held[drop], &r->held[drop + 1], (r->held_count - drop - 1) * sizeof r->held[0]);
	r->held[--r->held_count] = (struct mr_held_secret){ 0 };
}

static mr_result add_without_map(struct mr_recovery *r, struct mr_bytes secret,
	struct mr_bytes signature, const struct mr_recovery_lock *lock,
	struct mr_recovery_progress *ret, struct mr_error *err)
{
	/* Shares are taken here too, once a map is lost; "null" says that there never was one (40 §7.3). */
	bool single_party = mr_str_eq(mr_buf_str(&r->data), MR_STR("null"));

	if (secret.len == MR_SHARE_SIZE && single_party)
		return mr_fail(err, MR_CODE_INVALID, "invalid secret length");
	if (r->held_count && r->held[0].secret.len != secret.len)
		return mr_fail(err, MR_CODE_INVALID,
			"recovery secrets must match in length: provided secret has length %zu, but previous "
			"provided secrets have length %zu",
			secret.len, r->held[0].secret.len);
	drop_for(r, secret);
	MR_TRY(hold(r, secret, signature, err));
	ret->remaining = mr_recovery_search(r, lock, &ret->dek) ? 0 : 1;
	return MR_OK;
}

/* Where the secret is in the map, and not used yet. */
static mr_result find_unused(
	const struct mr_recovery *r, struct mr_bytes secret, size_t *ret, struct mr_error *err)
{
	uint8_t hash[MR_SHA256_SIZE];
	size_t found = SIZE_MAX;

	MR_TRY(mr_sha256(secret, hash, err));
	for (size_t i = 0; i < r->expected_count; i++)
		if (mr_equal_constant_time(r->expected[i], hash, sizeof hash))
			found = i;
	if (found == SIZE_MAX || r->used[found])
		return mr_fail(err, MR_CODE_INVALID, "uploaded an invalid or already used secret");
	*ret = found;
	return MR_OK;
}

static mr_result add_with_map(struct mr_recovery *r, struct mr_bytes secret,
	struct mr_bytes signature, const struct mr_recovery_lock *lock,
	struct mr_recovery_progress *ret, bool *ret_unopened, struct mr_error *err)
{
	bool shares = secret.len == MR_SHARE_SIZE;
	size_t place = 0;

	if (r->held_count && r->held[0].secret.len != secret.len)
		return mr_fail(err, MR_CODE_INVALID, "uploaded an invalid or already used secret");
	MR_TRY(find_unused(r, secret, &place, err));
	MR_TRY(hold(r, secret, signature, err));
	r->used[place] = true;
	ret->remaining = r->expected_count - r->held_count;
	if (shares ? r->held_count < 2 : ret->remaining > 0)
		return MR_OK;
	mr_result result = mr_recovery_combine(r, &ret->dek, err);
	if (mr_failed(result)) {
		mr_recovery_forget(r); /* otherwise nobody could upload again */
		return result;
	}
	if (lock->opens(lock->context, mr_secret_bytes(&ret->dek))) {
		ret->remaining = 0;
		return MR_OK;
	}
	mr_secret_done(&ret->dek);
	if (ret->remaining)
		return MR_OK;
	mr_recovery_forget(r);
	*ret_unopened = true;
	return mr_fail(err, MR_CODE_CRYPTO, "cipher: message authentication failed");
}

mr_result mr_recovery_add(struct mr_recovery *r, struct mr_bytes secret, struct mr_bytes signature,
	const struct mr_recovery_lock *lock, struct mr_recovery_progress *ret, bool *ret_unopened,
	struct mr_error *err)
{
	*ret_unopened = false;
	*ret = (struct mr_recovery_progress){ 0 };
	if (!mr_recovery_is_plain(secret.len))
		return mr_fail(err, MR_CODE_INVALID, "invalid secret length");
	if (!r->expected_count)
		return add_without_map(r, secret, signature, lock, ret, err);
	return add_with_map(r, secret, signature, lock, ret, ret_unopened, err);
}
