/* SPDX-License-Identifier: Apache-2.0 */
/*
 * X.501 names (RFC 5280, 4.1.2.4): reading attributes, and writing subjects. Names are compared
 * byte for byte elsewhere; nothing here normalises them.
 */
#ifndef MR_CRYPTO_NAME_H
#define MR_CRYPTO_NAME_H

#include "base/bytes.h"

extern const struct mr_bytes MR_OID_COMMON_NAME, MR_OID_COUNTRY, MR_OID_LOCALITY, MR_OID_PROVINCE,
	MR_OID_STREET, MR_OID_ORGANIZATION, MR_OID_ORGANIZATIONAL_UNIT, MR_OID_POSTAL_CODE,
	MR_OID_SERIAL_NUMBER;

struct mr_name_attribute {
	struct mr_bytes oid;
	uint8_t tag; /* of the value, usually a string type */
	struct mr_bytes value;
};

struct mr_name_reader {
	struct mr_cursor rdns;
	struct mr_cursor rdn;
};

/* Is this whole element a well-formed Name? The empty one is. */
bool mr_name_valid(struct mr_bytes name);
/* Starts at the first attribute. The name is borrowed. */
struct mr_name_reader mr_name_read(struct mr_bytes name);
/* The next attribute, in the order of the encoding; false at the end, and where it is malformed. */
MR_MUST_USE bool mr_name_next(struct mr_name_reader *r, struct mr_name_attribute *ret);
/* Appends an attribute's value as UTF-8 and tells whether it could: the string types of RFC 5280,
 * TeletexString as far as it is ASCII. Nothing is appended otherwise. */
bool mr_name_put_text(const struct mr_name_attribute *a, struct mr_buf *out);

/* Names: append one RDN with one attribute; wrap with mr_der_open(b, MR_DER_SEQUENCE). */
void mr_name_put_rdn(struct mr_buf *b, struct mr_bytes oid, struct mr_str value);
/* One RDN that holds several values of one attribute (at most MR_NAME_MAX_VALUES), in the order
 * that DER wants; nothing when `count` is 0. */
#define MR_NAME_MAX_VALUES 64
void mr_name_put_multi_rdn(
	struct mr_buf *b, struct mr_bytes oid, const struct mr_str *values, size_t count);
/* A whole Name with just a commonName. */
void mr_name_put_common_name(struct mr_buf *b, struct mr_str common_name);

/* The subject of a Marble's leaf (30 §3.4): of the request's subject the attributes C, ST, L,
 * street, postalCode, OU and serialNumber (its last value), with this commonName. Appends a whole
 * Name. Errors: MR_CODE_LIMIT above 64 kept values or 16 KiB, MR_CODE_INVALID for bad text. */
MR_MUST_USE mr_result mr_csr_subject_for_leaf(struct mr_bytes csr_subject_name,
	struct mr_str common_name, struct mr_buf *out_name, struct mr_error *err);

#endif
