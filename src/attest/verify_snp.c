/* SPDX-License-Identifier: Apache-2.0 */
/* SEV-SNP: certificates, signature, revocation, and whether key and report belong together (70 §16.3). */
#include "attest/verify_internal.h"

#include "attest/chain_parts.h"
#include "crypto/name.h"
#include "crypto/signature_raw.h"

enum { COORDINATE = 48, COORDINATE_FIELD = 72 };

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

/* The folder's, else the table's, else the loose ones. */
static enum mr_attest_code read_chain(struct mr_verify *v, struct mr_amd_chain *chain)
{
	const struct mr_snp_files *files = &v->in->snp;
	const struct mr_snp_table *table = &v->in->evidence->table;
	struct mr_bytes vek =
		files->vek.len
			? files->vek
			: table->item[v->in->evidence->snp.is_vlek ? MR_SNP_VLEK : MR_SNP_VCEK];

	MR_ATTEST_TRY(read_loose(v, chain));
	if (vek.len) {
		mr_cert_done(&chain->vek);
		MR_ATTEST_TRY(parse(v, vek, &chain->vek, "VCEK or VLEK"));
	}
	if (files->chain.len) {
		struct mr_cert pair[2] = { { .version = 0 } };

		MR_ATTEST_TRY(mr_chain_from_pem(mr_bytes_str(files->chain), pair, 2, v->err));
		mr_cert_done(&chain->ask);
		mr_cert_done(&chain->ark);
		chain->ask = pair[0];
		chain->ark = pair[1];
	} else if (!chain->ask.der.ptr) {
		MR_ATTEST_TRY(parse(v, table->item[MR_SNP_ASK], &chain->ask, "ASK or ASVK"));
		mr_cert_done(&chain->ark);
		MR_ATTEST_TRY(parse(v, table->item[MR_SNP_ARK], &chain->ark, "ARK"));
	}
	if (!chain->vek.der.ptr || !chain->ask.der.ptr || !chain->ark.der.ptr)
		return mr_attest_fail(v->err, MR_ATTEST_COLLATERAL_FETCH,
			"a certificate of the chain is not at hand");
	return MR_ATTEST_OK;
}

/* r and s are little-endian, in fields with room for more. */
static void turn(struct mr_bytes little, uint8_t out[COORDINATE_FIELD])
{
	for (size_t i = 0; i < COORDINATE_FIELD; i++)
		out[i] = little.ptr[COORDINATE_FIELD - 1 - i];
}

static enum mr_attest_code check_signature(struct mr_verify *v, const struct mr_key *key)
{
	const struct mr_snp_report *report = &v->in->evidence->snp;
	uint8_t r[COORDINATE_FIELD];
	uint8_t s[COORDINATE_FIELD];

	turn(report->r, r);
	turn(report->s, s);
	enum mr_attest_code code = mr_attest_of(
		mr_key_verify_raw(key, MR_HASH_SHA384, report->signed_bytes,
			mr_bytes_of(r, sizeof r), mr_bytes_of(s, sizeof s), v->err),
		MR_ATTEST_QUOTE_SIGNATURE);
	if (code == MR_ATTEST_QUOTE_SIGNATURE)
		return mr_attest_fail(v->err, code, "the signature of the report does not verify");
	return code;
}

static enum mr_attest_code check_list(
	struct mr_verify *v, const struct mr_amd_chain *chain, const struct mr_crl *crl)
{
	enum mr_attest_code code = MR_ATTEST_COLLATERAL_SIGNATURE;

	if (mr_bytes_eq(crl->issuer, chain->ark.subject))
		code = mr_attest_of(mr_crl_check_signature(crl, chain->ark_key, v->err), code);
	if (code == MR_ATTEST_COLLATERAL_SIGNATURE)
		return mr_attest_fail(v->err, code, "the revocation list is not signed by the ARK");
	MR_ATTEST_TRY(code);
	if (!mr_time_within(v->in->now, crl->this_update, crl->next_update))
		return mr_attest_fail(v->err, MR_ATTEST_COLLATERAL_EXPIRED,
			"the ARK's revocation list has expired or is not yet valid");
	mr_validity_narrow(&v->verdict->validity, crl->this_update, crl->next_update);
	return MR_ATTEST_OK;
}

/* Without a current list there is no verdict, unless the policy waives one that cannot be had. */
static enum mr_attest_code check_revocation(struct mr_verify *v, const struct mr_amd_chain *chain)
{
	struct mr_bytes given = v->in->snp.crl.len ? v->in->snp.crl
						   : v->in->evidence->table.item[MR_SNP_CRL];
	MR_AUTO(crl) struct mr_crl crl = { .this_update = 0 };

