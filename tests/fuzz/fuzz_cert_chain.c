/* SPDX-License-Identifier: Apache-2.0 */
/* Chains of Intel's and AMD's: the first byte says which, PEM follows. What is trusted is the input's own root, so that a
 * good seed passes to the end. */
#include "attest/amd_chain.h"
#include "attest/chain_parts.h"
#include "attest/intel_chain.h"
#include "fuzz.h"

enum { KINDS = 3, SPKI_POINT = MR_INTEL_POINT_SIZE };

/* Trusts the first certificate that names itself as its issuer. */
static void trust(struct mr_str pem, struct mr_roots *roots)
{
	struct mr_error err;

	for (;;) {
		MR_AUTO(cert) struct mr_cert c = { .version = 0 };

		if (mr_failed(mr_cert_from_pem(pem, &c, &pem, &err)))
			return;
		if (!mr_cert_self_issued(&c) || c.spki.len < SPKI_POINT)
			continue;
		memcpy(roots->intel_key, c.spki.ptr + c.spki.len - SPKI_POINT, SPKI_POINT);
		for (unsigned i = 0; i < MR_SNP_LINE_COUNT; i++) {
			roots->has_ark[i] = true;
			if (mr_failed(mr_sha256(c.der, roots->ark[i], &err)))
				return;
		}
		return;
	}
}

static void try_intel(struct mr_str pem, enum mr_intel_kind kind, const struct mr_roots *roots)
{
	MR_AUTO(intel_chain) struct mr_intel_chain chain = { .count = 0 };
	struct mr_validity validity = mr_validity_always();
	struct mr_error err;

	enum mr_attest_code code = mr_intel_chain_read(pem, kind, roots, &chain, &err);
	FUZZ_CHECK(code == MR_ATTEST_OK || code == MR_ATTEST_CERT_CHAIN);
	if (code != MR_ATTEST_OK)
		return;
	FUZZ_CHECK(chain.count == (kind == MR_INTEL_PCK ? 3 : 2) && chain.leaf_key);
	code = mr_intel_chain_valid_at(&chain, chain.cert[0].not_before, &validity, &err);
	FUZZ_CHECK(code == MR_ATTEST_OK || code == MR_ATTEST_CERT_EXPIRED);
}

static void try_amd(struct mr_str pem, bool is_vlek, const struct mr_roots *roots)
{
	MR_AUTO(amd_chain) struct mr_amd_chain chain = { .line = MR_SNP_UNKNOWN };
	struct mr_validity validity = mr_validity_always();
	struct mr_cert parsed[3] = { { .version = 0 } };
	struct mr_error err;

	if (mr_chain_from_pem(pem, parsed, 3, &err) != MR_ATTEST_OK)
		return;
	chain.vek = parsed[0];
	chain.ask = parsed[1];
	chain.ark = parsed[2];
	enum mr_attest_code code = mr_amd_chain_check(&chain, is_vlek, roots, &err);
	FUZZ_CHECK(code == MR_ATTEST_OK || code == MR_ATTEST_CERT_CHAIN);
	if (code != MR_ATTEST_OK)
		return;
	FUZZ_CHECK(chain.line < MR_SNP_LINE_COUNT && chain.vek_key && chain.ark_key);
	code = mr_amd_chain_valid_at(&chain, chain.vek.not_before, &validity, &err);
	FUZZ_CHECK(code == MR_ATTEST_OK || code == MR_ATTEST_CERT_EXPIRED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_roots roots = { .has_ark = { false } };

	if (size < 1)
		return 0;
	struct mr_str pem = { (const char *)data + 1, size - 1 };
	unsigned kind = (unsigned)(data[0] - '0');
	trust(pem, &roots);
	if (kind < KINDS)
		try_intel(pem, (enum mr_intel_kind)kind, &roots);
	else
		try_amd(pem, kind & 1, &roots);
	return 0;
}
