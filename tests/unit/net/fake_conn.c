/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_conn.h"

void fake_conn_init(struct mr_conn *conn)
{
	*conn = (struct mr_conn){ .deadline_ms = -1 };
	mr_buf_init(&conn->out, (size_t)64 << 20);
}

void fake_conn_done(struct mr_conn *conn)
{
	mr_buf_done(&conn->out);
}

void mr_conn_write(struct mr_conn *conn, struct mr_bytes data)
{
	mr_buf_put_bytes(&conn->out, data);
}

size_t mr_conn_pending(const struct mr_conn *conn)
{
	return conn->out.len + conn->blocked;
}

void mr_conn_finish(struct mr_conn *conn)
{
	conn->finished = true;
}

void mr_conn_set_deadline(struct mr_conn *conn, int64_t milliseconds)
{
	conn->deadline_ms = milliseconds;
}

void mr_conn_pause(struct mr_conn *conn, bool paused)
{
	conn->paused = paused;
}

struct mr_bytes mr_conn_peer_certificate(const struct mr_conn *conn)
{
	return conn->certificate;
}

const char *mr_conn_remote(const struct mr_conn *conn)
{
	(void)conn;
	return "10.0.0.7:51324";
}

struct mr_loop *mr_conn_loop(const struct mr_conn *conn)
{
	return conn->loop;
}
