/* SPDX-License-Identifier: Apache-2.0 */
#include "net/server.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "net/conn.h"
#include "net/listener.h"
#include "net/loop_internal.h"

#define LOOPS_MAX 64
#define LISTENERS_MAX 8
/* Accepted at once, so that connections have their turn between. */
#define ACCEPT_BATCH 32
/* Descriptors kept for everything else: files, listeners, loops, connections of workers. */
#define DESCRIPTORS_KEPT ((size_t)128)

struct shard;

/* One listening socket of one loop. */
struct acceptor {
	struct shard *shard;
	const struct mr_listener *listener;
	struct event event;
	int fd;
};

/* What a loop has of the server. */
struct shard {
	struct mr_server *server;
	struct mr_loop *loop;
	struct mr_conn_group *group;
	struct acceptor acceptors[LISTENERS_MAX];
	size_t acceptor_count;
	struct event retry; /* tries again after accepting had to pause */
	bool paused;
	struct mr_loop_task begin, drain, end;
};

struct mr_server {
	struct mr_conn_limits limits;
	struct mr_listener listeners[LISTENERS_MAX];
	size_t listener_count;
	size_t shard_count;
	size_t running; /* of the shards: the first ones */
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t empty; /* drained, and no connection left */
	struct shard shards[];
};

static void stop_accepting(struct shard *shard)
{
	for (size_t i = 0; i < shard->acceptor_count; i++)
		event_del(&shard->acceptors[i].event);
}

/* What waits stays in the kernel's queue meanwhile. Room made by another loop is seen by trying
 * again. */
static void pause_accepting(struct shard *shard)
{
	static const struct timeval soon = { .tv_sec = 0, .tv_usec = 50000 };

	stop_accepting(shard);
	shard->paused = true;
	event_add(&shard->retry, &soon);
}

static void start_accepting(struct shard *shard)
{
	bool good = true;

	for (size_t i = 0; i < shard->acceptor_count; i++)
		good &= event_add(&shard->acceptors[i].event, NULL) == 0;
	if (!good)
		pause_accepting(shard);
}

static void resume_accepting(struct shard *shard)
{
	if (!shard->paused)
		return;
	shard->paused = false;
	event_del(&shard->retry);
	start_accepting(shard);
}

static void on_retry(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	resume_accepting(argument);
}

static void on_vacancy(void *context)
{
	struct shard *shard = context;
	struct mr_server *server = shard->server;

	resume_accepting(shard);
	if (atomic_load(&server->limits.open) == 0) {
		pthread_mutex_lock(&server->lock);
		pthread_cond_broadcast(&server->empty);
		pthread_mutex_unlock(&server->lock);
	}
}

static void on_accept(evutil_socket_t fd, short what, void *argument)
{
	struct acceptor *acceptor = argument;
	struct shard *shard = acceptor->shard;

	(void)what;
	for (int i = 0; i < ACCEPT_BATCH; i++) {
		struct sockaddr_storage peer = { .ss_family = AF_UNSPEC };
		socklen_t len = sizeof(peer);
		/* of the first one it is known that it is there */
		if (i > 0 && mr_conn_group_is_full(shard->group))
			break;
		if (i == 0 && !mr_conn_group_make_room(shard->group)) {
			pause_accepting(shard);
			break;
		}
		int taken = accept4(
			fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (taken < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
				errno == ENOMEM)
				pause_accepting(shard);
			break;
		}
		mr_conn_group_take(
			shard->group, acceptor->listener, taken, (const struct sockaddr *)&peer);
	}
	mr_loop_end_event(shard->loop);
}

/* --- tasks on the loops --- */

static void begin(struct mr_loop_task *task)
{
	start_accepting(MR_CONTAINER_OF(task, struct shard, begin));
}

static void close_acceptors(struct shard *shard)
{
	shard->paused = false;
	event_del(&shard->retry);
	stop_accepting(shard);
	for (size_t i = 0; i < shard->acceptor_count; i++)
		(void)close(shard->acceptors[i].fd);
	shard->acceptor_count = 0;
}

static void drain(struct mr_loop_task *task)
{
	struct shard *shard = MR_CONTAINER_OF(task, struct shard, drain);

	close_acceptors(shard);
	mr_conn_group_drain(shard->group);
}

static void end(struct mr_loop_task *task)
{
	mr_conn_group_close(MR_CONTAINER_OF(task, struct shard, end)->group);
}

/* --- life --- */

size_t mr_server_raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1024;
	rlim_t before = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		limit.rlim_cur = before;
	return limit.rlim_cur > SIZE_MAX ? SIZE_MAX : (size_t)limit.rlim_cur;
}

static size_t descriptor_limit(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > 1 << 30
		       ? 1 << 30
		       : (size_t)limit.rlim_cur;
}

