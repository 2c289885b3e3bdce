/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/amd_chain.h"

#include <stdio.h>

#include "attest/chain_parts.h"
#include "crypto/name.h"

static bool is_amd(const struct mr_cert *c)
{
	return mr_subject_has(c, MR_OID_ORGANIZATION, MR_STR("Advanced Micro Devices")) &&
	       mr_subject_has(c, MR_OID_ORGANIZATIONAL_UNIT, MR_STR("Engineering")) &&
	       mr_subject_has(c, MR_OID_LOCALITY, MR_STR("Santa Clara")) &&
	       mr_subject_has(c, MR_OID_PROVINCE, MR_STR("CA")) &&
	       mr_subject_has(c, MR_OID_COUNTRY, MR_STR("US"));
}

static bool has_name(const struct mr_cert *c, const char *prefix, const char *rest)
{
	char name[64];

	(void)snprintf(name, sizeof name, "%s%s", prefix, rest);
	return mr_subject_has(c, MR_OID_COMMON_NAME, mr_str_of(name));
}

enum mr_snp_line mr_amd_line_of_ark(const struct mr_cert *ark)
{
	for (unsigned i = 0; i < MR_SNP_LINE_COUNT; i++) {
		if (has_name(ark, "ARK-", mr_snp_line_name((enum mr_snp_line)i)))
			return (enum mr_snp_line)i;
	}
	return MR_SNP_UNKNOWN;
}

static enum mr_attest_code check_names(
	struct mr_amd_chain *chain, bool is_vlek, struct mr_error *err)
{
	if (!is_amd(&chain->ark) || !is_amd(&chain->ask) || !is_amd(&chain->vek))
		return mr_chain_fail(err, "a certificate is not of AMD");
	chain->line = mr_amd_line_of_ark(&chain->ark);
	if (chain->line == MR_SNP_UNKNOWN)
		return mr_chain_fail(err, "the root is not an ARK");
	if (!has_name(&chain->ask, is_vlek ? "SEV-VLEK-" : "SEV-", mr_snp_line_name(chain->line)))
		return mr_chain_fail(err, "the intermediate is not of this line and kind");
	if (!has_name(&chain->vek, is_vlek ? "SEV-VLEK" : "SEV-VCEK", ""))
		return mr_chain_fail(err, "the leaf has another name");
	if (!mr_cert_self_issued(&chain->ark) ||
		!mr_bytes_eq(chain->ask.issuer, chain->ark.subject) ||
		!mr_bytes_eq(chain->vek.issuer, chain->ask.subject))
		return mr_chain_fail(err, "the names are not one line");
	return MR_ATTEST_OK;
}

static enum mr_attest_code check_root(
	const struct mr_amd_chain *chain, const struct mr_roots *roots, struct mr_error *err)
{
	uint8_t digest[MR_SHA256_SIZE];

	MR_ATTEST_TRY(mr_attest_of(mr_sha256(chain->ark.der, digest, err), MR_ATTEST_INTERNAL));
	if (!roots->has_ark[chain->line] ||
		memcmp(digest, roots->ark[chain->line], sizeof digest) != 0)
		return mr_chain_fail(err, "the root is not the pinned one");
	return MR_ATTEST_OK;
}

enum mr_attest_code mr_amd_chain_check(struct mr_amd_chain *chain, bool is_vlek,
	const struct mr_roots *roots, struct mr_error *err)
{
	MR_AUTO(key) struct mr_key *ask_key = NULL;

	MR_ATTEST_TRY(check_names(chain, is_vlek, err));
	MR_ATTEST_TRY(check_root(chain, roots, err));
	MR_ATTEST_TRY(
		mr_attest_of(mr_cert_key(&chain->ark, &chain->ark_key, err), MR_ATTEST_CERT_CHAIN));
	MR_ATTEST_TRY(mr_attest_of(mr_cert_key(&chain->ask, &ask_key, err), MR_ATTEST_CERT_CHAIN));
	MR_ATTEST_TRY(
		mr_attest_of(mr_cert_key(&chain->vek, &chain->vek_key, err), MR_ATTEST_CERT_CHAIN));
	if (mr_key_type_of(ask_key) != MR_KEY_RSA ||
		mr_key_type_of(chain->vek_key) != MR_KEY_EC_P384)
		return mr_chain_fail(err, "a key is of another kind");
	MR_ATTEST_TRY(mr_chain_check(&chain->ask, true, chain->ark_key, err));
	MR_ATTEST_TRY(mr_chain_check(&chain->vek, false, ask_key, err));
	const char *problem = mr_vek_extension_read(&chain->vek, is_vlek, &chain->extension);
	return problem ? mr_chain_fail(err, problem) : MR_ATTEST_OK;
}

enum mr_attest_code mr_amd_chain_valid_at(const struct mr_amd_chain *chain, int64_t now,
	struct mr_validity *validity, struct mr_error *err)
{
	MR_ATTEST_TRY(mr_chain_valid_at(&chain->vek, now, validity, err));
	MR_ATTEST_TRY(mr_chain_valid_at(&chain->ask, now, validity, err));
	return mr_chain_valid_at(&chain->ark, now, validity, err);
}

void mr_amd_chain_done(struct mr_amd_chain *chain)
{
	mr_cert_done(&chain->vek);
	mr_cert_done(&chain->ask);
	mr_cert_done(&chain->ark);
	if (chain->vek_key)
		mr_key_unref(chain->vek_key);
	if (chain->ark_key)
		mr_key_unref(chain->ark_key);
	*chain = (struct mr_amd_chain){ .line = MR_SNP_UNKNOWN };
}
