/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#10 requests (RFC 2986), written and read. */
#include "crypto/cert_write.h"
#include "crypto/der.h"
#include "crypto/signature.h"
#include "crypto/x509_internal.h"

enum { MAX_CSR = 1 << 20 };

/* extensionRequest of PKCS#9. */
static const struct mr_bytes oid_extension_request = {
	(const uint8_t *)"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x0E", 9
};

static void put_attributes(struct mr_buf *out, const struct mr_alt_name *names, size_t count)
{
	size_t attributes = mr_der_open(out, MR_DER_CONTEXT_CONSTRUCTED);

	if (count > 0) {
		size_t attribute = mr_der_open(out, MR_DER_SEQUENCE);
		mr_der_put_oid(out, oid_extension_request);
		size_t values = mr_der_open(out, MR_DER_SET);
		size_t extensions = mr_der_open(out, MR_DER_SEQUENCE);
		mr_ext_put_alt_names(out, names, count, false);
		mr_der_close(out, extensions);
		mr_der_close(out, values);
		mr_der_close(out, attribute);
	}
	mr_der_close(out, attributes);
}

static mr_result write_request(struct mr_bytes subject, const struct mr_alt_name *names,
	size_t count, const struct mr_key *key, struct mr_buf *out, struct mr_error *err)
{
	size_t all_at = mr_der_open(out, MR_DER_SEQUENCE);
	size_t info_at = mr_der_open(out, MR_DER_SEQUENCE);

	mr_der_put_u64(out, 0);
	mr_buf_put_bytes(out, subject);
	mr_buf_put_bytes(out, mr_key_spki(key));
	put_attributes(out, names, count);
	return mr_x509_sign(out, all_at, info_at, key, mr_key_default_hash(key), err);
}

mr_result mr_csr_write_with_subject(struct mr_bytes subject, const struct mr_alt_name *names,
	size_t count, const struct mr_key *key, struct mr_buf *out, struct mr_error *err)
{
	size_t start = out->len;
	mr_result r = write_request(subject, names, count, key, out, err);

	if (mr_failed(r))
		mr_buf_truncate(out, start);
	return r;
}

mr_result mr_csr_write(const struct mr_alt_name *names, size_t count, const struct mr_key *key,
	struct mr_buf *out, struct mr_error *err)
{
	static const uint8_t empty[] = { MR_DER_SEQUENCE, 0 };

	return mr_csr_write_with_subject(
		mr_bytes_of(empty, sizeof empty), names, count, key, out, err);
}

/*
 * RFC 2986, 4:
 *
 *   CertificationRequest     ::= SEQUENCE { info, signatureAlgorithm, signature BIT STRING }
 *   CertificationRequestInfo ::= SEQUENCE {
 *       version     INTEGER { v1(0) },
 *       subject     Name,
 *       subjectPKInfo,
 *       attributes  [0] IMPLICIT SET OF SEQUENCE { type OID, values SET OF ANY } }
 *
 * The attribute extensionRequest (RFC 2985, 5.4.2) has one value, a SEQUENCE OF Extension.
 */
struct request {
	struct mr_bytes info; /* what is signed */
	struct mr_bytes spki;
	struct mr_bytes algorithm;
	struct mr_bytes signature;
	struct mr_bytes extensions; /* content of the SEQUENCE OF Extension */
};

static bool whole(struct mr_cursor *c, struct mr_bytes *ret)
{
	struct mr_bytes content;
	uint8_t tag;

	return mr_der_peek(c, MR_DER_SEQUENCE) && mr_der_next(c, &tag, &content, ret);
}

