/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a TTLS connection, for conn*.c and epoll.c. */
#ifndef MR_TTLS_CONN_INTERNAL_H
#define MR_TTLS_CONN_INTERNAL_H

#include <pthread.h>

#include "base/bytes.h"
#include "ttls/conn.h"
#include "ttls/conn_process.h"

/* Header and the longest body of a record (RFC 5246 6.2.3, RFC 8446 5.2). */
#define MR_TTLS_RECORD_MAX ((size_t)5 + 16384 + 2048)
/* Decrypted bytes that are kept for MSG_PEEK with MSG_WAITALL. */
#define MR_TTLS_PLAIN_MAX ((size_t)1 << 20)

enum mr_ttls_state {
	MR_TTLS_PLAIN,      /* a socket like any other */
	MR_TTLS_CONNECTING, /* TCP is under way */
	MR_TTLS_HANDSHAKE,
	MR_TTLS_OPEN,
	MR_TTLS_FAILED, /* `failure` tells every call */
};

struct mr_ttls_slot;
struct mr_ttls_turns;

struct mr_ttls_conn {
	atomic_int refs;
	atomic_int descriptors;
	_Atomic(enum mr_ttls_state) state; /* changed under the lock, read without */
	pthread_mutex_t lock;              /* of all below; never held while waiting */

	struct mr_tls_engine *engine;
	bool server;
	int failure;          /* errno of MR_TTLS_FAILED */
	int connect_error;    /* not yet told by SO_ERROR */
	bool connect_told;    /* connect() has returned 0 */
	bool refused;         /* the failure is the judgement of this end */
	bool ended;           /* close_notify came */
	bool read_shut;       /* shutdown(SHUT_RD) by the program */
	bool write_shut;      /* by the program; close_notify was written */
	bool fin_pending;     /* shut the socket once the output is out */
	bool hurrying;        /* TCP_NODELAY is ours, until the program's first data are out */
	size_t kept;          /* bytes in the socket of the record that `plain` comes from */
	struct mr_buf part;   /* the beginning of a record that is not whole yet */
	struct mr_buf plain;  /* decrypted, not yet taken by the program */
	atomic_bool unsent;   /* has output that the kernel did not take */
	int64_t linger_until; /* monotonic ms */
	int lingering_fd;     /* own descriptor of a closed connection with output left; or -1 */
	atomic_int known_fd;  /* one of the program's; -1 when there is none */
	bool fork_locked;     /* locked by mr_ttls_conn_fork_prepare */

	/* Use after fork, see conn_fork.c. */
	_Atomic(uint32_t) *turn;     /* shared with other processes; NULL: never forked */
	struct mr_ttls_turns *turns; /* where it lies */
	uint32_t turn_seen;
	bool used_since_fork;

	struct mr_ttls_slot *slots; /* registrations in epoll sets; under the lock of epoll.c */
	struct mr_ttls_conn *next;  /* all that were ever made, always in one order */
	struct mr_ttls_conn *next_unused; /* those without references */
};

/* False, with errno EAGAIN, in a signal handler that interrupted the owner of the lock. */
MR_MUST_USE bool mr_ttls_lock(struct mr_ttls_conn *c);
void mr_ttls_unlock(struct mr_ttls_conn *c);
void mr_ttls_lock_init(struct mr_ttls_conn *c);

/* System calls that are no cancellation points, for use under the lock. */
ssize_t mr_ttls_raw_recv(int fd, void *to, size_t size, int flags);
ssize_t mr_ttls_raw_send(int fd, const void *data, size_t size, int flags);
int mr_ttls_raw_shutdown(int fd, int how);

/* --- conn_record.c --- */

enum mr_ttls_fill {
	MR_TTLS_FILL_RECORD,
	MR_TTLS_FILL_WAIT,
	MR_TTLS_FILL_END, /* of TCP */
	MR_TTLS_FILL_ERROR,
};
/* Gives the next record to the engine, if it is there whole: its bytes are in `scratch`, *ret_length of
 * them. It stays in the socket, unless all that it may hold fits into `room`, which the program will
 * take at once. */
enum mr_ttls_fill mr_ttls_fill(struct mr_ttls_conn *c, int fd, size_t room,
	uint8_t scratch[static MR_TTLS_RECORD_MAX], size_t *ret_length);
/* The record has been read: it goes out of the socket. */
void mr_ttls_drop_kept(struct mr_ttls_conn *c, int fd);
/* Sends output as far as the socket takes it: 0, EAGAIN, or another errno. */
int mr_ttls_flush(struct mr_ttls_conn *c, int fd);

/* Handshake and first data go out at once: behind a handshake's last flight they would wait for the
 * peer's delayed acknowledgement. */
void mr_ttls_hurry(struct mr_ttls_conn *c, int fd);
/* The first data are out: what the program wants holds again. */
void mr_ttls_stop_hurrying(struct mr_ttls_conn *c, int fd);

/* --- conn_step.c --- */

/* Makes the connection fail, for good: alert, then no more TCP. Returns the failure. */
int mr_ttls_fail(struct mr_ttls_conn *c, int fd, int failure);
/* 0 when the handshake is over, EAGAIN when it needs the peer (or room, if output is left), or
 * the failure. */
int mr_ttls_step_handshake(struct mr_ttls_conn *c, int fd);
/* Where the program wants what it reads; `size` 0: not known, or not to be taken yet. */
struct mr_ttls_sink {
	uint8_t *to;
	size_t size;
	size_t count; /* bytes that were put there */
};
/* 0 when there are at least `wanted` decrypted bytes, or some in the sink, or the end came; else EAGAIN
 * or the failure. */
int mr_ttls_step_read(struct mr_ttls_conn *c, int fd, size_t wanted, struct mr_ttls_sink *sink);
/* The program has taken `count` decrypted bytes. */
void mr_ttls_taken(struct mr_ttls_conn *c, int fd, size_t count);
/* Encrypts up to a record: the number of bytes, or -1 and the connection has failed. */
ssize_t mr_ttls_step_write(struct mr_ttls_conn *c, int fd, struct mr_bytes data);
bool mr_ttls_has_output(const struct mr_ttls_conn *c);

/* --- conn_list.c --- */

/* Around changes of the list of all connections; before any connection's lock. */
void mr_ttls_list_lock(void);
void mr_ttls_list_unlock(void);
/* The live ones, in an order that never changes (so do the locks of fork). */
struct mr_ttls_conn *mr_ttls_list_first(void);
struct mr_ttls_conn *mr_ttls_list_next(const struct mr_ttls_conn *c);
/* The connection has output left, or none any more. */
void mr_ttls_note_unsent(struct mr_ttls_conn *c);
/* Keeps the socket of a connection whose last descriptor is closed until its output is sent, for
 * some seconds. */
void mr_ttls_linger(struct mr_ttls_conn *c, int fd);

/* --- conn_fork.c --- */

/* May this process take the next step? If not, the connection is another process's now, and has
 * failed for this one. */
MR_MUST_USE bool mr_ttls_take_turn(struct mr_ttls_conn *c);
/* Is this process the one that uses the connection? */
bool mr_ttls_is_user(const struct mr_ttls_conn *c);
/* Under the list's lock. */
void mr_ttls_release_turn(struct mr_ttls_conn *c);

/* --- epoll.c --- */

/* The state has changed: what the kernel is asked for may, too. Under the connection's lock. */
void mr_ttls_epoll_sync(struct mr_ttls_conn *c);
/* The connection goes. */
void mr_ttls_epoll_drop(struct mr_ttls_conn *c);

#endif
