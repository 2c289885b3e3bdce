/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets: generated, and taken from an upload (10 §7, §8). Values live in an arena of the
 * caller's, which wipes them. The records are in manifest.h, their JSON in records.h, certificate
 * templates in cert_template.h.
 */
#ifndef MR_MANIFEST_SECRET_H
#define MR_MANIFEST_SECRET_H

#include "base/uuid.h"
#include "codec/json.h"
#include "crypto/key_pool.h"
#include "manifest/cert_template.h"
#include "manifest/manifest.h"

/* Days that a certificate is valid when its secret does not say (10 §7.4). */
#define MR_SECRET_DEFAULT_DAYS 365

/* Largest shared symmetric key, in bytes: far more than any cipher takes. */
#define MR_SECRET_MAX_SYMMETRIC ((size_t)1 << 20)
/* Largest RSA key of a secret, in bits: no TLS library of Marbles takes a larger one. */
#define MR_SECRET_MAX_RSA 8192

/* For whom secrets are generated (10 §7.1): told outright, never by a nil UUID. */
struct mr_secret_context {
	bool shared;                 /* true: shared secrets; false: those of one Marble */
	struct mr_uuid uuid;         /* of the Marble; a random one for placeholders */
	struct mr_str marble_type;   /* empty for placeholders */
	bool disable_binding;        /* leave marble_type out of the derivation */
	struct mr_bytes root_secret; /* needed for symmetric keys of a Marble */
	const struct mr_cert_issuer *issuer;
	int64_t now;       /* Unix seconds: notBefore */
	int64_t not_after; /* 0: by template and ValidFor; else kept as it is (re-issue, 10 §7.6) */
	struct mr_key_pool *p384; /* ready keys for P-384 certificates, or NULL */
};

/*
 * Generates the value of a secret that is not user-defined and whose `shared` is the context's
 * (else MR_CODE_INTERNAL). The value borrows the definition's strings; its `valid_for` is 365 where
 * that default was applied. Shared symmetric keys are random, others derived (10 §7.2). Errors:
 * texts of 10 §7.1 and §7.5. RSA takes up to seconds.
 */
MR_MUST_USE mr_result mr_secret_generate(const struct mr_secret_def *def,
	const struct mr_secret_context *context, struct mr_arena *arena,
	struct mr_secret_value *ret, struct mr_error *err);
/* Generates all secrets of a manifest that the context asks for, in order of their names: values in
 * *ret (array in the arena, sorted; user-defined ones and the other kind left out). */
MR_MUST_USE mr_result mr_secrets_generate(const struct mr_manifest *m,
	const struct mr_secret_context *context, struct mr_arena *arena,
	struct mr_secret_value **ret, size_t *ret_count, struct mr_error *err);

/* One entry of an upload (10 §8.1), as decoded. */
struct mr_secret_upload {
	struct mr_str name;
	struct mr_opt_bytes key;
	struct mr_opt_bytes cert; /* DER that parses */
	struct mr_opt_bytes private_part;
};

/* Decodes the map of an upload: `value` is the object (API v1: the body; v2: the member `secrets`).
 * Sorted by name, in the arena. Any error means that the body does not decode (HTTP 400 in v2). */
MR_MUST_USE mr_result mr_secret_uploads_decode(const struct mr_json *value, struct mr_arena *arena,
	struct mr_secret_upload **ret, size_t *ret_count, struct mr_error *err);
/* Judges one entry against the definition (NULL: no such secret) and gives the value to store,
 * borrowing the upload's bytes. Errors without the caller's prefix (`parsing new secrets: `), texts
 * of 10 §8.1. An upload without entries is the caller's: `no new secrets defined`. */
MR_MUST_USE mr_result mr_secret_upload_apply(const struct mr_secret_upload *upload,
	const struct mr_secret_def *def, struct mr_arena *arena, struct mr_secret_value *ret,
	struct mr_error *err);

#endif
