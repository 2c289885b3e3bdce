/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of a connection that do not wait; all under its lock. */
#include <errno.h>
#include <sys/syscall.h>

#include "ttls/conn_internal.h"
#include "ttls/real.h"

#define PLAIN_RECORD ((size_t)16384)

static void set_state(struct mr_ttls_conn *c, enum mr_ttls_state state)
{
	atomic_store_explicit(&c->state, state, memory_order_release);
	mr_ttls_epoll_sync(c);
}

int mr_ttls_fail(struct mr_ttls_conn *c, int fd, int failure)
{
	enum mr_ttls_state state = atomic_load(&c->state);

	if (state == MR_TTLS_FAILED)
		return c->failure;
	c->failure = failure == EPIPE ? ECONNABORTED : failure;
	if (!c->server && state != MR_TTLS_OPEN)
		c->connect_error = c->failure;
	if (c->engine) {
		(void)mr_ttls_flush(c, fd); /* the alert */
		mr_buf_done(mr_tls_engine_output(c->engine));
	}
	mr_ttls_note_unsent(c);
	c->kept = 0;
	mr_buf_done(&c->part);
	(void)mr_ttls_raw_shutdown(fd, SHUT_RDWR);
	set_state(c, MR_TTLS_FAILED);
	return c->failure;
}

/* 0, EAGAIN, or why there is no connection. */
static int tcp_connected(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	const struct timespec now = { 0 };
	int failure = 0;
	socklen_t len = sizeof failure;

	if (MR_REAL(syscall)(SYS_ppoll, &p, 1, &now, NULL, 0) != 1)
		return EAGAIN;
	if (MR_REAL(getsockopt)(fd, SOL_SOCKET, SO_ERROR, &failure, &len) != 0)
		return errno;
	return failure;
}

/* 0: the engine has a record to work on; EAGAIN: it is not here; or the failure. */
static int next_record(
	struct mr_ttls_conn *c, int fd, size_t room, uint8_t *scratch, size_t *ret_length)
{
	switch (mr_ttls_fill(c, fd, room, scratch, ret_length)) {
	case MR_TTLS_FILL_RECORD:
		return 0;
	case MR_TTLS_FILL_WAIT:
		return EAGAIN;
	case MR_TTLS_FILL_END:
		return ECONNABORTED;
	case MR_TTLS_FILL_ERROR:
		break;
	}
	return errno ? errno : EIO;
}

/* What a failed handshake looks like to the program (30 §6.2). */
static int handshake_failure(const struct mr_ttls_conn *c, const struct mr_error *err)
{
	return !c->server && err->code == MR_CODE_DENIED ? ECONNREFUSED : ECONNABORTED;
}

/* One exchange with the engine: 0 when the handshake is over, EINTR when there is more to do. */
static int shake(struct mr_ttls_conn *c, int fd, uint8_t *scratch)
{
	struct mr_error err;
	size_t length;
	enum mr_io io = mr_tls_engine_handshake(c->engine, &err);

	if (io == MR_IO_FAILED)
		return mr_ttls_fail(c, fd, handshake_failure(c, &err));
	mr_ttls_drop_kept(c, fd);
	int failure = mr_ttls_flush(c, fd);
	if (failure != 0 && failure != EAGAIN)
		return mr_ttls_fail(c, fd, failure);
	if (io == MR_IO_DONE) {
		set_state(c, MR_TTLS_OPEN);
		return 0;
	}
	failure = next_record(c, fd, SIZE_MAX, scratch, &length);
	if (failure == 0 || failure == EAGAIN)
		return failure == 0 ? EINTR : EAGAIN;
	return mr_ttls_fail(c, fd, failure);
}

static int shake_on(struct mr_ttls_conn *c, int fd)
{
	uint8_t scratch[MR_TTLS_RECORD_MAX]; /* the engine's until the next exchange */
	int result;

	/* the client's first flight is made from nothing */
	if (!c->server && !mr_ttls_take_turn(c))
		return c->failure;
	do
		result = shake(c, fd, scratch);
	while (result == EINTR);
	mr_tls_engine_feed(c->engine, mr_bytes_of(NULL, 0));
	return result;
}

