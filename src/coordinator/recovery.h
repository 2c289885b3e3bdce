/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recovery (40 §7, 20 §8): collects the parties' secrets until they give the key of the sealed state, and judges their
 * signatures by the manifest inside. Pure but for the ephemeral key: no sockets, no files. Not thread-safe; its owner
 * lets one upload at a time in. Uploads come from strangers, so what is remembered and tried is bounded.
 */
#ifndef MR_COORDINATOR_RECOVERY_H
#define MR_COORDINATOR_RECOVERY_H

#include "base/secret.h"
#include "crypto/key.h"
#include "manifest/manifest.h"

/* Secrets that are remembered while there is no recovery data; the oldest goes first (40 §7.3 BEYOND). */
#define MR_RECOVERY_REMEMBERED 16

struct mr_recovery;

/* `recovery_data` is the clear JSON in front of the sealed state; what cannot be parsed counts as none (40 §7.2). */
MR_MUST_USE mr_result mr_recovery_new(
	struct mr_bytes recovery_data, struct mr_recovery **ret, struct mr_error *err);
void mr_recovery_free(struct mr_recovery *r);

/* The ephemeral key that uploads may be encrypted to, as SubjectPublicKeyInfo; made at the first call, which takes
 * seconds (RSA-4096), and kept until a multi-party recovery completes (40 §7.6). Borrowed. */
MR_MUST_USE mr_result mr_recovery_public_key(
	struct mr_recovery *r, struct mr_bytes *ret_spki, struct mr_error *err);
/* Decrypts an upload. `ephemeral secret key not set` before the first mr_recovery_public_key. */
MR_MUST_USE mr_result mr_recovery_decrypt(const struct mr_recovery *r, struct mr_bytes ciphertext,
	struct mr_secret *ret, struct mr_error *err);
/* Is an upload of this length a plain secret (16, 32 or 33 bytes)? */
bool mr_recovery_is_plain(size_t length);

/* Does this key open the sealed state? Called for every candidate; must be quick for wrong ones. */
struct mr_recovery_lock {
	bool (*opens)(void *context, struct mr_bytes dek);
	void *context;
};

struct mr_recovery_progress {
	uint64_t remaining;   /* as reported to the client; 0: `dek` opens the state */
	struct mr_secret dek; /* set when remaining is 0 */
};

/* Takes one secret with its signature. Errors without the caller's prefix `setting recovery key: `: `invalid secret
 * length`, `uploaded an invalid or already used secret`, `recovery secrets must match in length: …`. When all parties'
 * secrets are in and do not open the state, everything is forgotten: `loading sealed state: …` in *ret_unopened set. */
MR_MUST_USE mr_result mr_recovery_add(struct mr_recovery *r, struct mr_bytes secret,
	struct mr_bytes signature, const struct mr_recovery_lock *lock,
	struct mr_recovery_progress *ret, bool *ret_unopened, struct mr_error *err);

/* After a key was found: does each secret that took part carry the signature of another recovery key (40 §7.4)? The
 * texts of 20 §8. */
MR_MUST_USE mr_result mr_recovery_check_signatures(
	const struct mr_recovery *r, const struct mr_manifest *manifest, struct mr_error *err);
/* The recovery data to seal from now on: those given, or rebuilt from the secrets that took part where none were given.
 * Appended. */
MR_MUST_USE mr_result mr_recovery_data(
	const struct mr_recovery *r, struct mr_buf *out, struct mr_error *err);
/* Forgets all secrets: after every complete attempt, good or bad. */
void mr_recovery_forget(struct mr_recovery *r);

#endif
