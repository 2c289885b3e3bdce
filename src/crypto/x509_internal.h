/* SPDX-License-Identifier: Apache-2.0 */
/* What certificates and requests have in common; for the .c files of this room only. */
#ifndef MR_CRYPTO_X509_INTERNAL_H
#define MR_CRYPTO_X509_INTERNAL_H

#include "base/bytes.h"
#include "crypto/cert.h"

/* A SEQUENCE with its header, to be compared or parsed elsewhere. */
MR_MUST_USE bool mr_der_whole_sequence(struct mr_cursor *c, struct mr_bytes *ret);

struct mr_extension {
	struct mr_bytes oid;
	bool critical;
	struct mr_bytes value; /* content of extnValue */
};

/* The next of a SEQUENCE OF Extension; false at the end, and where it is malformed. */
MR_MUST_USE bool mr_extension_next(struct mr_cursor *c, struct mr_extension *ret);
/* Is all of it well-formed, bounded in number and without duplicates? */
bool mr_extensions_valid(struct mr_bytes content);
/* Finds one in the content of a SEQUENCE OF Extension that is valid. */
bool mr_extension_find(struct mr_bytes content, struct mr_bytes oid, struct mr_extension *ret);

/* The next GeneralName inside a subjectAltName's SEQUENCE, its form checked; false at the end, and
 * where it is malformed. */
MR_MUST_USE bool mr_alt_name_next(struct mr_cursor *names, struct mr_alt_name *ret);
/* Enters the SEQUENCE of a subjectAltName extnValue. */
MR_MUST_USE bool mr_alt_names_enter(struct mr_bytes value, struct mr_cursor *ret);

/* Closes what is signed at `tbs_at` in `out`, signs it and closes the SEQUENCE at `all_at`. */
MR_MUST_USE mr_result mr_x509_sign(struct mr_buf *out, size_t all_at, size_t tbs_at,
	const struct mr_key *key, enum mr_hash hash, struct mr_error *err);

#endif
