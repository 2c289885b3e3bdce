/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifest as decoded (10 §2, §3): immutable, in one arena of its own, each section an array
 * sorted by name in byte order. Decoding follows Go's rules and judges form only; meaning is judged
 * by check.h. The raw bytes, which are the manifest's identity (10 §1), are the caller's: nothing
 * here borrows from them.
 *
 * The same records stand for the values of the state (records.h).
 */
#ifndef MR_MANIFEST_MANIFEST_H
#define MR_MANIFEST_MANIFEST_H

#include "base/arena.h"
#include "base/bytes.h"

/* Bounds of this implementation; beyond them decoding fails with MR_CODE_LIMIT. */
#define MR_MANIFEST_MAX_SIZE ((size_t)16 << 20) /* raw bytes */
#define MR_MANIFEST_MAX_MEMORY                                                                     \
	((size_t)256 << 20) /* of the JSON tree, and again of the decoded manifest */
#define MR_MANIFEST_MAX_ENTRIES ((size_t)65536) /* entries of one map, items of one list */

struct mr_cert_template;

/* Values that JSON can leave out (null or missing); "empty but present" is present. */
struct mr_opt_u64 {
	uint64_t value;
	bool present;
};
struct mr_opt_bytes {
	struct mr_bytes bytes;
	bool present;
};
struct mr_str_list {
	struct mr_str *items;
	size_t count;
	bool present;
};

/* Every record that is kept by name begins with it (mr_names_find depends on that). */

struct mr_package_rules;

struct mr_package {
	struct mr_str name;
	bool debug;
	struct mr_str unique_id;
	struct mr_str signer_id;
	struct mr_opt_u64 product_id;
	struct mr_opt_u64 security_version;
	struct mr_str_list accepted_tcb_statuses;
	struct mr_str_list accepted_advisories;
	/* BEYOND (70 §4, §17.2), ignored by the reference; NULL: none. See package_rules.h. */
	const struct mr_package_rules *rules;
};

struct mr_infrastructure {
	struct mr_str name;
	struct mr_opt_bytes cpusvn;
	struct mr_opt_u64 qesvn;
	struct mr_opt_u64 pcesvn;
	struct mr_opt_bytes root_ca;
	/* BEYOND (70 §3.3), ignored by the reference: */
	bool enforce;
	struct mr_str_list fmspcs;
	struct mr_str_list platform_instance_ids;
	uint64_t min_tcb_evaluation_data_number;
};

enum mr_content_encoding { MR_CONTENT_STRING, MR_CONTENT_BASE64, MR_CONTENT_HEX };

/* An entry of `Files` or `Env`, its data decoded (10 §3.3). */
struct mr_content {
	struct mr_str name;
	struct mr_bytes data;
	struct mr_str encoding_name; /* as spelled in the manifest; "string" by default */
	enum mr_content_encoding encoding;
	bool no_templates;
};

struct mr_content_map {
	struct mr_content *items;
	size_t count;
	bool present;
};

struct mr_marble {
	struct mr_str name;
	struct mr_str package;
	uint64_t max_activations; /* 0: no limit */
	struct mr_content_map files;
	struct mr_content_map env;
	struct mr_str_list argv;
	struct mr_str_list tls;
	bool disable_secret_binding;
};

enum mr_secret_type {
	MR_SECRET_UNKNOWN,
	MR_SECRET_SYMMETRIC_KEY,
	MR_SECRET_CERT_RSA,
	MR_SECRET_CERT_ECDSA,
	MR_SECRET_CERT_ED25519,
	MR_SECRET_PLAIN,
};

/* Definition of a secret (10 §3.4). */
struct mr_secret_def {
	struct mr_str name;
	struct mr_str type_name; /* as written */
	enum mr_secret_type type;
	bool shared;
	bool user_defined;
	uint64_t size;      /* bits */
	uint64_t valid_for; /* days; 0: not given */
	const struct mr_cert_template
		*cert_template; /* NULL: none given (10 §7.5; cert_template.h) */
};

/* A definition with its value. Parts that are absent are null in JSON; symmetric-key and plain have
 * the same bytes in both parts. In a manifest the parts are the literals given there (meaningful
 * for user-defined secrets only). */
struct mr_secret_value {
	struct mr_secret_def def;
	struct mr_opt_bytes cert;         /* DER */
	struct mr_opt_bytes private_part; /* PKCS#8 DER, or the key */
	struct mr_opt_bytes public_part;  /* SubjectPublicKeyInfo DER, or the key */
};

