/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codec/json.h"
#include "codec/pem.h"
#include "test_identity.h"
#include "ttls/names.h"
#include "ttls/setup.h"

struct rig rig;

static struct test_identity ca, leaf;

static int listen_on(uint16_t *ret_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*ret_port = ntohs(a.sin_port);
	return fd;
}

/* The first one, `cacrt`, has no comma in front. */
static void put_member(struct mr_buf *out, const char *name, struct mr_bytes der, const char *label)
{
	MR_AUTO(buf) struct mr_buf pem = { 0 };

	mr_buf_init(&pem, 65536);
	mr_pem_encode(&pem, label, der);
	mr_json_put_name(out, name, strcmp(name, "cacrt") == 0);
	mr_json_put_str(out, mr_buf_str(&pem));
}

static void put_entry(struct mr_buf *out, const char *host, uint16_t port, bool incoming)
{
	MR_AUTO(secret) struct mr_secret key = { 0 };
	struct mr_error err;

	assert_false(mr_failed(mr_key_to_pkcs8(leaf.key, &key, &err)));
	mr_buf_printf(out, "\"%s:%u\":{", host, port);
	put_member(out, "cacrt", ca.cert.der, "CERTIFICATE");
	put_member(out, "clicrt", leaf.cert.der, "CERTIFICATE");
	put_member(out, "clikey", mr_secret_bytes(&key), "PRIVATE KEY");
	mr_buf_put_cstr(out, incoming ? ",\"clientAuth\":true}" : "}");
}

static void turn_on(void)
{
	MR_AUTO(buf) struct mr_buf text = { 0 };
	struct mr_error err;

	mr_buf_init(&text, 1 << 20);
	mr_buf_put_cstr(&text, "{\"tls\":{\"Incoming\":{");
	put_entry(&text, "*", rig.port, true);
	mr_buf_put_cstr(&text, ",");
	put_entry(&text, "*", rig.foreign_port, true);
	mr_buf_put_cstr(&text, "},\"Outgoing\":{");
	put_entry(&text, "127.0.0.1", rig.port, false);
	mr_buf_put_cstr(&text, ",");
	put_entry(&text, "localhost", rig.raw_port, false);
	mr_buf_put_cstr(&text, "}}}");
	assert_int_equal(mr_buf_status(&text, &err).code, MR_CODE_OK);
	mr_result r = mr_ttls_turn_on(mr_buf_str(&text), &err);
	if (mr_failed(r))
		fail_msg("%s", err.message);
}

int rig_set_up(void **state)
{
	struct mr_error err;

	(void)state;
	test_identity_make(&ca, &(struct test_profile){ .name = "root", .ca = true });
	test_identity_make(&leaf, &(struct test_profile){ .issuer = &ca });
	rig.listener = listen_on(&rig.port);
	rig.raw_listener = listen_on(&rig.raw_port);
	rig.foreign_listener = listen_on(&rig.foreign_port);
	rig.plain_listener = listen_on(&rig.plain_port);
	struct mr_tls_engine_config config = { .server = true,
		.identity = leaf.tls,
		.anchors = &ca.cert,
		.anchor_count = 1,
		.verify_client = true };
	assert_false(mr_failed(mr_tls_engine_context_new(&config, &rig.server, &err)));
	config.server = false;
	assert_false(mr_failed(mr_tls_engine_context_new(&config, &rig.client, &err)));
	turn_on();
	return 0;
}

int rig_tear_down(void **state)
{
	(void)state;
	mr_tls_engine_context_free(rig.server);
	mr_tls_engine_context_free(rig.client);
	test_identity_done(&leaf);
	test_identity_done(&ca);
	mr_ttls_names_clear();
	return 0;
}

/* --- sockets --- */

void rig_set_blocking(int fd, bool blocking)
{
	int mode = fcntl(fd, F_GETFL);

	assert_true(mode >= 0);
	assert_int_equal(fcntl(fd, F_SETFL, blocking ? mode & ~O_NONBLOCK : mode | O_NONBLOCK), 0);
}

bool rig_has(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, 0) == 1 && (p.revents & events);
}

int rig_connect(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
		assert_int_equal(errno, EINPROGRESS);
	return fd;
}

void rig_pair(int fds[static 2])
{
	fds[0] = rig_connect(rig.port);
	fds[1] = accept(rig.listener, NULL, NULL);
	assert_true(fds[1] >= 0);
	/* poll brings both handshakes on */
	struct pollfd p[2] = { { .fd = fds[0], .events = POLLOUT },
		{ .fd = fds[1], .events = POLLOUT } };
	for (int i = 0; i < 1000 && !((p[0].revents & POLLOUT) && (p[1].revents & POLLOUT)); i++)
		assert_true(poll(p, 2, 10000) > 0);
	assert_int_equal(p[0].revents | p[1].revents, POLLOUT);
	rig_set_blocking(fds[0], true);
}

/* --- a played end --- */

void rig_peer_send(struct rig_peer *peer, size_t count)
{
	struct mr_buf *out = mr_tls_engine_output(peer->engine);
	size_t n = out->len < count ? out->len : count;

	if (n > 0)
		assert_int_equal(send(peer->fd, out->data, n, MSG_NOSIGNAL), n);
	mr_buf_consume(out, n);
}

static void shake(struct rig_peer *peer, int fd)
{
	static uint8_t bytes[65536];
	struct mr_error err;

	for (int i = 0; i < 100; i++) {
		enum mr_io io = mr_tls_engine_handshake(peer->engine, &err);
		assert_true(io == MR_IO_DONE || io == MR_IO_WANT_READ);
		rig_peer_send(peer, SIZE_MAX);
		(void)rig_has(fd, POLLOUT);
		if (io == MR_IO_DONE)
			return;
		ssize_t n = recv(peer->fd, bytes, sizeof bytes, MSG_DONTWAIT);
		if (n > 0)
			mr_tls_engine_feed(peer->engine, mr_bytes_of(bytes, (size_t)n));
		else
			(void)poll(&(struct pollfd){ .fd = peer->fd, .events = POLLIN }, 1, 100);
	}
	fail_msg("the handshake does not end");
}

void rig_played_server(struct rig_peer *ret, int *ret_fd)
{
	struct mr_error err;

	*ret_fd = rig_connect(rig.raw_port);
	ret->fd = accept(rig.raw_listener, NULL, NULL);
	assert_true(ret->fd >= 0);
	assert_false(mr_failed(mr_tls_engine_new(rig.server, NULL, &ret->engine, &err)));
	shake(ret, *ret_fd);
	for (int i = 0; i < 1000 && !rig_has(*ret_fd, POLLOUT); i++)
		(void)poll(&(struct pollfd){ .fd = *ret_fd, .events = POLLOUT }, 1, 10);
	rig_set_blocking(*ret_fd, true);
}

void rig_peer_write(struct rig_peer *peer, const char *text)
{
	struct mr_error err;
	size_t count;

	assert_int_equal(
		mr_tls_engine_write(peer->engine, mr_bytes_of(text, strlen(text)), &count, &err),
		MR_IO_DONE);
	assert_int_equal(count, strlen(text));
}

void rig_peer_done(struct rig_peer *peer)
{
	(void)close(peer->fd);
	mr_tls_engine_free(peer->engine);
}
