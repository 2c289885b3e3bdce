/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/crl.h"

#include <stdlib.h>

#include "crypto/der.h"
#include "crypto/name.h"
#include "crypto/signature.h"
#include "crypto/x509_internal.h"

/*
 *   CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signature BIT STRING }
 *   TBSCertList     ::= SEQUENCE {
 *       version                 INTEGER 1 OPTIONAL,
 *       signature               AlgorithmIdentifier,
 *       issuer                  Name,
 *       thisUpdate              Time,
 *       nextUpdate              Time OPTIONAL,
 *       revokedCertificates     SEQUENCE OF SEQUENCE { INTEGER, Time, Extensions OPTIONAL } OPTIONAL,
 *       crlExtensions           [0] EXPLICIT Extensions OPTIONAL }
 */
static const struct mr_bytes oid_crl_number = { (const uint8_t *)"\x55\x1D\x14", 3 };

/* Well-formed, and none critical? */
static bool harmless(struct mr_bytes extensions)
{
	struct mr_cursor c = mr_cursor_of(extensions);
	struct mr_extension e;

	if (!mr_extensions_valid(extensions))
		return false;
	while (mr_extension_next(&c, &e)) {
		if (e.critical)
			return false;
	}
	return true;
}

static bool read_entry(struct mr_cursor *entries, struct mr_bytes *ret_serial)
{
	struct mr_cursor entry;
	struct mr_bytes extensions = { NULL, 0 };
	int64_t when;

	if (!mr_der_enter(entries, MR_DER_SEQUENCE, &entry) ||
		!mr_der_expect(&entry, MR_DER_INTEGER, ret_serial) || !mr_der_time(&entry, &when))
		return false;
	if (mr_cursor_left(&entry) > 0 && !mr_der_expect(&entry, MR_DER_SEQUENCE, &extensions))
		return false;
	return mr_cursor_left(&entry) == 0 && harmless(extensions);
}

static bool read_entries(struct mr_cursor *tbs, struct mr_crl *crl)
{
	struct mr_bytes serial;

	if (!mr_der_peek(tbs, MR_DER_SEQUENCE))
		return true;
	if (!mr_der_expect(tbs, MR_DER_SEQUENCE, &crl->revoked))
		return false;
	struct mr_cursor entries = mr_cursor_of(crl->revoked);
	while (mr_cursor_left(&entries) > 0) {
		if (!read_entry(&entries, &serial))
			return false;
	}
	return true;
}

static bool read_extensions(struct mr_cursor *tbs, struct mr_crl *crl)
{
	struct mr_cursor outer;
	struct mr_bytes extensions;
	struct mr_extension number;

	if (mr_cursor_left(tbs) == 0)
		return true;
	if (!mr_der_enter(tbs, MR_DER_CONTEXT_CONSTRUCTED, &outer) ||
		!mr_der_expect(&outer, MR_DER_SEQUENCE, &extensions) ||
		mr_cursor_left(&outer) != 0 || mr_cursor_left(tbs) != 0 || !harmless(extensions))
		return false;
	if (!mr_extension_find(extensions, oid_crl_number, &number))
		return true;
	struct mr_cursor value = mr_cursor_of(number.value);
	return mr_der_unsigned(&value, &crl->number) && mr_cursor_left(&value) == 0;
}

static const char *read_tbs(struct mr_cursor *tbs, struct mr_crl *crl)
{
	struct mr_bytes inner_algorithm;
	uint64_t version = 1;

	if (mr_der_peek(tbs, MR_DER_INTEGER) && (!mr_der_u64(tbs, &version) || version != 1))
		return "x509: malformed crl version";
	if (!mr_der_whole_sequence(tbs, &inner_algorithm))
		return "x509: malformed crl algorithm identifier";
	if (!mr_bytes_eq(inner_algorithm, crl->signature_algorithm))
		return "x509: inner and outer signature algorithm identifiers don't match";
	if (!mr_der_whole_sequence(tbs, &crl->issuer) || !mr_name_valid(crl->issuer))
		return "x509: malformed issuer";
	if (!mr_der_time(tbs, &crl->this_update) || !mr_der_time(tbs, &crl->next_update))
		return "x509: malformed thisUpdate or nextUpdate";
	if (!read_entries(tbs, crl))
		return "x509: malformed or unsupported crl entry";
	if (!read_extensions(tbs, crl))
		return "x509: malformed or unsupported crl extension";
	return NULL;
}

static const char *read_list(struct mr_crl *crl)
{
	struct mr_cursor all = mr_cursor_of(crl->der);
	struct mr_cursor seq;
	struct mr_cursor tbs;

	if (!mr_der_enter(&all, MR_DER_SEQUENCE, &seq) || mr_cursor_left(&all) != 0 ||
		!mr_der_whole_sequence(&seq, &crl->tbs) ||
		!mr_der_whole_sequence(&seq, &crl->signature_algorithm) ||
		!mr_der_bits(&seq, &crl->signature) || mr_cursor_left(&seq) != 0)
		return "x509: malformed crl";
	struct mr_cursor at = mr_cursor_of(crl->tbs);
	if (!mr_der_enter(&at, MR_DER_SEQUENCE, &tbs))
		return "x509: malformed crl";
	return read_tbs(&tbs, crl);
}

mr_result mr_crl_parse(struct mr_bytes der, struct mr_crl *ret, struct mr_error *err)
{
	struct mr_crl crl = { .this_update = 0 };

	if (der.len > MR_CRL_MAX_SIZE)
		return mr_fail(
			err, MR_CODE_LIMIT, "x509: crl larger than %zu bytes", MR_CRL_MAX_SIZE);
	uint8_t *copy = malloc(der.len ? der.len : 1);
	if (!copy)
		return mr_fail_nomem(err);
	if (der.len)
		memcpy(copy, der.ptr, der.len);
	crl.der = mr_bytes_of(copy, der.len);
	const char *problem = read_list(&crl);
	if (problem) {
		free(copy);
		return mr_fail(err, MR_CODE_INVALID, "%s", problem);
	}
	*ret = crl;
	return MR_OK;
}

void mr_crl_done(struct mr_crl *crl)
{
	void *copy;

	/* The view is const; what it shows was allocated here. */
	memcpy(&copy, &crl->der.ptr, sizeof copy);
	free(copy);
	*crl = (struct mr_crl){ .this_update = 0 };
}

mr_result mr_crl_check_signature(
	const struct mr_crl *crl, const struct mr_key *issuer_key, struct mr_error *err)
{
	return mr_signature_check(
		issuer_key, crl->signature_algorithm, crl->tbs, crl->signature, false, err);
}

bool mr_crl_lists(const struct mr_crl *crl, const struct mr_cert *certificate)
{
	struct mr_cursor entries = mr_cursor_of(crl->revoked);
	struct mr_bytes serial;

	while (read_entry(&entries, &serial)) {
		if (mr_bytes_eq(serial, certificate->serial))
			return true;
	}
	return false;
}

uint64_t mr_crl_number(const struct mr_crl *crl)
{
	uint64_t number = 0;

	if (crl->number.len > sizeof number)
		return UINT64_MAX;
	for (size_t i = 0; i < crl->number.len; i++)
		number = number << 8 | crl->number.ptr[i];
	return number;
}
