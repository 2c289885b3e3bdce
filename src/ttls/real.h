/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions that the library stands in front of, as the next library in the search order has
 * them. MR_REAL(name)(...) calls one; a function that this system lacks fails with ENOSYS.
 */
#ifndef MR_TTLS_REAL_H
#define MR_TTLS_REAL_H

#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>

struct mmsghdr;

/* name, result, parameters */
#define MR_TTLS_REAL_LIST(X)                                                                       \
	X(accept4, int, (int, struct sockaddr *, socklen_t *, int))                                \
	X(accept, int, (int, struct sockaddr *, socklen_t *))                                      \
	X(close, int, (int))                                                                       \
	X(close_range, int, (unsigned, unsigned, int))                                             \
	X(connect, int, (int, const struct sockaddr *, socklen_t))                                 \
	X(dup, int, (int))                                                                         \
	X(dup2, int, (int, int))                                                                   \
	X(dup3, int, (int, int, int))                                                              \
	X(epoll_ctl, int, (int, int, int, struct epoll_event *))                                   \
	X(epoll_pwait, int, (int, struct epoll_event *, int, int, const sigset_t *))               \
	X(epoll_pwait2, int,                                                                       \
		(int, struct epoll_event *, int, const struct timespec *, const sigset_t *))       \
	X(fcntl, int, (int, int, ...))                                                             \
	X(fdopen, FILE *, (int, const char *))                                                     \
	X(fileno, int, (FILE *))                                                                   \
	X(getaddrinfo, int,                                                                        \
		(const char *, const char *, const struct addrinfo *, struct addrinfo **))         \
	X(gethostbyname, struct hostent *, (const char *))                                         \
	X(gethostbyname2, struct hostent *, (const char *, int))                                   \
	X(gethostbyname_r, int,                                                                    \
		(const char *, struct hostent *, char *, size_t, struct hostent **, int *))        \
	X(gethostbyname2_r, int,                                                                   \
		(const char *, int, struct hostent *, char *, size_t, struct hostent **, int *))   \
	X(getsockopt, int, (int, int, int, void *, socklen_t *))                                   \
	X(ioctl, int, (int, unsigned long, ...))                                                   \
	X(ppoll, int, (struct pollfd *, nfds_t, const struct timespec *, const sigset_t *))        \
	X(preadv2, ssize_t, (int, const struct iovec *, int, off_t, int))                          \
	X(pselect, int,                                                                            \
		(int, fd_set *, fd_set *, fd_set *, const struct timespec *, const sigset_t *))    \
	X(pwritev2, ssize_t, (int, const struct iovec *, int, off_t, int))                         \
	X(read, ssize_t, (int, void *, size_t))                                                    \
	X(readv, ssize_t, (int, const struct iovec *, int))                                        \
	X(recv, ssize_t, (int, void *, size_t, int))                                               \
	X(recvfrom, ssize_t, (int, void *, size_t, int, struct sockaddr *, socklen_t *))           \
	X(recvmmsg, int, (int, struct mmsghdr *, unsigned, int, struct timespec *))                \
	X(recvmsg, ssize_t, (int, struct msghdr *, int))                                           \
	X(select, int, (int, fd_set *, fd_set *, fd_set *, struct timeval *))                      \
	X(send, ssize_t, (int, const void *, size_t, int))                                         \
	X(sendfile, ssize_t, (int, int, off_t *, size_t))                                          \
	X(sendmmsg, int, (int, struct mmsghdr *, unsigned, int))                                   \
	X(sendmsg, ssize_t, (int, const struct msghdr *, int))                                     \
	X(sendto, ssize_t, (int, const void *, size_t, int, const struct sockaddr *, socklen_t))   \
	X(setsockopt, int, (int, int, int, const void *, socklen_t))                               \
	X(shutdown, int, (int, int))                                                               \
	X(socket, int, (int, int, int))                                                            \
	X(splice, ssize_t, (int, off_t *, int, off_t *, size_t, unsigned))                         \
	X(syscall, long, (long, ...))                                                              \
	X(vdprintf, int, (int, const char *, va_list))                                             \
	X(write, ssize_t, (int, const void *, size_t))                                             \
	X(writev, ssize_t, (int, const struct iovec *, int))

#define MR_TTLS_REAL_INDEX(name, result, parameters) MR_TTLS_REAL_##name,
enum mr_ttls_real { MR_TTLS_REAL_LIST(MR_TTLS_REAL_INDEX) MR_TTLS_REAL_COUNT };
#undef MR_TTLS_REAL_INDEX

typedef void mr_ttls_function(void);

#define MR_TTLS_REAL_TYPE(name, result, parameters) typedef result mr_ttls_type_##name parameters;
MR_TTLS_REAL_LIST(MR_TTLS_REAL_TYPE)
#undef MR_TTLS_REAL_TYPE

extern _Atomic(mr_ttls_function *) mr_ttls_real_found[MR_TTLS_REAL_COUNT];

/* Looks a function up and keeps it. */
mr_ttls_function *mr_ttls_real_look_up(enum mr_ttls_real which);

static inline mr_ttls_function *mr_ttls_real_get(enum mr_ttls_real which)
{
	mr_ttls_function *found = atomic_load_explicit(
		&mr_ttls_real_found[which], memory_order_relaxed);

	return found ? found : mr_ttls_real_look_up(which);
}

#define MR_REAL(name) ((mr_ttls_type_##name *)mr_ttls_real_get(MR_TTLS_REAL_##name))

/* Defines a function of ours that takes the place of libc's `name`. Its C name is another one, so
 * that neither prototypes nor macros of libc's headers stand in the way. */
#define MR_TTLS_EXPORT(result, name, ...)                                                          \
	__attribute__((visibility("default"))) result mr_call_##name(__VA_ARGS__) __asm__(#name);  \
	result mr_call_##name(__VA_ARGS__)
#endif
