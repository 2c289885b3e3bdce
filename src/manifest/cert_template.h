/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate template of a secret (10 §7.5), and certificates made from it (10 §7.4). A
 * template comes from the manifest's `Cert` record or from the DER of a certificate (10 §7.6); it
 * is immutable and lives in the arena of its manifest. NULL stands for the template without
 * members.
 */
#ifndef MR_MANIFEST_CERT_TEMPLATE_H
#define MR_MANIFEST_CERT_TEMPLATE_H

#include "crypto/key.h"
#include "manifest/manifest.h"

/* Who signs: the Marble root certificate's subject and key identifier, and the intermediate key. */
struct mr_cert_issuer {
	struct mr_bytes subject; /* Name, whole element */
	struct mr_bytes key_id;  /* subjectKeyIdentifier content */
	const struct mr_key *key;
};

/* Attributes of a subject, in the order in which they are written. */
enum mr_subject_attribute {
	MR_SUBJECT_COUNTRY,
	MR_SUBJECT_PROVINCE,
	MR_SUBJECT_LOCALITY,
	MR_SUBJECT_STREET_ADDRESS,
	MR_SUBJECT_POSTAL_CODE,
	MR_SUBJECT_ORGANIZATION,
	MR_SUBJECT_ORGANIZATIONAL_UNIT,
	MR_SUBJECT_LISTS, /* the number of those above, which are lists */
};

/* An OID as DER content, empty if its components are none, with something: an attribute or an
 * extension. */
struct mr_oid_value {
	struct mr_bytes oid;
	struct mr_bytes value;
	bool critical;
	bool is_text; /* of an ExtraName: value is text; else it is no text and cannot be issued */
};

struct mr_oid_values {
	struct mr_oid_value *items;
	size_t count;
	bool present;
};

struct mr_subject_template {
	struct mr_str_list lists[MR_SUBJECT_LISTS];
	struct mr_str common_name;
	struct mr_str serial_number;
	struct mr_oid_values extra;
};

/* Unix seconds; absent: not given, or the zero time. */
struct mr_opt_time {
	int64_t value;
	bool present;
};

struct mr_bytes_list {
	struct mr_bytes *items;
	size_t count;
	bool present;
};

/* Lists of names: permitted and excluded of one kind. */
struct mr_constraint_lists {
	struct mr_str_list permitted;
	struct mr_str_list excluded;
};

struct mr_cert_template {
	struct mr_subject_template subject;
	struct mr_bytes raw_subject; /* Name, whole element; empty: made from `subject` */
	struct mr_opt_time not_after;
	int64_t key_usage;
	struct mr_bytes_list ext_key_usage; /* OIDs as DER content; an empty one is unknown */
	struct mr_bytes_list unknown_ext_key_usage; /* likewise */
	bool is_ca;
	bool max_path_len_zero;
	int64_t max_path_len;
	struct mr_bytes subject_key_id;
	struct mr_str_list dns_names;
	struct mr_str_list email_addresses;
	struct mr_bytes_list ip_addresses; /* 4 or 16 bytes each */
	struct mr_bytes_list uris;
	struct mr_str_list ocsp_server;
	struct mr_str_list issuing_certificate_url;
	struct mr_str_list crl_distribution_points;
	struct mr_constraint_lists dns_domains;
	struct mr_constraint_lists email_constraints;
	struct mr_constraint_lists uri_domains;
	struct mr_bytes_list permitted_ip_ranges; /* address and mask behind each other */
	struct mr_bytes_list excluded_ip_ranges;
	bool name_constraints_critical;
	struct mr_bytes_list policies; /* OIDs as DER content */
	struct mr_oid_values extra_extensions;
	int64_t signature_algorithm; /* Go's number; 0: by the issuer's key */
};

/* The template that a certificate is (10 §7.6): its raw subject, expiry, usages, names and
 * constraints, and its signature algorithm. All is copied into the arena. Errors begin `x509: `. */
MR_MUST_USE mr_result mr_cert_template_from_der(struct mr_bytes der, struct mr_arena *arena,
	const struct mr_cert_template **ret, struct mr_error *err);

/*
 * Issues a certificate for `subject_key` by the profile of 10 §7.4 and appends its DER.
 * `not_before` and `not_after` are Unix seconds; applying the template's own NotAfter is the
 * caller's part. Errors: texts of 10 §7.5, MR_CODE_CRYPTO.
 */
MR_MUST_USE mr_result mr_cert_template_issue(const struct mr_cert_template *t,
	const struct mr_cert_issuer *issuer, const struct mr_key *subject_key, int64_t not_before,
	int64_t not_after, struct mr_buf *out, struct mr_error *err);

#endif
