/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One package with its rules for confidential VMs (70 §3.1, §17.2). What the reference knows is decoded with its rules;
 * the objects `TDX` and `SNP` are read strictly, since a misspelt rule must not be a rule that is missing.
 */
#ifndef MR_MANIFEST_PACKAGE_RULES_H
#define MR_MANIFEST_PACKAGE_RULES_H

#include "manifest/manifest.h"

enum { MR_ALLOW_SGX = 1, MR_ALLOW_TDX = 2, MR_ALLOW_SNP = 4 };

/* Alternatives, all of one length; none: not checked. */
struct mr_rule_bytes {
	const struct mr_bytes *items;
	size_t count;
};

/* `value & mask` must be `want`, byte images. */
struct mr_rule_masked {
	bool present;
	uint8_t want[8], mask[8];
};

struct mr_tdx_rules {
	struct mr_rule_bytes mr_td, rtmr0, rtmr1, rtmr2, rtmr3, mr_config_id, mr_owner,
		mr_owner_config, mr_service_td, mr_seam;
	struct mr_rule_bytes min_tee_tcb_svn; /* at most one */
	struct mr_rule_masked attributes, xfam;
	bool require_sept_ve_disable, allow_migration;
};

struct mr_snp_rules {
	struct mr_rule_bytes measurement, host_data, id_key_digest, author_key_digest, family_id,
		image_id, chip_ids;
	uint64_t min_guest_svn, vmpl;
	uint64_t min_fmc, min_boot_loader, min_tee, min_snp, min_microcode;
	bool has_min_firmware;
	uint8_t min_firmware[3]; /* major, minor, build */
	unsigned products;       /* bits in the order Milan, Genoa, Turin; 0: any */
	bool need_vcek, need_vlek;
	bool allow_smt, allow_migration_agent, require_alias_check, allow_masked_chip_id,
		allow_missing_crl;
};

struct mr_package_rules {
	struct mr_package sgx;
	unsigned tees;       /* MR_ALLOW_… */
	bool all_advisories; /* AdvisoryPolicy is `all` */
	struct mr_tdx_rules tdx;
	struct mr_snp_rules snp;
};

/* Parses the JSON of one package into the arena, which must outlive the rules. MR_CODE_INVALID names what is wrong. */
MR_MUST_USE mr_result mr_package_rules_parse(struct mr_str json, struct mr_arena *arena,
	struct mr_package_rules *ret, struct mr_error *err);

#endif