/* Attributes other than the first extensionRequest are checked for form and ignored. */
static bool read_attributes(struct mr_cursor *attributes, struct request *r)
{
	bool found = false;

	while (mr_cursor_left(attributes) > 0) {
		struct mr_cursor attribute;
		struct mr_cursor values;
		struct mr_bytes oid;

		if (!mr_der_enter(attributes, MR_DER_SEQUENCE, &attribute) ||
			!mr_der_oid(&attribute, &oid) ||
			!mr_der_enter(&attribute, MR_DER_SET, &values) ||
			mr_cursor_left(&attribute) != 0)
			return false;
		if (found || !mr_bytes_eq(oid, oid_extension_request))
			continue;
		if (!mr_der_expect(&values, MR_DER_SEQUENCE, &r->extensions) ||
			mr_cursor_left(&values) != 0)
			return false;
		found = true;
	}
	return true;
}

static const char *read_info(struct request *r, struct mr_csr *csr)
{
	struct mr_cursor all = mr_cursor_of(r->info);
	struct mr_cursor info;
	struct mr_cursor attributes;
	uint64_t version;

	if (!mr_der_enter(&all, MR_DER_SEQUENCE, &info) || !mr_der_u64(&info, &version) ||
		version != 0)
		return "malformed version";
	if (!whole(&info, &csr->subject) || !mr_name_valid(csr->subject))
		return "malformed subject";
	if (!whole(&info, &r->spki))
		return "malformed public key";
	/* Not optional, but left out by some when empty. */
	if (mr_cursor_left(&info) > 0 &&
		(!mr_der_enter(&info, MR_DER_CONTEXT_CONSTRUCTED, &attributes) ||
			mr_cursor_left(&info) != 0 || !read_attributes(&attributes, r)))
		return "malformed attributes";
	return mr_extensions_valid(r->extensions) ? NULL : "malformed extension request";
}

/* Checked here, so that the caller finds a list that is good. */
static const char *read_alt_names(const struct request *r, struct mr_csr *csr)
{
	static const char problem[] = "invalid subject alternative names";
	struct mr_extension e;
	struct mr_cursor names;
	struct mr_alt_name name;
	size_t count = 0;

	if (!mr_extension_find(r->extensions, MR_OID_SUBJECT_ALT_NAME, &e))
		return NULL;
	if (!mr_alt_names_enter(e.value, &names))
		return problem;
	for (; mr_cursor_left(&names) > 0; count++)
		if (count == MR_CERT_MAX_NAMES || !mr_alt_name_next(&names, &name))
			return problem;
	csr->alt_names = e.value;
	return NULL;
}

static const char *read_request(struct mr_bytes der, struct request *r, struct mr_csr *csr)
{
	struct mr_cursor all = mr_cursor_of(der);
	struct mr_cursor seq;

	if (!mr_der_enter(&all, MR_DER_SEQUENCE, &seq))
		return "not a DER sequence";
	if (mr_cursor_left(&all) != 0)
		return "trailing data";
	if (!whole(&seq, &r->info) || !whole(&seq, &r->algorithm) ||
		!mr_der_bits(&seq, &r->signature) || mr_cursor_left(&seq) != 0)
		return "malformed certificate request";
	const char *problem = read_info(r, csr);
	return problem ? problem : read_alt_names(r, csr);
}

mr_result mr_csr_parse(struct mr_bytes der, struct mr_csr *ret, struct mr_error *err)
{
	const struct mr_bytes none = { NULL, 0 };
	struct request r = { none, none, none, none, none };
	struct mr_csr csr = { none, none };
	MR_AUTO(key) struct mr_key *key = NULL;

	if (der.len > MAX_CSR)
		return mr_fail(err, MR_CODE_LIMIT, "parsing CSR: larger than %d bytes", MAX_CSR);
	const char *problem = read_request(der, &r, &csr);
	if (problem)
		return mr_fail(err, MR_CODE_INVALID, "parsing CSR: %s", problem);
	MR_TRY(mr_wrap(err, mr_key_from_spki(r.spki, &key, err), "parsing CSR"));
	/* SHA-1 is good enough to show that somebody has the key, which is not certified anyway. */
	if (mr_failed(mr_signature_check(key, r.algorithm, r.info, r.signature, true, err)))
		return mr_fail(err, MR_CODE_CRYPTO, "signature over CSR is invalid");
	*ret = csr;
	return MR_OK;
}
