/* SPDX-License-Identifier: Apache-2.0 */
/* A gRPC connection that makes unary calls one after another, and can be kept and pinged. The
 * rooms' own client has one call a connection, as Marbles do. */
#ifndef MR_BENCH_GRPC_H
#define MR_BENCH_GRPC_H

#include "net/tls.h"

struct mr_load_grpc;

/* Connects to `address` with this certificate; the server is not verified. */
MR_MUST_USE mr_result mr_load_grpc_open(const char *address, struct mr_tls_identity *identity,
	struct mr_load_grpc **ret, struct mr_error *err);
/* Calls rpc.Marble/Activate; the answer's message replaces the content of `answer`. */
MR_MUST_USE mr_result mr_load_grpc_activate(struct mr_load_grpc *g, struct mr_bytes message,
	struct mr_buf *answer, struct mr_error *err);
/* Sends a PING and waits for its acknowledgement: the connection is alive and both sides' settings
 * have arrived. */
MR_MUST_USE mr_result mr_load_grpc_ping(struct mr_load_grpc *g, struct mr_error *err);
/* Accepts NULL. */
void mr_load_grpc_close(struct mr_load_grpc *g);

MR_DEFINE_AUTO_PTR(load_grpc, struct mr_load_grpc, mr_load_grpc_close)

#endif
