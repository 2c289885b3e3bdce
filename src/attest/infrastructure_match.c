/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/infrastructure_match.h"

#include "codec/base64.h"
#include "codec/pem.h"

static bool lists(const struct mr_str_list *list, struct mr_bytes value)
{
	MR_AUTO(buf) struct mr_buf hex = { 0 };

	mr_buf_init(&hex, 64);
	mr_hex_encode(&hex, value);
	for (size_t i = 0; i < list->count; i++) {
		if (mr_str_eq_nocase(list->items[i], mr_buf_str(&hex)))
			return true;
	}
	return list->count == 0;
}

/* DER, or PEM. */
static bool is_root(struct mr_bytes certificate, const uint8_t digest[MR_SHA256_SIZE])
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	uint8_t own[MR_SHA256_SIZE];
	struct mr_str label;
	struct mr_str rest;
	struct mr_error ignored;

	mr_buf_init(&der, MR_CERT_MAX_SIZE);
	if (mr_str_starts(mr_bytes_str(certificate), MR_STR("-----BEGIN")) &&
		!mr_failed(mr_pem_decode(mr_bytes_str(certificate), &label, &der, &rest, &ignored)))
		certificate = mr_buf_bytes(&der);
	return !mr_failed(mr_sha256(certificate, own, &ignored)) &&
	       memcmp(own, digest, sizeof own) == 0;
}

static const char *mismatch(const struct mr_infrastructure *i, const struct mr_verdict *v)
{
	const struct mr_pck_extension *pck = &v->pck;

	if (i->cpusvn.present &&
		!mr_bytes_eq(i->cpusvn.bytes, mr_bytes_of(pck->component, sizeof pck->component)))
		return "CPUSVN";
	if (i->qesvn.present && i->qesvn.value > v->qe_svn)
		return "QESVN";
	if (i->pcesvn.present && i->pcesvn.value > pck->pce_svn)
		return "PCESVN";
	if (i->root_ca.present && !is_root(i->root_ca.bytes, v->root_digest))
		return "RootCA";
	if (!lists(&i->fmspcs, mr_bytes_of(pck->fmspc, sizeof pck->fmspc)))
		return "FMSPCs";
	if (i->platform_instance_ids.count &&
		(!pck->has_platform_instance_id ||
			!lists(&i->platform_instance_ids,
				mr_bytes_of(pck->platform_instance_id,
					sizeof pck->platform_instance_id))))
		return "PlatformInstanceIDs";
	if (i->min_tcb_evaluation_data_number > v->evaluation_number)
		return "MinTCBEvaluationDataNumber";
	return NULL;
}

enum mr_attest_code mr_infrastructure_check(const struct mr_infrastructure *entries, size_t count,
	const struct mr_evidence *evidence, const struct mr_verdict *verdict, struct mr_error *err)
{
	const char *first = NULL;
	bool enforced = false;

	for (size_t i = 0; i < count; i++) {
		if (!entries[i].enforce)
			continue;
		enforced = true;
		const char *wrong = evidence->tee == MR_TEE_SNP ? "it is not Intel's"
								: mismatch(&entries[i], verdict);
		if (!wrong)
			return MR_ATTEST_OK;
		first = first ? first : wrong;
	}
	if (!enforced)
		return MR_ATTEST_OK;
	return mr_attest_fail(err, MR_ATTEST_INFRASTRUCTURE,
		"invalid infrastructure: the platform is none of the enforced ones: %s", first);
}