struct mr_manifest_user {
	struct mr_str name;
	struct mr_str certificate; /* PEM text */
	struct mr_str_list roles;
};

struct mr_manifest_role {
	struct mr_str name;
	struct mr_str resource_type;
	struct mr_str_list resource_names;
	struct mr_str_list actions;
};

struct mr_recovery_key {
	struct mr_str name;
	struct mr_str pem;
};

struct mr_tls_entry {
	struct mr_str port;
	struct mr_str addr;
	struct mr_str cert; /* name of a secret, or empty */
	bool disable_client_auth;
};

struct mr_tls_entries {
	struct mr_tls_entry *items;
	size_t count;
	bool present;
};

struct mr_tls_tag {
	struct mr_str name;
	struct mr_tls_entries incoming;
	struct mr_tls_entries outgoing;
};

/* The most that a manifest may give to collateral that has ended, in seconds: a week. */
enum { MR_COLLATERAL_GRACE_MAX = 604800 };

struct mr_manifest_config {
	struct mr_str seal_mode;
	struct mr_str_list feature_gates;
	uint64_t update_threshold;
	uint64_t recovery_threshold;
	bool rotate_root_secret;
	uint64_t collateral_grace_seconds; /* Attestation.CollateralGraceSeconds, BEYOND (70 §18) */
	uint64_t
		min_tcb_evaluation_data_number; /* Attestation.MinTCBEvaluationDataNumber, BEYOND */
};

enum mr_feature {
	MR_FEATURE_SIGN_QUOTE_ENDPOINT,
	MR_FEATURE_MONOTONIC_COUNTER,
	MR_FEATURE_AZURE_HSM_SEALING
};

struct mr_manifest {
	struct mr_arena arena;
	struct mr_package *packages;
	size_t packages_count;
	struct mr_infrastructure *infrastructures;
	size_t infrastructures_count;
	struct mr_marble *marbles;
	size_t marbles_count;
	struct mr_secret_value *secrets;
	size_t secrets_count;
	struct mr_manifest_user *users;
	size_t users_count;
	struct mr_manifest_role *roles;
	size_t roles_count;
	struct mr_recovery_key *recovery_keys;
	size_t recovery_keys_count;
	struct mr_tls_tag *tls_tags;
	size_t tls_tags_count;
	struct mr_manifest_config config;
};

/* Where remarks for the log go: never errors, never secrets. `call` may be NULL. */
struct mr_warn {
	void (*call)(void *context, const char *text);
	void *context;
};

/*
 * Decodes the exact bytes of a manifest (10 §2). Unknown members are ignored and, like duplicates
 * and names that match only when folded, told to `warn` (may be NULL). Free with mr_manifest_free.
 * Errors without the caller's prefix (`unmarshaling manifest: `): JSON syntax and types, the texts
 * of 10 §3.3 and §7.5, MR_CODE_LIMIT.
 */
MR_MUST_USE mr_result mr_manifest_decode(struct mr_bytes raw, const struct mr_warn *warn,
	struct mr_manifest **ret, struct mr_error *err);
void mr_manifest_free(struct mr_manifest *m);

/* The record of that name, or NULL. */
const struct mr_package *mr_manifest_package(const struct mr_manifest *m, struct mr_str name);
const struct mr_marble *mr_manifest_marble(const struct mr_manifest *m, struct mr_str name);
const struct mr_secret_value *mr_manifest_secret(const struct mr_manifest *m, struct mr_str name);
const struct mr_manifest_user *mr_manifest_user(const struct mr_manifest *m, struct mr_str name);
const struct mr_manifest_role *mr_manifest_role(const struct mr_manifest *m, struct mr_str name);
const struct mr_tls_tag *mr_manifest_tls_tag(const struct mr_manifest *m, struct mr_str name);
/* Is the feature among Config.FeatureGates, in any case? */
bool mr_manifest_has_feature(const struct mr_manifest *m, enum mr_feature feature);

/* Binary search by name in `count` records of `size` bytes that begin with their name, in byte
 * order; NULL if absent. */
const void *mr_names_find(const void *records, size_t count, size_t size, struct mr_str name);

/* The type of a name such as "cert-rsa" (case-sensitive), MR_SECRET_UNKNOWN for others; and the
 * name of a type. */
enum mr_secret_type mr_secret_type_of(struct mr_str name);
bool mr_secret_type_is_cert(enum mr_secret_type type);

MR_DEFINE_AUTO_PTR(manifest, struct mr_manifest, mr_manifest_free)

#endif
