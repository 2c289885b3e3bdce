/* SPDX-License-Identifier: Apache-2.0 */
/* Exported: sendfile, and what moves bytes around the program and is refused. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/wipe.h"
#include "ttls/calls.h"
#include "ttls/real.h"
#include "ttls/setup.h"

#define PIECE ((size_t)65536)

static ssize_t read_piece(int in, void *to, size_t size, const off_t *offset)
{
	return offset ? pread(in, to, size, *offset) : MR_REAL(read)(in, to, size);
}

/* What was read but not taken by the socket goes back: the file's position is the program's. */
static void read_back(int in, size_t count, const off_t *offset)
{
	if (!offset && count > 0)
		(void)lseek(in, -(off_t)count, SEEK_CUR);
}

static ssize_t send_piece(
	struct mr_ttls_conn *c, int out, int in, uint8_t *buffer, size_t size, off_t *offset)
{
	ssize_t n = read_piece(in, buffer, size, offset);

	if (n <= 0)
		return n;
	const struct iovec v = { buffer, (size_t)n };
	ssize_t sent = mr_ttls_conn_send(c, out, &v, 1, 0);
	int failure = errno;
	read_back(in, (size_t)n - (size_t)(sent > 0 ? sent : 0), offset);
	if (offset && sent > 0)
		*offset += sent;
	errno = failure;
	return sent;
}

static ssize_t send_file(struct mr_ttls_conn *c, int out, int in, off_t *offset, size_t count)
{
	size_t size = count < PIECE ? count : PIECE;
	uint8_t *buffer = malloc(size ? size : 1);
	ssize_t done = 0;

	if (!buffer) {
		errno = ENOMEM;
		return -1;
	}
	while ((size_t)done < count) {
		size_t left = count - (size_t)done;
		size_t piece = left < size ? left : size;
		ssize_t n = send_piece(c, out, in, buffer, piece, offset);
		if (n <= 0) {
			if (done == 0)
				done = n;
			break;
		}
		done += n;
		if ((size_t)n < piece)
			break;
	}
	int failure = errno;
	mr_wipe(buffer, size);
	free(buffer);
	errno = failure;
	return done;
}

MR_TTLS_EXPORT(ssize_t, sendfile, int out, int in, off_t *offset, size_t count)
{
	struct mr_ttls_conn *c = mr_ttls_tls_of(out);

	if (!c)
		return MR_REAL(sendfile)(out, in, offset, count);
	ssize_t n = send_file(c, out, in, offset, count < SSIZE_MAX ? count : SSIZE_MAX);
	int failure = errno;
	mr_ttls_conn_unref(c);
	errno = failure;
	return n;
}

MR_TTLS_EXPORT(ssize_t, sendfile64, int out, int in, off_t *offset, size_t count)
{
	return mr_call_sendfile(out, in, offset, count);
}

/* --- refused --- */

static bool is_tls(int fd)
{
	struct mr_ttls_conn *c = mr_ttls_tls_of(fd);

	mr_ttls_conn_unref(c);
	return c != NULL;
}

/* From or to the socket itself, which holds records only. */
MR_TTLS_EXPORT(ssize_t, splice, int in, off_t *in_offset, int out, off_t *out_offset, size_t count,
	unsigned flags)
{
	if (is_tls(in) || is_tls(out)) {
		errno = EINVAL;
		return -1;
	}
	return MR_REAL(splice)(in, in_offset, out, out_offset, count, flags);
}

static bool is_io_uring(long number)
{
	return number == SYS_io_uring_setup || number == SYS_io_uring_enter ||
	       number == SYS_io_uring_register;
}

/* A ring's calls would be seen by nobody; programs do without when there is none. */
MR_TTLS_EXPORT(long, syscall, long number, long a, long b, long c, long d, long e, long f)
{
	if (is_io_uring(number) && mr_ttls_is_on()) {
		errno = ENOSYS;
		return -1;
	}
	return MR_REAL(syscall)(number, a, b, c, d, e, f);
}

/* liburing's functions return the error. */
MR_TTLS_EXPORT(int, io_uring_setup, unsigned entries, void *parameters)
{
	long n = mr_call_syscall(SYS_io_uring_setup, (long)entries, (long)parameters, 0, 0, 0, 0);

	return n < 0 ? -errno : (int)n;
}
