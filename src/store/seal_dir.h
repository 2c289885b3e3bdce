/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seal directory: its lock, and the operations on single files of which a replace is made.
 * All go through one directory descriptor and repeat interrupted calls. Private to this room.
 */
#ifndef MR_STORE_SEAL_DIR_H
#define MR_STORE_SEAL_DIR_H

#include "base/bytes.h"
#include "base/log.h"

struct mr_seal_dir {
	char *path; /* for messages and reading */
	int fd;
	int lock_fd;
	bool no_links; /* found out: the file system has no hard links */
};

/* Creates it (0700, with parents) and takes the lock. Accepts no zeroed object. */
MR_MUST_USE mr_result mr_seal_dir_open(
	const char *path, struct mr_logger *log, struct mr_seal_dir *ret, struct mr_error *err);
/* Opens one that is there to read alone: nothing is created, no lock taken. *ret_in_use: another
 * process holds the lock. */
MR_MUST_USE mr_result mr_seal_dir_look(
	const char *path, struct mr_seal_dir *ret, bool *ret_in_use, struct mr_error *err);
void mr_seal_dir_close(struct mr_seal_dir *dir);

/* Appends a file's content; errors as mr_file_read. */
MR_MUST_USE mr_result mr_seal_dir_read(
	const struct mr_seal_dir *dir, const char *name, struct mr_buf *out, struct mr_error *err);
/* A new file (0600) with this content, synced; one that is there is removed, not written over,
 * since it may be a link to a file that counts. On failure none is left. */
MR_MUST_USE mr_result mr_seal_dir_write(const struct mr_seal_dir *dir, const char *name,
	struct mr_bytes data, struct mr_error *err);
/* Replaces `to` atomically. MR_CODE_NOT_FOUND when `from` does not exist. */
MR_MUST_USE mr_result mr_seal_dir_rename(
	const struct mr_seal_dir *dir, const char *from, const char *to, struct mr_error *err);
/* A second name. MR_CODE_NOT_FOUND as above, MR_CODE_UNSUPPORTED where there are no hard links. */
MR_MUST_USE mr_result mr_seal_dir_link(
	const struct mr_seal_dir *dir, const char *from, const char *to, struct mr_error *err);
/* A missing file is fine. */
MR_MUST_USE mr_result mr_seal_dir_remove(
	const struct mr_seal_dir *dir, const char *name, struct mr_error *err);
/* Makes new names durable; where directories cannot be synced this does nothing. */
MR_MUST_USE mr_result mr_seal_dir_sync(const struct mr_seal_dir *dir, struct mr_error *err);

#endif
