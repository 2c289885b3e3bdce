/* SPDX-License-Identifier: Apache-2.0 */
/*
 * X.509 certificates, read (RFC 5280): our own strict reader over DER, which looks only at what is
 * asked for. Keys are decoded on demand by the crypto library. A parsed certificate owns a copy of
 * its DER and is immutable.
 */
#ifndef MR_CRYPTO_CERT_H
#define MR_CRYPTO_CERT_H

#include "base/bytes.h"
#include "crypto/key.h"

#define MR_CERT_MAX_SIZE ((size_t)1 << 20)
#define MR_CERT_MAX_NAMES 1024

struct mr_cert {
	struct mr_bytes der; /* owned; the views below point into it */
	struct mr_bytes tbs;
	struct mr_bytes serial;              /* INTEGER content */
	struct mr_bytes signature_algorithm; /* AlgorithmIdentifier, whole element */
	struct mr_bytes issuer;              /* Name, whole element */
	struct mr_bytes subject;             /* Name, whole element */
	struct mr_bytes spki;                /* SubjectPublicKeyInfo, whole element */
	struct mr_bytes signature;           /* BIT STRING content */
	struct mr_bytes extensions; /* content of the SEQUENCE OF Extension; empty if none */
	int64_t not_before, not_after;
	int version; /* 1, 2, 3 */
};

/* Parses exactly one certificate. Errors begin `x509: `. Version, structure, times and extension
 * syntax are checked; signatures and meaning are not. */
MR_MUST_USE mr_result mr_cert_parse(struct mr_bytes der, struct mr_cert *ret, struct mr_error *err);
/* The first CERTIFICATE block of a PEM text; *ret_rest (may be NULL) is what follows.
 * MR_CODE_NOT_FOUND if none. */
MR_MUST_USE mr_result mr_cert_from_pem(
	struct mr_str pem, struct mr_cert *ret, struct mr_str *ret_rest, struct mr_error *err);
void mr_cert_done(struct mr_cert *c);

/* The public key, decoded. */
MR_MUST_USE mr_result mr_cert_key(
	const struct mr_cert *c, struct mr_key **ret, struct mr_error *err);
/* An extension by OID (DER content): its extnValue content and criticality (may be NULL); false if
 * absent. */
bool mr_cert_extension(const struct mr_cert *c, struct mr_bytes oid, struct mr_bytes *ret_value,
	bool *ret_critical);
/* The last commonName of the subject, borrowed bytes of a string type; false if absent. */
bool mr_cert_common_name(const struct mr_cert *c, struct mr_str *ret);
/* subjectKeyIdentifier content; false if absent. */
bool mr_cert_key_id(const struct mr_cert *c, struct mr_bytes *ret);
/* Is basicConstraints cA TRUE? */
bool mr_cert_is_ca(const struct mr_cert *c);
/* May its key sign certificates: keyUsage has keyCertSign, or there is no keyUsage? */
bool mr_cert_may_sign(const struct mr_cert *c);
/* Is there a critical extension that is neither basicConstraints nor keyUsage? */
bool mr_cert_has_foreign_critical(const struct mr_cert *c);
/* Does extendedKeyUsage allow this purpose (OID content), or is it absent, or does it have
 * "any"? */
bool mr_cert_allows_purpose(const struct mr_cert *c, struct mr_bytes purpose_oid);

/* One name of subjectAltName: dNSName text (context tag 2) or iPAddress bytes (tag 7); other kinds
 * by their tag. */
struct mr_alt_name {
	uint8_t tag; /* number of the choice: 1 mail, 2 DNS, 6 URI, 7 IP */
	struct mr_bytes value;
};
/* Parses the content of a subjectAltName extnValue into at most `max` names. Error: `x509: invalid
 * subject alternative names`. */
MR_MUST_USE mr_result mr_alt_names_parse(struct mr_bytes value, struct mr_alt_name *ret, size_t max,
	size_t *ret_count, struct mr_error *err);

/* Is the certificate signed by this key? MR_OK, or an error that begins `x509: `. The algorithm
 * must fit the key. */
MR_MUST_USE mr_result mr_cert_check_signature(
	const struct mr_cert *c, const struct mr_key *issuer_key, struct mr_error *err);
/* Does the host (a DNS name, or an IP literal) match the subjectAltName (RFC 6125; CN is never
 * used; 50 §5.6)? */
bool mr_cert_matches_host(const struct mr_cert *c, struct mr_str host);

extern const struct mr_bytes MR_OID_KEY_USAGE, MR_OID_EXT_KEY_USAGE, MR_OID_BASIC_CONSTRAINTS,
	MR_OID_SUBJECT_KEY_ID, MR_OID_AUTHORITY_KEY_ID, MR_OID_SUBJECT_ALT_NAME, MR_OID_SERVER_AUTH,
	MR_OID_CLIENT_AUTH, MR_OID_MARBLE_TYPE;

MR_DEFINE_AUTO(cert, struct mr_cert, mr_cert_done)

#endif
