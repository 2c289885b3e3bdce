/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/intel_chain.h"

#include "attest/chain_parts.h"
#include "crypto/name.h"

/* AlgorithmIdentifier of ecdsa-with-SHA256 */
static const uint8_t ecdsa_sha256[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04,
	0x03, 0x02 };

static const char name_root[] = "Intel SGX Root CA", name_platform[] = "Intel SGX PCK Platform CA",
		  name_processor[] = "Intel SGX PCK Processor CA",
		  name_pck[] = "Intel SGX PCK Certificate", name_tcb[] = "Intel SGX TCB Signing";

static bool is_named(const struct mr_cert *c, const char *common_name)
{
	return mr_subject_has(c, MR_OID_COMMON_NAME, mr_str_of(common_name));
}

static bool is_intel(const struct mr_cert *c)
{
	return mr_subject_has(c, MR_OID_ORGANIZATION, MR_STR("Intel Corporation")) &&
	       mr_subject_has(c, MR_OID_LOCALITY, MR_STR("Santa Clara")) &&
	       mr_subject_has(c, MR_OID_PROVINCE, MR_STR("CA")) &&
	       mr_subject_has(c, MR_OID_COUNTRY, MR_STR("US"));
}

/* Puts the certificates in order: the one self-issued last, before each the one that it issued. False unless that is
 * one line. */
static bool sort(struct mr_cert *certs, size_t count)
{
	for (size_t place = count; place-- > 0;) {
		size_t found = count;

		for (size_t i = 0; i <= place; i++) {
			bool fits = place == count - 1 ? mr_cert_self_issued(&certs[i])
						       : mr_bytes_eq(certs[i].issuer,
								 certs[place + 1].subject);
			if (fits && found != count)
				return false;
			if (fits)
				found = i;
		}
		if (found == count)
			return false;
		struct mr_cert kept = certs[place];
		certs[place] = certs[found];
		certs[found] = kept;
	}
	return true;
}

static enum mr_attest_code check_names(
	struct mr_intel_chain *chain, enum mr_intel_kind kind, struct mr_error *err)
{
	for (size_t i = 0; i < chain->count; i++) {
		if (!is_intel(&chain->cert[i]))
			return mr_chain_fail(err, "a certificate is not of Intel");
	}
	if (!is_named(&chain->cert[chain->count - 1], name_root))
		return mr_chain_fail(err, "the root has another name");
	if (kind == MR_INTEL_PCK && !is_named(&chain->cert[0], name_pck))
		return mr_chain_fail(err, "the leaf is not a PCK certificate");
	if (kind == MR_INTEL_TCB_SIGNING)
		return is_named(&chain->cert[0], name_tcb)
			       ? MR_ATTEST_OK
			       : mr_chain_fail(err, "the leaf is not a TCB signing certificate");
	const struct mr_cert *middle = &chain->cert[chain->count - 2];
	chain->platform_ca = is_named(middle, name_platform);
	if (!chain->platform_ca && !is_named(middle, name_processor))
		return mr_chain_fail(err, "the intermediate has another name");
	return MR_ATTEST_OK;
}

static enum mr_attest_code check_certificate(
	const struct mr_cert *c, bool is_ca, const struct mr_key *issuer_key, struct mr_error *err)
{
	if (!mr_bytes_eq(c->signature_algorithm, mr_bytes_of(ecdsa_sha256, sizeof ecdsa_sha256)))
		return mr_chain_fail(err, "a signature is not ECDSA with SHA-256");
	return mr_chain_check(c, is_ca, issuer_key, err);
}

/* From the pinned root down. */
static enum mr_attest_code check_signatures(struct mr_intel_chain *chain, enum mr_intel_kind kind,
	const struct mr_roots *roots, struct mr_error *err)
{
	MR_AUTO(key) struct mr_key *issuer = NULL;

	for (size_t i = chain->count; i-- > 0;) {
		const struct mr_cert *c = &chain->cert[i];
		struct mr_key *own = NULL;
		bool is_root = i == chain->count - 1;

		MR_ATTEST_TRY(mr_attest_of(mr_cert_key(c, &own, err), MR_ATTEST_CERT_CHAIN));
		enum mr_attest_code code = MR_ATTEST_OK;
		if (mr_key_type_of(own) != MR_KEY_EC_P256)
			code = mr_chain_fail(err, "a key is not on P-256");
		else if (is_root && !mr_bytes_eq(mr_key_public_bits(own),
					    mr_bytes_of(roots->intel_key, sizeof roots->intel_key)))
			code = mr_chain_fail(err, "the root is not the pinned one");
		else
			code = check_certificate(
				c, i > 0 || kind == MR_INTEL_PCK_CA, is_root ? own : issuer, err);
		if (issuer)
			mr_key_unref(issuer);
		issuer = own;
		MR_ATTEST_TRY(code);
	}
	chain->leaf_key = issuer;
	issuer = NULL;
	return MR_ATTEST_OK;
}

enum mr_attest_code mr_intel_chain_read(struct mr_str pem, enum mr_intel_kind kind,
	const struct mr_roots *roots, struct mr_intel_chain *ret, struct mr_error *err)
{
	MR_AUTO(intel_chain) struct mr_intel_chain chain = { .count = 0 };
	size_t count = kind == MR_INTEL_PCK ? 3 : 2;

	MR_ATTEST_TRY(mr_chain_from_pem(pem, chain.cert, count, err));
	chain.count = count;
	if (!sort(chain.cert, chain.count))
		return mr_chain_fail(err, "the certificates are not one line up to one root");
	MR_ATTEST_TRY(check_names(&chain, kind, err));
	MR_ATTEST_TRY(check_signatures(&chain, kind, roots, err));
	*ret = chain;
	chain = (struct mr_intel_chain){ .count = 0 };
	return MR_ATTEST_OK;
}

enum mr_attest_code mr_intel_chain_valid_at(const struct mr_intel_chain *chain, int64_t now,
	struct mr_validity *validity, struct mr_error *err)
{
	for (size_t i = 0; i < chain->count; i++)
		MR_ATTEST_TRY(mr_chain_valid_at(&chain->cert[i], now, validity, err));
	return MR_ATTEST_OK;
}

void mr_intel_chain_done(struct mr_intel_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		mr_cert_done(&chain->cert[i]);
	if (chain->leaf_key)
		mr_key_unref(chain->leaf_key);
	*chain = (struct mr_intel_chain){ .count = 0 };
}
