/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MARBLE_TTLS_CONFIG (10 §11): the connections of a Marble's TLS tags, merged once, written at each
 * activation. The reading side is the Marble's own (30 §6).
 */
#ifndef MR_MANIFEST_TTLS_H
#define MR_MANIFEST_TTLS_H

#include "manifest/manifest.h"

/* One connection: its key `<addr>:<port>` or `*:<port>`. */
struct mr_ttls_connection {
	struct mr_str key;
	struct mr_str cert; /* Incoming: name of the secret to serve, or empty */
	bool client_auth;   /* Incoming only */
};

/* Both lists sorted by key. */
struct mr_ttls {
	struct mr_ttls_connection *incoming;
	size_t incoming_count;
	struct mr_ttls_connection *outgoing;
	size_t outgoing_count;
};

/* Merges the tags that `marble` lists, later entries over earlier ones; an undefined tag is left
 * out. Memory from the arena, strings borrowed from the tags. */
MR_MUST_USE mr_result mr_ttls_compile(const struct mr_marble *marble, const struct mr_tls_tag *tags,
	size_t tags_count, struct mr_arena *arena, struct mr_ttls *ret, struct mr_error *err);

/* What the configuration shows of certificates, DER; a look-up of secrets by name. */
struct mr_ttls_source {
	struct mr_bytes marble_root;
	struct mr_bytes marble_cert;
	struct mr_bytes marble_private;
	struct mr_str marble_root_pem; /* if it is ready; else empty */
	void *self;
	/* As mr_parameters_source.secret, current secrets. */
	mr_result (*secret)(void *self, struct mr_str name, const struct mr_secret_value **ret,
		struct mr_error *err);
};

/* Appends the JSON text to a secret buffer. Stricter than the reference: a `Cert` secret that is no
 * certificate or has no value yet is an error, `TLS certificate secret <name> has no value`. */
MR_MUST_USE mr_result mr_ttls_write(const struct mr_ttls *ttls, const struct mr_ttls_source *source,
	struct mr_buf *out, struct mr_error *err);

#endif
