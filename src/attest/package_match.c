/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/package_match.h"

#include "codec/base64.h"

/* As text, in any case: what is no hex never matches. */
static bool is_hex_of(struct mr_str text, struct mr_bytes bytes)
{
	MR_AUTO(buf) struct mr_buf hex = { 0 };

	mr_buf_init(&hex, 128);
	mr_hex_encode(&hex, bytes);
	return mr_str_eq_nocase(text, mr_buf_str(&hex));
}

static const char *mismatch_sgx(const struct mr_package *p, const struct mr_sgx_report *r)
{
	if (p->unique_id.len && !is_hex_of(p->unique_id, r->mr_enclave))
		return "UniqueID";
	if (p->signer_id.len && !is_hex_of(p->signer_id, r->mr_signer))
		return "SignerID";
	if (p->product_id.present && p->product_id.value != r->isv_prod_id)
		return "ProductID";
	if (p->security_version.present && p->security_version.value > r->isv_svn)
		return "SecurityVersion";
	return NULL;
}

static bool one_of(const struct mr_rule_bytes *rule, struct mr_bytes value)
{
	for (size_t i = 0; i < rule->count; i++) {
		if (mr_bytes_eq(rule->items[i], value))
			return true;
	}
	return rule->count == 0;
}

static bool masked(const struct mr_rule_masked *rule, struct mr_bytes value)
{
	return !rule->present || mr_masked_eq(value.ptr, rule->mask, rule->want, sizeof rule->want);
}

/* Every byte at least that of each minimum. */
static bool reaches(const struct mr_rule_bytes *rule, struct mr_bytes value)
{
	for (size_t i = 0; i < rule->count; i++) {
		for (size_t k = 0; k < value.len; k++) {
			if (value.ptr[k] < rule->items[i].ptr[k])
				return false;
		}
	}
	return true;
}

static const char *mismatch_tdx(const struct mr_tdx_rules *p, const struct mr_td_report *r)
{
	const struct {
		const char *name;
		const struct mr_rule_bytes *rule;
		struct mr_bytes value;
	} all[] = {
		{ "MRTD", &p->mr_td, r->mr_td },
		{ "RTMR0", &p->rtmr0, r->rtmr[0] },
		{ "RTMR1", &p->rtmr1, r->rtmr[1] },
		{ "RTMR2", &p->rtmr2, r->rtmr[2] },
		{ "RTMR3", &p->rtmr3, r->rtmr[3] },
		{ "MRConfigID", &p->mr_config_id, r->mr_config_id },
		{ "MROwner", &p->mr_owner, r->mr_owner },
		{ "MROwnerConfig", &p->mr_owner_config, r->mr_owner_config },
		{ "MRServiceTD", &p->mr_service_td, r->mr_service_td },
		{ "MRSEAM", &p->mr_seam, r->mr_seam },
	};

	for (size_t i = 0; i < MR_COUNT(all); i++) {
		if (!one_of(all[i].rule, all[i].value))
			return all[i].name;
	}
	if (!reaches(&p->min_tee_tcb_svn, r->tee_tcb_svn))
		return "MinTEETCBSVN";
	if (!masked(&p->attributes, r->attributes))
		return "TDAttributes";
	if (!masked(&p->xfam, r->xfam))
		return "XFAM";
	if (p->require_sept_ve_disable && !(r->attribute_bits & MR_TD_ATTRIBUTE_SEPT_VE_DISABLE))
		return "RequireSeptVEDisable";
	if (!p->allow_migration && (r->attribute_bits & MR_TD_ATTRIBUTE_MIGRATABLE))
		return "AllowMigration";
	return NULL;
}

