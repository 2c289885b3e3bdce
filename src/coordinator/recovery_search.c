/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the key from uploaded secrets (40 §7.3). */
#include "coordinator/recovery_internal.h"
#include "crypto/shamir.h"

static void mark(struct mr_recovery *r, uint32_t members)
{
	for (size_t i = 0; i < r->held_count; i++)
		r->held[i].took_part = members >> i & 1;
}

static bool try_key(
	const struct mr_recovery_lock *lock, const struct mr_secret *key, struct mr_secret *ret)
{
	struct mr_error err;

	return lock->opens(lock->context, mr_secret_bytes(key)) &&
	       !mr_failed(mr_secret_copy(mr_secret_bytes(key), ret, &err));
}

static void xor_into(struct mr_secret *to, const struct mr_secret *from)
{
	for (size_t i = 0; i < to->len; i++)
		to->ptr[i] ^= from->ptr[i];
}

/*
 * All XOR combinations that the newest secret is in; the others were tried when their newest came. Gray code order
 * changes one member a step. At most 2^15 combinations, since only so many secrets are remembered.
 */
static bool search_xor(
	struct mr_recovery *r, const struct mr_recovery_lock *lock, struct mr_secret *ret)
{
	size_t older = r->held_count - 1;
	uint32_t members = UINT32_C(1) << older;
	MR_AUTO(secret) struct mr_secret key = { NULL, 0 };
	struct mr_error err;

	if (mr_failed(mr_secret_copy(mr_secret_bytes(&r->held[older].secret), &key, &err)))
		return false;
	for (uint32_t step = 1;; step++) {
		if (try_key(lock, &key, ret)) {
			mark(r, members);
			return true;
		}
		if (step == UINT32_C(1) << older)
			return false;
		unsigned change = (unsigned)__builtin_ctz(step);
		xor_into(&key, &r->held[change].secret);
		members ^= UINT32_C(1) << change;
	}
}

static bool try_shares(struct mr_recovery *r, const struct mr_recovery_lock *lock, uint32_t members,
	struct mr_secret *ret)
{
	struct mr_bytes shares[MR_RECOVERY_REMEMBERED];
	MR_AUTO(secret) struct mr_secret key = { NULL, 0 };
	struct mr_error err;
	size_t count = 0;

	for (size_t i = 0; i < r->held_count; i++)
		if (members >> i & 1)
			shares[count++] = mr_secret_bytes(&r->held[i].secret);
	if (count < 2 || mr_failed(mr_shamir_combine(shares, count, &key, &err)) ||
		!try_key(lock, &key, ret))
		return false;
	mark(r, members);
	return true;
}

/* All sets of shares that the newest is in. */
static bool search_shamir(
	struct mr_recovery *r, const struct mr_recovery_lock *lock, struct mr_secret *ret)
{
	size_t older = r->held_count - 1;
	uint32_t newest = UINT32_C(1) << older;

	for (uint32_t others = 1; others < newest; others++)
		if (try_shares(r, lock, newest | others, ret))
			return true;
	return false;
}

bool mr_recovery_search(
	struct mr_recovery *r, const struct mr_recovery_lock *lock, struct mr_secret *ret)
{
	if (r->held[0].secret.len == MR_SHARE_SIZE)
		return search_shamir(r, lock, ret);
	return search_xor(r, lock, ret);
}

mr_result mr_recovery_combine(struct mr_recovery *r, struct mr_secret *ret, struct mr_error *err)
{
	struct mr_bytes shares[MR_PARTIES_MAX];

	for (size_t i = 0; i < r->held_count; i++)
		r->held[i].took_part = true;
	if (r->held[0].secret.len == MR_SHARE_SIZE) {
		for (size_t i = 0; i < r->held_count; i++)
			shares[i] = mr_secret_bytes(&r->held[i].secret);
		return mr_shamir_combine(shares, r->held_count, ret, err);
	}
	MR_TRY(mr_secret_copy(mr_secret_bytes(&r->held[0].secret), ret, err));
	for (size_t i = 1; i < r->held_count; i++)
		xor_into(ret, &r->held[i].secret);
	return MR_OK;
}
