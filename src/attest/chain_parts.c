/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/chain_parts.h"

#include "crypto/name.h"

static enum mr_attest_code read_all(
	struct mr_str pem, struct mr_cert *ret, size_t count, size_t *found, struct mr_error *err)
{
	struct mr_cert extra = { .version = 0 };

	for (;;) {
		struct mr_cert *into = *found < count ? &ret[*found] : &extra;
		mr_result r = mr_cert_from_pem(pem, into, &pem, err);
		if (r.code == MR_CODE_NOT_FOUND)
			break;
		if (mr_failed(r))
			return mr_attest_of(r, MR_ATTEST_CERT_CHAIN);
		if (into == &extra) {
			mr_cert_done(&extra);
			return mr_attest_fail(err, MR_ATTEST_CERT_CHAIN,
				"more than %zu certificates in a chain", count);
		}
		(*found)++;
	}
	if (*found < count)
		return mr_attest_fail(err, MR_ATTEST_CERT_CHAIN,
			"%zu certificates in a chain of %zu", *found, count);
	return MR_ATTEST_OK;
}

enum mr_attest_code mr_chain_from_pem(
	struct mr_str pem, struct mr_cert *ret, size_t count, struct mr_error *err)
{
	size_t found = 0;

	enum mr_attest_code code = read_all(pem, ret, count, &found, err);
	for (size_t i = 0; code != MR_ATTEST_OK && i < found; i++)
		mr_cert_done(&ret[i]);
	return code;
}

bool mr_subject_has(const struct mr_cert *c, struct mr_bytes oid, struct mr_str text)
{
	struct mr_name_reader reader = mr_name_read(c->subject);
	struct mr_name_attribute a;
	unsigned matches = 0;
	unsigned others = 0;

	while (mr_name_next(&reader, &a)) {
		if (!mr_bytes_eq(a.oid, oid))
			continue;
		if (mr_str_eq(mr_bytes_str(a.value), text))
			matches++;
		else
			others++;
	}
	return matches == 1 && others == 0;
}

bool mr_cert_self_issued(const struct mr_cert *c)
{
	return mr_bytes_eq(c->subject, c->issuer);
}

enum mr_attest_code mr_chain_fail(struct mr_error *err, const char *what)
{
	return mr_attest_fail(err, MR_ATTEST_CERT_CHAIN, "certificate chain: %s", what);
}

enum mr_attest_code mr_chain_check(
	const struct mr_cert *c, bool is_ca, const struct mr_key *issuer_key, struct mr_error *err)
{
	if (mr_cert_is_ca(c) != is_ca || (is_ca && !mr_cert_may_sign(c)))
		return mr_chain_fail(err, "a certificate has not the rights of its place");
	if (mr_cert_has_foreign_critical(c))
		return mr_chain_fail(err, "an unknown critical extension");
	enum mr_attest_code code = mr_attest_of(
		mr_cert_check_signature(c, issuer_key, err), MR_ATTEST_CERT_CHAIN);
	return code == MR_ATTEST_CERT_CHAIN ? mr_chain_fail(err, "a signature does not verify")
					    : code;
}

enum mr_attest_code mr_chain_valid_at(
	const struct mr_cert *c, int64_t now, struct mr_validity *validity, struct mr_error *err)
{
	if (!mr_time_within(now, c->not_before, c->not_after))
		return mr_attest_fail(err, MR_ATTEST_CERT_EXPIRED,
			"a certificate of the chain has expired or is not yet valid");
	mr_validity_narrow(validity, c->not_before, c->not_after);
	return MR_ATTEST_OK;
}
