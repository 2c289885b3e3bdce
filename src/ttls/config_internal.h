/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a TTLS configuration, and the credentials that its entries share. */
#ifndef MR_TTLS_CONFIG_INTERNAL_H
#define MR_TTLS_CONFIG_INTERNAL_H

#include "base/arena.h"
#include "codec/json.h"
#include "ttls/config.h"

#define MR_TTLS_ROOTS_MAX 16

/* The texts of one entry, as the document has them. */
struct mr_ttls_credentials {
	struct mr_str root, certificate, key; /* PEM */
	bool server;
	bool verify_client;
};

/* Credentials that were read, for all entries that have the same. */
struct mr_ttls_shared {
	struct mr_ttls_credentials source; /* empty texts once the document was read */
	struct mr_cert roots[MR_TTLS_ROOTS_MAX];
	size_t root_count;
	struct mr_tls_identity *identity;
	struct mr_tls_engine_context *context;
	struct mr_ttls_shared *next;
};

struct mr_ttls_config {
	struct mr_arena arena;
	struct mr_ttls_entry *incoming, *outgoing;
	size_t incoming_count, outgoing_count;
	struct mr_ttls_shared *shared;
};

/* The TLS context for these credentials, made at their first use. */
MR_MUST_USE mr_result mr_ttls_credentials_context(struct mr_ttls_config *config,
	const struct mr_ttls_credentials *credentials, struct mr_tls_engine_context **ret,
	struct mr_error *err);
/* The document's texts are not looked at any more. */
void mr_ttls_credentials_forget(struct mr_ttls_config *config);
void mr_ttls_credentials_done(struct mr_ttls_config *config);

#endif
