/* SPDX-License-Identifier: Apache-2.0 */
/* DER (X.690): a strict bounded reader and a writer on mr_buf. No recursion; definite lengths
 * only. */
#ifndef MR_CRYPTO_DER_H
#define MR_CRYPTO_DER_H

#include "base/bytes.h"

enum {
	MR_DER_BOOLEAN = 0x01,
	MR_DER_INTEGER = 0x02,
	MR_DER_BIT_STRING = 0x03,
	MR_DER_OCTET_STRING = 0x04,
	MR_DER_NULL = 0x05,
	MR_DER_OID = 0x06,
	MR_DER_UTF8_STRING = 0x0C,
	MR_DER_PRINTABLE_STRING = 0x13,
	MR_DER_IA5_STRING = 0x16,
	MR_DER_UTC_TIME = 0x17,
	MR_DER_GENERALIZED_TIME = 0x18,
	MR_DER_SEQUENCE = 0x30,
	MR_DER_SET = 0x31,
	MR_DER_CONTEXT = 0x80,             /* | number, primitive */
	MR_DER_CONTEXT_CONSTRUCTED = 0xA0, /* | number */
};

/* Readers consume one element from the front and move nothing on failure. */
/* Any element: tag (low-tag-number form only), content, and the whole element in *ret_whole (may be
 * NULL). */
MR_MUST_USE bool mr_der_next(struct mr_cursor *c, uint8_t *ret_tag, struct mr_bytes *ret_content,
	struct mr_bytes *ret_whole);
/* An element that must have this tag; its content as cursor. */
MR_MUST_USE bool mr_der_enter(struct mr_cursor *c, uint8_t tag, struct mr_cursor *ret);
MR_MUST_USE bool mr_der_expect(struct mr_cursor *c, uint8_t tag, struct mr_bytes *ret_content);
/* Is the next element's tag this one? False at the end. */
bool mr_der_peek(const struct mr_cursor *c, uint8_t tag);
/* A non-negative INTEGER that fits. */
MR_MUST_USE bool mr_der_u64(struct mr_cursor *c, uint64_t *ret);
/* A non-negative INTEGER: its big-endian bytes without the leading zero of the encoding. */
MR_MUST_USE bool mr_der_unsigned(struct mr_cursor *c, struct mr_bytes *ret);
/* A BOOLEAN with DEFAULT FALSE: absent is false, and so is an explicit FALSE. */
MR_MUST_USE bool mr_der_default_false(struct mr_cursor *c, bool *ret);
/* An OBJECT IDENTIFIER, its content checked for form. */
MR_MUST_USE bool mr_der_oid(struct mr_cursor *c, struct mr_bytes *ret);
/* A BIT STRING without unused bits. */
MR_MUST_USE bool mr_der_bits(struct mr_cursor *c, struct mr_bytes *ret);
/* UTCTime or GeneralizedTime with seconds and Z: Unix seconds (RFC 5280, 4.1.2.5). */
MR_MUST_USE bool mr_der_time(struct mr_cursor *c, int64_t *ret);

/* Writers. A constructed element: `size_t at = mr_der_open(b, tag); … mr_der_close(b, at);`, at
 * most 2^32-1 bytes. */
size_t mr_der_open(struct mr_buf *b, uint8_t tag);
void mr_der_close(struct mr_buf *b, size_t at);
void mr_der_put(struct mr_buf *b, uint8_t tag, struct mr_bytes content);
void mr_der_put_bool(struct mr_buf *b, bool v);
void mr_der_put_u64(struct mr_buf *b, uint64_t v);
/* A non-negative INTEGER of big-endian bytes, leading zeros dropped. */
void mr_der_put_unsigned(struct mr_buf *b, struct mr_bytes big_endian);
/* An OID given as DER content. */
void mr_der_put_oid(struct mr_buf *b, struct mr_bytes oid_content);
/* A BIT STRING with `unused` unused bits at its end. */
void mr_der_put_bits(struct mr_buf *b, struct mr_bytes bits, unsigned unused);
/* UTCTime up to 2049, else GeneralizedTime (30 §3.1). */
void mr_der_put_time(struct mr_buf *b, int64_t unix_seconds);
/* Text as PrintableString when possible, else UTF8String (30 §3.1). */
void mr_der_put_directory_string(struct mr_buf *b, struct mr_str text);

#endif
