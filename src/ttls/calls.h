/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of exported calls share. */
#ifndef MR_TTLS_CALLS_H
#define MR_TTLS_CALLS_H

#include "ttls/conn.h"

/* A reference to the descriptor's connection if it carries TLS, else NULL: the call goes through. */
struct mr_ttls_conn *mr_ttls_tls_of(int fd);
/* A write of the library's own making, as write(2). */
ssize_t mr_ttls_write_all(struct mr_ttls_conn *c, int fd, const void *data, size_t size);
/* Closes a descriptor as close(2). */
int mr_ttls_close_fd(int fd);

/* Calls on a connection; they release the reference and keep errno. */
ssize_t mr_ttls_end_call(struct mr_ttls_conn *c, ssize_t result);
ssize_t mr_ttls_receive_vector(
	struct mr_ttls_conn *c, int fd, const struct iovec *to, int count, int flags);
ssize_t mr_ttls_send_vector(
	struct mr_ttls_conn *c, int fd, const struct iovec *from, int count, int flags);
/* Would a send with these flags connect the socket by itself, where TLS has to come first? */
bool mr_ttls_opens_by_itself(int fd, int flags);

/* How libc ends a program whose buffer is too small for what it asks for. */
_Noreturn void __chk_fail(void);

#endif
