/* SPDX-License-Identifier: Apache-2.0 */
/* What the program's calls on a connection do: steps under the lock, waiting without it. */
#include "ttls/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "ttls/conn_internal.h"
#include "ttls/real.h"
#include "ttls/wait.h"

/* How long a blocking connect waits for the handshake, if the program has set no SO_SNDTIMEO. */
#define HANDSHAKE_MS 60000

bool mr_ttls_conn_is_tls(const struct mr_ttls_conn *c)
{
	return atomic_load_explicit(&c->state, memory_order_acquire) != MR_TTLS_PLAIN;
}

/* --- beginnings --- */

static bool begin(struct mr_ttls_conn *c, int fd, const struct mr_ttls_entry *entry,
	const char *name, enum mr_ttls_state state)
{
	struct mr_tls_engine *engine = NULL;
	struct mr_error err;

	if (mr_failed(mr_tls_engine_new(entry->context, name, &engine, &err))) {
		errno = ENOMEM;
		return false;
	}
	if (!mr_ttls_lock(c)) {
		mr_tls_engine_free(engine);
		return false;
	}
	c->engine = engine;
	c->server = state == MR_TTLS_HANDSHAKE && !entry->host;
	mr_ttls_hurry(c, fd);
	atomic_store(&c->state, state);
	mr_ttls_epoll_sync(c);
	mr_ttls_unlock(c);
	return true;
}

bool mr_ttls_conn_serve(struct mr_ttls_conn *c, int fd, const struct mr_ttls_entry *entry)
{
	return begin(c, fd, entry, NULL, MR_TTLS_HANDSHAKE);
}

bool mr_ttls_conn_start(struct mr_ttls_conn *c, int fd, const struct mr_ttls_entry *entry,
	const char *name, bool connecting)
{
	return begin(c, fd, entry, name, connecting ? MR_TTLS_CONNECTING : MR_TTLS_HANDSHAKE);
}

int mr_ttls_conn_wait_handshake(struct mr_ttls_conn *c, int fd)
{
	int64_t deadline = mr_ttls_wait_deadline(fd, SO_SNDTIMEO);

	if (deadline == INT64_MAX)
		deadline = mr_clock_monotonic_ms() + HANDSHAKE_MS;
	for (;;) {
		if (!mr_ttls_lock(c))
			return -1;
		int result = mr_ttls_step_handshake(c, fd);
		short events = mr_ttls_has_output(c) || atomic_load(&c->state) == MR_TTLS_CONNECTING
				       ? POLLIN | POLLOUT
				       : POLLIN;
		bool late = result == EAGAIN && mr_clock_monotonic_ms() >= deadline;
		if (late)
			result = mr_ttls_fail(c, fd, ETIMEDOUT);
		if (result != EAGAIN)
			c->connect_error = 0; /* told now */
		c->connect_told = result == 0;
		mr_ttls_unlock(c);
		if (result != EAGAIN) {
			errno = result;
			return result == 0 ? 0 : -1;
		}
		/* a signal does not end it: what is left would be no plain connection either */
		(void)mr_ttls_wait_until(fd, events, deadline);
	}
}

int mr_ttls_conn_connect_again(struct mr_ttls_conn *c, int fd)
{
	if (!mr_ttls_lock(c))
		return -1;
	int result = mr_ttls_step_handshake(c, fd);
	if (result == EAGAIN)
		result = EALREADY;
	else if (result == 0 && (c->server || c->connect_told))
		result = EISCONN;
	else if (result == 0)
		c->connect_told = true;
	else
		c->connect_error = 0;
	mr_ttls_unlock(c);
	errno = result;
	return result == 0 ? 0 : -1;
}

int mr_ttls_conn_take_error(struct mr_ttls_conn *c, int fd)
{
	int failure = 0;
	socklen_t len = sizeof failure;

	if (!mr_ttls_lock(c))
		return EAGAIN;
	(void)mr_ttls_step_handshake(c, fd);
	int told = c->connect_error;
	c->connect_error = 0;
	mr_ttls_unlock(c);
	if (told == 0 && MR_REAL(getsockopt)(fd, SOL_SOCKET, SO_ERROR, &failure, &len) == 0)
		told = failure;
	return told;
}

void mr_ttls_conn_note_nodelay(struct mr_ttls_conn *c)
{
	if (!mr_ttls_lock(c))
		return;
	c->hurrying = false;
	mr_ttls_unlock(c);
}

/* --- reading --- */

static size_t total_of(const struct iovec *v, int count)
{
	size_t total = 0;

	for (int i = 0; i < count; i++)
		total = mr_size_add(total, v[i].iov_len, &total) ? total : SSIZE_MAX;
	return total < SSIZE_MAX ? total : SSIZE_MAX;
}

/* Copies into the buffers behind the first `at` bytes; `copy` off: only counts (MSG_TRUNC). */
static size_t scatter(const struct iovec *to, int count, size_t at, struct mr_bytes data, bool copy)
{
	size_t done = 0;

	for (int i = 0; i < count && done < data.len; i++) {
		if (at >= to[i].iov_len) {
			at -= to[i].iov_len;
			continue;
		}
		size_t n = to[i].iov_len - at;
		if (n > data.len - done)
			n = data.len - done;
		if (copy)
			memcpy((uint8_t *)to[i].iov_base + at, data.ptr + done, n);
		done += n;
		at = 0;
	}
	return done;
}

