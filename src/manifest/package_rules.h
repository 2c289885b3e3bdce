/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One package with its rules for confidential VMs (70 §3.1, §17.2). What the reference knows is decoded with its rules;
 * the objects `TDX` and `SNP` are read strictly, since a misspelt rule must not be a rule that is missing.
 */
#ifndef MR_MANIFEST_PACKAGE_RULES_H
#define MR_MANIFEST_PACKAGE_RULES_H

#include "codec/json.h"
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

/* The texts of the members as they were written, for the state; empty where there was none. */
enum mr_package_member {
	MR_PACKAGE_TEE,
	MR_PACKAGE_TDX,
	MR_PACKAGE_SNP,
	MR_PACKAGE_ADVISORY_POLICY,
	MR_PACKAGE_MEMBER_COUNT
};

struct mr_package_rules {
	unsigned tees;       /* MR_ALLOW_… */
	bool all_advisories; /* AdvisoryPolicy is `all` */
	struct mr_tdx_rules tdx;
	struct mr_snp_rules snp;
	struct mr_str source[MR_PACKAGE_MEMBER_COUNT];
};

/* The package's rules; of one without rules of its own: SGX alone. */
const struct mr_package_rules *mr_package_rules_of(const struct mr_package *package);
/* Reads the four members of an object, in any case; *ret is NULL if it has none of them. What is read lives in the
 * arena. MR_CODE_INVALID names what is wrong. */
MR_MUST_USE mr_result mr_package_rules_read(const struct mr_json *object, struct mr_arena *arena,
	const struct mr_package_rules **ret, struct mr_error *err);
/* Rules for a technology that is not allowed, and an allowed one without a measurement, are refused (70 §17.1). SGX is
 * held to the rules of the caller's. */
MR_MUST_USE mr_result mr_package_rules_check(
	const struct mr_package *package, struct mr_error *err);
/* Appends the members as JSON, a comma in front of each. */
void mr_package_rules_encode(struct mr_buf *out, const struct mr_package_rules *rules);

/* Parses the JSON of one package, which must be complete by itself, into the arena, which must outlive it.
 * MR_CODE_INVALID names what is wrong. */
MR_MUST_USE mr_result mr_package_parse(
	struct mr_str json, struct mr_arena *arena, struct mr_package *ret, struct mr_error *err);

#endif
