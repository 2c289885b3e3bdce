/* SPDX-License-Identifier: Apache-2.0 */
/* Not thread-safe but for pthread_create: for tests of the file store alone. */
#include "fault_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { RECORD_SIZE = 8192, FDS = 256, NAME_SIZE = 64 };

static int fault_errno = EIO;
static int links_errno, whole_errno, record_errno;
static bool torn;
static char record[RECORD_SIZE];
static size_t record_len;
static char fd_names[FDS][NAME_SIZE]; /* of files opened through the wrapper */

void mr_fault_errno(int errnum)
{
	fault_errno = errnum;
}

void mr_fault_no_links(int errnum)
{
	links_errno = errnum;
}

void mr_fault_locks(int whole, int record_lock)
{
	whole_errno = whole;
	record_errno = record_lock;
}

void mr_fault_torn_writes(bool torn_writes)
{
	torn = torn_writes;
}

const char *mr_fault_record(void)
{
	return record;
}

static const char *fd_name(int fd)
{
	return fd >= 0 && fd < FDS && fd_names[fd][0] ? fd_names[fd] : "directory";
}

static bool fails(const char *call, const char *argument)
{
	if (mr_fault_count() == 0)
		record_len = 0;
	bool now = mr_fault_now(call);
	int n = snprintf(record + record_len, sizeof record - record_len, "%s %s;", call, argument);
	if (n > 0 && record_len + (size_t)n < sizeof record)
		record_len += (size_t)n;
	record[record_len] = '\0';
	if (now)
		errno = fault_errno;
	return now;
}

static mode_t mode_argument(int flags, va_list args)
{
	return flags & O_CREAT ? va_arg(args, mode_t) : 0;
}

static int opened(int fd, const char *path)
{
	if (fd >= 0 && fd < FDS)
		(void)snprintf(fd_names[fd], NAME_SIZE, "%s", path);
	return fd;
}

/* Which of the two names the C library's headers choose depends on flags of the build. */
#define WRAP_OPENAT(name)                                                                          \
	int __real_##name(int dir, const char *path, int flags, ...);                              \
	int __wrap_##name(int dir, const char *path, int flags, ...);                              \
	int __wrap_##name(int dir, const char *path, int flags, ...)                               \
	{                                                                                          \
		va_list args;                                                                      \
		va_start(args, flags);                                                             \
		mode_t mode = mode_argument(flags, args);                                          \
		va_end(args);                                                                      \
		return fails("open", path) ? -1                                                    \
					   : opened(__real_##name(dir, path, flags, mode), path);  \
	}
WRAP_OPENAT(openat)
WRAP_OPENAT(openat64)

ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size)
{
	/* only to the files opened through the wrapper: not the log's */
	if (fd < 0 || fd >= FDS || !fd_names[fd][0] || !fails("write", fd_names[fd]))
		return __real_write(fd, data, size);
	int errnum = errno;
	if (torn && __real_write(fd, data, size / 2) < 0)
		return -1;
	errno = errnum;
	return -1;
}

/* Not synced for real: what a power failure leaves is no matter here, and it would cost time. */
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	return fails("sync", fd_name(fd)) ? -1 : 0;
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	/* only the files opened through the wrapper; Linux closes also when it reports an error */
	if (fd < 0 || fd >= FDS || !fd_names[fd][0])
		return __real_close(fd);
	bool now = fails("close", fd_name(fd));
	int errnum = errno;
	fd_names[fd][0] = '\0';
	int closed = __real_close(fd);
	errno = now ? errnum : errno;
	return now ? -1 : closed;
}

static bool lock_fails(const char *call, int errnum)
{
	if (fails(call, "lock"))
		return true;
	errno = errnum ? errnum : errno;
	return errnum != 0;
}

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __wrap_flock(int fd, int operation)
{
	return lock_fails("flock", whole_errno) ? -1 : __real_flock(fd, operation);
}

/* Of all uses of fcntl the lock, whose argument is a pointer. */
#define WRAP_FCNTL(name)                                                                           \
	int __real_##name(int fd, int command, void *argument);                                    \
	int __wrap_##name(int fd, int command, void *argument);                                    \
	int __wrap_##name(int fd, int command, void *argument)                                     \
	{                                                                                          \
		return command == F_SETLK && lock_fails("fcntl", record_errno)                     \
			       ? -1                                                                \
			       : __real_##name(fd, command, argument);                             \
	}
WRAP_FCNTL(fcntl)
WRAP_FCNTL(fcntl64)

int __real_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags);
int __wrap_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags);
int __wrap_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	if (fails("link", to))
		return -1;
	if (!links_errno)
		return __real_linkat(from_dir, from, to_dir, to, flags);
	errno = links_errno;
	return -1;
}

int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return fails("rename", to) ? -1 : __real_renameat(from_dir, from, to_dir, to);
}

int __real_unlinkat(int dir, const char *path, int flags);
int __wrap_unlinkat(int dir, const char *path, int flags);
int __wrap_unlinkat(int dir, const char *path, int flags)
{
	return fails("remove", path) ? -1 : __real_unlinkat(dir, path, flags);
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*start)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*start)(void *), void *argument);
int __wrap_pthread_create(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
	return mr_fault_now("pthread_create")
		       ? EAGAIN
		       : __real_pthread_create(thread, attributes, start, argument);
}
