/* SPDX-License-Identifier: Apache-2.0 */
/* Attestation reports of AMD SEV-SNP (70 §16.1; AMD 56860, ATTESTATION_REPORT), read strictly. */
#ifndef MR_ATTEST_SNP_REPORT_H
#define MR_ATTEST_SNP_REPORT_H

#include "attest/code.h"
#include "base/bytes.h"

enum {
	MR_SNP_REPORT_SIZE = 1184,
	MR_SNP_SIGNED_SIZE = 672,
	MR_SNP_TCB_SIZE = 8,
};

#define MR_SNP_POLICY_SMT ((uint64_t)1 << 16)
#define MR_SNP_POLICY_MIGRATION_AGENT ((uint64_t)1 << 18)
#define MR_SNP_POLICY_DEBUG ((uint64_t)1 << 19)
#define MR_SNP_PLATFORM_ALIAS_CHECK ((uint64_t)1 << 5)

enum mr_snp_line { MR_SNP_MILAN, MR_SNP_GENOA, MR_SNP_TURIN, MR_SNP_LINE_COUNT, MR_SNP_UNKNOWN };

/* The parts of a TCB version; one that the line does not have is 0. */
struct mr_snp_tcb {
	uint8_t fmc, boot_loader, tee, snp, microcode;
};

struct mr_snp_firmware {
	uint8_t build, minor, major;
};

/* Views into the report, which must outlive it. */
struct mr_snp_report {
	uint32_t version, guest_svn, vmpl;
	uint64_t policy, platform_info;
	struct mr_bytes family_id, image_id;                                  /* 16 */
	struct mr_bytes current_tcb, reported_tcb, committed_tcb, launch_tcb; /* 8 */
	bool chip_key_masked, is_vlek;
	struct mr_bytes report_data;                      /* 64 */
	struct mr_bytes measurement;                      /* 48 */
	struct mr_bytes host_data;                        /* 32 */
	struct mr_bytes id_key_digest, author_key_digest; /* 48 */
	struct mr_bytes report_id;                        /* 32 */
	bool has_cpuid;                                   /* version 3 and later */
	uint8_t family, model;
	struct mr_bytes chip_id; /* 64 */
	struct mr_snp_firmware committed;
	struct mr_bytes signed_bytes;
	struct mr_bytes r, s; /* 72, little-endian */
};

/* The checks of 70 §16.3.1 included: MR_ATTEST_PARSE or MR_ATTEST_UNSUPPORTED. */
MR_MUST_USE enum mr_attest_code mr_snp_report_read(
	struct mr_bytes raw, struct mr_snp_report *ret, struct mr_error *err);
/* Of a report that has it; MR_SNP_UNKNOWN for others. */
enum mr_snp_line mr_snp_line_of(const struct mr_snp_report *report);
const char *mr_snp_line_name(enum mr_snp_line line);
/* The parts of 8 bytes. */
struct mr_snp_tcb mr_snp_tcb_of(enum mr_snp_line line, struct mr_bytes version);
/* Is each part of `a` at most that of `b`? */
bool mr_snp_tcb_at_most(const struct mr_snp_tcb *a, const struct mr_snp_tcb *b);
bool mr_snp_tcb_eq(const struct mr_snp_tcb *a, const struct mr_snp_tcb *b);

#endif
