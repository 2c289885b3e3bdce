/* SPDX-License-Identifier: Apache-2.0 */
/* One unary gRPC call over a connection of its own: what a Marble does (30 §1.3, 1.4, 4.5). */
#ifndef MR_NET_GRPC_CLIENT_H
#define MR_NET_GRPC_CLIENT_H

#include "base/bytes.h"
#include "net/grpc.h"
#include "net/tls.h"

struct mr_grpc_request {
	const char
		*address; /* `host:port` as configured; also the :authority. Port 443 if absent */
	const char *path; /* `/rpc.Marble/Activate` */
	struct mr_tls_client_config tls; /* host and ALPN are filled in */
	struct mr_bytes message;
	/* MR_GRPC_MESSAGE_LIMIT if 0; above it the result is RESOURCE_EXHAUSTED. */
	size_t max_response;
	int64_t deadline_ms; /* of mr_clock_monotonic_ms; INT64_MAX: none */
};

struct mr_grpc_outcome {
	/* MR_GRPC_… ; local failures are UNAVAILABLE, INTERNAL, … as gRPC libraries report them. */
	unsigned status;
	char text[MR_ERROR_MAX]; /* decoded grpc-message, or the local cause */
};

/* Appends the response message to `ret_message` (secret) when the status is OK. Fails with an
 * error of the form `rpc error: code = PermissionDenied desc = <text>` for every other outcome,
 * *ret_outcome telling the parts. */
MR_MUST_USE mr_result mr_grpc_client_call(const struct mr_grpc_request *request,
	struct mr_buf *ret_message, struct mr_grpc_outcome *ret_outcome, struct mr_error *err);

#endif
