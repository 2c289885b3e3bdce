/* SPDX-License-Identifier: Apache-2.0 */
/* The calls that open, share and accept sockets, and those that make an event loop. */
#include "fault_sockets.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

static atomic_int refused_option, accepts_to_fail, accept_errno;

void mr_fault_refuse_option(int option)
{
	atomic_store(&refused_option, option);
}

void mr_fault_accepts(int count, int errnum)
{
	atomic_store(&accept_errno, errnum);
	atomic_store(&accepts_to_fail, count);
}

int mr_fault_accepts_left(void)
{
	return atomic_load(&accepts_to_fail);
}

static int failed(int errnum)
{
	errno = errnum;
	return -1;
}

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol)
{
	return mr_fault_now("socket") ? failed(EMFILE) : __real_socket(domain, type, protocol);
}

int __real_setsockopt(int fd, int level, int option, const void *value, socklen_t len);
int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len);
int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	if (level == SOL_SOCKET && option == atomic_load(&refused_option))
		return failed(ENOPROTOOPT);
	return mr_fault_now("setsockopt") ? failed(ENOPROTOOPT)
					  : __real_setsockopt(fd, level, option, value, len);
}

int __real_bind(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
	return mr_fault_now("bind") ? failed(EACCES) : __real_bind(fd, address, len);
}

int __real_listen(int fd, int backlog);
int __wrap_listen(int fd, int backlog);
int __wrap_listen(int fd, int backlog)
{
	return mr_fault_now("listen") ? failed(EADDRINUSE) : __real_listen(fd, backlog);
}

int __real_getsockname(int fd, struct sockaddr *address, socklen_t *len);
int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *len);
int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *len)
{
	return mr_fault_now("getsockname") ? failed(ENOBUFS) : __real_getsockname(fd, address, len);
}

/* Which of the two names the C library's headers choose depends on flags of the build. */
#define WRAP_FCNTL(name)                                                                           \
	int __real_##name(int fd, int command, ...);                                               \
	int __wrap_##name(int fd, int command, ...);                                               \
	int __wrap_##name(int fd, int command, ...)                                                \
	{                                                                                          \
		va_list args;                                                                      \
		va_start(args, command);                                                           \
		int argument = va_arg(args, int);                                                  \
		va_end(args);                                                                      \
		return mr_fault_now("fcntl") ? failed(EMFILE)                                      \
					     : __real_##name(fd, command, argument);               \
	}
WRAP_FCNTL(fcntl)
WRAP_FCNTL(fcntl64)

int __real_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
	if (atomic_load(&accepts_to_fail) > 0) {
		atomic_fetch_sub(&accepts_to_fail, 1);
		return failed(atomic_load(&accept_errno));
	}
	return __real_accept4(fd, address, len, flags);
}

int __real_pipe2(int fds[2], int flags);
int __wrap_pipe2(int fds[2], int flags);
int __wrap_pipe2(int fds[2], int flags)
{
	return mr_fault_now("pipe2") ? failed(EMFILE) : __real_pipe2(fds, flags);
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

struct event_base *__real_event_base_new_with_config(const struct event_config *config);
struct event_base *__wrap_event_base_new_with_config(const struct event_config *config);
struct event_base *__wrap_event_base_new_with_config(const struct event_config *config)
{
	return mr_fault_now("event_base_new_with_config")
		       ? NULL
		       : __real_event_base_new_with_config(config);
}

struct event *__real_event_new(struct event_base *base, evutil_socket_t fd, short what,
	event_callback_fn callback, void *argument);
struct event *__wrap_event_new(struct event_base *base, evutil_socket_t fd, short what,
	event_callback_fn callback, void *argument);
struct event *__wrap_event_new(struct event_base *base, evutil_socket_t fd, short what,
	event_callback_fn callback, void *argument)
{
	return mr_fault_now("event_new") ? NULL
					 : __real_event_new(base, fd, what, callback, argument);
}

int __real_event_add(struct event *event, const struct timeval *timeout);
int __wrap_event_add(struct event *event, const struct timeval *timeout);
int __wrap_event_add(struct event *event, const struct timeval *timeout)
{
	return mr_fault_now("event_add") ? -1 : __real_event_add(event, timeout);
}
