/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a peer sends to a program under Transparent TLS, in pieces of any size, before it has shown who it is: the program
 * never gets a byte, and never waits. The first byte is the size of the pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "test_identity.h"
#include "ttls/conn.h"

static struct mr_ttls_entry server, client;

static struct mr_tls_engine_context *make(bool is_server)
{
	static struct test_identity ca, leaf;
	struct mr_tls_engine_context *context = NULL;
	struct mr_error err;

	if (!ca.key) {
		test_identity_make(&ca, &(struct test_profile){ .ca = true });
		test_identity_make(&leaf, &(struct test_profile){ .issuer = &ca });
	}
	const struct mr_tls_engine_config config = { .server = is_server,
		.identity = leaf.tls,
		.anchors = &ca.cert,
		.anchor_count = 1,
		.verify_client = true };
	FUZZ_CHECK(!mr_failed(mr_tls_engine_context_new(&config, &context, &err)));
	return context;
}

/* Neither data nor an orderly end: nothing yet, or a failure. */
static void try_to_read(struct mr_ttls_conn *c, int fd)
{
	uint8_t byte[16];
	const struct iovec to = { byte, sizeof byte };

	(void)mr_ttls_conn_ready(c, fd);
	ssize_t n = mr_ttls_conn_receive(c, fd, &to, 1, MSG_DONTWAIT);
	FUZZ_CHECK(n < 0);
	FUZZ_CHECK(errno == EAGAIN || errno == ECONNABORTED || errno == ECONNREFUSED ||
		   errno == ECONNRESET);
	FUZZ_CHECK(mr_ttls_conn_readable_bytes(c, fd) == 0);
}

static void drain(int fd)
{
	uint8_t block[4096];

	while (recv(fd, block, sizeof block, MSG_DONTWAIT) > 0)
		continue;
}

static void play(const struct mr_ttls_entry *entry, size_t piece, const uint8_t *data, size_t size)
{
	struct mr_ttls_conn *c = mr_ttls_conn_new();
	int fds[2];

	FUZZ_CHECK(c && socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	FUZZ_CHECK(entry->host ? mr_ttls_conn_start(c, fds[0], entry, NULL, false)
			       : mr_ttls_conn_serve(c, fds[0], entry));
	for (size_t at = 0; at < size; at += piece) {
		size_t n = size - at < piece ? size - at : piece;
		if (send(fds[1], data + at, n, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)n)
			break;
		try_to_read(c, fds[0]);
		drain(fds[1]);
	}
	(void)close(fds[1]);
	try_to_read(c, fds[0]);
	(void)close(fds[0]);
	mr_ttls_conn_unref(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!server.context) {
		server.context = make(true);
		client = (struct mr_ttls_entry){ .host = "peer", .context = make(false) };
	}
	if (size < 2 || size > 60000)
		return 0;
	size_t piece = data[0] ? data[0] * (size_t)16 : size;
	play(&server, piece, data + 1, size - 1);
	play(&client, piece, data + 1, size - 1);
	return 0;
}
