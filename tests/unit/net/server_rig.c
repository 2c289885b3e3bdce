/* SPDX-License-Identifier: Apache-2.0 */
#include "server_rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "crypto/cert_write.h"

/* --- the server --- */

static struct mr_tls_identity *get_identity(void *context)
{
	struct rig *rig = context;

	pthread_mutex_lock(&rig->lock);
	struct mr_tls_identity *identity = rig->identity ? mr_tls_identity_ref(rig->identity)
							 : NULL;
	pthread_mutex_unlock(&rig->lock);
	return identity;
}

static void on_failed(void *context, const char *text)
{
	struct rig *rig = context;

	pthread_mutex_lock(&rig->lock);
	if (rig->event_count < MR_COUNT(rig->events))
		(void)snprintf(rig->events[rig->event_count], sizeof(rig->events[0]), "%s", text);
	rig->event_count++;
	pthread_cond_broadcast(&rig->changed);
	pthread_mutex_unlock(&rig->lock);
}

static void answer(struct mr_http_exchange *e)
{
	const struct mr_http_request *q = mr_http_request_of(e);
	struct mr_http_response r = { .status = 200, .content_type = "text/plain" };

	mr_buf_init(&r.body, RIG_BIG);
	if (mr_str_eq(q->path, MR_STR("/cert"))) {
		mr_buf_put_bytes(&r.body, q->peer_certificate);
	} else if (mr_str_eq(q->path, MR_STR("/big"))) {
		uint8_t *to = mr_buf_reserve(&r.body, RIG_BIG);
		for (size_t i = 0; to && i < RIG_BIG; i++)
			to[i] = (uint8_t)(i % 251);
		mr_buf_commit(&r.body, RIG_BIG);
	} else {
		mr_buf_put_str(&r.body, q->path);
	}
	mr_http_respond(e, &r);
}

static void handle(void *context, struct mr_http_exchange *e)
{
	struct rig *rig = context;

	if (!mr_str_eq(mr_http_request_of(e)->path, MR_STR("/hold"))) {
		answer(e);
		return;
	}
	pthread_mutex_lock(&rig->lock);
	rig->held = e;
	pthread_cond_broadcast(&rig->changed);
	pthread_mutex_unlock(&rig->lock);
}

void rig_certificate(struct mr_key *key, struct mr_buf *out)
{
	MR_AUTO(buf) struct mr_buf name = { 0 };
	struct mr_error err;

	mr_buf_init(&name, 1000);
	mr_name_put_common_name(&name, MR_STR("a peer"));
	struct mr_cert_profile profile = { .issuer = mr_buf_bytes(&name),
		.subject = mr_buf_bytes(&name),
		.not_before = mr_clock_wall() - 3600,
		.not_after = mr_clock_wall() + 3600,
		.spki = mr_key_spki(key) };
	assert_false(mr_failed(mr_cert_issue(&profile, key, out, &err)));
}

struct mr_tls_identity *rig_identity(enum mr_key_type type, unsigned rsa_bits)
{
	MR_AUTO(buf) struct mr_buf der = { 0 };
	MR_AUTO(key) struct mr_key *key = NULL;
	struct mr_tls_identity *identity = NULL;
	struct mr_error err;

	mr_buf_init(&der, 100000);
	assert_false(mr_failed(mr_key_generate(type, rsa_bits, &key, &err)));
	rig_certificate(key, &der);
	struct mr_bytes chain = mr_buf_bytes(&der);
	assert_false(mr_failed(mr_tls_identity_new(&chain, 1, key, &identity, &err)));
	return identity;
}

void rig_set_identity(struct rig *rig, struct mr_tls_identity *take_identity)
{
	pthread_mutex_lock(&rig->lock);
	mr_tls_identity_unref(rig->identity);
	rig->identity = take_identity;
	pthread_mutex_unlock(&rig->lock);
}

void rig_init(struct rig *rig)
{
	static const char *const alpn[] = { "http/1.1" };

	/* of the clients; servers do without */
	(void)signal(SIGPIPE, SIG_IGN);
	*rig = (struct rig){ .loops = 1 };
	rig->tls_config = (struct mr_tls_server_config){
		.alpn = alpn, .alpn_count = 1, .identity = get_identity, .context = rig
	};
	rig->http = (struct mr_http_server_config){ .handle = handle, .context = rig };
	pthread_mutex_init(&rig->lock, NULL);
	pthread_cond_init(&rig->changed, NULL);
	rig->identity = rig_identity(MR_KEY_EC_P256, 0);
}

