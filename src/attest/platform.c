/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/platform.h"

#include "attest/chain_parts.h"
#include "crypto/name.h"

enum { CERTIFICATES_MAX = 16 };

static void read_pck(const struct mr_cert *c, struct mr_verdict *ret)
{
	struct mr_bytes value;

	if (mr_subject_has(c, MR_OID_COMMON_NAME, MR_STR("Intel SGX PCK Platform CA")))
		ret->is_platform_ca = true;
	if (mr_cert_extension(c, MR_OID_SGX_EXTENSION, &value, NULL) &&
		!mr_pck_extension_read(value, &ret->pck))
		ret->has_platform = true;
}

static void read_vek(const struct mr_cert *c, bool is_vlek, struct mr_verdict *ret)
{
	struct mr_vek_extension extension;

	if (mr_vek_extension_read(c, is_vlek, &extension))
		return;
	for (unsigned i = 0; i < MR_SNP_LINE_COUNT; i++) {
		struct mr_str line = mr_str_of(mr_snp_line_name((enum mr_snp_line)i));

		if (mr_str_starts(extension.product, line)) {
			ret->line = (enum mr_snp_line)i;
			ret->has_platform = true;
		}
	}
}

static void read_der(struct mr_bytes der, const struct mr_evidence *e, struct mr_verdict *ret)
{
	MR_AUTO(cert) struct mr_cert c = { .version = 0 };
	struct mr_error ignored;

	if (der.len == 0 || mr_failed(mr_cert_parse(der, &c, &ignored)))
		return;
	if (e->tee == MR_TEE_SNP)
		read_vek(&c, e->snp.is_vlek, ret);
	else
		read_pck(&c, ret);
}

void mr_platform_read(const struct mr_evidence *e, struct mr_verdict *ret)
{
	struct mr_str rest = mr_bytes_str(e->certificates);
	struct mr_error ignored;

	*ret = (struct mr_verdict){ .line = MR_SNP_UNKNOWN };
	if (e->tee == MR_TEE_SNP)
		read_der(e->table.item[e->snp.is_vlek ? MR_SNP_VLEK : MR_SNP_VCEK], e, ret);
	else if (e->quote.certification_type == MR_DCAP_PCK_CHAIN)
		rest = mr_bytes_str(e->quote.certification_data);
	for (unsigned i = 0; i < CERTIFICATES_MAX; i++) {
		MR_AUTO(cert) struct mr_cert c = { .version = 0 };

		if (mr_failed(mr_cert_from_pem(rest, &c, &rest, &ignored)))
			return;
		read_der(c.der, e, ret);
	}
}
