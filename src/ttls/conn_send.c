/* SPDX-License-Identifier: Apache-2.0 */
/* Sending and ending. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>

#include "base/wipe.h"
#include "ttls/conn_internal.h"
#include "ttls/real.h"
#include "ttls/wait.h"

#define RECORD ((size_t)16384)
/* Less than this is sent without asking for room: a socket that cannot take it keeps it unsent. */
#define SMALL ((size_t)4096)

struct writing {
	const struct iovec *from;
	int count;
	int at; /* the buffer that is sent now */
	size_t offset;
	size_t done;
	int flags;
	bool mode_known, waits;
};

/* Does the call wait for room? Asked for only when there may be none. */
static bool waits(struct writing *w, int fd)
{
	if (!w->mode_known) {
		int mode = (w->flags & MSG_DONTWAIT) ? O_NONBLOCK : MR_REAL(fcntl)(fd, F_GETFL);
		w->waits = mode >= 0 && !(mode & O_NONBLOCK);
		w->mode_known = true;
	}
	return w->waits;
}

static size_t left_of(const struct writing *w)
{
	size_t left = 0;

	for (int i = w->at; i < w->count && left < SSIZE_MAX; i++) {
		size_t n = w->from[i].iov_len - (i == w->at ? w->offset : 0);
		if (!mr_size_add(left, n, &left))
			return SSIZE_MAX;
	}
	return left;
}

static void advance(struct writing *w, size_t count)
{
	w->done += count;
	w->offset += count;
	while (w->at < w->count && w->offset >= w->from[w->at].iov_len) {
		w->offset -= w->from[w->at].iov_len;
		w->at++;
	}
}

/* The bytes of the next record: where they lie, or gathered, if they lie in pieces. */
static struct mr_bytes next_bytes(const struct writing *w, uint8_t gathered[static RECORD])
{
	const uint8_t *first = (const uint8_t *)w->from[w->at].iov_base + w->offset;
	size_t here = w->from[w->at].iov_len - w->offset;
	size_t n = 0;

	if (here >= RECORD || w->at + 1 == w->count)
		return mr_bytes_of(first, here < RECORD ? here : RECORD);
	for (int i = w->at; i < w->count && n < RECORD; i++) {
		size_t skip = i == w->at ? w->offset : 0;
		size_t take = w->from[i].iov_len - skip;
		if (take > RECORD - n)
			take = RECORD - n;
		if (take > 0)
			memcpy(gathered + n, (const uint8_t *)w->from[i].iov_base + skip, take);
		n += take;
	}
	return mr_bytes_of(gathered, n);
}

/* Encrypts the next record: 0, or the failure. */
static int encrypt(struct mr_ttls_conn *c, int fd, struct writing *w)
{
	uint8_t gathered[RECORD];
	struct mr_bytes data = next_bytes(w, gathered);
	ssize_t n = mr_ttls_step_write(c, fd, data);
	int failure = n < 0 ? errno : 0;

	if (data.ptr == gathered)
		mr_wipe(gathered, data.len);
	if (n > 0)
		advance(w, (size_t)n);
	return failure;
}

/* As far as it goes without waiting: 0 when all is sent, EAGAIN, or the failure. */
static int send_some(struct mr_ttls_conn *c, int fd, struct writing *w)
{
	if (c->write_shut)
		return EPIPE;
	int result = mr_ttls_step_handshake(c, fd);
	while (result == 0) {
		result = mr_ttls_flush(c, fd);
		if (result != 0 && result != EAGAIN)
			return mr_ttls_fail(c, fd, result) == ECONNABORTED ? EPIPE : c->failure;
		size_t left = left_of(w);
		/* a socket that does not block has taken what it has; the rest follows later */
		if (left == 0 && result == EAGAIN && !waits(w, fd))
			return 0;
		if (result == 0 && w->done > 0)
			mr_ttls_stop_hurrying(c, fd);
		if (result != 0 || left == 0)
			return result;
		if (left > SMALL && !waits(w, fd) && !mr_ttls_has_room(fd))
			return EAGAIN;
		result = encrypt(c, fd, w);
	}
	return result;
}

