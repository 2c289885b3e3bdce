/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replacing both sealed files so that at every moment the directory holds a pair that loads
 * (40 §6.4). After a failure the old pair is put back. Private to this room.
 */
#ifndef MR_STORE_REPLACE_H
#define MR_STORE_REPLACE_H

#include "store/seal_dir.h"

#define MR_DATA_NAME "sealed_data"
#define MR_DATA_TMP "sealed_data.tmp"
#define MR_DATA_OLD "sealed_data.old"
#define MR_KEY_NAME "sealed_key"
#define MR_KEY_TMP "sealed_key.tmp"
#define MR_KEY_OLD "sealed_key.old"

/* What has been done to one of the two files, until all is well again. */
struct mr_replace_side {
	bool existed;  /* .old is what was there before */
	bool moved;    /* renamed to .old, so the name may be missing */
	bool replaced; /* the name is the new content */
	bool staged;   /* .tmp is the old content again */
};

/* A replace that failed and could not be undone at once, because the disk was gone, say. Zeroed:
 * there is none. */
struct mr_replace {
	struct mr_replace_side data, key;
};

/* Makes these contents the current pair, the one before the older generation, all durable. Before
 * that it undoes what an earlier failure left in `replace`, and fails if it cannot. Errors with the
 * prefixes of 40 §14. A pair that could not be put back is told to `log`. */
MR_MUST_USE mr_result mr_replace_pair(struct mr_seal_dir *dir, struct mr_replace *replace,
	struct mr_bytes data, struct mr_bytes key, struct mr_logger *log, struct mr_error *err);
/* Leaves no current pair: it becomes the older generation (seal mode Disabled, 40 §6.3). */
MR_MUST_USE mr_result mr_retire_pair(
	const struct mr_seal_dir *dir, struct mr_replace *replace, struct mr_error *err);

#endif
