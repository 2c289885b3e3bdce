/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates that come with an SNP report: the host's table, or PEM or DER (70 §16.4, §17.4). */
#ifndef MR_ATTEST_SNP_TABLE_H
#define MR_ATTEST_SNP_TABLE_H

#include "base/bytes.h"

enum mr_snp_item {
	MR_SNP_VCEK,
	MR_SNP_VLEK,
	MR_SNP_ASK, /* or ASVK */
	MR_SNP_ARK,
	MR_SNP_CRL,
	MR_SNP_ITEM_COUNT,
};

/* Views into the table; empty where there is none of a kind. */
struct mr_snp_table {
	struct mr_bytes item[MR_SNP_ITEM_COUNT];
};

enum { MR_SNP_TABLE_MAX_ENTRIES = 64 };

/* Reads a table: entries up to an all-zero one, unknown kinds skipped. False where an entry lies outside, where the end
 * is missing or a kind comes twice. */
MR_MUST_USE bool mr_snp_table_read(struct mr_cursor all, struct mr_snp_table *ret);

#endif
