/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/conn_internal.h"

/* Deadlines are looked at this often; none of them needs to be exact. */
static const struct timeval tick_interval = { .tv_sec = 0, .tv_usec = 500000 };
/* A peer that takes nothing of what is sent to it is given up. */
#define STALLED_MS 60000
/* Above everything a protocol may queue at once. */
#define OUT_MAX ((size_t)64 << 20)

void mr_address_text(const struct sockaddr *address, char ret[static 64])
{
	char host[INET6_ADDRSTRLEN] = "";

	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, address, sizeof(in));
		(void)inet_ntop(AF_INET, &in.sin_addr, host, sizeof(host));
		(void)snprintf(ret, 64, "%s:%u", host, (unsigned)ntohs(in.sin_port));
	} else if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, address, sizeof(in6));
		bool mapped = IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr);
		(void)inet_ntop(mapped ? AF_INET : AF_INET6,
			&in6.sin6_addr.s6_addr[mapped ? 12 : 0], host, sizeof(host));
		(void)snprintf(ret, 64, mapped ? "%s:%u" : "[%s]:%u", host,
			(unsigned)ntohs(in6.sin6_port));
	} else {
		(void)snprintf(ret, 64, "unknown");
	}
}

void mr_conn_move(struct mr_conn *conn, struct mr_conn_list *list)
{
	if (conn->list)
		TAILQ_REMOVE(conn->list, conn, link);
	conn->list = list;
	if (list)
		TAILQ_INSERT_TAIL(list, conn, link);
}

void mr_conn_report(struct mr_conn *conn, const char *reason)
{
	const struct mr_server_events *events = &conn->group->limits->events;
	char text[512];

	if (!events->handshake_failed)
		return;
	(void)snprintf(
		text, sizeof(text), "TLS handshake error from %s: %.256s", conn->remote, reason);
	events->handshake_failed(events->context, text);
}

void mr_conn_defer_flush(struct mr_conn *conn)
{
	if (conn->deferred)
		return;
	conn->deferred = true;
	mr_loop_defer(conn->group->loop, &conn->flush);
}

/* Waits for `want`; false when no event would come. */
static bool set_interest(struct mr_conn *conn, short want)
{
	if (want == conn->interest)
		return true;
	event_del(&conn->event);
	conn->interest = want;
	if (!want)
		return true;
	(void)event_assign(&conn->event, mr_loop_base(conn->group->loop), conn->fd,
		(short)(want | EV_PERSIST), mr_conn_on_event, conn);
	return event_add(&conn->event, NULL) == 0;
}

void mr_conn_update_interest(struct mr_conn *conn)
{
	bool reads = conn->state != MR_CONN_OPEN ||
		     (!conn->paused && !conn->finishing && !conn->input_ended);
	bool writes = conn->blocked && conn->state != MR_CONN_ENDING;

	if (!set_interest(conn, (short)((reads ? EV_READ : 0) | (writes ? EV_WRITE : 0))))
		conn->deadline = 0; /* ended by the next tick */
	else if (reads && conn->again)
		event_active(&conn->event, EV_READ, 0);
	if (reads)
		conn->again = false;
}

void mr_conn_close(struct mr_conn *conn)
{
	struct mr_conn_group *group = conn->group;

	if (conn->state != MR_CONN_DEAD) {
		if (conn->state == MR_CONN_SILENT || conn->state == MR_CONN_HANDSHAKE)
			group->handshakes--;
		conn->state = MR_CONN_DEAD;
		event_del(&conn->event);
		if (conn->self)
			conn->listener->protocol->close(conn->self);
		conn->self = NULL;
		mr_conn_move(conn, NULL);
		mr_tls_stream_free(conn->tls);
		conn->tls = NULL;
		(void)close(conn->fd);
		mr_buf_done(&conn->out);
		group->count--;
		atomic_fetch_sub(&group->limits->open, 1);
		if (group->vacancy)
			group->vacancy(group->context);
	}
	/* a queued task still points here */
	if (!conn->deferred)
		free(conn);
}

/* --- groups --- */

static bool is_expired(const struct mr_conn *conn, int64_t now)
{
	return conn->deadline <= now || (conn->blocked && conn->active + STALLED_MS <= now);
}

/* Ends what is over its time. */
static void close_expired(struct mr_conn_list *list, int64_t now)
{
	struct mr_conn *conn = TAILQ_FIRST(list);

	while (conn) {
		struct mr_conn *next = TAILQ_NEXT(conn, link);
		if (is_expired(conn, now)) {
			if (conn->state == MR_CONN_HANDSHAKE)
				mr_conn_report(conn, "i/o timeout");
			mr_conn_close(conn);
		}
		conn = next;
	}
}

static void on_tick(evutil_socket_t fd, short what, void *argument)
{
	struct mr_conn_group *group = argument;
	int64_t now = mr_clock_monotonic_ms();

	(void)fd;
	(void)what;
	close_expired(&group->handshaking, now);
	close_expired(&group->open, now);
	close_expired(&group->ending, now);
	mr_loop_end_event(group->loop);
	if (group->count == 0) {
		event_del(&group->tick);
		group->ticking = false;
	}
}