	v->verdict->step = MR_STEP_COLLATERAL;
	if (given.len == 0) {
		v->verdict->crl_waived = v->in->allow_missing_crl;
		if (v->in->allow_missing_crl)
			return MR_ATTEST_OK;
		return mr_attest_fail(
			v->err, MR_ATTEST_CRL_MISSING, "there is no revocation list of the ARK");
	}
	MR_ATTEST_TRY(mr_collateral_crl(given, &crl, v->err));
	MR_ATTEST_TRY(check_list(v, chain, &crl));
	v->verdict->step = MR_STEP_REVOCATION;
	if (mr_crl_lists(&crl, &chain->ask))
		return mr_attest_fail(v->err, MR_ATTEST_CERT_REVOKED, "the ASK or ASVK is revoked");
	return MR_ATTEST_OK;
}

static enum mr_attest_code mismatch(struct mr_error *err, const char *what)
{
	return mr_attest_fail(err, MR_ATTEST_VEK_MISMATCH,
		"the signing key's certificate is not for this report: %s", what);
}

/* A line whose ids are short fills the rest of the report's field with zeros. */
static bool chip_fits(const struct mr_snp_report *report, struct mr_bytes id)
{
	if (id.len > report->chip_id.len || memcmp(id.ptr, report->chip_id.ptr, id.len) != 0)
		return false;
	return mr_bytes_is_zero(
		mr_bytes_of(report->chip_id.ptr + id.len, report->chip_id.len - id.len));
}

static bool product_fits(struct mr_str product, struct mr_str line)
{
	return mr_str_starts(product, line) &&
	       (product.len == line.len || product.ptr[line.len] == '-');
}

static enum mr_attest_code check_fit(struct mr_verify *v, const struct mr_amd_chain *chain)
{
	const struct mr_snp_report *report = &v->in->evidence->snp;
	const struct mr_vek_extension *key = &chain->extension;
	struct mr_snp_tcb certified = key->tcb;
	struct mr_snp_tcb reported = mr_snp_tcb_of(chain->line, report->reported_tcb);
	struct mr_snp_tcb committed = mr_snp_tcb_of(chain->line, report->committed_tcb);
	struct mr_snp_tcb running = mr_snp_tcb_of(chain->line, report->current_tcb);

	if (chain->line != MR_SNP_TURIN)
		certified.fmc = 0;
	else if (!key->has_fmc)
		return mismatch(v->err, "FMC");
	if (!mr_snp_tcb_eq(&certified, &reported))
		return mismatch(v->err, "TCB");
	if (!report->is_vlek && !report->chip_key_masked && !chip_fits(report, key->chip_id))
		return mismatch(v->err, "chip id");
	if (!product_fits(key->product, mr_str_of(mr_snp_line_name(chain->line))))
		return mismatch(v->err, "product");
	if (report->has_cpuid && mr_snp_line_of(report) != chain->line)
		return mismatch(v->err, "CPUID");
	if (!mr_snp_tcb_at_most(&reported, &committed) || !mr_snp_tcb_at_most(&committed, &running))
		return mismatch(
			v->err, "the reported TCB is above the committed or the current one");
	return MR_ATTEST_OK;
}

enum mr_attest_code mr_verify_snp(struct mr_verify *v)
{
	MR_AUTO(amd_chain) struct mr_amd_chain chain = { .line = MR_SNP_UNKNOWN };
	struct mr_verdict *verdict = v->verdict;

	MR_ATTEST_TRY(read_chain(v, &chain));
	MR_ATTEST_TRY(
		mr_amd_chain_check(&chain, v->in->evidence->snp.is_vlek, v->in->roots, v->err));
	MR_ATTEST_TRY(mr_amd_chain_valid_at(&chain, v->in->now, &verdict->validity, v->err));
	verdict->line = chain.line;
	verdict->has_platform = true;
	verdict->step = MR_STEP_SIGNATURE;
	MR_ATTEST_TRY(check_signature(v, chain.vek_key));
	MR_ATTEST_TRY(check_revocation(v, &chain));
	verdict->has_validity = true;
	verdict->step = MR_STEP_TCB;
	MR_ATTEST_TRY(check_fit(v, &chain));
	/* there is no service of statuses: minima are the policy's */
	verdict->status = MR_TCB_UP_TO_DATE;
	verdict->has_tcb = true;
	return MR_ATTEST_OK;
}