static void set_limits(struct mr_server *server, const struct mr_server_limits *limits)
{
	struct mr_server_limits l = limits ? *limits : (struct mr_server_limits){ 0 };
	size_t descriptors = descriptor_limit();
	size_t most = descriptors > 2 * DESCRIPTORS_KEPT ? descriptors - DESCRIPTORS_KEPT
							 : descriptors / 2 + 1;

	server->limits.max = l.max_connections ? l.max_connections : 8192;
	if (server->limits.max > most)
		server->limits.max = most;
	server->limits.max_handshakes = server->limits.max / 2 / server->shard_count;
	if (server->limits.max_handshakes == 0)
		server->limits.max_handshakes = 1;
	server->limits.handshake_ms = l.handshake_ms ? l.handshake_ms : 10000;
	server->limits.idle_ms = l.idle_ms ? l.idle_ms : 600000;
	server->limits.shed_after_ms = l.shed_after_ms ? l.shed_after_ms : 5000;
}

static mr_result open_shard(struct mr_server *server, struct shard *shard, struct mr_error *err)
{
	shard->server = server;
	shard->begin.run = begin;
	shard->drain.run = drain;
	shard->end.run = end;
	MR_TRY(mr_loop_new(&shard->loop, err));
	(void)event_assign(&shard->retry, mr_loop_base(shard->loop), -1, 0, on_retry, shard);
	return mr_conn_group_new(
		shard->loop, &server->limits, on_vacancy, shard, &shard->group, err);
}

mr_result mr_server_new(size_t loops, const struct mr_server_limits *limits,
	const struct mr_server_events *events, struct mr_server **ret, struct mr_error *err)
{
	if (loops == 0) {
		long cores = sysconf(_SC_NPROCESSORS_ONLN);
		loops = cores > 0 ? (size_t)cores : 1;
	}
	loops = loops > LOOPS_MAX ? LOOPS_MAX : loops;
	struct mr_server *server = calloc(1, sizeof(*server) + loops * sizeof(server->shards[0]));
	if (!server)
		return mr_fail_nomem(err);
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&server->empty, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&server->lock, NULL);
	server->shard_count = loops;
	set_limits(server, limits);
	if (events)
		server->limits.events = *events;
	for (size_t i = 0; i < loops; i++) {
		mr_result r = open_shard(server, &server->shards[i], err);
		if (mr_failed(r)) {
			mr_server_free(server);
			return r;
		}
	}
	*ret = server;
	return MR_OK;
}

mr_result mr_server_listen(struct mr_server *server, const struct mr_listener *listener,
	char ret_address[static 64], struct mr_error *err)
{
	int fds[LOOPS_MAX];

	if (server->listener_count == LISTENERS_MAX || server->started)
		return mr_fail(err, MR_CODE_LIMIT, "listen tcp %.200s: too many listeners",
			listener->address);
	MR_TRY(mr_listener_open(listener->address, server->shard_count, fds, ret_address, err));
	struct mr_listener *own = &server->listeners[server->listener_count++];
	*own = *listener;
	own->address = NULL;
	for (size_t i = 0; i < server->shard_count; i++) {
		struct shard *shard = &server->shards[i];
		struct acceptor *acceptor = &shard->acceptors[shard->acceptor_count++];
		*acceptor = (struct acceptor){ .shard = shard, .listener = own, .fd = fds[i] };
		(void)event_assign(&acceptor->event, mr_loop_base(shard->loop), fds[i],
			EV_READ | EV_PERSIST, on_accept, acceptor);
	}
	return MR_OK;
}

mr_result mr_server_start(struct mr_server *server, struct mr_error *err)
{
	server->started = true;
	for (size_t i = 0; i < server->shard_count; i++) {
		struct shard *shard = &server->shards[i];
		mr_loop_post(shard->loop, &shard->begin);
		MR_TRY(mr_loop_start(shard->loop, err));
		server->running++;
	}
	return MR_OK;
}

static void wait_until_empty(struct mr_server *server, int64_t grace_ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(grace_ms / 1000);
	until.tv_nsec += (long)(grace_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&server->lock);
	while (atomic_load(&server->limits.open) > 0 &&
		pthread_cond_timedwait(&server->empty, &server->lock, &until) == 0)
		;
	pthread_mutex_unlock(&server->lock);
}

void mr_server_stop(struct mr_server *server, int64_t grace_ms)
{
	for (size_t i = 0; i < server->running; i++)
		mr_loop_post(server->shards[i].loop, &server->shards[i].drain);
	if (server->running > 0)
		wait_until_empty(server, grace_ms);
	for (size_t i = 0; i < server->running; i++)
		mr_loop_post(server->shards[i].loop, &server->shards[i].end);
	for (size_t i = 0; i < server->running; i++)
		mr_loop_stop(server->shards[i].loop);
	server->running = 0;
}

void mr_server_free(struct mr_server *server)
{
	if (!server)
		return;
	mr_server_stop(server, 0);
	for (size_t i = 0; i < server->shard_count; i++) {
		struct shard *shard = &server->shards[i];
		if (!shard->loop)
			continue;
		close_acceptors(shard);
		mr_conn_group_free(shard->group);
		mr_loop_free(shard->loop);
	}
	pthread_cond_destroy(&server->empty);
	pthread_mutex_destroy(&server->lock);
	free(server);
}

size_t mr_server_connections(const struct mr_server *server)
{
	return atomic_load(&server->limits.open);
}

size_t mr_server_most_connections(struct mr_server *server)
{
	return atomic_exchange(&server->limits.most, mr_server_connections(server));
}
