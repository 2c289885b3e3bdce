/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/snp_table.h"

/* In printed byte order. */
static const uint8_t guids[MR_SNP_ITEM_COUNT][16] = {
	[MR_SNP_VCEK] = { 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9,
		0x3b, 0xe8, 0xac, 0xcd },
	[MR_SNP_VLEK] = { 0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e, 0xaa, 0xe6, 0x39, 0xc0,
		0x45, 0xa0, 0xb8, 0xa1 },
	[MR_SNP_ASK] = { 0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05, 0xae,
		0xf3, 0x27, 0xc7, 0x82 },
	[MR_SNP_ARK] = { 0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52, 0x97, 0x43, 0x3f, 0xb6,
		0x01, 0x4c, 0xd0, 0xae },
	[MR_SNP_CRL] = { 0x92, 0xf8, 0x1b, 0xc3, 0x58, 0x11, 0x4d, 0x3d, 0x97, 0xff, 0xd1, 0x9f,
		0x88, 0xdc, 0x67, 0xea },
};

static const uint8_t end_mark[16] = { 0 };

static bool keep(const struct mr_bytes *guid, struct mr_bytes content, struct mr_snp_table *t)
{
	for (unsigned i = 0; i < MR_SNP_ITEM_COUNT; i++) {
		if (!mr_bytes_eq(*guid, mr_bytes_of(guids[i], sizeof guids[i])))
			continue;
		if (t->item[i].ptr)
			return false;
		t->item[i] = content;
	}
	return true;
}

bool mr_snp_table_read(struct mr_cursor all, struct mr_snp_table *ret)
{
	struct mr_cursor entries = all;
	struct mr_snp_table t = { { { NULL, 0 } } };

	for (unsigned i = 0; i <= MR_SNP_TABLE_MAX_ENTRIES; i++) {
		struct mr_cursor at = all;
		struct mr_bytes guid;
		struct mr_bytes content;
		uint32_t offset;
		uint32_t length;

		if (!mr_cursor_take(&entries, 16, &guid) || !mr_cursor_u32le(&entries, &offset) ||
			!mr_cursor_u32le(&entries, &length))
			return false;
		if (mr_bytes_eq(guid, mr_bytes_of(end_mark, sizeof end_mark))) {
			*ret = t;
			return offset == 0 && length == 0;
		}
		if (!mr_cursor_skip(&at, offset) || !mr_cursor_take(&at, length, &content) ||
			!keep(&guid, content, &t))
			return false;
	}
	return false;
}
