/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "net/conn_internal.h"

void mr_conn_write(struct mr_conn *conn, struct mr_bytes data)
{
	mr_buf_put_bytes(&conn->out, data);
	if (mr_conn_pending(conn) >= MR_CONN_HIGH_WATER)
		conn->congested = true;
	mr_conn_defer_flush(conn);
}

size_t mr_conn_pending(const struct mr_conn *conn)
{
	return conn->out.len - conn->sent;
}

void mr_conn_finish(struct mr_conn *conn)
{
	conn->finishing = true;
	mr_conn_defer_flush(conn);
}

void mr_conn_set_deadline(struct mr_conn *conn, int64_t milliseconds)
{
	conn->idle = milliseconds == 0;
	if (conn->idle)
		milliseconds = conn->group->limits->idle_ms;
	int64_t now = mr_clock_monotonic_ms();
	conn->deadline = milliseconds >= INT64_MAX - now ? INT64_MAX : now + milliseconds;
}

void mr_conn_pause(struct mr_conn *conn, bool paused)
{
	if (conn->paused == paused)
		return;
	conn->paused = paused;
	conn->again = !paused && conn->tls && mr_tls_stream_has_pending(conn->tls);
	mr_conn_defer_flush(conn);
}

struct mr_bytes mr_conn_peer_certificate(const struct mr_conn *conn)
{
	return conn->tls ? mr_tls_stream_peer_certificate(conn->tls) : mr_bytes_of(NULL, 0);
}

const char *mr_conn_remote(const struct mr_conn *conn)
{
	return conn->remote;
}

struct mr_loop *mr_conn_loop(const struct mr_conn *conn)
{
	return conn->group->loop;
}
