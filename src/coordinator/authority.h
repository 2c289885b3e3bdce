/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mesh's certificate authority (30 §3): the Coordinator root, the intermediate, and the Marble root, which is the
 * intermediate's key under a self-signed certificate. Immutable and reference-counted: a snapshot holds one, and an
 * update makes a new one. Everything that a handshake or an activation needs of it is prepared once, here.
 */
#ifndef MR_COORDINATOR_AUTHORITY_H
#define MR_COORDINATOR_AUTHORITY_H

#include "base/shared.h"
#include "crypto/cert_write.h"
#include "net/tls.h"
#include "store/state.h"

struct mr_authority {
	struct mr_shared shared;
	struct mr_cert root, intermediate, marble_root;
	struct mr_key *root_key, *intermediate_key;
	struct mr_tls_identity *root_identity;   /* client API: root certificate and key */
	struct mr_tls_identity *marble_identity; /* Marble API: Marble root certificate and key */
	struct mr_buf root_pem, intermediate_pem, marble_root_pem;
	struct mr_buf leaf_head; /* extensions of every Marble leaf up to the subjectAltName */
};

/* A fresh hierarchy for a Coordinator with these names (`EDG_COORDINATOR_DNS_NAMES`, 40 §2.2). `now` in Unix
 * seconds. */
MR_MUST_USE mr_result mr_authority_new(
	struct mr_str dns_names, int64_t now, struct mr_authority **ret, struct mr_error *err);
/* The same root with a new intermediate key and its two certificates; names as in the root (30 §3.2). */
MR_MUST_USE mr_result mr_authority_renew(const struct mr_authority *old, int64_t now,
	struct mr_authority **ret, struct mr_error *err);
/* From and to the state (40 §4.2). Loading checks that keys and certificates belong together. */
MR_MUST_USE mr_result mr_authority_load(
	const struct mr_state *state, struct mr_authority **ret, struct mr_error *err);
MR_MUST_USE mr_result mr_authority_store(
	const struct mr_authority *authority, struct mr_tx *tx, struct mr_error *err);

static inline struct mr_authority *mr_authority_ref(struct mr_authority *authority)
{
	(void)mr_shared_ref(&authority->shared);
	return authority;
}
void mr_authority_unref(struct mr_authority *authority);

/* Issues a Marble's leaf (30 §3.4) for `key`, with names from the CSR, appended as DER. `uuid` is the canonical text. */
MR_MUST_USE mr_result mr_authority_issue_leaf(const struct mr_authority *authority,
	const struct mr_csr *csr, struct mr_str uuid, struct mr_str marble_type,
	const struct mr_key *key, int64_t now, struct mr_buf *out, struct mr_error *err);

MR_DEFINE_AUTO_PTR(authority, struct mr_authority, mr_authority_unref)

#endif
