/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_STEP = 16384 };

void mr_fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

int mr_fd_write_all(int fd, struct mr_bytes data)
{
	while (data.len) {
		ssize_t n = write(fd, data.ptr, data.len < SSIZE_MAX ? data.len : SSIZE_MAX);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (n == 0)
			return EIO;
		data.ptr += n;
		data.len -= (size_t)n;
	}
	return 0;
}

static mr_result read_all(int fd, const char *path, struct mr_buf *out, struct mr_error *err)
{
	for (;;) {
		/* Near the maximum ask for the one byte more that tells that the file is too large. */
		size_t room = out->max - out->len;
		size_t step = room < READ_STEP ? room : READ_STEP;
		uint8_t extra = 0;
		uint8_t *to = step ? mr_buf_reserve(out, step) : &extra;
		if (!to)
			return mr_buf_status(out, err);
		ssize_t n = read(fd, to, step ? step : 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return mr_fail_errno(err, errno, "read %s", path);
		if (n == 0)
			return MR_OK;
		if (!step)
			return mr_fail(err, MR_CODE_LIMIT,
				"read %s: larger than the limit of %zu bytes", path, out->max);
		mr_buf_commit(out, (size_t)n);
	}
}

static int open_retrying(const char *path, int flags, mode_t mode)
{
	int fd;

	do
		fd = open(path, flags | O_CLOEXEC, mode);
	while (fd < 0 && errno == EINTR);
	return fd;
}

mr_result mr_file_read(const char *path, struct mr_buf *out, struct mr_error *err)
{
	MR_AUTO(fd) int fd = open_retrying(path, O_RDONLY, 0);

	if (fd < 0) {
		int errnum = errno;
		mr_result r = mr_fail_errno(err, errnum, "open %s", path);
		if (errnum == ENOENT)
			r.code = err->code = MR_CODE_NOT_FOUND;
		return r;
	}
	return read_all(fd, path, out, err);
}

static mr_result write_file(
	const char *path, struct mr_bytes data, int flags, mode_t mode, struct mr_error *err)
{
	MR_AUTO(fd) int fd = open_retrying(path, O_WRONLY | O_CREAT | flags, mode);

	if (fd < 0)
		return mr_fail_errno(err, errno, "open %s", path);
	int errnum = mr_fd_write_all(fd, data);
	if (errnum)
		return mr_fail_errno(err, errnum, "write %s", path);
	/* Delayed errors of network file systems come with close. */
	int closed = close(fd);
	fd = -1;
	if (closed != 0 && errno != EINTR)
		return mr_fail_errno(err, errno, "close %s", path);
	return MR_OK;
}

mr_result mr_file_write(const char *path, struct mr_bytes data, mode_t mode, struct mr_error *err)
{
	return write_file(path, data, O_TRUNC, mode, err);
}

mr_result mr_file_create(const char *path, struct mr_bytes data, mode_t mode, struct mr_error *err)
{
	return write_file(path, data, O_EXCL, mode, err);
}

static mr_result make_dir(const char *path, mode_t mode, struct mr_error *err)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return MR_OK;
	int errnum = errno;
	if (errnum == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return MR_OK;
	if (errnum == EEXIST)
		errnum = ENOTDIR;
	return mr_fail_errno(err, errnum, "mkdir %s", path);
}

mr_result mr_file_make_dirs(const char *path, mode_t mode, struct mr_error *err)
{
	size_t len = strlen(path);
	char copy[PATH_MAX];

	if (len == 0 || len >= sizeof copy)
		return mr_fail_errno(err, len ? ENAMETOOLONG : ENOENT, "mkdir %s", path);
	memcpy(copy, path, len + 1);
	for (size_t i = 1; i < len; i++) {
		if (copy[i] != '/' || copy[i - 1] == '/')
			continue;
		copy[i] = '\0';
		MR_TRY(make_dir(copy, mode, err));
		copy[i] = '/';
	}
	return make_dir(copy, mode, err);
}
