/* SPDX-License-Identifier: Apache-2.0 */
/* Judging the signatures of a recovery, and the recovery data that follow from it (40 §7.4, 7.5). */
#include "codec/pem.h"
#include "coordinator/recovery_internal.h"

enum { PEM_MAX = 1 << 20 };

static size_t count_parts(const struct mr_recovery *r)
{
	size_t count = 0;

	for (size_t i = 0; i < r->held_count; i++)
		count += r->held[i].took_part;
	return count;
}

static mr_result read_key(
	const struct mr_recovery_key *given, struct mr_key **ret, struct mr_error *err)
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
		return mr_fail(err, MR_CODE_DENIED,
			"no matching recovery public key found for recovery key");
	return MR_OK;
}

mr_result mr_recovery_check_signatures(
	const struct mr_recovery *r, const struct mr_manifest *manifest, struct mr_error *err)
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

mr_result mr_recovery_data(const struct mr_recovery *r, struct mr_buf *out, struct mr_error *err)
{
	struct mr_bytes secrets[MR_PARTIES_MAX];
	size_t parts = 0;

	for (size_t i = 0; i < r->held_count; i++)
		if (r->held[i].took_part)
			secrets[parts++] = mr_secret_bytes(&r->held[i].secret);
	/* A map of shares cannot be rebuilt from a part of them. */
	if (!r->data.len && parts > 1 && r->held[0].secret.len != MR_SHARE_SIZE)
		return mr_recovery_map_put(secrets, parts, out, err);
	mr_buf_put_bytes(out, mr_buf_bytes(&r->data));
	return mr_buf_status(out, err);
}