static void tell_broken_pipe(int flags)
{
	if (!(flags & MSG_NOSIGNAL))
		(void)raise(SIGPIPE);
	errno = EPIPE;
}

ssize_t mr_ttls_conn_send(
	struct mr_ttls_conn *c, int fd, const struct iovec *from, int count, int flags)
{
	struct writing w = { .from = from, .count = count, .flags = flags };

	if (flags & (MSG_OOB | MSG_FASTOPEN | MSG_ZEROCOPY)) {
		errno = EINVAL;
		return -1;
	}
	advance(&w, 0);
	for (;;) {
		if (!mr_ttls_lock(c))
			return w.done > 0 ? (ssize_t)w.done : -1;
		int result = send_some(c, fd, &w);
		bool shaking = atomic_load(&c->state) != MR_TTLS_OPEN;
		bool wants_out = mr_ttls_has_output(c) ||
				 atomic_load(&c->state) == MR_TTLS_CONNECTING;
		mr_ttls_unlock(c);
		if (result == 0)
			return (ssize_t)w.done;
		if (result == EAGAIN) {
			short events = (short)((shaking ? POLLIN : 0) |
					       (shaking && !wants_out ? 0 : POLLOUT));
			if (mr_ttls_wait(fd, events, SO_SNDTIMEO, flags) == 0)
				continue;
			result = errno;
		}
		if (w.done > 0)
			return (ssize_t)w.done;
		if (result == EPIPE)
			tell_broken_pipe(flags);
		errno = result;
		return -1;
	}
}

/* --- the end --- */

int mr_ttls_conn_shutdown(struct mr_ttls_conn *c, int fd, int how)
{
	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR) {
		errno = EINVAL;
		return -1;
	}
	if (!mr_ttls_lock(c))
		return -1;
	int result = 0;
	if (atomic_load(&c->state) == MR_TTLS_FAILED) {
		result = -1;
		errno = ENOTCONN;
	}
	if (result == 0 && how != SHUT_RD && !c->write_shut) {
		(void)mr_ttls_step_handshake(c, fd);
		if (atomic_load(&c->state) == MR_TTLS_OPEN && mr_ttls_take_turn(c))
			mr_tls_engine_shutdown(c->engine);
		c->fin_pending = mr_ttls_has_output(c);
		if (c->fin_pending)
			(void)mr_ttls_flush(c, fd);
		else
			result = mr_ttls_raw_shutdown(fd, SHUT_WR);
		c->write_shut = true;
	}
	if (result == 0 && how != SHUT_WR) {
		c->read_shut = true;
		/* after the end of both directions there is no connection to tell this of */
		int shut = mr_ttls_raw_shutdown(fd, SHUT_RD);
		result = how == SHUT_RD ? shut : 0;
	}
	mr_ttls_unlock(c);
	return result;
}

void mr_ttls_conn_last_close(struct mr_ttls_conn *c, int fd)
{
	if (!mr_ttls_lock(c))
		return;
	if (atomic_load(&c->state) == MR_TTLS_OPEN && mr_ttls_is_user(c)) {
		/* what the peer's TLS has sent by itself must not turn the end into a reset */
		if (c->plain.len == 0 && !c->ended)
			(void)mr_ttls_step_read(c, fd, 1, &(struct mr_ttls_sink){ 0 });
	}
	if (atomic_load(&c->state) == MR_TTLS_OPEN && mr_ttls_is_user(c)) {
		if (!c->write_shut)
			mr_tls_engine_shutdown(c->engine);
		if (mr_ttls_flush(c, fd) == EAGAIN)
			mr_ttls_linger(c, fd);
	}
	atomic_store(&c->known_fd, -1);
	mr_ttls_unlock(c);
}