/* Waits as the program's own call would: restarted or ended by signals, for SO_RCVTIMEO, not at all
 * on a socket that does not block. */
static int wait_for_data(struct mr_ttls_conn *c, int fd, int flags, bool wants_out)
{
	uint8_t byte;

	(void)c;
	if (wants_out)
		return mr_ttls_wait(fd, POLLIN | POLLOUT, SO_RCVTIMEO, flags);
	return MR_REAL(recv)(fd, &byte, 1, MSG_PEEK | (flags & MSG_DONTWAIT)) < 0 ? -1 : 0;
}

struct reading {
	const struct iovec *to;
	int count;
	int flags;
	size_t total, got;
};

/* The buffer behind what was got, if this call may put something there at once. */
static struct mr_ttls_sink sink_of(const struct reading *r)
{
	size_t at = r->got;

	for (int i = 0; i < r->count && !(r->flags & (MSG_PEEK | MSG_TRUNC)); i++) {
		if (at < r->to[i].iov_len)
			return (struct mr_ttls_sink){ (uint8_t *)r->to[i].iov_base + at,
				r->to[i].iov_len - at, 0 };
		at -= r->to[i].iov_len;
	}
	return (struct mr_ttls_sink){ 0 };
}

/* Gives the program what is decrypted. */
static void give(struct mr_ttls_conn *c, int fd, struct reading *r)
{
	bool peek = (r->flags & MSG_PEEK) != 0;
	size_t n = scatter(r->to, r->count, peek ? 0 : r->got, mr_buf_bytes(&c->plain),
		!(r->flags & MSG_TRUNC));

	if (peek) {
		r->got = n;
		return;
	}
	r->got += n;
	mr_ttls_taken(c, fd, n);
}

/* One look: 0 when the call is complete, EINTR when there may be more at once, EAGAIN when it has to
 * wait, or the failure. */
static int receive_some(struct mr_ttls_conn *c, int fd, struct reading *r, bool *ret_wants_out)
{
	bool peek = (r->flags & MSG_PEEK) != 0;
	bool all = (r->flags & MSG_WAITALL) != 0;
	struct mr_ttls_sink sink = sink_of(r);
	int result = mr_ttls_step_read(c, fd, peek && all ? r->total : 1, &sink);

	*ret_wants_out = mr_ttls_has_output(c) || atomic_load(&c->state) == MR_TTLS_CONNECTING;
	r->got += sink.count;
	if (c->plain.len > 0)
		give(c, fd, r);
	else if (sink.count == 0)
		return result;
	if (!all || r->got >= r->total || c->ended || (result != 0 && result != EAGAIN))
		return 0;
	return peek ? result : EINTR;
}

ssize_t mr_ttls_conn_receive(
	struct mr_ttls_conn *c, int fd, const struct iovec *to, int count, int flags)
{
	struct reading r = { to, count, flags, total_of(to, count), 0 };

	if (flags & MSG_OOB) {
		errno = EINVAL;
		return -1;
	}
	while (r.total > 0) {
		bool wants_out = false;

		if (!mr_ttls_lock(c))
			return r.got > 0 ? (ssize_t)r.got : -1;
		int result = receive_some(c, fd, &r, &wants_out);
		mr_ttls_unlock(c);
		if (result == EINTR) /* MSG_WAITALL: there may be more at once */
			continue;
		if (result == 0)
			break;
		if (result == EAGAIN && wait_for_data(c, fd, flags, wants_out) == 0)
			continue;
		if (result != EAGAIN)
			errno = result;
		return r.got > 0 ? (ssize_t)r.got : -1;
	}
	return (ssize_t)r.got;
}

int mr_ttls_conn_readable_bytes(struct mr_ttls_conn *c, int fd)
{
	(void)mr_ttls_conn_ready(c, fd);
	if (!mr_ttls_lock(c))
		return 0;
	size_t n = c->plain.len;
	mr_ttls_unlock(c);
	return n < INT32_MAX ? (int)n : INT32_MAX;
}

/* --- readiness --- */

struct mr_ttls_ready mr_ttls_conn_ready(struct mr_ttls_conn *c, int fd)
{
	struct mr_ttls_ready ready = { 0 };

	if (!mr_ttls_lock(c))
		return ready;
	int result = mr_ttls_step_read(c, fd, 1, &(struct mr_ttls_sink){ 0 });
	if (c->engine && atomic_load(&c->state) != MR_TTLS_FAILED && mr_ttls_has_output(c)) {
		int failure = mr_ttls_flush(c, fd);
		if (failure != 0 && failure != EAGAIN)
			result = mr_ttls_fail(c, fd, failure);
	}
	enum mr_ttls_state state = atomic_load(&c->state);
	ready.failed = state == MR_TTLS_FAILED;
	ready.handshaking = state == MR_TTLS_CONNECTING || state == MR_TTLS_HANDSHAKE;
	ready.readable = c->plain.len > 0 || (!ready.handshaking && (c->ended || c->read_shut)) ||
			 ready.failed;
	ready.wants_out = state == MR_TTLS_CONNECTING || mr_ttls_has_output(c);
	ready.writable = ready.failed || (state == MR_TTLS_OPEN && !mr_ttls_has_output(c));
	mr_ttls_unlock(c);
	(void)result;
	return ready;
}
