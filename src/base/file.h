/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files: bounded reads and whole writes. Messages have the form `open x: no such file or directory`, which users of
 * the CLI and of the premain know. Durable replacement of state files is the store's business.
 */
#ifndef MR_BASE_FILE_H
#define MR_BASE_FILE_H

#include <sys/types.h>

#include "base/bytes.h"

/* Appends the content of a file to `out`, whose maximum bounds it. MR_CODE_NOT_FOUND when it does not exist,
 * MR_CODE_LIMIT when larger than the buffer's maximum, MR_CODE_IO otherwise. */
MR_MUST_USE mr_result mr_file_read(const char *path, struct mr_buf *out, struct mr_error *err);
/* Creates or truncates (an existing file keeps its mode) and writes all. */
MR_MUST_USE mr_result mr_file_write(
	const char *path, struct mr_bytes data, mode_t mode, struct mr_error *err);
/* As mr_file_write, but an existing file is an error (`open x: file exists`). */
MR_MUST_USE mr_result mr_file_create(
	const char *path, struct mr_bytes data, mode_t mode, struct mr_error *err);
/* Creates a directory and its missing parents with `mode`; an existing directory is fine. */
MR_MUST_USE mr_result mr_file_make_dirs(const char *path, mode_t mode, struct mr_error *err);
/* Writes all bytes to a descriptor, over short writes and EINTR. Returns 0 or an errno value. */
int mr_fd_write_all(int fd, struct mr_bytes data) MR_MUST_USE;
/* Closes *fd unless it is negative, and sets it to -1. */
void mr_fd_close(int *fd);

MR_DEFINE_AUTO(fd, int, mr_fd_close)

#endif
