/* SPDX-License-Identifier: Apache-2.0 */
/* Exported: messages, and descriptors that come and go with them. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "ttls/adopt.h"
#include "ttls/calls.h"
#include "ttls/real.h"
#include "ttls/setup.h"

/* The descriptors in the control data of a message, one after the other; -1 behind the last. */
struct passed {
	struct msghdr *message;
	struct cmsghdr *at;
	size_t index;
};

static int next_passed(struct passed *p)
{
	for (; p->at; p->at = CMSG_NXTHDR(p->message, p->at), p->index = 0) {
		if (p->at->cmsg_level != SOL_SOCKET || p->at->cmsg_type != SCM_RIGHTS ||
			p->at->cmsg_len < CMSG_LEN(0))
			continue;
		size_t count = (p->at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (p->index < count) {
			int fd;
			memcpy(&fd, CMSG_DATA(p->at) + p->index++ * sizeof fd, sizeof fd);
			return fd;
		}
	}
	return -1;
}

static struct passed passed_in(const struct msghdr *message)
{
	/* CMSG_NXTHDR takes it as not const */
	struct passed p = { .message = (struct msghdr *)(uintptr_t)message };

	p.at = CMSG_FIRSTHDR(message);
	return p;
}

/* Would the receiver get a connection whose keys it does not have? */
static bool passes_connection(const struct msghdr *message)
{
	struct passed p = passed_in(message);

	for (int fd = next_passed(&p); fd >= 0; fd = next_passed(&p)) {
		struct mr_ttls_conn *c = mr_ttls_tls_of(fd);
		if (c) {
			mr_ttls_conn_unref(c);
			return true;
		}
	}
	return false;
}

/* Connections that came over a Unix socket are taken over; one that cannot be is ended. */
static void take_passed(const struct msghdr *message)
{
	struct passed p = passed_in(message);

	for (int fd = next_passed(&p); fd >= 0; fd = next_passed(&p)) {
		if (!mr_ttls_adopt_foreign(fd))
			(void)MR_REAL(shutdown)(fd, SHUT_RDWR);
	}
}

MR_TTLS_EXPORT(ssize_t, sendmsg, int fd, const struct msghdr *message, int flags)
{
	struct mr_ttls_conn *c = mr_ttls_tls_of(fd);

	if (c && message->msg_controllen > 0) {
		errno = EINVAL;
		return mr_ttls_end_call(c, -1);
	}
	if (c)
		return mr_ttls_send_vector(c, fd, message->msg_iov,
			message->msg_iovlen <= IOV_MAX ? (int)message->msg_iovlen : -1, flags);
	if (message && message->msg_controllen > 0 && mr_ttls_is_on() &&
		passes_connection(message)) {
		errno = EINVAL;
		return -1;
	}
	if (mr_ttls_opens_by_itself(fd, flags)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return MR_REAL(sendmsg)(fd, message, flags);
}

MR_TTLS_EXPORT(ssize_t, recvmsg, int fd, struct msghdr *message, int flags)
{
	struct mr_ttls_conn *c = (flags & MSG_ERRQUEUE) ? NULL : mr_ttls_tls_of(fd);

	if (!c) {
		ssize_t n = MR_REAL(recvmsg)(fd, message, flags);
		if (n >= 0 && message->msg_controllen > 0 && mr_ttls_is_on())
			take_passed(message);
		return n;
	}
	ssize_t n = mr_ttls_receive_vector(c, fd, message->msg_iov,
		message->msg_iovlen <= IOV_MAX ? (int)message->msg_iovlen : -1, flags);
	if (n >= 0) {
		message->msg_namelen = 0;
		message->msg_controllen = 0;
		message->msg_flags = 0;
	}
	return n;
}

MR_TTLS_EXPORT(int, sendmmsg, int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	unsigned done = 0;

	if (!mr_ttls_is_on())
		return MR_REAL(sendmmsg)(fd, messages, count, flags);
	for (; done < count; done++) {
		ssize_t n = mr_call_sendmsg(fd, &messages[done].msg_hdr, flags);
		if (n < 0)
			break;
		messages[done].msg_len = (unsigned)n;
	}
	return done > 0 || count == 0 ? (int)done : -1;
}

MR_TTLS_EXPORT(int, __sendmmsg, int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	return mr_call_sendmmsg(fd, messages, count, flags);
}

MR_TTLS_EXPORT(int, recvmmsg, int fd, struct mmsghdr *messages, unsigned count, int flags,
	struct timespec *timeout)
{
	struct mr_ttls_conn *c = mr_ttls_tls_of(fd);
	unsigned done = 0;

	if (!c)
		return MR_REAL(recvmmsg)(fd, messages, count, flags, timeout);
	mr_ttls_conn_unref(c);
	for (; done < count; done++) {
		int more = done > 0 ? MSG_DONTWAIT : 0;
		ssize_t n = mr_call_recvmsg(
			fd, &messages[done].msg_hdr, (flags & ~MSG_WAITFORONE) | more);
		if (n < 0)
			break;
		messages[done].msg_len = (unsigned)n;
		if (n == 0) {
			done++;
			break;
		}
	}
	return done > 0 || count == 0 ? (int)done : -1;
}
