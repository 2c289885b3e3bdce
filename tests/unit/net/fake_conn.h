/* SPDX-License-Identifier: Apache-2.0 */
/* A connection made of memory, in place of net/conn.c: it records what a protocol asks of it. */
#ifndef MR_TESTS_NET_FAKE_CONN_H
#define MR_TESTS_NET_FAKE_CONN_H

#include "net/protocol.h"

struct mr_conn {
	struct mr_buf out; /* written and not taken */
	size_t blocked;    /* bytes that count as pending although they are not in `out` */
	bool finished, paused;
	int64_t deadline_ms; /* the last one set, -1 before */
	struct mr_bytes certificate;
	struct mr_loop *loop;
};

void fake_conn_init(struct mr_conn *conn);
void fake_conn_done(struct mr_conn *conn);

#endif
