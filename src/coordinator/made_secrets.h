/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secrets that a manifest asks the Coordinator to make when it is set or updated (10 §7): shared values, one
 * placeholder for each per-Marble secret, and the bare definitions of user-defined ones, together in one sorted table.
 */
#ifndef MR_COORDINATOR_MADE_SECRETS_H
#define MR_COORDINATOR_MADE_SECRETS_H

#include "coordinator/authority.h"
#include "manifest/secret.h"

struct mr_made_secrets {
	struct mr_arena arena; /* wiped */
	struct mr_secret_value *list;
	size_t count;
};

/* All secrets of a manifest. Errors with the prefixes `generating secrets from manifest: ` and `generating placeholder
 * secrets from manifest: `. Strings are borrowed from the manifest. */
MR_MUST_USE mr_result mr_made_secrets_all(struct mr_made_secrets *ret,
	const struct mr_manifest *manifest, const struct mr_authority *authority,
	struct mr_bytes root_secret, int64_t now, struct mr_key_pool *keys, struct mr_error *err);
void mr_made_secrets_done(struct mr_made_secrets *made);

/* The authority as issuer of secret certificates. */
MR_MUST_USE mr_result mr_authority_issuer(
	const struct mr_authority *authority, struct mr_cert_issuer *ret, struct mr_error *err);

MR_DEFINE_AUTO(made_secrets, struct mr_made_secrets, mr_made_secrets_done)

#endif
