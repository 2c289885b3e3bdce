/* SPDX-License-Identifier: Apache-2.0 */
/* What recovery.c, recovery_search.c and recovery_check.c share. */
#ifndef MR_COORDINATOR_RECOVERY_INTERNAL_H
#define MR_COORDINATOR_RECOVERY_INTERNAL_H

#include "coordinator/recovery.h"
#include "coordinator/state_key.h"
#include "crypto/digest.h"

enum { MR_DEK_LEGACY = 16, MR_DEK_SIZE = 32, MR_SHARE_SIZE = 33 };

/* A secret that was uploaded. */
struct mr_held_secret {
	struct mr_secret secret;
	struct mr_buf signature;
	bool took_part; /* in the key that was found */
};

struct mr_recovery {
	struct mr_buf data; /* recovery data as given */
	/* The map of hashes; none: `expected_count` is 0. */
	uint8_t (*expected)[MR_SHA256_SIZE];
	bool *used; /* beside it */
	size_t expected_count;
	struct mr_held_secret held[MR_PARTIES_MAX];
	size_t held_count;
	struct mr_key *ephemeral;
};

/* Tries what the newest secret makes possible without recovery data: itself, XOR with others, Shamir with others.
 * Marks those that took part. */
MR_MUST_USE bool mr_recovery_search(
	struct mr_recovery *r, const struct mr_recovery_lock *lock, struct mr_secret *ret);
/* Combines all held secrets: shares of 33 bytes after Shamir, others by XOR; all take part. */
MR_MUST_USE mr_result mr_recovery_combine(
	struct mr_recovery *r, struct mr_secret *ret, struct mr_error *err);

#endif