void rig_start(struct rig *rig)
{
	struct mr_server_events events = { on_failed, rig };
	struct mr_listener listener = { .address = "127.0.0.1:0",
		.protocol = &mr_http_server_protocol,
		.protocol_context = &rig->http,
		.plain_http_answer = MR_STR(RIG_PLAIN_ANSWER),
		.first_byte_ms = rig->first_byte_ms };
	struct mr_error err;
	mr_result r = MR_OK;

	if (!rig->plain)
		r = mr_tls_server_new(&rig->tls_config, &rig->tls, &err);
	listener.tls = rig->tls;
	if (!mr_failed(r))
		r = mr_server_new(rig->loops, &rig->limits, &events, &rig->server, &err);
	if (!mr_failed(r))
		r = mr_server_listen(rig->server, &listener, rig->address, &err);
	if (!mr_failed(r))
		r = mr_server_start(rig->server, &err);
	if (mr_failed(r))
		fail_msg("%s", err.message);
	unsigned port = 0;
	for (const char *at = rig->address + strlen("127.0.0.1:"); *at; at++)
		port = port * 10 + (unsigned)(*at - '0');
	rig->port = (uint16_t)port;
}

void rig_stop(struct rig *rig)
{
	mr_server_free(rig->server);
	mr_tls_server_free(rig->tls);
	mr_tls_identity_unref(rig->identity);
	pthread_cond_destroy(&rig->changed);
	pthread_mutex_destroy(&rig->lock);
}

/* Waits for the next change, with the lock held; fails when it takes too long. */
static void wait_for_change(struct rig *rig, const char *what)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += RIG_PATIENCE_S;
	if (pthread_cond_timedwait(&rig->changed, &rig->lock, &until) != 0) {
		pthread_mutex_unlock(&rig->lock);
		fail_msg("waited in vain for: %s", what);
	}
}

static bool has_event(const struct rig *rig, const char *text)
{
	for (size_t i = 0; i < rig->event_count && i < MR_COUNT(rig->events); i++) {
		if (strstr(rig->events[i], text))
			return true;
	}
	return false;
}

void rig_wait_event(struct rig *rig, const char *text)
{
	pthread_mutex_lock(&rig->lock);
	while (!has_event(rig, text))
		wait_for_change(rig, text);
	pthread_mutex_unlock(&rig->lock);
}

size_t rig_event_count(struct rig *rig)
{
	pthread_mutex_lock(&rig->lock);
	size_t count = rig->event_count;
	pthread_mutex_unlock(&rig->lock);
	return count;
}

void rig_wait_held(struct rig *rig)
{
	pthread_mutex_lock(&rig->lock);
	while (!rig->held)
		wait_for_change(rig, "a request for /hold");
	pthread_mutex_unlock(&rig->lock);
}

void rig_release(struct rig *rig)
{
	rig_wait_held(rig);
	pthread_mutex_lock(&rig->lock);
	struct mr_http_exchange *e = rig->held;
	rig->held = NULL;
	pthread_mutex_unlock(&rig->lock);
	answer(e);
}

void rig_wait_connections(const struct rig *rig, size_t count)
{
	int64_t until = mr_clock_monotonic_ms() + RIG_PATIENCE_S * 1000;

	while (mr_server_connections(rig->server) != count) {
		if (mr_clock_monotonic_ms() > until)
			fail_msg("%zu connections instead of %zu",
				mr_server_connections(rig->server), count);
		(void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
}

/* --- raw sockets --- */

int raw_connect(const struct rig *rig)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(rig->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval patience = { .tv_sec = RIG_PATIENCE_S };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&in, sizeof(in)) != 0)
		fail_msg("connect: error %d", errno);
	return fd;
}

bool raw_send(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

void raw_drain(int fd, struct mr_buf *out)
{
	char bytes[65536];
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0) {
		if (out)
			mr_buf_put(out, bytes, (size_t)n);
	}
	if (n < 0 && errno != ECONNRESET)
		fail_msg("recv: error %d", errno);
}

void raw_reset(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	(void)close(fd);
}
