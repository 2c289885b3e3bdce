/* SPDX-License-Identifier: Apache-2.0 */
#include "store/seal_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"

enum { DIR_MODE = 0700, FILE_MODE = 0600, NAME_ROOM = 32 };

#define LOCK_NAME "lock"

/* --- the directory and its lock --- */

/* The lock file, opened for nothing but its lock: an open writer would keep the file system from
 * being made read-only. */
static mr_result open_lock(struct mr_seal_dir *dir, int access, struct mr_error *err)
{
	mr_fd_close(&dir->lock_fd);
	do
		dir->lock_fd = openat(
			dir->fd, LOCK_NAME, access | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	while (dir->lock_fd < 0 && errno == EINTR);
	if (dir->lock_fd < 0)
		return mr_fail_errno(err, errno, "open %s/" LOCK_NAME, dir->path);
	return MR_OK;
}

/* Both kinds of lock end with the process, however that ends. */
static int lock_whole_file(int fd)
{
	int failed;

	do
		failed = flock(fd, LOCK_EX | LOCK_NB);
	while (failed && errno == EINTR);
	return failed ? errno : 0;
}

static int lock_record(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int failed;

	do
		failed = fcntl(fd, F_SETLK, &lock);
	while (failed && errno == EINTR);
	return failed ? errno : 0;
}

/* libOSes and network file systems have record locks only. */
static mr_result take_lock(struct mr_seal_dir *dir, struct mr_logger *log, struct mr_error *err)
{
	MR_TRY(open_lock(dir, O_RDONLY, err));
	int errnum = lock_whole_file(dir->lock_fd);
	if (errnum && errnum != EWOULDBLOCK) {
		MR_TRY(open_lock(dir, O_RDWR, err));
		errnum = lock_record(dir->lock_fd);
	}
	if (!errnum)
		return MR_OK;
	if (errnum == EACCES || errnum == EAGAIN)
		return mr_fail(err, MR_CODE_CONFLICT,
			"%s is in use: another process holds its lock", dir->path);
	if (errnum != ENOSYS && errnum != EOPNOTSUPP && errnum != ENOLCK && errnum != EINVAL)
		return mr_fail_errno(err, errnum, "lock %s/" LOCK_NAME, dir->path);
	MR_LOG(log, MR_LOG_WARN,
		"The seal directory cannot be locked here: no other Coordinator may use it",
		mr_log_cstr("directory", dir->path));
	return MR_OK;
}

static mr_result open_dir(const char *path, struct mr_seal_dir *dir, struct mr_error *err)
{
	if (strlen(path) >= PATH_MAX - NAME_ROOM)
		return mr_fail_errno(err, ENAMETOOLONG, "open %s", path);
	dir->path = strdup(path);
	if (!dir->path)
		return mr_fail_nomem(err);
	do
		dir->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (dir->fd < 0 && errno == EINTR);
	return dir->fd < 0 ? mr_fail_errno(err, errno, "open %s", path) : MR_OK;
}

mr_result mr_seal_dir_open(
	const char *path, struct mr_logger *log, struct mr_seal_dir *ret, struct mr_error *err)
{
	struct mr_seal_dir dir = { .fd = -1, .lock_fd = -1 };
	mr_result r = mr_file_make_dirs(path, DIR_MODE, err);

	if (!mr_failed(r))
		r = open_dir(path, &dir, err);
	if (!mr_failed(r))
		r = take_lock(&dir, log, err);
	if (mr_failed(r))
		mr_seal_dir_close(&dir);
	else
		*ret = dir;
	return r;
}

/* Asked with a shared lock that is given back at once. */
static bool is_in_use(const struct mr_seal_dir *dir)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	MR_AUTO(fd) int fd = openat(dir->fd, LOCK_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return false;
	if (flock(fd, LOCK_SH | LOCK_NB) != 0)
		return errno == EWOULDBLOCK;
	return fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

mr_result mr_seal_dir_look(
	const char *path, struct mr_seal_dir *ret, bool *ret_in_use, struct mr_error *err)
{
	struct mr_seal_dir dir = { .fd = -1, .lock_fd = -1 };
	mr_result r = open_dir(path, &dir, err);

	if (mr_failed(r)) {
		mr_seal_dir_close(&dir);
		return r;
	}
	*ret_in_use = is_in_use(&dir);
	*ret = dir;
	return MR_OK;
}

void mr_seal_dir_close(struct mr_seal_dir *dir)
{
	mr_fd_close(&dir->lock_fd);
	mr_fd_close(&dir->fd);
	free(dir->path);
	dir->path = NULL;
}

/* --- files --- */

mr_result mr_seal_dir_read(
	const struct mr_seal_dir *dir, const char *name, struct mr_buf *out, struct mr_error *err)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof path, "%s/%s", dir->path, name);
	return mr_file_read(path, out, err);
}

