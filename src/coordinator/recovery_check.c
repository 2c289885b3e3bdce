/* SPDX-License-Identifier: Apache-2.0 */
/* Judging the signatures of a recovery, and the recovery data that follow from it (40 §7.4, 7.5). */
#include <stdlib.h>

#include "codec/base64.h"
#include "codec/pem.h"
#include "coordinator/recovery_internal.h"

enum { PEM_MAX = 1 << 20, HASH_TEXT = 2 * MR_SHA256_SIZE };

static size_t count_parts(const struct mr_recovery *r)
{
	size_t count = 0;

	for (size_t i = 0; i < r->held_count; i++)
		count += r->held[i].took_part;
	return count;
}

static mr_result read_key(const struct mr_recovery_key *given, struct mr_key **ret, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	struct mr_str label, rest;

	mr_buf_init(&der, PEM_MAX);
	mr_result r = mr_pem_decode(given->pem, &label, &der, &rest, err);
	if (!mr_failed(r))
		r = mr_key_from_spki(mr_buf_bytes(&der), ret, err);
	return mr_wrap(err, r, "parsing recovery public key \"%.*s\"", MR_STR_ARGS(given->name));
}

static bool signs(const struct mr_key *key, const struct mr_held_secret *h)
{
	struct mr_error err;

	return mr_key_type_of(key) == MR_KEY_RSA &&
	       !mr_failed(mr_key_verify(key, MR_HASH_SHA256, mr_secret_bytes(&h->secret),
					mr_buf_bytes(&h->signature), &err));
}

/* Every key must have signed a secret of its own; a secret counts once and a key counts once. */
static mr_result match_keys(const struct mr_recovery *r, const struct mr_manifest *m, bool all_keys,
			    struct mr_error *err)
{
	bool taken[MR_PARTIES_MAX] = { false };
	size_t matched = 0;

	for (size_t k = 0; k < m->recovery_keys_count; k++) {
		MR_AUTO(key) struct mr_key *key = NULL;
		size_t found = SIZE_MAX;
		MR_TRY(read_key(&m->recovery_keys[k], &key, err));
		for (size_t i = 0; i < r->held_count && found == SIZE_MAX; i++)
			if (r->held[i].took_part && !taken[i] && signs(key, &r->held[i]))
				found = i;
		if (found != SIZE_MAX) {
			taken[found] = true;
			matched++;
		} else if (all_keys) {
			return mr_fail(err, MR_CODE_DENIED,
				       "no matching recovery key found for recovery public key \"%.*s\"",
				       MR_STR_ARGS(m->recovery_keys[k].name));
		}
	}
	if (matched < count_parts(r))
		return mr_fail(err, MR_CODE_DENIED, "no matching recovery public key found for recovery key");
	return MR_OK;
}

mr_result mr_recovery_check_signatures(const struct mr_recovery *r, const struct mr_manifest *manifest,
				       struct mr_error *err)
{
	uint64_t threshold = manifest->config.recovery_threshold;
	size_t keys = manifest->recovery_keys_count;
	bool all_keys = threshold == 0 || threshold == keys;
	size_t parts = count_parts(r);

	if (keys > MR_PARTIES_MAX)
		return mr_fail(err, MR_CODE_LIMIT, "too many recovery keys");
	if (all_keys && (parts != keys || keys == 0))
		return mr_fail(err, MR_CODE_DENIED,
			       "recovery keys in manifest do not match the keys used for recovery: expected %zu, got %zu",
			       keys, parts);
	if (!all_keys && parts != threshold)
		return mr_fail(err, MR_CODE_DENIED,
			       "recovery threshold in manifest does not match the number of keys used for recovery: "
			       "expected %llu, got %zu",
			       (unsigned long long)threshold, parts);
	return match_keys(r, manifest, all_keys, err);
}

static int compare_hashes(const void *a, const void *b)
{
	return memcmp(a, b, HASH_TEXT);
}

mr_result mr_recovery_data(const struct mr_recovery *r, struct mr_buf *out, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf texts = { 0 };
	uint8_t hash[MR_SHA256_SIZE];
	size_t parts = count_parts(r);

	/* A map of shares cannot be rebuilt from a part of them. */
	if (r->data.len || parts < 2 || r->held[0].secret.len == MR_SHARE_SIZE) {
		mr_buf_put_bytes(out, mr_buf_bytes(&r->data));
		return mr_buf_status(out, err);
	}
	mr_buf_init(&texts, (size_t)MR_PARTIES_MAX * HASH_TEXT);
	for (size_t i = 0; i < r->held_count; i++) {
		if (!r->held[i].took_part)
			continue;
		MR_TRY(mr_sha256(mr_secret_bytes(&r->held[i].secret), hash, err));
		mr_hex_encode(&texts, mr_bytes_of(hash, sizeof hash));
	}
	MR_TRY(mr_buf_status(&texts, err));
	qsort(texts.data, parts, HASH_TEXT, compare_hashes);
	for (size_t i = 0; i < parts; i++)
		mr_buf_printf(out, "%c\"%.*s\":true", i ? ',' : '{', HASH_TEXT, (const char *)texts.data + i * HASH_TEXT);
	mr_buf_put_u8(out, '}');
	return mr_buf_status(out, err);
}
