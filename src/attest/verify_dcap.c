/* SPDX-License-Identifier: Apache-2.0 */
/* SGX and TDX: from the PCK chain to the quoting enclave's identity (70 §9.2 to §9.11). */
#include "attest/verify_internal.h"

#include "crypto/signature_raw.h"

static enum mr_attest_code check_pck_chain(struct mr_verify *v, struct mr_intel_chain *chain)
{
	const struct mr_dcap_quote *q = &v->in->evidence->quote;
	struct mr_str pem = mr_bytes_str(q->certification_data);
	struct mr_bytes value;

	if (q->certification_type != MR_DCAP_PCK_CHAIN) {
		pem = v->in->pck_chain;
		if (pem.len == 0 && v->in->source.pck_chain)
			MR_ATTEST_TRY(
				v->in->source.pck_chain(v->in->source.context, q, &pem, v->err));
		if (pem.len == 0)
			return mr_attest_fail(v->err, MR_ATTEST_COLLATERAL_FETCH,
				"the quote has no certificates, and its PCK chain is not at hand");
	}
	MR_ATTEST_TRY(mr_intel_chain_read(pem, MR_INTEL_PCK, v->in->roots, chain, v->err));
	if (!mr_cert_extension(&chain->cert[0], MR_OID_SGX_EXTENSION, &value, NULL))
		return mr_attest_fail(
			v->err, MR_ATTEST_CERT_CHAIN, "the PCK certificate has no SGX extension");
	const char *problem = mr_pck_extension_read(value, &v->verdict->pck);
	if (problem)
		return mr_attest_fail(v->err, MR_ATTEST_CERT_CHAIN, "%s", problem);
	MR_ATTEST_TRY(mr_intel_chain_valid_at(chain, v->in->now, &v->verdict->validity, v->err));
	v->verdict->is_platform_ca = chain->platform_ca;
	v->verdict->qe_svn = q->qe_report.isv_svn;
	MR_ATTEST_TRY(mr_attest_of(mr_sha256(chain->cert[2].der, v->verdict->root_digest, v->err),
		MR_ATTEST_INTERNAL));
	v->verdict->has_platform = true;
	return MR_ATTEST_OK;
}

static enum mr_attest_code check_signature(struct mr_verify *v, const struct mr_key *key,
	struct mr_bytes data, struct mr_bytes r_s, enum mr_attest_code failure, const char *what)
{
	struct mr_bytes r = mr_bytes_of(r_s.ptr, 32);
	struct mr_bytes s = mr_bytes_of(r_s.ptr + 32, 32);

	enum mr_attest_code code = mr_attest_of(
		mr_key_verify_raw(key, MR_HASH_SHA256, data, r, s, v->err), failure);
	if (code == failure)
		return mr_attest_fail(
			v->err, code, "the signature of the %s does not verify", what);
	return code;
}

/* SHA-256(key, authentication data) is what the quoting enclave reports, and nothing else (70 §9.8). */
static enum mr_attest_code check_binding(struct mr_verify *v)
{
	const struct mr_dcap_quote *q = &v->in->evidence->quote;
	struct mr_bytes data = q->qe_report.report_data;
	MR_AUTO(buf) struct mr_buf bound = { 0 };
	uint8_t want[64] = { 0 };

	mr_buf_init(&bound, 64 + UINT16_MAX);
	mr_buf_put_bytes(&bound, q->attestation_key);
	mr_buf_put_bytes(&bound, q->qe_auth_data);
	MR_ATTEST_TRY(mr_attest_of(mr_buf_status(&bound, v->err), MR_ATTEST_INTERNAL));
	MR_ATTEST_TRY(
		mr_attest_of(mr_sha256(mr_buf_bytes(&bound), want, v->err), MR_ATTEST_INTERNAL));
	if (!mr_bytes_eq(data, mr_bytes_of(want, sizeof want)))
		return mr_attest_fail(v->err, MR_ATTEST_QE_BINDING,
			"the attestation key is not bound to the quoting enclave");
	return MR_ATTEST_OK;
}

static enum mr_attest_code check_quote_signature(struct mr_verify *v)
{
	const struct mr_dcap_quote *q = &v->in->evidence->quote;
	MR_AUTO(key) struct mr_key *key = NULL;