int mr_ttls_step_handshake(struct mr_ttls_conn *c, int fd)
{
	for (;;) {
		int result;

		switch (atomic_load(&c->state)) {
		case MR_TTLS_PLAIN:
		case MR_TTLS_OPEN:
			return 0;
		case MR_TTLS_FAILED:
			return c->failure;
		case MR_TTLS_CONNECTING:
			result = tcp_connected(fd);
			if (result == EAGAIN)
				return EAGAIN;
			if (result != 0)
				return mr_ttls_fail(c, fd, result);
			set_state(c, MR_TTLS_HANDSHAKE);
			break;
		case MR_TTLS_HANDSHAKE:
			return shake_on(c, fd);
		}
	}
}

static void peer_ended(struct mr_ttls_conn *c, int fd)
{
	c->ended = true;
	mr_ttls_drop_kept(c, fd);
	/* readable from now on, whatever comes */
	(void)mr_ttls_raw_shutdown(fd, SHUT_RD);
}

/* After a step of the engine: 0 data, EAGAIN none in this record, EINTR the end, or a failure. */
static int outcome(struct mr_ttls_conn *c, int fd, enum mr_io io)
{
	if (io == MR_IO_FAILED)
		return mr_ttls_fail(c, fd, ECONNABORTED);
	int failure = mr_ttls_has_output(c) ? mr_ttls_flush(c, fd) : 0;
	if (failure != 0 && failure != EAGAIN && io != MR_IO_DONE)
		return mr_ttls_fail(c, fd, failure);
	if (io == MR_IO_DONE)
		return 0;
	if (io == MR_IO_CLOSED)
		peer_ended(c, fd);
	else
		mr_ttls_drop_kept(c, fd);
	return io == MR_IO_CLOSED ? EINTR : EAGAIN;
}

/* Decrypts the record that the engine has: where the program wants it, if it can take it all now. */
static int decrypt(struct mr_ttls_conn *c, int fd, size_t length, struct mr_ttls_sink *sink)
{
	struct mr_error err;
	size_t count = 0;

	if (sink->size >= length && c->plain.len == 0)
		return outcome(c, fd,
			mr_tls_engine_read(c->engine, sink->to, sink->size, &sink->count, &err));
	uint8_t *to = mr_buf_reserve(&c->plain, length);
	if (!to)
		return mr_ttls_fail(c, fd, ENOMEM);
	enum mr_io io = mr_tls_engine_read(c->engine, to, length, &count, &err);
	mr_buf_commit(&c->plain, count);
	return outcome(c, fd, io);
}

static int read_records(struct mr_ttls_conn *c, int fd, size_t wanted, struct mr_ttls_sink *sink)
{
	uint8_t scratch[MR_TTLS_RECORD_MAX];
	int result = 0;

	while (result == 0 && c->plain.len < wanted && sink->count == 0) {
		size_t length = 0;
		result = next_record(c, fd, c->plain.len == 0 ? sink->size : 0, scratch, &length);
		if (result == 0)
			result = decrypt(c, fd, length, sink);
		else if (result != EAGAIN && c->plain.len == 0)
			result = mr_ttls_fail(c, fd, result);
		else
			break;
		if (result == EAGAIN) /* a record without data */
			result = 0;
	}
	mr_tls_engine_feed(c->engine, mr_bytes_of(NULL, 0));
	return result == EINTR ? 0 : result;
}

int mr_ttls_step_read(struct mr_ttls_conn *c, int fd, size_t wanted, struct mr_ttls_sink *sink)
{
	int result = c->plain.len > 0 ? 0 : mr_ttls_step_handshake(c, fd);

	if (wanted > MR_TTLS_PLAIN_MAX - PLAIN_RECORD)
		wanted = MR_TTLS_PLAIN_MAX - PLAIN_RECORD;
	if (result == 0 && c->plain.len < wanted && !c->ended && !c->read_shut)
		result = read_records(c, fd, wanted, sink);
	if (c->plain.len == 0)
		mr_buf_done(&c->plain);
	return result;
}

void mr_ttls_taken(struct mr_ttls_conn *c, int fd, size_t count)
{
	mr_buf_consume(&c->plain, count);
	if (c->plain.len > 0)
		return;
	mr_buf_done(&c->plain);
	mr_ttls_drop_kept(c, fd);
}

ssize_t mr_ttls_step_write(struct mr_ttls_conn *c, int fd, struct mr_bytes data)
{
	struct mr_error err;
	size_t count = 0;

	if (!mr_ttls_take_turn(c)) {
		errno = c->failure;
		return -1;
	}
	if (mr_tls_engine_write(c->engine, data, &count, &err) != MR_IO_DONE) {
		errno = mr_ttls_fail(c, fd, ECONNABORTED);
		return -1;
	}
	return (ssize_t)count;
}
