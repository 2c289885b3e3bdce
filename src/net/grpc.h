/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gRPC over HTTP/2 (30 §1), unary calls, both sides: statuses, the server's handler interface and
 * protocol.
 */
#ifndef MR_NET_GRPC_H
#define MR_NET_GRPC_H

#include "base/bytes.h"
#include "net/protocol.h"

enum mr_grpc_status {
	MR_GRPC_OK = 0,
	MR_GRPC_CANCELED = 1,
	MR_GRPC_UNKNOWN = 2,
	MR_GRPC_INVALID_ARGUMENT = 3,
	MR_GRPC_DEADLINE_EXCEEDED = 4,
	MR_GRPC_NOT_FOUND = 5,
	MR_GRPC_ALREADY_EXISTS = 6,
	MR_GRPC_PERMISSION_DENIED = 7,
	MR_GRPC_RESOURCE_EXHAUSTED = 8,
	MR_GRPC_FAILED_PRECONDITION = 9,
	MR_GRPC_ABORTED = 10,
	MR_GRPC_OUT_OF_RANGE = 11,
	MR_GRPC_UNIMPLEMENTED = 12,
	MR_GRPC_INTERNAL = 13,
	MR_GRPC_UNAVAILABLE = 14,
	MR_GRPC_DATA_LOSS = 15,
	MR_GRPC_UNAUTHENTICATED = 16,
};

/* CamelCase name, e.g. "PermissionDenied"; `Code(17)`-like numbers are given as "Unknown". */
const char *mr_grpc_status_name(unsigned status);
/* Appends percent-encoded UTF-8 for grpc-message: bytes outside 0x20..0x7E and '%' become %XX
 * (30 §1.4). */
void mr_grpc_message_encode(struct mr_buf *out, struct mr_str text);
/* The reverse; malformed escapes stay as they are. */
void mr_grpc_message_decode(struct mr_buf *out, struct mr_str text);

#define MR_GRPC_MESSAGE_LIMIT ((size_t)4194304) /* both directions, 30 §1.5 */

/* One call on the server; lives until it is answered. */
struct mr_grpc_call;

struct mr_bytes mr_grpc_call_message(const struct mr_grpc_call *call);
/* Leaf DER of the peer; lives as long as the call. */
struct mr_bytes mr_grpc_call_peer_certificate(const struct mr_grpc_call *call);
const char *mr_grpc_call_remote(const struct mr_grpc_call *call);
/* Answers, exactly once a call, from any thread; the call is consumed, and so is the (secret)
 * message buffer. */
void mr_grpc_reply(struct mr_grpc_call *call, struct mr_buf *take_message);
void mr_grpc_fail(struct mr_grpc_call *call, enum mr_grpc_status status, struct mr_str message);

struct mr_grpc_method {
	const char *name;
	void (*handle)(void *context, struct mr_grpc_call *call); /* on the loop; must not block */
};

struct mr_grpc_server_config {
	const char *service; /* e.g. "rpc.Marble" */
	const struct mr_grpc_method *methods;
	size_t method_count;
	void *context;
	/* Told when a call has been answered, also those that never reached a handler (for logs
	 * and metrics); may be NULL. `method` is the handler's name or empty. */
	void (*finished)(void *context, struct mr_str method, enum mr_grpc_status status);
	size_t max_streams;     /* a connection; default 256 */
	size_t max_header_list; /* bytes; default 65,536 */
	size_t max_buffered;    /* request bytes a connection holds; default 16 MiB */
	/* Over all connections of the process: streams, beyond which a connection has four (default
	 * 32,768), and bytes of answers that wait for slow peers (default 256 MiB). */
	size_t max_open, max_held;
};

/* The protocol for mr_listener; its context is a const struct mr_grpc_server_config *. */
extern const struct mr_protocol mr_grpc_server_protocol;

#endif
