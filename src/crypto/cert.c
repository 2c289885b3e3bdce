/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cert.h"

#include <stdlib.h>

#include "codec/pem.h"
#include "crypto/der.h"
#include "crypto/name.h"
#include "crypto/signature.h"
#include "crypto/x509_internal.h"

/*
 * RFC 5280, 4.1:
 *
 *   Certificate    ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature BIT STRING }
 *   TBSCertificate ::= SEQUENCE {
 *       version          [0] EXPLICIT INTEGER DEFAULT 0,
 *       serialNumber     INTEGER,
 *       signature        AlgorithmIdentifier,   -- the same as signatureAlgorithm
 *       issuer           Name,
 *       validity         SEQUENCE { notBefore Time, notAfter Time },
 *       subject          Name,
 *       subjectPublicKeyInfo,
 *       issuerUniqueID   [1] IMPLICIT BIT STRING OPTIONAL,
 *       subjectUniqueID  [2] IMPLICIT BIT STRING OPTIONAL,
 *       extensions       [3] EXPLICIT SEQUENCE OF Extension OPTIONAL }
 *
 * A version that is written although it is the default is taken: others do so too.
 */
static bool read_version(struct mr_cursor *tbs, int *ret)
{
	struct mr_cursor inner;
	uint64_t version;

	*ret = 1;
	if (!mr_der_peek(tbs, MR_DER_CONTEXT_CONSTRUCTED))
		return true;
	if (!mr_der_enter(tbs, MR_DER_CONTEXT_CONSTRUCTED, &inner) ||
		!mr_der_u64(&inner, &version) || mr_cursor_left(&inner) != 0 || version > 2)
		return false;
	*ret = (int)version + 1;
	return true;
}

static bool read_validity(struct mr_cursor *tbs, struct mr_cert *c)
{
	struct mr_cursor validity;

	return mr_der_enter(tbs, MR_DER_SEQUENCE, &validity) &&
	       mr_der_time(&validity, &c->not_before) && mr_der_time(&validity, &c->not_after) &&
	       mr_cursor_left(&validity) == 0;
}

/* Negative ones were never allowed; their lengths vary in practice. */
static bool read_serial(struct mr_cursor *tbs, struct mr_cert *c)
{
	struct mr_cursor check = *tbs;
	struct mr_bytes magnitude;

	return mr_der_unsigned(&check, &magnitude) &&
	       mr_der_expect(tbs, MR_DER_INTEGER, &c->serial);
}

/* issuerUniqueID, subjectUniqueID and the extensions. */
static bool read_tail(struct mr_cursor *tbs, struct mr_cert *c)
{
	struct mr_cursor outer;
	struct mr_bytes ignored;

	for (uint8_t number = 1; number <= 2; number++) {
		if (!mr_der_peek(tbs, MR_DER_CONTEXT | number))
			continue;
		if (c->version < 2 || !mr_der_expect(tbs, MR_DER_CONTEXT | number, &ignored))
			return false;
	}
	if (mr_cursor_left(tbs) == 0)
		return true;
	return c->version == 3 && mr_der_enter(tbs, MR_DER_CONTEXT_CONSTRUCTED | 3, &outer) &&
	       mr_der_expect(&outer, MR_DER_SEQUENCE, &c->extensions) &&
	       mr_cursor_left(&outer) == 0 && mr_cursor_left(tbs) == 0;
}

/* The problem, or NULL. */
static const char *read_tbs(struct mr_cursor *tbs, struct mr_cert *c)
{
	if (!read_version(tbs, &c->version))
		return "x509: malformed version";
	if (!read_serial(tbs, c))
		return "x509: malformed serial number";
	if (!mr_der_whole_sequence(tbs, &c->signature_algorithm))
		return "x509: malformed signature algorithm identifier";
	if (!mr_der_whole_sequence(tbs, &c->issuer) || !mr_name_valid(c->issuer))
		return "x509: malformed issuer";
	if (!read_validity(tbs, c))
		return "x509: malformed validity";
	if (!mr_der_whole_sequence(tbs, &c->subject) || !mr_name_valid(c->subject))
		return "x509: malformed subject";
	if (!mr_der_whole_sequence(tbs, &c->spki))
		return "x509: malformed spki";
	if (!read_tail(tbs, c) || !mr_extensions_valid(c->extensions))
		return "x509: malformed extensions";
	return NULL;
}

static const char *read_certificate(struct mr_cert *c)
{
	struct mr_cursor all = mr_cursor_of(c->der);
	struct mr_cursor seq;
	struct mr_cursor tbs;
	struct mr_bytes algorithm;

	if (!mr_der_enter(&all, MR_DER_SEQUENCE, &seq))
		return "x509: malformed certificate";
	if (mr_cursor_left(&all) != 0)
		return "x509: trailing data";
	if (!mr_der_whole_sequence(&seq, &c->tbs) || !mr_der_whole_sequence(&seq, &algorithm) ||
		!mr_der_bits(&seq, &c->signature) || mr_cursor_left(&seq) != 0)
		return "x509: malformed certificate";
	struct mr_cursor at = mr_cursor_of(c->tbs);
	if (!mr_der_enter(&at, MR_DER_SEQUENCE, &tbs))
		return "x509: malformed tbs certificate";
	const char *problem = read_tbs(&tbs, c);
	if (problem)
		return problem;
	if (!mr_bytes_eq(algorithm, c->signature_algorithm))
		return "x509: inner and outer signature algorithm identifiers don't match";
	return NULL;
}

mr_result mr_cert_parse(struct mr_bytes der, struct mr_cert *ret, struct mr_error *err)
{
	struct mr_cert c = { .version = 0 };

	if (der.len > MR_CERT_MAX_SIZE)
		return mr_fail(err, MR_CODE_LIMIT, "x509: certificate larger than %zu bytes",
			MR_CERT_MAX_SIZE);
	uint8_t *copy = malloc(der.len ? der.len : 1);
	if (!copy)
		return mr_fail_nomem(err);
	if (der.len)
		memcpy(copy, der.ptr, der.len);
	c.der = mr_bytes_of(copy, der.len);
	const char *problem = read_certificate(&c);
	if (problem) {
		free(copy);
		return mr_fail(err, MR_CODE_INVALID, "%s", problem);
	}
	*ret = c;
	return MR_OK;
}

void mr_cert_done(struct mr_cert *c)
{
	void *copy;

	/* The view is const; what it shows was allocated here. */
	memcpy(&copy, &c->der.ptr, sizeof copy);
	free(copy);
	*c = (struct mr_cert){ .version = 0 };
}

mr_result mr_cert_from_pem(
	struct mr_str pem, struct mr_cert *ret, struct mr_str *ret_rest, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	struct mr_str label = { NULL, 0 };

	mr_buf_init(&der, MR_CERT_MAX_SIZE);
	while (!mr_str_eq(label, MR_STR("CERTIFICATE"))) {
		mr_buf_clear(&der);
		MR_TRY(mr_pem_decode(pem, &label, &der, &pem, err));
	}
	MR_TRY(mr_cert_parse(mr_buf_bytes(&der), ret, err));
	if (ret_rest)
		*ret_rest = pem;
	return MR_OK;
}

mr_result mr_cert_key(const struct mr_cert *c, struct mr_key **ret, struct mr_error *err)
{
	return mr_key_from_spki(c->spki, ret, err);
}

mr_result mr_cert_check_signature(
	const struct mr_cert *c, const struct mr_key *issuer_key, struct mr_error *err)
{
	return mr_signature_check(
		issuer_key, c->signature_algorithm, c->tbs, c->signature, false, err);
}