static mr_result create(
	const struct mr_seal_dir *dir, const char *name, int *ret_fd, struct mr_error *err)
{
	bool cleared = false;

	for (;;) {
		*ret_fd = openat(dir->fd, name,
			O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
		if (*ret_fd >= 0)
			return MR_OK;
		if (errno == EEXIST && !cleared) {
			MR_TRY(mr_seal_dir_remove(dir, name, err));
			cleared = true;
		} else if (errno != EINTR) {
			return mr_fail_errno(err, errno, "open %s/%s", dir->path, name);
		}
	}
}

static int sync_fd(int fd)
{
	int failed;

	do
		failed = fsync(fd);
	while (failed && errno == EINTR);
	return failed ? errno : 0;
}

static mr_result write_and_sync(
	const struct mr_seal_dir *dir, const char *name, struct mr_bytes data, struct mr_error *err)
{
	MR_AUTO(fd) int fd = -1;

	MR_TRY(create(dir, name, &fd, err));
	int errnum = mr_fd_write_all(fd, data);
	if (errnum)
		return mr_fail_errno(err, errnum, "write %s/%s", dir->path, name);
	errnum = sync_fd(fd);
	if (errnum)
		return mr_fail_errno(err, errnum, "sync %s/%s", dir->path, name);
	int closed = close(fd);
	fd = -1;
	if (closed != 0 && errno != EINTR)
		return mr_fail_errno(err, errno, "close %s/%s", dir->path, name);
	return MR_OK;
}

mr_result mr_seal_dir_write(
	const struct mr_seal_dir *dir, const char *name, struct mr_bytes data, struct mr_error *err)
{
	mr_result r = write_and_sync(dir, name, data, err);

	if (mr_failed(r)) {
		struct mr_error second;
		mr_result removed = mr_seal_dir_remove(dir, name, &second);
		(void)removed; /* the first failure is the one to report */
	}
	return r;
}

/* A call on names has failed: its message, and a code for what callers tell apart. */
static mr_result fail_names(const struct mr_seal_dir *dir, int errnum, const char *call,
	const char *from, const char *to, struct mr_error *err)
{
	mr_result r = mr_fail_errno(err, errnum, "%s %s/%s %s", call, dir->path, from, to);

	if (errnum == ENOENT)
		r.code = err->code = MR_CODE_NOT_FOUND;
	return r;
}

mr_result mr_seal_dir_rename(
	const struct mr_seal_dir *dir, const char *from, const char *to, struct mr_error *err)
{
	int failed;

	do
		failed = renameat(dir->fd, from, dir->fd, to);
	while (failed && errno == EINTR);
	return failed ? fail_names(dir, errno, "rename", from, to, err) : MR_OK;
}

mr_result mr_seal_dir_link(
	const struct mr_seal_dir *dir, const char *from, const char *to, struct mr_error *err)
{
	int failed;

	do
		failed = linkat(dir->fd, from, dir->fd, to, 0);
	while (failed && errno == EINTR);
	if (!failed)
		return MR_OK;
	int errnum = errno;
	mr_result r = fail_names(dir, errnum, "link", from, to, err);
	if (errnum == EPERM || errnum == ENOSYS || errnum == EOPNOTSUPP || errnum == EMLINK)
		r.code = err->code = MR_CODE_UNSUPPORTED;
	return r;
}

mr_result mr_seal_dir_remove(const struct mr_seal_dir *dir, const char *name, struct mr_error *err)
{
	int failed;

	do
		failed = unlinkat(dir->fd, name, 0);
	while (failed && errno == EINTR);
	if (failed && errno != ENOENT)
		return mr_fail_errno(err, errno, "remove %s/%s", dir->path, name);
	return MR_OK;
}

mr_result mr_seal_dir_sync(const struct mr_seal_dir *dir, struct mr_error *err)
{
	int errnum = sync_fd(dir->fd);

	if (errnum && errnum != EINVAL && errnum != ENOSYS && errnum != EOPNOTSUPP)
		return mr_fail_errno(err, errnum, "sync %s", dir->path);
	return MR_OK;
}