mr_result mr_conn_group_new(struct mr_loop *loop, struct mr_conn_limits *limits,
	void (*vacancy)(void *context), void *context, struct mr_conn_group **ret,
	struct mr_error *err)
{
	struct mr_conn_group *group = calloc(1, sizeof(*group));

	if (!group)
		return mr_fail_nomem(err);
	*group = (struct mr_conn_group){
		.loop = loop, .limits = limits, .vacancy = vacancy, .context = context
	};
	TAILQ_INIT(&group->handshaking);
	TAILQ_INIT(&group->open);
	TAILQ_INIT(&group->ending);
	(void)event_assign(&group->tick, mr_loop_base(loop), -1, EV_PERSIST, on_tick, group);
	*ret = group;
	return MR_OK;
}

/* The connection that is missed least, or NULL: one that ends anyway, that is slow to begin, or
 * long idle. */
static struct mr_conn *least_missed(struct mr_conn_group *group)
{
	int64_t since = mr_clock_monotonic_ms() - group->limits->shed_after_ms;
	struct mr_conn *conn = TAILQ_FIRST(&group->ending);

	if (conn)
		return conn;
	conn = TAILQ_FIRST(&group->handshaking);
	if (conn && conn->active <= since)
		return conn;
	for (conn = TAILQ_FIRST(&group->open); conn; conn = TAILQ_NEXT(conn, link)) {
		if (conn->active > since)
			break;
		if (conn->idle && !conn->finishing && mr_conn_pending(conn) == 0)
			return conn;
	}
	return NULL;
}

static bool shed(struct mr_conn *conn, const char *reason)
{
	if (!conn)
		return false;
	if (conn->list == &conn->group->handshaking)
		mr_conn_report(conn, reason);
	mr_conn_close(conn);
	return true;
}

bool mr_conn_group_is_full(const struct mr_conn_group *group)
{
	return group->handshakes >= group->limits->max_handshakes ||
	       atomic_load(&group->limits->open) >= group->limits->max;
}

bool mr_conn_group_make_room(struct mr_conn_group *group)
{
	if (group->handshakes >= group->limits->max_handshakes)
		return shed(TAILQ_FIRST(&group->handshaking), "too many handshakes");
	return atomic_load(&group->limits->open) < group->limits->max ||
	       shed(least_missed(group), "too many connections");
}

static void count_one_more(struct mr_conn_limits *limits)
{
	size_t open = atomic_fetch_add(&limits->open, 1) + 1;
	size_t most = atomic_load(&limits->most);

	while (open > most && !atomic_compare_exchange_weak(&limits->most, &most, open))
		;
}

void mr_conn_group_take(struct mr_conn_group *group, const struct mr_listener *listener,
	int take_fd, const struct sockaddr *peer)
{
	struct mr_conn *conn = calloc(1, sizeof(*conn));
	struct mr_error err;
	const int one = 1;

	if (!conn) {
		(void)close(take_fd);
		return;
	}
	(void)setsockopt(take_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	conn->group = group;
	conn->listener = listener;
	conn->fd = take_fd;
	conn->flush.run = mr_conn_on_flush;
	conn->active = mr_clock_monotonic_ms();
	conn->deadline = conn->active + group->limits->handshake_ms;
	mr_buf_init_secret(&conn->out, OUT_MAX);
	mr_address_text(peer, conn->remote);
	mr_conn_move(conn, &group->handshaking);
	group->handshakes++;
	group->count++;
	count_one_more(group->limits);
	if (!group->ticking)
		group->ticking = event_add(&group->tick, &tick_interval) == 0;

	(void)event_assign(&conn->event, mr_loop_base(group->loop), take_fd, EV_READ | EV_PERSIST,
		mr_conn_on_event, conn);
	if (listener->tls &&
		mr_failed(mr_tls_stream_new(listener->tls, take_fd, &conn->tls, &err))) {
		mr_conn_close(conn);
		return;
	}
	if (listener->tls)
		mr_conn_update_interest(conn);
	else
		mr_conn_open_protocol(conn);
}

static void close_all(struct mr_conn_list *list)
{
	struct mr_conn *conn = TAILQ_FIRST(list);

	while (conn) {
		struct mr_conn *next = TAILQ_NEXT(conn, link);
		mr_conn_close(conn);
		conn = next;
	}
}

void mr_conn_group_drain(struct mr_conn_group *group)
{
	struct mr_conn *conn;

	group->draining = true;
	close_all(&group->handshaking);
	for (conn = TAILQ_FIRST(&group->ending); conn; conn = TAILQ_NEXT(conn, link))
		conn->deadline = 0;
	for (conn = TAILQ_FIRST(&group->open); conn; conn = TAILQ_NEXT(conn, link)) {
		if (conn->self)
			conn->listener->protocol->drain(conn->self);
	}
	mr_loop_end_event(group->loop);
}

void mr_conn_group_close(struct mr_conn_group *group)
{
	close_all(&group->handshaking);
	close_all(&group->open);
	close_all(&group->ending);
	mr_loop_end_event(group->loop);
}

void mr_conn_group_free(struct mr_conn_group *group)
{
	if (!group)
		return;
	mr_conn_group_close(group);
	event_del(&group->tick);
	free(group);
}
