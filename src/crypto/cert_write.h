/* SPDX-License-Identifier: Apache-2.0 */
/*
 * X.509 certificates and PKCS#10 requests, written (30 §3, 10 §7.4): DER straight into a buffer,
 * then one signature. The caller gives names and extensions ready-made, so that a hot path can
 * prepare them once.
 */
#ifndef MR_CRYPTO_CERT_WRITE_H
#define MR_CRYPTO_CERT_WRITE_H

#include "base/bytes.h"
#include "crypto/cert.h"
#include "crypto/key.h"
#include "crypto/name.h"

/* (2^63 - 1) nanoseconds, the validity called "no expiry" (30 §3.1), in seconds. */
#define MR_NO_EXPIRY_SECONDS INT64_C(9223372036)

struct mr_cert_profile {
	struct mr_bytes issuer;  /* Name, whole element: the parent's subject, byte for byte */
	struct mr_bytes subject; /* Name, whole element */
	int64_t not_before;      /* Unix seconds */
	int64_t not_after;
	struct mr_bytes spki; /* SubjectPublicKeyInfo of the subject */
	struct mr_bytes
		extensions; /* concatenated Extension elements in order, from the writers below */
};

/* Writes and signs a version 3 certificate with a random serial in [0, 2^128) (30 §3.1); appends
 * the DER. */
MR_MUST_USE mr_result mr_cert_issue(const struct mr_cert_profile *profile,
	const struct mr_key *issuer_key, struct mr_buf *out, struct mr_error *err);
/* As mr_cert_issue with another hash for an ECDSA issuer (10 §7.5 SignatureAlgorithm). */
MR_MUST_USE mr_result mr_cert_issue_with_hash(const struct mr_cert_profile *profile,
	const struct mr_key *issuer_key, enum mr_hash hash, struct mr_buf *out,
	struct mr_error *err);

/* Extensions, each a whole Extension element. */
/* `bits` as in 10 §7.5: 1 digitalSignature, 2 contentCommitment, … 32 keyCertSign, … 256
 * decipherOnly. Critical. */
void mr_ext_put_key_usage(struct mr_buf *b, unsigned bits);
void mr_ext_put_ext_key_usage(struct mr_buf *b, const struct mr_bytes *oids, size_t count);
/* Critical. path_len < 0: none. */
void mr_ext_put_basic_constraints(struct mr_buf *b, bool ca, int path_len);
void mr_ext_put_subject_key_id(struct mr_buf *b, struct mr_bytes id);
void mr_ext_put_authority_key_id(struct mr_buf *b, struct mr_bytes id);
/* The names in the order given; nothing when count is 0. */
void mr_ext_put_alt_names(
	struct mr_buf *b, const struct mr_alt_name *names, size_t count, bool critical);
/* Any other, with extnValue content as given. */
void mr_ext_put(struct mr_buf *b, struct mr_bytes oid, bool critical, struct mr_bytes value);
/* First 20 bytes of SHA-256 over the key's BIT STRING content (30 §3.1). */
MR_MUST_USE mr_result mr_key_identifier(
	const struct mr_key *key, uint8_t out[static 20], struct mr_error *err);

/* Splits a comma-separated "SAN list" (30 §3.1) into DNS names and IP addresses: elements that
 * parse as an IP literal (dotted IPv4 without leading zeros, IPv6 without zone) become addresses (4
 * or 16 bytes in `storage`), all else DNS names verbatim. A name that is not ASCII is an error. */
struct mr_san_list {
	struct mr_alt_name names[MR_CERT_MAX_NAMES];
	size_t count;
	uint8_t storage[MR_CERT_MAX_NAMES][16];
};
MR_MUST_USE mr_result mr_san_list_parse(
	struct mr_str text, struct mr_san_list *ret, struct mr_error *err);
/* Parses an IP literal: 4 or 16 bytes written, the size returned, 0 if it is none. An IPv4-mapped
 * IPv6 literal gives 4 bytes. */
size_t mr_ip_parse(struct mr_str text, uint8_t out[static 16]);

/* PKCS#10 request with empty subject, version 0 and a non-critical SAN of `names` (30 §3.5);
 * appends the DER. */
MR_MUST_USE mr_result mr_csr_write(const struct mr_alt_name *names, size_t count,
	const struct mr_key *key, struct mr_buf *out, struct mr_error *err);

/* As mr_csr_write with a subject, a whole Name. */
MR_MUST_USE mr_result mr_csr_write_with_subject(struct mr_bytes subject,
	const struct mr_alt_name *names, size_t count, const struct mr_key *key, struct mr_buf *out,
	struct mr_error *err);

/* A parsed request: views into the caller's DER. */
struct mr_csr {
	struct mr_bytes subject; /* Name, whole element */
	struct mr_bytes
		alt_names; /* extnValue content of the requested subjectAltName; empty if none */
};
/* Parses and verifies the self-signature. Errors: `parsing CSR: <text>` and `signature over CSR is
 * invalid` (30 §2.2 F). Keys accepted: RSA, ECDSA, Ed25519. */
MR_MUST_USE mr_result mr_csr_parse(struct mr_bytes der, struct mr_csr *ret, struct mr_error *err);

#endif
