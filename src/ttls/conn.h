/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection of the program that carries TLS (30 §6.3): what the program's calls on its
 * descriptors do. The kernel's socket stays what it is, blocking or not; no call waits otherwise
 * than the program's own would.
 *
 * That a descriptor is readable is told by the kernel alone: a record is left in the socket until the
 * program has read all that it held (conn_record.c). So readiness is
 * right for every thread, every way to ask, and after fork. What the kernel shows too much (records
 * without data, parts of records) is taken away by mr_ttls_conn_ready, which poll and epoll call.
 */
#ifndef MR_TTLS_CONN_H
#define MR_TTLS_CONN_H

#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "ttls/config.h"

/* Not an event of poll's; `struct mr_ttls_conn` is opaque but to conn*.c. */
struct mr_ttls_conn;

/* A socket of the program that may become one; plain until then. NULL when memory is out. */
struct mr_ttls_conn *mr_ttls_conn_new(void);
/* References: one a descriptor, one a call that runs. A reference to an object that is going may
 * be asked for at any time: false. */
bool mr_ttls_conn_try_ref(struct mr_ttls_conn *c);
void mr_ttls_conn_unref(struct mr_ttls_conn *c);
/* Number of descriptors that share it: counts up or down, the new number is returned. */
int mr_ttls_conn_add_descriptor(struct mr_ttls_conn *c, int count);

/* Does it carry TLS, or will it? If not, calls go through. */
bool mr_ttls_conn_is_tls(const struct mr_ttls_conn *c);

/* The server's end of an accepted socket. */
MR_MUST_USE bool mr_ttls_conn_serve(
	struct mr_ttls_conn *c, int fd, const struct mr_ttls_entry *entry);
/* The client's end; `connecting`: the TCP connection is under way. */
MR_MUST_USE bool mr_ttls_conn_start(struct mr_ttls_conn *c, int fd,
	const struct mr_ttls_entry *entry, const char *name, bool connecting);

/*
 * Calls of the program. They return what the system call would, with errno; `flags` are those of
 * recv and send.
 */
ssize_t mr_ttls_conn_receive(
	struct mr_ttls_conn *c, int fd, const struct iovec *to, int count, int flags);
ssize_t mr_ttls_conn_send(
	struct mr_ttls_conn *c, int fd, const struct iovec *from, int count, int flags);
int mr_ttls_conn_shutdown(struct mr_ttls_conn *c, int fd, int how);
/* Waits until a client's handshake is over: 0, or -1 and errno. */
int mr_ttls_conn_wait_handshake(struct mr_ttls_conn *c, int fd);
/* connect() on a socket that is connecting or connected. */
int mr_ttls_conn_connect_again(struct mr_ttls_conn *c, int fd);
/* SO_ERROR: the errno of a failed connect, once. */
int mr_ttls_conn_take_error(struct mr_ttls_conn *c, int fd);
/* The program has set TCP_NODELAY. */
void mr_ttls_conn_note_nodelay(struct mr_ttls_conn *c);
/* FIONREAD: bytes that can be read without waiting. */
int mr_ttls_conn_readable_bytes(struct mr_ttls_conn *c, int fd);
/* The last descriptor of this process is about to be closed: close_notify. */
void mr_ttls_conn_last_close(struct mr_ttls_conn *c, int fd);

/* What is so at this moment, after doing what can be done without waiting. */
struct mr_ttls_ready {
	bool readable; /* data, the end, or an error */
	bool writable; /* as far as TLS is concerned; the socket may be full */
	bool failed;
	bool handshaking;
	bool wants_out; /* progress needs room in the socket */
};
struct mr_ttls_ready mr_ttls_conn_ready(struct mr_ttls_conn *c, int fd);

/* --- for all connections --- */

/* Is there output that the kernel did not take yet? */
bool mr_ttls_conn_any_unsent(void);
/* Descriptors of connections with unsent output, at most `max`; and an attempt to send it. */
size_t mr_ttls_conn_unsent(int *ret_fds, size_t max);
void mr_ttls_conn_send_unsent(void);
/* close_notify on all that this process used (at its end). */
void mr_ttls_conn_close_all(void);
/* Around fork(): no connection is in the middle of a step. */
void mr_ttls_conn_fork_setup(void);
void mr_ttls_conn_fork_prepare(void);
void mr_ttls_conn_fork_parent(void);
void mr_ttls_conn_fork_child(void);

#endif
