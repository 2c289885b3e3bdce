/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records between socket and engine. A whole record is looked at, and left in the socket until the
 * program has read all that it held: so long the kernel says that the socket is readable. Of a part
 * nothing is left: without data to read the socket is readable only when something new has come.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/syscall.h>

#include "ttls/conn_internal.h"
#include "ttls/real.h"

#define HEADER 5
#define BODY_MAX (MR_TTLS_RECORD_MAX - HEADER)

ssize_t mr_ttls_raw_recv(int fd, void *to, size_t size, int flags)
{
	return MR_REAL(syscall)(SYS_recvfrom, fd, to, size, flags, NULL, NULL);
}

ssize_t mr_ttls_raw_send(int fd, const void *data, size_t size, int flags)
{
	return MR_REAL(syscall)(SYS_sendto, fd, data, size, flags, NULL, 0);
}

int mr_ttls_raw_shutdown(int fd, int how)
{
	return (int)MR_REAL(syscall)(SYS_shutdown, fd, how);
}

/* The length of the record that begins here; 0 if that is not known yet. What is no record at all is
 * given to the engine as it is, which will refuse it. */
static size_t record_length(const uint8_t *data, size_t len)
{
	if (len < HEADER)
		return len > 0 && (data[0] < 20 || data[0] > 23) ? len : 0;
	size_t body = (size_t)data[3] << 8 | data[4];
	if (data[0] < 20 || data[0] > 23 || body > BODY_MAX)
		return len;
	return HEADER + body;
}

/* Takes exactly `count` bytes that were seen there before. */
static bool take(int fd, uint8_t *to, size_t count)
{
	if (count == 0)
		return true;
	ssize_t n = mr_ttls_raw_recv(fd, to, count, MSG_DONTWAIT);
	if (n >= 0 && (size_t)n != count)
		errno = EIO; /* somebody else reads from the socket */
	return n >= 0 && (size_t)n == count;
}

void mr_ttls_drop_kept(struct mr_ttls_conn *c, int fd)
{
	uint8_t dropped[MR_TTLS_RECORD_MAX];

	if (c->kept > 0)
		(void)take(fd, dropped, c->kept);
	c->kept = 0;
}

static enum mr_ttls_fill nothing_new(ssize_t seen)
{
	if (seen == 0)
		return MR_TTLS_FILL_END;
	return errno == EAGAIN || errno == EINTR ? MR_TTLS_FILL_WAIT : MR_TTLS_FILL_ERROR;
}

/* A record of which only the beginning is here: it is put aside, so that the socket is not readable. */
static enum mr_ttls_fill put_aside(struct mr_ttls_conn *c, int fd, uint8_t *to, size_t count)
{
	if (!take(fd, to, count))
		return MR_TTLS_FILL_ERROR;
	mr_buf_put(&c->part, to, count);
	if (c->part.failure == MR_CODE_OK)
		return MR_TTLS_FILL_WAIT;
	errno = ENOMEM;
	return MR_TTLS_FILL_ERROR;
}

enum mr_ttls_fill mr_ttls_fill(struct mr_ttls_conn *c, int fd, size_t room,
	uint8_t scratch[static MR_TTLS_RECORD_MAX], size_t *ret_length)
{
	size_t have = c->part.len;
	uint8_t *to = scratch + have;

	mr_ttls_drop_kept(c, fd);
	ssize_t seen = mr_ttls_raw_recv(fd, to, MR_TTLS_RECORD_MAX - have, MSG_PEEK | MSG_DONTWAIT);
	if (seen <= 0)
		return nothing_new(seen);
	if (!mr_ttls_take_turn(c)) {
		errno = ECONNABORTED;
		return MR_TTLS_FILL_ERROR;
	}
	if (have > 0)
		memcpy(scratch, c->part.data, have);
	size_t total = have + (size_t)seen;
	size_t length = record_length(scratch, total);
	if (length == 0 || length > total)
		return put_aside(c, fd, to, (size_t)seen);
	if (length > room)
		c->kept = length - have;
	else if (!take(fd, to, length - have))
		return MR_TTLS_FILL_ERROR;
	mr_buf_done(&c->part);
	mr_tls_engine_feed(c->engine, mr_bytes_of(scratch, length));
	*ret_length = length;
	return MR_TTLS_FILL_RECORD;
}

int mr_ttls_flush(struct mr_ttls_conn *c, int fd)
{
	struct mr_buf *out = mr_tls_engine_output(c->engine);
	int failure = 0;

	/* answers to the peer's key updates have no way any more */
	if (c->write_shut && !c->fin_pending)
		mr_buf_clear(out);
	while (out->len > 0 && failure == 0) {
		ssize_t n = mr_ttls_raw_send(fd, out->data, out->len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0)
			mr_buf_consume(out, (size_t)n);
		else if (errno != EINTR)
			failure = errno;
	}
	if (out->len == 0) {
		mr_buf_done(out);
		if (c->fin_pending)
			(void)mr_ttls_raw_shutdown(fd, SHUT_WR);
		c->fin_pending = false;
	}
	mr_ttls_note_unsent(c);
	return failure;
}

bool mr_ttls_has_output(const struct mr_ttls_conn *c)
{
	return c->engine && mr_tls_engine_output(c->engine)->len > 0;
}

void mr_ttls_hurry(struct mr_ttls_conn *c, int fd)
{
	const int on = 1;
	int set = 1;
	socklen_t len = sizeof set;

	if (MR_REAL(getsockopt)(fd, IPPROTO_TCP, TCP_NODELAY, &set, &len) == 0 && !set)
		c->hurrying = MR_REAL(setsockopt)(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) ==
			      0;
}

void mr_ttls_stop_hurrying(struct mr_ttls_conn *c, int fd)
{
	const int off = 0;

	if (c->hurrying)
		(void)MR_REAL(setsockopt)(fd, IPPROTO_TCP, TCP_NODELAY, &off, sizeof off);
	c->hurrying = false;
}
