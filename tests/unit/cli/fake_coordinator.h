/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Coordinator that answers from a table, over TLS, for commands that are run in the same process.
 * In lines and texts `HOST` stands for its address.
 */
#ifndef MR_TESTS_CLI_FAKE_COORDINATOR_H
#define MR_TESTS_CLI_FAKE_COORDINATOR_H

#include <pthread.h>

#include "../net/test_identity.h"
#include "../net/tls_stub.h"

struct fake_route {
	const char *request; /* `GET /api/v2/status`, with its query */
	int status;
	const char *body; /* of a 200: the JSON of `data`; of others: the whole */
	const char *location;
};

struct fake {
	struct test_identity root, intermediate;
	struct stub stub;
	pthread_mutex_t lock;
	const struct fake_route *routes;
	size_t route_count;
	const char *quote;  /* base64 */
	struct mr_buf seen; /* requests, a line each: method, target, body */
};

void fake_start(struct fake *fake);
void fake_stop(struct fake *fake);
/* Routes from now on; forgets the requests. The quote route is always there unless it is given. */
void fake_set(struct fake *fake, const struct fake_route *routes, size_t count);
/* Asserts which requests came since the last call, and forgets them. */
void fake_check_seen(struct fake *fake, const char *lines);
/* Runs the program, asserts status and streams; see cli_test_expect. */
void fake_expect(struct fake *fake, const char *line, int status, const char *out, const char *err);
/* Appends intermediate and root in PEM. */
void fake_put_chain(const struct fake *fake, struct mr_buf *out);
/* Writes the certificate cache where commands look for it. */
void fake_trust(const struct fake *fake);

#endif
