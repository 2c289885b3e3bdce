/* SPDX-License-Identifier: Apache-2.0 */
/* Exported: reading and writing (30 §6.3, data calls). */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ttls/adopt.h"
#include "ttls/calls.h"
#include "ttls/real.h"
#include "ttls/setup.h"

struct mr_ttls_conn *mr_ttls_tls_of(int fd)
{
	if (!mr_ttls_table_has(fd))
		return NULL;
	struct mr_ttls_conn *c = mr_ttls_table_get(fd);
	if (c && !mr_ttls_conn_is_tls(c)) {
		mr_ttls_conn_unref(c);
		return NULL;
	}
	return c;
}

ssize_t mr_ttls_end_call(struct mr_ttls_conn *c, ssize_t result)
{
	int failure = errno;

	mr_ttls_conn_unref(c);
	errno = failure;
	return result;
}

ssize_t mr_ttls_receive_vector(
	struct mr_ttls_conn *c, int fd, const struct iovec *to, int count, int flags)
{
	if (count < 0 || count > IOV_MAX) {
		errno = EINVAL;
		return mr_ttls_end_call(c, -1);
	}
	return mr_ttls_end_call(c, mr_ttls_conn_receive(c, fd, to, count, flags));
}

ssize_t mr_ttls_send_vector(
	struct mr_ttls_conn *c, int fd, const struct iovec *from, int count, int flags)
{
	if (count < 0 || count > IOV_MAX) {
		errno = EINVAL;
		return mr_ttls_end_call(c, -1);
	}
	return mr_ttls_end_call(c, mr_ttls_conn_send(c, fd, from, count, flags));
}

static ssize_t receive_one(struct mr_ttls_conn *c, int fd, void *to, size_t size, int flags)
{
	const struct iovec v = { to, size };

	return mr_ttls_receive_vector(c, fd, &v, 1, flags);
}

static ssize_t send_one(struct mr_ttls_conn *c, int fd, const void *data, size_t size, int flags)
{
	struct iovec v = { NULL, size };

	/* iovec has no const; nothing is written there */
	memcpy(&v.iov_base, &data, sizeof data);
	return mr_ttls_send_vector(c, fd, &v, 1, flags);
}

