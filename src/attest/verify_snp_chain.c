/* SPDX-License-Identifier: Apache-2.0 */
/* SEV-SNP: the certificates of a report, from wherever they come (70 §16.2, §21.2). */
#include "attest/chain_parts.h"
#include "attest/verify_internal.h"
#include "crypto/name.h"

static enum mr_attest_code parse(
	struct mr_verify *v, struct mr_bytes der, struct mr_cert *ret, const char *what)
{
	if (der.len == 0)
		return mr_attest_fail(
			v->err, MR_ATTEST_COLLATERAL_FETCH, "the %s is not at hand", what);
	return mr_attest_of(mr_cert_parse(der, ret, v->err), MR_ATTEST_CERT_CHAIN);
}

static struct mr_cert *place_of(struct mr_amd_chain *chain, const struct mr_cert *c)
{
	if (mr_subject_has(c, MR_OID_COMMON_NAME, MR_STR("SEV-VCEK")) ||
		mr_subject_has(c, MR_OID_COMMON_NAME, MR_STR("SEV-VLEK")))
		return &chain->vek;
	return mr_cert_self_issued(c) ? &chain->ark : &chain->ask;
}

/* Certificates that came with the report as PEM, or as the DER of one. */
static enum mr_attest_code read_loose(struct mr_verify *v, struct mr_amd_chain *chain)
{
	struct mr_bytes all = v->in->evidence->certificates;
	struct mr_str rest = mr_bytes_str(all);

	if (all.len == 0)
		return MR_ATTEST_OK;
	if (all.ptr[0] == 0x30)
		return parse(v, all, &chain->vek, "VCEK or VLEK");
	for (;;) {
		MR_AUTO(cert) struct mr_cert c = { .version = 0 };
		mr_result r = mr_cert_from_pem(rest, &c, &rest, v->err);

		if (r.code == MR_CODE_NOT_FOUND)
			return MR_ATTEST_OK;
		MR_ATTEST_TRY(mr_attest_of(r, MR_ATTEST_CERT_CHAIN));
		struct mr_cert *place = place_of(chain, &c);
		if (place->der.ptr)
			return mr_attest_fail(v->err, MR_ATTEST_CERT_CHAIN,
				"certificate chain: two certificates for one place");
		*place = c;
		c = (struct mr_cert){ .version = 0 };
	}
}

/* The line that the report or a certificate tells; MR_SNP_UNKNOWN, if none does. */
static enum mr_snp_line line_of(const struct mr_verify *v, const struct mr_amd_chain *chain)
{
	enum mr_snp_line line = mr_snp_line_of(&v->in->evidence->snp);

	if (line == MR_SNP_UNKNOWN && chain->ark.der.ptr)
		line = mr_amd_line_of_ark(&chain->ark);
	return line;
}

/* Asks the source; leaves *ret empty where there is none. */
static enum mr_attest_code fetch(
	struct mr_verify *v, const struct mr_amd_chain *chain, bool of_chain, struct mr_bytes *ret)
{
	const struct mr_snp_report *report = &v->in->evidence->snp;
	struct mr_amd_request request = { .what = MR_AMD_VCEK,
		.line = line_of(v, chain),
		.is_vlek = report->is_vlek,
		.report = report };

	if (of_chain)
		request.what = MR_AMD_CHAIN;
	if (!v->in->source.amd || request.line == MR_SNP_UNKNOWN)
		return MR_ATTEST_OK;
	return v->in->source.amd(v->in->source.context, &request, ret, v->err);
}

static enum mr_attest_code read_pair(
	struct mr_verify *v, struct mr_bytes pem, struct mr_amd_chain *chain)
{
	struct mr_cert pair[2] = { { .version = 0 } };

	MR_ATTEST_TRY(mr_chain_from_pem(mr_bytes_str(pem), pair, 2, v->err));
	mr_cert_done(&chain->ask);
	mr_cert_done(&chain->ark);
	chain->ask = pair[0];
	chain->ark = pair[1];
	return MR_ATTEST_OK;
}

/* ASK or ASVK, and ARK. */
static enum mr_attest_code read_authorities(struct mr_verify *v, struct mr_amd_chain *chain)
{
	const struct mr_snp_table *table = &v->in->evidence->table;
	struct mr_bytes fetched = { NULL, 0 };

	if (v->in->snp.chain.len)
		return read_pair(v, v->in->snp.chain, chain);
	if (chain->ask.der.ptr && chain->ark.der.ptr)
		return MR_ATTEST_OK;
	if (!table->item[MR_SNP_ASK].len || !table->item[MR_SNP_ARK].len)
		MR_ATTEST_TRY(fetch(v, chain, true, &fetched));
	if (fetched.len)
		return read_pair(v, fetched, chain);
	mr_cert_done(&chain->ask);
	mr_cert_done(&chain->ark);
	MR_ATTEST_TRY(parse(v, table->item[MR_SNP_ASK], &chain->ask, "ASK or ASVK"));
	return parse(v, table->item[MR_SNP_ARK], &chain->ark, "ARK");
}

/* The folder's, else the table's, else the loose ones, else what can be fetched. */
enum mr_attest_code mr_snp_read_chain(struct mr_verify *v, struct mr_amd_chain *chain)
{
	bool is_vlek = v->in->evidence->snp.is_vlek;
	struct mr_bytes vek = v->in->snp.vek;

	if (!vek.len)
		vek = v->in->evidence->table.item[is_vlek ? MR_SNP_VLEK : MR_SNP_VCEK];
	MR_ATTEST_TRY(read_loose(v, chain));
	if (vek.len) {
		mr_cert_done(&chain->vek);
		MR_ATTEST_TRY(parse(v, vek, &chain->vek, "VCEK or VLEK"));
	}
	MR_ATTEST_TRY(read_authorities(v, chain));
	if (chain->vek.der.ptr)
		return MR_ATTEST_OK;
	/* AMD gives VLEKs to providers alone */
	if (!is_vlek)
		MR_ATTEST_TRY(fetch(v, chain, false, &vek));
	return parse(v, vek, &chain->vek, "VCEK or VLEK");
}
