/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state's data key (DEK) and the recovery secrets of the parties that the manifest names (40 §7.1, 7.2): one key,
 * XOR of all, or Shamir shares.
 */
#ifndef MR_COORDINATOR_STATE_KEY_H
#define MR_COORDINATOR_STATE_KEY_H

#include "base/secret.h"
#include "manifest/manifest.h"

/* Recovery keys that a manifest may have: as many as there are Shamir shares. */
enum { MR_PARTIES_MAX = 255 };

struct mr_recovery_ciphertext {
	struct mr_str name; /* borrowed from the manifest */
	struct mr_buf ciphertext;
};

struct mr_state_key {
	struct mr_secret dek;
	struct mr_buf recovery_data;
	struct mr_recovery_ciphertext *secrets; /* one a recovery key, in the order of names */
	size_t count;
};

/* Makes a DEK with its recovery data, and encrypts each party's secret to its key. Errors as 40 §7.1, without the
 * caller's prefix `generating recovery encryption key: `. */
MR_MUST_USE mr_result mr_state_key_new(
	const struct mr_manifest *manifest, struct mr_state_key *ret, struct mr_error *err);
void mr_state_key_done(struct mr_state_key *key);
/* Appends the recovery data of several parties, the clear JSON map of their secrets' hashes, sorted (40 §7.2). At most
 * MR_PARTIES_MAX. */
MR_MUST_USE mr_result mr_recovery_map_put(
	const struct mr_bytes *secrets, size_t count, struct mr_buf *out, struct mr_error *err);
/* Appends the JSON object name -> base64 ciphertext (20 §6.4), `{}` without parties. */
void mr_state_key_put_json(const struct mr_state_key *key, struct mr_buf *out);

MR_DEFINE_AUTO(state_key, struct mr_state_key, mr_state_key_done)

#endif