	enum mr_attest_code code = mr_attest_of(
		mr_key_from_point(MR_KEY_EC_P256, q->attestation_key, &key, v->err),
		MR_ATTEST_QUOTE_SIGNATURE);
	if (code == MR_ATTEST_QUOTE_SIGNATURE)
		return mr_attest_fail(v->err, code, "the attestation key is not on its curve");
	MR_ATTEST_TRY(code);
	return check_signature(
		v, key, q->signed_bytes, q->signature, MR_ATTEST_QUOTE_SIGNATURE, "quote");
}

static enum mr_attest_code check_revocation(
	struct mr_verify *v, const struct mr_collateral *c, const struct mr_intel_chain *pck)
{
	if (mr_crl_lists(&c->root_crl, &pck->cert[1]))
		return mr_attest_fail(
			v->err, MR_ATTEST_CERT_REVOKED, "the intermediate certificate is revoked");
	if (mr_crl_lists(&c->pck_crl, &pck->cert[0]))
		return mr_attest_fail(
			v->err, MR_ATTEST_CERT_REVOKED, "the PCK certificate is revoked");
	return MR_ATTEST_OK;
}

static enum mr_attest_code check_qe(
	struct mr_verify *v, const struct mr_qe_identity *identity, const struct mr_tcb_level **ret)
{
	const struct mr_dcap_quote *q = &v->in->evidence->quote;
	struct mr_str id = q->is_td ? MR_STR("TD_QE") : MR_STR("QE");

	if (identity->version != 2 || !mr_str_eq(identity->id, id))
		return mr_attest_fail(
			v->err, MR_ATTEST_QE_IDENTITY, "the QE identity is not one for this quote");
	const char *mismatch = mr_qe_identity_mismatch(identity, &q->qe_report);
	if (mismatch)
		return mr_attest_fail(v->err, MR_ATTEST_QE_IDENTITY,
			"the quoting enclave is not the one of the QE identity: %s", mismatch);
	*ret = mr_isv_level_of(identity->levels, identity->level_count, q->qe_report.isv_svn);
	if (!*ret)
		return mr_attest_fail(v->err, MR_ATTEST_QE_IDENTITY,
			"the quoting enclave's version %u is not supported", q->qe_report.isv_svn);
	return MR_ATTEST_OK;
}

static enum mr_attest_code check_evidence(struct mr_verify *v, const struct mr_intel_chain *pck)
{
	const struct mr_dcap_quote *q = &v->in->evidence->quote;

	v->verdict->step = MR_STEP_QE_REPORT;
	MR_ATTEST_TRY(check_signature(v, pck->leaf_key, q->qe_report_body, q->qe_signature,
		MR_ATTEST_QE_SIGNATURE, "quoting enclave's report"));
	v->verdict->step = MR_STEP_QE_BINDING;
	MR_ATTEST_TRY(check_binding(v));
	v->verdict->step = MR_STEP_SIGNATURE;
	return check_quote_signature(v);
}

enum mr_attest_code mr_verify_dcap(struct mr_verify *v)
{
	MR_AUTO(intel_chain) struct mr_intel_chain pck = { .count = 0 };
	struct mr_verdict *verdict = v->verdict;
	const struct mr_collateral *collateral = NULL;
	const struct mr_tcb_level *qe_level = NULL;

	MR_ATTEST_TRY(check_pck_chain(v, &pck));
	MR_ATTEST_TRY(check_evidence(v, &pck));
	verdict->step = MR_STEP_COLLATERAL;
	MR_ATTEST_TRY(v->in->source.collateral(v->in->source.context, &pck, &verdict->pck,
		v->in->evidence->quote.is_td, &collateral, v->err));
	struct mr_collateral_time time = { .now = v->in->now, .grace = v->in->grace_seconds };
	MR_ATTEST_TRY(mr_collateral_check(collateral, &pck, &time, &verdict->validity, v->err));
	verdict->grace_used = time.grace_used;
	verdict->has_validity = true;
	verdict->step = MR_STEP_REVOCATION;
	MR_ATTEST_TRY(check_revocation(v, collateral, &pck));
	verdict->step = MR_STEP_QE_IDENTITY;
	MR_ATTEST_TRY(check_qe(v, &collateral->qe_identity, &qe_level));
	verdict->step = MR_STEP_TCB;
	MR_ATTEST_TRY(mr_verify_tcb(v, collateral, qe_level));
	verdict->has_tcb = true;
	return MR_ATTEST_OK;
}
