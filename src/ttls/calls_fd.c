/* SPDX-License-Identifier: Apache-2.0 */
/* Exported: what happens to descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ttls/adopt.h"
#include "ttls/calls.h"
#include "ttls/conn_process.h"
#include "ttls/epoll.h"
#include "ttls/real.h"
#include "ttls/setup.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1)
#endif

/* --- close --- */

/* Takes the descriptor out of all books; with its last one a connection ends. Between vfork and exec
 * the books are the parent's, and stay. */
static void forget(int fd)
{
	if (!mr_ttls_is_on() || (!mr_ttls_table_has(fd) && !mr_ttls_epoll_is_set(fd)) ||
		!mr_ttls_is_own_process())
		return;
	if (!mr_ttls_table_has(fd)) {
		mr_ttls_epoll_forget(NULL, fd);
		return;
	}
	struct mr_ttls_conn *c = mr_ttls_table_remove(fd);
	if (!c)
		return;
	mr_ttls_epoll_forget(c, fd);
	if (mr_ttls_conn_add_descriptor(c, 0) == 0 && mr_ttls_conn_is_tls(c))
		mr_ttls_conn_last_close(c, fd);
	mr_ttls_conn_unref(c);
}

int mr_ttls_close_fd(int fd)
{
	forget(fd);
	return MR_REAL(close)(fd);
}

MR_TTLS_EXPORT(int, close, int fd)
{
	return mr_ttls_close_fd(fd);
}

MR_TTLS_EXPORT(int, __close, int fd)
{
	return mr_ttls_close_fd(fd);
}

static void forget_range(unsigned first, unsigned last)
{
	if (!mr_ttls_is_on())
		return;
	unsigned at = first;
	while (at <= last && at <= INT_MAX) {
		int fd = mr_ttls_table_next((int)at);
		if (fd < 0 || (unsigned)fd > last)
			break;
		forget(fd);
		at = (unsigned)fd + 1;
	}
}

MR_TTLS_EXPORT(int, close_range, unsigned first, unsigned last, int flags)
{
	if (first <= last && !((unsigned)flags & (CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE)))
		forget_range(first, last);
	return MR_REAL(close_range)(first, last, flags);
}

MR_TTLS_EXPORT(void, closefrom, int low)
{
	(void)mr_call_close_range(low > 0 ? (unsigned)low : 0, UINT_MAX, 0);
}

/* --- copies --- */

/* `fd` is a copy of a descriptor of `c` by now. */
static int copied(struct mr_ttls_conn *c, int fd)
{
	if (fd >= 0) {
		mr_ttls_conn_unref(mr_ttls_table_remove(fd));
		if (!mr_ttls_table_put(fd, c)) {
			(void)MR_REAL(close)(fd);
			errno = EMFILE;
			fd = -1;
		}
	}
	int failure = errno;
	mr_ttls_conn_unref(c);
	errno = failure;
	return fd;
}

/* A connection is never passed on by exec: the new program has no keys for it. */
static int duplicate(struct mr_ttls_conn *c, int fd, int from, bool close_on_exec)
{
	bool tls = mr_ttls_conn_is_tls(c);

	return copied(
		c, MR_REAL(fcntl)(fd, tls || close_on_exec ? F_DUPFD_CLOEXEC : F_DUPFD, from));
}

MR_TTLS_EXPORT(int, dup, int fd)
{
	struct mr_ttls_conn *c = mr_ttls_table_get(fd);

	return c && mr_ttls_is_own_process() ? duplicate(c, fd, 0, false) : MR_REAL(dup)(fd);
}

static int duplicate_to(int fd, int target, int flags)
{
	struct mr_ttls_conn *c = mr_ttls_table_get(fd);

	if (c && fd != target && mr_ttls_conn_is_tls(c)) {
		flags |= O_CLOEXEC;
		/* libc's streams on these go around this library */
		if (target >= 0 && target <= 2) {
			mr_ttls_conn_unref(c);
			errno = EINVAL;
			return -1;
		}
	}
	bool replaces = mr_ttls_table_has(target);
	if (MR_REAL(fcntl)(fd, F_GETFD) >= 0 && !(flags & ~O_CLOEXEC))
		forget(target);
	int result = MR_REAL(dup3)(fd, target, flags);
	/* what is no connection any more must not be a plain socket either */
	if (result < 0 && replaces && !mr_ttls_table_has(target) && mr_ttls_is_own_process()) {
		int failure = errno;
		(void)MR_REAL(close)(target);
		errno = failure;
	}
	if (!c)
		return result;
	if (result < 0 || !mr_ttls_is_own_process()) {
		int failure = errno;
		mr_ttls_conn_unref(c);
		errno = failure;
		return result;
	}
	return copied(c, result);
}

MR_TTLS_EXPORT(int, dup2, int fd, int target)
{
	if (!mr_ttls_is_on() || fd == target)
		return MR_REAL(dup2)(fd, target);
	return duplicate_to(fd, target, 0);
}

MR_TTLS_EXPORT(int, __dup2, int fd, int target)
{
	return mr_call_dup2(fd, target);
}

MR_TTLS_EXPORT(int, dup3, int fd, int target, int flags)
{
	if (!mr_ttls_is_on() || fd == target)
		return MR_REAL(dup3)(fd, target, flags);
	return duplicate_to(fd, target, flags);
}

/* --- fcntl, ioctl --- */

static int control(int fd, int command, long argument)
{
	struct mr_ttls_conn *c = mr_ttls_table_get(fd);

	if (!c)
		return MR_REAL(fcntl)(fd, command, argument);
	if ((command == F_DUPFD || command == F_DUPFD_CLOEXEC) && mr_ttls_is_own_process())
		return duplicate(c, fd, (int)argument, command == F_DUPFD_CLOEXEC);
	if (command == F_SETFD && mr_ttls_conn_is_tls(c))
		argument |= FD_CLOEXEC;
	mr_ttls_conn_unref(c);
	return MR_REAL(fcntl)(fd, command, argument);
}

/* The optional argument is a number or a pointer: one register on all machines of ours. */
MR_TTLS_EXPORT(int, fcntl, int fd, int command, ...)
{
	va_list list;

	va_start(list, command);
	long argument = va_arg(list, long);
	va_end(list);
	return control(fd, command, argument);
}

MR_TTLS_EXPORT(int, fcntl64, int fd, int command, ...)
{
	va_list list;

	va_start(list, command);
	long argument = va_arg(list, long);
	va_end(list);
	return control(fd, command, argument);
}

MR_TTLS_EXPORT(int, __fcntl, int fd, int command, ...)
{
	va_list list;

	va_start(list, command);
	long argument = va_arg(list, long);
	va_end(list);
	return control(fd, command, argument);
}

MR_TTLS_EXPORT(int, ioctl, int fd, unsigned long request, ...)
{
	va_list list;

	va_start(list, request);
	void *argument = va_arg(list, void *);
	va_end(list);
	struct mr_ttls_conn *c = request == FIONREAD || request == FIONCLEX ? mr_ttls_tls_of(fd)
									    : NULL;
	if (!c)
		return MR_REAL(ioctl)(fd, request, argument);
	if (request == FIONREAD && argument)
		*(int *)argument = mr_ttls_conn_readable_bytes(c, fd);
	mr_ttls_conn_unref(c);
	return 0;
}
