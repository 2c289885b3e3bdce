/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificate revocation lists, read (RFC 5280, 5): full lists of one issuer. A list with a critical
 * extension, of the list or of an entry, is refused, since it means something else than a full list.
 */
#ifndef MR_CRYPTO_CRL_H
#define MR_CRYPTO_CRL_H

#include "crypto/cert.h"

#define MR_CRL_MAX_SIZE ((size_t)1 << 20)

struct mr_crl {
	struct mr_bytes der; /* owned; the views below point into it */
	struct mr_bytes tbs;
	struct mr_bytes signature_algorithm; /* AlgorithmIdentifier, whole element */
	struct mr_bytes issuer;              /* Name, whole element */
	struct mr_bytes signature;
	struct mr_bytes revoked; /* content of the SEQUENCE OF entries, checked; empty if none */
	struct mr_bytes number;  /* magnitude of the CRL number; empty if there is none */
	int64_t this_update, next_update;
};

/* Parses exactly one list. Errors begin `x509: `. Structure, times and entries are checked, the
 * signature is not. A list without nextUpdate is refused: it would be current for ever. */
MR_MUST_USE mr_result mr_crl_parse(struct mr_bytes der, struct mr_crl *ret, struct mr_error *err);
void mr_crl_done(struct mr_crl *crl);
/* Is it signed by this key? As mr_cert_check_signature. */
MR_MUST_USE mr_result mr_crl_check_signature(
	const struct mr_crl *crl, const struct mr_key *issuer_key, struct mr_error *err);
/* Is the certificate's serial number in the list? The issuer is not compared. */
bool mr_crl_lists(const struct mr_crl *crl, const struct mr_cert *certificate);
/* The CRL number; 0 where there is none, and the largest for one of more than 64 bits. */
uint64_t mr_crl_number(const struct mr_crl *crl);

MR_DEFINE_AUTO(crl, struct mr_crl, mr_crl_done)

#endif
