/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a TD report, 1.0 and 1.5: what a trust domain is (70 §15.1). */
#ifndef MR_ATTEST_TD_REPORT_H
#define MR_ATTEST_TD_REPORT_H

#include "base/bytes.h"

enum {
	MR_TD10_REPORT_SIZE = 584,
	MR_TD15_REPORT_SIZE = 648,
	MR_TD_RTMR_COUNT = 4,
};

#define MR_TD_ATTRIBUTE_DEBUG ((uint64_t)1)
#define MR_TD_ATTRIBUTES_RESERVED ((uint64_t)0xFE)
#define MR_TD_ATTRIBUTE_SEPT_VE_DISABLE ((uint64_t)1 << 28)
#define MR_TD_ATTRIBUTE_MIGRATABLE ((uint64_t)1 << 29)

/* Views into the body, which must outlive it. */
struct mr_td_report {
	bool is_15;
	struct mr_bytes tee_tcb_svn; /* 16 */
	struct mr_bytes mr_seam;     /* 48, as all that follow unless said */
	struct mr_bytes mr_signer_seam;
	struct mr_bytes seam_attributes; /* 8 */
	struct mr_bytes attributes;      /* 8 */
	uint64_t attribute_bits;
	struct mr_bytes xfam; /* 8 */
	struct mr_bytes mr_td, mr_config_id, mr_owner, mr_owner_config;
	struct mr_bytes rtmr[MR_TD_RTMR_COUNT];
	struct mr_bytes report_data;   /* 64 */
	struct mr_bytes tee_tcb_svn2;  /* 16; 1.5 only, else empty */
	struct mr_bytes mr_service_td; /* 1.5 only, else empty */
};

/* False unless the length is that of one of the two. */
MR_MUST_USE bool mr_td_report_read(struct mr_bytes body, struct mr_td_report *ret);
/* Are the bits zero that have to be (70 §15.2.1)? */
bool mr_td_report_reserved_zero(const struct mr_td_report *report);

#endif