static const char *mismatch_snp_bytes(const struct mr_snp_rules *p, const struct mr_snp_report *r)
{
	const struct {
		const char *name;
		const struct mr_rule_bytes *rule;
		struct mr_bytes value;
	} all[] = {
		{ "Measurement", &p->measurement, r->measurement },
		{ "HostData", &p->host_data, r->host_data },
		{ "IDKeyDigest", &p->id_key_digest, r->id_key_digest },
		{ "AuthorKeyDigest", &p->author_key_digest, r->author_key_digest },
		{ "FamilyID", &p->family_id, r->family_id },
		{ "ImageID", &p->image_id, r->image_id },
		{ "ChipIDs", &p->chip_ids, r->chip_id },
	};

	for (size_t i = 0; i < MR_COUNT(all); i++) {
		if (!one_of(all[i].rule, all[i].value))
			return all[i].name;
	}
	/* a masked id names no chip */
	if (r->chip_key_masked && (p->chip_ids.count || !p->allow_masked_chip_id))
		return p->chip_ids.count ? "ChipIDs" : "AllowMaskedChipID";
	return NULL;
}

static bool firmware_reaches(const uint8_t min[3], const struct mr_snp_firmware *f)
{
	const uint8_t have[3] = { f->major, f->minor, f->build };

	return memcmp(have, min, sizeof have) >= 0;
}

static const char *mismatch_snp(
	const struct mr_snp_rules *p, const struct mr_snp_report *r, enum mr_snp_line line)
{
	const char *bytes = mismatch_snp_bytes(p, r);

	if (bytes)
		return bytes;
	if (r->guest_svn < p->min_guest_svn)
		return "MinGuestSVN";
	if (r->vmpl != p->vmpl)
		return "VMPL";
	if (p->products && !(p->products >> line & 1))
		return "Products";
	if (r->is_vlek ? p->need_vcek : p->need_vlek)
		return "SigningKey";
	if (p->has_min_firmware && !firmware_reaches(p->min_firmware, &r->committed))
		return "MinFirmware";
	if (!p->allow_smt && ((r->policy & MR_SNP_POLICY_SMT) || (r->platform_info & 1)))
		return "AllowSMT";
	if (!p->allow_migration_agent && (r->policy & MR_SNP_POLICY_MIGRATION_AGENT))
		return "AllowMigrationAgent";
	if (p->require_alias_check && !(r->platform_info & MR_SNP_PLATFORM_ALIAS_CHECK))
		return "RequireAliasCheck";
	return NULL;
}

const char *mr_package_mismatch(const struct mr_package *package,
	const struct mr_evidence *evidence, const struct mr_verdict *verdict)
{
	const struct mr_package_rules *rules = mr_package_rules_of(package);

	if (!(rules->tees & 1u << evidence->tee))
		return "TEE";
	switch (evidence->tee) {
	case MR_TEE_SGX:
		return mismatch_sgx(package, &evidence->quote.sgx);
	case MR_TEE_TDX:
		return mismatch_tdx(&rules->tdx, &evidence->quote.td);
	case MR_TEE_SNP:
		break;
	}
	return mismatch_snp(&rules->snp, &evidence->snp, verdict->line);
}

static bool tcb_reaches(const struct mr_snp_rules *p, const struct mr_snp_tcb *t)
{
	return t->fmc >= p->min_fmc && t->boot_loader >= p->min_boot_loader &&
	       t->tee >= p->min_tee && t->snp >= p->min_snp && t->microcode >= p->min_microcode;
}

enum mr_tcb_status mr_package_snp_status(
	const struct mr_package *package, const struct mr_evidence *evidence, enum mr_snp_line line)
{
	const struct mr_snp_rules *rules = &mr_package_rules_of(package)->snp;
	struct mr_snp_tcb reported = mr_snp_tcb_of(line, evidence->snp.reported_tcb);
	struct mr_snp_tcb committed = mr_snp_tcb_of(line, evidence->snp.committed_tcb);

	return tcb_reaches(rules, &reported) && tcb_reaches(rules, &committed) ? MR_TCB_UP_TO_DATE
									       : MR_TCB_OUT_OF_DATE;
}