ssize_t mr_ttls_write_all(struct mr_ttls_conn *c, int fd, const void *data, size_t size)
{
	const uint8_t *at = data;
	size_t done = 0;

	while (done < size) {
		if (!mr_ttls_conn_try_ref(c))
			return -1;
		ssize_t n = send_one(c, fd, at + done, size - done, 0);
		if (n < 0)
			return done > 0 ? (ssize_t)done : -1;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/* --- read, write --- */

MR_TTLS_EXPORT(ssize_t, read, int fd, void *to, size_t size)
{
	struct mr_ttls_conn *c = mr_ttls_tls_of(fd);

	return c ? receive_one(c, fd, to, size, 0) : MR_REAL(read)(fd, to, size);
}

MR_TTLS_EXPORT(ssize_t, __read, int fd, void *to, size_t size)
{
	return mr_call_read(fd, to, size);
}

/* The compiler has found what the buffer holds; more is a fault of the program. */
MR_TTLS_EXPORT(ssize_t, __read_chk, int fd, void *to, size_t size, size_t room)
{
	if (size > room)
		__chk_fail();
	return mr_call_read(fd, to, size);
}

MR_TTLS_EXPORT(ssize_t, write, int fd, const void *data, size_t size)
{
	struct mr_ttls_conn *c = mr_ttls_tls_of(fd);

	return c ? send_one(c, fd, data, size, 0) : MR_REAL(write)(fd, data, size);
}

MR_TTLS_EXPORT(ssize_t, __write, int fd, const void *data, size_t size)
{
	return mr_call_write(fd, data, size);
}

MR_TTLS_EXPORT(ssize_t, readv, int fd, const struct iovec *to, int count)
{
	struct mr_ttls_conn *c = mr_ttls_tls_of(fd);

	return c ? mr_ttls_receive_vector(c, fd, to, count, 0) : MR_REAL(readv)(fd, to, count);
}

MR_TTLS_EXPORT(ssize_t, writev, int fd, const struct iovec *from, int count)
{
	struct mr_ttls_conn *c = mr_ttls_tls_of(fd);

	return c ? mr_ttls_send_vector(c, fd, from, count, 0) : MR_REAL(writev)(fd, from, count);
}

/* With an offset a socket answers as before; RWF_NOWAIT is MSG_DONTWAIT. */
static bool at_position(off_t offset, int flags, int *ret_flags)
{
	*ret_flags = (flags & RWF_NOWAIT) ? MSG_DONTWAIT : 0;
	return offset != -1;
}

MR_TTLS_EXPORT(ssize_t, preadv2, int fd, const struct iovec *to, int count, off_t offset, int flags)
{
	struct mr_ttls_conn *c = mr_ttls_tls_of(fd);
	int receive_flags;

	if (!c)
		return MR_REAL(preadv2)(fd, to, count, offset, flags);
	if (at_position(offset, flags, &receive_flags)) {
		errno = ESPIPE;
		return mr_ttls_end_call(c, -1);
	}
	return mr_ttls_receive_vector(c, fd, to, count, receive_flags);
}

MR_TTLS_EXPORT(
	ssize_t, preadv64v2, int fd, const struct iovec *to, int count, off_t offset, int flags)
{
	return mr_call_preadv2(fd, to, count, offset, flags);
}

MR_TTLS_EXPORT(
	ssize_t, pwritev2, int fd, const struct iovec *from, int count, off_t offset, int flags)
{
	struct mr_ttls_conn *c = mr_ttls_tls_of(fd);
	int send_flags;

	if (!c)
		return MR_REAL(pwritev2)(fd, from, count, offset, flags);
	if (at_position(offset, flags, &send_flags)) {
		errno = ESPIPE;
		return mr_ttls_end_call(c, -1);
	}
	return mr_ttls_send_vector(c, fd, from, count, send_flags);
}

MR_TTLS_EXPORT(
	ssize_t, pwritev64v2, int fd, const struct iovec *from, int count, off_t offset, int flags)
{
	return mr_call_pwritev2(fd, from, count, offset, flags);
}

/* --- recv, send --- */

MR_TTLS_EXPORT(ssize_t, recv, int fd, void *to, size_t size, int flags)
{
	struct mr_ttls_conn *c = mr_ttls_tls_of(fd);

	return c ? receive_one(c, fd, to, size, flags) : MR_REAL(recv)(fd, to, size, flags);
}

MR_TTLS_EXPORT(ssize_t, __recv, int fd, void *to, size_t size, int flags)
{
	return mr_call_recv(fd, to, size, flags);
}

MR_TTLS_EXPORT(ssize_t, __recv_chk, int fd, void *to, size_t size, size_t room, int flags)
{
	if (size > room)
		__chk_fail();
	return mr_call_recv(fd, to, size, flags);
}

MR_TTLS_EXPORT(ssize_t, recvfrom, int fd, void *to, size_t size, int flags, struct sockaddr *from,
	socklen_t *from_len)
{
	struct mr_ttls_conn *c = mr_ttls_tls_of(fd);

	if (!c)
		return MR_REAL(recvfrom)(fd, to, size, flags, from, from_len);
	ssize_t n = receive_one(c, fd, to, size, flags);
	/* a stream has no address by the message */
	if (n >= 0 && from && from_len)
		*from_len = 0;
	return n;
}

MR_TTLS_EXPORT(ssize_t, __recvfrom_chk, int fd, void *to, size_t size, size_t room, int flags,
	struct sockaddr *from, socklen_t *from_len)
{
	if (size > room)
		__chk_fail();
	return mr_call_recvfrom(fd, to, size, flags, from, from_len);
}

MR_TTLS_EXPORT(ssize_t, send, int fd, const void *data, size_t size, int flags)
{
	struct mr_ttls_conn *c = mr_ttls_tls_of(fd);

	return c ? send_one(c, fd, data, size, flags) : MR_REAL(send)(fd, data, size, flags);
}

MR_TTLS_EXPORT(ssize_t, __send, int fd, const void *data, size_t size, int flags)
{
	return mr_call_send(fd, data, size, flags);
}

/* Would the call connect the socket by itself, where TLS has to come first? */
bool mr_ttls_opens_by_itself(int fd, int flags)
{
	return (flags & MSG_FASTOPEN) && mr_ttls_is_on() &&
	       mr_ttls_config_has_outgoing(mr_ttls_loaded()) && mr_ttls_is_tcp(fd);
}

MR_TTLS_EXPORT(ssize_t, sendto, int fd, const void *data, size_t size, int flags,
	const struct sockaddr *to, socklen_t to_len)
{
	struct mr_ttls_conn *c = mr_ttls_tls_of(fd);

	if (c)
		return send_one(c, fd, data, size, flags);
	if (mr_ttls_opens_by_itself(fd, flags)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return MR_REAL(sendto)(fd, data, size, flags, to, to_len);
}
