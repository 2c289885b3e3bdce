/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/wipe.h"
#include "net/conn_internal.h"

/* What one connection may move before the others have their turn. */
#define TURN ((size_t)256 << 10)
/* How long, and for how much, we listen to a peer that has been told the end: closing earlier
 * would take the answer away from one that is still sending. */
#define ENDING_MS 2000

static enum mr_io plain_outcome(ssize_t n)
{
	if (n == 0)
		return MR_IO_CLOSED;
	return errno == EAGAIN || errno == EWOULDBLOCK ? MR_IO_WANT_READ : MR_IO_RESET;
}

static enum mr_io read_some(
	struct mr_conn *conn, uint8_t *to, size_t size, size_t *ret_count, struct mr_error *err)
{
	if (conn->tls)
		return mr_tls_stream_read(conn->tls, to, size, ret_count, err);
	ssize_t n = recv(conn->fd, to, size, 0);
	if (n <= 0)
		return plain_outcome(n);
	*ret_count = (size_t)n;
	return MR_IO_DONE;
}

static enum mr_io write_some(
	struct mr_conn *conn, struct mr_bytes data, size_t *ret_count, struct mr_error *err)
{
	if (conn->tls)
		return mr_tls_stream_write(conn->tls, data, ret_count, err);
	ssize_t n = send(conn->fd, data.ptr, data.len, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? MR_IO_WANT_WRITE : MR_IO_RESET;
	*ret_count = (size_t)n;
	return MR_IO_DONE;
}

/* --- sending --- */

/* Sends until nothing is left or the socket is full; false when the connection is of no use any
 * more. */
static bool send_queue(struct mr_conn *conn, size_t *budget)
{
	struct mr_error err;

	conn->blocked = false;
	while (mr_conn_pending(conn) > 0 && !conn->blocked) {
		struct mr_bytes rest = mr_bytes_of(
			conn->out.data + conn->sent, mr_conn_pending(conn));
		size_t count = 0;
		enum mr_io io = write_some(conn, rest, &count, &err);
		if (io != MR_IO_DONE && io != MR_IO_WANT_READ && io != MR_IO_WANT_WRITE)
			return false;
		conn->sent += count;
		conn->blocked = io != MR_IO_DONE || count >= *budget;
		*budget -= count < *budget ? count : *budget;
	}
	if (mr_conn_pending(conn) == 0)
		mr_buf_done(&conn->out);
	else
		mr_buf_consume(&conn->out, conn->sent);
	conn->sent = 0;
	return true;
}

/* Our direction is complete. */
static void begin_ending(struct mr_conn *conn)
{
	if (conn->tls)
		mr_tls_stream_shutdown(conn->tls);
	if (conn->input_ended || shutdown(conn->fd, SHUT_WR) < 0) {
		mr_conn_close(conn);
		return;
	}
	conn->state = MR_CONN_ENDING;
	conn->deadline = conn->group->draining ? 0 : mr_clock_monotonic_ms() + ENDING_MS;
	mr_conn_move(conn, &conn->group->ending);
	mr_conn_update_interest(conn);
}

static void flush(struct mr_conn *conn)
{
	size_t budget = TURN;
	struct mr_error err;

	for (;;) {
		if (mr_failed(mr_buf_status(&conn->out, &err)) || !send_queue(conn, &budget)) {
			mr_conn_close(conn);
			return;
		}
		if (!conn->congested || mr_conn_pending(conn) >= MR_CONN_HIGH_WATER || !conn->self)
			break;
		conn->congested = false;
		conn->listener->protocol->writable(conn->self);
	}
	if (conn->finishing && mr_conn_pending(conn) == 0)
		begin_ending(conn);
	else
		mr_conn_update_interest(conn);
}

void mr_conn_on_flush(struct mr_loop_task *task)
{
	struct mr_conn *conn = MR_CONTAINER_OF(task, struct mr_conn, flush);

	conn->deferred = false;
	if (conn->state == MR_CONN_DEAD)
		mr_conn_close(conn);
	else if (conn->state == MR_CONN_OPEN && !conn->blocked)
		flush(conn);
	else if (conn->state == MR_CONN_OPEN)
		mr_conn_update_interest(conn);
}

/* --- receiving --- */

/* Reads for its turn; false when the connection was closed. */
static bool receive(struct mr_conn *conn)
{
	const struct mr_protocol *protocol = conn->listener->protocol;
	uint8_t *scratch = mr_loop_scratch(conn->group->loop);
	struct mr_error err;
	size_t taken = 0, count = 0;
	enum mr_io io = MR_IO_DONE;

	while (!conn->paused && !conn->finishing && !conn->input_ended && taken < TURN) {
		io = read_some(conn, scratch, MR_LOOP_SCRATCH, &count, &err);
		if (io != MR_IO_DONE)
			break;
		bool good = protocol->receive(conn->self, mr_bytes_of(scratch, count));
		mr_wipe(scratch, count);
		if (!good)
			mr_conn_finish(conn);
		taken += count;
		if (count < MR_LOOP_SCRATCH && !(conn->tls && mr_tls_stream_has_pending(conn->tls)))
			return true;
	}
	if (io == MR_IO_CLOSED) {
		conn->input_ended = true;
		if (!protocol->end_of_input(conn->self))
			mr_conn_finish(conn);
		mr_conn_defer_flush(conn);
	} else if (io == MR_IO_RESET || io == MR_IO_FAILED) {
		mr_conn_close(conn);
		return false;
	} else if (io == MR_IO_DONE && conn->tls && mr_tls_stream_has_pending(conn->tls)) {
		conn->again = true;
		mr_conn_defer_flush(conn);
	}
	return true;
}

static void on_open(struct mr_conn *conn, short what)
{
	conn->active = mr_clock_monotonic_ms();
	mr_conn_move(conn, &conn->group->open);
	if (what & EV_WRITE) {
		conn->blocked = false;
		mr_conn_defer_flush(conn);
	}
	if (what & EV_READ)
		(void)receive(conn);
}

/* --- the beginning: TLS, or something else --- */

bool mr_conn_open_protocol(struct mr_conn *conn)
{
	const struct mr_listener *listener = conn->listener;
	struct mr_error err;

	conn->state = MR_CONN_OPEN;
	conn->group->handshakes--;
	mr_conn_move(conn, &conn->group->open);
	mr_conn_set_deadline(conn, listener->first_byte_ms);
	if (conn->tls && !mr_tls_stream_acceptable(conn->tls)) {
		mr_conn_finish(conn);
		return true;
	}
	if (mr_failed(listener->protocol->open(
		    listener->protocol_context, conn, &conn->self, &err))) {
		conn->self = NULL;
		mr_conn_close(conn);
		return false;
	}
	mr_conn_update_interest(conn);
	return true;
}

/* Some peers hold their first request back until the end of their handshake is acknowledged, and
 * as nothing is sent to them here, the system would take its time with that. */
static void acknowledge(const struct mr_conn *conn)
{
#ifdef TCP_QUICKACK
	const int one = 1;

	(void)setsockopt(conn->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
#else
	(void)conn;
#endif
}

static void handshake(struct mr_conn *conn)
{
	struct mr_error err;

	switch (mr_tls_stream_handshake(conn->tls, &err)) {
	case MR_IO_DONE:
		conn->blocked = false;
		if (!mr_conn_open_protocol(conn) || !conn->self)
			return;
		if (mr_tls_stream_has_pending(conn->tls))
			on_open(conn, EV_READ);
		else
			acknowledge(conn);
		return;
	case MR_IO_WANT_READ:
		conn->blocked = false;
		mr_conn_update_interest(conn);
		return;
	case MR_IO_WANT_WRITE:
		conn->blocked = true;
		mr_conn_update_interest(conn);
		return;
	case MR_IO_CLOSED:
		mr_conn_report(conn, "EOF");
		break;
	case MR_IO_RESET:
		break;
	case MR_IO_FAILED:
		mr_conn_report(conn, err.message);
		break;
	}
	mr_conn_close(conn);
}

/* Does it begin like a request of plain HTTP? */
static bool is_plain_http(struct mr_str begin)
{
	static const char *const methods[] = { "GET ", "POST ", "HEAD ", "PUT ", "DELETE ",
		"OPTIONS ", "PATCH ", "CONNECT ", "PRI * " };

	for (size_t i = 0; i < MR_COUNT(methods); i++) {
		struct mr_str method = mr_str_of(methods[i]);
		if (mr_str_starts(begin.len < method.len ? method : begin,
			    begin.len < method.len ? begin : method))
			return true;
	}
	return false;
}

static void on_first_bytes(struct mr_conn *conn)
{
	char bytes[8];
	ssize_t n = recv(conn->fd, bytes, sizeof(bytes), MSG_PEEK);

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	/* a port that was only probed is nothing to speak of (30 §1.1) */
	if (n <= 0) {
		mr_conn_close(conn);
		return;
	}
	conn->state = MR_CONN_HANDSHAKE;
	if (!is_plain_http((struct mr_str){ bytes, (size_t)n })) {
		handshake(conn);
		return;
	}
	mr_conn_report(conn, "client sent an HTTP request to an HTTPS server");
	conn->group->handshakes--;
	conn->state = MR_CONN_OPEN;
	mr_conn_move(conn, &conn->group->open);
	mr_tls_stream_free(conn->tls);
	conn->tls = NULL;
	mr_buf_put_str(&conn->out, conn->listener->plain_http_answer);
	mr_conn_finish(conn);
}

/* Takes what still comes, so that the kernel does not answer it with a reset. */
static void on_ending(struct mr_conn *conn)
{
	size_t taken = 0;

	for (;;) {
		ssize_t n = recv(conn->fd, mr_loop_scratch(conn->group->loop), MR_LOOP_SCRATCH, 0);
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n <= 0) {
			mr_conn_close(conn);
			return;
		}
		taken += (size_t)n;
		if (taken >= TURN)
			return;
	}
}

void mr_conn_on_event(evutil_socket_t fd, short what, void *argument)
{
	struct mr_conn *conn = argument;
	struct mr_loop *loop = conn->group->loop;

	(void)fd;
	switch (conn->state) {
	case MR_CONN_SILENT:
		on_first_bytes(conn);
		break;
	case MR_CONN_HANDSHAKE:
		handshake(conn);
		break;
	case MR_CONN_OPEN:
		on_open(conn, what);
		break;
	case MR_CONN_ENDING:
		on_ending(conn);
		break;
	case MR_CONN_DEAD:
		break;
	}
	mr_loop_end_event(loop);
}
